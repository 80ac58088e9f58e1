"""Rooms: floor, ceiling, walls with windows and doorways, what lies behind a doorway, things along walls."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import pi
from typing import Any, Literal

import numpy as np

from hdrbatch.scenes.kit.materials import boards, masonry, mottled, pane, pick, plain, tinted, wood
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import Place, box, boxes, rectangles
from hdrbatch.scenes.props.furniture import CLOTHS, WOODS, curtain

Side = Literal["ahead", "left", "right", "near"]
Part = tuple[tuple[float, float, float], tuple[float, float, float]]
Span = tuple[float, float]

WALL_M = 0.25
GLASS_M = 0.12
"""How far behind the face of the wall a window's glass is."""
WALL_COLORS: tuple[Color, ...] = (
    (0.72, 0.70, 0.65),
    (0.55, 0.60, 0.58),
    (0.62, 0.50, 0.36),
    (0.20, 0.29, 0.32),
    (0.30, 0.36, 0.25),
    (0.55, 0.30, 0.22),
    (0.07, 0.12, 0.17),
    (0.08, 0.14, 0.10),
    (0.25, 0.06, 0.06),
    (0.22, 0.20, 0.19),
)


@dataclass(frozen=True)
class Opening:
    """Hole in a wall, in metres: its middle along the wall's own x axis, width, lower and upper edge."""

    x: float
    width: float
    bottom: float
    top: float


@dataclass(frozen=True)
class Room:
    """Measures of a room; its floor is at z 0 and its middle at the origin."""

    width: float
    depth: float
    height: float

    def wall(self, side: Side) -> Place:
        """Middle of a wall's foot, facing into the room: -y leads into it, and x along the wall."""
        if side == "ahead":
            return Place(0.0, self.depth / 2)
        if side == "near":
            return Place(0.0, -self.depth / 2, heading=pi)
        sign = 1 if side == "right" else -1
        return Place(sign * self.width / 2, 0.0, heading=-sign * pi / 2)

    def length(self, side: Side) -> float:
        """Length of a wall."""
        return self.width if side in ("ahead", "near") else self.depth


@dataclass(frozen=True)
class Surfaces:
    """Materials of a room; `accent` is the wall ahead's."""

    wall: Any
    accent: Any
    ceiling: Any
    floor: Any
    trim: Any


def choose_surfaces(rng: np.random.Generator, *, tiled: bool = False) -> Surfaces:
    """Paint, brick, boards or tiles for one room; `tiled` is a kitchen's or a bath's floor."""
    color = pick(rng, WALL_COLORS)
    wall = _plaster(color, rng)
    kind = float(rng.random())
    if kind < 0.2:
        brick = pick(rng, ((0.30, 0.11, 0.06), (0.45, 0.42, 0.38), (0.22, 0.10, 0.07)))
        other = tinted(rng, (brick[0] * 0.7, brick[1] * 0.7, brick[2] * 0.7))
        accent = masonry("Brick", (brick, other), (0.3, 0.28, 0.25), brick_m=(0.23, 0.075))
    elif kind < 0.5:
        accent = _plaster(pick(rng, WALL_COLORS), rng)
    else:
        accent = wall
    dark, light = WOODS[int(rng.integers(len(WOODS)))]
    if tiled or rng.random() < 0.15:
        size = float(rng.uniform(0.2, 0.6))
        stone = pick(rng, ((0.45, 0.42, 0.38), (0.10, 0.10, 0.11), (0.35, 0.18, 0.11), (0.25, 0.28, 0.27)))
        shade = tinted(rng, (stone[0] * 0.8, stone[1] * 0.8, stone[2] * 0.8), 0.1)
        floor = masonry(
            "Floor",
            (stone, shade),
            (0.15, 0.14, 0.13),
            brick_m=(size, size),
            roughness=0.25,
            joint_m=0.004,
            offset=float(rng.choice([0.0, 0.5])),
        )
    else:
        board = (float(rng.uniform(1.2, 2.2)), float(rng.uniform(0.09, 0.2)))
        floor = boards("Floor", (dark, light), board_m=board, coat=float(rng.uniform(0.0, 0.4)))
    return Surfaces(
        wall=wall,
        accent=accent,
        ceiling=mottled("Ceiling", (0.68, 0.67, 0.65), (0.76, 0.75, 0.73), scale=4, roughness=(0.8, 0.95)),
        floor=floor,
        trim=plain(
            "Trim", pick(rng, ((0.68, 0.67, 0.64), (0.68, 0.67, 0.64), dark, (0.03, 0.03, 0.03))), 0.35
        ),
    )


def _plaster(color: Color, rng: np.random.Generator) -> Any:
    shade = tinted(rng, (color[0] * 0.9, color[1] * 0.9, color[2] * 0.9), 0.02)
    return mottled("Plaster", shade, color, scale=6, bump_m=0.002, roughness=(0.7, 0.95))


def shell(room: Room, surfaces: Surfaces, openings: Mapping[Side, Sequence[Opening]]) -> None:
    """Floor, ceiling, walls with their openings, skirting boards."""
    outer = (room.width + 2 * WALL_M, room.depth + 2 * WALL_M, 0.2)
    box(Place(0, 0, -0.2), outer, surfaces.floor, bevel=0.0)
    box(Place(0, 0, room.height), outer, surfaces.ceiling, bevel=0.0)
    sides: tuple[Side, ...] = ("ahead", "left", "right", "near")
    for side in sides:
        wall, length, holes = room.wall(side), room.length(side), openings.get(side, ())
        surface = surfaces.accent if side == "ahead" else surfaces.wall
        boxes(wall, _wall_parts(length, room.height, holes), surface, bevel=0.0)
        skirting: list[Part] = [
            (((start + end) / 2, -0.008, 0.0), (end - start, 0.016, 0.09))
            for start, end in free_spans(length, [hole for hole in holes if hole.bottom < 0.09], 0.09)
        ]
        boxes(wall, skirting, surfaces.trim, bevel=0.004)


def _wall_parts(length: float, height: float, openings: Sequence[Opening]) -> list[Part]:
    """Wall between, below and above its openings."""
    parts: list[Part] = [
        (((start + end) / 2, WALL_M / 2, 0.0), (end - start, WALL_M, height))
        for start, end in free_spans(length + 2 * WALL_M, openings)
    ]
    for hole in openings:
        if hole.bottom > 0:
            parts.append(((hole.x, WALL_M / 2, 0.0), (hole.width, WALL_M, hole.bottom)))
        parts.append(((hole.x, WALL_M / 2, hole.top), (hole.width, WALL_M, height - hole.top)))
    return parts


def free_spans(length: float, openings: Sequence[Opening], margin: float = 0.0) -> list[Span]:
    """Stretches of a wall that are free of openings and of a margin beside each.

    Examples
    --------
    >>> free_spans(4.0, [Opening(1.0, 1.0, 0.0, 2.0)])
    [(-2.0, 0.5), (1.5, 2.0)]
    """
    spans, start = [], -length / 2
    for hole in sorted(openings, key=lambda o: o.x):
        end = hole.x - hole.width / 2 - margin
        if end > start:
            spans.append((start, end))
        start = hole.x + hole.width / 2 + margin
    if length / 2 > start:
        spans.append((start, length / 2))
    return spans


def taken(x: float, width: float) -> Opening:
    """Stretch of a wall that something stands at, to be left out of `standing_room`."""
    return Opening(x, width, 0.0, 2.0)


def standing_room(room: Room, side: Side, holes: Sequence[Opening], near_m: float = 1.3) -> list[Span]:
    """Stretches where tall things can stand: free of holes, of the far corner and of the near end."""
    spans = free_spans(room.length(side), holes, 0.12)
    if side in ("ahead", "near"):
        return [span for span in spans if span[1] - span[0] > 0.4]
    sign = 1 if side == "left" else -1
    far, near = sign * (room.depth / 2 - 0.7), -sign * (room.depth / 2 - near_m)
    low, high = min(far, near), max(far, near)
    clipped = [(max(start, low), min(end, high)) for start, end in spans]
    return [span for span in clipped if span[1] - span[0] > 0.4]


def window(wall: Place, opening: Opening, frame: Any, rng: np.random.Generator) -> None:
    """Frame with bars, glass and sill in an opening."""
    width, bottom, top = opening.width, opening.bottom, opening.top
    height, y, edge, deep = top - bottom, GLASS_M, 0.06, 0.07
    foot = wall.at(opening.x, 0.0)
    parts: list[Part] = [
        ((0.0, y, bottom), (width, deep, edge)),
        ((0.0, y, top - edge), (width, deep, edge)),
        ((-(width - edge) / 2, y, bottom), (edge, deep, height)),
        (((width - edge) / 2, y, bottom), (edge, deep, height)),
    ]
    num_wings = max(1, round(width / 0.75)) if rng.random() < 0.7 else 1
    bars = [width * (i / num_wings - 0.5) for i in range(1, num_wings)]
    parts += [((x, y, bottom), (0.05, 0.06, height)) for x in bars]
    num_rows = int(rng.choice([1, 1, 2, 3, 4]))
    parts += [((0.0, y, bottom + height * i / num_rows), (width, 0.04, 0.03)) for i in range(1, num_rows)]
    boxes(foot, parts, frame, bevel=0.006)
    half = width / 2
    rectangles(foot, [[(-half, y, bottom), (half, y, bottom), (half, y, top), (-half, y, top)]], pane())
    box(foot.at(0, -0.05, bottom - 0.03), (width + 0.16, 0.22, 0.03), frame, bevel=0.006)


def blinds(wall: Place, opening: Opening, drawn: float, slat_m: float, tilt: float, material: Any) -> None:
    """Slats before a window's glass, down over a share `drawn` of it, their room side lower by `tilt`."""
    foot = wall.at(opening.x, 0.0)
    reach = (opening.top - opening.bottom) * drawn
    for level in np.arange(0.08, reach, slat_m * 0.85).tolist():
        slat = foot.at(0.0, 0.035, opening.top - level).tilted(tilt)
        box(slat, (opening.width - 0.03, slat_m, 0.003), material, bevel=0.0)
    tapes: list[Part] = [
        ((x, 0.035, opening.top - reach), (0.012, 0.004, reach))
        for x in np.linspace(-0.36, 0.36, 3) * opening.width
    ]
    ends: list[Part] = [
        ((0.0, 0.035, opening.top - 0.06), (opening.width - 0.02, 0.06, 0.055)),
        ((0.0, 0.035, opening.top - reach - 0.02), (opening.width - 0.02, slat_m * 0.8, 0.02)),
    ]
    boxes(foot, tapes + ends, material, bevel=0.0)


def curtains(wall: Place, opening: Opening, color: Color, rng: np.random.Generator) -> None:
    """Two curtains beside a window, on a rod."""
    foot = wall.at(opening.x, -0.13)
    low = 0.04 if opening.bottom < 1.0 and rng.random() < 0.8 else opening.bottom - 0.15
    for end in (-1, 1):
        hanging = foot.at(end * (opening.width / 2 + 0.14), 0.0, low)
        curtain(hanging, float(rng.uniform(0.4, 0.6)), opening.top + 0.13 - low, color, rng)
    rod = plain("Rod", (0.05, 0.05, 0.05), 0.3, metallic=1.0)
    box(foot.at(0, 0, opening.top + 0.12), (opening.width + 1.0, 0.02, 0.02), rod, bevel=0.004)


def curtain_color(rng: np.random.Generator) -> Color:
    """Colour of curtains: often a light linen."""
    return pick(rng, (*CLOTHS, (0.7, 0.67, 0.6), (0.7, 0.67, 0.6)))


def doorway(wall: Place, opening: Opening, trim: Any, *, leaf: Any | None, swing: float) -> None:
    """Casing of a doorway and, if it has a material, the leaf of a door, open by `swing` radians outwards."""
    foot = wall.at(opening.x, 0.0)
    half, edge = opening.width / 2, 0.09
    casing: list[Part] = [
        ((-half - edge / 2, -0.01, 0.0), (edge, 0.022, opening.top + edge)),
        ((half + edge / 2, -0.01, 0.0), (edge, 0.022, opening.top + edge)),
        ((0.0, -0.01, opening.top), (opening.width, 0.022, edge)),
    ]
    boxes(foot, casing, trim, bevel=0.005)
    if leaf is None:
        return
    hinge = foot.at(-half + 0.02, WALL_M - 0.01, 0.008, turn=swing)
    span, tall = opening.width - 0.03, opening.top - 0.015
    fields: list[Part] = [
        ((span * (0.27 + 0.46 * i), side * 0.02, low), (span * 0.36, 0.012, high - low))
        for i in (0, 1)
        for low, high in ((0.2, 0.85), (1.02, tall - 0.15))
        for side in (-1, 1)
    ]
    boxes(hinge, [((span / 2, 0.0, 0.0), (span, 0.04, tall)), *fields], leaf, bevel=0.006)
    brass = plain("Handle", (0.8, 0.6, 0.3), 0.2, metallic=1.0)
    handle: list[Part] = [((span - 0.09, side * 0.055, 1.0), (0.12, 0.015, 0.018)) for side in (-1, 1)]
    boxes(hinge, handle, brass, bevel=0.005)


def passage(wall: Place, opening: Opening, length: float, surfaces: tuple[Any, Any], width: float) -> Place:
    """Closed passage behind a doorway, of materials for its walls and its floor. Returns its far end."""
    foot = wall.at(opening.x, WALL_M)
    high, thick = opening.top + 0.25, 0.1
    sides: list[Part] = [
        ((side * (width + thick) / 2, length / 2, 0.0), (thick, length + 2 * thick, high)) for side in (-1, 1)
    ]
    ends: list[Part] = [
        ((0.0, length + thick / 2, 0.0), (width, thick, high)),
        ((0.0, length / 2, high), (width + 2 * thick, length + 2 * thick, thick)),
    ]
    boxes(foot, sides + ends, surfaces[0], bevel=0.0)
    box(foot.at(0, length / 2, -0.1), (width + 2 * thick, length + 2 * thick, 0.1), surfaces[1], bevel=0.0)
    return foot.at(0, length)


def dark_passage(
    wall: Place, opening: Opening, rng: np.random.Generator, *, depth: float = 1.0, paint: float = 1.0
) -> None:
    """Unlit passage of dark paint and wood behind a doorway.

    By daylight paths that reach it and come back are few: `depth` and `paint` are factors on its length and
    on its reflectance, by which it is deep enough to be dark and still not without any light.
    """
    dark = pick(rng, ((0.06, 0.05, 0.045), (0.03, 0.045, 0.05), (0.09, 0.05, 0.035), (0.04, 0.04, 0.04)))
    color: Color = (dark[0] * paint, dark[1] * paint, dark[2] * paint)
    plaster = mottled("Passage", (color[0] * 0.8, color[1] * 0.8, color[2] * 0.8), color, scale=5)
    floor = wood("Passage floor", *WOODS[2 if paint == 1 else 0], along="y")
    length = float(rng.uniform(2.6, 4.5)) * depth
    passage(wall, opening, length, (plaster, floor), opening.width + float(rng.uniform(0.1, 0.5)))


def panelling(wall: Place, length: float, openings: Sequence[Opening], height: float, material: Any) -> None:
    """Panels with rails up to a height, where no opening is."""
    parts: list[Part] = []
    for start, end in free_spans(length, openings, 0.1):
        middle, span = (start + end) / 2, end - start
        num_fields = max(1, round(span / 0.55))
        parts += [
            ((middle, -0.008, 0.0), (span, 0.016, height)),
            ((middle, -0.02, height - 0.04), (span, 0.05, 0.04)),
            ((middle, -0.016, height - 0.16), (span, 0.022, 0.1)),
            ((middle, -0.016, 0.0), (span, 0.024, 0.16)),
        ]
        posts = np.linspace(start + 0.04, end - 0.04, num_fields + 1).tolist()
        parts += [((x, -0.016, 0.16), (0.08, 0.022, height - 0.32)) for x in posts]
    boxes(wall, parts, material, bevel=0.004)


def beams(room: Room, count: int, material: Any) -> None:
    """Beams under the ceiling, across the room."""
    rows = np.linspace(-room.depth / 2, room.depth / 2, count + 2)[1:-1].tolist()
    parts: list[Part] = [((0.0, y, room.height - 0.17), (room.width, 0.14, 0.175)) for y in rows]
    boxes(Place(0, 0), parts, material, bevel=0.012)


@dataclass(frozen=True)
class Piece:
    """Something that stands along a wall: how much of the wall it takes, and what builds it.

    `build` is given the middle of the piece's back, on the floor at the wall's face.
    """

    width: float
    build: Callable[[Place], object]


def line_up(wall: Place, span: Span, pieces: Sequence[Piece], rng: np.random.Generator) -> list[Piece]:
    """Stand pieces along a stretch of wall with gaps of chance; returns those for which there was no room."""
    chosen, left, used = [], [], 0.05
    for piece in pieces:
        if used + piece.width + 0.05 <= span[1] - span[0]:
            chosen.append(piece)
            used += piece.width + 0.05
        else:
            left.append(piece)
    slack = span[1] - span[0] - used
    shares = rng.dirichlet(np.ones(len(chosen) + 1)) * slack
    x = span[0] + 0.05
    for piece, gap in zip(chosen, shares.tolist(), strict=False):
        x += gap
        piece.build(wall.at(x + piece.width / 2, 0.0))
        x += piece.width + 0.05
    return left
