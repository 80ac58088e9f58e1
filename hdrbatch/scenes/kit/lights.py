"""Light sources in photometric units: sun and sky, lamps with visible bulbs, the sky of a night.

One unit of radiance is one photopic watt per steradian and square metre, that is 683 cd/m2, so luminances of
scenes are those of the world. What is seen and what lights agree: a sun or a bulb is a lamp, which lights
and is reflected, and a shape of the same radiance, which only the camera sees. Both engines can render that,
where Cycles alone knows lamps that are visible or a sky that holds its sun.

References
----------
Nishita et al. 1993, Display of the Earth Taking into Account Atmospheric Scattering (Blender's sky).
Kim et al. 2002, Design of Advanced Color Temperature Control System for HDTV Applications (Planckian locus).
"""

from math import cos, pi, radians, sin, tan
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from hdrbatch.scenes.kit.materials import emitter
from hdrbatch.scenes.kit.shader import Color, ShaderGraph
from hdrbatch.scenes.kit.shapes import Place, ball_profile, mesh_data, put, tube, turned_mesh

CD_M2 = 1 / 683
"""Radiance of one candela per square metre."""
LUMEN = 1 / 683
"""Power of one lumen."""
SUN_DIAMETER_DEG = 0.545
"""Blender's, which the table below was measured with."""
SUN_DISTANCE_M = 3000.0
SKY_MAP_PIXELS = 256
"""Width of the map by which skies are sampled."""
MAX_MAP_PIXELS = 4096
"""Widest map by which a captured panorama is sampled."""
SCATTERED_DOWN = 0.6
"""Share of the light lost in haze that still reaches the ground, from the whole sky."""
SPOT_BLEND = 0.35
"""Share of a spotlight's cone in which it fades."""
SCATTERED_BY_LENS = 0.02
"""What is seen of a spotlight's lens from beside its beam, as a share of what is seen in it."""

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


def luminance_of(color: Color) -> float:
    """Rec.709 luminance."""
    return 0.2126 * color[0] + 0.7152 * color[1] + 0.0722 * color[2]


def sun_irradiance(elevation_deg: float) -> Color:
    """RGB irradiance of the sun on a surface across its beam, at an elevation between 0.5 and 90 degrees."""
    channels = [np.interp(elevation_deg, _SUN_ELEVATIONS_DEG, channel) for channel in _SUN_IRRADIANCES.T]
    return float(channels[0]), float(channels[1]), float(channels[2])


def sun_direction(elevation_deg: float, azimuth_deg: float) -> Any:
    """Unit vector to the sun; the azimuth is counted from +y towards +x."""
    elevation, azimuth = radians(elevation_deg), radians(azimuth_deg)
    return Vector((sin(azimuth) * cos(elevation), cos(azimuth) * cos(elevation), sin(elevation)))


def temperature_color(kelvin: float) -> Color:
    """Colour of a black body between 1667 and 25000 K, of luminance 1.

    Examples
    --------
    >>> red, green, blue = temperature_color(2700.0)
    >>> red > green > blue
    True
    """
    t = 1000.0 / kelvin
    if kelvin < 4000:
        x = -0.2661239 * t**3 - 0.2343589 * t**2 + 0.8776956 * t + 0.179910
    else:
        x = -3.0258469 * t**3 + 2.1070379 * t**2 + 0.2226347 * t + 0.240390
    if kelvin < 2222:
        y = -1.1063814 * x**3 - 1.34811020 * x**2 + 2.18555832 * x - 0.20219683
    elif kelvin < 4000:
        y = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    else:
        y = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    big_x, big_z = x / y, (1 - x - y) / y
    rgb = (
        max(0.0, 3.2404542 * big_x - 1.5371385 - 0.4985314 * big_z),
        max(0.0, -0.9692660 * big_x + 1.8760108 + 0.0415560 * big_z),
        max(0.0, 0.0556434 * big_x - 0.2040259 + 1.0572252 * big_z),
    )
    luminance = luminance_of(rgb)
    return rgb[0] / luminance, rgb[1] / luminance, rgb[2] / luminance


def scaled(color: Color, factor: float) -> Color:
    """Colour times a factor."""
    return color[0] * factor, color[1] * factor, color[2] * factor


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
    graph = ShaderGraph(_new_world("Sky"))
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


def _new_world(name: str) -> Any:
    world = bpy.data.worlds.new(name)
    # Smooth skies need no finer map to be sampled by; Blender's own choice costs 1 to 4 s of every render.
    world.cycles.sampling_method = "MANUAL"
    world.cycles.sample_map_resolution = SKY_MAP_PIXELS
    bpy.context.scene.world = world
    return world


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


def add_night_sky(zenith_cd_m2: float, horizon: Color) -> None:
    """Make a faint night sky the world: nothing under it is exactly zero.

    Parameters
    ----------
    zenith_cd_m2 : float
        Luminance overhead: 0.0002 is the countryside, 0.01 a city.
    horizon : (3,) tuple of float
        Radiance of the glow at the horizon.
    """
    graph = ShaderGraph(_new_world("Night sky"))
    height = graph.add("SeparateXYZ", {0: graph.coordinates("Generated")}).outputs[2]
    zenith = scaled(temperature_color(9000.0), zenith_cd_m2 * CD_M2)
    haze = graph.math("POWER", graph.math("SUBTRACT", 1.0, graph.math("ABSOLUTE", height)), 6.0)
    graph.background(graph.mix(haze, zenith, horizon))


def add_portal(place: Place, width: float, height: float, toward: tuple[float, float, float]) -> None:
    """Tell the sampler that the sky comes in here; a portal is no light of its own."""
    lamp = bpy.data.lights.new("Portal", "AREA")
    lamp.shape = "RECTANGLE"
    lamp.size = width
    lamp.size_y = height
    lamp.cycles.is_portal = True
    thing = bpy.data.objects.new("Portal", lamp)
    thing.location = (place.x, place.y, place.z)
    thing.rotation_euler = Vector(toward).to_track_quat("-Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(thing)


def show_to_camera_only(thing: Any) -> None:
    """Hide a shape from all light paths; a lamp in its place makes them."""
    thing.visible_diffuse = False
    thing.visible_glossy = False
    thing.visible_transmission = False
    thing.visible_volume_scatter = False
    thing.visible_shadow = False


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


def add_panorama(path: Path, rotation_deg: float, scale: float = 1.0) -> None:
    """Make a captured panorama the world: what it shows, it lights.

    Parameters
    ----------
    path : pathlib.Path
        Equirectangular picture of radiance, an EXR or .hdr; its middle is seen towards +x.
    rotation_deg : float
        Turns it about the vertical, counter-clockwise as seen from above.
    scale : float
        Factor on the picture's values; 1 takes them for radiance.
    """
    world = _new_world("Panorama")
    image = bpy.data.images.load(str(path), check_existing=True)
    # A map coarser than the picture would look for its sun, a pixel or two, in a whole patch of sky.
    world.cycles.sample_map_resolution = min(max(image.size[0], SKY_MAP_PIXELS), MAX_MAP_PIXELS)
    graph = ShaderGraph(world)
    turned = graph.add(
        "VectorRotate",
        {"Vector": graph.coordinates("Generated"), "Angle": radians(-rotation_deg)},
        rotation_type="Z_AXIS",
    ).outputs[0]
    texture = graph.add("TexEnvironment", {"Vector": turned}, image=image)
    graph.background(texture.outputs[0], scale)


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
