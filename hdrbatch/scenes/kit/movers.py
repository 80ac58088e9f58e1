"""Objects that could move, and how fast: marked by families, used if the scene is a moving one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy

VELOCITY = "hdrbatch_velocity_m_s"
SPIN = "hdrbatch_spin_rad_s"


@contextmanager
def moves(velocity_m_s: tuple[float, float, float], spin_rad_s: float = 0.0) -> Iterator[None]:
    """Mark every object that is made in the block, lamps included, as one that could move.

    In a still scene it stands where it was put. In a moving one that is where it is at the moment of the
    reference, and it passes there with this velocity.

    Parameters
    ----------
    velocity_m_s : (3,) tuple of float
        In the scene's axes, z up.
    spin_rad_s : float
        Turn about the object's own vertical axis, for things that are one object.
    """
    before = set(bpy.context.scene.objects)
    yield
    for thing in set(bpy.context.scene.objects) - before:
        thing[VELOCITY] = list(velocity_m_s)
        thing[SPIN] = spin_rad_s


def movers() -> list[Any]:
    """Objects of the open scene that could move, in the order of their names."""
    return sorted((thing for thing in bpy.context.scene.objects if VELOCITY in thing), key=lambda t: t.name)
