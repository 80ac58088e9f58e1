"""Candle and fire light: a dinner table, a fireplace, an altar, a cellar; a last blue in the window.

A flame has about 10,000 cd/m2 and lights what is a metre from it to less than 1 cd/m2: the range is that of
the flames against the far end of the room.
"""

from functools import partial
from math import pi
from typing import Any

import bpy
import numpy as np

from hdrbatch.scenes.kit.camera import add_camera
from hdrbatch.scenes.kit.description import SceneDescription
from hdrbatch.scenes.kit.lights import CD_M2, add_night_sky, add_portal, luminance_of, scaled
from hdrbatch.scenes.kit.materials import fabric, masonry, mottled, patterned, pick, plain, tinted, wood
from hdrbatch.scenes.kit.movers import moves
from hdrbatch.scenes.kit.seeds import part_rng
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import Place, ball_profile, box, boxes, turned
from hdrbatch.scenes.props.candles import (
    CANDLE_LM,
    candelabra,
    candle,
    candlestick,
    choose_wax,
    fire,
    fireplace,
    hanging_lantern,
    lantern,
    tealight,
)
from hdrbatch.scenes.props.cellar import barrel_with, crates
from hdrbatch.scenes.props.chapel import bench, columns, retable, votive_rack
from hdrbatch.scenes.props.fruit import apple, citrus, grapes, loaf, pear
from hdrbatch.scenes.props.furniture import (
    CLOTHS,
    WOODS,
    Finish,
    chair,
    choose_finish,
    picture,
    rug,
    sofa,
    table,
)
from hdrbatch.scenes.props.glassware import bottle, stemware
from hdrbatch.scenes.props.joinery import mirror, open_shelf, sideboard, stool
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
from hdrbatch.scenes.props.tableware import bowl, plate, spoon

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
        Piece(1.5, lambda place: _candle_board(place, finish, goods, rng_of("board"))),
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
    _laid_table(spot, size, finish, rng_of("table"))
    view_rng = rng_of("camera")
    eye_y = max(spot.y - size[1] / 2 - float(view_rng.uniform(0.9, 1.5)), -room.depth / 2 + 0.25)
    eye = (float(view_rng.uniform(-0.9, 0.9)), eye_y, float(view_rng.uniform(1.1, 1.5)))
    return (
        eye,
        (spot.x, spot.y + 0.2, float(view_rng.uniform(0.8, 0.95))),
        float(view_rng.uniform(24, 36)),
    ), {}


def _candle_board(place: Place, finish: Finish, rng: np.random.Generator, more: np.random.Generator) -> None:
    """Sideboard with candles on it."""
    top = sideboard(place, 1.4, finish, rng)
    wax = choose_wax(more)
    for i in range(int(more.integers(1, 4))):
        spot = place.at((i - 1) * 0.4, -0.22, top)
        candlestick(spot, float(more.uniform(0.1, 0.25)), wax, finish.metal, more)


def _laid_table(
    spot: Place, size: tuple[float, float, float], finish: Finish, rng: np.random.Generator
) -> None:
    """Chairs, plates, glasses, candles along the middle, fruit, bread, a bottle; something that rolls."""
    top = table(spot, size, finish)
    length, depth, _ = size
    if rng.random() < 0.5:
        cloth = fabric("Table cloth", pick(rng, (*CLOTHS, (0.68, 0.66, 0.6))))
        box(
            spot.at(0, 0, top),
            (length + 0.02, depth * float(rng.choice([0.4, 1.02])), 0.004),
            cloth,
            bevel=0.0015,
        )
        top += 0.004
    seats = 2 if length < 1.5 else 3
    for side in (-1, 1):
        for i in range(seats):
            x = (i - (seats - 1) / 2) * (length - 0.3) / seats
            turn = (pi if side < 0 else 0.0) + float(rng.uniform(-0.15, 0.15))
            if side > 0 or rng.random() < 0.5:
                chair(spot.at(x, side * (depth / 2 + float(rng.uniform(0.02, 0.2))), turn=turn), finish)
            setting = spot.at(x, side * (depth / 2 - 0.16), top)
            plate(setting, 0.125, rng)
            spoon(spot.at(x + side * 0.17, side * (depth / 2 - 0.15), top, turn=pi / 2), 0.2, rng)
            stemware(
                spot.at(x - side * 0.15, side * (depth / 2 - 0.33), top), float(rng.uniform(0.17, 0.22)), rng
            )
    _table_candles(spot.at(0, 0, top), length, finish, rng)
    for x in (-0.42, -0.2, 0.2, 0.42):
        item = spot.at(x * length, float(rng.uniform(-0.09, 0.09)), top)
        kind = int(rng.integers(4))
        if kind == 0:
            bottle(item, float(rng.uniform(0.27, 0.33)), rng)
        elif kind == 1:
            _fruit_bowl(item, rng)
        elif kind == 2:
            loaf(item, 0.2, rng)
    heading = float(rng.uniform(0, 2 * pi))
    with moves((0.5 * float(np.cos(heading)), 0.5 * float(np.sin(heading)), 0.0)):
        citrus(spot.at(float(rng.uniform(-0.1, 0.1)) * length, -depth * 0.24, top), 0.075, rng)


def _table_candles(top: Place, length: float, finish: Finish, rng: np.random.Generator) -> None:
    wax = choose_wax(rng)
    kind = float(rng.random())
    metal = finish.metal if rng.random() < 0.7 else finish.dark
    if kind < 0.35:
        for x in (-0.28, 0.28) if length > 1.5 else (0.0,):
            candelabra(
                top.at(x * length, 0.0, turn=float(rng.uniform(-0.3, 0.3))),
                0.3,
                int(rng.choice([2, 4])),
                wax,
                metal,
                rng,
            )
    else:
        for x in np.linspace(-0.33, 0.33, int(rng.integers(3, 7))).tolist():
            spot = top.at(x * length, float(rng.uniform(-0.04, 0.04)))
            if kind < 0.7:
                candlestick(spot, float(rng.uniform(0.06, 0.28)), wax, metal, rng)
            else:
                candle(spot, float(rng.uniform(0.022, 0.038)), float(rng.uniform(0.06, 0.2)), wax)
    for _ in range(int(rng.integers(0, 5))):
        spot = top.at(float(rng.uniform(-0.4, 0.4)) * length, float(rng.choice([-0.13, 0.13])))
        tealight(spot, (0.8, 0.8, 0.82), wax)


def _fruit_bowl(place: Place, rng: np.random.Generator) -> None:
    bowl(place, 0.13, rng)
    for i in range(4):
        spot = place.at(0.055 * float(np.cos(1.6 * i)), 0.055 * float(np.sin(1.6 * i)), 0.045)
        (apple, pear, citrus)[int(rng.integers(3))](spot, 0.075, rng)
    grapes(place.at(0.0, 0.0, 0.095), 0.15, rng)


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
    grey = pick(rng, ((0.45, 0.42, 0.38), (0.25, 0.24, 0.23), (0.30, 0.12, 0.07)))
    stone = masonry(
        "Stone",
        (grey, tinted(rng, (grey[0] * 0.7, grey[1] * 0.7, grey[2] * 0.7))),
        (0.25, 0.24, 0.22),
        brick_m=(0.3, 0.11),
        joint_m=0.01,
    )
    x = float(rng.uniform(-0.15, 0.15)) * room.width
    wall = room.wall("ahead")
    hearth = fireplace(wall.at(x, 0.0), stone, finish.wood, rng)
    lumens = float(10 ** rng.uniform(3.0, 3.6))
    fire(hearth, float(rng.uniform(0.4, 0.55)), lumens, rng)
    goods, more = rng_of("furniture"), rng_of("candles")
    wax = choose_wax(more)
    for dx in np.linspace(-0.65, 0.65, int(more.integers(2, 6))).tolist():
        spot = wall.at(x + dx, -float(more.uniform(0.15, 0.3)), 1.11)
        candlestick(spot, float(more.uniform(0.08, 0.25)), wax, finish.metal, more)
    if goods.random() < 0.5:
        mirror(wall.at(x, 0.0, 1.3), (float(goods.uniform(0.7, 1.1)), 0.85), finish)
    else:
        picture(wall.at(x, 0.0, 1.3), (0.9, 0.8), finish, goods)
    pieces = [
        Piece(
            0.95, partial(open_shelf, size=(0.9, float(goods.uniform(1.6, 2.2))), finish=finish, rng=goods)
        ),
        Piece(
            0.75, partial(open_shelf, size=(0.7, float(goods.uniform(1.6, 2.2))), finish=finish, rng=goods)
        ),
        Piece(1.5, lambda place: _candle_board(place, finish, goods, more)),
    ]
    blocked = {"ahead": [taken(x, 1.95)], side: [hole]}
    for wall_side in ("ahead", side):
        for span in standing_room(room, wall_side, blocked[wall_side], 2.0):
            pieces = line_up(room.wall(wall_side), span, pieces, goods)
    front = Place(x, room.depth / 2 - 1.75)
    rug(front, (float(goods.uniform(1.8, 2.4)), float(goods.uniform(1.2, 1.6))), goods)
    sofa(front.at(sign * 1.15, -0.15, turn=-sign * float(goods.uniform(0.7, 1.3))), 0.95, finish)
    if goods.random() < 0.6:
        chair(front.at(-sign * 1.0, 0.0, turn=sign * float(goods.uniform(0.8, 1.4))), finish)
    small = front.at(sign * 0.55, -0.85)
    top = stool(small, 0.45, finish)
    bottle(small.at(-0.06, 0.04, top), 0.3, goods)
    stemware(small.at(0.08, -0.03, top), 0.2, goods)
    with moves((-sign * float(goods.uniform(0.5, 1.2)), 0.3, 0.0)):
        ball = plain("Ball", pick(goods, CLOTHS, 0.4), 0.4)
        turned(
            front.at(-sign * 0.3, -0.75),
            ball_profile(float(goods.uniform(0.05, 0.09)), steps=18),
            ball,
            segments=28,
        )
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
    grey = pick(rng, ((0.42, 0.38, 0.32), (0.30, 0.30, 0.30), (0.40, 0.28, 0.2), (0.55, 0.52, 0.46)))
    dark = tinted(rng, (grey[0] * 0.75, grey[1] * 0.75, grey[2] * 0.75), 0.08)
    ashlar = masonry(
        "Ashlar",
        (grey, dark),
        (grey[0] * 0.6, grey[1] * 0.6, grey[2] * 0.6),
        brick_m=(0.55, 0.28),
        joint_m=0.008,
    )
    slabs = masonry(
        "Slabs",
        (dark, (dark[0] * 0.7, dark[1] * 0.7, dark[2] * 0.7)),
        (0.06, 0.06, 0.06),
        brick_m=(0.6, 0.6),
        joint_m=0.008,
        roughness=0.3,
    )
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
    num_steps = int(goods.integers(1, 4))
    for i in range(num_steps):
        box(foot.at(0, 0.1, 0.14 * i), (3.0 - 0.5 * i, 2.0 - 0.45 * i, 0.14), slabs, bevel=0.012)
    base = 0.14 * num_steps
    wide = float(goods.uniform(1.4, 2.0))
    box(foot.at(0, 0.2, base), (wide, 0.7, 0.92), ashlar, bevel=0.02)
    cloth = patterned("Altar cloth", tuple(pick(goods, CLOTHS, 0.3) for _ in range(4)), "bands", 8.0)
    box(foot.at(0, 0.2, base + 0.92), (wide + 0.1, 0.78, 0.03), finish.wood, bevel=0.008)
    box(foot.at(0, -0.16, base + 0.32), (wide * 0.45, 0.012, 0.6), cloth, bevel=0.004)
    top = base + 0.95
    retable(Place(0.0, room.depth / 2), wide, top, goods)
    for x in np.linspace(-0.45, 0.45, int(goods.integers(4, 9))).tolist():
        spot = foot.at(x * wide, 0.2 + float(goods.uniform(-0.15, 0.15)), top)
        if goods.random() < 0.5:
            candlestick(spot, float(goods.uniform(0.15, 0.4)), wax, finish.metal, goods)
        else:
            candle(spot, float(goods.uniform(0.025, 0.045)), float(goods.uniform(0.1, 0.35)), wax)
    for end in (-1, 1):
        candelabra(
            foot.at(end * (wide / 2 + 0.45), -0.1, base),
            float(goods.uniform(1.1, 1.4)),
            4,
            wax,
            finish.metal,
            goods,
        )
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
    brick = pick(rng, ((0.28, 0.12, 0.07), (0.34, 0.30, 0.26), (0.42, 0.38, 0.32)))
    other = tinted(rng, (brick[0] * 0.65, brick[1] * 0.65, brick[2] * 0.65))
    walls = masonry("Cellar wall", (brick, other), (0.2, 0.19, 0.17), brick_m=(0.25, 0.08))
    planks = wood("Planks", *WOODS[int(rng.integers(3))])
    floor = masonry(
        "Cellar floor",
        (other, (0.12, 0.1, 0.09)),
        (0.05, 0.05, 0.05),
        brick_m=(0.24, 0.24),
        joint_m=0.01,
        roughness=0.5,
    )
    door = Opening(-sign * room.width * float(rng.uniform(0.1, 0.25)), 0.95, 0.0, 2.0)
    away = -1 if side == "right" else 1
    hole = Opening(
        away * room.depth * float(rng.uniform(0.05, 0.25)), float(rng.uniform(0.7, 1.1)), 1.35, 1.95
    )
    shell(room, Surfaces(walls, walls, planks, floor, planks), {"ahead": [door], side: [hole]})
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
    top = table(middle, (1.2, 0.7, 0.74), finish)
    for dx in (-0.35, 0.0, 0.3):
        bottle(middle.at(dx, float(goods.uniform(-0.2, 0.2)), top), float(goods.uniform(0.26, 0.33)), goods)
    lantern(middle.at(0.17, 0.05, top), 0.3, wax, finish.dark)
    candlestick(middle.at(-0.15, -0.1, top), 0.1, wax, finish.metal, goods)
    stool(middle.at(0.1, -0.75), 0.45, finish)
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
