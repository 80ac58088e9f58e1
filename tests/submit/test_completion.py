"""What is done, what is kept, what is withdrawn."""

from hdrbatch.kinds import Kind
from hdrbatch.plan.render_plan import plan_render, plan_scene
from hdrbatch.plan.sweep_plan import plan_sweep, plan_trainings
from hdrbatch.specs.render_job import RenderJob
from hdrbatch.specs.sweep_spec import SweepSpec
from hdrbatch.storage import keys
from hdrbatch.storage.receipts import TaskRef
from hdrbatch.submit.completion import (
    done_tasks,
    with_finished_scenes,
    with_finished_variants,
    withdraw_outdated,
)

DATASET = TaskRef(Kind.INDEX_DATASET, "tiny", "0" * 64)


def job(samples=1):
    return RenderJob.model_validate(
        {
            "dataset": "tiny",
            "scenes": {"train": ("outdoor:1", "outdoor:2"), "test": ("outdoor:3",)},
            "ev": (0.0,),
            "render": {"width": 16, "height": 12, "samples": samples},
        }
    )


def planned(samples=1):
    return plan_render(job(samples), job().scenes.catalogue())


def finish(store, tasks):
    """Leave what a listing shows of finished tasks."""
    for task in tasks:
        for output in task.outputs:
            store.put_bytes(output, b"x")
        store.put_bytes(keys.receipt(task.kind, task.id, task.digest), b"{}")


def test_a_task_is_done_if_its_receipt_and_all_its_files_are_there(store):
    first, second, third = planned().stages[0].tasks
    finish(store, [first, second])
    assert done_tasks(store, planned().tasks()) == {first.ref, second.ref}
    store.delete(second.outputs[-1])
    store.put_bytes(keys.receipt(third.kind, third.id, "0" * 64), b"{}")
    assert done_tasks(store, planned().tasks()) == {first.ref}


def test_finished_scenes_of_the_job_are_kept_beside_those_chosen(store):
    scenes = job().scenes.catalogue()
    finish(store, [planned().stages[1].tasks[2]])
    for samples, kept in ((1, [scenes[0], scenes[2]]), (2, [scenes[0]])):
        planned_scenes = [plan_scene(job(samples), scene) for scene in scenes]
        found = with_finished_scenes(store, planned_scenes, scenes[:1])
        assert [one.scene for one in found] == kept


def test_finished_variants_of_the_sweep_are_kept_beside_those_chosen(store):
    variants = {"a": {}, "b": {"network.width": 8}, "c": {"network.width": 16}}
    sweep = SweepSpec.model_validate({"sweep": "s", "dataset": "tiny", "variants": variants})
    resolved = sweep.resolved()
    finish(store, [plan_sweep(sweep, DATASET, resolved).stages[0].tasks[1]])
    chosen = {"c": resolved["c"]}
    trainings = plan_trainings(sweep, DATASET, resolved)
    assert list(with_finished_variants(store, trainings, chosen)) == ["b", "c"]
    others = plan_trainings(sweep, TaskRef(Kind.INDEX_DATASET, "tiny", "1" * 64), resolved)
    assert list(with_finished_variants(store, others, chosen)) == ["c"]


def test_results_that_wait_for_new_inputs_are_withdrawn_and_no_others(store):
    before, after = planned(), planned(samples=2)
    finish(store, before.tasks())
    withdraw_outdated(store, after, done_tasks(store, after.tasks()))
    renders = {task.ref for task in before.stages[0].tasks}
    assert done_tasks(store, before.tasks()) == renders


def test_nothing_is_withdrawn_of_a_plan_that_is_done(store):
    finish(store, planned().tasks())
    everything = {task.ref for task in planned().tasks()}
    withdraw_outdated(store, planned(), done_tasks(store, planned().tasks()))
    assert done_tasks(store, planned().tasks()) == everything
