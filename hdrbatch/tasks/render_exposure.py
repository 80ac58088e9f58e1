"""Render one exposure's share of a scene's samples (render image: bpy)."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hdrbatch.blender.cores import limited_to_cores
from hdrbatch.blender.sampling import RenderSettings, SampleSubset
from hdrbatch.blender.shutter import Shutter
from hdrbatch.catalogue.scene import Scene, UserFile
from hdrbatch.errors import RenderError
from hdrbatch.imaging.exr import read_exr, write_exr
from hdrbatch.plan.dataset_payloads import RenderExposure
from hdrbatch.worker.context import TaskContext
from hdrbatch.worker.saved_samples import StoredProgress


@dataclass(frozen=True)
class Picture:
    """One of the pictures that a task renders: the folder of its file, and the time its shutter is open."""

    folder: str
    shutter: Shutter | None = None


def run(context: TaskContext) -> None:
    """Build the scene, render its subset chunk by chunk, write the radiance and read it back.

    A moving scene gets two pictures: the exposure, with the blur of its shutter time, and its share of the
    reference, which is sharp. Resumes from stored chunks of an interrupted run; the result is bit-identical.

    Raises
    ------
    InterruptedRunError
        If a stop is requested, once the chunk in progress is rendered and stored.
    RenderError
        If Blender produced no usable picture, or the file does not read back as it was written.
    """
    with context.usage.phase("import"), limited_to_cores(context.num_threads):
        from hdrbatch.scenes.build import open_scene

    work = RenderExposure.of(context.task)
    user_file = context.fetch(work.own.file) if work.own else None
    with context.usage.phase("scene"):
        description = open_scene(scene_of(work, user_file), *_times(work))
    pictures = _pictures(work)
    rendered = {
        picture.folder: _render(context, work, picture, is_last=picture == pictures[-1])
        for picture in pictures
    }
    if work.guides:
        rendered |= _guides(context, work, pictures[-1])
    if work.denoised:
        rendered["exposures"] = _denoised(context, work, pictures[0], rendered["exposures"])
    with context.usage.phase("writing"):
        for key in context.task.outputs:
            path = context.output_file(key)
            if path.suffix == ".json":
                path.write_text(json.dumps(description.to_json(), indent=1) + "\n")
            else:
                _write(path, rendered[_picture_name(key)], key)


def scene_of(work: RenderExposure, user_file: Path | None) -> Scene:
    """Return the task's scene; its split does not matter here."""
    own = UserFile(str(user_file), work.own.name, work.own.camera) if work.own else None
    motion = work.moving.motion if work.moving else "still"
    return Scene(work.family, work.seed, "train", motion=motion, own=own)


def _times(work: RenderExposure) -> tuple[float, float]:
    return (work.moving.moment_s, work.moving.duration_s) if work.moving else (0.0, 0.0)


def _pictures(work: RenderExposure) -> list[Picture]:
    if (moving := work.moving) is None:
        return [Picture("exposures")]
    return [
        Picture("exposures", Shutter(moving.begin_s, moving.length_s)),
        Picture("sharp", Shutter(moving.moment_s)),
    ]


def _render(
    context: TaskContext, work: RenderExposure, picture: Picture, *, is_last: bool
) -> NDArray[np.float32]:
    """Render one picture chunk by chunk; resume where an earlier run stopped."""
    from hdrbatch.blender.rendering import render_subset
    from hdrbatch.blender.session import blender_version

    settings = _settings(context, work)
    subset = SampleSubset(index=work.subset, num_subsets=work.num_subsets, samples=work.render.samples)
    with context.usage.phase("sampling"):
        ends = [chunk.begin + chunk.samples for chunk in settings.chunks(subset)]
        progress = StoredProgress(
            context,
            total_samples=subset.samples,
            # The last picture's whole sum is the result; an earlier picture's sum is stored for a rerun.
            valid_samples=ends[:-1] if is_last else ends,
            shape=(settings.height, settings.width, 3),
            made_by=blender_version(),
            part="" if picture.folder == "exposures" else picture.folder,
        )
        resume = progress.load()
        progress.stop_if_requested()
        return render_subset(
            settings,
            subset,
            context.working_folder(),
            shutter=picture.shutter,
            resume=resume,
            on_chunk=progress.after_chunk,
        )


def _settings(context: TaskContext, work: RenderExposure) -> RenderSettings:
    render = work.render
    return RenderSettings(
        width=render.width,
        height=render.height,
        max_bounces=render.max_bounces,
        seed=render.seed,
        num_threads=context.num_threads,
        engine=render.engine,
        device=render.device,
    )


def _guides(context: TaskContext, work: RenderExposure, reference: Picture) -> dict[str, NDArray[np.float32]]:
    """Render the auxiliary pictures that the assembly passes to the denoiser with the reference."""
    from hdrbatch.blender.denoise import render_guides

    with context.usage.phase("denoising"):
        guides = render_guides(_settings(context, work), context.working_folder(), reference.shutter)
    return {"guides/albedo": guides.albedo, "guides/normal": guides.normal}


def _denoised(
    context: TaskContext, work: RenderExposure, picture: Picture, radiance: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Denoise an exposure of a moving scene: no other exposure adds to its few samples."""
    from hdrbatch.blender.denoise import denoise, render_guides

    with context.usage.phase("denoising"):
        scratch = context.working_folder()
        guides = render_guides(_settings(context, work), scratch, picture.shutter)
        return denoise(radiance, guides, scratch, context.num_threads)


def _picture_name(key: str) -> str:
    """Name of a file among the task's pictures: its folder, with the file's name for guides."""
    path = Path(key)
    return f"guides/{path.stem}" if path.parent.name == "guides" else path.parent.name


def _write(path: Path, radiance: NDArray[np.float32], key: str) -> None:
    from hdrbatch.blender.rendering import check_radiance

    write_exr(path, radiance)
    stored = read_exr(path)
    if _picture_name(key) in ("exposures", "sharp"):
        check_radiance(stored, radiance.shape[1], radiance.shape[0])
    if not np.array_equal(stored, radiance):
        raise RenderError(f"{key} does not read back as it was written: is the disk full or failing?")
