"""A window from inside, with detail on both sides: sunlit country or town, and a dim room before it.

The range is that between the sunlit outside and the undersides and corners of the room.
"""

from math import sqrt

import numpy as np

from hdrbatch.scenes.kit.camera import SENSOR_WIDTH_MM, Point, add_camera
from hdrbatch.scenes.kit.description import SceneDescription
from hdrbatch.scenes.kit.lights import add_bulb
from hdrbatch.scenes.kit.materials import boards, cloth_screen, masonry, mottled, pane, pick, plain, tinted
from hdrbatch.scenes.kit.seeds import part_rng
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import Place, box, boxes, rectangles, tube
from hdrbatch.scenes.kit.sky import add_portal, add_sky, add_sun
from hdrbatch.scenes.props import outlook
from hdrbatch.scenes.props.furniture import CLOTHS, WOODS, choose_finish, curtain
from hdrbatch.scenes.props.windowside import WALLS, Window, cafe, desk, furnish_sides, kitchen, window_seat

FAMILY = "window"
WALL_M = 0.28
ROOM_DEPTH_M = 4.6
KINDS = ("desk", "kitchen", "window seat", "cafe")
VIEWS = {"garden": (0.2, 3.0), "street": (0.2, 1.8), "skyline": (25.0, 70.0), "hills": (0.3, 4.0)}
"""Views outside, and the range of the floor's height above their ground in metres."""
FRAMES: tuple[Color, ...] = (
    (0.72, 0.71, 0.68),
    (0.025, 0.025, 0.026),
    (0.20, 0.10, 0.045),
    (0.10, 0.16, 0.14),
)


def build(seed: int) -> SceneDescription:
    """Build the window of a seed in the open, empty scene."""
    window = _plan(part_rng(FAMILY, seed, "plan"))
    sun_rng = part_rng(FAMILY, seed, "sun")
    elevation = float(sun_rng.uniform(10, 48))
    # From ahead the sun comes in and the trees are lit from behind; from behind the house the room stays dim.
    inward = bool(sun_rng.random() < 0.45)
    azimuth = float(sun_rng.choice([-1, 1])) * float(
        sun_rng.uniform(15, 75) if inward else sun_rng.uniform(100, 165)
    )
    haze, clouds = float(sun_rng.uniform(0.1, 0.6)), float(sun_rng.uniform(0.0, 0.8))
    eye, target, focal = _plan_view(window, part_rng(FAMILY, seed, "camera"))
    add_sky(elevation, azimuth, cloudiness=clouds, haze=haze)
    add_sun(elevation, azimuth, seen_from=eye, haze=haze)
    finish = choose_finish(part_rng(FAMILY, seed, "finish"))
    _build_room(window, part_rng(FAMILY, seed, "room"))
    _build_frame(window, part_rng(FAMILY, seed, "frame"))
    shade = _build_shade(window, part_rng(FAMILY, seed, "shade"))
    outside_rng = part_rng(FAMILY, seed, "outside")
    names = list(VIEWS)
    outside = names[int(outside_rng.integers(len(names)))]
    storey = float(outside_rng.uniform(*VIEWS[outside]))
    views = {
        "garden": outlook.garden,
        "street": outlook.street,
        "skyline": outlook.skyline,
        "hills": outlook.hills,
    }
    views[outside](storey, outside_rng)
    inside_rng = part_rng(FAMILY, seed, "inside")
    builders = {"desk": desk, "kitchen": kitchen, "window seat": window_seat, "cafe": cafe}
    builders[window.kind](window, finish, inside_rng)
    furnish_sides(window, finish, part_rng(FAMILY, seed, "sides"))
    # What faces away from the window has a dim light from behind the camera that every path finds.
    lamp_rng = part_rng(FAMILY, seed, "lamp")
    lamp_lm = 25.0 * 8.0 ** float(lamp_rng.random())
    lamp_x = float(lamp_rng.uniform(-0.6, 0.6)) * min(window.room_left, window.room_right)
    add_bulb(Place(lamp_x, 0.4 - ROOM_DEPTH_M, window.ceiling - 0.5), 0.06, lamp_lm, 2800.0)
    camera = add_camera(eye, target, focal)
    return SceneDescription(
        family=FAMILY,
        seed=seed,
        focal_length_mm=focal,
        camera_location=tuple(camera.location),
        camera_rotation=tuple(camera.rotation_euler),
        facts={
            "inside": window.kind,
            "outside": outside,
            "storey_m": storey,
            "shade": shade,
            "sun_elevation_deg": elevation,
            "sun_azimuth_deg": azimuth,
            "haze": haze,
            "cloudiness": clouds,
            "room_lamp_lm": lamp_lm,
            "window_width_m": window.width,
        },
    )


def _plan(rng: np.random.Generator) -> Window:
    kind = KINDS[int(rng.integers(len(KINDS)))]
    sill = {"desk": 0.80, "kitchen": 1.05, "window seat": 0.52, "cafe": 0.55}[kind] + float(
        rng.uniform(0, 0.12)
    )
    width = float(rng.uniform(1.5, 2.6)) * (1.2 if kind == "cafe" else 1.0)
    top = float(rng.uniform(2.0, 2.45))
    return Window(
        kind=kind,
        width=width,
        sill=sill,
        top=top,
        room_left=width / 2 + float(rng.uniform(0.5, 1.8)),
        room_right=width / 2 + float(rng.uniform(0.5, 1.8)),
        ceiling=top + float(rng.uniform(0.2, 0.7)),
    )


def _plan_view(window: Window, rng: np.random.Generator) -> tuple[Point, Point, float]:
    """Eye, target and focal length, so that the opening fills about half of the picture."""
    share, focal = float(rng.uniform(0.38, 0.58)), float(rng.uniform(22, 36))
    distance = sqrt(window.width * window.height / (share * 0.75)) * focal / SENSOR_WIDTH_MM
    distance = min(distance, ROOM_DEPTH_M - 0.5)
    slant = float(rng.uniform(-0.42, 0.42))
    middle = (window.sill + window.top) / 2
    eye_z = float(rng.uniform(1.2, 1.6))
    x = float(np.clip(distance * np.sin(slant), 0.4 - window.room_left, window.room_right - 0.4))
    target = (
        float(rng.uniform(-0.2, 0.2)) - 0.15 * x,
        0.0,
        0.75 * middle + 0.25 * eye_z - float(rng.uniform(0.15, 0.35)),
    )
    return (x, -distance * float(np.cos(slant)), eye_z), target, focal


def _build_room(window: Window, rng: np.random.Generator) -> None:
    """Floor, ceiling and walls, with the opening; kitchens have tiles about it."""
    color = pick(rng, WALLS)
    dull = (color[0] * 0.88, color[1] * 0.88, color[2] * 0.88)
    plaster = mottled("Plaster", dull, color, scale=6, bump_m=0.002, roughness=(0.7, 0.95))
    front = plaster
    if window.kind == "kitchen" and rng.random() < 0.7:
        tile = pick(rng, ((0.62, 0.61, 0.58), (0.10, 0.22, 0.22), (0.45, 0.40, 0.30), (0.06, 0.10, 0.18)))
        size = (0.2, 0.1) if rng.random() < 0.5 else (0.11, 0.11)
        front = masonry(
            "Tiles", (tile, tinted(rng, tile, 0.08)), (0.4, 0.39, 0.37), brick_m=size, roughness=0.15
        )
    elif window.kind == "cafe" and rng.random() < 0.6:
        front = masonry(
            "Bricks", ((0.28, 0.10, 0.06), (0.19, 0.08, 0.05)), (0.3, 0.28, 0.25), brick_m=(0.22, 0.075)
        )
    dark, light = WOODS[int(rng.integers(len(WOODS)))]
    floor = boards("Floor", (dark, light), board_m=(1.6, float(rng.uniform(0.1, 0.2))), coat=0.2)
    left, right, deep = -window.room_left, window.room_right, ROOM_DEPTH_M
    middle, span = (left + right) / 2, right - left
    box(Place(middle, -deep / 2, -0.2), (span + 0.6, deep + 2 * WALL_M, 0.2), floor, bevel=0.0)
    white = mottled("Ceiling", (0.6, 0.59, 0.56), (0.68, 0.67, 0.65), scale=4)
    box(Place(middle, -deep / 2, window.ceiling), (span + 0.6, deep + 2 * WALL_M, 0.2), white, bevel=0.0)
    half, z = window.width / 2, window.ceiling
    y = WALL_M / 2
    around = [
        (((left - 0.3 - half) / 2, y, 0.0), (-left + 0.3 - half, WALL_M, z)),
        (((right + 0.3 + half) / 2, y, 0.0), (right + 0.3 - half, WALL_M, z)),
        ((0.0, y, 0.0), (window.width, WALL_M, window.sill)),
        ((0.0, y, window.top), (window.width, WALL_M, z - window.top)),
    ]
    boxes(Place(0, 0), around, front, bevel=0.0)
    others = [((x, -deep / 2, 0.0), (0.2, deep, z)) for x in (left - 0.1, right + 0.1)]
    boxes(Place(0, 0), [*others, ((middle, -deep - 0.1, 0.0), (span + 0.4, 0.2, z))], plaster, bevel=0.0)


def _build_frame(window: Window, rng: np.random.Generator) -> None:
    """Frame with few or many bars, pane, sill, and the portal for the sampler."""
    paint = plain("Window frame", pick(rng, FRAMES), 0.4)
    wide, low, top = window.width, window.sill, window.top
    thin = rng.random() < 0.4
    edge, bar = (0.04, 0.022) if thin else (0.07, 0.045)
    y = 0.17
    parts = [((0.0, y, z), (wide, 0.07, edge)) for z in (low, top - edge)]
    parts += [((s * (wide - edge) / 2, y, low), (edge, 0.07, window.height)) for s in (-1, 1)]
    columns = int(rng.integers(1, 4)) if not thin else int(rng.integers(3, 6))
    rows = int(rng.integers(1, 4)) if not thin else int(rng.integers(2, 5))
    parts += [
        ((wide * (i / columns - 0.5), y, low), (bar * 1.5, 0.06, window.height)) for i in range(1, columns)
    ]
    levels = [low + window.height * i / rows for i in range(1, rows)]
    if rows == 2:
        levels = [low + window.height * float(rng.uniform(0.5, 0.72))]
    parts += [((0.0, y, z), (wide, 0.05, bar)) for z in levels]
    boxes(Place(0, 0), parts, paint, bevel=0.005)
    if not thin and columns > 1:
        brass = plain("Handle", (0.72, 0.55, 0.28), 0.2, metallic=1.0)
        box(
            Place(wide * (1 / columns - 0.5), y - 0.06, low + 0.42 * window.height),
            (0.025, 0.05, 0.13),
            brass,
            bevel=0.008,
        )
    half = wide / 2
    rectangles(Place(0, y), [[(-half, 0, low), (half, 0, low), (half, 0, top), (-half, 0, top)]], pane())
    ledge = (
        paint
        if rng.random() < 0.5
        else mottled("Sill", (0.3, 0.29, 0.28), (0.5, 0.49, 0.47), scale=8, roughness=(0.2, 0.4))
    )
    box(Place(0, 0.02, low - 0.035), (wide + 0.1, 0.28, 0.04), ledge, bevel=0.008)
    add_portal(Place(0, y + 0.08, (low + top) / 2), wide, window.height, (0.0, -1.0, 0.0))


def _build_shade(window: Window, rng: np.random.Generator) -> str:
    """Slats, a roller blind, curtains or nothing; its name."""
    kind = ("none", "curtains", "slats", "roller blind")[int(rng.choice(4, p=[0.35, 0.3, 0.2, 0.15]))]
    wide = window.width
    if kind == "curtains":
        color = pick(rng, (*CLOTHS, (0.62, 0.59, 0.52), (0.62, 0.59, 0.52)))
        foot = 0.03 if window.kind in ("cafe", "window seat") else window.sill - 0.12
        for end in (-1, 1):
            hanging = Place(end * (wide / 2 + 0.05), -0.12, foot)
            curtain(hanging, float(rng.uniform(0.3, 0.5)), window.top + 0.08 - foot, color, rng)
        rod = plain("Rod", (0.04, 0.035, 0.03), 0.3, metallic=1.0)
        tube(Place(0, -0.12, window.top + 0.1), [(-wide / 2 - 0.4, 0, 0), (wide / 2 + 0.4, 0, 0)], 0.012, rod)
    elif kind == "slats":
        drop, tilt = float(rng.uniform(0.25, 0.7)) * window.height, float(rng.uniform(0.1, 0.7))
        slat = plain("Slat", pick(rng, ((0.68, 0.67, 0.64), (0.25, 0.13, 0.06), (0.05, 0.05, 0.05))), 0.4)
        for i in range(int(drop / 0.04)):
            box(
                Place(0, 0.07, window.top - 0.06 - 0.04 * i).tilted(tilt),
                (wide - 0.03, 0.05, 0.0025),
                slat,
                bevel=0.0,
            )
        cords = [((x * wide, 0.07, window.top - drop), (0.003, 0.003, drop)) for x in (-0.35, 0.35)]
        boxes(
            Place(0, 0), [*cords, ((0, 0.07, window.top - 0.04), (wide - 0.02, 0.06, 0.04))], slat, bevel=0.0
        )
    elif kind == "roller blind":
        drop = float(rng.uniform(0.15, 0.4)) * window.height
        cloth = cloth_screen(
            "Blind", pick(rng, ((0.62, 0.59, 0.52), (0.5, 0.36, 0.2), (0.3, 0.36, 0.36))), 0.4
        )
        box(Place(0, 0.06, window.top - drop), (wide - 0.04, 0.002, drop), cloth, bevel=0.0)
        box(Place(0, 0.06, window.top - drop - 0.02), (wide - 0.04, 0.015, 0.025), cloth, bevel=0.003)
    return kind
