"""A furnished room in the sun: a bright patch on the floor, the outdoors in the window, dim corners.

The range is that of a real room: the sun on the floor and the bright sky through the window, against what
little light finds its way into a passage, behind doors and under the furniture.
"""

from math import radians, tan
from typing import Any

import numpy as np

from hdrbatch.scenes.kit.camera import add_camera
from hdrbatch.scenes.kit.description import SceneDescription
from hdrbatch.scenes.kit.materials import leaf, masonry, mottled, pick, plain, tinted, wood
from hdrbatch.scenes.kit.seeds import part_rng
from hdrbatch.scenes.kit.shapes import Place, box, put
from hdrbatch.scenes.kit.sky import add_portal, add_sky, add_sun
from hdrbatch.scenes.props.floorplan import Plan, plan_room
from hdrbatch.scenes.props.furnishing import Lighting, furnish, rolling_ball
from hdrbatch.scenes.props.furniture import WOODS, choose_finish
from hdrbatch.scenes.props.joinery import stool
from hdrbatch.scenes.props.rooms import (
    Side,
    beams,
    blinds,
    choose_surfaces,
    curtain_color,
    curtains,
    dark_passage,
    doorway,
    panelling,
    shell,
    window,
)
from hdrbatch.scenes.props.tableware import bowl, polished_ball, teapot
from hdrbatch.scenes.props.vegetation import broadleaf_tree, bush, stand

FAMILY = "interior"


def build(seed: int) -> SceneDescription:
    """Build the room of a seed in the open, empty scene."""
    plan = _plan_room(part_rng(FAMILY, seed, "room"))
    sun_rng = part_rng(FAMILY, seed, "sun")
    elevation = float(sun_rng.uniform(20, 42))
    toward_window = 0.0 if plan.window_side == "ahead" else plan.sign * 90.0
    lean = float(sun_rng.uniform(-40, 40))
    # A veil before the sun gives the room light from the whole sky, which is sampled well.
    haze = float(sun_rng.uniform(0.05, 0.45))
    add_sky(elevation, toward_window + lean, haze=haze)
    add_sun(elevation, toward_window + lean, seen_from=None, haze=haze)
    finish = choose_finish(part_rng(FAMILY, seed, "finish"))
    has_blinds = _build_shell(plan, elevation, part_rng(FAMILY, seed, "shell"))
    _build_outdoors(plan, part_rng(FAMILY, seed, "outdoors"))
    lamp_rng = part_rng(FAMILY, seed, "lamp")
    # Without a lamp a dark sofa that sees neither sun nor sky has pixels that no path of a hundred reaches.
    light = Lighting(float(lamp_rng.uniform(150, 700)), 2900.0)
    furnish(plan, finish, part_rng(FAMILY, seed, "furniture"), lamp_rng, light)
    _polished_things(plan, elevation, lean, finish, part_rng(FAMILY, seed, "polished"))
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
            "sun_elevation_deg": elevation,
            "sun_azimuth_deg": toward_window + lean,
            "haze": haze,
            "lamp_lm": light.lumens,
            "window": plan.window_side,
            "num_windows": len(plan.windows),
            "blinds": has_blinds,
        },
    )


def _plan_room(rng: np.random.Generator) -> Plan:
    return plan_room(rng, (1.2, 2.6), (0.1, 1.0), (2.05, 2.6))


def _build_shell(plan: Plan, elevation_deg: float, rng: np.random.Generator) -> bool:
    """Room, windows with blinds or curtains, a doorway to a passage. Returns whether there are blinds."""
    surfaces = choose_surfaces(rng, tiled=plan.kind == "kitchen")
    sides: tuple[Side, ...] = ("ahead", "left", "right", "near")
    shell(plan.room, surfaces, {side: plan.holes(side) for side in sides})
    if plan.kind != "kitchen" and rng.random() < 0.25:
        for side in ("ahead", plan.side):
            panelling(plan.room.wall(side), plan.room.length(side), plan.holes(side), 0.95, surfaces.trim)
    if rng.random() < 0.2:
        beams(plan.room, int(rng.integers(3, 6)), wood("Beam", *WOODS[int(rng.integers(len(WOODS)))]))
    wall = plan.room.wall(plan.window_side)
    for opening in plan.windows:
        window(wall, opening, surfaces.trim, rng)
    portal, inward = wall.at(plan.window.x, 0.18), wall.at(0, -1)
    middle = (plan.window.bottom + plan.window.top) / 2
    add_portal(
        Place(portal.x, portal.y, middle),
        plan.window.width,
        plan.window.top - plan.window.bottom,
        (inward.x - wall.x, inward.y - wall.y, 0.0),
    )
    cover = float(rng.random())
    if cover < 0.4:
        slats = plain(
            "Slats",
            pick(rng, ((0.66, 0.65, 0.6), (0.66, 0.65, 0.6), (0.2, 0.1, 0.05), (0.03, 0.03, 0.03))),
            0.35,
        )
        drawn, slat_m = float(rng.uniform(0.35, 0.75)), float(rng.uniform(0.05, 0.1))
        # Between level and along the sun's rays, which then pass between them in stripes.
        tilt = radians(elevation_deg) * float(rng.uniform(0.1, 0.7))
        for opening in plan.windows:
            blinds(wall, opening, drawn, slat_m, tilt, slats)
    elif cover < 0.85:
        curtains(wall, plan.window, curtain_color(rng), rng)
    door_wall = plan.room.wall(plan.door_side)
    trim = surfaces.trim if rng.random() < 0.6 else None
    doorway(door_wall, plan.door, surfaces.trim, leaf=trim, swing=float(rng.uniform(1.35, 1.8)))
    dark_passage(door_wall, plan.door, rng, depth=0.7, paint=2.8)
    return cover < 0.4


def _build_outdoors(plan: Plan, rng: np.random.Generator) -> None:
    """What the window looks at: a lawn, trees and bushes, a house across."""
    wall = plan.window_wall
    storey = float(rng.choice([0.35, 3.2]))
    lawn = mottled("Lawn", (0.02, 0.05, 0.01), (0.08, 0.13, 0.03), scale=1.5)
    box(wall.at(0, 40, -storey - 0.3), (160.0, 90.0, 0.3), lawn, bevel=0.0)
    house = masonry(
        "House across",
        (pick(rng, ((0.32, 0.12, 0.07), (0.5, 0.45, 0.36))), (0.40, 0.22, 0.14)),
        (0.4, 0.38, 0.35),
        brick_m=(0.25, 0.08),
    )
    roof = plain("Roof across", tinted(rng, (0.12, 0.06, 0.05)), 0.8)
    across = wall.at(float(rng.uniform(-12, 12)), float(rng.uniform(24, 34)), -storey)
    box(across, (float(rng.uniform(9, 14)), 8.0, 6.0), house, bevel=0.0)
    box(across.at(0, 0, 6.0), (15.0, 9.0, 0.6), roof, bevel=0.05)
    wood = plain("Bark", (0.07, 0.05, 0.035), 0.9)
    green = leaf("Leaves", tinted(rng, (0.02, 0.06, 0.01)), tinted(rng, (0.09, 0.18, 0.03)))
    tree = broadleaf_tree(7.0, 2600, rng)
    for mesh, material in zip(tree, (wood, green), strict=True):
        mesh.materials.append(material)
    for _ in range(5):
        spot = wall.at(float(rng.uniform(-14, 14)), float(rng.uniform(15, 24)), -storey)
        stand(tree, (spot.x, spot.y, spot.z), float(rng.uniform(0, 6)), float(rng.uniform(0.6, 1.1)))
    hedge = bush(1.6, 1200, rng)
    hedge.materials.append(green)
    for i in range(9):
        put(hedge, wall.at((i - 4) * 1.5, 9.0 + float(rng.uniform(-0.4, 0.4)), -storey, turn=float(i)))


def _polished_things(
    plan: Plan, elevation_deg: float, lean_deg: float, finish: Any, rng: np.random.Generator
) -> None:
    """Stool in the patch of sun, with metal on it that mirrors the sun."""
    height = float(rng.uniform(0.32, 0.5))
    reach = ((plan.window.bottom + plan.window.top) / 2 - height) / tan(radians(elevation_deg))
    reach = min(reach, 2.2)
    aside = {"ahead": -1, "right": 1, "left": 1}[plan.window_side] * tan(radians(lean_deg)) * reach
    wall = plan.window_wall
    spot = wall.at(aside, -reach)
    limit = plan.room.width / 2 - 0.4
    place = Place(
        float(np.clip(spot.x, -limit, limit)),
        max(spot.y, -plan.room.depth / 2 + 2.2),
        0.0,
        float(rng.uniform(0, 6)),
    )
    top = stool(place, height, finish)
    things = (bowl, teapot, polished_ball)
    sizes = (0.1, 0.17, 0.055)
    for i in range(int(rng.integers(1, 4))):
        kind = int(rng.integers(3))
        angle = 2.1 * i
        item = place.at(
            0.1 * float(np.cos(angle)), 0.1 * float(np.sin(angle)), top, turn=float(rng.uniform(0, 6))
        )
        things[kind](item, sizes[kind], rng)


def _place_camera(plan: Plan, rng: np.random.Generator) -> tuple[Any, float]:
    """From the near corner across the room, or from near its middle straight ahead."""
    room, sign = plan.room, plan.sign
    y, z = -room.depth / 2 + float(rng.uniform(0.2, 0.5)), float(rng.uniform(1.0, 1.65))
    if rng.random() < 0.65:
        x = -sign * (room.width / 2 - float(rng.uniform(0.35, 0.8)))
        target_x = sign * room.width * float(rng.uniform(0.1, 0.3))
        focal = float(rng.uniform(19, 25))
    else:
        x, target_x = float(rng.uniform(-0.4, 0.4)), sign * float(rng.uniform(0.1, 0.5))
        focal = float(rng.uniform(20, 28))
    return add_camera((x, y, z), (target_x, room.depth / 2, float(rng.uniform(0.8, 1.15))), focal), focal
