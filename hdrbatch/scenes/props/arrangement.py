"""What stands on tables: kinds of things with the room that each needs, and their arrangement."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import hypot, pi
from typing import Any

import numpy as np

from hdrbatch.scenes.kit.shapes import Place
from hdrbatch.scenes.props import fruit, glassware, tableware, tools

Make = Callable[[Place, float, np.random.Generator], Any]


@dataclass(frozen=True)
class Prop:
    """Kind of thing.

    Parameters
    ----------
    name : str
        For a scene's facts.
    make : callable
        Builds it at a place in a size (a height, length or radius, as the function says).
    sizes_m : (2,) tuple of float
        Smallest and largest size.
    reach : float
        Radius of the room that it needs, as a share of its size.
    rise : float
        Height, as a share of its size.
    lies_along : bool
        Whether it is long or has a front, and so is turned to show its side.
    """

    name: str
    make: Make
    sizes_m: tuple[float, float]
    reach: float
    rise: float
    lies_along: bool = False


GLASS = (
    Prop("bottle", glassware.bottle, (0.17, 0.31), 0.22, 1.0),
    Prop("stemware", glassware.stemware, (0.15, 0.23), 0.28, 1.0),
    Prop("tumbler", glassware.tumbler, (0.08, 0.14), 0.42, 1.0),
    Prop("jar", glassware.jar, (0.11, 0.19), 0.38, 1.0),
    Prop("glass ball", glassware.glass_ball, (0.025, 0.05), 1.1, 2.0),
)
CERAMIC = (
    Prop("cup", tableware.cup, (0.07, 0.11), 0.75, 1.0),
    Prop("bowl", tableware.bowl, (0.06, 0.12), 1.05, 0.6),
    Prop("vase", tableware.vase, (0.16, 0.30), 0.42, 1.0),
    Prop("teapot", tableware.teapot, (0.14, 0.19), 0.72, 1.0, lies_along=True),
    Prop("plate", tableware.plate, (0.09, 0.13), 1.05, 0.15),
)
METAL = (
    Prop("candlestick", tableware.candlestick, (0.20, 0.36), 0.24, 1.0),
    Prop("saucepan", tableware.pan, (0.055, 0.085), 1.3, 1.0, lies_along=True),
    Prop("tin", tableware.tin, (0.09, 0.19), 0.48, 1.0),
    Prop("metal ball", tableware.polished_ball, (0.02, 0.05), 1.1, 2.0),
    Prop("spoon", tableware.spoon, (0.15, 0.20), 0.40, 0.15, lies_along=True),
)
FRUIT = (
    Prop("apple", fruit.apple, (0.065, 0.085), 0.55, 0.95),
    Prop("pear", fruit.pear, (0.09, 0.12), 0.42, 1.0),
    Prop("citrus", fruit.citrus, (0.06, 0.085), 0.62, 0.9),
    Prop("plum", fruit.plum, (0.035, 0.05), 0.55, 1.0),
    Prop("grapes", fruit.grapes, (0.13, 0.19), 0.55, 0.4, lies_along=True),
    Prop("egg", fruit.egg, (0.055, 0.065), 0.6, 0.75),
    Prop("loaf", fruit.loaf, (0.13, 0.19), 0.55, 0.4),
)
WORKSHOP = (
    Prop("hammer", tools.hammer, (0.24, 0.32), 0.42, 0.2, lies_along=True),
    Prop("spanner", tools.spanner, (0.15, 0.26), 0.40, 0.05, lies_along=True),
    Prop("screwdriver", tools.screwdriver, (0.16, 0.26), 0.40, 0.12, lies_along=True),
    Prop("gear", tools.gear, (0.03, 0.08), 1.05, 0.5),
    Prop("bolts", tools.bolts, (0.03, 0.06), 1.2, 0.3),
    Prop("lamp bulb", glassware.lamp_bulb, (0.10, 0.12), 0.38, 1.0),
)
DESK = (
    Prop("books", tools.books, (0.17, 0.26), 0.62, 0.35, lies_along=True),
    Prop("pencils", tools.pencils, (0.17, 0.20), 0.3, 1.0),
    Prop("magnifier", tools.magnifier, (0.14, 0.20), 0.45, 0.08, lies_along=True),
    Prop("spinning top", tools.spinning_top, (0.05, 0.09), 0.55, 1.0),
)


def arrange(
    surface: Place,
    half_size_m: tuple[float, float],
    kinds: Sequence[Prop],
    count: int,
    rng: np.random.Generator,
    *,
    tallest_m: float = 0.4,
    keep_clear: Sequence[tuple[float, float, float]] = (),
) -> list[str]:
    """Set things down on a surface without overlap, tall ones rather at its back (+y), and name them.

    Parameters
    ----------
    surface : Place
        Middle of the surface.
    half_size_m : (2,) tuple of float
        Half its width and depth.
    kinds : sequence of Prop
        What may stand there.
    count : int
        How many at most; a crowded surface gets fewer.
    rng : numpy.random.Generator
        Chooses everything.
    tallest_m : float
        Height that nothing surpasses.
    keep_clear : sequence of (x, y, radius)
        Spots of the surface that are taken.
    """
    half_x, half_y = half_size_m
    wanted = []
    for _ in range(count):
        kind = kinds[int(rng.integers(len(kinds)))]
        size = float(rng.uniform(*kind.sizes_m))
        wanted.append((kind, min(size, tallest_m / kind.rise)))
    # The large ones first, while there is room.
    wanted.sort(key=lambda chosen: -chosen[0].reach * chosen[1])
    taken = list(keep_clear)
    names = []
    for kind, wanted_size in wanted:
        size = wanted_size
        reach = kind.reach * size
        back = min(1.0, kind.rise * size / 0.25)
        for attempt in range(120):
            if attempt == 60:
                size = max(0.75 * size, kind.sizes_m[0])
                reach = kind.reach * size
            x = float(rng.uniform(-1, 1)) * max(half_x - reach, 0.0)
            y = min(max(float(rng.normal(back - 0.5, 0.5)), -1.0), 1.0) * max(half_y - reach, 0.0)
            if all(hypot(x - other_x, y - other_y) > reach + other for other_x, other_y, other in taken):
                turn = float(rng.uniform(-0.9, 0.9)) + (pi if rng.random() < 0.5 else 0.0)
                spot = surface.at(x, y, turn=turn if kind.lies_along else float(rng.uniform(-pi, pi)))
                kind.make(spot, size, rng)
                taken.append((x, y, reach))
                names.append(kind.name)
                break
    return names
