"""Ground as a height over the plane, from fractal value noise."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from hdrbatch.scenes.kit.shapes import Floats, grid_mesh


@dataclass(frozen=True)
class FractalNoise:
    """Smooth random function of the plane: octaves of value noise, each finer and lower than the last.

    Parameters
    ----------
    lattice : (N, N) float64
        Random values in [-1, 1], repeated over the plane.
    period_m : float
        Size of the largest features.
    octaves : int
        How many sizes there are, each half the one before.
    """

    lattice: Floats
    period_m: float
    octaves: int

    def __call__(self, x: Floats, y: Floats) -> Floats:
        """Noise at points, about [-1, 1]."""
        total = np.zeros(np.broadcast_shapes(np.shape(x), np.shape(y)))
        weight, norm, period = 1.0, 0.0, self.period_m
        for octave in range(self.octaves):
            # Shifted, or the octaves' lattices would meet at the origin and show it.
            total += weight * self._value(x / period + 17.3 * octave, y / period + 5.1 * octave)
            norm += weight
            weight, period = weight * 0.5, period * 0.5
        return total / norm

    def _value(self, u: Floats, v: Floats) -> Floats:
        size = len(self.lattice)
        column, row = np.floor(u).astype(int), np.floor(v).astype(int)
        s, t = u - column, v - row
        s, t = s * s * (3 - 2 * s), t * t * (3 - 2 * t)
        left, right = column % size, (column + 1) % size
        low, high = row % size, (row + 1) % size
        near = self.lattice[low, left] * (1 - s) + self.lattice[low, right] * s
        far = self.lattice[high, left] * (1 - s) + self.lattice[high, right] * s
        result: Floats = near * (1 - t) + far * t
        return result


def fractal_noise(rng: np.random.Generator, period_m: float, octaves: int = 5) -> FractalNoise:
    """Noise function drawn from a generator."""
    return FractalNoise(rng.uniform(-1, 1, (64, 64)), period_m, octaves)


def ground_mesh(height: Any, nearest_m: float, farthest_m: float, num_rings: int, num_sectors: int) -> Any:
    """Mesh of a ground around the origin, finer near it, so that every pixel sees quads of about equal size.

    Parameters
    ----------
    height : callable
        Height in metres at arrays of x and y.
    nearest_m, farthest_m : float
        Radii of the first and the last ring; within the first the ground is flat.
    num_rings, num_sectors : int
        How many quads outwards and around.

    Returns
    -------
    bpy.types.Mesh
    """
    radius = np.geomspace(nearest_m, farthest_m, num_rings)
    radius[0] = 0.0
    angle = np.linspace(2 * np.pi, 0, num_sectors + 1)
    x, y = radius[:, None] * np.cos(angle), radius[:, None] * np.sin(angle)
    return grid_mesh(np.stack([x, y, height(x, y)], -1))
