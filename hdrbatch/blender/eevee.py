"""All EEVEE settings: Blender's raster engine, made to agree with Cycles as far as possible.

EEVEE takes light from lamps, from the world, and from rays on the screen. Surfaces outside the screen
contribute light only through probes: without them the sky shines into rooms as if there were no walls (a
furnished room was 4.4 times too bright in the mean). So a scene that is closed around its camera gets a
volume of probes. Their spacing matters: 0.8 m left a factor of 2.2, 0.4 m and less one of about 1.

EEVEE's values are half floats, which end at 65504: the sun's disc is clipped there.
"""

from math import cos, pi, sin
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

PROBE_SPACING_M = 0.35
MAX_PROBES_PER_SIDE = 64
PROBE_SAMPLES = 256
SURFELS_PER_M = 12
CLOSED_SHARE = 0.93
"""Minimum share of directions around the camera with something near, for a scene to count as a room."""
FAR_M = 40.0
MARGIN_M = 0.3
MOTION_STEPS = 8
FILTER_SIZE = 1.5
"""Width of the pixel filter in pixels: Blender's default, stated because the pixels depend on it."""
MAX_BLUR_PX = 4096
_PROBES = "hdrbatch probes"


def configure(scene: Any, samples: int) -> None:
    """Set a scene up for EEVEE, with probes if it is a room.

    Parameters
    ----------
    scene : bpy.types.Scene
        The scene, changed in place.
    samples : int
        Samples per pixel.
    """
    eevee = scene.eevee
    eevee.taa_render_samples = samples
    scene.render.filter_size = FILTER_SIZE
    eevee.clamp_surface_direct = 0.0
    eevee.clamp_surface_indirect = 0.0
    eevee.light_threshold = 1e-6
    eevee.use_shadows = True
    eevee.shadow_ray_count = 2
    eevee.use_raytracing = True
    eevee.ray_tracing_method = "SCREEN"
    eevee.use_fast_gi = True
    eevee.use_overscan = True
    eevee.overscan_size = 10.0
    eevee.motion_blur_steps = MOTION_STEPS
    eevee.motion_blur_max = MAX_BLUR_PX
    eevee.gi_irradiance_pool_size = "128"
    if scene.world is not None:
        # The sun is a lamp in our scenes; extracted from the world it would appear twice.
        scene.world.sun_threshold = 0.0
    _hide_portals(scene)
    if _PROBES not in bpy.data.objects:
        box = room_around_camera(scene)
        if box is not None:
            _add_probes(scene, *box)


def room_around_camera(scene: Any) -> tuple[Any, Any] | None:
    """Return the corners of the box around the camera, or None if the scene is open to the sky.

    Returns
    -------
    tuple of (3,) float64 arrays, or None
        Lowest and highest corner in metres.
    """
    origin = scene.camera.matrix_world.translation
    graph = bpy.context.evaluated_depsgraph_get()
    hits, directions = [], _all_around(192)
    for direction in directions:
        hit, point, *_ = scene.ray_cast(graph, origin, Vector(direction), distance=FAR_M)
        if hit:
            hits.append(tuple(point))
    if len(hits) < CLOSED_SHARE * len(directions):
        return None
    points = np.array(hits)
    # A few rays leave through windows: what they hit does not belong to the room.
    return np.percentile(points, 2, axis=0) - MARGIN_M, np.percentile(points, 98, axis=0) + MARGIN_M


def _all_around(number: int) -> list[tuple[float, float, float]]:
    """Return evenly spread directions: a Fibonacci lattice on the sphere."""
    directions = []
    for index in range(number):
        z = 1 - (2 * index + 1) / number
        radius, angle = (1 - z * z) ** 0.5, index * pi * (3 - 5**0.5)
        directions.append((radius * cos(angle), radius * sin(angle), z))
    return directions


def _hide_portals(scene: Any) -> None:
    """Hide portals, which are a hint to Cycles but would be lamps to EEVEE."""
    for thing in scene.objects:
        if thing.type == "LIGHT" and thing.data.cycles.is_portal:
            thing.hide_render = True


def _add_probes(scene: Any, low: Any, high: Any) -> None:
    """Fill a box with probes and bake their light."""
    data = bpy.data.lightprobes.new(_PROBES, "VOLUME")
    size = high - low
    counts = np.clip(np.ceil(size / PROBE_SPACING_M), 4, MAX_PROBES_PER_SIDE).astype(int)
    data.resolution_x, data.resolution_y, data.resolution_z = (int(count) for count in counts)
    data.bake_samples = PROBE_SAMPLES
    data.surfel_density = SURFELS_PER_M
    data.capture_distance = float(max(size.max(), 10.0))
    data.capture_world = data.capture_emission = data.capture_indirect = True
    probes = bpy.data.objects.new(_PROBES, data)
    probes.location = (low + high) / 2
    probes.scale = size / 2
    scene.collection.objects.link(probes)
    bpy.context.view_layer.update()
    bpy.context.view_layer.objects.active = probes
    bpy.ops.object.lightprobe_cache_bake(subset="ALL")
