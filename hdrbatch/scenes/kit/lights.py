"""Lights of a given power in lumens that are seen as bright as they light: bulbs, panels, tubes, spotlights.

Each is a lamp, which lights and is reflected, and a shape of the same radiance, which only the camera sees.
Both engines can render that; lamps that are visible themselves are known to Cycles alone.
"""

from math import cos, pi, radians

import bpy
import numpy as np
from mathutils import Vector

from hdrbatch.scenes.kit.materials import emitter
from hdrbatch.scenes.kit.photometry import LUMEN, scaled, temperature_color
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import (
    Place,
    ball_profile,
    mesh_data,
    put,
    show_to_camera_only,
    tube,
    turned_mesh,
)

SPOT_BLEND = 0.35
"""Share of a spotlight's cone in which it fades."""
SCATTERED_BY_LENS = 0.02
"""Brightness of a spotlight's lens seen from outside its beam, as a share of that seen from inside."""


def add_bulb(place: Place, radius_m: float, lumens: float, kelvin: float, *, squash: float = 1.0) -> None:
    """Add a round bulb that lights all around and is seen with the radiance that this makes.

    The place is the bulb's lowest point; `squash` flattens what is seen, not what lights.
    """
    color = temperature_color(kelvin)
    peak = max(color)
    lamp = bpy.data.lights.new("Bulb", "POINT")
    lamp.energy = lumens * LUMEN * peak
    lamp.color = scaled(color, 1 / peak)
    lamp.shadow_soft_size = radius_m
    thing = bpy.data.objects.new("Bulb", lamp)
    thing.location = (place.x, place.y, place.z + radius_m * squash)
    bpy.context.scene.collection.objects.link(thing)
    radiance = scaled(color, lumens * LUMEN / (4 * pi**2 * radius_m**2))
    glow = emitter(f"Bulb {lumens:.0f} lm", radiance)
    shape = put(turned_mesh(ball_profile(radius_m, squash, steps=9), 16), place, glow)
    show_to_camera_only(shape)


def add_panel(
    location: tuple[float, float, float],
    aim: tuple[float, float, float],
    size_m: tuple[float, float],
    lumens: float,
    kelvin: float,
) -> None:
    """Add a flat rectangle that lights evenly to its front, and is seen and mirrored as it lights.

    Parameters
    ----------
    location, aim : (3,) tuple of float
        Its middle, and a point that it faces.
    size_m : (2,) tuple of float
        Width and height.
    lumens, kelvin : float
        All of its light, and its colour.
    """
    width, height = size_m
    color = temperature_color(kelvin)
    peak = max(color)
    lamp = bpy.data.lights.new("Panel", "AREA")
    lamp.shape = "RECTANGLE"
    lamp.size, lamp.size_y = width, height
    lamp.energy = lumens * LUMEN * peak
    lamp.color = scaled(color, 1 / peak)
    turn = (Vector(aim) - Vector(location)).to_track_quat("-Z", "Y").to_euler()
    radiance = scaled(color, lumens * LUMEN / (pi * width * height))
    x, y = width / 2, height / 2
    front = mesh_data([(-x, -y, 0), (-x, y, 0), (x, y, 0), (x, -y, 0)], [(0, 1, 2, 3)], name="Panel")
    front.materials.append(emitter(f"Panel {lumens:.0f} lm", radiance))
    for data in (lamp, front):
        thing = bpy.data.objects.new("Panel", data)
        thing.location = location
        thing.rotation_euler = turn
        bpy.context.scene.collection.objects.link(thing)
        if data is front:
            show_to_camera_only(thing)


def add_tube(place: Place, length_m: float, radius_m: float, lumens: float, kelvin: float) -> None:
    """Add a fluorescent tube along the place's x axis, under a white batten that sends its light downwards.

    It is seen with the radiance of a tube that glows evenly all around: 36 W of them have 10,000 cd/m2.
    """
    color = temperature_color(kelvin)
    peak = max(color)
    lamp = bpy.data.lights.new("Tube", "AREA")
    lamp.shape = "RECTANGLE"
    lamp.size, lamp.size_y = length_m, 2 * radius_m
    lamp.energy = lumens * LUMEN * peak
    lamp.color = scaled(color, 1 / peak)
    thing = bpy.data.objects.new("Tube", lamp)
    thing.location = (place.x, place.y, place.z - radius_m)
    thing.rotation_euler = (0.0, 0.0, place.heading)
    bpy.context.scene.collection.objects.link(thing)
    radiance = scaled(color, lumens * LUMEN / (2 * pi**2 * radius_m * length_m))
    glow = emitter(f"Tube {lumens:.0f} lm", radiance)
    half = length_m / 2
    show_to_camera_only(tube(place, [(-half, 0, 0), (half, 0, 0)], radius_m, glow, sides=10))


def add_spot(
    location: tuple[float, float, float],
    aim: tuple[float, float, float],
    seen_from: tuple[float, float, float],
    *,
    beam_deg: float,
    lens_m: float,
    lumens: float,
    color: Color,
) -> None:
    """Add a spotlight with a lens that is seen with the radiance that it sends towards the camera.

    Parameters
    ----------
    location, aim : (3,) tuple of float
        Middle of the lens, and the point in the middle of the beam.
    seen_from : (3,) tuple of float
        Location of the camera: in the beam it looks into all of the light, beside it into what the lens
        scatters.
    beam_deg, lens_m : float
        Full angle of the beam, and the radius of the lens.
    lumens : float
        Light in the beam, after its filter.
    color : (3,) tuple of float
        Of luminance 1: `temperature_color`, or that times a filter and scaled.
    """
    half = radians(beam_deg) / 2
    candela = lumens * LUMEN / (2 * pi * (1 - cos(half)))
    peak = max(color)
    lamp = bpy.data.lights.new("Spot", "SPOT")
    # A spot of this power is as bright as a point of it, within its cone.
    lamp.energy = 4 * pi * candela * peak
    lamp.color = scaled(color, 1 / peak)
    lamp.spot_size = 2 * half
    lamp.spot_blend = SPOT_BLEND
    lamp.shadow_soft_size = lens_m
    axis = Vector(aim) - Vector(location)
    off_axis = axis.angle(Vector(seen_from) - Vector(location))
    share = max(SCATTERED_BY_LENS, float(np.interp(off_axis, (half * (1 - SPOT_BLEND), half), (1.0, 0.0))))
    glow = emitter("Spot lens", scaled(color, share * candela / (pi * lens_m**2)))
    lens = turned_mesh([(lens_m, 0.0), (lens_m * 0.6, -lens_m * 0.15), (0.0, -lens_m * 0.2)], 24)
    lens.materials.append(glow)
    for data in (lamp, lens):
        thing = bpy.data.objects.new("Spot", data)
        thing.location = location
        thing.rotation_euler = axis.to_track_quat("-Z", "Y").to_euler()
        bpy.context.scene.collection.objects.link(thing)
        if data is lens:
            show_to_camera_only(thing)
