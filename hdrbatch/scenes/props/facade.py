"""House fronts of a street: walls with windows, some of them lit, cornices, shops, signs."""

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from hdrbatch.scenes.kit.camera import Point
from hdrbatch.scenes.kit.materials import emitter, lit_windows, masonry, mottled, pick, plain, tinted
from hdrbatch.scenes.kit.photometry import CD_M2, scaled, temperature_color
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import Place, box, boxes, rectangles

WALLS: tuple[tuple[Color, Color], ...] = (
    ((0.28, 0.09, 0.05), (0.18, 0.07, 0.045)),
    ((0.33, 0.26, 0.18), (0.24, 0.19, 0.14)),
    ((0.20, 0.20, 0.20), (0.14, 0.14, 0.145)),
    ((0.42, 0.38, 0.31), (0.34, 0.31, 0.26)),
)
NEON: tuple[Color, ...] = (
    (1.0, 0.05, 0.10),
    (0.05, 0.35, 1.0),
    (0.05, 1.0, 0.45),
    (1.0, 0.25, 0.02),
    (0.9, 0.08, 0.9),
)
SIGNS = ("HOTEL", "BAR", "CAFE", "BOOKS", "PIZZA", "CINEMA", "OPEN", "RAMEN", "MUSIC", "24 H")
STOREY_M = 3.2
SHOP_M = 4.0


@dataclass(frozen=True)
class WindowMaterials:
    """Panes shared by all houses of a street."""

    lit: Any
    shop: Any
    dark: Any
    frame: Any


def choose_windows(rng: np.random.Generator) -> WindowMaterials:
    """Panes of a street: homes of 20 to 300 cd/m2, shops of 300 to 1500."""
    homes = tuple(temperature_color(float(k)) for k in (2400, 2700, 2900, 3300, 4200))
    shops = tuple(temperature_color(float(k)) for k in (2900, 3600, 4500))
    return WindowMaterials(
        lit=lit_windows("Lit window", homes, (20 * CD_M2, 300 * CD_M2), 0.9, sampled=False),
        shop=lit_windows("Shop window", shops, (300 * CD_M2, 1500 * CD_M2), 1.4, sampled=True),
        dark=plain("Dark window", (0.006, 0.007, 0.009), 0.04),
        frame=plain("Window frame", tinted(rng, (0.25, 0.24, 0.22), 0.4), 0.45),
    )


def house(
    place: Place, size: tuple[float, float, int], windows: WindowMaterials, rng: np.random.Generator
) -> None:
    """House that faces -y, its front's foot at the place; `size` is width, depth and storeys."""
    width, depth, storeys = size
    height = SHOP_M + storeys * STOREY_M + 0.8
    colors = WALLS[int(rng.integers(len(WALLS)))]
    if rng.random() < 0.55:
        wall = masonry(
            "Wall", (tinted(rng, colors[0]), tinted(rng, colors[1])), (0.22, 0.2, 0.18), brick_m=(0.24, 0.08)
        )
    else:
        wall = mottled("Wall", tinted(rng, colors[1]), tinted(rng, colors[0]), scale=1.2, bump_m=0.004)
    box(place.at(0, depth / 2), (width, depth, height), wall, bevel=0.03)
    trim = plain("Trim", tinted(rng, (0.35, 0.33, 0.29), 0.3), 0.7)
    bands = [
        ((0, -0.10, height - 0.35), (width + 0.05, 0.35, 0.35)),
        ((0, -0.07, SHOP_M - 0.25), (width, 0.25, 0.22)),
    ]
    boxes(place, bands, trim, bevel=0.02)
    _upper_windows(place, width, storeys, windows, trim, rng)
    _shop_front(place, width, windows, rng)


def _upper_windows(
    place: Place, width: float, storeys: int, windows: WindowMaterials, trim: Any, rng: np.random.Generator
) -> None:
    """Rows of windows with frames, sills and lintels; about a third are lit."""
    columns = max(2, int(width / 2.4))
    wide, tall = float(rng.uniform(0.95, 1.3)), float(rng.uniform(1.5, 1.9))
    lit: list[list[Point]] = []
    dark: list[list[Point]] = []
    frames, sills = [], []
    share = float(rng.uniform(0.2, 0.5))
    for storey in range(storeys):
        z = SHOP_M + storey * STOREY_M + 0.75
        for column in range(columns):
            x = (column + 0.5) / columns * width - width / 2
            (lit if rng.random() < share else dark).append(_pane(x, z, wide, tall, 0.02))
            frames += [
                ((x - wide / 2, -0.04, z), (0.07, 0.08, tall)),
                ((x + wide / 2, -0.04, z), (0.07, 0.08, tall)),
                ((x, -0.04, z), (0.05, 0.07, tall)),
                ((x, -0.04, z + tall - 0.04), (wide + 0.07, 0.08, 0.07)),
                ((x, -0.04, z + tall * 0.62), (wide, 0.06, 0.045)),
            ]
            sills += [
                ((x, -0.09, z - 0.10), (wide + 0.25, 0.20, 0.09)),
                ((x, -0.05, z + tall), (wide + 0.3, 0.12, 0.20)),
            ]
    for corners, material in ((lit, windows.lit), (dark, windows.dark)):
        if corners:
            rectangles(place, corners, material)
    boxes(place, frames, windows.frame, bevel=0.0)
    boxes(place, sills, trim, bevel=0.0)


def _shop_front(place: Place, width: float, windows: WindowMaterials, rng: np.random.Generator) -> None:
    """Shop windows with a door, an awning and perhaps a sign."""
    bays = max(2, int(width / 3.2))
    panes, frames = [], []
    open_shop = rng.random() < 0.6
    bay = width / bays
    for i in range(bays):
        x = (i + 0.5) * bay - width / 2
        door = i == bays // 2
        low, span = (0.15, 1.2) if door else (0.65, bay * 0.78)
        panes.append(_pane(x, low, span, 2.9 - low, 0.03))
        frames += [((x + side * span / 2, -0.05, low), (0.09, 0.10, 2.95 - low)) for side in (-1, 1)]
        frames += [
            ((x, -0.05, 2.86), (span + 0.09, 0.10, 0.10)),
            ((x, -0.05, low - 0.06), (span + 0.09, 0.12, 0.08)),
        ]
    rectangles(place, panes, windows.shop if open_shop else windows.dark)
    boxes(place, frames, plain("Shop frame", tinted(rng, (0.06, 0.05, 0.045), 0.5), 0.35), bevel=0.0)
    if rng.random() < 0.5:
        cloth = plain("Awning", pick(rng, ((0.35, 0.03, 0.03), (0.03, 0.15, 0.08), (0.35, 0.30, 0.2))), 0.85)
        box(place.at(0, -0.55, 3.0).tilted(0.45), (width * 0.86, 1.25, 0.04), cloth, bevel=0.01)
    if rng.random() < 0.75:
        _sign(place.at(float(rng.uniform(-0.2, 0.2)) * width, -0.22, 3.25), rng)


def _sign(place: Place, rng: np.random.Generator) -> None:
    """Word in neon on a dark board."""
    word = SIGNS[int(rng.integers(len(SIGNS)))]
    curve = bpy.data.curves.new("Sign", "FONT")
    curve.body = word
    curve.size = 0.85
    curve.align_x = "CENTER"
    curve.resolution_u = 2
    curve.extrude = 0.02
    color = NEON[int(rng.integers(len(NEON)))]
    brightness = float(rng.uniform(800, 3000)) * CD_M2
    luminance = 0.2126 * color[0] + 0.7152 * color[1] + 0.0722 * color[2]
    curve.materials.append(emitter("Neon", scaled(color, brightness / luminance)))
    thing = bpy.data.objects.new("Sign", curve)
    thing.location = (place.x, place.y, place.z + 0.12)
    thing.rotation_euler = (np.pi / 2, 0.0, place.heading)
    bpy.context.scene.collection.objects.link(thing)
    board = plain("Sign board", (0.01, 0.01, 0.012), 0.4)
    box(place.at(0, 0.06), (0.62 * len(word) + 0.5, 0.06, 0.9), board, bevel=0.015)


def _pane(x: float, z: float, wide: float, tall: float, ahead: float) -> list[Point]:
    """Corners of a pane that faces -y, a little ahead of the wall."""
    left, right = x - wide / 2, x + wide / 2
    return [(left, -ahead, z), (right, -ahead, z), (right, -ahead, z + tall), (left, -ahead, z + tall)]
