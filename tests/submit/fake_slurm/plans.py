"""Plans for tests of submission: real ones and ones made up of the cheapest real tasks."""

from hdrbatch.kinds import Kind
from hdrbatch.plan.render_plan import plan_render
from hdrbatch.plan.task import Estimate, Plan, Stage, make_task
from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.specs.render_job import RenderJob
from hdrbatch.storage import keys


def index(name, *needs):
    """An index of no scenes: done in an instant; it fails where it needs what never ran."""
    payload = {"dataset": name, "scenes": []}
    return make_task(Kind.INDEX_DATASET, name, payload, (keys.dataset_index(name),), Estimate(1, 1), needs)


def indices(number):
    """A plan of one stage with so many tasks."""
    return Plan("many", (Stage(Kind.INDEX_DATASET, tuple(index(f"d{n}") for n in range(number))),))


def rendering(num_scenes=2, ev=(0.0,), dataset="tiny"):
    """A real plan of three stages."""
    job = RenderJob.model_validate(
        {
            "dataset": dataset,
            "scenes": {"train": tuple(f"outdoor:{n + 1}" for n in range(num_scenes)), "test": ()},
            "ev": ev,
            "render": {"width": 16, "height": 12, "samples": 1},
        }
    )
    return plan_render(job, job.scenes.catalogue())


def finish(store, tasks):
    """Leave what a listing shows of finished tasks."""
    for task in tasks:
        for output in task.outputs:
            store.put_bytes(output, b"x")
        store.put_bytes(keys.receipt(task.kind, task.id, task.digest), b"{}")


def slurm_cluster(folder, **more):
    """A cluster file of a few words."""
    return ClusterSpec.model_validate({"scheduler": "slurm", "folder": str(folder), **more})
