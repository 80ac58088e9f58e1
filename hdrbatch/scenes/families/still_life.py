"""A photograph in the studio: glass, metal, ceramics, fruit and tools under softboxes and a small hard lamp.

The lights are in the picture, bare or mirrored in what is polished; black cloth and the insides of vessels
stay some hundred thousand times darker.
"""

from dataclasses import dataclass
from math import cos, pi, radians, sin
from typing import Any

import bpy
import numpy as np

from hdrbatch.scenes.kit.camera import SENSOR_WIDTH_MM, Point, add_camera
from hdrbatch.scenes.kit.description import SceneDescription
from hdrbatch.scenes.kit.materials import boards, mottled, pick, plain, tinted, wood
from hdrbatch.scenes.kit.movers import moves
from hdrbatch.scenes.kit.photometry import CD_M2
from hdrbatch.scenes.kit.seeds import part_rng
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import Place, box
from hdrbatch.scenes.props import arrangement
from hdrbatch.scenes.props.arrangement import Prop, arrange
from hdrbatch.scenes.props.fruit import citrus
from hdrbatch.scenes.props.furniture import CLOTHS, WOODS
from hdrbatch.scenes.props.studio import (
    add_dim_room,
    flag,
    hanging_cloth,
    hard_lamp,
    softbox,
    sweep,
    table_cloth,
)
from hdrbatch.scenes.props.tableware import polished_ball
from hdrbatch.scenes.props.tools import spinning_top

FAMILY = "still_life"
TABLE_M = 0.9
THEMES: dict[str, tuple[Prop, ...]] = {
    "bar": arrangement.GLASS[:3] * 2 + arrangement.FRUIT[2:5],
    "kitchen": arrangement.GLASS + arrangement.METAL[1:3] + arrangement.FRUIT[:6] + arrangement.CERAMIC[:2],
    "tea": arrangement.CERAMIC * 2 + arrangement.METAL[4:] + arrangement.FRUIT[2:3] + arrangement.DESK[:1],
    "fruit": arrangement.FRUIT[:6] * 2
    + arrangement.FRUIT[6:]
    + arrangement.CERAMIC[1:3]
    + arrangement.METAL[:1]
    + arrangement.GLASS[:2],
    "workshop": arrangement.WORKSHOP * 2 + arrangement.GLASS[3:4] + arrangement.METAL[2:3],
    "study": arrangement.DESK * 2 + arrangement.METAL[:1] + arrangement.GLASS[4:] + arrangement.CERAMIC[:1],
    "metal": arrangement.METAL * 2 + arrangement.CERAMIC[2:3] + arrangement.WORKSHOP[3:4],
}
PAPERS: tuple[Color, ...] = (
    (0.55, 0.55, 0.55),
    (0.18, 0.18, 0.185),
    (0.05, 0.05, 0.055),
    (0.16, 0.24, 0.30),
    (0.32, 0.22, 0.14),
    (0.22, 0.28, 0.20),
    (0.40, 0.16, 0.11),
    (0.50, 0.38, 0.16),
)


@dataclass(frozen=True)
class View:
    """Place of the camera: `eye` looks at `target`."""

    eye: Point
    target: Point
    focal_length_mm: float

    def edge(self, y: float, side: int) -> float:
        """Find x of the picture's left or right edge at a depth."""
        reach = (y - self.eye[1]) * SENSOR_WIDTH_MM / 2 / self.focal_length_mm
        middle = self.eye[0] + (self.target[0] - self.eye[0]) * (y - self.eye[1]) / (
            self.target[1] - self.eye[1]
        )
        return middle + side * reach

    def height(self, y: float, share: float) -> float:
        """Height z of a share of the way from the picture's middle to its upper edge at a depth."""
        away = y - self.eye[1]
        middle = self.eye[2] + (self.target[2] - self.eye[2]) * away / (self.target[1] - self.eye[1])
        return middle + share * away * SENSOR_WIDTH_MM * 3 / 8 / self.focal_length_mm


def build(seed: int) -> SceneDescription:
    """Build the still life of a seed in the open, empty scene."""
    set_rng, light_rng = part_rng(FAMILY, seed, "set"), part_rng(FAMILY, seed, "lights")
    view = _plan_view(part_rng(FAMILY, seed, "camera"))
    backdrop = _build_set(set_rng)
    mover = _build_mover(part_rng(FAMILY, seed, "mover"))
    rng = part_rng(FAMILY, seed, "things")
    theme = list(THEMES)[int(rng.integers(len(THEMES)))]
    half = (float(rng.uniform(0.30, 0.42)), float(rng.uniform(0.19, 0.27)))
    clear = [(*mover, 0.07)]
    names = arrange(
        Place(0, 0.02, TABLE_M), half, THEMES[theme], int(rng.integers(10, 22)), rng, keep_clear=clear
    )
    facts = _build_lights(view, light_rng)
    _build_flags(view, part_rng(FAMILY, seed, "flags"))
    camera = add_camera(view.eye, view.target, view.focal_length_mm)
    return SceneDescription(
        family=FAMILY,
        seed=seed,
        focal_length_mm=view.focal_length_mm,
        camera_location=tuple(camera.location),
        camera_rotation=tuple(camera.rotation_euler),
        facts={"theme": theme, "backdrop": backdrop, "num_things": len(names), **facts},
    )


def _plan_view(rng: np.random.Generator) -> View:
    focal = float(rng.uniform(35, 50))
    distance = float(rng.uniform(0.7, 0.95)) * focal / 42
    pitch, yaw = radians(6 + 26 * float(rng.random()) ** 1.5), float(rng.uniform(-0.22, 0.22))
    target = (float(rng.uniform(-0.05, 0.05)), 0.0, TABLE_M + float(rng.uniform(0.05, 0.13)))
    eye = (
        target[0] + distance * sin(yaw) * cos(pitch),
        -distance * cos(yaw) * cos(pitch),
        target[2] + distance * sin(pitch),
    )
    return View(eye, target, focal)


def _build_set(rng: np.random.Generator) -> str:
    """Surface that the things stand on and what is behind them; the name of the two."""
    kind = ("paper sweep", "wooden table", "cloth", "stone", "black acrylic")[
        int(rng.choice(5, p=[0.25, 0.25, 0.2, 0.15, 0.15]))
    ]
    back = float(rng.uniform(0.75, 1.3))
    if kind == "paper sweep":
        color = pick(rng, PAPERS)
        paper = mottled("Paper", tinted(rng, color, 0.02), color, scale=30, roughness=(0.7, 0.9))
        sweep(4.0, 0.8, back, 2.2, paper)
        bpy.data.objects[-1].location.z = TABLE_M
        box(Place(0, -0.05, TABLE_M - 0.06), (1.5, 1.0, 0.055), plain("Table", (0.05, 0.05, 0.05), 0.5))
        return kind
    dark, light = WOODS[int(rng.integers(len(WOODS)))]
    top: Any = wood("Table", dark, tinted(rng, light))
    if kind == "stone":
        grey = float(rng.uniform(0.05, 0.5))
        top = mottled(
            "Stone",
            (grey * 0.4, grey * 0.4, grey * 0.42),
            (grey, grey, grey * 0.97),
            scale=7,
            roughness=(0.12, 0.35),
            detail=8.0,
        )
    elif kind == "black acrylic":
        top = plain("Acrylic", (0.006, 0.006, 0.007), 0.03)
    elif kind == "wooden table" and rng.random() < 0.6:
        top = boards(
            "Boards", (dark, tinted(rng, light)), board_m=(2.5, float(rng.uniform(0.09, 0.16))), coat=0.1
        )
    box(Place(0, 0.05, TABLE_M - 0.05), (1.9, 1.1, 0.05), top, bevel=0.006)
    if kind == "cloth":
        table_cloth(
            Place(0, 0.05, TABLE_M),
            (1.92, 1.1),
            float(rng.uniform(0.3, 0.36)),
            pick(rng, (*CLOTHS, (0.6, 0.58, 0.53))),
            rng,
        )
    if rng.random() < 0.5:
        hanging_cloth(
            Place(0, back, 0.0), (4.0, 2.6), pick(rng, (*CLOTHS, (0.02, 0.02, 0.022), (0.45, 0.43, 0.4))), rng
        )
        return f"{kind} before cloth"
    color = pick(rng, PAPERS)
    dull = (color[0] * 0.5, color[1] * 0.5, color[2] * 0.5)
    wall = mottled("Painted wall", dull, color, scale=1.8, roughness=(0.7, 0.95), bump_m=0.003, detail=6.0)
    box(Place(0, back + 0.05, 0.0), (4.5, 0.1, 2.8), wall, bevel=0.0)
    return f"{kind} before wall"


def _build_mover(rng: np.random.Generator) -> tuple[float, float]:
    """Something that rolls or spins on the table, in front; where."""
    x, y = float(rng.uniform(-0.22, 0.22)), float(rng.uniform(-0.24, -0.17))
    spot = Place(x, y, TABLE_M + 0.004)
    speed = float(rng.uniform(0.25, 0.7)) * (1 if rng.random() < 0.5 else -1)
    kind = int(rng.integers(3))
    with moves((speed, 0.15 * speed, 0.0), spin_rad_s=40.0 if kind == 0 else 0.0):
        if kind == 0:
            spinning_top(spot, float(rng.uniform(0.05, 0.08)), rng)
        elif kind == 1:
            polished_ball(spot, float(rng.uniform(0.012, 0.028)), rng)
        else:
            citrus(spot, float(rng.uniform(0.06, 0.08)), rng)
    return x, y


def _build_lights(view: View, rng: np.random.Generator) -> dict[str, float | str]:
    """Large softbox to one side or overhead, a strip opposite or behind, often a small hard lamp."""
    add_dim_room(float(rng.uniform(0.4, 1.5)) * CD_M2)
    subject = (0.0, 0.0, TABLE_M + 0.08)
    side = 1 if rng.random() < 0.5 else -1
    lumens, kelvin = float(rng.uniform(4000, 12000)), float(rng.uniform(4300, 6000))
    placing = ("side", "overhead", "behind")[int(rng.choice(3, p=[0.5, 0.25, 0.25]))]
    if placing == "side":
        size = (float(rng.uniform(0.5, 0.9)), float(rng.uniform(0.6, 1.2)))
        key = (
            side * float(rng.uniform(0.8, 1.2)),
            float(rng.uniform(-0.5, 0.35)),
            TABLE_M + float(rng.uniform(0.35, 0.8)),
        )
    elif placing == "overhead":
        size = (float(rng.uniform(0.8, 1.2)), float(rng.uniform(0.5, 0.8)))
        key = (
            side * float(rng.uniform(0.0, 0.3)),
            float(rng.uniform(0.0, 0.3)),
            TABLE_M + float(rng.uniform(0.75, 1.1)),
        )
    else:
        size = (float(rng.uniform(0.35, 0.55)), float(rng.uniform(0.35, 0.6)))
        key = (
            view.edge(0.55, side) - side * size[0] * float(rng.uniform(0.0, 0.5)),
            0.55,
            TABLE_M + float(rng.uniform(0.3, 0.45)),
        )
    softbox(key, subject, size, lumens, kelvin)
    lamp_lm, lamp = 0.0, "none"
    if rng.random() < 0.8:
        lamp_lm, lamp = float(rng.uniform(700, 2500)), "beside"
        angle = float(rng.uniform(0.15, 1.2))
        spot = (-side * 1.3 * sin(angle), 1.0 * cos(angle) - 0.45, TABLE_M + float(rng.uniform(0.3, 0.9)))
        if rng.random() < 0.5:
            # In the picture, behind the things.
            lamp, depth = "in the picture", float(rng.uniform(0.3, 0.6))
            x = float(rng.uniform(0.25, 0.8)) * view.edge(depth, -side)
            spot = (x, depth, view.height(depth, float(rng.uniform(0.45, 0.85))))
        hard_lamp(spot, lamp_lm, float(rng.uniform(2700, 5500)))
    # The edge of a strip opposite shows at the side of the picture, wherever no other light is in it.
    depth = float(rng.uniform(0.2, 0.5))
    inward = float(rng.uniform(-0.12, 0.1))
    if lamp != "in the picture" and placing != "behind":
        inward = float(rng.uniform(0.03, 0.12))
    x = view.edge(depth, -side) + side * inward
    tall, narrow = float(rng.uniform(0.6, 1.1)), float(rng.uniform(0.10, 0.2))
    warm = kelvin * float(rng.choice([0.55, 0.8, 1.0, 1.25]))
    strip_lm = lumens * float(rng.uniform(0.15, 0.45))
    softbox((x, depth, TABLE_M + 0.06 + tall / 2), subject, (narrow, tall), strip_lm, warm)
    return {
        "key_light": placing,
        "key_lm": lumens,
        "key_K": kelvin,
        "strip_lm": strip_lm,
        "hard_lamp": lamp,
        "hard_lamp_lm": lamp_lm,
    }


def _build_flags(view: View, rng: np.random.Generator) -> None:
    """Black flags and white cards beside the set, at the edge of the picture or mirrored."""
    first = 1 if rng.random() < 0.5 else -1
    for side in (first, -first):
        # One is black and reaches into the picture; the other is whatever is at hand.
        sure = side == first
        if sure or rng.random() < 0.5:
            y = float(rng.uniform(-0.1, 0.3))
            x = view.edge(y, side) + side * float(rng.uniform(-0.06, 0.0 if sure else 0.15))
            heading = side * pi / 2 + float(rng.uniform(-0.3, 0.3))
            size = (0.3, float(rng.uniform(0.25, 0.5)))
            flag(Place(x, y, TABLE_M, heading), size, white=not sure and bool(rng.random() < 0.5))
