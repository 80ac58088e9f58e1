"""The plan of a corridor: its kind, its measures, its bays and its exit."""

from dataclasses import dataclass
from math import pi

import numpy as np

from hdrbatch.scenes.kit.shapes import Place

KINDS = ("hospital", "school", "office", "underpass", "gallery", "tunnel")
BUILDINGS = ("hospital", "school", "office")


@dataclass(frozen=True)
class Corridor:
    """Measures of a corridor along +y that ends with its exit at y 0; its floor is at z 0, its middle at x 0.

    Parameters
    ----------
    kind : str
        Of `KINDS`.
    spring : float
        Height at which the ceiling begins to curve; `height` if it is flat.
    bay : float
        Distance of doors, arches or lamps.
    arcade : int
        Side that is open in arches: -1, 1, or 0 for none.
    """

    kind: str
    width: float
    height: float
    length: float
    spring: float
    bay: float
    arcade: int
    exit_width: float
    exit_top: float

    def wall(self, side: int, y: float) -> Place:
        """Foot of a wall, facing into the corridor."""
        return Place(side * self.width / 2, y, heading=-side * pi / 2)

    def bays(self) -> list[float]:
        """Middles of the bays, from the exit on."""
        count = int(self.length / self.bay)
        return [-(i + 0.5) * self.bay for i in range(count)]


def plan_corridor(rng: np.random.Generator) -> Corridor:
    """Draw the plan of a corridor."""
    kind = KINDS[int(rng.integers(len(KINDS)))]
    width, height = {
        "hospital": (float(rng.uniform(2.2, 3.0)), float(rng.uniform(2.5, 2.9))),
        "school": (float(rng.uniform(2.6, 3.8)), float(rng.uniform(2.9, 3.6))),
        "office": (float(rng.uniform(2.2, 3.0)), float(rng.uniform(2.4, 2.8))),
        "underpass": (float(rng.uniform(3.2, 5.0)), float(rng.uniform(2.8, 3.8))),
        "gallery": (float(rng.uniform(2.8, 4.2)), float(rng.uniform(3.6, 5.2))),
        "tunnel": (float(rng.uniform(3.2, 5.0)), float(rng.uniform(3.2, 4.4))),
    }[kind]
    vaulted = kind in ("gallery", "tunnel") or (kind == "underpass" and rng.random() < 0.7)
    spring = height - min(width / 2, float(rng.uniform(0.9, 1.9))) if vaulted else height
    house = kind in BUILDINGS
    return Corridor(
        kind=kind,
        width=width,
        height=height,
        length=float(rng.uniform(14, 26) if house else rng.uniform(18, 36)),
        spring=spring,
        bay=float(rng.uniform(2.6, 3.6)),
        arcade=(1 if rng.random() < 0.5 else -1) if kind == "gallery" and rng.random() < 0.5 else 0,
        exit_width=width * float(rng.uniform(0.5, 0.8)) if house else width,
        exit_top=min(height - 0.2, float(rng.uniform(2.1, 2.5))) if house else height,
    )
