"""Things of a stage and a gallery: drapes, trusses, spotlights, seats, instruments, sculptures on plinths."""

from math import cos, pi, sin
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from hdrbatch.scenes.kit.camera import Point
from hdrbatch.scenes.kit.lights import add_spot
from hdrbatch.scenes.kit.materials import fabric, mottled, pick, plain
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import (
    Place,
    ball_profile,
    box,
    boxes,
    grid_mesh,
    prism,
    put,
    smoothed,
    tube,
    turned,
    turned_mesh,
)
from hdrbatch.scenes.props.fittings import Part

STONES: tuple[Color, ...] = ((0.62, 0.60, 0.56), (0.35, 0.33, 0.31), (0.45, 0.30, 0.20), (0.05, 0.05, 0.05))
SHELLS: tuple[Color, ...] = ((0.35, 0.02, 0.02), (0.02, 0.06, 0.25), (0.55, 0.54, 0.5), (0.02, 0.02, 0.02))
URN = [(0.0, 0.0), (0.16, 0.0), (0.30, 0.35), (0.26, 0.6), (0.10, 0.8), (0.15, 1.0), (0.13, 1.0), (0.08, 0.8)]
"""Profile of a vase of height 1."""


def drape(place: Place, width: float, height: float, cloth: Any, rng: np.random.Generator) -> None:
    """Heavy cloth in deep folds across x; the place is the middle of its lower edge."""
    x = np.linspace(-width / 2, width / 2, max(24, int(width * 40)))
    z = np.linspace(0, height, 6)
    phase, folds = rng.uniform(0, 6, 2).tolist(), float(rng.uniform(14, 20))
    wave = 0.09 * np.sin(folds * x + phase[0]) + 0.04 * np.sin(folds * 0.37 * x + phase[1])
    points = np.zeros((len(z), len(x), 3))
    points[..., 0] = x
    points[..., 1] = wave[None] * np.linspace(1.15, 0.85, len(z))[:, None]
    points[..., 2] = z[:, None]
    put(grid_mesh(points), place, cloth)


def truss(place: Place, length: float) -> None:
    """Triangular truss of aluminium along x, its lower tubes at the place."""
    metal = plain("Truss", (0.55, 0.55, 0.56), 0.35, metallic=1.0)
    edges = [(-0.15, 0.0), (0.15, 0.0), (0.0, 0.26)]
    for y, z in edges:
        tube(place, [(-length / 2, y, z), (length / 2, y, z)], 0.022, metal)
    steps = np.linspace(-length / 2, length / 2, round(length / 0.3) + 1)
    for (y0, z0), (y1, z1) in zip(edges, edges[1:] + edges[:1], strict=True):
        zigzag = [(x, *((y0, z0) if i % 2 else (y1, z1))) for i, x in enumerate(steps.tolist())]
        tube(place, zigzag, 0.010, metal, sides=5)


def spotlight(
    location: Point,
    aim: Point,
    seen_from: Point,
    *,
    beam_deg: float,
    lumens: float,
    color: Color,
    lens_m: float = 0.09,
) -> None:
    """Spotlight in a black can that hangs by a yoke; its lens is at the location."""
    black = plain("Can", (0.015, 0.015, 0.016), 0.45)
    can = turned_mesh(
        [
            (lens_m, 0.0),
            (lens_m * 1.25, -0.03),
            (lens_m * 1.3, 0.02),
            (lens_m * 1.3, 0.25),
            (lens_m * 0.8, 0.36),
            (0.0, 0.37),
        ],
        20,
    )
    thing = put(can, Place(*location), black)
    axis = Vector(aim) - Vector(location)
    thing.rotation_euler = axis.to_track_quat("-Z", "Y").to_euler()
    middle = Vector(location) - axis.normalized() * 0.15
    arm = lens_m * 1.45
    across = Vector((axis.y, -axis.x, 0.0))
    across = across.normalized() * arm if across.length > 1e-6 else Vector((arm, 0.0, 0.0))
    rise = Vector((0.0, 0.0, 0.24))
    yoke = [
        tuple(middle - across),
        tuple(middle - across + rise),
        tuple(middle + across + rise),
        tuple(middle + across),
    ]
    tube(Place(0, 0), yoke, 0.012, black, sides=6)
    if lumens:
        # Before the can's rim, which would cut the beam.
        lens = Vector(location) + axis.normalized() * 0.04
        add_spot(
            (lens.x, lens.y, lens.z),
            aim,
            seen_from,
            beam_deg=beam_deg,
            lens_m=lens_m,
            lumens=lumens,
            color=color,
        )


def seats(place: Place, columns: int, rows: int, cloth: Any) -> None:
    """Rows of theatre seats that face +y, each row 0.9 m behind the other, stepped up by 0.18 m."""
    parts: list[Part] = []
    for row in range(rows):
        for column in range(columns):
            x, y, z = (column - (columns - 1) / 2 + 0.5 * (row % 2)) * 0.56, -row * 0.9, row * 0.18
            parts += [
                ((x, y - 0.18, z + 0.30), (0.48, 0.10, 0.62)),
                ((x, y + 0.06, z + 0.38), (0.46, 0.42, 0.10)),
                ((x - 0.27, y, z + 0.25), (0.05, 0.42, 0.36)),
            ]
    boxes(place, parts, cloth, bevel=0.03)
    steps: list[Part] = [
        ((0.0, -row * 0.9, row * 0.18 - 0.6), (columns * 0.6 + 1, 0.9, 0.6)) for row in range(rows)
    ]
    boxes(place, steps, plain("Auditorium", (0.03, 0.025, 0.025), 0.7), bevel=0.0)


def piano(place: Place, *, lid_open: bool) -> None:
    """Grand piano whose keys face -y, with its bench."""
    lacquer = plain("Piano lacquer", (0.006, 0.006, 0.007), 0.06, coat=1.0)
    outline = np.array(
        [
            (-0.75, -0.5),
            (0.75, -0.5),
            (0.75, 0.15),
            (0.62, 0.45),
            (0.3, 0.65),
            (0.1, 1.0),
            (-0.1, 1.3),
            (-0.4, 1.45),
            (-0.75, 1.35),
        ]
    )
    _slab(place.at(0, 0, 0.66), outline, 0.32, lacquer)
    lid = place.at(-0.75, 0, 0.99).tilted(roll=-0.55 if lid_open else 0.0)
    _slab(lid, np.add(outline, (0.75, 0.0)), 0.02, lacquer)
    if lid_open:
        tube(place, [(0.55, 0.2, 0.98), (0.42, 0.2, 1.68)], 0.012, lacquer)
        gold = plain("Frame", (0.7, 0.45, 0.15), 0.3, metallic=1.0)
        _slab(place.at(0, 0, 0.985), outline * 0.93, 0.006, gold)
    box(place.at(0, -0.62, 0.66), (1.5, 0.28, 0.07), lacquer)
    box(place.at(0, -0.63, 0.73), (1.24, 0.15, 0.015), plain("Ivory", (0.7, 0.68, 0.62), 0.2), bevel=0.002)
    octave = [i for i in range(36) if i % 7 not in (2, 6)]
    sharps: list[Part] = [((-0.6 + i * 0.0335, -0.6, 0.745), (0.014, 0.09, 0.012)) for i in octave]
    boxes(place, sharps, lacquer, bevel=0.002)
    box(place.at(0, -0.36, 0.98), (0.8, 0.03, 0.3), lacquer)
    leg = turned_mesh([(0.04, 0.0), (0.03, 0.08), (0.06, 0.5), (0.07, 0.66), (0.0, 0.66)], 16)
    for dx, dy in ((-0.62, -0.4), (0.62, -0.4), (-0.4, 1.15)):
        put(leg, place.at(dx, dy), lacquer)
    legs: list[Part] = [
        ((sx * 0.3, -1.05 + sy * 0.13, 0), (0.05, 0.05, 0.42)) for sx in (-1, 1) for sy in (-1, 1)
    ]
    boxes(place, [*legs, ((0, -1.05, 0.42), (0.72, 0.36, 0.08))], lacquer, bevel=0.012)


def _slab(place: Place, outline: Any, thickness: float, material: Any) -> None:
    """Outline (N, 2) in the x-y plane, thickened upwards."""
    side = np.asarray(outline, float)
    count = len(side)
    vertices = [(x, y, z) for z in (0.0, thickness) for x, y in side.tolist()]
    walls = [(i, (i + 1) % count, count + (i + 1) % count, count + i) for i in range(count)]
    mesh = bpy.data.meshes.new("slab")
    mesh.from_pydata(vertices, [], [*walls, tuple(range(count))[::-1], tuple(range(count, 2 * count))])
    put(mesh, place, material, bevel=min(0.01, thickness / 4))


def microphone(place: Place, height: float) -> None:
    """Microphone on a stand with a round foot."""
    dark = plain("Stand", (0.02, 0.02, 0.02), 0.35, metallic=0.8)
    turned(
        place, [(0.14, 0.0), (0.14, 0.015), (0.02, 0.03), (0.011, 0.05), (0.010, height), (0.0, height)], dark
    )
    tube(place, [(0, 0, height), (0, -0.12, height + 0.07)], 0.014, dark)
    grille = plain("Grille", (0.6, 0.6, 0.6), 0.35, metallic=1.0)
    turned(place.at(0, -0.14, height + 0.04), ball_profile(0.032), grille, segments=16)


def drum_kit(place: Place, rng: np.random.Generator) -> None:
    """Drums and cymbals; the player would sit at +y."""
    shell = plain("Drum shell", pick(rng, SHELLS), 0.2, coat=1.0)
    chrome = plain("Chrome", (0.8, 0.8, 0.82), 0.1, metallic=1.0)
    skin = plain("Drum skin", (0.62, 0.61, 0.58), 0.5)
    brass = plain("Cymbal", (0.80, 0.56, 0.22), 0.2, metallic=1.0)
    drums = (
        (Place(0, -0.2, 0.29, tilt=pi / 2), 0.28, 0.42),
        (Place(-0.25, -0.35, 0.62, tilt=0.25), 0.16, 0.22),
        (Place(0.22, -0.35, 0.62, tilt=0.25), 0.17, 0.24),
        (Place(0.55, 0.25, 0.15), 0.21, 0.42),
        (Place(-0.5, 0.2, 0.52), 0.18, 0.14),
    )
    for at, radius, depth in drums:
        spot = place.at(at.x, at.y, at.z).tilted(tilt=at.tilt)
        turned(spot, [(radius, 0.0), (radius, depth)], shell, segments=36)
        turned(spot, [(0.0, depth * 0.99), (radius * 0.99, depth * 0.99)], skin, segments=36)
        turned(spot, [(radius * 0.99, depth * 0.01), (0.0, depth * 0.01)], skin, segments=36)
        for low in (0.0, depth - 0.025):
            hoop = [
                (radius + 0.002, low),
                (radius + 0.015, low),
                (radius + 0.015, low + 0.025),
                (radius + 0.002, low + 0.025),
            ]
            turned(spot, hoop, chrome, segments=36)
    plate = turned_mesh([(0.24, 0.0), (0.08, 0.015), (0.05, 0.03), (0.0, 0.035)], 36)
    for dx, dy, z in ((-0.75, -0.15, 0.95), (0.7, -0.2, 1.05), (-0.35, -0.55, 1.2), (-0.85, 0.25, 0.82)):
        put(
            plate,
            place.at(dx, dy, z).tilted(float(rng.uniform(-0.3, 0.1)), float(rng.uniform(-0.2, 0.2))),
            brass,
        )
        tube(place.at(dx, dy), [(0, 0, 0), (0, 0, z + 0.03)], 0.010, chrome)
        for turn in range(3):
            angle = 2.1 * turn
            tube(place.at(dx, dy), [(0.25 * cos(angle), 0.25 * sin(angle), 0.0), (0, 0, 0.3)], 0.008, chrome)


def amplifier(place: Place, size: tuple[float, float, float]) -> None:
    """Loudspeaker box that faces -y."""
    wide, deep, tall = size
    box(place, size, plain("Amplifier", (0.015, 0.015, 0.015), 0.6), bevel=0.015)
    cloth = fabric("Grille cloth", (0.06, 0.055, 0.05), weave=120.0)
    box(place.at(0, -deep / 2, 0.04), (wide - 0.08, 0.012, tall * 0.72), cloth)
    metal = plain("Panel", (0.6, 0.6, 0.6), 0.3, metallic=1.0)
    box(place.at(0, -deep / 2, tall * 0.82), (wide - 0.08, 0.014, tall * 0.11), metal)
    knobs: list[Part] = [
        ((x, -deep / 2 - 0.015, tall * 0.86), (0.025, 0.02, 0.025))
        for x in np.linspace(-wide * 0.36, wide * 0.36, 6).tolist()
    ]
    boxes(place, knobs, plain("Knob", (0.02, 0.02, 0.02), 0.3), bevel=0.006)


def sculpture(place: Place, rng: np.random.Generator) -> None:
    """Plinth with a thing on it: a vase, a head of stone, a bronze ring or a stack of blocks."""
    tall, wide = float(rng.uniform(0.75, 1.15)), float(rng.uniform(0.4, 0.6))
    box(
        place,
        (wide, wide, tall),
        plain("Plinth", pick(rng, ((0.65, 0.64, 0.61), (0.03, 0.03, 0.03))), 0.5),
        bevel=0.008,
    )
    spot, stone = place.at(0, 0, tall, turn=float(rng.uniform(-0.6, 0.6))), pick(rng, STONES)
    dull: Color = (stone[0] * 0.6, stone[1] * 0.6, stone[2] * 0.6)
    material: Any = mottled("Sculpture", dull, stone, scale=6, bump_m=0.002, roughness=(0.25, 0.5))
    if rng.random() < 0.4:
        material = plain(
            "Bronze", pick(rng, ((0.55, 0.33, 0.14), (0.8, 0.6, 0.3), (0.75, 0.75, 0.76))), 0.22, metallic=1.0
        )
    kind = int(rng.integers(4))
    if kind == 0:
        size = float(rng.uniform(0.5, 0.8))
        turned(spot, smoothed([(r * size, z * size) for r, z in URN]), material, segments=48)
    elif kind == 1:
        _head(spot, material)
    elif kind == 2:
        angle = np.linspace(0, 2 * pi, 49)
        twist = float(rng.uniform(0.05, 0.2))
        ring = np.stack([0.26 * np.cos(angle), twist * np.sin(2 * angle), 0.32 + 0.26 * np.sin(angle)], -1)
        tube(spot, ring, 0.055, material, sides=20)
    else:
        z = 0.0
        for _ in range(4):
            size = float(rng.uniform(0.12, 0.28))
            box(
                spot.at(0, 0, z, turn=float(rng.uniform(0, 1.5))),
                (size, size, size * 0.8),
                material,
                bevel=0.006,
            )
            z += size * 0.8


def _head(place: Place, material: Any) -> None:
    """Head on its neck that faces -y."""
    half = [(0.0, 0.0), (0.15, 0.0), (0.13, 0.06), (0.065, 0.12), (0.06, 0.2)]
    half += [(0.09, 0.25), (0.115, 0.36), (0.10, 0.46), (0.05, 0.52), (0.0, 0.525)]
    head = turned(place, smoothed(half), material, segments=40)
    head.scale = (0.95, 1.15, 1.1)
    nose = [(0.0, 0.0), (0.0, 0.12), (-0.035, 0.01)]
    prism(place.at(0, -0.125, 0.33), nose, 0.035, material, bevel=0.008)
