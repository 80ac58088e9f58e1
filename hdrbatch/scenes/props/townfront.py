"""House fronts by day: walls with deep windows before real dark rooms, arcades, shops, awnings, balconies.

Closed panes are dark mirrors to the camera and to reflections. Light passes them into the rooms behind, or
each pane would throw a patch of sun across the street: a caustic, which is noise and little light.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from hdrbatch.scenes.kit.materials import cloth_screen, masonry, mottled, pick, plain, tinted
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import Place, box, boxes, prism, rectangles
from hdrbatch.scenes.props.arches import arch

STOREY_M = 3.2
GROUND_M = 4.0
WALL_M = 0.42
DEPTH_M = 7.0
PASSAGE_M = 3.1
GROUNDS = ("shops", "arcade", "plain", "gate")

Parts = list[tuple[tuple[float, float, float], tuple[float, float, float]]]
Opening = tuple[float, float, float, float]
"""Middle, foot, width and height of a hole in a wall."""

PLASTERS: tuple[Color, ...] = (
    (0.62, 0.56, 0.46),
    (0.58, 0.42, 0.26),
    (0.55, 0.33, 0.24),
    (0.66, 0.64, 0.60),
    (0.50, 0.50, 0.42),
    (0.62, 0.50, 0.30),
)
BRICKS: tuple[Color, ...] = ((0.26, 0.09, 0.055), (0.34, 0.20, 0.12), (0.20, 0.12, 0.09))
SHUTTERS: tuple[Color, ...] = ((0.05, 0.10, 0.07), (0.10, 0.05, 0.03), (0.08, 0.13, 0.18), (0.35, 0.34, 0.31))
CLOTHS: tuple[Color, ...] = ((0.55, 0.06, 0.04), (0.06, 0.22, 0.12), (0.65, 0.58, 0.42), (0.62, 0.30, 0.05))


@dataclass(frozen=True)
class FrontStyle:
    """Materials and habits of one kind of house."""

    wall: Any
    trim: Any
    frame: Any
    shutter: Any
    glass: Any
    curtained: Any
    room: Any
    roof: Any
    iron: Any
    cloth: Any
    bay_m: float
    window_m: tuple[float, float]
    has_shutters: bool
    has_balconies: bool
    is_gabled: bool


def choose_style(rng: np.random.Generator) -> FrontStyle:
    """One kind of house; several houses of a street may share it."""
    if rng.random() < 0.3:
        color = pick(rng, BRICKS)
        darker = (color[0] * 0.6, color[1] * 0.6, color[2] * 0.6)
        wall = masonry("Brick front", (color, darker), (0.25, 0.23, 0.2), brick_m=(0.24, 0.08))
    else:
        color = pick(rng, PLASTERS)
        worn = (color[0] * 0.72, color[1] * 0.70, color[2] * 0.68)
        wall = mottled("Plaster front", worn, color, scale=0.9, bump_m=0.004, detail=7.0)
    roof_color = pick(rng, ((0.22, 0.08, 0.05), (0.07, 0.07, 0.075)))
    roof_dark = (roof_color[0] * 0.6, roof_color[1] * 0.6, roof_color[2] * 0.6)
    return FrontStyle(
        wall=wall,
        trim=mottled("Front trim", (0.32, 0.30, 0.26), tinted(rng, (0.5, 0.47, 0.41)), scale=5, bump_m=0.002),
        frame=plain(
            "Front frames", pick(rng, ((0.5, 0.49, 0.46), (0.06, 0.04, 0.03), (0.05, 0.08, 0.07))), 0.4
        ),
        shutter=plain("Shutters", pick(rng, SHUTTERS), 0.5),
        glass=plain("Front glass", (0.006, 0.007, 0.008), 0.03),
        curtained=plain("Curtained glass", (0.30, 0.29, 0.27), 0.6, coat=1.0),
        room=plain("Rooms", tinted(rng, (0.02, 0.018, 0.015), 0.4), 0.9),
        roof=masonry("Front roof", (roof_color, roof_dark), (0.02, 0.016, 0.013), brick_m=(0.25, 0.2)),
        iron=plain("Wrought iron", (0.012, 0.012, 0.013), 0.45),
        cloth=cloth_screen("Awning", pick(rng, CLOTHS), 0.35),
        bay_m=float(rng.uniform(2.1, 3.2)),
        window_m=(float(rng.uniform(0.95, 1.25)), float(rng.uniform(1.6, 2.1))),
        has_shutters=bool(rng.random() < 0.5),
        has_balconies=bool(rng.random() < 0.45),
        is_gabled=bool(rng.random() < 0.6),
    )


def town_house(
    place: Place, width: float, storeys: int, ground: str, style: FrontStyle, rng: np.random.Generator
) -> float:
    """House that faces -y, the foot of its front at the place. Returns its height in metres.

    Parameters
    ----------
    width : float
        Of the front in metres.
    storeys : int
        Above the ground floor.
    ground : str
        One of `GROUNDS`: what the ground floor is.
    """
    height = GROUND_M + storeys * STOREY_M + 0.5
    walls: Parts = []
    for low, high, start in (
        (0.0, GROUND_M, PASSAGE_M + 0.3 if ground == "arcade" else WALL_M),
        (GROUND_M, height, WALL_M),
    ):
        deep, middle = DEPTH_M - start, (DEPTH_M + start) / 2
        walls += [((side * (width / 2 - 0.15), middle, low), (0.3, deep, high - low)) for side in (-1, 1)]
    walls.append(((0, DEPTH_M, 0), (width, 0.3, height)))
    slabs: Parts = [
        ((0, DEPTH_M / 2 + 0.15, GROUND_M + i * STOREY_M - 0.3), (width - 0.6, DEPTH_M - 0.6, 0.25))
        for i in range(storeys + 1)
    ]
    slabs.append(((0, DEPTH_M - 0.2, 0), (width - 0.6, 0.06, height)))
    boxes(place, slabs, style.room, bevel=0.0)
    if ground == "arcade":
        _arcade(place, width, style, rng)
    else:
        walls += _ground_floor(place, width, ground, style, rng)
    for i in range(storeys):
        walls += _storey(place, width, GROUND_M + i * STOREY_M, i, style, rng)
    walls.append(((0, WALL_M / 2, height - 0.5), (width, WALL_M, 0.5)))
    boxes(place, walls, style.wall, bevel=0.0)
    bands: Parts = [
        ((0, -0.12, height - 0.3), (width, 0.5, 0.3)),
        ((0, -0.05, GROUND_M - 0.2), (width, 0.2, 0.18)),
    ]
    boxes(place, bands, style.trim, bevel=0.02)
    box(place.at(0, DEPTH_M / 2, height), (width, DEPTH_M, 0.15), style.roof, bevel=0.0)
    if style.is_gabled:
        rise = float(rng.uniform(1.5, 3.2))
        prism(place.at(0, DEPTH_M / 2, height), [(-3.9, 0.0), (3.8, 0.0), (0.0, rise)], width, style.roof)
    for x in (rng.uniform(-0.4, 0.4, 2) * width).tolist():
        box(place.at(x, DEPTH_M / 2 - 0.8, height), (0.6, 0.5, float(rng.uniform(1.8, 3.4))), style.wall)
    return height


def _row(width: float, low: float, high: float, openings: list[Opening], y: float, thick: float) -> Parts:
    """Boxes of a stretch of wall with holes in it; the holes are in order and do not overlap."""
    parts: Parts = []
    left = -width / 2
    for x, foot, wide, tall in [*openings, (width / 2, low, 0.0, 0.0)]:
        pier = x - wide / 2 - left
        parts.append(((left + pier / 2, y + thick / 2, low), (pier, thick, high - low)))
        if wide:
            if foot > low:
                parts.append(((x, y + thick / 2, low), (wide, thick, foot - low)))
            parts.append(((x, y + thick / 2, foot + tall), (wide, thick, high - foot - tall)))
        left = x + wide / 2
    return parts


def _middles(width: float, bay: float) -> list[float]:
    count = max(2, int(width / bay))
    return [(i + 0.5) * width / count - width / 2 for i in range(count)]


def _storey(
    place: Place, width: float, floor: float, number: int, style: FrontStyle, rng: np.random.Generator
) -> Parts:
    """Windows of a storey: closed, curtained, open on a dark room, or shuttered. Returns the wall's boxes."""
    wide, tall = style.window_m
    foot = floor + (0.08 if style.has_balconies and number == 0 else 0.8)
    tall = tall + floor + 0.8 - foot
    openings = [(x, foot, wide, tall) for x in _middles(width, style.bay_m)]
    shutters: Parts = []
    sills: Parts = []
    glazed: list[Opening] = []
    curtained: list[Opening] = []
    for opening in openings:
        x = opening[0]
        state = rng.random()
        if state < 0.55:
            glazed.append(opening)
        elif state < 0.72:
            curtained.append(opening)
        elif state < 0.84 and style.has_shutters:
            shutters += [((x + s * wide / 4, 0.08, foot), (wide / 2 - 0.01, 0.05, tall)) for s in (-1, 1)]
        if state < 0.72 or state >= 0.84:
            shutters += [
                ((x + s * (wide * 0.75 + 0.03), -0.03, foot), (wide / 2, 0.045, tall)) for s in (-1, 1)
            ]
        sills.append(((x, -0.02, foot - 0.09), (wide + 0.2, 0.28, 0.09)))
        sills.append(((x, -0.01, foot + tall), (wide + 0.24, 0.1, 0.18)))
    boxes(place, sills, style.trim, bevel=0.0)
    if shutters and style.has_shutters:
        boxes(place, shutters, style.shutter, bevel=0.0)
    _glaze(place, glazed, style.glass, style)
    _glaze(place, curtained, style.curtained, style)
    if style.has_balconies and (number == 0 or number % 2 == 0):
        _balconies(place, [o[0] for o in openings], wide, floor, style)
    return _row(width, floor, floor + STOREY_M, openings, 0.0, WALL_M)


def _glaze(place: Place, openings: list[Opening], glass: Any, style: FrontStyle) -> None:
    """Panes and their frames, a hand deep in the wall."""
    if not openings:
        return
    corners, bars = [], []
    y = 0.2
    for x, foot, wide, tall in openings:
        left, right, head = x - wide / 2, x + wide / 2, foot + tall
        corners.append([(left, y, foot), (right, y, foot), (right, y, head), (left, y, head)])
        bars += [((edge, y - 0.03, foot), (0.07, 0.06, tall)) for edge in (left + 0.03, x, right - 0.03)]
        bars += [((x, y - 0.03, z), (wide, 0.06, 0.06)) for z in (foot, foot + tall * 0.68, head - 0.06)]
    panes = rectangles(place, corners, glass)
    panes.visible_diffuse = False
    panes.visible_shadow = False
    boxes(place, bars, style.frame, bevel=0.0)


def _balconies(place: Place, middles: list[float], wide: float, floor: float, style: FrontStyle) -> None:
    slabs: Parts = [((x, -0.4, floor - 0.06), (wide + 0.8, 0.85, 0.12)) for x in middles]
    boxes(place, slabs, style.trim, bevel=0.0)
    bars: Parts = []
    for x in middles:
        half = wide / 2 + 0.36
        bars += [((x, -0.79, floor + 0.95), (2 * half, 0.04, 0.04))]
        bars += [((x + s * half, -0.4, floor + 0.95), (0.04, 0.8, 0.04)) for s in (-1, 1)]
        bars += [
            ((x + dx, -0.79, floor), (0.018, 0.018, 0.95)) for dx in np.linspace(-half, half, 15).tolist()
        ]
        bars += [
            ((x + s * half, dy, floor), (0.018, 0.018, 0.95)) for s in (-1, 1) for dy in (-0.6, -0.4, -0.2)
        ]
    boxes(place, bars, style.iron, bevel=0.0)


def _ground_floor(
    place: Place, width: float, ground: str, style: FrontStyle, rng: np.random.Generator
) -> Parts:
    """Shops with open doors and awnings, or doors and windows, or a gateway. Returns the wall's boxes."""
    bay = 3.3 if ground == "shops" else style.bay_m * 1.15
    middles = _middles(width, bay)
    span = width / len(middles)
    door = int(rng.integers(len(middles)))
    openings: list[Opening] = []
    for i, x in enumerate(middles):
        if ground == "gate" and i == door:
            openings.append((x, 0.0, min(2.6, span - 0.3), 3.2))
        elif i == door:
            openings.append((x, 0.0, 1.2, 2.5))
        elif ground == "shops":
            openings.append((x, 0.55, span * 0.8, 2.35))
        else:
            openings.append((x, 1.0, style.window_m[0], 1.8))
    # Doors stand open, and now and then a shop's whole front.
    closed = [o for o in openings if o[1] > 0 and not (ground == "shops" and rng.random() < 0.4)]
    _glaze(place, closed, style.glass, style)
    if ground == "shops":
        if rng.random() < 0.7:
            _awning(place, width * 0.92, float(rng.uniform(0.9, 1.6)), style)
        board = plain("Shop board", pick(rng, SHUTTERS), 0.35)
        box(place.at(0, -0.04, 3.2), (width * 0.9, 0.08, 0.5), board, bevel=0.01)
    return _row(width, 0.0, GROUND_M, openings, 0.0, WALL_M)


def _awning(place: Place, width: float, reach: float, style: FrontStyle) -> None:
    """Cloth stretched out from the wall, with a valance."""
    low, high, half = 2.35, 3.05, width / 2
    corners = [
        [(-half, -reach, low), (half, -reach, low), (half, -0.03, high), (-half, -0.03, high)],
        [(-half, -reach, low - 0.22), (half, -reach, low - 0.22), (half, -reach, low), (-half, -reach, low)],
    ]
    rectangles(place, corners, style.cloth)
    rods = [((s * half, -reach / 2, low - 0.02), (0.03, reach, 0.03)) for s in (-1, 1)]
    boxes(place, rods, style.iron, bevel=0.0)


def _arcade(place: Place, width: float, style: FrontStyle, rng: np.random.Generator) -> None:
    """Walk behind arches, along an inner wall with open doors."""
    middles = _middles(width, 3.3)
    pier = 0.75
    span = width / len(middles) - pier
    spring, rise = float(rng.uniform(2.1, 2.6)), float(rng.uniform(0.65, 1.0)) * min(span / 2, 1.3)
    edges = [-width / 2 + i * (span + pier) for i in range(len(middles) + 1)]
    piers: Parts = []
    for i, x in enumerate(edges):
        share = 0.5 if i in (0, len(edges) - 1) else 1.0
        shift = 0.25 * pier * (1 if i == 0 else -1 if i == len(edges) - 1 else 0)
        piers.append(((x + shift, pier / 2, 0), (pier * share, pier, GROUND_M)))
    boxes(place, piers, style.wall, bevel=0.01)
    capitals: Parts = [((x, pier / 2, spring - 0.1), (pier + 0.12, pier + 0.12, 0.12)) for x in edges[1:-1]]
    if capitals:
        boxes(place, capitals, style.trim, bevel=0.01)
    for x in middles:
        arch(place.at(x, 0), span, spring, rise, GROUND_M, pier, style.wall)
    openings: list[Opening] = [
        (x, 0.0, 1.3, 2.6) if rng.random() < 0.5 else (x, 0.7, span * 0.8, 2.0) for x in middles
    ]
    inner = place.at(0, PASSAGE_M)
    closed = [o for o in openings if o[1] > 0]
    _glaze(inner, closed, style.glass, style)
    boxes(place, _row(width, 0.0, GROUND_M - 0.3, openings, PASSAGE_M, 0.3), style.wall, bevel=0.0)
