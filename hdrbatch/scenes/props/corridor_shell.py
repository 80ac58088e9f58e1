"""What encloses a corridor or a tunnel: floor, ceiling or vault, exit, walls with doors, niches or arches."""

from math import pi
from typing import Any

import numpy as np

from hdrbatch.scenes.kit.corridorplan import BUILDINGS, Corridor
from hdrbatch.scenes.kit.lights import add_panel
from hdrbatch.scenes.kit.materials import masonry, mottled, pane, pick, plain, tinted, wet_asphalt
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import Place, box, boxes, grid_mesh, put, rectangles
from hdrbatch.scenes.kit.sky import add_portal
from hdrbatch.scenes.props import outlook
from hdrbatch.scenes.props.arches import arch
from hdrbatch.scenes.props.fittings import Part, steel_door

WALL_M = 0.2
PAINTS: tuple[Color, ...] = (
    (0.62, 0.60, 0.54),
    (0.42, 0.52, 0.46),
    (0.56, 0.47, 0.30),
    (0.40, 0.48, 0.56),
    (0.55, 0.42, 0.38),
)
DADOS: tuple[Color, ...] = (
    (0.10, 0.22, 0.18),
    (0.08, 0.14, 0.26),
    (0.30, 0.10, 0.06),
    (0.34, 0.22, 0.10),
    (0.16, 0.16, 0.17),
)
BRICKS: tuple[tuple[Color, Color], ...] = (
    ((0.26, 0.09, 0.05), (0.14, 0.06, 0.04)),
    ((0.34, 0.27, 0.17), (0.22, 0.16, 0.10)),
    ((0.50, 0.49, 0.45), (0.40, 0.40, 0.37)),
)


def build_shell(plan: Corridor, rng: np.random.Generator) -> None:
    """Floor, walls with doorways or arches, ceiling or vault, and the wall behind the camera."""
    wall, ceiling, floor = _surfaces(plan, rng)
    half, length = plan.width / 2, plan.length
    box(Place(0, -length / 2, -0.2), (plan.width + 1.0, length, 0.2), floor, bevel=0.0)
    angle = np.linspace(pi, 0, 25) if plan.spring < plan.height else np.array([pi, 0])
    x = half * np.cos(angle)
    z = plan.spring + (plan.height - plan.spring) * np.sin(angle)
    ys = [-length, 0.0]
    put(
        grid_mesh(np.stack([np.stack([x, y + 0 * x, z], -1) for y in ys]), smooth=False), Place(0, 0), ceiling
    )
    # A roof, or the sun would shine through where vault and walls meet.
    box(Place(0, -length / 2, plan.height + 0.01), (plan.width + 2 * WALL_M, length, 0.2), wall, bevel=0.0)
    for side in (-1, 1):
        if side == plan.arcade:
            _build_arcade(plan, side, wall, rng)
        elif plan.kind in BUILDINGS:
            _build_doors(plan, side, wall, rng)
        else:
            _build_niches(plan, side, wall, rng)
    back = Place(0, -length - WALL_M / 2)
    box(back, (plan.width + 2 * WALL_M, WALL_M, plan.height + 0.2), wall, bevel=0.0)


def _surfaces(plan: Corridor, rng: np.random.Generator) -> tuple[Any, Any, Any]:
    """Materials of the walls, the ceiling and the floor."""
    if plan.kind in BUILDINGS:
        color = pick(rng, PAINTS)
        dull: Color = (color[0] * 0.85, color[1] * 0.85, color[2] * 0.85)
        wall = mottled("Wall", dull, color, scale=3, roughness=(0.35, 0.6), bump_m=0.001)
        ceiling = masonry(
            "Ceiling tiles", ((0.66, 0.65, 0.62), (0.60, 0.59, 0.56)), (0.3, 0.3, 0.3), brick_m=(0.6, 0.6)
        )
        first, second = (
            pick(rng, (*DADOS, (0.40, 0.37, 0.32), (0.30, 0.32, 0.32))),
            tinted(rng, (0.3, 0.28, 0.25)),
        )
        floor = masonry(
            "Floor tiles", (first, second), (0.08, 0.08, 0.08), brick_m=(0.45, 0.45), roughness=0.16
        )
        return wall, ceiling, floor
    if plan.kind == "tunnel":
        gray = tinted(rng, (0.26, 0.25, 0.235), 0.25)
        dark: Color = (gray[0] * 0.4, gray[1] * 0.38, gray[2] * 0.35)
        stretch: Color = (1.0, 1.0, 0.3)
        wall = mottled("Concrete", dark, gray, scale=1.4, bump_m=0.006, detail=9.0, stretch=stretch)
    elif plan.kind == "underpass":
        colors = BRICKS[int(rng.integers(len(BRICKS)))]
        wall = masonry("Brick", colors, tinted(rng, (0.24, 0.22, 0.2)), brick_m=(0.24, 0.08), roughness=0.6)
    else:
        stone = pick(rng, ((0.42, 0.37, 0.29), (0.34, 0.33, 0.31), (0.46, 0.36, 0.26)))
        shade: Color = (stone[0] * 0.7, stone[1] * 0.68, stone[2] * 0.64)
        wall = masonry("Stone", (stone, shade), shade, brick_m=(0.7, 0.35), roughness=0.85)
    if plan.kind == "gallery":
        floor = masonry(
            "Flags", (tinted(rng, (0.28, 0.25, 0.21)), (0.2, 0.18, 0.16)), (0.06, 0.05, 0.05),
            brick_m=(0.8, 0.6), roughness=0.35,
        )  # fmt: skip
    else:
        floor = wet_asphalt("Wet floor", float(rng.uniform(0.1, 0.7)))
    return wall, wall, floor


def _build_doors(plan: Corridor, side: int, wall: Any, rng: np.random.Generator) -> None:
    """Wall with doors, some of them open on dark rooms, and a dado of another colour."""
    dado = plain("Dado", pick(rng, DADOS), 0.3) if rng.random() < 0.7 else None
    leaf = plain("Door", pick(rng, (*DADOS, (0.42, 0.27, 0.14), (0.5, 0.5, 0.48))), 0.35)
    dark = mottled("Dark room", (0.03, 0.028, 0.025), (0.08, 0.075, 0.07), scale=3)
    width, top = float(rng.uniform(0.9, 1.2)), 2.08
    edges = [-plan.length]
    for y in sorted(plan.bays()):
        if rng.random() < 0.35 or y > -1.2:
            continue
        foot = plan.wall(side, y)
        if rng.random() < 0.55:
            edges += [y - width / 2, y + width / 2]
            box(foot.at(0, WALL_M / 2, top), (width, WALL_M, plan.height - top), wall, bevel=0.0)
            _dark_room(foot.at(0, WALL_M), width, top, dark)
            hinge = foot.at(-width / 2, 0.16, turn=float(rng.uniform(0.9, 1.5)))
            box(hinge.at(width / 2 - 0.02, 0), (width - 0.04, 0.045, top - 0.02), leaf)
        else:
            steel_door(foot.at(0, -0.001), width, top, leaf)
    edges.append(0.0)
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        foot, span = plan.wall(side, (start + end) / 2), end - start
        box(foot.at(0, WALL_M / 2), (span, WALL_M, plan.height), wall, bevel=0.0)
        if dado is not None:
            box(foot.at(0, -0.002), (span, 0.005, 1.15), dado, bevel=0.0)
        boxes(foot, [((0, -0.012, 0), (span, 0.024, 0.11))], plain("Skirting", (0.05, 0.05, 0.05), 0.4))
        if plan.kind == "hospital":
            rail = plain("Handrail", (0.30, 0.19, 0.10), 0.3)
            box(foot.at(0, -0.07, 0.88), (span, 0.04, 0.13), rail, bevel=0.018)


def _dark_room(place: Place, width: float, top: float, material: Any) -> None:
    """Closed room behind a doorway, a little wider than that."""
    wide, deep, high = width + 1.4, 2.6, top + 0.3
    parts: list[Part] = [
        ((0.0, deep + 0.05, -0.1), (wide, 0.1, high + 0.1)),
        ((-wide / 2 - 0.05, deep / 2, -0.1), (0.1, deep + 0.2, high + 0.1)),
        ((wide / 2 + 0.05, deep / 2, -0.1), (0.1, deep + 0.2, high + 0.1)),
        ((0.0, deep / 2, high), (wide + 0.2, deep + 0.2, 0.1)),
        ((0.0, deep / 2, -0.1), (wide + 0.2, deep + 0.2, 0.1)),
    ]
    boxes(place, parts, material, bevel=0.0)


def _build_niches(plan: Corridor, side: int, wall: Any, rng: np.random.Generator) -> None:
    """Wall with arched doorways to dark rooms in some bays, and piers between them."""
    dark = mottled("Dark room", (0.012, 0.011, 0.010), (0.04, 0.036, 0.03), scale=3)
    span, top = plan.bay * 0.5, min(plan.spring, 2.3)
    edges = [-plan.length]
    for y in sorted(plan.bays()):
        if rng.random() < (0.2 if plan.arcade else 0.45):
            continue
        edges += [y - span / 2, y + span / 2]
        foot = plan.wall(side, y)
        spring = max(0.8, top - span / 2)
        arch(foot, span, spring, min(span / 2, top - spring - 0.05), plan.spring, WALL_M, wall)
        _dark_room(foot.at(0, WALL_M), span, top, dark)
    edges.append(0.0)
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        foot = plan.wall(side, (start + end) / 2)
        box(foot.at(0, WALL_M / 2), (end - start, WALL_M, plan.spring + 0.02), wall, bevel=0.0)
    if plan.spring < plan.height:
        for y in (*plan.bays(), 0.0):
            box(plan.wall(side, y - plan.bay / 2).at(0, -0.06), (0.4, 0.14, plan.spring), wall, bevel=0.02)


def _build_arcade(plan: Corridor, side: int, wall: Any, rng: np.random.Generator) -> None:
    """Side open in arches on columns or piers, onto a lawn with bushes; the sky comes in there."""
    pier = float(rng.uniform(0.5, 0.8))
    span = plan.bay - pier
    rise = min(span / 2, plan.spring * 0.5)
    for y in plan.bays():
        foot = plan.wall(side, y)
        arch(foot, span, plan.spring - rise - 0.1, rise, plan.spring + 0.02, 0.5, wall)
        box(foot.at(-plan.bay / 2, 0.25), (pier, 0.5, plan.spring), wall, bevel=0.015)
        box(foot.at(-plan.bay / 2, 0.24, plan.spring - rise - 0.2), (pier + 0.12, 0.6, 0.1), wall, bevel=0.02)
    rest = plan.length - len(plan.bays()) * plan.bay
    box(
        plan.wall(side, -plan.length + rest / 2).at(0, 0.25), (rest + pier, 0.5, plan.spring), wall, bevel=0.0
    )
    box(plan.wall(side, -pier / 4).at(0, 0.25), (pier / 2, 0.5, plan.spring), wall, bevel=0.0)
    if rng.random() < 0.6:
        box(plan.wall(side, -plan.length / 2).at(0, 0.25), (plan.length, 0.4, 0.55), wall, bevel=0.02)
    lawn = mottled("Court", (0.03, 0.05, 0.012), (0.10, 0.14, 0.03), scale=2.5, bump_m=0.03)
    box(plan.wall(side, -plan.length / 2).at(0, 15.5, -0.4), (plan.length + 40, 30.0, 0.3), lawn, bevel=0.0)
    spots = [(side * float(rng.uniform(5, 16)), float(rng.uniform(-plan.length, 0))) for _ in range(7)]
    outlook.trees(rng, 0.1, spots)
    portal = plan.wall(side, -plan.length / 2).at(0, 0.55, plan.spring / 2)
    add_portal(portal, plan.length, plan.spring, (-side, 0.0, 0.0))


def build_exit(plan: Corridor, rng: np.random.Generator) -> None:
    """Wall about the opening, a door frame or a gate, and the portal for the sampler."""
    wide, top = plan.exit_width, plan.exit_top
    if plan.kind in BUILDINGS:
        white = mottled("End wall", (0.5, 0.5, 0.47), (0.6, 0.59, 0.56), scale=3)
        rest = (plan.width - wide) / 2 + WALL_M
        parts: list[Part] = [
            ((side * (wide + rest) / 2, 0.1, 0.0), (rest, WALL_M, plan.height)) for side in (-1, 1)
        ]
        parts.append(((0.0, 0.1, top), (wide, WALL_M, plan.height - top + 0.1)))
        boxes(Place(0, 0), parts, white, bevel=0.0)
        frame = plain("Frame", pick(rng, ((0.6, 0.6, 0.6), (0.02, 0.02, 0.02), (0.25, 0.13, 0.06))), 0.35)
        bars: list[Part] = [((x, 0.1, 0.0), (0.07, 0.09, top)) for x in (-wide / 2, 0.0, wide / 2)]
        bars += [((0.0, 0.1, z), (wide, 0.08, 0.07)) for z in (0.0, 0.95, top - 0.07)]
        boxes(Place(0, 0), bars, frame)
        rectangles(
            Place(0, 0),
            [[(-wide / 2, 0.1, 0), (wide / 2, 0.1, 0), (wide / 2, 0.1, top), (-wide / 2, 0.1, top)]],
            pane(),
        )
        if rng.random() < 0.7:
            add_panel((0.0, -0.16, top + 0.16), (0.0, -2.0, top + 0.16), (0.45, 0.16), 12.0, 7500.0)
            box(Place(0, -0.08, top + 0.06), (0.49, 0.12, 0.2), plain("Exit sign", (0.02, 0.2, 0.06), 0.4))
    elif rng.random() < 0.5:
        iron = plain("Gate", (0.02, 0.02, 0.022), 0.5, metallic=0.6)
        swing = float(rng.uniform(0.7, 1.4))
        for side in (-1, 1):
            hinge = Place(side * plan.width / 2, 0.0, heading=-side * swing + (pi if side > 0 else 0.0))
            reach, tall = plan.width / 2, min(2.3, plan.spring)
            rails: list[Part] = [((reach / 2, 0, z), (reach, 0.03, 0.05)) for z in (0.15, 1.1, tall - 0.2)]
            rods: list[Part] = [
                ((x, 0, 0.05), (0.02, 0.02, tall)) for x in np.arange(0.05, reach, 0.13).tolist()
            ]
            boxes(hinge, rails + rods, iron, bevel=0.003)
    add_portal(Place(0, 0.3, top / 2), wide, top, (0.0, -1.0, 0.0))
