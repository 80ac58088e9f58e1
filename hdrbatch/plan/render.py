"""From a render job to its plan: one task per scene and exposure, one per scene, one index."""

from collections.abc import Sequence

from hdrbatch.plan.task import Estimate, Plan, Stage, Task, make_task
from hdrbatch.scenes.catalogue import Scene
from hdrbatch.specs.render import RenderJob
from hdrbatch.storage import keys

# CPU seconds, measured by `make bench` on the three families (start-up and scene; then per pixel-sample).
RENDER_FIXED_CPU_S = 1.2
RENDER_CPU_S_PER_PIXEL_SAMPLE = 5.4e-6
EXR_BYTES_PER_PIXEL = 10.5
PHOTO_BYTES_PER_PIXEL = 1.7


def plan_render(job: RenderJob, scenes: Sequence[Scene]) -> Plan:
    """Plan the dataset of a job.

    Parameters
    ----------
    job
        The validated job.
    scenes
        The part of its catalogue to make.

    Returns
    -------
    Plan
        Stages ``render_exposure``, ``assemble_scene`` and ``index_dataset``.
    """
    exposures: list[Task] = []
    assemblies: list[Task] = []
    for scene in scenes:
        renders = [_render_exposure(job, scene, index) for index in range(len(job.ev))]
        exposures += renders
        assemblies.append(_assemble_scene(job, scene, renders))
    index = _index_dataset(job, assemblies)
    return Plan(
        f"render-{job.dataset}",
        (
            Stage("render_exposure", tuple(exposures)),
            Stage("assemble_scene", tuple(assemblies)),
            Stage("index_dataset", (index,)),
        ),
    )


def _render_exposure(job: RenderJob, scene: Scene, index: int) -> Task:
    ev = job.ev[index]
    num_pixels = job.render.width * job.render.height
    cpu_s = RENDER_FIXED_CPU_S + RENDER_CPU_S_PER_PIXEL_SAMPLE * num_pixels * job.render.samples
    return make_task(
        "render_exposure",
        f"{job.dataset}/{scene.id}/{keys.ev_name(ev)}",
        # The EV is not in the payload: a still scene's radiance does not depend on it, its subset decides.
        payload={
            "family": scene.family,
            "seed": scene.seed,
            "render": job.render.model_dump(mode="json"),
            "subset": index,
            "num_subsets": len(job.ev),
        },
        outputs=(
            keys.exposure(job.dataset, scene.id, ev),
            *((keys.scene_description(job.dataset, scene.id),) if index == 0 else ()),
        ),
        estimate=Estimate(cpu_s, round(num_pixels * EXR_BYTES_PER_PIXEL)),
    )


def _assemble_scene(job: RenderJob, scene: Scene, renders: Sequence[Task]) -> Task:
    dataset = job.dataset
    num_pixels = job.render.width * job.render.height
    return make_task(
        "assemble_scene",
        f"{dataset}/{scene.id}",
        payload={
            "dataset": dataset,
            "family": scene.family,
            "seed": scene.seed,
            "split": scene.split,
            "ev": list(job.ev),
            "camera": job.camera.model_dump(mode="json"),
        },
        needs=tuple(task.ref for task in renders),
        outputs=(
            keys.scene_record(dataset, scene.id),
            keys.reference(dataset, scene.id),
            *(keys.photo(dataset, scene.id, ev) for ev in job.ev),
        ),
        estimate=Estimate(
            1.0 + 4e-6 * num_pixels * len(job.ev),
            round(num_pixels * (EXR_BYTES_PER_PIXEL + PHOTO_BYTES_PER_PIXEL * len(job.ev))),
        ),
    )


def _index_dataset(job: RenderJob, assemblies: Sequence[Task]) -> Task:
    return make_task(
        "index_dataset",
        job.dataset,
        payload={"dataset": job.dataset, "scenes": [task.id.rpartition("/")[2] for task in assemblies]},
        needs=tuple(task.ref for task in assemblies),
        outputs=(keys.dataset_index(job.dataset),),
        estimate=Estimate(1.0 + 0.01 * len(assemblies), 4000 * len(assemblies)),
    )
