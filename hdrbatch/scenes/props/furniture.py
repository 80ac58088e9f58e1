"""Furniture and household things, each built from few shapes at a place."""

from dataclasses import dataclass
from math import cos, pi, sin
from typing import Any

import numpy as np

from hdrbatch.scenes.kit.lights import add_bulb
from hdrbatch.scenes.kit.materials import (
    assorted,
    cloth_screen,
    fabric,
    leaf,
    mottled,
    patterned,
    pick,
    plain,
    tinted,
    wood,
)
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import (
    Place,
    ball_profile,
    box,
    boxes,
    grid_mesh,
    put,
    tube,
    turned,
)
from hdrbatch.scenes.props.vegetation import leaf_cards

WOODS: tuple[tuple[Color, Color], ...] = (
    ((0.10, 0.045, 0.02), (0.24, 0.12, 0.055)),
    ((0.30, 0.19, 0.10), (0.50, 0.35, 0.20)),
    ((0.035, 0.018, 0.010), (0.09, 0.045, 0.024)),
    ((0.42, 0.34, 0.25), (0.58, 0.49, 0.37)),
)
CLOTHS: tuple[Color, ...] = (
    (0.30, 0.32, 0.34),
    (0.05, 0.12, 0.16),
    (0.35, 0.12, 0.06),
    (0.06, 0.14, 0.08),
    (0.50, 0.44, 0.34),
    (0.30, 0.07, 0.08),
    (0.42, 0.28, 0.06),
)
BOOKS: tuple[Color, ...] = (
    (0.35, 0.03, 0.03),
    (0.03, 0.08, 0.22),
    (0.04, 0.16, 0.10),
    (0.50, 0.40, 0.25),
    (0.02, 0.02, 0.025),
    (0.55, 0.52, 0.47),
    (0.42, 0.20, 0.04),
    (0.12, 0.05, 0.14),
)
CERAMICS: tuple[Color, ...] = (
    (0.65, 0.62, 0.56),
    (0.03, 0.10, 0.25),
    (0.40, 0.10, 0.05),
    (0.02, 0.02, 0.02),
    (0.10, 0.28, 0.26),
)


@dataclass(frozen=True)
class Finish:
    """Materials that the furniture of one room shares."""

    wood: Any
    upright_wood: Any
    cloth: Any
    second_cloth: Any
    metal: Any
    dark: Any


def choose_finish(rng: np.random.Generator) -> Finish:
    """Materials of a room's furniture."""
    dark, light = WOODS[int(rng.integers(len(WOODS)))]
    brass = rng.random() < 0.5
    return Finish(
        wood=wood("Wood", dark, light),
        upright_wood=wood("Upright wood", dark, light, along="z"),
        cloth=fabric("Cloth", pick(rng, CLOTHS)),
        second_cloth=fabric("Second cloth", pick(rng, CLOTHS)),
        metal=plain("Metal", (0.85, 0.58, 0.25) if brass else (0.75, 0.75, 0.77), 0.12, metallic=1.0),
        dark=plain("Lacquer", (0.008, 0.008, 0.009), 0.25),
    )


def table(place: Place, size: tuple[float, float, float], finish: Finish) -> float:
    """Table with four legs; `size` is length, depth and height. Returns the height of its top."""
    length, depth, height = size
    top = 0.035
    box(place.at(0, 0, height - top), (length, depth, top), finish.wood, bevel=0.008)
    x, y = length / 2 - 0.07, depth / 2 - 0.07
    legs = [((sx * x, sy * y, 0.0), (0.05, 0.05, height - top)) for sx in (-1, 1) for sy in (-1, 1)]
    boxes(place, legs, finish.upright_wood)
    rails = [((0, sy * y, height - top - 0.07), (2 * x, 0.02, 0.07)) for sy in (-1, 1)]
    boxes(place, rails, finish.wood, bevel=0.003)
    return place.z + height


def chair(place: Place, finish: Finish) -> None:
    """Chair that faces -y: seat, four legs, a slatted back."""
    box(place.at(0, 0, 0.43), (0.44, 0.44, 0.035), finish.wood, bevel=0.01)
    box(place.at(0, 0, 0.462), (0.40, 0.40, 0.03), finish.cloth, bevel=0.014)
    front = [((sx * 0.19, -0.19, 0.0), (0.035, 0.035, 0.43)) for sx in (-1, 1)]
    back = [((sx * 0.19, 0.20, 0.0), (0.035, 0.035, 0.92)) for sx in (-1, 1)]
    slats = [((0.0, 0.205, z), (0.36, 0.018, 0.075)) for z in (0.58, 0.70, 0.82)]
    boxes(place, front + back + slats, finish.upright_wood)


def sofa(place: Place, width: float, finish: Finish) -> None:
    """Sofa that faces -y, with cushions."""
    boxes(
        place,
        [
            # Narrower than the arms: faces that coincide shade each other black.
            ((0, 0, 0.10), (width - 0.06, 0.85, 0.22)),
            ((0, 0.34, 0.30), (width - 0.03, 0.20, 0.52)),
            ((-width / 2 + 0.09, 0, 0.10), (0.18, 0.87, 0.50)),
            ((width / 2 - 0.09, 0, 0.10), (0.18, 0.87, 0.50)),
        ],
        finish.cloth,
        bevel=0.05,
    )
    seats = max(1, round((width - 0.36) / 0.65))
    inner = (width - 0.36) / seats
    middles = [(i - (seats - 1) / 2) * inner for i in range(seats)]
    parts = [((x, -0.07, 0.32), (inner - 0.01, 0.68, 0.15)) for x in middles]
    boxes(place, parts, finish.cloth, bevel=0.04)
    for x in middles:
        box(place.at(x, 0.18, 0.46).tilted(-0.25), (inner - 0.03, 0.16, 0.40), finish.cloth, bevel=0.06)
    for x in (-1, 1) if seats > 1 else (0.35,):
        pillow = place.at(x * (width / 2 - 0.36), 0.0, 0.47, turn=-0.25 * x).tilted(-0.35)
        box(pillow, (0.40, 0.12, 0.38), finish.second_cloth, bevel=0.055)
    # A plinth, not feet: hardly any path finds its way into a gap under a sofa, and its pixels would be zero.
    box(place, (width - 0.08, 0.78, 0.11), finish.upright_wood)


def bookshelf(place: Place, size: tuple[float, float], finish: Finish, rng: np.random.Generator) -> None:
    """Shelf that faces -y, with rows of books, gaps and a few vessels; `size` is width and height."""
    width, height = size
    depth, board = 0.30, 0.022
    num_boards = max(3, round(height / 0.36) + 1)
    levels = np.linspace(0.06, height - board, num_boards)
    frame = [((sx * (width - board) / 2, 0.0, 0.0), (board, depth, height)) for sx in (-1, 1)]
    shelves = [((0.0, 0.0, float(z)), (width - 2 * board, depth - 0.01, board)) for z in levels]
    boxes(place, frame + shelves, finish.wood, bevel=0.002)
    box(place.at(0, depth / 2), (width, 0.008, height), finish.wood, bevel=0.0)
    books = []
    gap = float(levels[1] - levels[0]) - board
    for level in levels[:-1]:
        x, end = -width / 2 + 0.03, width / 2 - 0.03
        while x < end - 0.05:
            if rng.random() < 0.08:
                room = float(rng.uniform(0.12, 0.25))
                if x + room < end:
                    vessel(place.at(x + room / 2, -0.03, float(level) + board), gap * 0.8, rng)
                x += room
                continue
            thick = float(rng.uniform(0.015, 0.045))
            tall = min(gap - 0.02, float(rng.uniform(0.62, 0.95)) * gap)
            books.append(((x + thick / 2, -0.01, float(level) + board), (thick * 0.94, 0.21, tall)))
            x += thick
    boxes(place, books, assorted("Books", BOOKS), bevel=0.002)


def vessel(place: Place, max_height: float, rng: np.random.Generator) -> None:
    """Vase, bowl, bottle or ball: glazed, of metal or dark."""
    height = max_height * float(rng.uniform(0.55, 0.95))
    kind = int(rng.integers(4))
    if kind == 0:
        profile = [
            (0.0, 0.0),
            (0.3, 0.0),
            (0.42, 0.3),
            (0.36, 0.6),
            (0.16, 0.82),
            (0.22, 1.0),
            (0.19, 1.0),
            (0.12, 0.8),
        ]
    elif kind == 1:
        height *= 0.5
        profile = [
            (0.0, 0.0),
            (0.4, 0.0),
            (0.45, 0.05),
            (0.9, 0.7),
            (1.0, 1.0),
            (0.95, 1.0),
            (0.8, 0.65),
            (0.0, 0.15),
        ]
    elif kind == 2:
        profile = [(0.0, 0.0), (0.2, 0.0), (0.22, 0.04), (0.22, 0.6), (0.07, 0.75), (0.07, 1.0), (0.0, 1.0)]
    else:
        height *= 0.6
        profile = [(r, z) for r, z in ball_profile(0.5, steps=14)]
    if rng.random() < 0.35:
        material = plain(
            "Vessel of metal", pick(rng, ((0.9, 0.62, 0.3), (0.8, 0.8, 0.82), (0.75, 0.4, 0.25))), 0.08, 1.0
        )
    else:
        material = plain("Glaze", pick(rng, CERAMICS), 0.15, coat=1.0)
    turned(place, [(r * height * 0.6, z * height) for r, z in profile], material, segments=32)


def picture(place: Place, size: tuple[float, float], finish: Finish, rng: np.random.Generator) -> None:
    """Framed picture that faces -y; the place is the middle of its lower edge, on the wall."""
    width, height = size
    edge = 0.035
    sides = [
        ((0, -0.012, 0), (width, 0.025, edge)),
        ((0, -0.012, height - edge), (width, 0.025, edge)),
        ((-(width - edge) / 2, -0.012, 0), (edge, 0.025, height)),
        (((width - edge) / 2, -0.012, 0), (edge, 0.025, height)),
    ]
    boxes(place, sides, finish.dark if rng.random() < 0.5 else finish.wood, bevel=0.003)
    palette = tuple(pick(rng, CLOTHS + BOOKS, 0.4) for _ in range(5))
    kind = ("rings", "bands", "cells", "marble")[int(rng.integers(4))]
    canvas = patterned("Canvas", palette, kind, float(rng.uniform(2, 6)))
    box(place.at(0, -0.004), (width - edge, 0.006, height - 0.01), canvas, bevel=0.0)


def rug(place: Place, size: tuple[float, float], rng: np.random.Generator) -> None:
    """Carpet on the floor."""
    palette = tuple(pick(rng, CLOTHS, 0.3) for _ in range(4))
    kind = ("rings", "bands", "cells", "marble")[int(rng.integers(4))]
    box(place, (*size, 0.012), patterned("Rug", palette, kind, float(rng.uniform(1.5, 5))), bevel=0.004)


def pendant(place: Place, drop: float, finish: Finish, *, lumens: float, kelvin: float) -> None:
    """Lamp that hangs from a place in the ceiling, open below; dark with 0 lumens."""
    turned(place.at(0, 0, -drop), [(0.004, 0.0), (0.004, drop)], finish.dark, segments=6)
    bell = [(0.20, 0.0), (0.19, 0.02), (0.13, 0.12), (0.04, 0.17), (0.03, 0.22), (0.0, 0.22)]
    # Painted: the mirror of a metal bell would throw the bulb about as sparks that no sampler finds.
    turned(place.at(0, 0, -drop - 0.2), bell, finish.dark, segments=32)
    if lumens:
        add_bulb(place.at(0, 0, -drop - 0.19), 0.045, lumens, kelvin)


def pot_plant(place: Place, height: float, rng: np.random.Generator) -> None:
    """Plant with large leaves in a pot."""
    radius = 0.13 + 0.05 * height
    pot = mottled("Pot", (0.25, 0.10, 0.05), tinted(rng, (0.45, 0.22, 0.12), 0.3), scale=12, bump_m=0.001)
    rim = 0.28
    outer = [
        (0.0, 0.0),
        (radius * 0.7, 0.0),
        (radius, rim),
        (radius * 0.92, rim),
        (radius * 0.88, rim - 0.03),
        (0.0, rim - 0.03),
    ]
    turned(place, outer, pot, segments=32)
    green = leaf("House plant", tinted(rng, (0.015, 0.06, 0.012)), tinted(rng, (0.07, 0.20, 0.03)), gloss=0.6)
    middles, directions, lengths = [], [], []
    for _ in range(int(14 + 26 * height)):
        angle, rise = float(rng.uniform(0, 2 * pi)), float(rng.uniform(0.1, 1.0))
        reach = float(rng.uniform(0.1, 0.42)) * (0.4 + 0.6 * sin(pi * rise)) * min(1.0, height)
        tip = np.array([cos(angle) * reach, sin(angle) * reach, rim + (height - rim) * rise])
        foot = np.array([0.0, 0.0, rim + (height - rim) * rise * 0.5])
        tube(place, [foot, (foot + tip) / 2 + [0, 0, 0.04], tip], 0.005, green, sides=5)
        middles.append(tip)
        directions.append(np.array([cos(angle), sin(angle), float(rng.uniform(-0.6, 0.4))]))
        lengths.append(float(rng.uniform(0.14, 0.28)))
    put(leaf_cards(np.array(middles), np.array(directions), np.array(lengths), 0.45, rng), place, green)


def curtain(place: Place, width: float, height: float, color: Color, rng: np.random.Generator) -> None:
    """Hanging cloth in folds, across x; the place is the middle of its lower edge."""
    x = np.linspace(-width / 2, width / 2, 60)
    z = np.linspace(0, height, 8)
    phase, folds = float(rng.uniform(0, 6)), float(rng.uniform(45, 65))
    wave = 0.035 * np.sin(folds * x + phase) + 0.012 * np.sin(17 * x + 2 * phase)
    points = np.zeros((len(z), len(x), 3))
    points[..., 0] = x
    points[..., 1] = wave[None] * np.linspace(1.2, 0.8, len(z))[:, None]
    points[..., 2] = z[:, None]
    put(grid_mesh(points), place, cloth_screen("Curtain", color, 0.35))
