"""Rooms of a home furnished: living rooms, bedrooms, kitchens, dining rooms, studies."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import pi

import numpy as np

from hdrbatch.scenes.kit.materials import pick, plain
from hdrbatch.scenes.kit.movers import moves
from hdrbatch.scenes.kit.shapes import Place, ball_profile, turned
from hdrbatch.scenes.props.floorplan import Plan
from hdrbatch.scenes.props.furniture import (
    CLOTHS,
    Finish,
    chair,
    picture,
    pot_plant,
    rug,
    sofa,
    table,
    vessel,
)
from hdrbatch.scenes.props.joinery import (
    bed,
    desk,
    kitchen_row,
    mirror,
    nightstand,
    open_shelf,
    sideboard,
    stool,
    television,
    wardrobe,
)
from hdrbatch.scenes.props.lamps import bare_bulb, dome, downlight, globe, standing_lamp, strip, table_lamp
from hdrbatch.scenes.props.rooms import Opening, Piece, Side, Span, line_up, standing_room, taken


@dataclass(frozen=True)
class Lighting:
    """Lamps of a room: the light of one and its colour; 0 lumens are lamps that are off."""

    lumens: float
    kelvin: float


def furnish(
    plan: Plan, finish: Finish, rng: np.random.Generator, lamp_rng: np.random.Generator, light: Lighting
) -> None:
    """Furnish a room as its plan's kind wants it."""
    kinds = {
        "living room": _living,
        "bedroom": _bedroom,
        "kitchen": _kitchen,
        "study": _study,
        "dining room": _dining,
    }
    kinds[plan.kind](plan, finish, rng, lamp_rng, light)


def _line_walls(
    plan: Plan, blocked: dict[Side, list[Opening]], pieces: list[Piece], rng: np.random.Generator
) -> None:
    """Stand pieces along the free stretches of three walls, the widest stretch first."""
    sides: tuple[Side, ...] = ("ahead", plan.side, plan.other)
    stretches = []
    for side in sides:
        near_m = 3.6 if side == plan.other else 1.5
        holes = [*plan.holes(side), *blocked.get(side, [])]
        stretches += [(side, span) for span in standing_room(plan.room, side, holes, near_m)]
    order = rng.permutation(len(pieces)).tolist()
    left = [pieces[i] for i in order]
    for side, span in stretches:
        left = line_up(plan.room.wall(side), span, left, rng)


def _widest_span(plan: Plan) -> Span:
    """Longest stretch of the main wall without an opening."""
    spans = standing_room(plan.room, plan.main, plan.holes(plan.main), 1.3)
    return max(spans, key=lambda span: span[1] - span[0])


def _main_spot(plan: Plan, wide: float) -> float:
    """Where a piece as wide stands along the main wall: before the window, or where no opening is."""
    if plan.main == plan.window_side:
        limit = max(plan.room.length(plan.main) / 2 - wide / 2 - 0.75, 0.0)
        return float(np.clip(plan.window.x, -limit, limit))
    start, end = _widest_span(plan)
    return (start + end) / 2


def _pictures(wall: Place, x: float, count: int, finish: Finish, rng: np.random.Generator) -> None:
    for i in range(count):
        size = (float(rng.uniform(0.35, 0.6)), float(rng.uniform(0.4, 0.7)))
        picture(
            wall.at(x + (i - (count - 1) / 2) * 0.7, 0.0, float(rng.uniform(1.3, 1.45))), size, finish, rng
        )


def _with_lamp(
    make: Callable[[Place], float], finish: Finish, lumens: float, kelvin: float, rng: np.random.Generator
) -> Callable[[Place], None]:
    """Piece with a table lamp on it."""

    def build_piece(place: Place) -> None:
        top = make(place)
        spot = place.at(float(rng.uniform(-0.1, 0.1)), -0.22, top)
        table_lamp(spot, float(rng.uniform(0.42, 0.6)), finish, rng, lumens=lumens, kelvin=kelvin)
        _pictures(place, 0.0, 1, finish, rng)

    return build_piece


def _living(
    plan: Plan, finish: Finish, rng: np.random.Generator, lamp_rng: np.random.Generator, light: Lighting
) -> None:
    """Sofa before the window, low table, sideboard, shelves, lamps in the corners."""
    lumens = light.lumens
    wide = float(rng.uniform(1.6, 2.1))
    x, wall = _main_spot(plan, wide), plan.room.wall(plan.main)
    sofa(wall.at(x, -0.62), wide, finish)
    centre = wall.at(x, -1.85)
    rug(centre, (float(rng.uniform(1.8, 2.4)), float(rng.uniform(1.3, 1.8))), rng)
    top = table(Place(centre.x, centre.y, 0.012, centre.heading), (1.0, 0.55, 0.40), finish)
    for dx in (-0.3, 0.05, 0.33):
        vessel(centre.at(dx, float(rng.uniform(-0.12, 0.12)), top), 0.28, rng)
    sofa(centre.at(float(rng.choice([-1, 1])) * 1.2, -0.1, turn=float(rng.uniform(1.2, 1.9))), 0.95, finish)
    end = 1 if rng.random() < 0.5 else -1
    standing_lamp(
        wall.at(x + end * (wide / 2 + 0.27), -0.35), finish, lamp_rng, lumens=lumens, kelvin=light.kelvin
    )
    board = partial(sideboard, width=float(rng.uniform(1.2, 1.7)), finish=finish, rng=rng)
    lamp_two = lumens * float(lamp_rng.choice([0.0, 0.6, 1.0]))
    pieces = [
        Piece(1.75, _with_lamp(board, finish, lamp_two, light.kelvin, lamp_rng)),
        Piece(1.1, partial(open_shelf, size=(1.05, float(rng.uniform(1.5, 2.1))), finish=finish, rng=rng)),
        Piece(0.8, lambda place: pot_plant(place.at(0, -0.4), float(rng.uniform(0.9, 1.5)), rng)),
        Piece(1.3, partial(_with_television, finish=finish, rng=rng)),
    ]
    _line_walls(plan, {plan.main: [taken(x, wide + 1.1)]}, pieces, rng)
    if lamp_rng.random() < 0.6:
        spot = Place(centre.x, centre.y, plan.room.height)
        with moves((float(lamp_rng.uniform(0.3, 0.8)), 0.0, 0.0)):
            globe(
                spot,
                float(lamp_rng.uniform(0.4, 0.8)),
                float(lamp_rng.uniform(0.1, 0.17)),
                finish,
                lumens=lumens,
                kelvin=light.kelvin,
            )


def _with_television(place: Place, finish: Finish, rng: np.random.Generator) -> None:
    top = sideboard(place, 1.25, finish, rng)
    television(place.at(0, -0.22, top), 1.1, finish)


def _bedroom(
    plan: Plan, finish: Finish, rng: np.random.Generator, lamp_rng: np.random.Generator, light: Lighting
) -> None:
    """Bed with its head at the main wall, nightstands with lamps, a wardrobe, a mirror."""
    lumens = light.lumens
    wide = float(rng.choice([0.95, 1.45, 1.7]))
    x, wall = _main_spot(plan, wide + 0.8), plan.room.wall(plan.main)
    bed(wall.at(x, 0.0), wide, finish, rng)
    dark_side = int(lamp_rng.integers(3))
    for i, end in enumerate((-1, 1)):
        stand = wall.at(x + end * (wide / 2 + 0.34), 0.0)
        top = nightstand(stand, finish, rng)
        lit = 0.0 if i == dark_side else lumens
        table_lamp(
            stand.at(0, -0.2, top),
            float(rng.uniform(0.4, 0.55)),
            finish,
            lamp_rng,
            lumens=lit,
            kelvin=light.kelvin,
        )
    rug(wall.at(x, -2.2), (wide + 1.0, 1.5), rng)
    pieces = [
        Piece(1.3, partial(wardrobe, width=1.25, finish=finish, rng=rng)),
        Piece(0.75, lambda place: mirror(place.at(0, 0, 0.5), (0.65, 1.3), finish)),
        Piece(0.9, partial(open_shelf, size=(0.85, float(rng.uniform(1.2, 1.9))), finish=finish, rng=rng)),
        Piece(0.6, lambda place: chair(place.at(0, -0.4, turn=float(rng.uniform(-0.6, 0.6))), finish)),
        Piece(1.1, lambda place: _pictures(place, 0.0, 2, finish, rng)),
    ]
    _line_walls(plan, {plan.main: [taken(x, wide + 1.2)]}, pieces, rng)
    if lamp_rng.random() < 0.45:
        spot = Place(0.0, 0.2, plan.room.height)
        with moves((0.0, float(lamp_rng.uniform(0.3, 0.7)), 0.0)):
            globe(
                spot,
                0.45,
                float(lamp_rng.uniform(0.12, 0.2)),
                finish,
                lumens=lumens * 0.8,
                kelvin=light.kelvin,
            )


def _kitchen(
    plan: Plan, finish: Finish, rng: np.random.Generator, lamp_rng: np.random.Generator, light: Lighting
) -> None:
    """A row of cupboards with a lit worktop, a table under domes or bulbs."""
    lumens = light.lumens
    wall = plan.room.wall(plan.main)
    start, end = _widest_span(plan)
    wide = min(end - start, 3.2)
    upper = bool(rng.random() < 0.5)
    row = wall.at((start + end) / 2, 0.0)
    hung = kitchen_row(row, wide, finish, rng, upper=upper)
    if lamp_rng.random() < 0.7:
        strip(row.at(0, -0.2, hung - 0.012 if upper else hung + 0.085), wide * 0.9, lumens, light.kelvin)
    spot = Place(
        float(rng.uniform(-0.2, 0.2)), float(rng.uniform(-0.2, 0.3)), 0.0, float(rng.choice([0.0, pi / 2]))
    )
    _dining_table(spot, finish, rng)
    body = plain(
        "Dome",
        pick(lamp_rng, ((0.02, 0.02, 0.02), (0.3, 0.04, 0.03), (0.05, 0.14, 0.12), (0.6, 0.58, 0.52))),
        0.3,
    )
    bulbs, num = bool(lamp_rng.random() < 0.4), int(lamp_rng.integers(1, 4))
    with moves((float(lamp_rng.uniform(0.3, 0.7)), 0.0, 0.0)):
        for i in range(num):
            up = spot.at((i - (num - 1) / 2) * 0.5, 0.0, plan.room.height)
            if bulbs:
                bare_bulb(
                    up,
                    plan.room.height - float(lamp_rng.uniform(1.55, 1.85)),
                    finish,
                    lumens=lumens / 2,
                    kelvin=light.kelvin,
                )
            else:
                dome(up, plan.room.height - 1.85, 0.34 / num**0.5, body, lumens=lumens, kelvin=light.kelvin)
    pieces = [
        Piece(0.9, partial(open_shelf, size=(0.85, 1.8), finish=finish, rng=rng)),
        Piece(1.3, lambda place: sideboard(place, 1.25, finish, rng)),
        Piece(0.8, lambda place: pot_plant(place.at(0, -0.4), float(rng.uniform(0.8, 1.3)), rng)),
        Piece(1.1, lambda place: _pictures(place, 0.0, 2, finish, rng)),
    ]
    _line_walls(plan, {plan.main: [taken((start + end) / 2, wide)]}, pieces, rng)


def _dining(
    plan: Plan, finish: Finish, rng: np.random.Generator, lamp_rng: np.random.Generator, light: Lighting
) -> None:
    """Table with chairs under a lamp, sideboards, shelves, a mirror."""
    start, end = _widest_span(plan)
    wide = min(float(rng.uniform(1.4, 2.0)), end - start - 0.1)
    place = plan.room.wall(plan.main).at((start + end) / 2, 0.0)
    top = sideboard(place, wide, finish, rng)
    for dx in (-0.4, 0.0, 0.4):
        vessel(place.at(dx * wide, -0.22, top), 0.36, rng)
    _pictures(place, 0.0, int(rng.integers(1, 3)), finish, rng)
    spot = Place(
        plan.sign * float(rng.uniform(0.0, 0.5)),
        float(rng.uniform(0.0, 0.5)),
        0.0,
        float(rng.uniform(-0.3, 0.3)),
    )
    rug(spot, (2.4, 1.8), rng)
    _dining_table(spot.at(0, 0, 0.012), finish, rng)
    with moves((float(lamp_rng.uniform(0.3, 0.7)), 0.0, 0.0)):
        up = spot.at(0, 0, plan.room.height)
        if lamp_rng.random() < 0.5:
            globe(up, plan.room.height - 1.95, 0.16, finish, lumens=light.lumens, kelvin=light.kelvin)
        else:
            dome(up, plan.room.height - 1.9, 0.3, finish.dark, lumens=light.lumens, kelvin=light.kelvin)
    board = partial(sideboard, width=1.25, finish=finish, rng=rng)
    pieces = [
        Piece(1.3, _with_lamp(board, finish, light.lumens * 0.6, light.kelvin, lamp_rng)),
        Piece(1.0, partial(open_shelf, size=(0.95, float(rng.uniform(1.5, 2.1))), finish=finish, rng=rng)),
        Piece(0.75, lambda place: mirror(place.at(0, 0, 0.8), (0.65, 1.0), finish)),
        Piece(0.8, lambda place: pot_plant(place.at(0, -0.4), float(rng.uniform(0.9, 1.5)), rng)),
    ]
    _line_walls(plan, {plan.main: [taken((start + end) / 2, wide)]}, pieces, rng)


def _dining_table(spot: Place, finish: Finish, rng: np.random.Generator) -> None:
    top = table(spot, (float(rng.uniform(1.3, 1.7)), 0.85, 0.74), finish)
    for side in (-1, 1):
        for dx in (-0.35, 0.35):
            angle = float(rng.uniform(-0.3, 0.3)) + (pi if side < 0 else 0.0)
            chair(spot.at(dx, side * float(rng.uniform(0.45, 0.65)), turn=angle), finish)
    for dx in (-0.45, -0.1, 0.3):
        vessel(spot.at(dx, float(rng.uniform(-0.2, 0.2)), top), 0.3, rng)


def _study(
    plan: Plan, finish: Finish, rng: np.random.Generator, lamp_rng: np.random.Generator, light: Lighting
) -> None:
    """Desk with a lamp, walls of books, an armchair, spots."""
    lumens = light.lumens
    wall = plan.room.wall(plan.main)
    start, end = _widest_span(plan)
    wide = min(float(rng.uniform(1.2, 1.6)), end - start - 0.1)
    x = float(rng.uniform(start + wide / 2, end - wide / 2))
    place = wall.at(x, 0.0)
    top = desk(place, wide, finish, rng)
    lamp_x = float(rng.choice([-1, 1])) * (wide / 2 - 0.28)
    table_lamp(
        place.at(lamp_x, -0.22, top),
        float(rng.uniform(0.42, 0.55)),
        finish,
        lamp_rng,
        lumens=lumens,
        kelvin=light.kelvin,
    )
    chair(place.at(0.0, -0.95, turn=pi + float(rng.uniform(-0.5, 0.5))), finish)
    _pictures(place, 0.0, 2, finish, rng)
    centre = Place(float(rng.uniform(-0.3, 0.3)), 0.0)
    rug(centre, (2.2, 1.5), rng)
    seat = Place(
        -plan.sign * 0.7, plan.room.depth / 2 - 1.6, heading=-plan.sign * float(rng.uniform(-0.7, 0.2))
    )
    sofa(seat, 0.95, finish)
    standing_lamp(
        seat.at(plan.sign * 0.75, 0.25),
        finish,
        lamp_rng,
        lumens=lumens * float(lamp_rng.choice([0.0, 1.0])),
        kelvin=light.kelvin,
    )
    top = stool(seat.at(-plan.sign * 0.75, -0.1), 0.5, finish)
    vessel(seat.at(-plan.sign * 0.75, -0.1, top - seat.z), 0.3, rng)
    shelves = [
        Piece(w + 0.05, partial(open_shelf, size=(w, float(rng.uniform(1.7, 2.2))), finish=finish, rng=rng))
        for w in (1.2, 1.0, 0.8, 1.1)
    ]
    _line_walls(plan, {plan.main: [taken(x, wide + 0.1)]}, shelves, rng)
    if lamp_rng.random() < 0.6:
        for i in range(int(lamp_rng.integers(2, 5))):
            spot = Place((i - 1.5) * plan.room.width / 4.5, plan.room.depth / 2 - 0.65, plan.room.height)
            downlight(spot, lumens * 0.6, light.kelvin, float(lamp_rng.uniform(45, 75)))


def rolling_ball(plan: Plan, rng: np.random.Generator) -> None:
    """Ball that rolls over the floor."""
    radius = float(rng.uniform(0.05, 0.12))
    spot = Place(
        plan.sign * float(rng.uniform(-0.2, 0.6)), -plan.room.depth / 2 + float(rng.uniform(2.1, 2.6))
    )
    with moves((float(rng.uniform(0.6, 1.6)) * -plan.sign, float(rng.uniform(-0.3, 0.6)), 0.0)):
        turned(
            spot,
            ball_profile(radius, steps=20),
            plain("Ball", pick(rng, CLOTHS, 0.4), 0.35, coat=0.5),
            segments=32,
        )
