"""Things of glass: bottles, drinking glasses, decanters and jars, empty or with something in them.

Glass here is thin: one surface that lets light straight through and mirrors some, so that it needs no
caustics. What refracts is what is thick, a liquid or a solid ball or foot; light that goes on to other
surfaces passes it straight, tinted.
"""

from typing import Any

import bpy
import numpy as np

from hdrbatch.scenes.kit.materials import pick, plain, tinted
from hdrbatch.scenes.kit.shader import Color, ShaderGraph
from hdrbatch.scenes.kit.shapes import Place, ball_profile, smoothed, turned

Profile = list[tuple[float, float]]

GLASS_TINTS: tuple[Color, ...] = (
    (0.93, 0.95, 0.94),
    (0.93, 0.95, 0.94),
    (0.22, 0.42, 0.10),
    (0.50, 0.22, 0.035),
    (0.10, 0.22, 0.60),
    (0.35, 0.62, 0.55),
    (0.72, 0.45, 0.50),
)
LIQUIDS: tuple[Color, ...] = (
    (0.95, 0.97, 0.97),
    (0.90, 0.52, 0.08),
    (0.35, 0.015, 0.03),
    (0.92, 0.82, 0.40),
    (0.55, 0.22, 0.04),
    (0.25, 0.60, 0.75),
)
# Radius and height as shares of the height.
BOTTLES: tuple[Profile, ...] = (
    [(0.0, 0.02), (0.118, 0.0), (0.125, 0.02), (0.126, 0.45), (0.122, 0.56), (0.065, 0.71), (0.046, 0.80),
     (0.045, 1.0)],
    [(0.0, 0.02), (0.118, 0.0), (0.127, 0.02), (0.127, 0.60), (0.122, 0.64), (0.058, 0.72), (0.048, 0.78),
     (0.047, 1.0)],
    [(0.0, 0.01), (0.235, 0.0), (0.25, 0.02), (0.25, 0.52), (0.23, 0.60), (0.09, 0.70), (0.08, 0.74),
     (0.085, 1.0)],
    [(0.0, 0.01), (0.28, 0.0), (0.30, 0.03), (0.27, 0.20), (0.13, 0.48), (0.07, 0.66), (0.065, 0.86),
     (0.09, 1.0)],
    [(0.0, 0.01), (0.10, 0.0), (0.24, 0.10), (0.29, 0.25), (0.24, 0.42), (0.09, 0.56), (0.06, 0.70),
     (0.075, 1.0)],
    [(0.0, 0.02), (0.19, 0.0), (0.20, 0.02), (0.205, 0.66), (0.19, 0.72), (0.13, 0.80), (0.13, 0.84),
     (0.14, 1.0)],
)  # fmt: skip
BOWLS: tuple[Profile, ...] = (
    [(0.006, 0.42), (0.10, 0.47), (0.20, 0.60), (0.205, 0.74), (0.155, 1.0)],
    [(0.006, 0.45), (0.06, 0.47), (0.115, 0.58), (0.125, 0.75), (0.10, 1.0)],
    [(0.006, 0.50), (0.12, 0.56), (0.26, 0.72), (0.33, 0.98), (0.335, 1.0)],
    [(0.006, 0.55), (0.05, 0.56), (0.075, 0.68), (0.085, 0.85), (0.08, 1.0)],
)
TUMBLERS: tuple[Profile, ...] = (
    [(0.36, 0.0), (0.38, 0.03), (0.40, 1.0)],
    [(0.22, 0.0), (0.24, 0.03), (0.30, 1.0)],
    [(0.27, 0.0), (0.30, 0.05), (0.36, 0.45), (0.33, 1.0)],
)


def thin_glass(name: str, tint: Color) -> Any:
    """Wall of blown glass as one surface: edge on, deeper in colour and brighter as a mirror."""
    material, graph = _new(name)
    edge = graph.add("LayerWeight", {0: 0.5}).outputs["Facing"]
    deep = (tint[0] ** 3 * 0.6, tint[1] ** 3 * 0.6, tint[2] ** 3 * 0.6)
    color = graph.mix(graph.math("POWER", edge, 4.0), tint, deep)
    clear = graph.add("BsdfTransparent", {"Color": color}).outputs[0]
    mirror = graph.add("BsdfGlossy", {"Color": (1.0, 1.0, 1.0), "Roughness": 0.0}).outputs[0]
    # Both faces of the wall mirror: Schlick's 4 % twice. The Fresnel node would take the far side for water.
    share = graph.math("MULTIPLY_ADD", graph.math("POWER", edge, 5.0), 0.92)
    share.node.inputs[2].default_value = 0.08
    graph.surface(graph.add("MixShader", {0: share, 1: clear, 2: mirror}).outputs[0])
    return material


def refractive(name: str, color: Color, ior: float) -> Any:
    """Clear body that bends what is seen through it; shadows and bounced light pass it straight."""
    material, graph = _new(name)
    inputs = {"Color": color, "Roughness": 0.0, "IOR": ior}
    bent = graph.add("BsdfGlass", inputs).outputs[0]
    straight = graph.add("BsdfTransparent", {"Color": color}).outputs[0]
    path = graph.add("LightPath").outputs
    onward = graph.math("MAXIMUM", path["Is Shadow Ray"], path["Is Diffuse Ray"])
    graph.surface(graph.add("MixShader", {0: onward, 1: bent, 2: straight}).outputs[0])
    material.use_raytrace_refraction = True
    return material


def _new(name: str) -> tuple[Any, ShaderGraph]:
    material = bpy.data.materials.new(name)
    return material, ShaderGraph(material)


def bottle(place: Place, height: float, rng: np.random.Generator) -> None:
    """Bottle or decanter, clear or coloured, perhaps with a drink, a label, a cork."""
    shape = BOTTLES[int(rng.integers(len(BOTTLES)))]
    outline = _sized(smoothed(shape), height)
    tint = pick(rng, GLASS_TINTS, 0.1)
    turned(place, outline, thin_glass("Bottle", tint), segments=40)
    rim = [(r * height, z * height) for r, z in ((shape[-1][0] * 1.15, 0.955), (shape[-1][0] * 1.15, 0.985))]
    turned(place, rim, thin_glass("Bottle rim", tint), segments=32)
    if rng.random() < 0.7:
        fill(place, outline, height * float(rng.uniform(0.25, 0.62)), pick(rng, LIQUIDS, 0.05))
    if rng.random() < 0.4:
        paper = plain("Label", pick(rng, ((0.72, 0.68, 0.58), (0.05, 0.05, 0.05), (0.45, 0.06, 0.05))), 0.8)
        band = [(r * 1.006, z) for r, z in outline if 0.14 * height < z < 0.42 * height]
        turned(place, band, paper, segments=40)
    if rng.random() < 0.6:
        cork = plain("Cork", pick(rng, ((0.38, 0.24, 0.13), (0.03, 0.03, 0.03), (0.55, 0.45, 0.2))), 0.7)
        neck = shape[-1][0] * height * 0.9
        stopper = [(0.0, 0.0), (neck, 0.0), (neck, 0.05 * height), (0.0, 0.05 * height)]
        turned(place.at(0, 0, height * 0.98), stopper, cork, segments=20)


def stemware(place: Place, height: float, rng: np.random.Generator) -> None:
    """Wine, champagne, martini or liqueur glass, often with a drink."""
    bowl = _sized(smoothed(BOWLS[int(rng.integers(len(BOWLS)))], 6), height)
    clear = pick(rng, ((0.95, 0.96, 0.96), (0.95, 0.96, 0.96), (0.75, 0.82, 0.85)), 0.03)
    turned(place, bowl, thin_glass("Stemware", clear), segments=48)
    foot = [
        (0.0, 0.0),
        (0.17, 0.0),
        (0.172, 0.008),
        (0.10, 0.018),
        (0.03, 0.035),
        (0.016, 0.07),
        (0.014, 0.30),
    ]
    stem = [*foot, (0.018, bowl[0][1] / height), (0.0, bowl[0][1] / height + 0.01)]
    turned(place, _sized(stem, height), refractive("Stem", (0.97, 0.98, 0.98), 1.5), segments=32)
    if rng.random() < 0.75:
        level = bowl[0][1] + (height - bowl[0][1]) * float(rng.uniform(0.35, 0.7))
        fill(place, bowl, level, pick(rng, LIQUIDS, 0.05))


def tumbler(place: Place, height: float, rng: np.random.Generator) -> None:
    """Water or whisky glass with a heavy base."""
    wall = _sized(TUMBLERS[int(rng.integers(len(TUMBLERS)))], height)
    tint = pick(rng, ((0.95, 0.96, 0.96), (0.95, 0.96, 0.96), *GLASS_TINTS), 0.05)
    turned(place, wall, thin_glass("Tumbler", tint), segments=48)
    radius = wall[0][0]
    base = [(0.0, 0.001), (radius * 0.97, 0.001), (radius * 0.99, 0.10 * height), (0.0, 0.09 * height)]
    turned(place, base, refractive("Tumbler base", (0.96, 0.98, 0.97), 1.5), segments=48)
    if rng.random() < 0.7:
        level = height * float(rng.uniform(0.3, 0.85))
        fill(place, wall, level, pick(rng, LIQUIDS, 0.05), bottom=0.11 * height)


def jar(place: Place, height: float, rng: np.random.Generator) -> None:
    """Preserving jar with a lid of metal and something grainy, or nothing, in it."""
    radius = height * float(rng.uniform(0.26, 0.36))
    wall = [(0.0, 0.0), (radius * 0.94, 0.0), (radius, 0.03 * height), (radius, 0.78 * height)]
    wall += [(radius * 0.93, 0.86 * height), (radius * 0.82, 0.90 * height), (radius * 0.82, 0.95 * height)]
    turned(place, wall, thin_glass("Jar", (0.92, 0.95, 0.94)), segments=40)
    metal = plain(
        "Lid", pick(rng, ((0.8, 0.6, 0.3), (0.75, 0.75, 0.77), (0.35, 0.04, 0.04))), 0.25, metallic=0.9
    )
    lid = [(0.0, 0.90), (0.87, 0.90), (0.88, 0.92), (0.88, 0.985), (0.85, 1.0), (0.0, 1.0)]
    turned(place, [(r * radius, z * height) for r, z in lid], metal, segments=40)
    if rng.random() < 0.75:
        level = float(rng.uniform(0.3, 0.75)) * height
        grain = plain(
            "Preserves", pick(rng, ((0.45, 0.03, 0.02), (0.5, 0.33, 0.12), (0.05, 0.03, 0.02))), 0.5
        )
        inner = [(0.0, 0.004), (radius * 0.92, 0.004), (radius * 0.97, 0.03 * height), (radius * 0.97, level)]
        turned(place, [*inner, (0.0, level)], grain, segments=32)


def glass_ball(place: Place, radius: float, rng: np.random.Generator) -> None:
    """Solid ball that shows the world upside down."""
    clear = refractive("Glass ball", tinted(rng, (0.93, 0.96, 0.96), 0.06), 1.5)
    turned(place, ball_profile(radius, steps=28), clear, segments=48)


def lamp_bulb(place: Place, height: float, rng: np.random.Generator) -> None:
    """Bulb of clear or smoky glass, unlit, that stands on its cap of brass."""
    envelope = [(0.12, 0.30), (0.16, 0.42), (0.30, 0.62), (0.33, 0.78), (0.24, 0.93), (0.0, 1.0)]
    turned(
        place,
        _sized(smoothed(envelope), height),
        thin_glass("Envelope", pick(rng, ((0.95, 0.96, 0.96), (0.75, 0.60, 0.38)))),
        segments=40,
    )
    screw = [(0.0, 0.0), (0.06, 0.02), (0.12, 0.06), (0.13, 0.12), (0.12, 0.14), (0.13, 0.18), (0.12, 0.31)]
    turned(place, _sized(screw, height), plain("Cap", (0.7, 0.55, 0.3), 0.25, metallic=1.0), segments=32)


def fill(place: Place, wall: Profile, level: float, color: Color, *, bottom: float = 0.004) -> None:
    """Liquid up to a level within a wall."""
    radii, heights = np.array(wall).T
    steps = np.linspace(max(bottom, float(heights.min()) + 0.001), level, 16)
    order = np.argsort(heights, kind="stable")
    inside = np.interp(steps, heights[order], radii[order]) * 0.975
    body = [(0.0, float(steps[0])), *zip(inside.tolist(), steps.tolist(), strict=True), (0.0, level)]
    turned(place, body, refractive("Liquid", color, 1.34), segments=48)


def _sized(profile: Profile, height: float) -> Profile:
    return [(radius * height, z * height) for radius, z in profile]
