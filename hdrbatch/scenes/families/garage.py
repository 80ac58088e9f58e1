"""A car park or a workshop in mixed light: tubes of several whites, warm work lamps, daylight from a door.

The range is that between the tubes and the daylight, which are seen, and the ground under the cars, open
shelves and boots.
"""

from math import pi
from typing import Any

import numpy as np

from hdrbatch.scenes.kit.camera import Point, add_camera
from hdrbatch.scenes.kit.description import SceneDescription
from hdrbatch.scenes.kit.hallplan import Hall, plan_hall
from hdrbatch.scenes.kit.materials import plain
from hdrbatch.scenes.kit.seeds import part_rng
from hdrbatch.scenes.kit.shapes import Place, boxes
from hdrbatch.scenes.kit.sky import add_sky, add_sun
from hdrbatch.scenes.props.car_park import clutter_park, furnish_park
from hdrbatch.scenes.props.fittings import WHITES_K, Part, batten
from hdrbatch.scenes.props.hall_shell import build_door, build_outdoors, build_shell
from hdrbatch.scenes.props.repair_shop import clutter_workshop, furnish_workshop

FAMILY = "garage"


def build(seed: int) -> SceneDescription:
    """Build the hall of a seed in the open, empty scene."""
    hall = plan_hall(part_rng(FAMILY, seed, "plan"))
    sun = part_rng(FAMILY, seed, "sun")
    elevation, azimuth = float(sun.uniform(12, 50)), float(sun.uniform(-50, 50))
    haze = float(sun.uniform(0.2, 0.8))
    add_sky(elevation, azimuth, haze=haze)
    add_sun(elevation, azimuth, seen_from=None, haze=haze)
    build_shell(hall, part_rng(FAMILY, seed, "shell"))
    build_door(hall, part_rng(FAMILY, seed, "door"))
    build_outdoors(hall, part_rng(FAMILY, seed, "outdoors"))
    lit, lumens = _build_tubes(hall, part_rng(FAMILY, seed, "tubes"))
    camera, focal = _place_camera(hall, part_rng(FAMILY, seed, "camera"))
    eye: Point = tuple(camera.location)
    things, clutter = part_rng(FAMILY, seed, "things"), part_rng(FAMILY, seed, "clutter")
    if hall.kind == "car park":
        furnish_park(hall, eye[1], things)
        clutter_park(hall, eye, clutter)
    else:
        middle = furnish_workshop(hall, eye[1], things)
        clutter_workshop(hall, eye, middle, clutter)
    return SceneDescription(
        family=FAMILY,
        seed=seed,
        focal_length_mm=focal,
        camera_location=tuple(camera.location),
        camera_rotation=tuple(camera.rotation_euler),
        facts={
            "hall": hall.kind,
            "door_open_m": hall.door_open,
            "tubes_lit": lit,
            "tube_lm": lumens,
            "sun_elevation_deg": elevation,
            "sun_azimuth_deg": azimuth,
            "haze": haze,
        },
    )


def _build_tubes(hall: Hall, rng: np.random.Generator) -> tuple[int, float]:
    """Rows of tubes, of mixed whites, some of them dead. Returns how many are lit, and their lumens."""
    share, lumens = float(rng.choice([0.35, 0.6, 0.9])), float(rng.uniform(1800, 3400))
    along = rng.random() < 0.5
    kelvin, lit = float(rng.choice(WHITES_K)), 0
    columns = (-5.2, 0.0, 5.2) if hall.kind == "car park" else (-hall.width / 4, hall.width / 4)
    step = 5.0 if hall.kind == "car park" else 3.0
    drop = 0.42 if hall.kind == "car park" else 0.3
    for x in columns:
        for y in np.arange(-hall.depth / 2 + 2.4, hall.depth / 2 - 0.8, step).tolist():
            on = bool(rng.random() < share)
            white = float(rng.choice(WHITES_K)) if rng.random() < 0.3 else kelvin
            place = Place(x, y, hall.height - drop, pi / 2 if along else 0.0)
            batten(place, 1.5, lumens=lumens if on else 0.0, kelvin=white)
            wires: list[Part] = [((dx, 0, 0), (0.01, 0.01, drop)) for dx in (-0.5, 0.5)]
            boxes(place, wires, plain("Wire", (0.2, 0.2, 0.2), 0.5), bevel=0.0)
            lit += on
    return lit, lumens


def _place_camera(hall: Hall, rng: np.random.Generator) -> tuple[Any, float]:
    """Near the wall across from the door, off its axis; the door is in the picture, beside its middle."""
    w, d = hall.width, hall.depth
    side = float(rng.choice([-1, 1]))
    if hall.kind == "car park":
        eye: Point = (
            side * float(rng.uniform(0.2, 1.5)),
            -d / 2 + float(rng.uniform(0.8, 5)),
            float(rng.uniform(0.9, 1.75)),
        )
        focal = float(rng.uniform(22, 32))
    else:
        eye = (
            side * (w / 2 - float(rng.uniform(0.7, 1.4))),
            -d / 2 + float(rng.uniform(0.4, 0.8)),
            float(rng.uniform(1.1, 1.9)),
        )
        focal = float(rng.uniform(18, 24))
    share = float(rng.uniform(0.3, 0.7))
    target = (
        hall.door_x * share - side * w * 0.05,
        d / 2 * float(rng.uniform(0.6, 1.0)),
        float(rng.uniform(0.9, 1.4)),
    )
    return add_camera(eye, target, focal), focal
