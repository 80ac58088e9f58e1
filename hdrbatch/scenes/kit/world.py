"""The world of a scene: what surrounds it, and how that is sampled."""

from typing import Any

import bpy

SKY_MAP_PIXELS = 256
"""Width of the map by which skies are sampled."""


def new_world(name: str, map_pixels: int = SKY_MAP_PIXELS) -> Any:
    """Make a new world the scene's, sampled by a map of this width, and return it."""
    world = bpy.data.worlds.new(name)
    # Smooth skies need no finer map to be sampled by; Blender's own choice costs 1 to 4 s of every render.
    world.cycles.sampling_method = "MANUAL"
    world.cycles.sample_map_resolution = map_pixels
    bpy.context.scene.world = world
    return world
