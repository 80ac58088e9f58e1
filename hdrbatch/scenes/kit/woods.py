"""The plan of a wood: its kind and season, its ground, path, clearing, pool and hut."""

from dataclasses import dataclass
from math import cos, hypot, radians, sin

import numpy as np

from hdrbatch.scenes.kit.shapes import Floats
from hdrbatch.scenes.kit.terrain import FractalNoise, fractal_noise

WOODS = {
    "beech": ("beech", "beech", "beech"),
    "birch": ("birch", "birch", "spruce"),
    "pine": ("pine", "pine", "birch"),
    "spruce": ("spruce", "spruce", "spruce"),
    "mixed": ("oak", "birch", "spruce"),
    "oak": ("oak", "oak", "beech"),
}


@dataclass(frozen=True)
class Wood:
    """Plan of a wood. The camera is above the origin and looks along +y.

    Parameters
    ----------
    kind, season : str
        Of `WOODS`; `"winter"` has snow and bare branches.
    relief : FractalNoise
        Hollows and banks.
    relief_m, slope : float
        Their height, and how the ground rises to the right.
    path : (half width, swing, period, aside) or None
        Of a winding path, in metres.
    glade : (x, y, radius) or None
        A clearing, open to the sun.
    pool : (x, y, radius) or None
        Still water.
    hut : (x, y) or None
        Where a hut stands.
    ride_deg : float or None
        Azimuth of a lane without trees, through which the sun shines in.
    spacing_m : float
        Least distance of two trunks.
    """

    kind: str
    season: str
    relief: FractalNoise
    relief_m: float
    slope: float
    path: tuple[float, float, float, float] | None
    glade: tuple[float, float, float] | None
    pool: tuple[float, float, float] | None
    hut: tuple[float, float] | None
    ride_deg: float | None
    spacing_m: float

    def height(self, x: Floats, y: Floats) -> Floats:
        """Height of the ground; it rises far off, as a wood closes the view."""
        distance = np.hypot(x, y)
        origin = self.relief(np.zeros(1), np.zeros(1))
        ground: Floats = (self.relief(x, y) - origin) * self.relief_m * np.clip(distance / 12, 0.1, 1)
        ground = ground + self.slope * x + 0.2 * np.maximum(distance - 42, 0)
        if self.pool is None:
            return ground
        cx, cy, radius = self.pool
        inside = np.hypot(x - cx, (y - cy) / 0.7) / radius + 0.25 * self.relief(x * 6, y * 6)
        basin = np.clip((1.3 - inside) / 0.4, 0, 1)
        result: Floats = ground * (1 - basin) + (self.water_level - 0.25) * basin
        return result

    @property
    def water_level(self) -> float:
        """Height of the pool."""
        return -0.22

    def height_at(self, x: float, y: float) -> float:
        """Height of the ground at one point."""
        return float(self.height(np.array([x]), np.array([y]))[0])

    def path_x(self, y: Floats) -> Floats:
        """Middle of the path at a distance."""
        assert self.path is not None
        _, swing, period, aside = self.path
        result: Floats = aside + swing * (np.sin(y / period + aside) - np.sin(aside))
        return result

    def is_path(self, x: float, y: float, margin: float) -> bool:
        """Whether a point is on the path, within a margin of it, or in the pool."""
        if self.pool is not None and hypot(x - self.pool[0], (y - self.pool[1]) / 0.7) < 1.25 * self.pool[2]:
            return True
        return self.path is not None and abs(x - float(self.path_x(np.array([y]))[0])) < self.path[0] + margin

    def is_open(self, x: float, y: float) -> bool:
        """Whether a point is in the clearing or the ride, or too near or before the hut."""
        if self.hut is not None:
            u, v = self.hut
            before = y < v and abs(x - u * y / v) < 0.3 + 0.12 * y
            if before or hypot(x - u, y - v) < 3.2:
                return True
        if self.ride_deg is not None:
            along = x * sin(radians(self.ride_deg)) + y * cos(radians(self.ride_deg))
            if along > 9 and abs(x * cos(radians(self.ride_deg)) - y * sin(radians(self.ride_deg))) < 2.8:
                return True
        return self.glade is not None and hypot(x - self.glade[0], y - self.glade[1]) < self.glade[2]


def plan_wood(half_view_deg: float, sun_azimuth_deg: float, rng: np.random.Generator) -> Wood:
    """Draw the plan of a wood; the azimuth of the sun is where a pool and a ride lie."""
    kind = str(rng.choice(sorted(WOODS)))
    seasons = ["summer", "summer", "spring", "autumn", "winter"]
    season = seasons[int(rng.integers(len(seasons)))]
    path = None
    if rng.random() < 0.6:
        path = (
            float(rng.uniform(0.5, 1.1)),
            float(rng.uniform(1.0, 3.5)),
            float(rng.uniform(7, 14)),
            float(rng.uniform(-1.2, 1.2)),
        )
    glade = None
    if rng.random() < 0.65:
        far = float(rng.uniform(17, 30))
        glade = (float(rng.uniform(-0.3, 0.3)) * far, far, float(rng.uniform(0.28, 0.48)) * far)
    pool = hut_at = None
    if season != "winter" and rng.random() < 0.5:
        # Towards the sun, where it glitters.
        far, angle = float(rng.uniform(5.0, 10.0)), radians(sun_azimuth_deg) * 0.8
        pool = (far * sin(angle), far * cos(angle), float(rng.uniform(0.3, 0.42)) * far)
    if rng.random() < 0.55:
        far, angle = float(rng.uniform(8.0, 18.0)), radians(half_view_deg) * float(rng.uniform(-0.7, 0.7))
        hut_at = (far * sin(angle), far * cos(angle))
    spacing = float(rng.uniform(2.2, 3.6)) * (0.85 if kind in ("birch", "spruce") else 1.1)
    return Wood(
        kind=kind,
        season=season,
        relief=fractal_noise(rng, float(rng.uniform(9, 20)), octaves=4),
        relief_m=float(rng.uniform(0.3, 1.6)),
        slope=float(rng.uniform(-0.12, 0.12)),
        path=path,
        glade=glade,
        pool=pool,
        hut=hut_at,
        ride_deg=sun_azimuth_deg if rng.random() < 0.65 else None,
        spacing_m=spacing,
    )


def spots_around(
    rng: np.random.Generator, tries: int, half_view_deg: float, distances: tuple[float, float]
) -> list[tuple[float, float]]:
    """Draw spots ahead of the camera, evenly over the ground between two distances and past the view."""
    near, far = distances
    shares, turns = rng.random((2, tries))
    distance = np.sqrt(near**2 + (far**2 - near**2) * shares)
    angle = np.radians((2 * turns - 1) * 1.2 * half_view_deg)
    return list(zip((distance * np.sin(angle)).tolist(), (distance * np.cos(angle)).tolist(), strict=True))
