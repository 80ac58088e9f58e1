"""A room at night by its lamps: shades, globes and spots, dark corners, a night outside.

The range is that between a bulb that is seen and a passage without light; the sky outside and the lit windows
across the street keep any pixel from being exactly zero.
"""

from typing import Any

import bpy
import numpy as np

from hdrbatch.scenes.kit.camera import add_camera
from hdrbatch.scenes.kit.description import SceneDescription
from hdrbatch.scenes.kit.lights import add_bulb
from hdrbatch.scenes.kit.materials import mottled, pick, plain
from hdrbatch.scenes.kit.photometry import CD_M2, scaled, temperature_color
from hdrbatch.scenes.kit.seeds import part_rng
from hdrbatch.scenes.kit.shapes import box
from hdrbatch.scenes.kit.sky import add_night_sky
from hdrbatch.scenes.props.facade import choose_windows, house
from hdrbatch.scenes.props.floorplan import Plan, plan_room
from hdrbatch.scenes.props.furnishing import Lighting, furnish, rolling_ball
from hdrbatch.scenes.props.furniture import choose_finish
from hdrbatch.scenes.props.rooms import (
    Side,
    blinds,
    choose_surfaces,
    curtain_color,
    curtains,
    dark_passage,
    doorway,
    panelling,
    passage,
    shell,
    window,
)

FAMILY = "lamplight"


def build(seed: int) -> SceneDescription:
    """Build the room of a seed in the open, empty scene."""
    plan = plan_room(part_rng(FAMILY, seed, "plan"), (0.9, 1.8), (0.75, 1.1), (1.9, 2.35))
    lamp_rng = part_rng(FAMILY, seed, "lamps")
    kelvin = float(lamp_rng.choice([2400.0, 2700.0, 2700.0, 3000.0, 4000.0]))
    light = Lighting(float(lamp_rng.uniform(450, 1100)), kelvin)
    sky_rng = part_rng(FAMILY, seed, "sky")
    sky_cd_m2 = float(sky_rng.uniform(0.004, 0.03))
    add_night_sky(sky_cd_m2, scaled(temperature_color(3500.0), sky_cd_m2 * 3 * CD_M2))
    # Hardly any of the night's light comes in: what does is left to the paths that hit the sky.
    bpy.context.scene.world.cycles.sampling_method = "NONE"
    finish = choose_finish(part_rng(FAMILY, seed, "finish"))
    lit_door = _build_shell(plan, kelvin, part_rng(FAMILY, seed, "shell"))
    _build_night(plan, part_rng(FAMILY, seed, "night"))
    furnish(plan, finish, part_rng(FAMILY, seed, "furniture"), lamp_rng, light)
    rolling_ball(plan, part_rng(FAMILY, seed, "toy"))
    camera, focal = _place_camera(plan, part_rng(FAMILY, seed, "camera"))
    return SceneDescription(
        family=FAMILY,
        seed=seed,
        focal_length_mm=focal,
        camera_location=tuple(camera.location),
        camera_rotation=tuple(camera.rotation_euler),
        facts={
            "room": plan.kind,
            "lamp_lm": light.lumens,
            "lamp_kelvin": kelvin,
            "sky_cd_m2": sky_cd_m2,
            "doorway": "lit" if lit_door else "dark",
        },
    )


def _build_shell(plan: Plan, kelvin: float, rng: np.random.Generator) -> bool:
    """Room, window and what is behind the doorway. Returns whether there is light."""
    surfaces = choose_surfaces(rng, tiled=plan.kind == "kitchen")
    sides: tuple[Side, ...] = ("ahead", "left", "right", "near")
    shell(plan.room, surfaces, {side: plan.holes(side) for side in sides})
    if plan.kind != "kitchen" and rng.random() < 0.3:
        for side in ("ahead", plan.side):
            panelling(plan.room.wall(side), plan.room.length(side), plan.holes(side), 0.95, surfaces.trim)
    wall = plan.room.wall(plan.window_side)
    for opening in plan.windows:
        window(wall, opening, surfaces.trim, rng)
    cover = float(rng.random())
    if cover < 0.3:
        slats = plain("Slats", pick(rng, ((0.65, 0.64, 0.6), (0.12, 0.06, 0.03), (0.03, 0.03, 0.03))), 0.4)
        drawn, slat_m = float(rng.uniform(0.3, 0.7)), float(rng.uniform(0.05, 0.08))
        for opening in plan.windows:
            blinds(wall, opening, drawn, slat_m, 0.5, slats)
    elif cover < 0.75 and plan.kind != "kitchen":
        curtains(wall, plan.window, curtain_color(rng), rng)
    lit = bool(rng.random() < 0.4)
    door_wall = plan.room.wall(plan.door_side)
    has_leaf = rng.random() < 0.6
    leaf = surfaces.trim if has_leaf else None
    doorway(door_wall, plan.door, surfaces.trim, leaf=leaf, swing=float(rng.uniform(1.2, 1.75)))
    if lit:
        length = float(rng.uniform(2.0, 3.5))
        end = passage(door_wall, plan.door, length, (surfaces.wall, surfaces.floor), 1.7)
        add_bulb(end.at(0.3, -length * 0.5, plan.door.top - 0.1), 0.07, float(rng.uniform(300, 900)), kelvin)
    else:
        dark_passage(door_wall, plan.door, rng)
    return lit


def _build_night(plan: Plan, rng: np.random.Generator) -> None:
    """Dark ground and houses across with a few lit windows."""
    wall = plan.room.wall(plan.window_side)
    storey = float(rng.choice([3.0, 4.5, 6.4]))
    ground = mottled("Ground", (0.01, 0.012, 0.01), (0.03, 0.03, 0.028), scale=0.8)
    box(wall.at(0, 45, -storey - 0.3), (120.0, 80.0, 0.3), ground, bevel=0.0)
    windows = choose_windows(rng)
    away, x = float(rng.uniform(11, 22)), -26.0
    while x < 26:
        width = float(rng.uniform(8, 14))
        if rng.random() < 0.85:
            house(wall.at(x + width / 2, away, -storey), (width, 9.0, int(rng.integers(1, 4))), windows, rng)
        x += width + float(rng.uniform(0.0, 3.0))


def _place_camera(plan: Plan, rng: np.random.Generator) -> tuple[Any, float]:
    """From the near corner across the room, or from the middle of the near wall straight ahead."""
    room, sign = plan.room, plan.sign
    y, z = -room.depth / 2 + float(rng.uniform(0.2, 0.5)), float(rng.uniform(1.0, 1.6))
    if rng.random() < 0.65:
        x = -sign * (room.width / 2 - float(rng.uniform(0.35, 0.8)))
        target_x = sign * room.width * float(rng.uniform(0.1, 0.3))
        focal = float(rng.uniform(19, 25))
    else:
        x, target_x = float(rng.uniform(-0.4, 0.4)), sign * float(rng.uniform(0.1, 0.5))
        focal = float(rng.uniform(20, 28))
    return add_camera((x, y, z), (target_x, room.depth / 2, float(rng.uniform(0.8, 1.15))), focal), focal
