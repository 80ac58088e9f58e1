"""A corridor or tunnel towards a bright exit: of a hospital, school or office, an underpass, a gallery.

The range is that between the sunlit world in the exit and the doorways, niches and corners that only light
from far away reaches. Some lamps are lit, some are dead.
"""

from dataclasses import dataclass
from math import cos, pi, sin
from typing import Any

import numpy as np

from hdrbatch.scenes.kit.camera import Point, add_camera
from hdrbatch.scenes.kit.description import SceneDescription
from hdrbatch.scenes.kit.lights import add_bulb, add_panel, add_portal, add_sky, add_sun
from hdrbatch.scenes.kit.materials import assorted, masonry, mottled, pane, pick, plain, tinted, wet_asphalt
from hdrbatch.scenes.kit.movers import moves
from hdrbatch.scenes.kit.seeds import part_rng
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import Place, box, boxes, grid_mesh, put, rectangles, tube
from hdrbatch.scenes.props import outlook
from hdrbatch.scenes.props.arches import arch
from hdrbatch.scenes.props.fittings import (
    ENAMELS,
    Part,
    barrel,
    batten,
    caged_lamp,
    crates,
    extinguisher,
    lockers,
    pipes,
    steel_door,
    trolley,
)
from hdrbatch.scenes.props.furniture import chair, choose_finish, picture, pot_plant
from hdrbatch.scenes.props.walkers import walker

FAMILY = "corridor"
KINDS = ("hospital", "school", "office", "underpass", "gallery", "tunnel")
BUILDINGS = ("hospital", "school", "office")
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


@dataclass(frozen=True)
class Plan:
    """Measures of a corridor along +y that ends with its exit at y 0; its floor is at z 0, its middle at x 0.

    Parameters
    ----------
    kind : str
        Of `KINDS`.
    spring : float
        Height where the ceiling begins to curve; `height` where it is flat.
    bay : float
        Distance of doors, arches or lamps.
    arcade : int
        Side that is open in arches: -1, 1, or 0 for none.
    """

    kind: str
    width: float
    height: float
    length: float
    spring: float
    bay: float
    arcade: int
    exit_width: float
    exit_top: float

    def wall(self, side: int, y: float) -> Place:
        """Foot of a wall, facing into the corridor."""
        return Place(side * self.width / 2, y, heading=-side * pi / 2)

    def bays(self) -> list[float]:
        """Middles of the bays, from the exit on."""
        count = int(self.length / self.bay)
        return [-(i + 0.5) * self.bay for i in range(count)]


def build(seed: int) -> SceneDescription:
    """Build the corridor of a seed in the open, empty scene."""
    plan = _plan(part_rng(FAMILY, seed, "plan"))
    sun = part_rng(FAMILY, seed, "sun")
    elevation, azimuth = float(sun.uniform(20, 55)), float(sun.uniform(-60, 60))
    haze, clouds = float(sun.uniform(0.1, 0.6)), float(sun.choice([0.0, 0.3, 0.6]))
    add_sky(elevation, azimuth, clouds, haze)
    add_sun(elevation, azimuth, seen_from=None, haze=haze)
    view_rng = part_rng(FAMILY, seed, "outlook")
    view = ("garden", "street", "garden", "hills")[int(view_rng.integers(4))]
    {"garden": outlook.garden, "street": outlook.street, "hills": outlook.hills}[view](0.12, view_rng)
    _build_shell(plan, part_rng(FAMILY, seed, "shell"))
    _build_exit(plan, part_rng(FAMILY, seed, "exit"))
    lit = _build_lamps(plan, part_rng(FAMILY, seed, "lamps"))
    _build_props(plan, part_rng(FAMILY, seed, "props"))
    camera, focal = _place_camera(plan, part_rng(FAMILY, seed, "camera"))
    _build_walkers(plan, camera.location[1], part_rng(FAMILY, seed, "walkers"))
    return SceneDescription(
        family=FAMILY,
        seed=seed,
        focal_length_mm=focal,
        camera_location=tuple(camera.location),
        camera_rotation=tuple(camera.rotation_euler),
        facts={
            "corridor": plan.kind,
            "outside": view,
            "length_m": plan.length,
            "width_m": plan.width,
            "lamps_lit": lit,
            "sun_elevation_deg": elevation,
            "sun_azimuth_deg": azimuth,
            "haze": haze,
            "cloudiness": clouds,
        },
    )


def _plan(rng: np.random.Generator) -> Plan:
    kind = KINDS[int(rng.integers(len(KINDS)))]
    width, height = {
        "hospital": (float(rng.uniform(2.2, 3.0)), float(rng.uniform(2.5, 2.9))),
        "school": (float(rng.uniform(2.6, 3.8)), float(rng.uniform(2.9, 3.6))),
        "office": (float(rng.uniform(2.2, 3.0)), float(rng.uniform(2.4, 2.8))),
        "underpass": (float(rng.uniform(3.2, 5.0)), float(rng.uniform(2.8, 3.8))),
        "gallery": (float(rng.uniform(2.8, 4.2)), float(rng.uniform(3.6, 5.2))),
        "tunnel": (float(rng.uniform(3.2, 5.0)), float(rng.uniform(3.2, 4.4))),
    }[kind]
    vaulted = kind in ("gallery", "tunnel") or (kind == "underpass" and rng.random() < 0.7)
    spring = height - min(width / 2, float(rng.uniform(0.9, 1.9))) if vaulted else height
    house = kind in BUILDINGS
    return Plan(
        kind=kind,
        width=width,
        height=height,
        length=float(rng.uniform(14, 26) if house else rng.uniform(18, 36)),
        spring=spring,
        bay=float(rng.uniform(2.6, 3.6)),
        arcade=(1 if rng.random() < 0.5 else -1) if kind == "gallery" and rng.random() < 0.5 else 0,
        exit_width=width * float(rng.uniform(0.5, 0.8)) if house else width,
        exit_top=min(height - 0.2, float(rng.uniform(2.1, 2.5))) if house else height,
    )


def _build_shell(plan: Plan, rng: np.random.Generator) -> None:
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


def _surfaces(plan: Plan, rng: np.random.Generator) -> tuple[Any, Any, Any]:
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


def _build_doors(plan: Plan, side: int, wall: Any, rng: np.random.Generator) -> None:
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


def _build_niches(plan: Plan, side: int, wall: Any, rng: np.random.Generator) -> None:
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


def _build_arcade(plan: Plan, side: int, wall: Any, rng: np.random.Generator) -> None:
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


def _build_exit(plan: Plan, rng: np.random.Generator) -> None:
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


def _build_lamps(plan: Plan, rng: np.random.Generator) -> int:
    """Lamps in every other bay, a share of them lit. Returns how many."""
    # Without a lamp the far end of a long corridor of corners is all noise; a vault is bright enough.
    share = float(
        rng.choice([0.0, 0.25, 0.5, 0.8] if plan.kind in ("tunnel", "underpass") else [0.4, 0.6, 0.9])
    )
    kelvin = float(rng.choice([2700.0, 3500.0, 4000.0, 5000.0])) if plan.kind in BUILDINGS else 2900.0
    lit = 0
    style = rng.random()
    for y in plan.bays()[::2]:
        on = bool(rng.random() < share) and y < -2
        lit += on
        if plan.kind == "gallery":
            iron = plain("Lantern chain", (0.02, 0.02, 0.02), 0.5, metallic=0.7)
            low = plan.height - 1.3
            tube(Place(0, y), [(0, 0, low + 0.2), (0, 0, plan.height)], 0.008, iron)
            boxes(Place(0, y, low), [((0, 0, 0.0), (0.22, 0.22, 0.02)), ((0, 0, 0.3), (0.26, 0.26, 0.04)),
                  *[((sx * 0.1, sy * 0.1, 0.0), (0.015, 0.015, 0.3))
                    for sx in (-1, 1) for sy in (-1, 1)]], iron)  # fmt: skip
            if on:
                add_bulb(Place(0, y, low + 0.07), 0.05, 700.0, kelvin)
        elif plan.kind in BUILDINGS and style < 0.5:
            size = (0.58, 0.58)
            if on:
                add_panel((0.0, y, plan.height - 0.012), (0.0, y, 0.0), size, 3200.0, kelvin)
            edge = plain("Panel off", (0.5, 0.5, 0.49), 0.25)
            box(Place(0, y, plan.height - 0.01), (0.62, 0.62, 0.02), edge)
        elif plan.kind in BUILDINGS:
            turn = Place(0, y, plan.height, pi / 2 if style < 0.8 else 0.0)
            batten(turn, 1.2, lumens=3000.0 if on else 0.0, kelvin=kelvin)
        else:
            side = -1 if int(-y / plan.bay) % 4 < 2 else 1
            place = plan.wall(side, y + plan.bay / 2).at(0, -0.14, min(2.3, plan.spring - 0.2))
            caged_lamp(place, lumens=900.0 if on else 0.0, kelvin=kelvin)
    return lit


def _build_props(plan: Plan, rng: np.random.Generator) -> None:
    """Things along the walls: what belongs to the kind."""
    finish = choose_finish(rng)
    if plan.kind == "tunnel" or (plan.kind == "underpass" and rng.random() < 0.3):
        for level in (plan.spring - 0.15, 0.5)[: int(rng.integers(1, 3))]:
            pipes(Place(-plan.width / 2, -plan.length, level), plan.length, int(rng.integers(2, 5)), rng)
    if plan.kind == "tunnel" and rng.random() < 0.5:
        steel = plain("Rail", (0.45, 0.43, 0.4), 0.25, metallic=1.0)
        sleepers: list[Part] = [
            ((0.2, y, 0.0), (1.5, 0.2, 0.05)) for y in np.arange(-plan.length, 0, 0.7).tolist()
        ]
        boxes(Place(0, 0), sleepers, mottled("Sleeper", (0.03, 0.02, 0.015), (0.09, 0.065, 0.045), scale=5))
        boxes(
            Place(0, -plan.length / 2, 0.05),
            [((0.2 + dx, 0, 0), (0.06, plan.length, 0.1)) for dx in (-0.45, 0.45)],
            steel,
        )
    for y in plan.bays():
        for side in (-1, 1):
            if rng.random() < 0.6 or side == plan.arcade:
                continue
            foot = plan.wall(side, y + plan.bay / 2 + float(rng.uniform(-0.15, 0.15)))
            _prop(plan, foot, finish, rng)


def _prop(  # noqa: C901, PLR0912 - one branch a thing
    plan: Plan, foot: Place, finish: Any, rng: np.random.Generator
) -> None:
    choice = rng.random()
    if plan.kind in BUILDINGS:
        if choice < 0.2:
            chair(foot.at(-0.3, -0.3), finish)
            chair(foot.at(0.3, -0.3), finish)
        elif choice < 0.35:
            extinguisher(foot.at(0, 0, 0.8))
        elif choice < 0.5:
            picture(foot.at(0, -0.005, 1.3), (0.9, 0.65), finish, rng)
        elif choice < 0.7 and plan.kind != "hospital":
            lockers(foot.at(0, -0.25), int(rng.integers(2, 4)), rng)
        elif choice < 0.85:
            pot_plant(foot.at(0, -0.35), float(rng.uniform(0.9, 1.5)), rng)
        else:
            trolley(foot.at(0, -0.42, turn=float(rng.uniform(-0.2, 0.2))), rng)
    elif plan.kind == "gallery":
        stone = mottled("Bench stone", (0.25, 0.23, 0.2), (0.4, 0.37, 0.32), scale=6, bump_m=0.003)
        parts: list[Part] = [
            ((0, 0, 0.40), (1.4, 0.42, 0.1)),
            ((-0.5, 0, 0), (0.2, 0.35, 0.4)),
            ((0.5, 0, 0), (0.2, 0.35, 0.4)),
        ]
        if choice < 0.6:
            boxes(foot.at(0, -0.4), parts, stone, bevel=0.015)
        else:
            pot_plant(foot.at(0, -0.45), float(rng.uniform(1.1, 1.7)), rng)
    elif choice < 0.4:
        barrel(foot.at(0, -0.5), rng)
    elif choice < 0.75:
        crates(foot.at(0, -0.6), rng)
    else:
        litter = assorted("Litter", tuple(pick(rng, ENAMELS, 0.4) for _ in range(4)), roughness=0.8)
        scraps: list[Part] = [
            (
                (float(rng.normal(0, 0.5)), -float(rng.uniform(0.2, 0.9)), 0.001),
                (0.16, float(rng.uniform(0.1, 0.3)), 0.02),
            )
            for _ in range(8)
        ]
        boxes(foot, scraps, litter)


def _build_walkers(plan: Plan, eye_y: float, rng: np.random.Generator) -> None:
    """One to three people between the camera and the exit, coming or going."""
    for i in range(int(rng.integers(1, 4))):
        # Never so near that a figure made of tubes is looked at.
        y = max(eye_y * float(rng.uniform(0.05, 0.62)) - 0.5, eye_y + min(7.0, -0.7 * eye_y) + 0.9 * i)
        x = float(rng.uniform(-0.28, 0.28)) * plan.width
        going = rng.random() < 0.5
        speed = float(rng.uniform(1.0, 1.5)) * (1 if going else -1)
        with moves((0.0, speed, 0.0)):
            walker(Place(x, y, 0.0, heading=pi if going else 0.0), rng)
            if plan.kind == "hospital" and i == 0:
                ahead = 1 if going else -1
                trolley(Place(x, y + ahead * 0.85, 0.0, heading=-ahead * pi / 2), rng)


def _place_camera(plan: Plan, rng: np.random.Generator) -> tuple[Any, float]:
    """In the corridor, off its middle, looking to the exit or across to a wall before it."""
    focal = float(rng.uniform(22, 38))
    back = min(
        plan.length - 0.8,
        float(rng.uniform(7, 11) if plan.kind in BUILDINGS else rng.uniform(9, 15)) * focal / 28,
    )
    x = float(rng.choice([-1, 1])) * float(rng.uniform(0.06, 0.22)) * plan.width
    eye: Point = (x, -back, float(rng.uniform(0.7, 1.75)))
    turn = float(rng.normal(0, 0.09)) - x * 0.03
    level = float(rng.uniform(-0.06, 0.05))
    target = (eye[0] + 10 * sin(turn), eye[1] + 10 * cos(turn), eye[2] + 10 * level)
    return add_camera(eye, target, focal), focal
