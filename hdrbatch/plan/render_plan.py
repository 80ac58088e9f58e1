"""From a render job to its plan: one task per scene and exposure, one per scene, one index."""

from collections.abc import Sequence
from typing import Any

from hdrbatch.catalogue.quality import DENOISED_FAMILIES
from hdrbatch.catalogue.scene import Scene
from hdrbatch.plan.task import Estimate, Plan, Stage, Task, make_task
from hdrbatch.plan.timeline import Timeline
from hdrbatch.plan.user_files import own_file_entry
from hdrbatch.specs.render_job import RenderJob
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


def timeline_of(job: RenderJob) -> Timeline:
    """When the exposures of the job's moving scenes are taken."""
    return Timeline(job.ev, job.camera.exposure_time_ev0_s, job.camera.gap_s)


def is_denoised(job: RenderJob, scene: Scene) -> bool:
    """Whether a scene's reference is denoised, and with it the exposures of a moving one."""
    if job.render.denoise == "auto":
        return job.render.engine == "cycles" and scene.family in DENOISED_FAMILIES
    return job.render.denoise == "always"


def _render_exposure(job: RenderJob, scene: Scene, index: int) -> Task:
    ev = job.ev[index]
    num_pixels = job.render.width * job.render.height
    num_pictures = 2 if scene.moving else 1
    cpu_s = (
        RENDER_FIXED_CPU_S + RENDER_CPU_S_PER_PIXEL_SAMPLE * num_pixels * job.render.samples * num_pictures
    )
    # The EV is not in a still scene's payload: its radiance does not depend on it, its subset decides.
    payload: dict[str, Any] = {
        "family": scene.family,
        "seed": scene.seed,
        # Whether to denoise matters where it is done: `guides` and `denoised` say so.
        "render": job.render.model_dump(mode="json", exclude={"denoise"}),
        "subset": index,
        "num_subsets": len(job.ev),
    }
    outputs = [keys.exposure(job.dataset, scene.id, ev)]
    if scene.moving:
        timeline = timeline_of(job)
        payload["motion"] = {
            "kind": scene.motion,
            "shutter_s": list(timeline.shutter(ev)),
            "moment_s": timeline.moment_s,
            "duration_s": timeline.duration_s,
        }
        outputs.append(keys.sharp(job.dataset, scene.id, ev))
    if is_denoised(job, scene):
        if scene.moving:
            payload["denoised"] = True
        if index == 0:
            payload["guides"] = True
            outputs += [keys.guide(job.dataset, scene.id, name) for name in ("albedo", "normal")]
    if scene.own:
        entry = own_file_entry(scene.own)
        payload["own"] = {
            "name": scene.own.name,
            "camera": scene.own.camera,
            "file": [entry.key, entry.num_bytes, entry.sha256],
        }
    if index == 0:
        outputs.append(keys.scene_description(job.dataset, scene.id))
    return make_task(
        "render_exposure",
        f"{job.dataset}/{scene.id}/{keys.ev_name(ev)}",
        payload=payload,
        outputs=tuple(outputs),
        estimate=Estimate(cpu_s, round(num_pixels * EXR_BYTES_PER_PIXEL * num_pictures)),
    )


def _assemble_scene(job: RenderJob, scene: Scene, renders: Sequence[Task]) -> Task:
    dataset = job.dataset
    num_pixels = job.render.width * job.render.height
    payload: dict[str, Any] = {
        "dataset": dataset,
        "id": scene.id,
        "family": scene.family,
        "seed": scene.seed,
        "split": scene.split,
        "ev": list(job.ev),
        "camera": job.camera.model_dump(mode="json"),
    }
    if scene.moving:
        timeline = timeline_of(job)
        payload["motion"] = scene.motion
        payload["shutters_s"] = [list(timeline.shutter(ev)) for ev in job.ev]
    if is_denoised(job, scene):
        payload["denoised"] = True
    return make_task(
        "assemble_scene",
        f"{dataset}/{scene.id}",
        payload=payload,
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
