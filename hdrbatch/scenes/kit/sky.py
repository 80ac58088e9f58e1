"""The sky by day and by night, the sun that belongs to it, and portals that the sky's light comes in by.

References
----------
Nishita et al. 1993, Display of the Earth Taking into Account Atmospheric Scattering (Blender's sky).
"""

from math import cos, pi, radians, sin, tan
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from hdrbatch.scenes.kit.materials import emitter
from hdrbatch.scenes.kit.photometry import CD_M2, scaled, temperature_color
from hdrbatch.scenes.kit.shader import Color, ShaderGraph
from hdrbatch.scenes.kit.shapes import Place, mesh_data, put, show_to_camera_only
from hdrbatch.scenes.kit.world import new_world

SUN_DIAMETER_DEG = 0.545
"""Blender's, which the table below was measured with."""
SUN_DISTANCE_M = 3000.0
SCATTERED_DOWN = 0.6
"""Share of the light lost in haze that still reaches the ground, from the whole sky."""
_SUN_ELEVATIONS_DEG = (0.5, 1, 2, 4, 7, 10, 15, 20, 30, 45, 60, 90)
_SUN_IRRADIANCES = np.array(
    [
        (6.854, 1.532, 0.0),
        (13.576, 3.622, 0.0),
        (29.799, 10.383, 0.057),
        (59.403, 28.266, 4.254),
        (88.286, 52.365, 16.727),
        (105.285, 69.566, 30.215),
        (121.365, 87.803, 48.724),
        (130.417, 98.861, 62.101),
        (140.066, 111.226, 79.036),
        (146.592, 119.902, 92.191),
        (149.588, 123.962, 98.715),
        (151.405, 126.448, 102.826),
    ]
)
"""RGB irradiance across the beam of the disc in Blender 4.5's Nishita sky (air, dust and ozone 1), rendered
and summed at each elevation: the sun that belongs to the sky."""


def sun_irradiance(elevation_deg: float) -> Color:
    """RGB irradiance of the sun on a surface across its beam, at an elevation between 0.5 and 90 degrees."""
    channels = [np.interp(elevation_deg, _SUN_ELEVATIONS_DEG, channel) for channel in _SUN_IRRADIANCES.T]
    return float(channels[0]), float(channels[1]), float(channels[2])


def sun_direction(elevation_deg: float, azimuth_deg: float) -> Any:
    """Unit vector to the sun; the azimuth is counted from +y towards +x."""
    elevation, azimuth = radians(elevation_deg), radians(azimuth_deg)
    return Vector((sin(azimuth) * cos(elevation), cos(azimuth) * cos(elevation), sin(elevation)))


def add_sky(elevation_deg: float, azimuth_deg: float, cloudiness: float = 0.0, haze: float = 0.0) -> None:
    """Make a daylight sky without its sun the world.

    Parameters
    ----------
    elevation_deg, azimuth_deg : float
        Where the sun is.
    cloudiness : float
        0 is clear; 1 covers most of the sky. The sun's surroundings stay clear.
    haze : float
        Share of the sun's beam that a veil takes; the sky gets back what the veil scatters downwards.
    """
    graph = ShaderGraph(new_world("Sky"))
    sky = graph.add(
        "TexSky",
        sky_type="NISHITA",
        sun_disc=False,
        sun_elevation=radians(elevation_deg),
        sun_rotation=radians(azimuth_deg),
    ).outputs[0]
    if haze:
        lost = scaled(sun_irradiance(elevation_deg), haze * sin(radians(elevation_deg)))
        sky = graph.vector_math("ADD", sky, scaled(lost, SCATTERED_DOWN / pi))
    graph.background(_with_clouds(graph, sky, elevation_deg, azimuth_deg, cloudiness) if cloudiness else sky)


def _with_clouds(graph: ShaderGraph, sky: Any, elevation_deg: float, azimuth_deg: float, cover: float) -> Any:
    """Clouds on a plane overhead: lit by the sun, brighter towards it, gone at the horizon."""
    direction = graph.coordinates("Generated")
    height = graph.math("MAXIMUM", graph.add("SeparateXYZ", {0: direction}).outputs[2], 0.0)
    spread = graph.math("DIVIDE", 1.0, graph.math("ADD", height, 0.12))
    plane = graph.add("VectorMath", {0: direction, "Scale": spread}, operation="SCALE").outputs[0]
    stretched = graph.vector_math("MULTIPLY", plane, (0.6, 1.0, 0.0))
    shape = graph.noise(stretched, 1.3, detail=5.0, roughness=0.6)
    amount = graph.rescale(shape, (0.66 - 0.22 * cover, 0.80 - 0.22 * cover), (0.0, 0.9))
    toward = graph.vector_math("DOT_PRODUCT", direction, tuple(sun_direction(elevation_deg, azimuth_deg)))
    amount = graph.math("MULTIPLY", amount, graph.rescale(height, (0.02, 0.18), (0.0, 1.0)))
    amount = graph.math("MULTIPLY", amount, graph.rescale(toward, (0.990, 0.999), (1.0, 0.0)))
    sun = sun_irradiance(max(elevation_deg, 0.5))
    # A cloud scatters forward: about 15 % of the sun's irradiance comes back from it sideways, several times
    # that near the sun.
    glow = graph.math("POWER", graph.math("MAXIMUM", toward, 0.0), 12.0)
    brightness = graph.math("MULTIPLY_ADD", glow, 0.18)
    brightness.node.inputs[2].default_value = 0.05
    grey = scaled((1.0, 1.0, 1.0), 1.5)
    lit = graph.add("VectorMath", {0: scaled(sun, 1.0), "Scale": brightness}, operation="SCALE").outputs[0]
    return graph.mix(amount, sky, graph.vector_math("ADD", lit, grey))


def add_sun(
    elevation_deg: float,
    azimuth_deg: float,
    seen_from: tuple[float, float, float] | None,
    haze: float = 0.0,
) -> None:
    """Add the sun that belongs to the sky of the same elevation and haze.

    Parameters
    ----------
    elevation_deg, azimuth_deg : float
        Where the sun is.
    seen_from : (3,) tuple of float or None
        Location of the camera, to show it a disc of the sun's size and radiance; None shows none.
    haze : float
        Share of the beam that a veil takes.
    """
    irradiance = scaled(sun_irradiance(elevation_deg), 1 - haze)
    strength = max(irradiance)
    lamp = bpy.data.lights.new("Sun", "SUN")
    lamp.energy = strength
    lamp.color = scaled(irradiance, 1 / strength)
    lamp.angle = radians(SUN_DIAMETER_DEG)
    thing = bpy.data.objects.new("Sun", lamp)
    direction = sun_direction(elevation_deg, azimuth_deg)
    turn = direction.to_track_quat("Z", "Y")
    thing.rotation_euler = turn.to_euler()
    bpy.context.scene.collection.objects.link(thing)
    if seen_from is None:
        return
    half = radians(SUN_DIAMETER_DEG) / 2
    radiance = scaled(irradiance, 1 / (pi * sin(half) ** 2))
    angles = np.linspace(0, 2 * pi, 64, endpoint=False)
    rim = np.stack([np.cos(angles), np.sin(angles), np.zeros(64)], -1) * SUN_DISTANCE_M * tan(half)
    disc = put(
        mesh_data(rim, np.arange(64)[None], name="Sun disc"), Place(0, 0), emitter("Sun disc", radiance)
    )
    disc.location = Vector(seen_from) + direction * SUN_DISTANCE_M
    disc.rotation_euler = turn.to_euler()
    show_to_camera_only(disc)


def add_night_sky(zenith_cd_m2: float, horizon: Color) -> None:
    """Make a faint night sky the world: nothing under it is exactly zero.

    Parameters
    ----------
    zenith_cd_m2 : float
        Luminance overhead: 0.0002 is the countryside, 0.01 a city.
    horizon : (3,) tuple of float
        Radiance of the glow at the horizon.
    """
    graph = ShaderGraph(new_world("Night sky"))
    height = graph.add("SeparateXYZ", {0: graph.coordinates("Generated")}).outputs[2]
    zenith = scaled(temperature_color(9000.0), zenith_cd_m2 * CD_M2)
    haze = graph.math("POWER", graph.math("SUBTRACT", 1.0, graph.math("ABSOLUTE", height)), 6.0)
    graph.background(graph.mix(haze, zenith, horizon))


def add_portal(place: Place, width: float, height: float, toward: tuple[float, float, float]) -> None:
    """Tell the sampler that the sky comes in here; a portal emits no light itself."""
    lamp = bpy.data.lights.new("Portal", "AREA")
    lamp.shape = "RECTANGLE"
    lamp.size = width
    lamp.size_y = height
    lamp.cycles.is_portal = True
    thing = bpy.data.objects.new("Portal", lamp)
    thing.location = (place.x, place.y, place.z)
    thing.rotation_euler = Vector(toward).to_track_quat("-Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(thing)
