"""The plan of a car park or a workshop: its measures, its door, its columns."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Hall:
    """Measures of a hall: floor at z 0, camera near the wall at -y, door in that at +y.

    Parameters
    ----------
    kind : str
        `"car park"` or `"workshop"`.
    door_x, door_width, door_top, door_open : float
        Middle, width and height of the door, and the height up to which it stands open.
    """

    kind: str
    width: float
    depth: float
    height: float
    bay: float
    door_x: float
    door_width: float
    door_top: float
    door_open: float

    @property
    def columns(self) -> list[tuple[float, float]]:
        """Middles of the columns."""
        if self.kind == "workshop":
            return []
        xs = (-self.width / 2 + 5.6, self.width / 2 - 5.6)
        return [(x, y) for x in xs for y in np.arange(-self.depth / 2 + 5.2, self.depth / 2, 7.5).tolist()]


def plan_hall(rng: np.random.Generator) -> Hall:
    """Draw the plan of a hall."""
    park = rng.random() < 0.5
    width = float(rng.uniform(15.5, 18.5) if park else rng.uniform(7, 11))
    door_width = float(rng.uniform(3.2, 5.5) if park else rng.uniform(2.8, 3.8))
    top = float(rng.uniform(2.2, 2.5) if park else rng.uniform(2.6, 3.3))
    reach = (width - door_width) / 2 - 0.8
    return Hall(
        kind="car park" if park else "workshop",
        width=width,
        depth=float(rng.uniform(22, 34) if park else rng.uniform(8, 12)),
        height=float(rng.uniform(2.6, 3.1) if park else rng.uniform(3.3, 4.6)),
        bay=2.5,
        door_x=float(rng.uniform(-0.25, 0.25)) * width if park else float(rng.uniform(-reach, reach)),
        door_width=door_width,
        door_top=top,
        door_open=top if park else top * float(rng.choice([0.35, 0.6, 1.0])),
    )
