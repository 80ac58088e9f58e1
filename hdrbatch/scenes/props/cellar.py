"""What stands in a cellar: barrels and crates, some with a light on them, and a table of bottles."""

from typing import Any

import numpy as np

from hdrbatch.scenes.kit.materials import masonry, pick, tinted, wood
from hdrbatch.scenes.kit.shapes import Place, boxes, smoothed, turned
from hdrbatch.scenes.props.candles import candle, candlestick, lantern
from hdrbatch.scenes.props.fruit import apple
from hdrbatch.scenes.props.furniture import WOODS, Finish, table
from hdrbatch.scenes.props.glassware import bottle
from hdrbatch.scenes.props.joinery import stool
from hdrbatch.scenes.props.rooms import Surfaces


def cellar_surfaces(rng: np.random.Generator) -> Surfaces:
    """Brick walls, a floor of tiles, planks for ceiling and door."""
    brick = pick(rng, ((0.28, 0.12, 0.07), (0.34, 0.30, 0.26), (0.42, 0.38, 0.32)))
    other = tinted(rng, (brick[0] * 0.65, brick[1] * 0.65, brick[2] * 0.65))
    walls = masonry("Cellar wall", (brick, other), (0.2, 0.19, 0.17), brick_m=(0.25, 0.08))
    planks = wood("Planks", *WOODS[int(rng.integers(3))])
    floor = masonry(
        "Cellar floor",
        (other, (0.12, 0.1, 0.09)),
        (0.05, 0.05, 0.05),
        brick_m=(0.24, 0.24),
        joint_m=0.01,
        roughness=0.5,
    )
    return Surfaces(walls, walls, planks, floor, planks)


def barrel_with(place: Place, rng: np.random.Generator, wax: Any, finish: Finish) -> None:
    """Barrel with a light on it, or nothing."""
    tall, belly = float(rng.uniform(0.75, 0.95)), float(rng.uniform(0.29, 0.34))
    staves = wood("Staves", *WOODS[int(rng.integers(3))], along="z")
    shape = smoothed([(belly * 0.82, 0.0), (belly, tall / 2), (belly * 0.82, tall)], 8)
    turned(
        place,
        [*shape, (belly * 0.76, tall), (belly * 0.76, tall - 0.04), (0.0, tall - 0.04)],
        staves,
        segments=32,
    )
    for share in (0.08, 0.28, 0.72, 0.92):
        wide = belly * (1 - 0.18 * (2 * share - 1) ** 2) + 0.006
        turned(place.at(0, 0, tall * share - 0.02), [(wide, 0.0), (wide, 0.04)], finish.dark, segments=32)
    top = place.at(0, 0, tall - 0.04)
    if rng.random() < 0.5:
        lantern(top, float(rng.uniform(0.26, 0.36)), wax, finish.dark)
    elif rng.random() < 0.6:
        for dx in (-0.1, 0.1):
            candle(top.at(dx, float(rng.uniform(-0.1, 0.1))), 0.03, float(rng.uniform(0.06, 0.18)), wax)


def crates(place: Place, rng: np.random.Generator, planks: Any, wax: Any, finish: Finish) -> None:
    """Open crates on each other, some with fruit or bottles."""
    level = 0.0
    for _ in range(int(rng.integers(1, 4))):
        wide, deep, tall = float(rng.uniform(0.5, 0.65)), 0.42, 0.3
        spot = place.at(float(rng.uniform(-0.05, 0.05)), 0.0, level, turn=float(rng.uniform(-0.12, 0.12)))
        slats = [
            ((0.0, sy * deep / 2, z), (wide, 0.015, 0.075)) for sy in (-1, 1) for z in (0.02, 0.115, 0.21)
        ]
        slats += [
            ((sx * wide / 2, 0.0, z), (0.015, deep, 0.075)) for sx in (-1, 1) for z in (0.02, 0.115, 0.21)
        ]
        slats += [
            ((sx * (wide / 2 - 0.02), sy * (deep / 2 - 0.02), 0.0), (0.03, 0.03, tall - 0.01))
            for sx in (-1, 1)
            for sy in (-1, 1)
        ]
        slats.append(((0.0, 0.0, 0.01), (wide, deep, 0.012)))
        boxes(spot, slats, planks, bevel=0.003)
        level += tall
    top = place.at(0, 0, level - 0.28)
    for i in range(5):
        apple(top.at((i - 2) * 0.1, float(rng.uniform(-0.1, 0.1)), 0.0), 0.08, rng)
    if rng.random() < 0.4:
        lantern(place.at(0.5, -0.1), 0.32, wax, finish.dark)


def cellar_table(middle: Place, wax: Any, finish: Finish, goods: np.random.Generator) -> None:
    """Table with bottles, a lantern and a candle, a stool before it."""
    top = table(middle, (1.2, 0.7, 0.74), finish)
    for dx in (-0.35, 0.0, 0.3):
        bottle(middle.at(dx, float(goods.uniform(-0.2, 0.2)), top), float(goods.uniform(0.26, 0.33)), goods)
    lantern(middle.at(0.17, 0.05, top), 0.3, wax, finish.dark)
    candlestick(middle.at(-0.15, -0.1, top), 0.1, wax, finish.metal, goods)
    stool(middle.at(0.1, -0.75), 0.45, finish)
