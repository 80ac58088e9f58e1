"""Rendering of the open scene to radiance, which is checked.

Blender's operators return FINISHED even if the disk is full and the file is truncated, so only values read
back from the file count.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray

from hdrbatch.blender.engine import configure
from hdrbatch.blender.output import output_to, tail_of
from hdrbatch.blender.sampling import RenderSettings, SampleSubset, SampleSum
from hdrbatch.blender.shutter import Shutter
from hdrbatch.errors import HdrbatchError, RenderError, UserError
from hdrbatch.imaging.exr import read_exr

MAX_NEGATIVE = 1e-5
"""Negative radiance that is accepted as rounding, as a share of the picture's maximum."""
MIN_LIT_SHARE = 0.01
"""Share of pixels with any light below which a picture counts as black."""


def render_subset(
    settings: RenderSettings,
    subset: SampleSubset,
    scratch: Path,
    *,
    shutter: Shutter | None = None,
    resume: SampleSum | None = None,
    on_chunk: Callable[[SampleSum], None] | None = None,
) -> NDArray[np.float32]:
    """Render one subset of the samples of the open scene, chunk by chunk.

    Parameters
    ----------
    settings : RenderSettings
        Size, bounces, seed and threads.
    subset : SampleSubset
        Part of the sampling sequence.
    scratch : Path
        An existing folder on a local disk for the picture (removed when read) and Blender's output,
        `blender.log`.
    shutter : Shutter or None
        Time and length of the exposure of a moving scene; the radiance is the mean over that time.
    resume : SampleSum or None
        Sum passed to `on_chunk` by an earlier, interrupted render; the result is bit-identical.
    on_chunk : callable or None
        Called with the sum so far after every chunk; an exception that it raises ends the render.

    Returns
    -------
    (H, W, 3) float32
        Radiance, scene-linear Rec.709, relative, never clamped. The mean over all subsets is the render of
        all samples.

    Raises
    ------
    RenderError
        If Blender failed or the picture is missing, damaged, of a wrong size, not finite, negative or black.
    """
    log = scratch / "blender.log"
    done = resume
    for chunk in settings.chunks(subset):
        if done is not None and chunk.begin < subset.begin + done.samples:
            continue
        with _with_blender_output(settings, chunk, log):
            rendered = SampleSum.of(_render(settings, chunk, shutter, scratch, log), chunk.samples)
        done = rendered if done is None else done + rendered
        if on_chunk is not None:
            on_chunk(done)
    assert done is not None
    radiance = done.mean()
    with _with_blender_output(settings, subset, log):
        check_radiance(radiance, settings.width, settings.height)
    return radiance


def render_image(settings: RenderSettings, samples: int, scratch: Path) -> NDArray[np.float32]:
    """Render all samples of the open scene at once: `render_subset` with one subset."""
    return render_subset(settings, SampleSubset(index=0, num_subsets=1, samples=samples), scratch)


def check_radiance(radiance: NDArray[np.float32], width: int, height: int) -> None:
    """Reject a useless render.

    Parameters
    ----------
    radiance : (H, W, 3) float32
        Radiance, scene-linear, relative.
    width, height : int
        The requested size.

    Raises
    ------
    RenderError
        If the size is wrong, or the values are not finite, negative beyond rounding, or black.
    """
    _check_values(radiance, width, height)
    lowest, highest = float(radiance.min()), float(radiance.max())
    if lowest < -MAX_NEGATIVE * max(highest, 0.0):
        raise RenderError(f"radiance is negative: {lowest:g}, with a maximum of {highest:g}")
    lit_share = float(np.mean(np.any(radiance > 0, axis=-1)))
    if lit_share < MIN_LIT_SHARE:
        raise RenderError(
            f"the picture is black: {lit_share:.2%} of its pixels have any light; "
            "the scene lacks a light, or the camera is inside something"
        )


def _check_values(radiance: NDArray[np.float32], width: int, height: int) -> None:
    if radiance.shape != (height, width, 3):
        raise RenderError(
            f"the picture has shape {radiance.shape}; {(height, width, 3)} (height, width, RGB) was requested"
        )
    num_bad = int(np.count_nonzero(~np.isfinite(radiance)))
    if num_bad:
        row, column, channel = np.argwhere(~np.isfinite(radiance))[0]
        raise RenderError(
            f"{num_bad} values are not finite, the first at row {row}, column {column}, channel {channel}"
        )


def _render(
    settings: RenderSettings, chunk: SampleSubset, shutter: Shutter | None, scratch: Path, log: Path
) -> NDArray[np.float32]:
    """Render one chunk with one call of Blender."""
    picture = scratch / f"subset-{chunk.index}-of-{chunk.num_subsets}.exr"
    # A picture left by an earlier attempt must not be mistaken for this one.
    picture.unlink(missing_ok=True)
    scene = bpy.context.scene
    configure(scene, settings, chunk, shutter)
    scene.render.filepath = str(picture.resolve())
    try:
        with output_to(log):
            bpy.ops.render.render(write_still=True, scene=scene.name)
        radiance = read_exr(picture)
    finally:
        picture.unlink(missing_ok=True)
    # With few samples a dim picture can be black, so only the mean is checked for light.
    _check_values(radiance, settings.width, settings.height)
    return radiance


@contextmanager
def _with_blender_output(settings: RenderSettings, subset: SampleSubset, log: Path) -> Iterator[None]:
    """Add to an error what was being rendered and the end of Blender's output."""
    try:
        yield
    except UserError:  # nothing was rendered, so Blender's output does not help
        raise
    except (HdrbatchError, RuntimeError, OSError) as error:
        raise RenderError(_describe(error, settings, subset, log)) from error


def _describe(error: Exception, settings: RenderSettings, subset: SampleSubset, log: Path) -> str:
    reason = str(error).strip()
    return (
        f"Rendering {settings.width}x{settings.height}, subset {subset.index + 1} of {subset.num_subsets} "
        f"with {subset.samples} samples, failed: {reason}.\n"
        f"Blender's output ended with ({log}):\n{tail_of(log)}"
    )
