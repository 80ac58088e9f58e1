"""Set-up of the open scene for one render by either engine."""

from typing import Any

from hdrbatch.blender import cycles, eevee
from hdrbatch.blender.picture import set_file, set_picture
from hdrbatch.blender.sampling import RenderSettings, SampleSubset
from hdrbatch.blender.session import set_threads
from hdrbatch.blender.shutter import Shutter, open_shutter
from hdrbatch.blender.view_layers import use_one_layer

_ENGINES = {"cycles": "CYCLES", "eevee": "BLENDER_EEVEE_NEXT"}
_KEPT = "hdrbatch_kept"
"""Property of a scene: settings of its last render that decide whether the next may reuse cached data."""


def configure(
    scene: Any, settings: RenderSettings, subset: SampleSubset, shutter: Shutter | None = None
) -> None:
    """Set a scene up for one render into a 32-bit EXR, overriding its own settings.

    Parameters
    ----------
    scene : bpy.types.Scene
        The scene, changed in place.
    settings : RenderSettings
        Size, engine and how it samples.
    subset : SampleSubset
        The part of the sampling sequence to render.
    shutter : Shutter or None
        Time and length of the exposure; None for a still scene.
    """
    # Setting the engine discards the data cached between renders, even if its value is the same. The cache
    # holds a table of the sampling sequence, which Cycles does not rebuild for a shorter one, and a moving
    # scene's geometry, which it would reuse in a picture of another moment (or crash).
    engine, kept = _ENGINES[settings.engine], f"{subset.total_samples} samples, {shutter}"
    if scene.render.engine != engine or scene.get(_KEPT, kept) != kept:
        scene.render.engine = engine
    scene[_KEPT] = kept
    use_one_layer(scene)
    set_threads(scene, settings.num_threads)
    set_picture(scene.render, settings)
    set_file(scene.render.image_settings)
    open_shutter(scene, shutter)
    if settings.engine == "cycles":
        cycles.configure(scene, settings, subset)
    else:
        eevee.configure(scene, subset.samples)
