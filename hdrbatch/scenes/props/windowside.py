"""Places at a large window, seen from inside: desk, kitchen sink, window seat, cafe; and the walls beside."""

from dataclasses import dataclass, replace
from math import pi
from typing import Any

import numpy as np

from hdrbatch.scenes.kit.lights import add_bulb
from hdrbatch.scenes.kit.materials import emitter, mottled, pick, plain, tinted, wood
from hdrbatch.scenes.kit.photometry import CD_M2, scaled, temperature_color
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import Place, box, boxes, tube, turned
from hdrbatch.scenes.props import arrangement
from hdrbatch.scenes.props.arrangement import arrange
from hdrbatch.scenes.props.fruit import bouquet
from hdrbatch.scenes.props.furniture import (
    WOODS,
    Finish,
    bookshelf,
    chair,
    pendant,
    picture,
    pot_plant,
    table,
    vessel,
)

WALLS: tuple[Color, ...] = (
    (0.66, 0.63, 0.57),
    (0.40, 0.44, 0.42),
    (0.10, 0.17, 0.20),
    (0.45, 0.30, 0.20),
    (0.20, 0.25, 0.17),
    (0.16, 0.13, 0.12),
)
WORKTOP_DEPTH_M = 0.62


@dataclass(frozen=True)
class Window:
    """Opening in the wall at y 0, its middle at x 0; the room is at negative y, its floor at z 0."""

    kind: str
    width: float
    sill: float
    top: float
    room_left: float
    room_right: float
    ceiling: float

    @property
    def height(self) -> float:
        """Of the opening."""
        return self.top - self.sill


def desk(window: Window, finish: Finish, rng: np.random.Generator) -> None:
    """Desk with a computer or papers, a lamp, books, plants on the sill, a chair drawn back."""
    wide = min(float(rng.uniform(1.4, 2.0)), window.width + 0.3)
    top = table(Place(0, -0.48), (wide, 0.75, 0.75), finish)
    surface = Place(0, -0.45, top)
    clear = []
    if rng.random() < 0.65:
        x = float(rng.uniform(-0.25, 0.25)) * wide
        _laptop(surface.at(x, -0.02, turn=float(rng.uniform(-0.2, 0.2))), lit=bool(rng.random() < 0.6))
        clear.append((x, -0.02, 0.24))
    side = 1 if rng.random() < 0.5 else -1
    _desk_lamp(
        surface.at(side * (wide / 2 - 0.15), 0.2, turn=-side * 0.9),
        lumens=float(rng.choice([0.0, 0.0, 450.0])),
    )
    clear.append((side * (wide / 2 - 0.15), 0.2, 0.13))
    kinds = (
        arrangement.DESK * 2 + arrangement.CERAMIC[:1] * 2 + arrangement.GLASS[2:3] + arrangement.FRUIT[:1]
    )
    arrange(
        surface,
        (wide / 2 - 0.06, 0.3),
        kinds,
        int(rng.integers(12, 20)),
        rng,
        tallest_m=0.28,
        keep_clear=clear,
    )
    chair(Place(float(rng.uniform(-0.5, 0.5)), -1.05, heading=pi + float(rng.uniform(-0.6, 0.6))), finish)
    _sill_things(window, rng, 0.3)


def _laptop(place: Place, *, lit: bool) -> None:
    """Open computer that faces -y."""
    shell = plain("Laptop", (0.35, 0.35, 0.36), 0.35, metallic=0.8)
    box(place, (0.33, 0.23, 0.014), shell, bevel=0.003)
    box(place.at(0, -0.01, 0.0142), (0.29, 0.12, 0.002), plain("Keys", (0.015, 0.015, 0.015), 0.5), bevel=0.0)
    lid = place.at(0, 0.118, 0.012)
    box(lid.tilted(-0.3), (0.33, 0.008, 0.22), shell, bevel=0.003)
    screen: Any = plain("Screen", (0.006, 0.006, 0.007), 0.08)
    if lit:
        screen = emitter("Lit screen", scaled(temperature_color(6500.0), 160 * CD_M2))
    box(lid.at(0, -0.006, 0.012).tilted(-0.3), (0.31, 0.003, 0.195), screen, bevel=0.0)


def _desk_lamp(place: Place, *, lumens: float) -> None:
    """Jointed lamp with a cone over the desk."""
    steel = plain("Desk lamp", (0.03, 0.03, 0.032), 0.35)
    turned(place, [(0.0, 0.02), (0.08, 0.02), (0.085, 0.0)], steel)
    tube(place, [(0, 0, 0.02), (0.0, 0.06, 0.26), (0.0, -0.12, 0.46)], 0.007, steel)
    turned(
        place.at(0, -0.14, 0.36),
        [(0.085, 0.0), (0.08, 0.02), (0.03, 0.09), (0.025, 0.12), (0.0, 0.12)],
        steel,
    )
    if lumens:
        add_bulb(place.at(0, -0.14, 0.37), 0.022, lumens, 2800.0)


def kitchen(window: Window, finish: Finish, rng: np.random.Generator) -> None:
    """Worktop along the wall with a sink, a tap, crockery and fruit; cupboards below, shelves beside."""
    left, right, high = -window.room_left, window.room_right, 0.92
    sink = _worktop(left, right, high, finish, rng)
    _tap(Place(sink, -0.07, high))
    _cupboards(left, right, finish, rng)
    kinds = arrangement.CERAMIC + arrangement.GLASS + arrangement.METAL[1:3] + arrangement.FRUIT[:4]
    for x0, x1 in ((left, sink - 0.32), (sink + 0.34, right)):
        spot = Place((x0 + x1) / 2, -WORKTOP_DEPTH_M / 2, high)
        arrange(spot, ((x1 - x0) / 2, 0.27), kinds, int(rng.integers(6, 11)), rng, tallest_m=0.3)
    _sill_things(window, rng, 0.22)


def _worktop(left: float, right: float, high: float, finish: Finish, rng: np.random.Generator) -> float:
    """Worktop with a steel sink, whose x is returned."""
    stone = mottled(
        "Worktop",
        tinted(rng, (0.06, 0.06, 0.06)),
        tinted(rng, (0.28, 0.27, 0.26), 0.5),
        scale=60,
        roughness=(0.12, 0.3),
    )
    top = finish.wood if rng.random() < 0.4 else stone
    sink, deep, basin = float(rng.uniform(-0.3, 0.3)), WORKTOP_DEPTH_M, (0.56, 0.40)
    y = -deep / 2
    sides = [((a + b) / 2, b - a) for a, b in ((left, sink - basin[0] / 2), (sink + basin[0] / 2, right))]
    parts = [((x, y, high - 0.04), (w, deep, 0.04)) for x, w in sides]
    parts += [
        ((sink, y + s * (deep + basin[1]) / 4, high - 0.04), (basin[0], (deep - basin[1]) / 2, 0.04))
        for s in (-1, 1)
    ]
    boxes(Place(0, 0), parts, top, bevel=0.0)
    steel = mottled(
        "Sink", (0.4, 0.4, 0.41), (0.62, 0.62, 0.63), scale=30, roughness=(0.15, 0.35), metallic=1.0
    )
    rim = [((sink + s * basin[0] / 2, y, high - 0.2), (0.01, basin[1], 0.203)) for s in (-1, 1)]
    rim += [((sink, y + s * basin[1] / 2, high - 0.2), (basin[0], 0.01, 0.203)) for s in (-1, 1)]
    boxes(Place(0, 0), [*rim, ((sink, y, high - 0.2), (basin[0], basin[1], 0.01))], steel, bevel=0.002)
    return sink


def _tap(place: Place) -> None:
    """Bent tap with its lever, which leads to -y."""
    chrome = plain("Chrome", (0.8, 0.8, 0.82), 0.04, metallic=1.0)
    angle = np.linspace(0, pi, 14)
    arc = np.stack([0 * angle, 0.09 * np.cos(angle) - 0.09, 0.24 + 0.09 * np.sin(angle)], -1)
    tube(
        place,
        [(0, 0, 0), (0, 0, 0.12), *arc.tolist(), (0, -0.18, 0.2)],
        0.012,
        chrome,
        sides=14,
    )
    box(place.at(0.07, 0), (0.025, 0.025, 0.07), chrome, bevel=0.006)


def _cupboards(left: float, right: float, finish: Finish, rng: np.random.Generator) -> None:
    """Cupboards below the worktop, pans in the open one."""
    span = right - left
    doors = max(3, round(span / 0.5))
    # One compartment is open.
    niche = int(rng.integers(doors))
    front = [
        ((left + span * (i + 0.5) / doors, -0.59, 0.12), (span / doors - 0.008, 0.02, 0.74))
        for i in range(doors)
        if i != niche
    ]
    boxes(Place(0, 0), front, plain("Cupboards", pick(rng, (*WALLS, (0.03, 0.06, 0.08))), 0.45), bevel=0.004)
    niche_left, niche_right = left + span * niche / doors, left + span * (niche + 1) / doors
    inside = (niche_left + niche_right) / 2, niche_right - niche_left
    body = [
        (((a + b) / 2, -0.3, 0.0), (b - a, 0.56, 0.86))
        for a, b in ((left, niche_left), (niche_right, right))
        if b > a
    ]
    body += [
        ((inside[0], -0.05, 0.1), (inside[1], 0.06, 0.6)),
        ((inside[0], -0.3, 0.0), (inside[1], 0.5, 0.12)),
    ]
    # Bare wood: hardly a path finds its way out of a black compartment, and its pixels would be zero.
    boxes(Place(0, 0), body, finish.wood, bevel=0.0)
    arrange(Place(inside[0], -0.38, 0.12), (inside[1] / 2, 0.15), arrangement.METAL[1:3], 3, rng)


def window_seat(window: Window, finish: Finish, rng: np.random.Generator) -> None:
    """Bench in the window with cushions, books and a cup, a low table before it."""
    wide = window.width + 0.2
    box(Place(0, -0.28, 0.0), (wide, 0.54, 0.40), finish.wood, bevel=0.01)
    box(Place(0, -0.29, 0.40), (wide - 0.05, 0.5, 0.09), finish.cloth, bevel=0.035)
    for side in (-1, 1):
        for i in range(int(rng.integers(1, 3))):
            spot = Place(side * (wide / 2 - 0.18 - 0.2 * i), -0.2 - 0.05 * i, 0.49, side * (pi / 2 - 0.4))
            box(
                spot.tilted(-0.35), (0.42, 0.13, 0.4), finish.second_cloth if i else finish.cloth, bevel=0.055
            )
    things = (
        arrangement.DESK[:1] * 2 + arrangement.CERAMIC[:1] + arrangement.DESK[2:3] + arrangement.FRUIT[:1]
    )
    arrange(Place(0, -0.3, 0.492), (wide / 2 - 0.5, 0.2), things, 8, rng)
    top = table(
        Place(float(rng.uniform(-0.5, 0.5)), -1.05, heading=float(rng.uniform(-0.3, 0.3))),
        (0.8, 0.45, 0.42),
        finish,
    )
    kinds = arrangement.CERAMIC + arrangement.FRUIT[:3] + arrangement.DESK[:1] + arrangement.GLASS[1:3]
    arrange(Place(0, -1.05, top), (0.3, 0.15), kinds, 6, rng, tallest_m=0.25)
    _sill_things(window, rng, 0.3)


def cafe(window: Window, finish: Finish, rng: np.random.Generator) -> None:
    """Small tables with cups and glasses, chairs, lamps that hang, some lit."""
    lit = float(rng.choice([0.0, 300.0, 600.0]))
    for side in (-1, 1):
        spot = Place(
            side * window.width * float(rng.uniform(0.24, 0.32)),
            -float(rng.uniform(0.5, 0.9)),
            heading=float(rng.uniform(-0.3, 0.3)),
        )
        turned(
            spot.at(0, 0, 0.72),
            [(0.0, 0.0), (0.34, 0.0), (0.345, 0.02), (0.335, 0.03), (0.0, 0.03)],
            finish.wood,
            segments=48,
        )
        turned(spot, [(0.2, 0.0), (0.19, 0.02), (0.028, 0.05), (0.028, 0.72)], finish.dark)
        kinds = (
            arrangement.CERAMIC[:1] * 2
            + arrangement.GLASS[1:3]
            + arrangement.METAL[4:]
            + arrangement.CERAMIC[4:]
        )
        arrange(
            spot.at(0, 0, 0.75),
            (0.26, 0.24),
            kinds,
            int(rng.integers(6, 11)),
            rng,
            tallest_m=0.26,
            keep_clear=[(0, 0, 0.05)],
        )
        bouquet(spot.at(0, 0, 0.75), 0.22, rng)
        chair(spot.at(-0.5, -0.1, turn=pi / 2 + float(rng.uniform(-0.3, 0.3))), finish)
        chair(spot.at(0.5, -0.1, turn=-pi / 2 + float(rng.uniform(-0.3, 0.3))), finish)
        pendant(
            Place(spot.x, spot.y, window.ceiling),
            window.ceiling - float(rng.uniform(1.75, 1.95)),
            finish,
            lumens=lit,
            kelvin=2600.0,
        )
    _sill_things(window, rng, 0.25)


def _sill_things(window: Window, rng: np.random.Generator, tallest_m: float) -> None:
    """Plants and vessels on the sill."""
    for x in np.linspace(-0.44, 0.44, 6).tolist():
        if rng.random() < 0.45:
            spot = Place(x * window.width, -0.01, window.sill + 0.005)
            if rng.random() < 0.5:
                vessel(spot, tallest_m * 0.75, rng)
            else:
                _herb(spot, tallest_m, rng)


def _herb(place: Place, tallest_m: float, rng: np.random.Generator) -> None:
    """Pot plant of a window sill."""
    pot = mottled("Flower pot", (0.25, 0.10, 0.05), tinted(rng, (0.45, 0.22, 0.12), 0.4), scale=30)
    turned(
        place,
        [(0.0, 0.0), (0.035, 0.0), (0.05, 0.075), (0.054, 0.075), (0.054, 0.09), (0.045, 0.09), (0.0, 0.085)],
        pot,
    )
    bouquet(place.at(0, 0, 0.07), tallest_m * float(rng.uniform(0.7, 1.0)), rng)


def furnish_sides(window: Window, finish: Finish, rng: np.random.Generator) -> None:
    """Shelves with their backs to the light, pictures, boards with crockery, tall plants on both sides."""
    dark = WOODS[2][0]
    stained = replace(finish, wood=wood("Stained wood", (dark[0] * 0.3, dark[1] * 0.3, dark[2] * 0.3), dark))
    sure = 1 if rng.random() < 0.5 else -1
    for side, reach in ((-1, window.room_left), (1, window.room_right)):
        room = reach - window.width / 2
        x = side * (window.width / 2 + room / 2 + 0.08)
        kind = rng.random()
        if window.kind == "kitchen":
            for z in (1.35, 1.72):
                shelf = Place(x, -0.12, z)
                box(shelf, (room - 0.2, 0.22, 0.025), finish.wood)
                kinds = arrangement.CERAMIC[:3] + arrangement.GLASS[2:4] + arrangement.METAL[2:3]
                arrange(shelf.at(0, 0, 0.025), (room / 2 - 0.1, 0.1), kinds, 8, rng, tallest_m=0.28)
        elif side == sure or kind < 0.3:
            # Only what comes back from the room lights what is in them.
            wide, tall = min(room - 0.2, 1.1), min(float(rng.uniform(1.5, 2.2)), window.ceiling - 0.1)
            bookshelf(Place(x + 0.04 * side, -0.17), (wide, tall), stained, rng)
        elif kind < 0.55 and window.kind != "cafe":
            wall = Place(side * (reach - 0.17), -1.0, heading=-side * pi / 2)
            bookshelf(wall, (1.2, min(2.1, window.ceiling - 0.1)), finish, rng)
        elif room > 0.7:
            picture(Place(x, 0.0, float(rng.uniform(1.2, 1.5))), (min(0.5, room - 0.25), 0.55), finish, rng)
        if rng.random() < 0.4 and window.kind != "kitchen":
            pot_plant(Place(side * (reach - 0.4), -0.6), float(rng.uniform(0.9, 1.5)), rng)
