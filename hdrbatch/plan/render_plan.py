"""From a render job to its plan: one task per scene and exposure, one per scene, one index."""

from collections.abc import Sequence
from dataclasses import dataclass

from hdrbatch.catalogue.family import find_family
from hdrbatch.catalogue.scene import Scene
from hdrbatch.kinds import Kind
from hdrbatch.plan.dataset_payloads import (
    AssembleScene,
    IndexDataset,
    MovingExposure,
    RenderExposure,
    StoredUserFile,
)
from hdrbatch.plan.render_costs import PictureSize, assembly_estimate, exposure_estimate, index_estimate
from hdrbatch.plan.task import Plan, Stage, Task
from hdrbatch.plan.timeline import Timeline
from hdrbatch.plan.user_files import user_file_entry
from hdrbatch.specs.render_job import RenderJob


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
    return plan_of_scenes(job, [plan_scene(job, scene) for scene in scenes])


@dataclass(frozen=True)
class SceneTasks:
    """The tasks that make one scene of a dataset."""

    scene: Scene
    renders: tuple[Task, ...]
    assembly: Task


def plan_scene(job: RenderJob, scene: Scene) -> SceneTasks:
    """Plan one scene of a job."""
    renders = tuple(_render_exposure(job, scene, index) for index in range(len(job.ev)))
    return SceneTasks(scene, renders, _assemble_scene(job, scene, renders))


def plan_of_scenes(job: RenderJob, planned: Sequence[SceneTasks]) -> Plan:
    """Put the tasks of scenes together, with the index of the dataset that they make."""
    assemblies = tuple(one.assembly for one in planned)
    index = _index_dataset(job, [one.scene for one in planned], assemblies)
    return Plan(
        f"render-{job.dataset}",
        (
            Stage(Kind.RENDER_EXPOSURE, tuple(task for one in planned for task in one.renders)),
            Stage(Kind.ASSEMBLE_SCENE, assemblies),
            Stage(Kind.INDEX_DATASET, (index,)),
        ),
    )


def timeline_of(job: RenderJob) -> Timeline:
    """When the exposures of the job's moving scenes are taken."""
    return Timeline(job.ev, job.camera.exposure_time_ev0_s, job.camera.gap_s)


def is_denoised(job: RenderJob, scene: Scene) -> bool:
    """Whether a scene's reference is denoised, and with it the exposures of a moving one."""
    if job.render.denoise == "auto":
        return job.render.engine == "cycles" and not scene.own and find_family(scene.family).denoised
    return job.render.denoise == "always"


def _render_exposure(job: RenderJob, scene: Scene, index: int) -> Task:
    ev = job.ev[index]
    work = RenderExposure(
        job.dataset,
        scene.id,
        ev,
        family=scene.family,
        seed=scene.seed,
        render=job.render,
        subset=index,
        num_subsets=len(job.ev),
        moving=_moving_exposure(job, scene, ev) if scene.moving else None,
        denoised=scene.moving and is_denoised(job, scene),
        guides=index == 0 and is_denoised(job, scene),
        own=StoredUserFile(scene.own.name, scene.own.camera, user_file_entry(scene.own))
        if scene.own
        else None,
    )
    size = PictureSize(job.render.width * job.render.height, job.render.samples, job.render.engine)
    return work.task(
        exposure_estimate(
            scene.id, scene.family, size, moving=scene.moving, guides=work.guides, denoised=work.denoised
        )
    )


def _moving_exposure(job: RenderJob, scene: Scene, ev: float) -> MovingExposure:
    timeline = timeline_of(job)
    return MovingExposure(scene.motion, *timeline.shutter(ev), timeline.moment_s, timeline.duration_s)


def _assemble_scene(job: RenderJob, scene: Scene, renders: Sequence[Task]) -> Task:
    work = AssembleScene(
        job.dataset,
        scene.id,
        family=scene.family,
        seed=scene.seed,
        split=scene.split,
        ev=job.ev,
        camera=job.camera,
        motion=scene.motion,
        shutters_s=tuple(timeline_of(job).shutter(ev) for ev in job.ev) if scene.moving else (),
        denoised=is_denoised(job, scene),
    )
    estimate = assembly_estimate(job.render.width * job.render.height, len(job.ev), denoised=work.denoised)
    return work.task(estimate, tuple(task.ref for task in renders))


def _index_dataset(job: RenderJob, scenes: Sequence[Scene], assemblies: Sequence[Task]) -> Task:
    work = IndexDataset(job.dataset, tuple(scene.id for scene in scenes))
    return work.task(index_estimate(len(assemblies)), tuple(task.ref for task in assemblies))
