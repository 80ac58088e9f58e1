"""Payloads: what a plan writes is what a task reads."""

import json

import pytest

from hdrbatch.errors import TaskError
from hdrbatch.kinds import Kind
from hdrbatch.plan.dataset_payloads import AssembleScene, IndexDataset, RenderExposure
from hdrbatch.plan.render_plan import plan_render
from hdrbatch.plan.sweep_payloads import CompareVariants, TrainVariant
from hdrbatch.plan.sweep_plan import plan_sweep
from hdrbatch.plan.task import Estimate, Task, make_task
from hdrbatch.specs.render_job import RenderJob
from hdrbatch.specs.sweep_spec import SweepSpec
from hdrbatch.storage.receipts import TaskRef

CLASSES = {
    Kind.RENDER_EXPOSURE: RenderExposure,
    Kind.ASSEMBLE_SCENE: AssembleScene,
    Kind.INDEX_DATASET: IndexDataset,
    Kind.TRAIN_VARIANT: TrainVariant,
    Kind.COMPARE_VARIANTS: CompareVariants,
}


def dataset_tasks(tmp_path):
    (tmp_path / "town.exr").write_bytes(b"content")
    job = RenderJob.model_validate(
        {
            "dataset": "set",
            "scenes": {
                "train": ("interior:1", "street:2:both"),
                "test": ("outdoor:9001:shake",),
                "own": ({"folder": str(tmp_path)},),
            },
            "ev": (-1.5, 0.0, 2.0),
            "render": {"denoise": "always", "samples": 3},
        }
    )
    return plan_render(job, job.scenes.catalogue()).tasks()


def sweep_tasks():
    sweep = SweepSpec.model_validate(
        {
            "sweep": "s",
            "dataset": "set",
            "seeds": 2,
            "variants": {"one": {"inputs.ev": (0.0,)}},
            "groups": {"loss": {"set": {"training.loss": "mu"}, "variants": {"mu": {}}}},
        }
    )
    return plan_sweep(sweep, TaskRef(Kind.INDEX_DATASET, "set", "0" * 64), sweep.resolved()).tasks()


def test_every_task_of_a_plan_reads_back_as_the_work_that_wrote_it(tmp_path):
    tasks = [*dataset_tasks(tmp_path), *sweep_tasks()]
    assert {task.kind for task in tasks} == set(Kind)
    for task in tasks:
        stored = Task.from_json(json.loads(json.dumps(task.to_json())))
        work = CLASSES[task.kind].of(stored)
        assert (work.task_id, work.payload(), work.outputs) == (task.id, task.payload, task.outputs)


@pytest.mark.parametrize("kind", Kind)
def test_an_incomplete_payload_is_rejected_with_the_name_of_its_task(kind):
    task = make_task(kind, "set/outdoor-0001/ev+0", {"family": "outdoor"}, ("a",), Estimate(1, 1))
    with pytest.raises(
        TaskError, match=f"the payload of {kind}/set/outdoor-0001/ev.0 was written by another"
    ):
        CLASSES[kind].of(task)


def test_a_render_with_settings_that_cannot_be_is_refused():
    payload = {"family": "outdoor", "seed": 1, "render": {"samples": 0}, "subset": 0, "num_subsets": 1}
    task = make_task(Kind.RENDER_EXPOSURE, "set/outdoor-0001/ev+0", payload, ("a",), Estimate(1, 1))
    with pytest.raises(TaskError, match="samples"):
        RenderExposure.of(task)
