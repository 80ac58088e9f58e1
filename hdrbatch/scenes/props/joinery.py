"""Cupboards and beds: kitchen rows, wardrobes, open shelves, desks, sideboards, beds, mirrors."""

from typing import Any

import numpy as np

from hdrbatch.scenes.kit.materials import assorted, fabric, masonry, mottled, patterned, pick, plain, tinted
from hdrbatch.scenes.kit.shapes import Place, box, boxes, turned
from hdrbatch.scenes.props.furniture import CLOTHS, Finish, bookshelf, vessel
from hdrbatch.scenes.props.rooms import Part
from hdrbatch.scenes.props.tableware import bowl, cup, pan, plate, teapot, tin


def sideboard(place: Place, width: float, finish: Finish, rng: np.random.Generator) -> float:
    """Low cupboard on feet, some of its doors missing: dark compartments. Returns the height of its top."""
    height, deep, board = float(rng.uniform(0.6, 0.85)), 0.42, 0.022
    foot = float(rng.uniform(0.08, 0.16))
    body = place.at(0, -deep / 2 - 0.01)
    num_bays = max(2, round(width / 0.5))
    bay = width / num_bays
    parts: list[Part] = [
        ((0.0, 0.0, foot), (width, deep, board)),
        ((0.0, 0.0, height - board), (width, deep, board)),
        ((0.0, deep / 2 - 0.006, foot), (width, 0.01, height - foot)),
    ]
    walls = np.linspace(-width / 2 + board / 2, width / 2 - board / 2, num_bays + 1).tolist()
    parts += [((x, 0.0, foot), (board, deep - 0.01, height - foot)) for x in walls]
    boxes(body, parts, finish.wood, bevel=0.003)
    for i in range(num_bays):
        middle = -width / 2 + bay * (i + 0.5)
        if rng.random() < 0.35:
            shelf = (foot + height) / 2
            box(body.at(middle, 0.0, shelf), (bay - 2 * board, deep - 0.03, 0.016), finish.wood, bevel=0.0)
            for level in (foot + board, shelf + 0.016):
                vessel(body.at(middle, -0.03, level), (height - foot) * 0.38, rng)
            continue
        box(
            body.at(middle, -deep / 2 - 0.006, foot + 0.01),
            (bay - 0.012, 0.018, height - foot - 0.03),
            finish.wood,
        )
        knob = [((middle + bay * 0.36, -deep / 2 - 0.026, (foot + height) / 2), (0.02, 0.025, 0.02))]
        boxes(body, knob, finish.metal, bevel=0.006)
    legs: list[Part] = [
        ((sx * (width / 2 - 0.08), sy * 0.15, 0.0), (0.035, 0.035, foot)) for sx in (-1, 1) for sy in (-1, 1)
    ]
    boxes(body, legs, finish.upright_wood)
    return place.z + height


def wardrobe(place: Place, width: float, finish: Finish, rng: np.random.Generator) -> None:
    """Wardrobe with one door open: clothes on hangers in the dark."""
    height, deep, board = float(rng.uniform(1.9, 2.2)), 0.58, 0.025
    body = place.at(0, -deep / 2 - 0.01)
    frame: list[Part] = [
        ((-(width - board) / 2, 0.0, 0.0), (board, deep, height)),
        (((width - board) / 2, 0.0, 0.0), (board, deep, height)),
        ((0.0, 0.0, 0.0), (width, deep - 0.01, 0.08)),
        ((0.0, 0.0, height - board), (width, deep, board)),
        ((0.0, deep / 2 - 0.006, 0.0), (width, 0.01, height)),
        ((0.0, 0.01, height - 0.36), (width - 2 * board, deep - 0.04, board)),
    ]
    boxes(body, frame, finish.upright_wood, bevel=0.004)
    rail = body.at(0, 0, height - 0.46)
    box(rail, (width - 2 * board, 0.025, 0.025), finish.metal)
    coats: list[Part] = []
    x = -width / 2 + 0.08
    while x < width / 2 - 0.12:
        long = float(rng.uniform(0.7, 1.2))
        coats.append(((x, 0.0, height - 0.48 - long), (float(rng.uniform(0.02, 0.045)), 0.42, long)))
        x += float(rng.uniform(0.05, 0.11))
    dark = tuple(tinted(rng, (c[0] * 0.3, c[1] * 0.3, c[2] * 0.3)) for c in CLOTHS)
    boxes(body, coats, assorted("Clothes", dark, roughness=0.9), bevel=0.01)
    half = width / 2
    open_left = rng.random() < 0.5
    for side in (-1, 1):
        is_open = (side < 0) == open_left
        swing = side * float(rng.uniform(1.2, 1.75)) if is_open else 0.0
        hinge = body.at(side * (half - 0.005), -deep / 2 - 0.012, 0.085, turn=swing)
        leaf: list[Part] = [((-side * half / 2, 0.0, 0.0), (half - 0.012, 0.02, height - 0.11))]
        leaf += [((-side * half / 2, -0.012, low), (half * 0.66, 0.01, 0.8)) for low in (0.12, 1.02)]
        boxes(hinge, leaf, finish.upright_wood, bevel=0.004)
        knob: list[Part] = [((-side * (half - 0.05), -0.03, 0.95), (0.018, 0.04, 0.09))]
        boxes(hinge, knob, finish.metal)


def open_shelf(place: Place, size: tuple[float, float], finish: Finish, rng: np.random.Generator) -> None:
    """Bookshelf against a wall, `size` is its width and height."""
    bookshelf(place.at(0, -0.17), size, finish, rng)


def desk(place: Place, width: float, finish: Finish, rng: np.random.Generator) -> float:
    """Desk with drawers to one side and open knee room. Returns the height of its top."""
    height, deep = 0.75, 0.62
    body = place.at(0, -deep / 2 - 0.03)
    box(body.at(0, 0, height - 0.03), (width, deep, 0.03), finish.wood, bevel=0.006)
    side = 1 if rng.random() < 0.5 else -1
    chest = side * (width / 2 - 0.23)
    box(body.at(chest, 0.02, 0.03), (0.42, deep - 0.06, height - 0.06), finish.upright_wood)
    box(body.at(-side * (width / 2 - 0.03), 0.0), (0.03, deep - 0.06, height - 0.03), finish.upright_wood)
    box(body.at(0, deep / 2 - 0.04, 0.25), (width - 0.1, 0.015, height - 0.29), finish.wood)
    for i in range(3):
        front = body.at(chest, -deep / 2 + 0.045, 0.06 + 0.215 * i)
        box(front, (0.39, 0.018, 0.2), finish.wood, bevel=0.004)
        box(front.at(0, -0.02, 0.09), (0.12, 0.012, 0.014), finish.metal)
    papers = [((float(rng.uniform(-0.1, 0.1)), 0.0, 0.004 * i), (0.21, 0.297, 0.003)) for i in range(3)]
    boxes(
        body.at(-0.1 * side, -0.05, height, turn=0.2),
        papers,
        plain("Paper", (0.72, 0.71, 0.68), 0.8),
        bevel=0.0,
    )
    stack = []
    level = 0.0
    for _ in range(int(rng.integers(2, 6))):
        thick = float(rng.uniform(0.02, 0.045))
        stack.append(((float(rng.uniform(-0.02, 0.02)), 0.0, level), (0.17, 0.24, thick)))
        level += thick + 0.001
    palette = tuple(pick(rng, CLOTHS, 0.4) for _ in range(5))
    boxes(
        body.at(side * width * 0.28, 0.05, height, turn=0.4), stack, assorted("Books", palette), bevel=0.002
    )
    return place.z + height


def bed(place: Place, width: float, finish: Finish, rng: np.random.Generator) -> None:
    """Bed with its head at the wall, on legs: dark beneath."""
    long, low, board = 2.05, 0.24, float(rng.uniform(0.9, 1.25))
    body = place.at(0, -long / 2 - 0.06)
    box(place.at(0, -0.04), (width + 0.08, 0.06, board), finish.wood, bevel=0.015)
    boxes(
        body,
        [
            ((-width / 2, 0.0, low), (0.04, long, 0.14)),
            ((width / 2, 0.0, low), (0.04, long, 0.14)),
            ((0.0, -long / 2, low), (width, 0.04, 0.16)),
        ],
        finish.wood,
    )
    legs: list[Part] = [
        ((sx * (width / 2 - 0.04), -long / 2 + 0.04, 0.0), (0.06, 0.06, low)) for sx in (-1, 1)
    ]
    boxes(body, legs, finish.upright_wood)
    sheet = fabric("Sheet", (0.66, 0.65, 0.62))
    box(body.at(0, 0, low + 0.05), (width - 0.05, long - 0.05, 0.22), sheet, bevel=0.05)
    cover = (
        fabric("Cover", pick(rng, (*CLOTHS, (0.62, 0.6, 0.55))))
        if rng.random() < 0.6
        else patterned(
            "Quilt", tuple(pick(rng, CLOTHS, 0.3) for _ in range(4)), "cells", float(rng.uniform(3, 7))
        )
    )
    back = float(rng.uniform(0.5, 0.7))
    box(body.at(0, -back / 2 + 0.01, low + 0.06), (width + 0.05, long - back, 0.26), cover, bevel=0.06)
    box(body.at(0, long / 2 - back - 0.08, low + 0.24), (width + 0.04, 0.3, 0.11), sheet, bevel=0.05)
    num_pillows = 2 if width > 1.2 else 1
    for i in range(num_pillows):
        x = (i - (num_pillows - 1) / 2) * width * 0.48
        pillow = body.at(x, long / 2 - 0.24, low + 0.24, turn=float(rng.uniform(-0.1, 0.1))).tilted(-0.55)
        box(pillow, (min(0.62, width * 0.45), 0.14, 0.40), sheet, bevel=0.065)
    if rng.random() < 0.6:
        cushion = body.at(float(rng.uniform(-0.2, 0.2)), long / 2 - 0.5, low + 0.27).tilted(-0.7)
        box(cushion, (0.4, 0.12, 0.36), finish.second_cloth, bevel=0.055)


def nightstand(place: Place, finish: Finish, rng: np.random.Generator) -> float:
    """Small table with an open compartment and a drawer. Returns the height of its top."""
    width, deep, height = 0.44, 0.36, 0.55
    body = place.at(0, -deep / 2 - 0.02)
    sides: list[Part] = [((sx * (width / 2 - 0.01), 0.0, 0.0), (0.02, deep, height)) for sx in (-1, 1)]
    levels: list[Part] = [
        ((0.0, 0.0, z), (width - 0.04, deep - 0.01, 0.02)) for z in (0.1, 0.34, height - 0.02)
    ]
    boxes(body, [*sides, *levels, ((0.0, deep / 2 - 0.005, 0.1), (width, 0.01, height - 0.1))], finish.wood)
    box(body.at(0, -deep / 2 + 0.006, 0.365), (width - 0.05, 0.018, height - 0.39), finish.wood)
    box(body.at(0, -deep / 2 - 0.012, 0.43), (0.025, 0.025, 0.02), finish.metal)
    vessel(body.at(float(rng.uniform(-0.06, 0.06)), 0.0, 0.12), 0.2, rng)
    return place.z + height


def kitchen_row(
    place: Place, width: float, finish: Finish, rng: np.random.Generator, *, upper: bool
) -> float:
    """Base cupboards with a worktop, tiles behind, things on it; above it cupboards or open shelves.

    Returns the height of what hangs above.
    """
    deep, high = 0.6, 0.9
    color = pick(rng, ((0.68, 0.67, 0.63), (0.10, 0.16, 0.14), (0.06, 0.09, 0.15), (0.28, 0.31, 0.26)))
    paint = plain("Cupboards", color, 0.4, coat=0.2)
    body = place.at(0, -deep / 2 - 0.005)
    box(body.at(0, 0.03), (width, deep - 0.1, 0.1), finish.dark, bevel=0.0)
    box(body.at(0, 0.01, 0.1), (width, deep - 0.04, high - 0.14), paint, bevel=0.003)
    num_doors = max(2, round(width / 0.55))
    span = width / num_doors
    oven = int(rng.integers(num_doors))
    for i in range(num_doors):
        front = body.at(-width / 2 + span * (i + 0.5), -deep / 2 + 0.02, 0.12)
        if i == oven:
            box(front, (span - 0.008, 0.024, 0.72), plain("Oven", (0.012, 0.012, 0.013), 0.08), bevel=0.004)
        elif rng.random() < 0.4:
            drawers = [((0.0, 0.0, z), (span - 0.008, 0.02, 0.235)) for z in (0.0, 0.243, 0.486)]
            boxes(front, drawers, paint, bevel=0.003)
        else:
            box(front, (span - 0.008, 0.02, 0.725), paint, bevel=0.003)
        box(front.at(0, -0.03, 0.63), (span * 0.5, 0.014, 0.014), finish.metal)
    stone = mottled(
        "Worktop", (0.04, 0.04, 0.042), tinted(rng, (0.16, 0.15, 0.14), 0.4), scale=70, roughness=(0.1, 0.25)
    )
    top = stone if rng.random() < 0.6 else finish.wood
    box(body.at(0, -0.01, high - 0.04), (width + 0.02, deep + 0.02, 0.04), top, bevel=0.004)
    _tiles(place, width, high, rng)
    _on_worktop(body.at(0, 0, high), width, rng)
    base = high + 0.5
    if upper:
        _upper_cupboards(place.at(0, -0.18, base), width, paint, finish)
    else:
        _plate_shelves(place.at(0, -0.14, base), width, finish, rng)
    return place.z + base


def _tiles(place: Place, width: float, high: float, rng: np.random.Generator) -> None:
    color = pick(rng, ((0.66, 0.66, 0.63), (0.12, 0.24, 0.24), (0.5, 0.42, 0.3), (0.08, 0.12, 0.2)))
    shade = tinted(rng, (color[0] * 0.85, color[1] * 0.85, color[2] * 0.85))
    size = (0.2, 0.1) if rng.random() < 0.5 else (0.12, 0.12)
    tiles = masonry("Tiles", (color, shade), (0.4, 0.39, 0.37), brick_m=size, roughness=0.12, joint_m=0.003)
    box(place.at(0, -0.006, high), (width, 0.012, 0.62), tiles, bevel=0.0)


def _on_worktop(top: Place, width: float, rng: np.random.Generator) -> None:
    x = -width / 2 + 0.2
    while x < width / 2 - 0.2:
        spot = top.at(x, float(rng.uniform(-0.05, 0.15)), 0.0, turn=float(rng.uniform(-1, 1)))
        kind = int(rng.integers(6))
        if kind == 0:
            pan(spot, 0.11, rng)
        elif kind == 1:
            bowl(spot, 0.13, rng)
        elif kind == 2:
            teapot(spot, 0.2, rng)
        elif kind == 3:
            tin(spot, float(rng.uniform(0.12, 0.22)), rng)
        elif kind == 4:
            cup(spot, 0.09, rng)
        else:
            vessel(spot, 0.3, rng)
        x += float(rng.uniform(0.22, 0.5))


def _upper_cupboards(place: Place, width: float, paint: Any, finish: Finish) -> None:
    box(place, (width, 0.34, 0.65), paint, bevel=0.003)
    num_doors = max(2, round(width / 0.5))
    span = width / num_doors
    for i in range(num_doors):
        front = place.at(-width / 2 + span * (i + 0.5), -0.18, 0.005)
        box(front, (span - 0.008, 0.02, 0.64), paint, bevel=0.003)
        box(front.at(span * 0.36, -0.025, 0.05), (0.014, 0.014, 0.14), finish.metal)


def _plate_shelves(place: Place, width: float, finish: Finish, rng: np.random.Generator) -> None:
    for level in (0.1, 0.45):
        box(place.at(0, 0, level), (width, 0.25, 0.028), finish.wood, bevel=0.004)
        x = -width / 2 + 0.14
        while x < width / 2 - 0.12:
            spot = place.at(x, 0.0, level + 0.028)
            kind = float(rng.random())
            if kind < 0.35:
                for i in range(int(rng.integers(2, 6))):
                    plate(spot.at(0, 0, 0.009 * i), 0.1, rng)
            elif kind < 0.6:
                cup(spot, 0.09, rng)
            elif kind < 0.8:
                tin(spot, 0.17, rng)
            else:
                bowl(spot, 0.08, rng)
            x += float(rng.uniform(0.17, 0.28))


def mirror(place: Place, size: tuple[float, float], finish: Finish) -> None:
    """Framed mirror on a wall; the place is the middle of its lower edge."""
    width, height = size
    edge = 0.05
    sides: list[Part] = [
        ((0.0, -0.02, 0.0), (width, 0.04, edge)),
        ((0.0, -0.02, height - edge), (width, 0.04, edge)),
        ((-(width - edge) / 2, -0.02, 0.0), (edge, 0.04, height)),
        (((width - edge) / 2, -0.02, 0.0), (edge, 0.04, height)),
    ]
    boxes(place, sides, finish.wood, bevel=0.008)
    silver = plain("Mirror", (0.85, 0.86, 0.86), 0.0, metallic=1.0)
    box(place.at(0, -0.006, 0.01), (width - edge, 0.01, height - 0.02), silver, bevel=0.0)


def television(place: Place, width: float, finish: Finish) -> None:
    """Flat screen, off, on a foot."""
    box(place, (width * 0.4, 0.2, 0.015), finish.dark)
    box(place.at(0, 0.02, 0.01), (0.06, 0.03, 0.08), finish.dark)
    box(
        place.at(0, 0, 0.07),
        (width, 0.04, width * 0.57),
        plain("Screen", (0.006, 0.006, 0.007), 0.12),
        bevel=0.004,
    )


def stool(place: Place, height: float, finish: Finish) -> float:
    """Round stool or side table with three legs. Returns the height of its top."""
    turned(
        place.at(0, 0, height - 0.03),
        [(0.0, 0.0), (0.19, 0.0), (0.2, 0.015), (0.19, 0.03), (0.0, 0.03)],
        finish.wood,
    )
    for i in range(3):
        leg = place.at(0, 0, 0.0, turn=2.1 * i)
        box(leg.at(0, -0.13).tilted(0.06), (0.03, 0.03, height - 0.01), finish.upright_wood)
    return place.z + height
