"""What stands in a chapel: columns with ribs, an altar with a gilded panel, a rack of small candles, pews."""

from math import pi
from typing import Any

import numpy as np

from hdrbatch.scenes.kit.materials import masonry, mottled, patterned, pick, tinted
from hdrbatch.scenes.kit.shapes import Place, box, boxes, tube, turned
from hdrbatch.scenes.props.candles import candelabra, candle, candlestick, tealight
from hdrbatch.scenes.props.furniture import CLOTHS, Finish
from hdrbatch.scenes.props.rooms import Room


def chapel_stones(rng: np.random.Generator) -> tuple[Any, Any]:
    """Ashlar of walls and vault, and slabs of the floor."""
    grey = pick(rng, ((0.42, 0.38, 0.32), (0.30, 0.30, 0.30), (0.40, 0.28, 0.2), (0.55, 0.52, 0.46)))
    dark = tinted(rng, (grey[0] * 0.75, grey[1] * 0.75, grey[2] * 0.75), 0.08)
    ashlar = masonry(
        "Ashlar",
        (grey, dark),
        (grey[0] * 0.6, grey[1] * 0.6, grey[2] * 0.6),
        brick_m=(0.55, 0.28),
        joint_m=0.008,
    )
    slabs = masonry(
        "Slabs",
        (dark, (dark[0] * 0.7, dark[1] * 0.7, dark[2] * 0.7)),
        (0.06, 0.06, 0.06),
        brick_m=(0.6, 0.6),
        joint_m=0.008,
        roughness=0.3,
    )
    return ashlar, slabs


def columns(room: Room, stone: Any, rng: np.random.Generator) -> None:
    """Columns along both walls, arches of ribs between them."""
    radius, tall = float(rng.uniform(0.13, 0.2)), room.height * 0.62
    shape = [
        (1.5, 0.0),
        (1.5, 0.12),
        (1.05, 0.2),
        (1.0, 0.3),
        (0.95, tall - 0.25),
        (1.1, tall - 0.2),
        (1.45, tall - 0.05),
        (1.5, tall),
        (0.0, tall),
    ]
    arch = np.linspace(0, pi, 15)
    half = room.width / 2 - 0.3
    for y in np.arange(room.depth / 2 - 1.7, -room.depth / 2, -2.2).tolist():
        for end in (-1, 1):
            turned(Place(end * half, y), [(r * radius, z) for r, z in shape], stone, segments=28)
        ribs = np.stack(
            [half * np.cos(arch), 0 * arch, tall + (room.height - tall - 0.06) * np.sin(arch)], -1
        )
        tube(Place(0.0, y), ribs, 0.1, stone, sides=8)


def altar(
    foot: Place, wall: Place, stones: tuple[Any, Any], wax: Any, finish: Finish, goods: np.random.Generator
) -> None:
    """Decked block on steps with many candles, and a gilded panel on the wall behind it."""
    ashlar, slabs = stones
    num_steps = int(goods.integers(1, 4))
    for i in range(num_steps):
        box(foot.at(0, 0.1, 0.14 * i), (3.0 - 0.5 * i, 2.0 - 0.45 * i, 0.14), slabs, bevel=0.012)
    base = 0.14 * num_steps
    wide = float(goods.uniform(1.4, 2.0))
    box(foot.at(0, 0.2, base), (wide, 0.7, 0.92), ashlar, bevel=0.02)
    cloth = patterned("Altar cloth", tuple(pick(goods, CLOTHS, 0.3) for _ in range(4)), "bands", 8.0)
    box(foot.at(0, 0.2, base + 0.92), (wide + 0.1, 0.78, 0.03), finish.wood, bevel=0.008)
    box(foot.at(0, -0.16, base + 0.32), (wide * 0.45, 0.012, 0.6), cloth, bevel=0.004)
    top = base + 0.95
    _retable(wall, wide, top, goods)
    for x in np.linspace(-0.45, 0.45, int(goods.integers(4, 9))).tolist():
        spot = foot.at(x * wide, 0.2 + float(goods.uniform(-0.15, 0.15)), top)
        if goods.random() < 0.5:
            candlestick(spot, float(goods.uniform(0.15, 0.4)), wax, finish.metal, goods)
        else:
            candle(spot, float(goods.uniform(0.025, 0.045)), float(goods.uniform(0.1, 0.35)), wax)
    for end in (-1, 1):
        candelabra(
            foot.at(end * (wide / 2 + 0.45), -0.1, base),
            float(goods.uniform(1.1, 1.4)),
            4,
            wax,
            finish.metal,
            goods,
        )


def _retable(wall: Place, wide: float, top: float, rng: np.random.Generator) -> None:
    """Gilded panel behind the altar."""
    gold = mottled(
        "Gilding", (0.45, 0.26, 0.07), (0.85, 0.58, 0.22), scale=30, roughness=(0.15, 0.45), metallic=1.0
    )
    tall = float(rng.uniform(0.9, 1.5))
    num = int(rng.choice([1, 3]))
    for i in range(num):
        span = wide / num
        x, high = (i - (num - 1) / 2) * span, tall * (1.0 if num == 1 or i == 1 else 0.75)
        box(wall.at(x, -0.05, top + 0.05), (span - 0.02, 0.06, high), gold, bevel=0.012)
        palette = tuple(pick(rng, CLOTHS, 0.4) for _ in range(5))
        canvas = patterned("Panel", palette, ("rings", "marble")[int(rng.integers(2))], 3.0)
        box(wall.at(x, -0.085, top + 0.12), (span - 0.16, 0.012, high - 0.14), canvas, bevel=0.0)


def votive_rack(place: Place, wax: Any, finish: Finish, rng: np.random.Generator) -> None:
    """Stepped stand of iron with small candles."""
    for row in range(3):
        y, z = 0.14 * row, 0.75 + 0.13 * row
        box(place.at(0, y, z), (0.9, 0.1, 0.012), finish.dark, bevel=0.002)
        for i in range(6):
            if rng.random() < 0.6:
                tealight(place.at(-0.38 + 0.152 * i, y, z + 0.012), (0.6, 0.06, 0.05), wax)
    legs = [
        ((sx * 0.42, dy, 0.0), (0.025, 0.025, 0.75 + 0.13 * row))
        for sx in (-1, 1)
        for row, dy in ((0, 0.0), (2, 0.28))
    ]
    boxes(place, legs, finish.dark, bevel=0.003)


def bench(place: Place, finish: Finish) -> None:
    """Pew that faces +y."""
    wide = 1.5
    boxes(
        place,
        [
            ((0.0, 0.0, 0.42), (wide, 0.38, 0.04)),
            ((0.0, -0.2, 0.42), (wide, 0.03, 0.45)),
            ((-wide / 2, 0.0, 0.0), (0.05, 0.46, 0.75)),
            ((wide / 2, 0.0, 0.0), (0.05, 0.46, 0.75)),
        ],
        finish.wood,
        bevel=0.01,
    )
