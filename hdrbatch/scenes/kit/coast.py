"""The lie of water and land: lakes, harbours, canals and sea shores."""

from dataclasses import dataclass
from math import radians, tan

import numpy as np

from hdrbatch.scenes.kit.shapes import Floats
from hdrbatch.scenes.kit.terrain import FractalNoise, fractal_noise

KINDS = ("lake", "harbour", "canal", "shore")


@dataclass(frozen=True)
class Coast:
    """The lie of water and land; the camera is above the origin and looks along +y.

    The water's surface is at height 0.

    Parameters
    ----------
    kind : str
        Of `KINDS`.
    relief : FractalNoise
        Roughness of the land.
    near_m : float
        Where the near bank ends.
    far_m : float
        Where the far shore begins.
    side : int
        On which side (-1, 1) there is a quay, headland or the nearer bank.
    aside_m : float
        Distance of that side's bank at the camera.
    half_view_deg : float
        Half of the horizontal field of view.
    sun_elevation_deg : float
        Where the sun is: no hill may stand before it.
    """

    kind: str
    relief: FractalNoise
    near_m: float
    far_m: float
    side: int
    aside_m: float
    half_view_deg: float
    sun_elevation_deg: float

    def height(self, x: Floats, y: Floats) -> Floats:
        """Height of land, and of the bottom where it is below 0."""
        rough = self.relief(x, y)
        near = 0.14 * (self.near_m - y) + 0.5 * rough
        distance = np.hypot(x, y)
        if self.kind == "canal":
            result: Floats = 0 * near - 2.0
            return result
        ridge = 0.10 + 0.10 * self.relief(x * 0.12 + 300, y * 0.12)
        far = ridge * (distance - self.far_m * (1 + 0.25 * self.relief(x * 0.2, y * 0.2 + 90)))
        far = np.minimum(far, 0.45 * tan(radians(self.sun_elevation_deg)) * distance)
        # The bank aside runs out from the camera and comes nearer with distance: a bay.
        aside = self.aside_m + 0.12 * np.maximum(y, 0) * (1 + 0.6 * rough)
        bank = 0.16 * (self.side * x - aside) * (1.0 if self.kind != "harbour" else -1.0) + 0.6 * rough
        bank = np.minimum(bank, 2.5 + 0.05 * distance)
        result = np.maximum(np.maximum(np.minimum(near, 2.0), np.minimum(far, 90.0)), bank)
        if self.kind == "harbour":
            result = np.maximum(np.minimum(near, 1.2), np.minimum(far, 60.0))
        return np.clip(result, -2.5, None)

    def height_at(self, x: float, y: float) -> float:
        """Height of the land at one point."""
        return float(self.height(np.array([x]), np.array([y]))[0])


def plan_coast(half_view_deg: float, sun_elevation_deg: float, rng: np.random.Generator) -> Coast:
    """Draw a coast; `sun_elevation_deg` is the height of the sun over its hills."""
    kind = KINDS[int(rng.integers(len(KINDS)))]
    near, far, aside = {
        "lake": (rng.uniform(1.2, 4), rng.uniform(110, 420), rng.uniform(9, 22)),
        "harbour": (rng.uniform(0.5, 1.0), rng.uniform(250, 800), rng.uniform(7, 11)),
        "canal": (0.0, 0.0, rng.uniform(4.5, 8.0)),
        "shore": (rng.uniform(1.5, 5), rng.uniform(1500, 4000), rng.uniform(10, 30)),
    }[kind]
    return Coast(
        kind=kind,
        relief=fractal_noise(rng, float(rng.uniform(12, 30)), octaves=5),
        near_m=float(near),
        far_m=float(far),
        side=1 if rng.random() < 0.5 else -1,
        aside_m=float(aside),
        half_view_deg=half_view_deg,
        sun_elevation_deg=sun_elevation_deg,
    )
