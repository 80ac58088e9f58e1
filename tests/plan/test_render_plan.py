import hashlib
import json
import os

import pytest
from pydantic import ValidationError

from hdrbatch.plan.render_plan import plan_render
from hdrbatch.plan.task import Plan, Task
from hdrbatch.plan.user_files import upload_user_files
from hdrbatch.specs.render_job import RenderJob

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


MOVING = {"train": ("street:2:both",), "test": ("street:3",)}


def of_scene(plan: Plan, scene: str) -> list[Task]:
    return [task for task in plan.tasks() if f"/{scene}/" in task.id + "/"]


def test_a_moving_scene_s_tasks_render_the_exposure_and_a_share_of_the_sharp_reference():
    *renders, assembly = of_scene(planned(scenes=MOVING), "street-0002")
    folder = "datasets/tiny/scenes/street-0002"
    assert [task.outputs[:2] for task in renders] == [
        (f"{folder}/exposures/ev{ev}.exr", f"{folder}/sharp/ev{ev}.exr") for ev in ("-1", "+0", "+1")
    ]
    lengths = [task.payload["motion"]["shutter_s"][1] for task in renders]
    assert lengths == [1 / 64, 1 / 32, 1 / 16]
    assert assembly.payload["shutters_s"] == [task.payload["motion"]["shutter_s"] for task in renders]
    assert len({task.payload["motion"]["moment_s"] for task in renders}) == 1
    assert {task.payload["subset"] for task in renders} == {0, 1, 2}
    still = of_scene(planned(scenes=MOVING), "street-0003")
    assert all("motion" not in task.payload for task in still)


def test_another_shutter_time_changes_what_moves_and_no_render_of_what_is_still():
    after = planned(scenes=MOVING, camera={"exposure_time_ev0_s": 0.125})
    renders = {name for name in changed_ids(planned(scenes=MOVING), after) if name.startswith("render")}
    assert renders == {f"render_exposure/tiny/street-0002/ev{ev}" for ev in ("-1", "+0", "+1")}


@pytest.mark.parametrize(
    ("choice", "family", "engine", "denoised"),
    [
        ("auto", "interior", "cycles", True),
        ("never", "interior", "cycles", False),
        ("always", "interior", "cycles", True),
        ("auto", "interior", "eevee", False),
    ],
)
def test_references_are_denoised_where_the_job_says_so(choice, family, engine, denoised):
    render = {"width": 32, "height": 24, "samples": 2, "denoise": choice, "engine": engine}
    plan = planned(scenes={"train": (f"{family}:1", f"{family}:2:shake"), "test": ()}, render=render)
    for scene, moves in (("0001", False), ("0002", True)):
        *renders, assembly = of_scene(plan, f"{family}-{scene}")
        assert assembly.payload.get("denoised", False) is denoised
        assert [task.payload.get("guides", False) for task in renders] == [denoised, False, False]
        assert {task.payload.get("denoised", False) for task in renders} == {denoised and moves}


def test_a_user_s_file_is_named_by_its_content(tmp_path):
    (tmp_path / "Old Town.hdr").write_bytes(b"content")
    own = {"folder": str(tmp_path), "split": "test", "views": 2, "first_seed": 7}
    plan = planned(scenes={"train": (), "test": (), "own": (own,)})
    sha256 = hashlib.sha256(b"content").hexdigest()
    render = next(plan.tasks())
    assert render.id == "tiny/tabletop-old_town-0007/ev-1"
    assert render.payload["own"] == {
        "name": "old_town",
        "camera": "",
        "file": [f"inputs/{sha256}.hdr", 7, sha256],
    }
    (tmp_path / "Old Town.hdr").write_bytes(b"changed")
    os.utime(tmp_path / "Old Town.hdr", ns=(1, 1))
    after = planned(scenes={"train": (), "test": (), "own": (own,)})
    assert len(changed_ids(plan, after)) == 9


def test_a_user_s_files_are_stored_once(tmp_path, folder_store):
    (tmp_path / "town.hdr").write_bytes(b"content")
    own = {"folder": str(tmp_path), "views": 3}
    job = RenderJob.model_validate({**JOB, "scenes": {"train": (), "test": (), "own": (own,)}})
    for _ in range(2):
        upload_user_files(folder_store, job.scenes.catalogue())
    (stored,) = folder_store.list("inputs/")
    assert folder_store.get_bytes(stored.key) == b"content"
    assert stored.key == next(plan_render(job, job.scenes.catalogue()).tasks()).payload["own"]["file"][0]


def test_a_bracket_that_takes_minutes_is_refused_where_anything_moves():
    camera = {"exposure_time_ev0_s": 200.0}
    with pytest.raises(ValidationError, match="the bracket of a moving scene takes 700 s"):
        planned(scenes=MOVING, camera=camera)
    assert planned(camera=camera)


def test_what_denoising_does_not_touch_is_not_rendered_again():
    scenes = {"train": ("interior:1", "street:2"), "test": ()}
    render = {"width": 32, "height": 24, "samples": 2}
    plans = [planned(scenes=scenes, render={**render, "denoise": choice}) for choice in ("auto", "never")]
    assert changed_ids(*plans) == {
        "render_exposure/tiny/interior-0001/ev-1",
        "assemble_scene/tiny/interior-0001",
        "index_dataset/tiny",
    }
