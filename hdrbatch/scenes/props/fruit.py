"""Fruit, eggs and loaves: turned shapes, each with its own skin."""

from math import cos, pi, sin
from typing import Any

import numpy as np

from hdrbatch.scenes.kit.materials import leaf, mottled, pick, plain, tinted
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import (
    Place,
    ball_profile,
    mesh_data,
    put,
    smoothed,
    tube,
    tube_arrays,
    turned,
    turned_mesh,
)
from hdrbatch.scenes.props.vegetation import leaf_cards

APPLES: tuple[tuple[Color, Color], ...] = (
    ((0.28, 0.015, 0.015), (0.50, 0.10, 0.04)),
    ((0.20, 0.32, 0.03), (0.42, 0.50, 0.08)),
    ((0.42, 0.05, 0.02), (0.62, 0.48, 0.10)),
)
PEARS: tuple[tuple[Color, Color], ...] = (
    ((0.26, 0.30, 0.04), (0.52, 0.50, 0.10)),
    ((0.28, 0.16, 0.05), (0.45, 0.32, 0.12)),
)


def apple(place: Place, size: float, rng: np.random.Generator) -> None:
    """Apple `size` metres across, with a stalk."""
    dark, light = APPLES[int(rng.integers(len(APPLES)))]
    skin = _skin("Apple", tinted(rng, dark), tinted(rng, light), scale=9, stretch=(1, 1, 0.3), gloss=0.25)
    shape = [
        (0.0, 0.07),
        (0.10, 0.02),
        (0.22, 0.03),
        (0.42, 0.25),
        (0.50, 0.52),
        (0.44, 0.78),
        (0.24, 0.90),
        (0.10, 0.86),
        (0.0, 0.75),
    ]
    turned(place, [(r * size, z * size) for r, z in smoothed(shape)], skin, segments=32)
    _stalk(place.at(0, 0, 0.74 * size), 0.28 * size)


def pear(place: Place, size: float, rng: np.random.Generator) -> None:
    """Pear `size` metres tall."""
    dark, light = PEARS[int(rng.integers(len(PEARS)))]
    skin = _skin("Pear", tinted(rng, dark), tinted(rng, light), scale=60, stretch=(1, 1, 1), gloss=0.35)
    shape = [
        (0.0, 0.03),
        (0.12, 0.0),
        (0.30, 0.10),
        (0.37, 0.30),
        (0.31, 0.50),
        (0.19, 0.70),
        (0.15, 0.84),
        (0.09, 0.92),
        (0.0, 0.90),
    ]
    turned(
        place.tilted(float(rng.uniform(-0.06, 0.06))),
        [(r * size, z * size) for r, z in smoothed(shape)],
        skin,
        segments=32,
    )
    _stalk(place.at(0, 0, 0.88 * size), 0.22 * size)


def citrus(place: Place, size: float, rng: np.random.Generator) -> None:
    """Orange, lemon or lime, `size` metres across."""
    kind = int(rng.integers(3))
    color = ((0.75, 0.23, 0.012), (0.78, 0.58, 0.03), (0.16, 0.34, 0.03))[kind]
    deep = (color[0] * 0.75, color[1] * 0.65, color[2] * 0.6)
    skin = mottled(
        "Citrus", deep, tinted(rng, color, 0.08), scale=420, roughness=(0.25, 0.4), bump_m=0.0006, detail=2.0
    )
    if kind == 0:
        turned(place, ball_profile(size / 2, 0.94, steps=18), skin, segments=32)
        return
    shape = [
        (0.0, 0.0),
        (0.07, 0.03),
        (0.14, 0.07),
        (0.34, 0.28),
        (0.37, 0.55),
        (0.26, 0.83),
        (0.10, 0.95),
        (0.0, 1.0),
    ]
    lying = place.at(0.45 * size, 0, 0.37 * size).tilted(roll=-pi / 2)
    turned(lying, [(r * size, z * size) for r, z in smoothed(shape)], skin, segments=32)


def plum(place: Place, size: float, rng: np.random.Generator) -> None:
    """Plum, or a fig, with bloom on it."""
    color = pick(rng, ((0.06, 0.012, 0.04), (0.10, 0.02, 0.03), (0.20, 0.05, 0.02)))
    bloom = (color[0] + 0.06, color[1] + 0.06, color[2] + 0.09)
    skin = mottled("Plum", color, bloom, scale=18, roughness=(0.3, 0.55))
    turned(place, ball_profile(size / 2, 1.05, steps=16), skin, segments=28)


def grapes(place: Place, size: float, rng: np.random.Generator) -> None:
    """Bunch of grapes that lies along x, `size` metres long."""
    dark = rng.random() < 0.5
    color = tinted(rng, (0.045, 0.01, 0.03) if dark else (0.30, 0.38, 0.08))
    skin = plain("Grape", color, 0.2, coat=0.4)
    berry = turned_mesh(ball_profile(0.011, 1.1, steps=10), 18)
    for _ in range(int(300 * size)):
        along = float(rng.random())
        reach = 0.036 * (1.15 - along)
        angle, out = float(rng.uniform(0, 2 * pi)), float(rng.random()) ** 0.5
        height = max(0.0, reach * out * sin(angle) + 0.5 * reach)
        put(berry, place.at((along - 0.5) * size, reach * out * cos(angle), height), skin)
    path = [(-0.62 * size, 0.01, 0.05), (-0.5 * size, 0, 0.035), (-0.2 * size, 0, 0.03)]
    tube(place, path, 0.0022, plain("Stalk", (0.12, 0.10, 0.04), 0.7))


def egg(place: Place, size: float, rng: np.random.Generator) -> None:
    """Egg that lies, `size` metres long."""
    shell = pick(rng, ((0.74, 0.70, 0.64), (0.55, 0.33, 0.20), (0.45, 0.52, 0.50)), 0.08)
    skin = mottled(
        "Egg", (shell[0] * 0.93, shell[1] * 0.92, shell[2] * 0.9), shell, scale=150, roughness=(0.4, 0.55)
    )
    shape = [(0.0, 0.0), (0.16, 0.03), (0.32, 0.18), (0.38, 0.42), (0.31, 0.72), (0.17, 0.93), (0.0, 1.0)]
    lying = place.at(0.42 * size, 0, 0.37 * size).tilted(roll=-pi / 2)
    turned(lying, [(r * size, z * size) for r, z in smoothed(shape)], skin, segments=32)


def loaf(place: Place, size: float, rng: np.random.Generator) -> None:
    """Round loaf dusted with flour, `size` metres across."""
    crust = mottled(
        "Crust", (0.09, 0.032, 0.010), tinted(rng, (0.46, 0.24, 0.09)), scale=26, bump_m=0.004, detail=6.0
    )
    turned(
        place,
        [
            (r * size, z * size)
            for r, z in smoothed(
                [(0.0, 0.0), (0.42, 0.0), (0.50, 0.10), (0.44, 0.26), (0.25, 0.37), (0.0, 0.40)]
            )
        ],
        crust,
        segments=40,
    )


def bouquet(place: Place, height: float, rng: np.random.Generator) -> None:
    """Cut flowers or twigs that stand in whatever is at the place, up to a height."""
    green = leaf("Stems", (0.03, 0.07, 0.015), (0.10, 0.19, 0.04))
    petals = pick(
        rng,
        ((0.75, 0.70, 0.62), (0.60, 0.06, 0.05), (0.72, 0.42, 0.04), (0.45, 0.22, 0.50), (0.70, 0.32, 0.32)),
    )
    flower = leaf("Petals", tinted(rng, petals, 0.2), petals, gloss=0.05)
    middles, directions = [], []
    for _ in range(int(rng.integers(5, 10))):
        angle, lean = float(rng.uniform(0, 2 * pi)), float(rng.uniform(0.05, 0.42))
        tall = height * float(rng.uniform(0.7, 1.0))
        tip = np.array([cos(angle) * lean * tall, sin(angle) * lean * tall, tall])
        path = np.array([[0, 0, 0], tip * [0.35, 0.35, 0.55], tip])
        vertices, faces = tube_arrays(path, np.array([0.002, 0.002, 0.0015]), 6)
        put(mesh_data(vertices, faces, smooth=True, name="stem"), place, green)
        petal = rng.normal((0, 0, 0.5), 1.0, (26, 3))
        middles.append(tip + petal / np.linalg.norm(petal, axis=1, keepdims=True) * 0.011)
        directions.append(petal)
        foliage = tip * rng.uniform(0.4, 0.85, (4, 1)) + rng.normal(0, 0.012, (4, 3))
        put(
            leaf_cards(foliage, rng.normal((0, 0, 0.4), 1.0, (4, 3)), np.full(4, 0.05), 0.4, rng),
            place,
            green,
        )
    cards = leaf_cards(
        np.concatenate(middles), np.concatenate(directions), np.full(26 * len(middles), 0.03), 0.6, rng
    )
    put(cards, place, flower)


def _skin(name: str, dark: Color, light: Color, *, scale: float, stretch: Color, gloss: float) -> Any:
    return mottled(
        name, dark, light, scale=scale, stretch=stretch, roughness=(gloss - 0.08, gloss + 0.1), detail=5.0
    )


def _stalk(place: Place, length: float) -> None:
    path = np.array([(0, 0, 0), (0.03, 0.0, 0.6), (0.16, 0.02, 1.0)]) * length
    tube(place, path, 0.0022, plain("Stalk", (0.07, 0.04, 0.02), 0.8), sides=6)
