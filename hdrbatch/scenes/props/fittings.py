"""Fittings of corridors, car parks and workshops: lamps in battens and cages, pipes, lockers, shelves."""

from itertools import pairwise
from math import pi
from typing import Any

import numpy as np

from hdrbatch.scenes.kit.lights import add_bulb, add_tube
from hdrbatch.scenes.kit.materials import assorted, mottled, pick, plain, tinted
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import Place, ball_profile, box, boxes, put, tube, turned, turned_mesh

ENAMELS: tuple[Color, ...] = (
    (0.06, 0.16, 0.28),
    (0.30, 0.04, 0.03),
    (0.12, 0.20, 0.12),
    (0.45, 0.43, 0.38),
    (0.50, 0.26, 0.03),
    (0.16, 0.17, 0.18),
)
STRIPES: tuple[Color, ...] = ((0.55, 0.38, 0.03), (0.04, 0.16, 0.30), (0.35, 0.04, 0.03), (0.08, 0.24, 0.12))
"""Paints of safety markings and grips."""
WHITES_K = (4000.0, 4000.0, 5000.0, 6500.0)
"""Colour temperatures of fluorescent tubes, the common one twice."""
TUBE_RADIUS_M = 0.013
Part = tuple[tuple[float, float, float], tuple[float, float, float]]


def batten(place: Place, length: float, *, lumens: float, kelvin: float) -> None:
    """White batten with a fluorescent tube along x, hung by its top at the place; dark with 0 lumens."""
    white = plain("Batten", (0.6, 0.6, 0.58), 0.4)
    box(place.at(0, 0, -0.05), (length + 0.06, 0.07, 0.05), white)
    ends: list[Part] = [((side * (length / 2 + 0.012), 0.0, -0.09), (0.024, 0.03, 0.04)) for side in (-1, 1)]
    boxes(place, ends, white)
    if lumens:
        add_tube(place.at(0, 0, -0.075), length, TUBE_RADIUS_M, lumens, kelvin)
    else:
        dead = plain("Dead tube", (0.55, 0.55, 0.53), 0.15)
        half = length / 2
        tube(place.at(0, 0, -0.075), [(-half, 0, 0), (half, 0, 0)], TUBE_RADIUS_M, dead)


def caged_lamp(place: Place, *, lumens: float, kelvin: float) -> None:
    """Lamp in a wire cage on a wall, the place in that wall; it faces -y; dark with 0 lumens."""
    iron = plain("Cage", (0.03, 0.03, 0.03), 0.5, metallic=0.7)
    box(place.at(0, -0.02, -0.06), (0.16, 0.04, 0.20), iron)
    for dx in (-0.07, 0.0, 0.07):
        tube(
            place, [(dx, -0.02, -0.10), (dx, -0.17, -0.08), (dx, -0.17, 0.10), (dx, -0.02, 0.13)], 0.004, iron
        )
    bulb = place.at(0, -0.10, -0.05)
    if lumens:
        add_bulb(bulb, 0.045, lumens, kelvin, squash=1.3)
    else:
        turned(bulb, ball_profile(0.045, 1.3), plain("Dead bulb", (0.4, 0.4, 0.38), 0.15))


def pipes(start: Place, length: float, count: int, rng: np.random.Generator) -> None:
    """Row of pipes along +y from a place in a left wall (+x leads into the room), on brackets."""
    x = 0.06
    steel = plain("Bracket", (0.2, 0.2, 0.2), 0.5, metallic=0.8)
    for _ in range(count):
        radius = float(rng.uniform(0.02, 0.08))
        paint = pick(rng, (*ENAMELS, (0.35, 0.34, 0.32), (0.35, 0.34, 0.32)))
        rust = mottled("Pipe", (0.08, 0.035, 0.018), paint, scale=5, roughness=(0.35, 0.7), bump_m=0.001)
        foot = start.at(x + radius, 0)
        tube(foot, [(0, 0, 0), (0, length / 2, 0), (0, length, 0)], radius, rust, sides=14)
        flange = turned_mesh([(0.0, 0.0), (radius * 1.5, 0.0), (radius * 1.5, 0.05), (0.0, 0.05)], 16)
        for y in np.arange(float(rng.uniform(1, 4)), length, float(rng.uniform(3.5, 6))).tolist():
            put(flange, foot.at(0, y).tilted(tilt=pi / 2), rust)
        x += 2 * radius + 0.05
    brackets: list[Part] = [
        ((x / 2, y, -0.12), (x, 0.04, 0.03)) for y in np.arange(1.0, length, 2.4).tolist()
    ]
    boxes(start, brackets, steel)


def lockers(place: Place, count: int, rng: np.random.Generator) -> None:
    """Row of steel lockers that faces -y, one of them open."""
    paint = plain("Locker", pick(rng, ENAMELS), 0.35)
    wide, deep, tall, gap = 0.38, 0.45, 1.85, 0.012
    total = count * wide
    open_one = int(rng.integers(count))
    parts: list[Part] = [
        ((0.0, deep / 2 - 0.01, 0.06), (total, 0.02, tall)),
        ((0.0, 0.0, tall), (total, deep, 0.02)),
    ]
    parts += [((-total / 2 + i * wide, 0.0, 0.0), (0.02, deep, tall)) for i in range(count + 1)]
    parts.append(((0.0, 0.0, 0.05), (total, deep, 0.02)))
    for i in range(count):
        if i == open_one:
            continue
        x = -total / 2 + (i + 0.5) * wide
        parts.append(((x, -deep / 2, 0.08), (wide - gap, 0.02, tall - 0.1)))
        parts += [((x, -deep / 2 - 0.012, z), (0.2, 0.008, 0.012)) for z in (1.50, 1.55, 1.60)]
        parts.append(((x + 0.13, -deep / 2 - 0.02, 0.95), (0.02, 0.03, 0.12)))
    boxes(place, parts, paint, bevel=0.004)
    hinge = place.at(-total / 2 + open_one * wide + 0.01, -deep / 2, 0.08, turn=-float(rng.uniform(0.8, 1.9)))
    box(hinge.at(wide / 2, 0), (wide - gap, 0.02, tall - 0.1), paint, bevel=0.004)


def trolley(place: Place, rng: np.random.Generator) -> None:
    """Steel trolley on castors with two shelves of boxes and bottles."""
    steel = plain("Trolley", (0.62, 0.62, 0.63), 0.28, metallic=1.0)
    rubber = plain("Castor", (0.015, 0.015, 0.015), 0.7)
    posts: list[Part] = [
        ((sx * 0.40, sy * 0.24, 0.10), (0.025, 0.025, 0.85)) for sx in (-1, 1) for sy in (-1, 1)
    ]
    trays: list[Part] = [((0.0, 0.0, z), (0.84, 0.52, 0.02)) for z in (0.28, 0.80)]
    boxes(place, posts + trays, steel, bevel=0.005)
    tube(
        place,
        [(-0.42, -0.2, 0.93), (-0.55, -0.2, 0.98), (-0.55, 0.2, 0.98), (-0.42, 0.2, 0.93)],
        0.014,
        steel,
    )
    wheel = turned_mesh([(0.0, -0.015), (0.05, -0.015), (0.05, 0.015), (0.0, 0.015)], 16)
    for sx in (-1, 1):
        for sy in (-1, 1):
            put(wheel, place.at(sx * 0.38, sy * 0.22, 0.05).tilted(tilt=pi / 2), rubber)
    loads = assorted("Load", tuple(pick(rng, ENAMELS, 0.4) for _ in range(5)))
    things: list[Part] = []
    for z in (0.30, 0.82):
        for x in (-0.27, -0.02, 0.24):
            if rng.random() < 0.75:
                size = rng.uniform(0.10, 0.22, 3)
                things.append(
                    ((x, float(rng.uniform(-0.1, 0.1)), z), (float(size[0]), float(size[1]), float(size[2])))
                )
    if things:
        boxes(place, things, loads)


def crates(place: Place, rng: np.random.Generator) -> None:
    """Pile of cardboard or wooden boxes on a pallet."""
    wood = mottled("Pallet", (0.16, 0.10, 0.05), (0.34, 0.23, 0.12), scale=4, stretch=(1, 10, 10))
    slats: list[Part] = [((0.0, y, 0.11), (1.1, 0.1, 0.022)) for y in np.linspace(-0.35, 0.35, 6).tolist()]
    slats += [((x, 0.0, 0.0), (0.1, 0.8, 0.11)) for x in (-0.48, 0.0, 0.48)]
    boxes(place, slats, wood, bevel=0.003)
    card = assorted("Boxes", tuple(tinted(rng, (0.36, 0.24, 0.13), 0.3) for _ in range(4)), roughness=0.85)
    parts: list[Part] = []
    for x in (-0.27, 0.27):
        for y in (-0.18, 0.18):
            z = 0.133
            for _ in range(int(rng.integers(0, 4))):
                tall = float(rng.uniform(0.2, 0.38))
                jitter = rng.uniform(-0.02, 0.02, 2)
                parts.append(((x + float(jitter[0]), y + float(jitter[1]), z), (0.5, 0.33, tall)))
                z += tall
    if parts:
        boxes(place, parts, card, bevel=0.008)


def barrel(place: Place, rng: np.random.Generator) -> None:
    """Steel drum with hoops."""
    paint = pick(rng, ENAMELS)
    rust = mottled("Drum", (0.10, 0.04, 0.02), paint, scale=4, roughness=(0.3, 0.7))
    side = [(0.0, 0.0), (0.285, 0.0), (0.285, 0.29), (0.30, 0.30), (0.285, 0.31), (0.285, 0.58), (0.30, 0.59)]
    turned(
        place,
        [*side, (0.285, 0.60), (0.285, 0.87), (0.275, 0.88), (0.27, 0.86), (0.0, 0.86)],
        rust,
        segments=32,
    )


def extinguisher(place: Place) -> None:
    """Fire extinguisher that hangs on a wall behind the place."""
    red = plain("Extinguisher", (0.45, 0.01, 0.008), 0.2, coat=0.6)
    dark = plain("Hose", (0.01, 0.01, 0.01), 0.4)
    side = [(0.0, 0.0), (0.07, 0.0), (0.075, 0.02), (0.075, 0.42), (0.05, 0.48), (0.02, 0.50), (0.0, 0.50)]
    turned(place.at(0, -0.1), side, red, segments=24)
    tube(
        place.at(0, -0.1),
        [(0, 0, 0.50), (0.02, -0.06, 0.54), (0.10, -0.05, 0.42), (0.09, -0.03, 0.15)],
        0.012,
        dark,
    )
    box(place.at(0, -0.1, 0.50), (0.03, 0.12, 0.04), dark)


def shelving(place: Place, size: tuple[float, float], rng: np.random.Generator) -> None:
    """Steel shelves that face -y, full of boxes, tins and bottles; `size` is width and height."""
    width, height = size
    paint = plain("Shelving", pick(rng, ENAMELS), 0.45)
    levels = np.linspace(0.10, height - 0.03, max(3, round(height / 0.45) + 1)).tolist()
    posts: list[Part] = [
        ((sx * width / 2, sy * 0.21, 0.0), (0.04, 0.04, height)) for sx in (-1, 1) for sy in (-1, 1)
    ]
    boards: list[Part] = [((0.0, 0.0, z), (width, 0.44, 0.025)) for z in levels]
    boxes(place, posts + boards, paint, bevel=0.003)
    colors = (*(pick(rng, ENAMELS, 0.5) for _ in range(4)), (0.36, 0.24, 0.13), (0.03, 0.03, 0.03))
    loads, tins = assorted("Stock", colors), assorted("Tins", colors, roughness=0.2)
    tin = turned_mesh([(0.0, 0.0), (0.075, 0.0), (0.075, 0.2), (0.07, 0.2), (0.07, 0.19), (0.0, 0.19)], 20)
    parts: list[Part] = []
    for low, high in pairwise(levels):
        x = -width / 2 + 0.06
        while x < width / 2 - 0.12:
            wide = float(rng.uniform(0.12, 0.42))
            kind = rng.random()
            if kind < 0.55 and x + wide < width / 2 - 0.03:
                tall = float(rng.uniform(0.3, 0.9)) * (high - low - 0.05)
                deep = float(rng.uniform(0.2, 0.38))
                parts.append(((x + wide / 2, 0.0, low + 0.025), (wide * 0.95, deep, tall)))
            elif kind < 0.8:
                put(tin, place.at(x + 0.08, float(rng.uniform(-0.1, 0.05)), low + 0.025), tins)
                wide = 0.17
            x += wide
    boxes(place, parts, loads, bevel=0.006)


def steel_door(place: Place, width: float, height: float, paint: Any) -> None:
    """Closed leaf with a casing, a small dark window and a handle, in a wall that faces -y."""
    edge = 0.07
    trim: list[Part] = [
        ((-width / 2 - edge / 2, -0.02, 0.0), (edge, 0.05, height + edge)),
        ((width / 2 + edge / 2, -0.02, 0.0), (edge, 0.05, height + edge)),
        ((0.0, -0.02, height), (width, 0.05, edge)),
    ]
    boxes(place, trim, plain("Casing", (0.12, 0.12, 0.12), 0.4), bevel=0.006)
    box(place.at(0, -0.008), (width, 0.03, height), paint, bevel=0.004)
    box(
        place.at(0.1 * width, -0.02, height * 0.62),
        (0.16, 0.02, 0.5),
        plain("Wired glass", (0.01, 0.012, 0.012), 0.06),
    )
    steel = plain("Handle", (0.7, 0.7, 0.7), 0.25, metallic=1.0)
    boxes(
        place,
        [
            ((-width * 0.38, -0.06, 1.02), (0.14, 0.02, 0.02)),
            ((-width * 0.42, -0.04, 0.98), (0.03, 0.03, 0.1)),
        ],
        steel,
    )
