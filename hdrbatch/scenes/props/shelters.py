"""Huts, boat houses and sheds: one dark room under a roof, its door open."""

from math import cos, tan
from typing import Any

from hdrbatch.scenes.kit.shapes import Place, box, boxes, prism

WALL_M = 0.16


def shelter(
    place: Place,
    size: tuple[float, float, float],
    door: tuple[float, float, float],
    pitch: float,
    materials: tuple[Any, Any, Any],
) -> None:
    """Shelter whose open door faces -y.

    Parameters
    ----------
    place : Place
        Middle of its floor.
    size : (3,) tuple of float
        Width, depth and height of the eaves in metres.
    door : (3,) tuple of float
        Width and height of the doorway, and its middle aside of the shelter's.
    pitch : float
        Slope of the roof in radians; its ridge runs along x.
    materials : (3,) tuple
        Of walls, roof and the inside.
    """
    width, depth, eaves = size
    wide, high, at = door
    walls, roof, inside = materials
    left, right = at - wide / 2 + width / 2, width / 2 - at - wide / 2
    for thick, grow, material in ((WALL_M, 0.0, walls), (0.03, -0.1, inside)):
        front, side = -depth / 2 - grow, width / 2 + grow
        parts = [
            ((-width / 2 + left / 2, front, 0), (left, thick, eaves)),
            ((width / 2 - right / 2, front, 0), (right, thick, eaves)),
            ((at, front, high), (wide, thick, eaves - high)),
            ((0, -front, 0), (width, thick, eaves)),
            ((-side, 0, 0), (thick, depth, eaves)),
            ((side, 0, 0), (thick, depth, eaves)),
        ]
        boxes(place, parts, material, bevel=0.015)
    floor_and_ceiling = [((0, 0, z), (width, depth, 0.03)) for z in (0.01, eaves - 0.04)]
    boxes(place, floor_and_ceiling, inside, bevel=0.0)
    ridge = depth / 2 * tan(pitch)
    gable = [(-depth / 2 - 0.05, eaves), (depth / 2 + 0.05, eaves), (0.0, eaves + ridge)]
    prism(place, gable, width + 0.1, walls)
    run = depth / 2 / cos(pitch) + 0.5
    for sign in (-1, 1):
        middle = place.at(0, sign * (depth / 4 + 0.14), eaves + ridge / 2 - 0.1)
        box(middle.tilted(-sign * pitch), (width + 0.8, run, 0.1), roof, bevel=0.02)
