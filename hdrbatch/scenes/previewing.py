"""Previews of scenes: small, quick, denoised renders, and their statistics (bpy)."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hdrbatch.blender.output import output_to
from hdrbatch.blender.rendering import render_image
from hdrbatch.blender.sampling import RenderSettings
from hdrbatch.catalogue.examined import DARK_BELOW, Preview
from hdrbatch.catalogue.scene import Scene
from hdrbatch.errors import RenderError
from hdrbatch.imaging.statistics import anchor_of, dynamic_range_stops, luminance
from hdrbatch.scenes.build import open_scene
from hdrbatch.scenes.kit.photometry import CD_M2

PREVIEW_WIDTH, PREVIEW_HEIGHT = 160, 120
PREVIEW_SAMPLES = 16


def render_preview(
    scene: Scene,
    width: int = PREVIEW_WIDTH,
    height: int = PREVIEW_HEIGHT,
    samples: int = PREVIEW_SAMPLES,
    num_threads: int = 1,
) -> NDArray[np.float32]:
    """Render a small, denoised preview of a scene, as it is at the moment of its reference.

    Returns
    -------
    (H, W, 3) float32
        Radiance, scene-linear Rec.709, relative; all zeros if the picture is black.
    """
    settings = RenderSettings(width, height, num_threads=num_threads, denoised=True)
    with tempfile.TemporaryDirectory() as scratch:
        with output_to(Path(scratch) / "blender.log"):  # opening a .blend file prints a lot
            open_scene(replace(scene, motion="still"))
        try:
            return render_image(settings, samples, Path(scratch))
        except RenderError as error:
            if "is black" in str(error):
                return np.zeros((height, width, 3), np.float32)
            raise


def preview_of(scene: Scene, radiance: NDArray[np.float32]) -> Preview:
    """Statistics of a preview, metered as `assemble_scene` meters.

    Parameters
    ----------
    scene : Scene
        Scene of the preview.
    radiance : (H, W, 3) float32
        Radiance of its preview.
    """
    median = float(np.median(luminance(radiance)))
    ev0 = radiance * np.float32(anchor_of(radiance)) if median > 0 else radiance
    return Preview(
        family=scene.family,
        seed=scene.seed,
        stops=dynamic_range_stops(radiance),
        median_cd_m2=median / CD_M2,
        clipped_ev0=_clipped(ev0, 0.0),
        clipped_ev_4=_clipped(ev0, -4.0),
        shadows=float(np.mean(luminance(ev0) < DARK_BELOW)),
    )


def _clipped(ev0: NDArray[np.float32], ev: float) -> float:
    return float(np.mean(np.any(ev0 * 2.0**ev >= 1.0, axis=-1)))
