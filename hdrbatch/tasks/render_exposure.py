"""Render one exposure's share of a scene's samples (render image: bpy)."""

import json

import numpy as np

from hdrbatch.blender.cores import narrowed_to
from hdrbatch.blender.sampling import RenderSettings, SampleSubset
from hdrbatch.errors import RenderError
from hdrbatch.imaging.files import read_exr, write_exr
from hdrbatch.tasks.context import TaskContext
from hdrbatch.tasks.progress import StoredProgress


def run(context: TaskContext) -> None:
    """Build the scene, render its subset chunk by chunk, write the radiance and read it back.

    Where an earlier run was stopped or lost, it goes on from the chunks that were stored, to the same bits.

    Raises
    ------
    InterruptedRunError
        Where it was asked to stop, after the chunk in flight was rendered and stored.
    RenderError
        Where Blender made nothing usable, or the file does not come back as it was written.
    """
    with context.usage.phase("import"), narrowed_to(context.num_threads):
        from hdrbatch.blender.render import check_radiance, render_subset
        from hdrbatch.blender.session import blender_version
        from hdrbatch.scenes.build import build_scene

    payload = context.payload
    render = payload["render"]
    settings = RenderSettings(
        width=render["width"],
        height=render["height"],
        max_bounces=render["max_bounces"],
        seed=render["seed"],
        num_threads=context.num_threads,
    )
    subset = SampleSubset(
        index=payload["subset"], num_subsets=payload["num_subsets"], samples=render["samples"]
    )
    with context.usage.phase("scene"):
        description = build_scene(payload["family"], payload["seed"])
    with context.usage.phase("sampling"):
        chunks = subset.chunks(settings.width, settings.height)
        progress = StoredProgress(
            context,
            total_samples=subset.samples,
            valid_samples=[chunk.begin for chunk in chunks[1:]],
            shape=(settings.height, settings.width, 3),
            made_by=blender_version(),
        )
        resume = progress.load()
        progress.stop_if_asked()
        radiance = render_subset(
            settings,
            subset,
            context.working_folder(),
            resume=resume,
            on_chunk=progress.after_chunk,
        )
    with context.usage.phase("writing"):
        for key in context.task.outputs:
            path = context.output_file(key)
            if path.suffix == ".json":
                path.write_text(json.dumps(description.to_json(), indent=1) + "\n")
                continue
            write_exr(path, radiance)
            stored = read_exr(path)
            check_radiance(stored, settings.width, settings.height)
            if not np.array_equal(stored, radiance):
                raise RenderError(f"{key} does not read back as it was written: is the disk full or failing?")
