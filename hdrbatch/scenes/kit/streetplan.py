"""The plan of a street by day: lanes, streets, boulevards and quays."""

from dataclasses import dataclass

import numpy as np

PLANS = ("lane", "street", "boulevard", "quay")


VIEWS = ("open", "open", "open", "gateway", "gateway", "arcade")


@dataclass(frozen=True)
class Plan:
    """Plan of a street along +y, its middle at x 0; the camera is near y 0.

    Parameters
    ----------
    kind : str
        Of `PLANS`; a quay has houses on one side and a river on the other.
    road, pavement : float
        Widths of the roadway, 0 in a lane, and of each pavement.
    length : float
        Where the street ends.
    storeys : (2,) tuple of int
        Fewest and most storeys of its houses.
    arcade_side : int
        Side (-1, 1) whose houses stand on arcades, or 0.
    open_side : int
        Side (-1, 1) of a quay without houses, or 0.
    is_closed : bool
        Whether a house stands across its end.
    wetness : float
        Share of the roadway under puddles after a shower; negative if it is dry.
    view : str
        Place of the camera, one of `VIEWS`.
    """

    kind: str
    road: float
    pavement: float
    length: float
    storeys: tuple[int, int]
    arcade_side: int
    open_side: int
    is_closed: bool
    wetness: float
    view: str

    @property
    def front(self) -> float:
        """Distance of the house fronts from the middle of the street."""
        return self.road / 2 + self.pavement


def plan_street(rng: np.random.Generator) -> Plan:
    """Draw the plan of a street."""
    kind = PLANS[int(rng.integers(len(PLANS)))]
    side = 1 if rng.random() < 0.5 else -1
    view = VIEWS[int(rng.integers(len(VIEWS)))]
    has_arcade = view == "arcade" or bool(rng.random() < 0.35)
    is_closed = bool(rng.random() < 0.45)
    road, pavement, storeys = {
        "lane": (0.0, float(rng.uniform(1.9, 3.2)), (2, 4)),
        "street": (float(rng.uniform(6.0, 8.0)), float(rng.uniform(2.2, 3.2)), (2, 5)),
        "boulevard": (float(rng.uniform(9.0, 12.0)), float(rng.uniform(5.0, 7.0)), (3, 5)),
        "quay": (float(rng.uniform(6.0, 8.0)), float(rng.uniform(3.0, 4.5)), (2, 4)),
    }[kind]
    return Plan(
        kind=kind,
        road=road,
        pavement=pavement,
        length=float(rng.uniform(40, 75)),
        storeys=storeys,
        arcade_side=side if has_arcade else 0,
        open_side=(side if not has_arcade else -side) if kind == "quay" else 0,
        is_closed=is_closed,
        wetness=float(rng.uniform(-0.6, 0.7)),
        view=view,
    )


KERB_M = 0.13
