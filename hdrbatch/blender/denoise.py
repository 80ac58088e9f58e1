"""Denoising of rendered radiance with Blender's Open Image Denoise (bpy).

References
----------
Áfra 2024, Intel Open Image Denoise (the network that Blender ships).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from hdrbatch.blender.engine import configure
from hdrbatch.blender.output import output_to
from hdrbatch.blender.picture import set_file
from hdrbatch.blender.sampling import RenderSettings, SampleSubset
from hdrbatch.blender.session import set_threads
from hdrbatch.blender.shutter import Shutter
from hdrbatch.errors import RenderError
from hdrbatch.imaging.exr import read_exr, read_exr_layer, write_exr

GUIDE_SAMPLES = 16
GUIDE_BOUNCES = 4
"""Maximum bounces of a guide's paths through glass and mirrors."""
BRIGHTEST_DENOISED = 10_000.0
"""Radiance relative to the median above which a pixel keeps its rendered value: the disc of the sun has no
noise, and the network would smear it over its neighbours."""


@dataclass(frozen=True)
class Guides:
    """Inputs of the denoiser in addition to the radiance.

    Parameters
    ----------
    albedo : (H, W, 3) float32
        Reflectance of the first surface that is not a mirror, in [0, 1].
    normal : (H, W, 3) float32
        Its normal in world space.
    """

    albedo: NDArray[np.float32]
    normal: NDArray[np.float32]


def render_guides(settings: RenderSettings, scratch: Path, shutter: Shutter | None = None) -> Guides:
    """Render albedo and normal of the open scene with few samples.

    Parameters
    ----------
    settings : RenderSettings
        Size and seed, as for the radiance.
    scratch : Path
        An existing folder on a local disk.
    shutter : Shutter or None
        Shutter, as for the radiance.
    """
    scene, path = bpy.context.scene, scratch / "guides.exr"
    path.unlink(missing_ok=True)
    configure(scene, settings, SampleSubset(0, 1, GUIDE_SAMPLES), shutter)
    layer = next(one for one in scene.view_layers if one.use).cycles
    scene.cycles.max_bounces = GUIDE_BOUNCES
    scene.render.image_settings.file_format = "OPEN_EXR_MULTILAYER"
    scene.render.filepath = str(path.resolve())
    layer.denoising_store_passes = True
    try:
        with output_to(scratch / "blender.log"):
            bpy.ops.render.render(write_still=True, scene=scene.name)
        return Guides(read_exr_layer(path, "Denoising Albedo"), read_exr_layer(path, "Denoising Normal"))
    finally:
        layer.denoising_store_passes = False
        path.unlink(missing_ok=True)


def denoise(
    radiance: NDArray[np.float32], guides: Guides, scratch: Path, num_threads: int | None = None
) -> NDArray[np.float32]:
    """Denoise a picture.

    Parameters
    ----------
    radiance : (H, W, 3) float32
        Radiance, scene-linear, relative.
    guides : Guides
        Albedo and normal of the same picture.
    scratch : Path
        An existing folder on a local disk.
    num_threads : int or None
        Number of threads; None uses every core available to this process.

    Returns
    -------
    (H, W, 3) float32
        Radiance; pixels above `BRIGHTEST_DENOISED` times the median are unchanged.

    Raises
    ------
    RenderError
        If Blender returned nothing usable.
    """
    height, width = radiance.shape[:2]
    scene = bpy.data.scenes.new("Denoise")
    nodes = _nodes(scene, {"radiance": radiance, "albedo": guides.albedo, "normal": guides.normal}, scratch)
    path = scratch / "denoised.exr"
    path.unlink(missing_ok=True)
    scene.render.resolution_x, scene.render.resolution_y = width, height
    scene.render.resolution_percentage = 100
    set_threads(scene, num_threads)
    set_file(scene.render.image_settings)
    scene.render.filepath = str(path.resolve())
    try:
        with output_to(scratch / "blender.log"):
            bpy.ops.render.render(write_still=True, scene=scene.name)
        result = read_exr(path)
    finally:
        path.unlink(missing_ok=True)
        for node in nodes:
            bpy.data.images.remove(node.image)
        bpy.data.scenes.remove(scene)
    if result.shape != radiance.shape or not np.isfinite(result).all():
        raise RenderError(f"the denoiser returned shape {result.shape}, or values that are not finite")
    kept = radiance.max(-1, keepdims=True) > BRIGHTEST_DENOISED * np.median(radiance)
    return np.where(kept, radiance, np.maximum(result, 0.0)).astype(np.float32)


def _nodes(scene: Any, pictures: dict[str, NDArray[np.float32]], scratch: Path) -> list[Any]:
    """Build a compositor that reads files and renders nothing; return its image nodes."""
    scene.use_nodes = True
    tree = scene.node_tree
    tree.nodes.clear()
    denoiser = tree.nodes.new("CompositorNodeDenoise")
    denoiser.prefilter = "ACCURATE"
    denoiser.use_hdr = True
    sources = []
    for name, socket in (("radiance", "Image"), ("albedo", "Albedo"), ("normal", "Normal")):
        path = scratch / f"{name}.exr"
        write_exr(path, pictures[name])
        node = tree.nodes.new("CompositorNodeImage")
        node.image = bpy.data.images.load(str(path.resolve()))
        node.image.colorspace_settings.name = "Linear Rec.709"
        tree.links.new(node.outputs["Image"], denoiser.inputs[socket])
        sources.append(node)
    target = tree.nodes.new("CompositorNodeComposite")
    tree.links.new(denoiser.outputs["Image"], target.inputs["Image"])
    return sources
