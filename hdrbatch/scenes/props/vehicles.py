"""Cars: a bevelled body, a cabin of dark glass, wheels and lamps."""

from typing import Any

import numpy as np

from hdrbatch.scenes.kit.materials import emitter, pick, plain
from hdrbatch.scenes.kit.photometry import CD_M2, scaled, temperature_color
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import Place, boxes, prism, put, turned_mesh

PAINTS: tuple[Color, ...] = (
    (0.45, 0.45, 0.46),
    (0.02, 0.02, 0.022),
    (0.30, 0.02, 0.02),
    (0.03, 0.06, 0.16),
    (0.60, 0.60, 0.58),
    (0.05, 0.12, 0.08),
    (0.45, 0.30, 0.05),
)
HEADLAMP_CD_M2 = 25000.0
TAILLAMP_CD_M2 = 800.0

_BODY = [
    (-2.10, 0.32), (2.08, 0.30), (2.15, 0.48), (2.12, 0.80), (1.90, 0.90), (0.95, 0.98),
    (-1.20, 0.98), (-1.30, 0.96), (-2.05, 0.76), (-2.16, 0.55),
]  # fmt: skip
_CABIN = [(-1.22, 0.95), (1.35, 0.95), (0.85, 1.42), (0.55, 1.46), (-0.40, 1.46), (-0.62, 1.40)]
_ROOF = [(0.86, 1.40), (0.57, 1.475), (-0.42, 1.475), (-0.66, 1.39), (-0.42, 1.44), (0.55, 1.44)]


def car(place: Place, rng: np.random.Generator, *, lamps: bool) -> None:
    """Car that faces -y, with its lamps lit or dark."""
    paint = plain("Car paint", pick(rng, PAINTS), 0.3, coat=1.0)
    glass = plain("Car glass", (0.008, 0.010, 0.010), 0.03)
    dark = plain("Tyre", (0.012, 0.012, 0.012), 0.75)
    prism(place, _BODY, 1.78, paint, bevel=0.07)
    prism(place, _CABIN, 1.50, glass, bevel=0.05)
    prism(place, _ROOF, 1.46, paint, bevel=0.02)
    pillars = [((sx * 0.745, y, 0.95), (0.03, 0.07, 0.49)) for sx in (-1, 1) for y in (-0.42, 0.22, 0.72)]
    boxes(place, pillars, paint, bevel=0.008)
    _wheels(place, dark)
    head: Any = plain("Headlamp", (0.5, 0.5, 0.5), 0.08)
    tail: Any = plain("Tail lamp", (0.15, 0.005, 0.005), 0.15)
    if lamps:
        head = emitter(
            "Headlamp lit", scaled(temperature_color(4800.0), HEADLAMP_CD_M2 * CD_M2), sampled=True
        )
        tail = emitter("Tail lamp lit", (TAILLAMP_CD_M2 * CD_M2 / 0.25, 0.004, 0.002), sampled=True)
    boxes(place, [((sx * 0.66, -2.10, 0.60), (0.24, 0.09, 0.10)) for sx in (-1, 1)], head, bevel=0.0)
    boxes(place, [((sx * 0.68, 2.10, 0.66), (0.30, 0.07, 0.10)) for sx in (-1, 1)], tail, bevel=0.0)
    boxes(
        place, [((0, -2.12, 0.34), (1.5, 0.08, 0.10)), ((0, 2.12, 0.34), (1.5, 0.08, 0.12))], dark, bevel=0.02
    )


def _wheels(place: Place, tyre: Any) -> None:
    rim = plain("Rim", (0.6, 0.6, 0.62), 0.25, metallic=1.0)
    outer = turned_mesh(
        [(0.0, -0.10), (0.27, -0.11), (0.33, -0.08), (0.33, 0.08), (0.27, 0.11), (0.0, 0.10)], 24
    )
    inner = turned_mesh([(0.20, -0.125), (0.06, -0.10), (0.0, -0.11)], 16)
    for sx in (-1, 1):
        for y in (-1.32, 1.30):
            hub = place.at(sx * 0.80, y, 0.33)
            put(outer, hub.tilted(roll=np.pi / 2), tyre)
            put(inner, hub.tilted(roll=sx * np.pi / 2), rim)
