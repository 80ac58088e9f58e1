import json

from hdrbatch.plan.render import plan_render
from hdrbatch.plan.task import Plan
from hdrbatch.specs.render import RenderJob

JOB = {
    "dataset": "tiny",
    "scenes": {"train": ("interior:1", "street:2"), "test": ("outdoor:3",)},
    "ev": (-1.0, 0.0, 1.0),
    "render": {"width": 32, "height": 24, "samples": 2},
}


def planned(**changes) -> Plan:
    job = RenderJob.model_validate({**JOB, **changes})
    return plan_render(job, job.scenes.catalogue())


def changed_ids(before: Plan, after: Plan) -> set[str]:
    known = {task.ref for task in before.tasks()}
    return {f"{task.kind}/{task.id}" for task in after.tasks() if task.ref not in known}


def test_a_plan_has_one_task_per_scene_and_exposure_one_per_scene_and_one_index():
    stages = {stage.kind: len(stage.tasks) for stage in planned().stages}
    assert stages == {"render_exposure": 9, "assemble_scene": 3, "index_dataset": 1}


def test_the_same_job_gives_the_same_plan():
    assert planned() == planned()
    assert planned().id == planned().id


def test_a_plan_survives_its_json_form():
    assert Plan.from_json(json.loads(json.dumps(planned().to_json()))) == planned()


def test_other_samples_change_every_task():
    after = planned(render={"width": 32, "height": 24, "samples": 3})
    assert len(changed_ids(planned(), after)) == 13


def test_another_ev_changes_its_renders_and_what_depends_on_them():
    after = planned(ev=(-1.0, 0.0, 2.0))
    expected = {
        f"render_exposure/tiny/{scene}/ev+2" for scene in ("interior-0001", "street-0002", "outdoor-0003")
    }
    expected |= {f"assemble_scene/tiny/{scene}" for scene in ("interior-0001", "street-0002", "outdoor-0003")}
    assert changed_ids(planned(), after) == expected | {"index_dataset/tiny"}


def test_another_seed_of_one_scene_changes_its_tasks_and_the_index():
    after = planned(scenes={"train": ("interior:1", "street:5"), "test": ("outdoor:3",)})
    expected = {f"render_exposure/tiny/street-0005/ev{ev}" for ev in ("-1", "+0", "+1")}
    assert changed_ids(planned(), after) == expected | {
        "assemble_scene/tiny/street-0005",
        "index_dataset/tiny",
    }


def test_another_camera_changes_the_photographs_and_not_the_renders():
    after = planned(camera={"read_noise_e": 9.0})
    assert {name.partition("/")[0] for name in changed_ids(planned(), after)} == {
        "assemble_scene",
        "index_dataset",
    }


def test_another_dataset_shares_no_result():
    assert len(changed_ids(planned(), planned(dataset="other"))) == 13


def test_no_two_tasks_write_the_same_file():
    outputs = [output for task in planned().tasks() for output in task.outputs]
    assert len(outputs) == len(set(outputs))


def test_every_need_is_a_task_of_the_plan():
    refs = {task.ref for task in planned().tasks()}
    assert all(need in refs for task in planned().tasks() for need in task.needs)
