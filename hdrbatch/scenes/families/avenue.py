"""A city street by day: sunlit fronts and sky over a street in shade, open doors and arcades on dark rooms.

The fronts in the sun and the sky are some hundred times brighter than the pavement in the shade, and that is
hundreds of times brighter than what stands in the rooms behind the doors.
"""

from collections.abc import Callable
from math import atan2, degrees, pi, tan

import numpy as np

from hdrbatch.scenes.kit.camera import add_camera
from hdrbatch.scenes.kit.description import SceneDescription
from hdrbatch.scenes.kit.materials import leaf, masonry, mottled, pick, plain, tinted, water, wet_asphalt
from hdrbatch.scenes.kit.movers import moves
from hdrbatch.scenes.kit.seeds import part_rng
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import Place, box, boxes, rectangles
from hdrbatch.scenes.kit.sky import add_sky, add_sun
from hdrbatch.scenes.kit.streetplan import KERB_M, Plan, plan_street
from hdrbatch.scenes.props.birds import bird
from hdrbatch.scenes.props.pavement import cafe, gateway, kiosk, street_furniture
from hdrbatch.scenes.props.townfront import GROUNDS, FrontStyle, choose_style, town_house
from hdrbatch.scenes.props.vegetation import stand
from hdrbatch.scenes.props.vehicles import car
from hdrbatch.scenes.props.walkers import walker
from hdrbatch.scenes.props.woodland import Growth, woodland_tree

FAMILY = "avenue"


def build(seed: int) -> SceneDescription:
    """Build the street of a seed in the open, empty scene."""
    plan = plan_street(part_rng(FAMILY, seed, "plan"))
    eye, target, focal = _choose_view(plan, part_rng(FAMILY, seed, "camera"))
    elevation, azimuth = _choose_sun(plan, part_rng(FAMILY, seed, "sun"))
    sky_rng = part_rng(FAMILY, seed, "sky")
    haze, clouds = float(sky_rng.uniform(0.0, 0.1)), float(sky_rng.uniform(0.0, 0.6))
    add_sky(elevation, azimuth, cloudiness=clouds, haze=haze)
    add_sun(elevation, azimuth, seen_from=eye, haze=haze)
    _build_ground(plan, part_rng(FAMILY, seed, "ground"))
    _build_houses(plan, part_rng(FAMILY, seed, "houses"))
    if plan.view == "gateway":
        gateway(plan, part_rng(FAMILY, seed, "gateway"))
    if plan.road:
        kiosk(plan, part_rng(FAMILY, seed, "kiosk"))
    _build_trees(plan, part_rng(FAMILY, seed, "trees"))
    cafe(plan, part_rng(FAMILY, seed, "cafe"))
    street_furniture(plan, part_rng(FAMILY, seed, "furniture"))
    _build_traffic(plan, part_rng(FAMILY, seed, "traffic"))
    _build_people(plan, eye, part_rng(FAMILY, seed, "people"))
    camera = add_camera(eye, target, focal)
    return SceneDescription(
        family=FAMILY,
        seed=seed,
        focal_length_mm=focal,
        camera_location=tuple(camera.location),
        camera_rotation=tuple(camera.rotation_euler),
        facts={
            "plan": plan.kind,
            "sun_elevation_deg": elevation,
            "sun_azimuth_deg": azimuth,
            "haze": haze,
            "cloudiness": clouds,
            "wetness": max(plan.wetness, 0.0),
            "street_width_m": 2 * plan.front,
            "view": plan.view,
            "arcade": "no" if plan.arcade_side == 0 else "yes",
        },
    )


def _choose_sun(plan: Plan, rng: np.random.Generator) -> tuple[float, float]:
    """Elevation and azimuth in degrees: before the camera, so shadow sides show and wet ground glares."""
    low = degrees(atan2(22.0, plan.length)) if plan.is_closed else 6.0
    if rng.random() < 0.6:
        return float(rng.uniform(low, low + 14)), float(rng.uniform(-16, 16))
    # From aside, so that one row of fronts shines.
    side = plan.open_side or (1 if rng.random() < 0.5 else -1)
    farthest = 75 if plan.view == "arcade" else 42
    return float(rng.uniform(14, 36)), side * float(rng.uniform(16, farthest))


def _choose_view(
    plan: Plan, rng: np.random.Generator
) -> tuple[tuple[float, float, float], tuple[float, float, float], float]:
    """A passer-by: under the arcade, on a pavement, or in the street, looking along it."""
    side = plan.arcade_side or (1 if rng.random() < 0.5 else -1)
    focal, height = float(rng.uniform(21, 36)), float(rng.uniform(1.1, 1.75))
    if plan.view == "gateway":
        x, turn = side * float(rng.uniform(0.0, 0.5)), float(rng.uniform(-0.15, 0.15))
    elif plan.view == "arcade":
        x, turn = side * (plan.front + float(rng.uniform(1.7, 2.3))), -side * float(rng.uniform(0.02, 0.3))
    elif rng.random() < 0.55:
        reach = max(1.2, plan.pavement * float(rng.uniform(0.5, 0.8)))
        x, turn = side * (plan.front - reach), -side * float(rng.uniform(0.0, 0.35))
    else:
        x, turn = side * 0.2 * plan.front, float(rng.uniform(-0.12, 0.12))
    eye = (
        x,
        float(rng.uniform(-3.0, -1.8) if plan.view == "gateway" else rng.uniform(-1.0, 1.5)),
        height + KERB_M,
    )
    rise = float(rng.uniform(0.4, 3.2))
    return eye, (x + 20 * tan(turn), eye[1] + 20.0, eye[2] + rise), focal


def _build_ground(plan: Plan, rng: np.random.Generator) -> None:
    """Roadway with kerbs and pavements, or the cobbles of a lane; beyond them bare ground to the horizon."""
    beyond = mottled("Far ground", (0.05, 0.05, 0.045), (0.16, 0.15, 0.13), scale=0.3)
    rectangles(
        Place(0, 0, -0.03), [[(-900, -400, 0), (900, -400, 0), (900, 2000, 0), (-900, 2000, 0)]], beyond
    )
    start, stop = -25.0, plan.length + 30.0
    slab = float(rng.uniform(0.3, 0.7))
    tone = pick(rng, ((0.20, 0.19, 0.175), (0.26, 0.22, 0.17), (0.12, 0.12, 0.125)))
    dark = (tone[0] * 0.6, tone[1] * 0.6, tone[2] * 0.6)
    brick = (0.16, 0.12) if plan.kind == "lane" else (slab * 1.5, slab)
    paving = masonry(
        "Paving", (tone, dark), (dark[0] * 0.7, dark[1] * 0.7, dark[2] * 0.7), brick_m=brick, roughness=0.45
    )
    length, middle = stop - start, (start + stop) / 2
    if plan.road:
        half = plan.road / 2
        corners = [(-half, start, 0), (half, start, 0), (half, stop, 0), (-half, stop, 0)]
        rectangles(Place(0, 0), [corners], wet_asphalt("Asphalt", plan.wetness))
        paint = mottled("Road paint", (0.3, 0.29, 0.27), (0.55, 0.54, 0.5), scale=9)
        lines = [((0, y, 0.0), (0.12, 2.5, 0.004)) for y in np.arange(8.0, stop, 6.0).tolist()]
        crossing = float(rng.uniform(7, 13))
        lines += [
            ((x, crossing, 0.0), (0.5, 3.0, 0.004)) for x in np.arange(-half + 0.6, half - 0.3, 1.0).tolist()
        ]
        boxes(Place(0, 0), lines, paint, bevel=0.0)
        kerb = mottled("Kerb", (0.14, 0.14, 0.135), (0.26, 0.255, 0.25), scale=7)
        for side in (-1, 1):
            box(Place(side * half, middle), (0.18, length, KERB_M + 0.005), kerb, bevel=0.02)
    for side in (-1, 1):
        depth = plan.pavement + (0.0 if side == plan.open_side else 7.0)
        x = side * (plan.road / 2 + depth / 2)
        box(Place(x, middle), (depth, length, KERB_M), paving, bevel=0.0)


def _build_houses(plan: Plan, rng: np.random.Generator) -> None:
    """Rows of houses with gaps now and then, through which the sun falls in, and one across the end."""
    styles = [choose_style(rng) for _ in range(5)]

    def grounds(side: int) -> str:
        return (
            "arcade"
            if side == plan.arcade_side
            else ("shops", "shops", "plain", "gate")[int(rng.integers(4))]
        )

    def pick_style() -> FrontStyle:
        return styles[int(rng.integers(len(styles)))]

    low, high = plan.storeys
    for side in (-1, 1):
        if side == plan.open_side:
            _build_river(plan, pick_style, rng)
            continue
        y = -18.0
        while y < plan.length:
            width = float(rng.uniform(6.5, 13.5))
            front = Place(side * plan.front, y + width / 2, KERB_M, heading=-side * pi / 2)
            town_house(front, width, int(rng.integers(low, high + 1)), grounds(side), pick_style(), rng)
            y += width + (float(rng.uniform(2.5, 7)) if rng.random() < 0.22 and y > 4 else 0.0)
    if plan.is_closed:
        end = Place(
            float(rng.uniform(-2, 2)), plan.length + 4, KERB_M, heading=float(rng.uniform(-0.15, 0.15))
        )
        ground = GROUNDS[int(rng.integers(1, len(GROUNDS)))]
        town_house(end, 2 * plan.front + 14, int(rng.integers(2, high + 1)), ground, pick_style(), rng)


def _build_river(plan: Plan, pick_style: Callable[[], FrontStyle], rng: np.random.Generator) -> None:
    """River beside a quay: a parapet, water, and houses on the far bank."""
    side, width = plan.open_side, float(rng.uniform(35, 80))
    stone = mottled("Parapet", (0.14, 0.13, 0.115), tinted(rng, (0.34, 0.32, 0.28)), scale=3, bump_m=0.004)
    length = plan.length + 50.0
    wall = Place(side * (plan.front + 0.2), length / 2 - 25.0)
    boxes(wall, [((0, 0, 0), (0.4, length, 0.95)), ((0, 0, 0.95), (0.5, length, 0.1))], stone, bevel=0.02)
    river = water("River", (0.012, 0.018, 0.014), wave_m=float(rng.uniform(0.01, 0.03)), scale=2.0)
    near, far = sorted((side * plan.front, side * (plan.front + width)))
    corners = [(near, -60, 0), (far, -60, 0), (far, 400, 0), (near, 400, 0)]
    rectangles(Place(0, 0, -0.01), [corners], river)
    y = 5.0
    while y < 150.0:
        wide = float(rng.uniform(10, 18))
        front = Place(side * (plan.front + width), y + wide / 2, 0.3, heading=-side * pi / 2)
        town_house(front, wide, int(rng.integers(1, 5)), "plain", pick_style(), rng)
        y += wide


def _build_trees(plan: Plan, rng: np.random.Generator) -> None:
    """Trees along boulevards and quays, and along some streets."""
    if plan.kind == "lane" or (plan.kind == "street" and rng.random() < 0.6):
        return
    bark = mottled(
        "Bark", (0.025, 0.02, 0.015), (0.12, 0.10, 0.075), scale=14, bump_m=0.02, stretch=(1, 1, 0.2)
    )
    shades: tuple[tuple[Color, Color], ...] = (
        ((0.02, 0.055, 0.01), (0.09, 0.18, 0.03)),
        ((0.05, 0.10, 0.01), (0.18, 0.28, 0.04)),
        ((0.20, 0.09, 0.01), (0.48, 0.27, 0.03)),
    )
    dark, light = shades[int(rng.integers(3))]
    green = leaf("Leaves", tinted(rng, dark), tinted(rng, light))
    height = float(rng.uniform(7.5, 10.5))
    growth = Growth(height, 0.13, 0.34, 0.26 * height, 0.6, 34, 11000, 0.13, 0.6)
    kinds = [woodland_tree(growth, rng) for _ in range(2)]
    for meshes in kinds:
        for mesh, material in zip(meshes, (bark, green), strict=True):
            mesh.materials.append(material)
    for side in (-1, 1):
        gap = float(rng.uniform(7, 11))
        for y in np.arange(float(rng.uniform(12.5, 16)), plan.length, gap).tolist():
            spot = (side * (plan.road / 2 + 0.9), y + float(rng.uniform(-0.5, 0.5)), KERB_M)
            stand(
                kinds[int(rng.integers(2))], spot, float(rng.uniform(0, 2 * pi)), float(rng.uniform(0.8, 1.1))
            )


def _build_traffic(plan: Plan, rng: np.random.Generator) -> None:
    """Parked cars along the kerbs, and one or two that drive."""
    if not plan.road:
        return
    for side in (-1, 1):
        y = float(rng.uniform(9, 14))
        while y < plan.length:
            if rng.random() < 0.45:
                heading = (pi if side > 0 else 0.0) + float(rng.uniform(-0.03, 0.03))
                car(Place(side * (plan.road / 2 - 1.05), y, 0.0, heading), rng, lamps=False)
            y += float(rng.uniform(5.6, 9))
    coming, speed = float(rng.uniform(11, 24)), float(rng.uniform(4, 12))
    with moves((0.0, -speed, 0.0)):
        car(Place(-plan.road * 0.16, coming, 0.0), rng, lamps=False)
    if rng.random() < 0.6:
        speed = float(rng.uniform(4, 12))
        with moves((0.0, speed, 0.0)):
            car(
                Place(plan.road * 0.16, coming + float(rng.uniform(-3, 14)), 0.0, heading=pi),
                rng,
                lamps=False,
            )


def _build_people(plan: Plan, eye: tuple[float, float, float], rng: np.random.Generator) -> None:
    """Walkers on the pavements, and birds over the roofs."""
    for _ in range(int(rng.integers(5, 11))):
        side = 1 if rng.random() < 0.5 else -1
        away = rng.random() < 0.5
        x = side * (plan.front - float(rng.uniform(0.5, 0.9)) * max(plan.pavement - 0.6, 1.0))
        spot = Place(x, eye[1] + float(rng.uniform(7, 40)), KERB_M, heading=pi if away else 0.0)
        pace = float(rng.uniform(1.0, 1.6))
        with moves((0.0, pace if away else -pace, 0.0)):
            walker(spot, rng)
    plumage = plain("Pigeon", (0.12, 0.12, 0.13), 0.7)
    for _ in range(int(rng.integers(2, 6))):
        heading = float(rng.uniform(0, 2 * pi))
        spot = Place(
            float(rng.uniform(-0.8, 0.8)) * plan.front,
            float(rng.uniform(12, 25)),
            float(rng.uniform(4, 9)),
            heading=heading,
        )
        speed = float(rng.uniform(5, 10))
        with moves((speed * float(np.sin(heading)), -speed * float(np.cos(heading)), 0.0)):
            bird(spot, 0.6, plumage, lift=float(rng.uniform(-0.4, 1.2)))
