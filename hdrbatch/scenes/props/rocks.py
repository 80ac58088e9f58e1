"""Boulders: a ball cut by random planes, to be scaled and set down many times."""

from math import pi
from typing import Any

import numpy as np

from hdrbatch.scenes.kit.shapes import grid_mesh


def rock_mesh(rng: np.random.Generator) -> Any:
    """Ball of radius 1 cut by random planes and roughened."""
    rows, columns = 14, 24
    latitude = np.linspace(-pi / 2, pi / 2, rows)[:, None]
    longitude = np.linspace(0, 2 * pi, columns + 1)[None]
    ball = np.stack(
        [
            np.cos(latitude) * np.cos(longitude),
            np.cos(latitude) * np.sin(longitude),
            np.sin(latitude) + 0 * longitude,
        ],
        -1,
    )
    for _ in range(9):
        normal = rng.normal(size=3)
        normal /= np.linalg.norm(normal)
        over = np.maximum(ball @ normal - float(rng.uniform(0.55, 0.85)), 0)
        ball = ball - over[..., None] * normal
    return grid_mesh(ball)
