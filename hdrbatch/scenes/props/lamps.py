"""Electric lamps of a home: shades, globes, bare bulbs, downlights, strips under cupboards."""

from math import cos, pi, radians
from typing import Any

import bpy
import numpy as np

from hdrbatch.scenes.kit.lights import add_bulb, add_panel
from hdrbatch.scenes.kit.materials import emitter, fabric, pick, plain
from hdrbatch.scenes.kit.photometry import LUMEN, scaled, temperature_color
from hdrbatch.scenes.kit.shader import Color, ShaderGraph
from hdrbatch.scenes.kit.shapes import (
    Place,
    ball_profile,
    put,
    show_to_camera_only,
    smoothed,
    tube,
    turned,
    turned_mesh,
)
from hdrbatch.scenes.props.furniture import Finish

THROUGH_SHADE = 0.22
"""Share of a lamp's light that its shade lets through."""
FEET: tuple[list[tuple[float, float]], ...] = (
    [(0.0, 0.0), (0.20, 0.0), (0.34, 0.22), (0.36, 0.45), (0.20, 0.8), (0.08, 0.96), (0.06, 1.0)],
    [
        (0.0, 0.0),
        (0.32, 0.0),
        (0.32, 0.05),
        (0.06, 0.09),
        (0.05, 0.5),
        (0.09, 0.6),
        (0.05, 0.7),
        (0.045, 1.0),
    ],
    [(0.0, 0.0), (0.22, 0.0), (0.24, 0.04), (0.24, 0.82), (0.2, 0.9), (0.05, 0.93), (0.05, 1.0)],
    [(0.0, 0.0), (0.25, 0.0), (0.10, 0.14), (0.30, 0.45), (0.28, 0.62), (0.07, 0.86), (0.06, 1.0)],
)


def shade_material(radiance: Color, height: float) -> Any:
    """Lit cloth: brightest at the height of its bulb; it glows by itself, so that it is sampled as a light.

    As cloth that light shines through it would light a room by the few paths that hit it.
    """
    material = bpy.data.materials.new("Lit shade")
    graph = ShaderGraph(material)
    level = graph.add("SeparateXYZ", {0: graph.coordinates()}).outputs[2]
    off = graph.math("DIVIDE", graph.math("SUBTRACT", level, height * 0.45), height * 0.5)
    glow = graph.math("SUBTRACT", 1.3, graph.math("MULTIPLY", graph.math("POWER", off, 2.0), 0.8))
    cloth = graph.add("BsdfDiffuse", {"Color": (0.6, 0.55, 0.46)}).outputs[0]
    light = graph.add("Emission", {"Color": radiance, "Strength": glow}).outputs[0]
    graph.surface(graph.add("AddShader", {0: cloth, 1: light}).outputs[0])
    material.cycles.emission_sampling = "FRONT_BACK"
    return material


def shade(
    place: Place, radii: tuple[float, float], height: float, lumens: float, kelvin: float, tint: Color
) -> None:
    """Shade open above and below, of radii at its lower and upper rim, with its bulb; dark with 0 lumens."""
    low, high = radii
    if not lumens:
        turned(place, [(low, 0.0), (high, height)], fabric("Dark shade", tint), segments=40)
        return
    area = pi * (low + high) * height
    color = temperature_color(kelvin)
    through = scaled(color, lumens * LUMEN * THROUGH_SHADE / (pi * area))
    lit = (through[0] * tint[0], through[1] * tint[1], through[2] * tint[2])
    turned(place, [(low, 0.0), (high, height)], shade_material(lit, height), segments=40)
    add_bulb(place.at(0, 0, height * 0.42), 0.03, lumens * (1 - THROUGH_SHADE), kelvin)


def table_lamp(
    place: Place, height: float, finish: Finish, rng: np.random.Generator, *, lumens: float, kelvin: float
) -> None:
    """Lamp with a foot of ceramic, wood or metal and a shade."""
    foot = FEET[int(rng.integers(len(FEET)))]
    tall = height * float(rng.uniform(0.52, 0.62))
    glaze = plain(
        "Lamp foot", pick(rng, ((0.6, 0.57, 0.5), (0.03, 0.1, 0.2), (0.05, 0.2, 0.15))), 0.15, coat=1.0
    )
    body = (finish.metal, finish.upright_wood, glaze)[int(rng.integers(3))]
    outline = smoothed([(r * tall * 0.8, z * tall) for r, z in foot], 3)
    turned(place, outline, body, segments=32)
    low = height * float(rng.uniform(0.26, 0.36))
    radii = (low, low * float(rng.uniform(0.55, 0.95)))
    tint = pick(rng, ((0.95, 0.9, 0.8), (0.95, 0.8, 0.6), (0.9, 0.5, 0.3), (0.5, 0.75, 0.45)), 0.08)
    span = height * 0.45
    turned(place, [(0.006, tall), (0.006, height - span * 0.5)], finish.metal, segments=8)
    shade(place.at(0, 0, height - span), radii, span, lumens, kelvin, tint)


def standing_lamp(
    place: Place, finish: Finish, rng: np.random.Generator, *, lumens: float, kelvin: float
) -> None:
    """Floor lamp: a pole or a tripod with a shade."""
    tall = float(rng.uniform(1.35, 1.65))
    span, low = float(rng.uniform(0.24, 0.36)), float(rng.uniform(0.17, 0.26))
    if rng.random() < 0.6:
        turned(place, [(0.0, 0.025), (0.14, 0.02), (0.15, 0.0)], finish.metal)
        turned(
            place,
            [(0.0, tall - span * 0.6), (0.011, tall - span * 0.6), (0.011, 0.0)],
            finish.metal,
            segments=12,
        )
    else:
        for i in range(3):
            leg = place.at(0, 0, turn=i * 2 * pi / 3)
            tube(leg, [(0.0, 0.02, tall - span * 0.8), (0.0, 0.3, 0.0)], 0.014, finish.upright_wood)
        turned(
            place.at(0, 0, tall - span * 0.85),
            [(0.0, 0.0), (0.03, 0.0), (0.03, 0.1), (0.0, 0.1)],
            finish.metal,
        )
    tint = pick(rng, ((0.95, 0.9, 0.8), (0.95, 0.8, 0.6), (0.85, 0.6, 0.4)), 0.08)
    shade(place.at(0, 0, tall - span), (low, low * float(rng.uniform(0.6, 1.0))), span, lumens, kelvin, tint)


def _bulb(place: Place, radius: float, lumens: float, kelvin: float) -> None:
    """Bulb of opal glass; with 0 lumens it is off."""
    if lumens:
        add_bulb(place, radius, lumens, kelvin)
    else:
        turned(place, ball_profile(radius), plain("Opal glass", (0.7, 0.69, 0.66), 0.1), segments=32)


def globe(place: Place, drop: float, radius: float, finish: Finish, *, lumens: float, kelvin: float) -> None:
    """Globe of opal glass that hangs from a place in the ceiling."""
    turned(place.at(0, 0, -drop), [(0.004, 0.0), (0.004, drop)], finish.dark, segments=6)
    cap = [(radius * 0.4, 0.0), (radius * 0.38, 0.03), (0.0, 0.04)]
    turned(place.at(0, 0, -drop), cap, finish.metal, segments=20)
    _bulb(place.at(0, 0, -drop - 2 * radius + 0.01), radius, lumens, kelvin)


def bare_bulb(place: Place, drop: float, finish: Finish, *, lumens: float, kelvin: float) -> None:
    """Bulb without a shade on a cord from a place in the ceiling."""
    turned(place.at(0, 0, -drop), [(0.004, 0.0), (0.004, drop)], finish.dark, segments=6)
    turned(
        place.at(0, 0, -drop - 0.03),
        [(0.0, 0.0), (0.02, 0.0), (0.02, 0.07), (0.0, 0.08)],
        finish.metal,
        segments=16,
    )
    _bulb(place.at(0, 0, -drop - 0.11), 0.04, lumens, kelvin)


def dome(place: Place, drop: float, radius: float, body: Any, *, lumens: float, kelvin: float) -> None:
    """Enamelled dome that hangs from a place in the ceiling, open below, its bulb level with the rim."""
    cord = plain("Cord", (0.01, 0.01, 0.01), 0.6)
    turned(place.at(0, 0, -drop), [(0.004, 0.0), (0.004, drop)], cord, segments=6)
    outline = [(1.0, 0.0), (0.97, 0.12), (0.78, 0.42), (0.45, 0.62), (0.16, 0.70), (0.14, 0.9), (0.0, 0.92)]
    tall = radius * 0.92
    bell = smoothed([(r * radius, z * radius) for r, z in outline], 3)
    turned(place.at(0, 0, -drop - tall), bell, body, segments=40)
    white = plain("Enamel", (0.75, 0.74, 0.72), 0.3)
    inner = [(max(0.0, r - 0.006), z - 0.006) for r, z in bell]
    turned(place.at(0, 0, -drop - tall), inner, white, segments=40)
    _bulb(place.at(0, 0, -drop - tall - 0.02), 0.045, lumens, kelvin)


def downlight(place: Place, lumens: float, kelvin: float, beam_deg: float) -> None:
    """Small spotlight sunk into the ceiling at a place, seen as bright as its beam is."""
    half = radians(beam_deg) / 2
    color = temperature_color(kelvin)
    peak = max(color)
    candela = lumens * LUMEN / (2 * pi * (1 - cos(half)))
    lamp = bpy.data.lights.new("Downlight", "SPOT")
    # A spot of this power is as bright as a point of it, within its cone.
    lamp.energy = 4 * pi * candela * peak
    lamp.color = scaled(color, 1 / peak)
    lamp.spot_size = 2 * half
    lamp.spot_blend = 0.6
    lamp.shadow_soft_size = 0.03
    thing = bpy.data.objects.new("Downlight", lamp)
    thing.location = (place.x, place.y, place.z - 0.03)
    bpy.context.scene.collection.objects.link(thing)
    steel = plain("Downlight ring", (0.7, 0.7, 0.7), 0.3, metallic=1.0)
    turned(
        place.at(0, 0, -0.006), [(0.035, 0.006), (0.04, 0.0), (0.05, 0.0), (0.052, 0.006)], steel, segments=24
    )
    # Off its axis a reflector shows a share of that; the mean over the faces that a room sees.
    glow = emitter("Downlight lens", scaled(color, 0.2 * candela / (pi * 0.035**2)))
    lens = put(turned_mesh([(0.035, -0.005), (0.02, -0.009), (0.0, -0.01)], 24), place, glow)
    show_to_camera_only(lens)


def strip(place: Place, length: float, lumens: float, kelvin: float) -> None:
    """Strip of light along x that shines downwards, its middle at the place."""
    start = (place.x, place.y, place.z)
    # Turned by the wall that it hangs on: seen from above a strip along y has width and height exchanged.
    across = abs(cos(place.heading)) > 0.7
    size = (length, 0.02) if across else (0.02, length)
    add_panel(start, (place.x, place.y, place.z - 1.0), size, lumens, kelvin)
