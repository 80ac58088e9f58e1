"""A furnished room in the sun: a bright patch on the floor, the outdoors in the window, dim corners.

The range is that of a real room: the sun outside, through the window, and what little light finds its way
behind the furniture.
"""

from dataclasses import dataclass
from math import pi
from typing import Any

import bpy
import numpy as np

from hdrbatch.scenes.camera import Point, add_camera
from hdrbatch.scenes.description import SceneDescription
from hdrbatch.scenes.furniture import (
    CLOTHS,
    WOODS,
    Finish,
    bookshelf,
    chair,
    choose_finish,
    curtain,
    floor_lamp,
    pendant,
    picture,
    pot_plant,
    rug,
    sofa,
    table,
    vessel,
)
from hdrbatch.scenes.lights import add_portal, add_sky, add_sun
from hdrbatch.scenes.materials import boards, leaf, masonry, mottled, pane, pick, plain, tinted
from hdrbatch.scenes.seeds import part_rng
from hdrbatch.scenes.shader import Color
from hdrbatch.scenes.shapes import Place, box, boxes, put, rectangles
from hdrbatch.scenes.vegetation import broadleaf_tree, bush, stand

FAMILY = "interior"
WALL_M = 0.25
WALL_COLORS: tuple[Color, ...] = (
    (0.75, 0.73, 0.68),
    (0.55, 0.60, 0.58),
    (0.62, 0.50, 0.36),
    (0.20, 0.29, 0.32),
    (0.36, 0.42, 0.30),
    (0.60, 0.36, 0.28),
)


@dataclass(frozen=True)
class Room:
    """Measures of a room and where its window is.

    The floor is at z 0 and its middle at the origin; the camera stands near the wall at -y. The window is
    either in the wall at +y or in that at `side` times +x; the furniture stands along the other of the two.
    """

    width: float
    depth: float
    height: float
    side: int
    window_ahead: bool
    window_width: float
    sill: float
    window_top: float

    @property
    def ahead(self) -> Place:
        """Foot of the wall at +y."""
        return Place(0.0, self.depth / 2)

    @property
    def beside(self) -> Place:
        """Foot of the wall at `side` times +x."""
        return Place(self.side * self.width / 2, 0.0, heading=-self.side * pi / 2)

    @property
    def window_wall(self) -> Place:
        """Foot of the wall with the window, facing into the room."""
        return self.ahead if self.window_ahead else self.beside

    @property
    def main_wall(self) -> Place:
        """Foot of the wall with the furniture, facing into the room."""
        return self.beside if self.window_ahead else self.ahead

    @property
    def main_length(self) -> float:
        """Length of the wall with the furniture."""
        return self.depth if self.window_ahead else self.width

    @property
    def window_end(self) -> int:
        """Sign of the main wall's own x axis towards the window."""
        return -self.side if self.window_ahead else self.side


def build(seed: int) -> SceneDescription:
    """Build the room of a seed in the open, empty scene."""
    room = _plan_room(part_rng(FAMILY, seed, "room"))
    sun_rng = part_rng(FAMILY, seed, "sun")
    elevation = float(sun_rng.uniform(22, 44))
    toward_window = 0.0 if room.window_ahead else room.side * 90.0
    # Sunlight leans to the side on which the camera sees the floor.
    azimuth = toward_window + float(sun_rng.uniform(-38, 38))
    # A thin veil before the sun: it still draws its patch on the floor, but the room lives on light from the
    # whole sky, which is sampled well, and not on what few paths bring from the patch.
    haze = float(sun_rng.uniform(0.45, 0.85))
    add_sky(elevation, azimuth, haze=haze)
    add_sun(elevation, azimuth, seen_from=None, haze=haze)
    finish = choose_finish(part_rng(FAMILY, seed, "finish"))
    _build_shell(room, part_rng(FAMILY, seed, "shell"))
    _build_window(room, part_rng(FAMILY, seed, "window"))
    _build_outdoors(room, part_rng(FAMILY, seed, "outdoors"))
    furniture_rng = part_rng(FAMILY, seed, "furniture")
    kind = "living room" if furniture_rng.random() < 0.55 else "dining room"
    lamp_on = bool(part_rng(FAMILY, seed, "lamp").random() < 0.5)
    furnish = _furnish_living if kind == "living room" else _furnish_dining
    furnish(room, finish, furniture_rng, 700.0 if lamp_on else 0.0)
    # The light tree spends nearly all its samples on the sun, which most of the room does not see: without it
    # a third as many pixels stay black at 12 samples.
    bpy.context.scene.cycles.use_light_tree = False
    camera, focal = _place_camera(room, part_rng(FAMILY, seed, "camera"))
    return SceneDescription(
        family=FAMILY,
        seed=seed,
        focal_length_mm=focal,
        camera_location=tuple(camera.location),
        camera_rotation=tuple(camera.rotation_euler),
        facts={
            "room": kind,
            "sun_elevation_deg": elevation,
            "sun_azimuth_deg": azimuth,
            "haze": haze,
            "lamp": "on" if lamp_on else "off",
            "window": "ahead" if room.window_ahead else "beside",
        },
    )


def _plan_room(rng: np.random.Generator) -> Room:
    return Room(
        width=float(rng.uniform(3.9, 5.4)),
        depth=float(rng.uniform(4.4, 6.0)),
        height=float(rng.uniform(2.5, 2.9)),
        side=1 if rng.random() < 0.5 else -1,
        window_ahead=bool(rng.random() < 0.4),
        window_width=float(rng.uniform(1.5, 2.6)),
        sill=float(rng.uniform(0.1, 0.8)),
        window_top=float(rng.uniform(2.05, 2.35)),
    )


def _build_shell(room: Room, rng: np.random.Generator) -> None:
    """Floor, ceiling, walls with the opening, skirting boards."""
    color = pick(rng, WALL_COLORS)
    shade = tinted(rng, (color[0] * 0.93, color[1] * 0.93, color[2] * 0.93), 0.02)
    plaster = mottled("Plaster", shade, color, scale=6, bump_m=0.002, roughness=(0.75, 0.95))
    white = mottled("Ceiling", (0.72, 0.71, 0.69), (0.78, 0.77, 0.75), scale=4, roughness=(0.8, 0.95))
    dark, light = WOODS[int(rng.integers(len(WOODS)))]
    board = (float(rng.uniform(1.2, 2.2)), float(rng.uniform(0.09, 0.2)))
    floor = boards("Floor", (dark, light), board_m=board, coat=float(rng.uniform(0.0, 0.4)))
    outer = (room.width + 2 * WALL_M, room.depth + 2 * WALL_M, 0.2)
    box(Place(0, 0, -0.2), outer, floor, bevel=0.0)
    box(Place(0, 0, room.height), outer, white, bevel=0.0)
    near = Place(0.0, -room.depth / 2, heading=pi)
    opposite = Place(-room.side * room.width / 2, 0.0, heading=room.side * pi / 2)
    lengths = {room.ahead: room.width, near: room.width, room.beside: room.depth, opposite: room.depth}
    skirting = plain("Skirting", (0.7, 0.69, 0.66), 0.35)
    for wall, length in lengths.items():
        parts = _wall_parts(room, length) if wall == room.window_wall else _whole_wall(room, length)
        boxes(wall, parts, plaster, bevel=0.0)
        box(wall.at(0, -0.008), (length, 0.016, 0.09), skirting, bevel=0.004)


def _whole_wall(room: Room, length: float) -> list[tuple[Point, Point]]:
    return [((0.0, WALL_M / 2, 0.0), (length + 2 * WALL_M, WALL_M, room.height))]


def _wall_parts(room: Room, length: float) -> list[tuple[Point, Point]]:
    """Wall around the window's opening: left, right, below, above."""
    half, side = room.window_width / 2, (length + 2 * WALL_M - room.window_width) / 2
    return [
        ((-half - side / 2, WALL_M / 2, 0.0), (side, WALL_M, room.height)),
        ((half + side / 2, WALL_M / 2, 0.0), (side, WALL_M, room.height)),
        ((0.0, WALL_M / 2, 0.0), (room.window_width, WALL_M, room.sill)),
        ((0.0, WALL_M / 2, room.window_top), (room.window_width, WALL_M, room.height - room.window_top)),
    ]


def _build_window(room: Room, rng: np.random.Generator) -> None:
    """Frame with bars, pane, sill, curtains, and the portal for the sampler."""
    wall, width = room.window_wall, room.window_width
    height = room.window_top - room.sill
    frame = plain(
        "Window frame", pick(rng, ((0.75, 0.74, 0.72), (0.03, 0.03, 0.03), (0.22, 0.11, 0.05))), 0.35
    )
    y, edge, deep = 0.12, 0.06, 0.07
    parts = [
        ((0.0, y, room.sill), (width, deep, edge)),
        ((0.0, y, room.window_top - edge), (width, deep, edge)),
        ((-(width - edge) / 2, y, room.sill), (edge, deep, height)),
        (((width - edge) / 2, y, room.sill), (edge, deep, height)),
    ]
    num_wings = 2 if width < 1.7 else 3
    bars = [width * (i / num_wings - 0.5) for i in range(1, num_wings)]
    parts += [((x, y, room.sill), (0.05, 0.06, height)) for x in bars]
    if rng.random() < 0.6:
        parts.append(((0.0, y, room.sill + height * float(rng.uniform(0.45, 0.7))), (width, 0.04, 0.035)))
    boxes(wall, parts, frame, bevel=0.006)
    half = width / 2
    corners = [
        (-half, y, room.sill),
        (half, y, room.sill),
        (half, y, room.window_top),
        (-half, y, room.window_top),
    ]
    rectangles(wall, [corners], pane())
    box(wall.at(0, -0.05, room.sill - 0.03), (width + 0.16, 0.22, 0.03), frame, bevel=0.006)
    portal = wall.at(0, y + 0.06, (room.sill + room.window_top) / 2)
    inward = wall.at(0, -1)
    add_portal(portal, width, height, (inward.x - wall.x, inward.y - wall.y, 0.0))
    if rng.random() < 0.75:
        color = pick(rng, (*CLOTHS, (0.7, 0.67, 0.6), (0.7, 0.67, 0.6)))
        for end in (-1, 1):
            hanging = wall.at(end * (half + 0.14), -0.13, 0.04)
            curtain(hanging, float(rng.uniform(0.4, 0.6)), room.window_top + 0.1, color, rng)
        rod = plain("Rod", (0.05, 0.05, 0.05), 0.3, metallic=1.0)
        box(wall.at(0, -0.13, room.window_top + 0.13), (width + 1.0, 0.02, 0.02), rod, bevel=0.004)


def _build_outdoors(room: Room, rng: np.random.Generator) -> None:
    """What the window looks at: a lawn, trees and bushes, a house across."""
    wall = room.window_wall
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


def _furnish_living(room: Room, finish: Finish, rng: np.random.Generator, lumens: float) -> None:
    """Sofa, low table on a rug, shelf, pictures, lamp and plant."""
    wall, length, end = room.main_wall, room.main_length, room.window_end
    width = float(rng.uniform(1.6, 2.1))
    middle = end * float(rng.uniform(-0.1, 0.25))
    sofa(wall.at(middle, -0.55), width, finish)
    rug(wall.at(middle, -1.75), (float(rng.uniform(1.9, 2.5)), float(rng.uniform(1.3, 1.7))), rng)
    top = wall.at(middle + float(rng.uniform(-0.15, 0.15)), -1.65, turn=float(rng.uniform(-0.12, 0.12)))
    height = table(Place(top.x, top.y, 0.012, top.heading), (1.05, 0.55, 0.40), finish)
    for dx in (-0.3, 0.05, 0.33):
        if rng.random() < 0.8:
            vessel(top.at(dx, float(rng.uniform(-0.12, 0.12)), height), 0.28, rng)
    shelf_width = min(1.2, length / 2 - width / 2 - abs(middle) - 0.1)
    if shelf_width > 0.5:
        shelf = wall.at(-end * (length / 2 - shelf_width / 2 - 0.04), -0.17)
        bookshelf(shelf, (shelf_width, float(rng.uniform(1.5, 2.1))), finish, rng)
    floor_lamp(wall.at(middle - end * (width / 2 + 0.24), -0.4), finish, lumens=lumens, kelvin=2800)
    pot_plant(wall.at(end * (length / 2 - 0.42), -0.45), float(rng.uniform(0.9, 1.5)), rng)
    for i in range(int(rng.integers(1, 4))):
        size = (float(rng.uniform(0.4, 0.6)), float(rng.uniform(0.45, 0.75)))
        picture(wall.at(middle + (i - 0.8) * 0.72, 0.0, float(rng.uniform(1.25, 1.4))), size, finish, rng)
    seat = wall.at(middle + end * (width / 2 + 0.35), -1.9, turn=-end * float(rng.uniform(0.9, 1.5)))
    if rng.random() < 0.6:
        sofa(seat, 0.95, finish)
    else:
        chair(seat, finish)


def _furnish_dining(room: Room, finish: Finish, rng: np.random.Generator, lumens: float) -> None:
    """Table with chairs under a lamp, sideboard, shelf, pictures and plant."""
    wall, length, end = room.main_wall, room.main_length, room.window_end
    middle = wall.at(
        end * float(rng.uniform(0.0, 0.35)),
        -float(rng.uniform(1.75, 2.05)),
        turn=float(rng.uniform(-0.1, 0.1)),
    )
    size = (float(rng.uniform(1.4, 1.8)), 0.85, 0.74)
    height = table(middle, size, finish)
    for side in (-1, 1):
        for dx in (-0.35, 0.35):
            angle = float(rng.uniform(-0.25, 0.25)) + (pi if side < 0 else 0.0)
            push = float(rng.uniform(0.42, 0.62))
            chair(middle.at(dx, side * push, turn=angle), finish)
    for dx in (-0.5, -0.2, 0.1, 0.4):
        if rng.random() < 0.75:
            vessel(middle.at(dx, float(rng.uniform(-0.2, 0.2)), height), 0.34, rng)
    lamp = Place(middle.x, middle.y, room.height)
    pendant(lamp, room.height - 1.75, finish, lumens=lumens, kelvin=2900)
    board = wall.at(-end * float(rng.uniform(0.1, 0.5)), -0.24)
    _sideboard(board, finish, rng)
    for i in range(int(rng.integers(1, 4))):
        frame_size = (float(rng.uniform(0.4, 0.6)), float(rng.uniform(0.45, 0.75)))
        spot = wall.at(-end * 0.3 + (i - 1) * 0.75, 0.0, float(rng.uniform(1.3, 1.45)))
        picture(spot, frame_size, finish, rng)
    pot_plant(wall.at(end * (length / 2 - 0.42), -0.45), float(rng.uniform(0.9, 1.6)), rng)
    rug(Place(middle.x, middle.y, 0.0, middle.heading), (2.3, 1.7), rng)


def _sideboard(place: Place, finish: Finish, rng: np.random.Generator) -> None:
    """Low cupboard with doors and a row of vessels on it."""
    width, height = 1.5, 0.78
    box(place.at(0, 0, 0.12), (width, 0.42, height - 0.12), finish.wood, bevel=0.008)
    doors = [((dx, -0.215, 0.16), (width / 3 - 0.02, 0.018, height - 0.2)) for dx in (-0.5, 0.0, 0.5)]
    boxes(place, doors, finish.wood, bevel=0.004)
    knobs = [((dx + 0.19, -0.235, 0.5), (0.02, 0.025, 0.02)) for dx in (-0.5, 0.0, 0.5)]
    boxes(place, knobs, finish.metal, bevel=0.006)
    legs = [((sx * 0.68, sy * 0.16, 0.0), (0.04, 0.04, 0.12)) for sx in (-1, 1) for sy in (-1, 1)]
    boxes(place, legs, finish.upright_wood)
    for dx in (-0.55, -0.2, 0.2, 0.55):
        if rng.random() < 0.7:
            vessel(place.at(dx, float(rng.uniform(-0.06, 0.06)), height), 0.36, rng)


def _place_camera(room: Room, rng: np.random.Generator) -> tuple[Any, float]:
    """From the corner away from the window and the furniture, across the room."""
    location = (
        -room.side * (room.width / 2 - float(rng.uniform(0.35, 0.7))),
        -room.depth / 2 + float(rng.uniform(0.3, 0.5)),
        float(rng.uniform(1.15, 1.6)),
    )
    if room.window_ahead:
        target = (room.side * room.width * float(rng.uniform(0.24, 0.38)), room.depth * 0.5, 1.05)
    else:
        target = (room.side * room.width * float(rng.uniform(0.14, 0.26)), room.depth * 0.3, 1.0)
    focal = float(rng.uniform(18, 23))
    return add_camera(location, target, focal), focal
