"""What stands about in workshops and car parks: tool chests, jacks, hoists, mats, bins, cones."""

from math import pi
from typing import Any

import bpy
import numpy as np

from hdrbatch.scenes.kit.materials import assorted, pick, plain
from hdrbatch.scenes.kit.shader import Color, ShaderGraph
from hdrbatch.scenes.kit.shapes import Place, box, boxes, prism, put, tube, turned, turned_mesh
from hdrbatch.scenes.props.fittings import ENAMELS, Part

RUBBER: Color = (0.010, 0.010, 0.0105)


def rubber(name: str, color: Color = RUBBER) -> Any:
    """Black rubber or old plastic under dust, which hardly shines where it is looked at flatly."""
    material = bpy.data.materials.new(name)
    graph = ShaderGraph(material)
    inputs = {"Base Color": color, "Roughness": 0.8, "Specular IOR Level": 0.12}
    graph.surface(graph.add("BsdfPrincipled", inputs).outputs[0])
    return material


def tool_chest(place: Place, rng: np.random.Generator) -> None:
    """Roller cabinet of drawers that faces -y, one drawer out, tools and a rag on its top."""
    paint = plain("Tool chest", pick(rng, ENAMELS), 0.3, coat=0.5)
    dark = rubber("Chest mat")
    steel = plain("Chest rail", (0.6, 0.6, 0.6), 0.3, metallic=1.0)
    boxes(place, [((0, 0, 0.12), (0.72, 0.46, 0.8)), ((0, 0, 0.92), (0.76, 0.5, 0.03))], paint)
    box(place.at(0, 0, 0.951), (0.68, 0.42, 0.006), dark, bevel=0.0)
    out = int(rng.integers(7))
    levels = (0.15, 0.30, 0.45, 0.55, 0.65, 0.74, 0.83)
    for i, low in enumerate(levels):
        tall = ((*levels[1:], 0.91)[i] - low) - 0.012
        y = -0.235 - (float(rng.uniform(0.1, 0.25)) if i == out else 0.0)
        box(place.at(0, y, low), (0.68, 0.02, tall), paint, bevel=0.004)
        box(place.at(0, y - 0.018, low + tall - 0.025), (0.6, 0.018, 0.014), steel, bevel=0.003)
        if i == out:
            box(place.at(0, (y - 0.235) / 2, low), (0.64, -0.235 - y + 0.01, 0.02), dark, bevel=0.0)
    _castors(place, (0.3, 0.18))
    things: list[Part] = [
        (
            (x, float(rng.uniform(-0.12, 0.12)), 0.957),
            (float(rng.uniform(0.04, 0.16)), float(rng.uniform(0.05, 0.2)), float(rng.uniform(0.02, 0.14))),
        )
        for x in (-0.24, -0.05, 0.2)
    ]
    boxes(place, things, assorted("On the chest", tuple(pick(rng, ENAMELS, 0.4) for _ in range(4))))


def _castors(place: Place, half: tuple[float, float]) -> None:
    black = rubber("Castor")
    wheel = turned_mesh([(0.0, -0.02), (0.055, -0.02), (0.055, 0.02), (0.0, 0.02)], 16)
    for sx in (-1, 1):
        for sy in (-1, 1):
            put(wheel, place.at(sx * half[0], sy * half[1], 0.055).tilted(tilt=pi / 2), black)
            box(place.at(sx * half[0], sy * half[1], 0.08), (0.05, 0.06, 0.05), black, bevel=0.0)


def floor_jack(place: Place, rng: np.random.Generator) -> None:
    """Trolley jack, its handle up and towards -y."""
    paint = plain("Jack", pick(rng, ENAMELS), 0.35)
    steel = plain("Jack handle", (0.4, 0.4, 0.4), 0.35, metallic=1.0)
    boxes(place, [((s * 0.12, 0, 0.04), (0.03, 0.66, 0.11)) for s in (-1, 1)], paint)
    boxes(place, [((0, 0.18, 0.12), (0.1, 0.36, 0.05)), ((0, -0.22, 0.06), (0.16, 0.2, 0.12))], paint)
    turned(place.at(0, 0.33, 0.17), [(0, 0), (0.06, 0), (0.07, 0.03), (0.05, 0.035), (0, 0.03)], steel)
    tube(place, [(0, -0.25, 0.15), (0, -0.55, 0.62), (0, -0.72, 0.88)], 0.017, steel)
    wheel = turned_mesh([(0.0, -0.03), (0.05, -0.03), (0.05, 0.03), (0.0, 0.03)], 16)
    for sx in (-1, 1):
        for y in (-0.28, 0.3):
            put(wheel, place.at(sx * 0.17, y, 0.05).tilted(roll=pi / 2), steel)


def engine_hoist(place: Place, rng: np.random.Generator) -> None:
    """Hoist on castors with its boom towards +y, a motor block on its chain."""
    paint = plain("Hoist", pick(rng, ENAMELS), 0.35)
    iron = plain("Motor block", (0.05, 0.048, 0.045), 0.5, metallic=0.7)
    legs: list[Part] = [((s * 0.42, 0.55, 0.09), (0.09, 1.5, 0.08)) for s in (-1, 1)]
    boxes(place, [*legs, ((0, -0.2, 0.09), (0.92, 0.1, 0.09)), ((0, -0.2, 0.15), (0.11, 0.11, 1.4))], paint)
    rise = float(rng.uniform(0.1, 0.35))
    end = 1.5 + rise
    tube(place, [(0, -0.28, 1.52), (0, 0.95, end)], 0.045, paint, sides=4)
    tube(place, [(0, -0.13, 0.55), (0, 0.3, 1.5 + rise * 0.4)], 0.03, iron)
    tube(place, [(0, 0.93, end), (0, 0.93, 0.95)], 0.012, iron)
    parts: list[Part] = [((0, 0.93, 0.45), (0.4, 0.55, 0.36)), ((0, 0.93, 0.8), (0.3, 0.5, 0.15))]
    parts += [((s * 0.22, y, 0.6), (0.1, 0.1, 0.16)) for s in (-1, 1) for y in (0.75, 0.93, 1.11)]
    boxes(place, parts, iron, bevel=0.02)
    _castors(place, (0.42, 0.2))
    _castors(place.at(0, 1.2), (0.42, 0.05))


def tyre_stack(place: Place, count: int, rng: np.random.Generator) -> None:
    """Tyres on each other, the topmost a little off."""
    ring = [(0.19, 0.0), (0.27, -0.005), (0.31, 0.03), (0.31, 0.15), (0.27, 0.185), (0.19, 0.18), (0.19, 0.0)]
    mesh, black = turned_mesh(ring, 32), rubber("Tyre")
    for i in range(count):
        dx, dy = (float(v) for v in rng.normal(0, 0.015, 2))
        put(mesh, place.at(dx, dy, 0.005 + i * 0.186), black)


def rubber_mat(place: Place, size: tuple[float, float]) -> None:
    """Ribbed black mat on the floor."""
    ribs: list[Part] = [((0, 0, 0.001), (size[0], size[1], 0.008))]
    ribs += [
        ((0, y, 0.008), (size[0] - 0.04, 0.03, 0.004))
        for y in np.arange(-size[1] / 2 + 0.05, size[1] / 2 - 0.03, 0.07).tolist()
    ]
    boxes(place, ribs, rubber("Mat"), bevel=0.0)


def oil_pan(place: Place) -> None:
    """Low black tray with old oil in it."""
    side = [(0.0, 0.002), (0.24, 0.002), (0.28, 0.13), (0.265, 0.13), (0.23, 0.04), (0.0, 0.04)]
    turned(place, side, plain("Oil pan", (0.012, 0.012, 0.011), 0.6))
    turned(place, [(0.236, 0.06), (0.0, 0.06)], plain("Old oil", (0.006, 0.004, 0.002), 0.08))


def air_hose(place: Place, reach: float, rng: np.random.Generator) -> None:
    """Hose in wide bends over the floor along +y, which ends in a few coils."""
    steps = np.linspace(0, 1, 40)
    swing = float(rng.uniform(0.15, 0.4)) * np.sin(steps * float(rng.uniform(5, 9)))
    path = np.stack([swing, steps * reach, np.full(40, 0.012)], -1).tolist()
    angles = np.linspace(0, 6 * pi, 72)
    x, y = path[-1][0], path[-1][1]
    coil = [(x + 0.28 * (1 - np.cos(a)), y + 0.28 * np.sin(a), 0.012 + 0.0035 * a) for a in angles.tolist()]
    color = pick(rng, ((0.30, 0.02, 0.015), (0.02, 0.06, 0.20), (0.40, 0.25, 0.02), RUBBER))
    tube(place, [*path, *coil[1:]], 0.011, plain("Air hose", color, 0.45))


def cone(place: Place) -> None:
    """Traffic cone with a white band."""
    orange = plain("Cone", (0.62, 0.10, 0.01), 0.5)
    box(place, (0.36, 0.36, 0.03), rubber("Cone foot"), bevel=0.01)
    turned(place, [(0.13, 0.03), (0.035, 0.68), (0.03, 0.7), (0.0, 0.7)], orange)
    turned(place, [(0.102, 0.27), (0.071, 0.47)], plain("Cone band", (0.75, 0.75, 0.72), 0.4))


def wheeled_bin(place: Place, rng: np.random.Generator) -> None:
    """Large refuse bin on wheels, of dark plastic, that faces -y."""
    color = pick(rng, ((0.008, 0.008, 0.009), (0.007, 0.013, 0.008), (0.008, 0.009, 0.014)), 0.1)
    plastic = rubber("Bin", color)
    outline = [(-0.29, 0.08), (0.24, 0.08), (0.30, 0.98), (-0.36, 0.98)]
    prism(place, outline, 0.54, plastic, bevel=0.02)
    lid = [(-0.39, 0.985), (0.33, 0.985), (0.33, 1.06), (0.2, 1.09), (-0.38, 1.02)]
    prism(place, lid, 0.58, plastic, bevel=0.012)
    tube(place, [(-0.24, 0.38, 1.0), (0.24, 0.38, 1.0)], 0.015, plastic)
    wheel = turned_mesh([(0.0, -0.03), (0.1, -0.03), (0.1, 0.03), (0.0, 0.03)], 20)
    for s in (-1, 1):
        put(wheel, place.at(s * 0.26, 0.24, 0.1).tilted(roll=pi / 2), rubber("Bin wheel"))
    boxes(place, [((s * 0.2, -0.22, 0.0), (0.05, 0.06, 0.09)) for s in (-1, 1)], plastic)


def hung_sign(place: Place, drop: float, color: Color) -> None:
    """Coloured board with a white arrow that hangs by two rods from the place and faces -y."""
    white = plain("Sign white", (0.7, 0.7, 0.68), 0.4)
    box(place.at(0, 0, -drop - 0.34), (1.3, 0.04, 0.34), plain("Sign", color, 0.35))
    rods: list[Part] = [((dx, 0, -drop), (0.014, 0.014, drop)) for dx in (-0.5, 0.5)]
    boxes(place, rods, plain("Sign rod", (0.25, 0.25, 0.25), 0.4, metallic=1.0), bevel=0.0)
    letters: list[Part] = [((x, -0.022, -drop - 0.25), (0.05, 0.006, 0.17)) for x in (-0.5, -0.34)]
    letters += [((-0.42, -0.022, -drop - z), (0.13, 0.006, 0.035)) for z in (0.11, 0.19)]
    letters += [((0.1, -0.022, -drop - 0.185), (0.4, 0.006, 0.04))]
    boxes(place, letters, white, bevel=0.0)
    prism(place.at(0.38, -0.023, -drop - 0.165, turn=-pi / 2), [(0.1, 0.0), (-0.06, 0.11), (-0.06, -0.11)],
          0.006, white)  # fmt: skip
