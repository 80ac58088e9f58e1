"""What stands in a cellar: barrels and crates, some with a light on them."""

from typing import Any

import numpy as np

from hdrbatch.scenes.kit.materials import wood
from hdrbatch.scenes.kit.shapes import Place, boxes, smoothed, turned
from hdrbatch.scenes.props.candles import candle, lantern
from hdrbatch.scenes.props.fruit import apple
from hdrbatch.scenes.props.furniture import WOODS, Finish


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
