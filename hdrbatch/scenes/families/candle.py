"""Candle and fire light: a dinner table, a fireplace, an altar, a cellar; a last blue in the window.

A flame has about 10,000 cd/m2 and lights what is a metre from it to less than 1 cd/m2: the range is that of
the flames against the far end of the room.
"""

from functools import partial
from typing import Any

import bpy
import numpy as np

from hdrbatch.scenes.kit.camera import add_camera
from hdrbatch.scenes.kit.description import SceneDescription
from hdrbatch.scenes.kit.materials import mottled, wood
from hdrbatch.scenes.kit.movers import moves
from hdrbatch.scenes.kit.photometry import CD_M2, luminance_of, scaled
from hdrbatch.scenes.kit.seeds import part_rng
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import Place, boxes
from hdrbatch.scenes.kit.sky import add_night_sky, add_portal
from hdrbatch.scenes.props.candles import CANDLE_LM, choose_wax, fire, fireplace, hanging_lantern
from hdrbatch.scenes.props.cellar import barrel_with, cellar_surfaces, cellar_table, crates
from hdrbatch.scenes.props.chapel import altar, bench, chapel_stones, columns, votive_rack
from hdrbatch.scenes.props.dinner_table import laid_table
from hdrbatch.scenes.props.fireside import candle_board, chimney_stone, fireside, mantelpiece
from hdrbatch.scenes.props.furniture import WOODS, Finish, choose_finish, picture
from hdrbatch.scenes.props.joinery import mirror, open_shelf
from hdrbatch.scenes.props.rooms import (
    Opening,
    Piece,
    Room,
    Side,
    Surfaces,
    beams,
    choose_surfaces,
    curtain_color,
    curtains,
    dark_passage,
    doorway,
    line_up,
    shell,
    standing_room,
    taken,
    window,
)

FAMILY = "candle"
KINDS = ("dinner", "fireplace", "altar", "cellar")
DUSK: Color = (0.10, 0.24, 1.0)
SIDES: tuple[Side, ...] = ("ahead", "left", "right", "near")


def build(seed: int) -> SceneDescription:
    """Build the place of a seed in the open, empty scene."""
    rng = part_rng(FAMILY, seed, "plan")
    kind = KINDS[int(rng.integers(len(KINDS)))]
    sky_cd_m2 = float(10 ** rng.uniform(-1.6, 0.0))
    add_night_sky(sky_cd_m2 * 0.5, scaled(DUSK, sky_cd_m2 * CD_M2 / luminance_of(DUSK)))
    finish = choose_finish(part_rng(FAMILY, seed, "finish"))
    make = {"dinner": _dinner, "fireplace": _fireplace_room, "altar": _altar, "cellar": _cellar}[kind]
    view, extra = make(finish, partial(part_rng, FAMILY, seed))
    camera = add_camera(*view)
    return SceneDescription(
        family=FAMILY,
        seed=seed,
        focal_length_mm=view[2],
        camera_location=tuple(camera.location),
        camera_rotation=tuple(camera.rotation_euler),
        facts={
            "place": kind,
            "candle_lm": CANDLE_LM,
            "num_flames": sum(thing.name.startswith("Flame") for thing in bpy.data.lights),
            "window_cd_m2": sky_cd_m2,
            **extra,
        },
    )


View = tuple[tuple[float, float, float], tuple[float, float, float], float]


def _window(room: Room, side: Side, opening: Opening, frame: Any, rng: np.random.Generator) -> None:
    """Window with a portal, and something dark far outside."""
    wall = room.wall(side)
    window(wall, opening, frame, rng)
    spot, inward = wall.at(opening.x, 0.18, (opening.bottom + opening.top) / 2), wall.at(0, -1)
    add_portal(spot, opening.width, opening.top - opening.bottom, (inward.x - wall.x, inward.y - wall.y, 0.0))
    hill = mottled("Hill", (0.004, 0.006, 0.004), (0.02, 0.024, 0.015), scale=0.2)
    ridge = [
        ((float(x), 0.0, -9.0), (9.0, 6.0, 9.0 + float(rng.uniform(0.5, 3.5)))) for x in range(-40, 41, 8)
    ]
    boxes(wall.at(0, 45), ridge, hill, bevel=1.5)


def _one_window(room: Room, rng: np.random.Generator, side: Side) -> Opening:
    away = {"ahead": 0.0, "left": 1.0, "right": -1.0, "near": 0.0}[side]
    half = room.length(side) / 2
    x = away * half * float(rng.uniform(0.1, 0.45)) if away else float(rng.uniform(-0.4, 0.4)) * half
    bottom = float(rng.uniform(0.8, 1.1))
    return Opening(
        x, float(rng.uniform(0.8, 1.4)), bottom, min(bottom + float(rng.uniform(1.0, 1.3)), room.height - 0.2)
    )


def _dinner(finish: Finish, rng_of: Any) -> tuple[View, dict[str, Any]]:
    """Table laid for some, by candles; the room behind it dim."""
    rng = rng_of("room")
    room = Room(float(rng.uniform(3.6, 5.0)), float(rng.uniform(4.6, 6.0)), float(rng.uniform(2.4, 3.0)))
    side: Side = "left" if rng.random() < 0.5 else "right"
    hole_side: Side = "ahead" if rng.random() < 0.6 else side
    hole = _one_window(room, rng, hole_side)
    surfaces = choose_surfaces(rng)
    shell(room, surfaces, {hole_side: [hole]})
    _window(room, hole_side, hole, surfaces.trim, rng)
    if rng.random() < 0.6:
        curtains(room.wall(hole_side), hole, curtain_color(rng), rng)
    if rng.random() < 0.35:
        beams(room, 4, wood("Beam", *WOODS[2]))
    goods = rng_of("furniture")
    pieces = [
        Piece(1.5, lambda place: candle_board(place, finish, goods, rng_of("board"))),
        Piece(
            0.95, partial(open_shelf, size=(0.9, float(goods.uniform(1.5, 2.0))), finish=finish, rng=goods)
        ),
        Piece(0.8, lambda place: mirror(place.at(0, 0, 1.1), (0.7, 0.95), finish)),
        Piece(0.7, lambda place: picture(place.at(0, 0, 1.3), (0.6, 0.7), finish, goods)),
    ]
    for wall in ("ahead", side):
        for span in standing_room(room, wall, [hole] if wall == hole_side else [], 2.0):
            pieces = line_up(room.wall(wall), span, pieces, goods)
    spot = Place(
        float(rng.uniform(-0.25, 0.25)), float(rng.uniform(-0.1, 0.4)), 0.0, float(rng.uniform(-0.5, 0.5))
    )
    size = (float(rng.uniform(1.2, 1.9)), float(rng.uniform(0.8, 0.95)), 0.75)
    laid_table(spot, size, finish, rng_of("table"))
    view_rng = rng_of("camera")
    eye_y = max(spot.y - size[1] / 2 - float(view_rng.uniform(0.9, 1.5)), -room.depth / 2 + 0.25)
    eye = (float(view_rng.uniform(-0.9, 0.9)), eye_y, float(view_rng.uniform(1.1, 1.5)))
    return (
        eye,
        (spot.x, spot.y + 0.2, float(view_rng.uniform(0.8, 0.95))),
        float(view_rng.uniform(24, 36)),
    ), {}


def _fireplace_room(finish: Finish, rng_of: Any) -> tuple[View, dict[str, Any]]:
    """Room with a wood fire, candles on the mantelpiece, seats before it."""
    rng = rng_of("room")
    room = Room(float(rng.uniform(3.8, 5.2)), float(rng.uniform(4.4, 5.6)), float(rng.uniform(2.5, 3.1)))
    side: Side = "left" if rng.random() < 0.5 else "right"
    sign = 1 if side == "right" else -1
    hole = _one_window(room, rng, side)
    surfaces = choose_surfaces(rng)
    shell(room, surfaces, {side: [hole]})
    _window(room, side, hole, surfaces.trim, rng)
    curtains(room.wall(side), hole, curtain_color(rng), rng)
    if rng.random() < 0.5:
        beams(room, 4, wood("Beam", *WOODS[2]))
    stone = chimney_stone(rng)
    x = float(rng.uniform(-0.15, 0.15)) * room.width
    wall = room.wall("ahead")
    hearth = fireplace(wall.at(x, 0.0), stone, finish.wood, rng)
    lumens = float(10 ** rng.uniform(3.0, 3.6))
    fire(hearth, float(rng.uniform(0.4, 0.55)), lumens, rng)
    goods, more = rng_of("furniture"), rng_of("candles")
    mantelpiece(wall, x, finish, goods, more)
    pieces = [
        Piece(
            0.95, partial(open_shelf, size=(0.9, float(goods.uniform(1.6, 2.2))), finish=finish, rng=goods)
        ),
        Piece(
            0.75, partial(open_shelf, size=(0.7, float(goods.uniform(1.6, 2.2))), finish=finish, rng=goods)
        ),
        Piece(1.5, lambda place: candle_board(place, finish, goods, more)),
    ]
    blocked = {"ahead": [taken(x, 1.95)], side: [hole]}
    for wall_side in ("ahead", side):
        for span in standing_room(room, wall_side, blocked[wall_side], 2.0):
            pieces = line_up(room.wall(wall_side), span, pieces, goods)
    fireside(Place(x, room.depth / 2 - 1.75), sign, finish, goods)
    view_rng = rng_of("camera")
    eye = (
        -sign * float(view_rng.uniform(0.2, 1.2)),
        -room.depth / 2 + float(view_rng.uniform(0.3, 0.7)),
        float(view_rng.uniform(0.9, 1.45)),
    )
    aim = (x + sign * float(view_rng.uniform(0.0, 0.5)), room.depth / 2, float(view_rng.uniform(0.75, 1.05)))
    return (eye, aim, float(view_rng.uniform(22, 32))), {"fire_lm": lumens}


def _altar(finish: Finish, rng_of: Any) -> tuple[View, dict[str, Any]]:
    """Vault of stone with columns; a decked block on steps with many candles."""
    rng = rng_of("room")
    room = Room(float(rng.uniform(4.6, 6.4)), float(rng.uniform(7.0, 9.0)), float(rng.uniform(3.6, 4.8)))
    ashlar, slabs = chapel_stones(rng)
    shell(
        room,
        Surfaces(ashlar, ashlar, ashlar, slabs, ashlar),
        {side: _slits(room, side) for side in SIDES if side != "near"},
    )
    for side in ("ahead", "left", "right"):
        for slit in _slits(room, side):
            _window(room, side, slit, finish.dark, rng)
    columns(room, ashlar, rng)
    goods, wax = rng_of("altar"), choose_wax(rng_of("wax"))
    foot = Place(0.0, room.depth / 2 - float(goods.uniform(0.9, 1.3)))
    altar(foot, Place(0.0, room.depth / 2), (ashlar, slabs), wax, finish, goods)
    votive_rack(Place(float(goods.choice([-1, 1])) * 1.5, foot.y - 2.0), wax, finish, goods)
    for i in range(2):
        for end in (-1, 1):
            bench(Place(end * room.width * 0.22, foot.y - 3.0 - 1.1 * i), finish)
    with moves((float(goods.uniform(0.3, 0.6)), 0.0, 0.0)):
        hanging_lantern(
            foot.at(float(goods.uniform(-0.9, 0.9)), -1.3, room.height), room.height - 2.5, wax, finish.metal
        )
    view_rng = rng_of("camera")
    eye = (
        float(view_rng.uniform(-0.6, 0.6)),
        foot.y - float(view_rng.uniform(3.6, 4.6)),
        float(view_rng.uniform(1.3, 1.8)),
    )
    aim = (float(view_rng.uniform(-0.3, 0.3)), foot.y, float(view_rng.uniform(1.2, 1.6)))
    return (eye, aim, float(view_rng.uniform(24, 34))), {}


def _slits(room: Room, side: Side) -> list[Opening]:
    """Narrow high windows: a pair ahead, some along a side."""
    wide, top = 0.42, room.height - 0.5
    if side == "ahead":
        return [Opening(x, wide, 1.9, top) for x in (-room.width * 0.36, room.width * 0.36)]
    if side == "right":
        return []
    return [Opening(x, wide, 1.7, top) for x in (-room.depth * 0.1, room.depth * 0.14, room.depth * 0.38)]


def _cellar(finish: Finish, rng_of: Any) -> tuple[View, dict[str, Any]]:
    """Cellar of brick with beams: barrels, crates, bottles, lanterns on and over them."""
    rng = rng_of("room")
    room = Room(float(rng.uniform(3.4, 4.8)), float(rng.uniform(4.6, 6.2)), float(rng.uniform(2.3, 2.7)))
    side: Side = "left" if rng.random() < 0.5 else "right"
    sign = 1 if side == "right" else -1
    surfaces = cellar_surfaces(rng)
    door = Opening(-sign * room.width * float(rng.uniform(0.1, 0.25)), 0.95, 0.0, 2.0)
    away = -1 if side == "right" else 1
    hole = Opening(
        away * room.depth * float(rng.uniform(0.05, 0.25)), float(rng.uniform(0.7, 1.1)), 1.35, 1.95
    )
    shell(room, surfaces, {"ahead": [door], side: [hole]})
    planks = surfaces.trim
    doorway(room.wall("ahead"), door, planks, leaf=planks, swing=float(rng.uniform(1.0, 1.7)))
    dark_passage(room.wall("ahead"), door, rng)
    _window(room, side, hole, planks, rng)
    beams(room, int(rng.integers(4, 7)), wood("Beam", *WOODS[2]))
    goods, wax = rng_of("goods"), choose_wax(rng_of("wax"))
    pieces = [
        Piece(0.75, lambda place: barrel_with(place.at(0, -0.4), goods, wax, finish)),
        Piece(0.75, lambda place: barrel_with(place.at(0, -0.4), goods, wax, finish)),
        Piece(1.0, partial(open_shelf, size=(0.95, 1.7), finish=finish, rng=goods)),
        Piece(0.9, lambda place: crates(place.at(0, -0.35), goods, planks, wax, finish)),
        Piece(0.9, lambda place: crates(place.at(0, -0.35), goods, planks, wax, finish)),
        Piece(0.75, lambda place: barrel_with(place.at(0, -0.4), goods, wax, finish)),
    ]
    opposite: Side = "left" if side == "right" else "right"
    pieces = [pieces[i] for i in goods.permutation(len(pieces)).tolist()]
    for wall in ("ahead", side, opposite):
        holes = [door] if wall == "ahead" else []
        for span in standing_room(room, wall, holes, 2.6 if wall == opposite else 1.6):
            pieces = line_up(room.wall(wall), span, pieces, goods)
    middle = Place(
        sign * float(rng.uniform(0.2, 0.6)), float(rng.uniform(-0.1, 0.5)), 0.0, float(rng.uniform(0, 3))
    )
    cellar_table(middle, wax, finish, goods)
    with moves((float(goods.uniform(0.3, 0.8)), 0.0, 0.0)):
        hanging_lantern(
            Place(-sign * 0.5, float(goods.uniform(0.3, 1.2)), room.height),
            float(goods.uniform(0.5, 0.7)),
            wax,
            finish.dark,
        )
    view_rng = rng_of("camera")
    eye = (
        -sign * (room.width / 2 - float(view_rng.uniform(0.5, 1.0))),
        -room.depth / 2 + float(view_rng.uniform(0.4, 0.8)),
        float(view_rng.uniform(1.15, 1.55)),
    )
    aim = (sign * float(view_rng.uniform(0.0, 0.6)), room.depth / 2, float(view_rng.uniform(0.8, 1.1)))
    return (eye, aim, float(view_rng.uniform(22, 30))), {}
