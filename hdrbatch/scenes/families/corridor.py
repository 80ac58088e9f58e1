"""A corridor or tunnel towards a bright exit: of a hospital, school or office, an underpass, a gallery.

The range is that between the sunlit world in the exit and the doorways, niches and corners that only light
from far away reaches. Some lamps are lit, some are dead.
"""

from math import cos, pi, sin
from typing import Any

import numpy as np

from hdrbatch.scenes.kit.camera import Point, add_camera
from hdrbatch.scenes.kit.corridorplan import BUILDINGS, Corridor, plan_corridor
from hdrbatch.scenes.kit.description import SceneDescription
from hdrbatch.scenes.kit.lights import add_bulb, add_panel
from hdrbatch.scenes.kit.materials import assorted, mottled, pick, plain
from hdrbatch.scenes.kit.movers import moves
from hdrbatch.scenes.kit.seeds import part_rng
from hdrbatch.scenes.kit.shapes import Place, box, boxes, tube
from hdrbatch.scenes.kit.sky import add_sky, add_sun
from hdrbatch.scenes.props import outlook
from hdrbatch.scenes.props.corridor_shell import build_exit, build_shell
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
    trolley,
)
from hdrbatch.scenes.props.furniture import chair, choose_finish, picture, pot_plant
from hdrbatch.scenes.props.walkers import walker

FAMILY = "corridor"


def build(seed: int) -> SceneDescription:
    """Build the corridor of a seed in the open, empty scene."""
    plan = plan_corridor(part_rng(FAMILY, seed, "plan"))
    sun = part_rng(FAMILY, seed, "sun")
    elevation, azimuth = float(sun.uniform(20, 55)), float(sun.uniform(-60, 60))
    haze, clouds = float(sun.uniform(0.1, 0.6)), float(sun.choice([0.0, 0.3, 0.6]))
    add_sky(elevation, azimuth, clouds, haze)
    add_sun(elevation, azimuth, seen_from=None, haze=haze)
    view_rng = part_rng(FAMILY, seed, "outlook")
    view = ("garden", "street", "garden", "hills")[int(view_rng.integers(4))]
    {"garden": outlook.garden, "street": outlook.street, "hills": outlook.hills}[view](0.12, view_rng)
    build_shell(plan, part_rng(FAMILY, seed, "shell"))
    build_exit(plan, part_rng(FAMILY, seed, "exit"))
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


def _build_lamps(plan: Corridor, rng: np.random.Generator) -> int:
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


def _build_props(plan: Corridor, rng: np.random.Generator) -> None:
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
    plan: Corridor, foot: Place, finish: Any, rng: np.random.Generator
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


def _build_walkers(plan: Corridor, eye_y: float, rng: np.random.Generator) -> None:
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


def _place_camera(plan: Corridor, rng: np.random.Generator) -> tuple[Any, float]:
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
