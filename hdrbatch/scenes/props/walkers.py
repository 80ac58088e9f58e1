"""People at a distance: a walking figure in a coat or jacket, made of tubes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from hdrbatch.scenes.kit.materials import pick, plain
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import Floats, Place, mesh_data, put, tube_arrays

CLOTHES: tuple[Color, ...] = (
    (0.02, 0.02, 0.025),
    (0.05, 0.06, 0.10),
    (0.30, 0.05, 0.04),
    (0.35, 0.30, 0.22),
    (0.10, 0.13, 0.08),
    (0.55, 0.54, 0.50),
    (0.45, 0.25, 0.05),
)
SKINS: tuple[Color, ...] = ((0.45, 0.28, 0.20), (0.25, 0.14, 0.09), (0.10, 0.055, 0.035))


def walker(place: Place, rng: np.random.Generator) -> None:
    """Person who walks towards -y, at some moment of a step."""
    size = float(rng.uniform(0.92, 1.06))
    stride = float(rng.uniform(0.12, 0.3)) * (1 if rng.random() < 0.5 else -1)
    coat = float(rng.uniform(0.48, 0.9))
    jacket, trousers = plain("Jacket", pick(rng, CLOTHES), 0.8), plain("Trousers", pick(rng, CLOTHES), 0.85)
    skin, hair = plain("Skin", pick(rng, SKINS), 0.5), plain("Hair", (0.02, 0.014, 0.01), 0.6)
    shoes = plain("Shoes", (0.01, 0.009, 0.008), 0.4)
    body = [(0, 0.01, coat), (0, 0, 0.98), (0, 0, 1.12), (0, 0.01, 1.3), (0, 0.015, 1.41), (0, 0.01, 1.47)]
    # A coat hangs wide below the hips, a jacket ends on them.
    _limb(
        place,
        body,
        [0.15 if coat > 0.75 else 0.18, 0.15, 0.135, 0.155, 0.14, 0.07],
        (1.2, 0.75),
        size,
        jacket,
    )
    for side in (-1, 1):
        step = side * stride
        knee = -step * 0.55 - 0.035
        leg = [(side * 0.085, 0, 0.94), (side * 0.085, knee * 0.5, 0.72), (side * 0.08, knee, 0.49)]
        leg += [(side * 0.08, -step * 0.75 + 0.01, 0.33), (side * 0.08, -step, 0.08)]
        _limb(place, leg, [0.09, 0.082, 0.064, 0.06, 0.055], (1, 1.05), size, trousers)
        foot = [(side * 0.085, -step + 0.085, 0.05), (side * 0.085, -step + 0.01, 0.05)]
        foot += [(side * 0.09, -step - 0.12, 0.035), (side * 0.09, -step - 0.175, 0.028)]
        _limb(place, foot, [0.03, 0.045, 0.038, 0.018], (1, 1), size, shoes)
        arm = [
            (side * 0.125, 0.01, 1.435),
            (side * 0.185, 0.01, 1.40),
            (side * 0.215, step * 0.15 + 0.01, 1.27),
        ]
        arm += [(side * 0.23, step * 0.5 + 0.02, 1.12), (side * 0.215, step - 0.07, 0.9)]
        _limb(place, arm, [0.035, 0.06, 0.054, 0.046, 0.036], (1, 1), size, jacket)
        hand = [(side * 0.215, step - 0.065, 0.915), (side * 0.212, step - 0.09, 0.86)]
        hand += [(side * 0.205, step - 0.115, 0.79), (side * 0.2, step - 0.12, 0.765)]
        _limb(place, hand, [0.024, 0.034, 0.026, 0.006], (0.8, 1.15), size, skin)
    head = [
        (0, 0.01, 1.43),
        (0, 0.0, 1.515),
        (0, -0.02, 1.555),
        (0, -0.02, 1.64),
        (0, -0.01, 1.71),
        (0, 0, 1.755),
    ]
    _limb(place, head, [0.058, 0.05, 0.062, 0.077, 0.07, 0.015], (0.95, 1.2), size, skin)
    cap = [(0, 0.03, 1.57), (0, 0.025, 1.63), (0, 0.012, 1.70), (0, 0.005, 1.745), (0, 0.0, 1.77)]
    _limb(place, cap, [0.055, 0.075, 0.08, 0.058, 0.008], (1.0, 1.15), size, hair)


def _limb(
    place: Place,
    path: Sequence[tuple[float, float, float]],
    radii: list[float],
    flatten: tuple[float, float],
    size: float,
    material: Any,
) -> None:
    """Tube on a curve through the points of a path, flattened across it."""
    knots = np.column_stack([np.array(path, float), radii])
    rings = np.array([*_between(knots), knots[-1]])
    points = rings[:, :3]
    vertices, faces = tube_arrays(points, rings[:, 3], 12)
    axes = points.repeat(12, axis=0)
    vertices = axes + (vertices - axes) * [flatten[0], flatten[1], 1.0]
    put(mesh_data(vertices * size, faces, smooth=True, name="figure"), place, material)


def _between(knots: Floats) -> list[Floats]:
    """Three points to each span of a curve through knots (Catmull-Rom), the last knot left out."""
    padded = np.concatenate([knots[:1], knots, knots[-1:]])
    result = []
    for before, start, end, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        square, cube = 2 * before - 5 * start + 4 * end - after, 3 * (start - end) - before + after
        result += [
            start + ((end - before) * t + square * t**2 + cube * t**3) / 2 for t in (0.0, 1 / 3, 2 / 3)
        ]
    return result
