"""Ceramics and metal of a table: cups, bowls, plates, vases, teapots, pans, candlesticks, spoons."""

from math import pi
from typing import Any

import numpy as np

from hdrbatch.scenes.kit.materials import mottled, pick, plain, tinted, wood
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import (
    Place,
    ball_profile,
    box,
    boxes,
    mesh_data,
    put,
    smoothed,
    tube,
    tube_arrays,
    turned,
    turned_mesh,
)

GLAZES: tuple[Color, ...] = (
    (0.68, 0.66, 0.60),
    (0.70, 0.70, 0.70),
    (0.03, 0.09, 0.22),
    (0.36, 0.10, 0.05),
    (0.012, 0.012, 0.013),
    (0.10, 0.27, 0.25),
    (0.50, 0.34, 0.07),
    (0.22, 0.30, 0.16),
    (0.55, 0.28, 0.25),
)
METALS: tuple[Color, ...] = (
    (0.78, 0.78, 0.80),
    (0.80, 0.58, 0.28),
    (0.78, 0.42, 0.26),
    (0.55, 0.55, 0.57),
)
VASES: tuple[list[tuple[float, float]], ...] = (
    [(0.0, 0.01), (0.20, 0.0), (0.34, 0.22), (0.36, 0.45), (0.20, 0.74), (0.13, 0.86), (0.19, 1.0),
     (0.17, 0.99), (0.11, 0.85), (0.15, 0.6), (0.0, 0.3)],
    [(0.0, 0.01), (0.16, 0.0), (0.18, 0.02), (0.20, 0.5), (0.24, 0.98), (0.23, 1.0), (0.21, 0.97),
     (0.16, 0.3), (0.0, 0.2)],
    [(0.0, 0.01), (0.12, 0.0), (0.30, 0.12), (0.42, 0.40), (0.38, 0.66), (0.16, 0.80), (0.10, 0.84),
     (0.12, 0.99), (0.09, 1.0), (0.07, 0.84), (0.0, 0.6)],
    [(0.0, 0.01), (0.22, 0.0), (0.14, 0.08), (0.12, 0.16), (0.36, 0.50), (0.38, 0.72), (0.30, 0.98),
     (0.28, 1.0), (0.27, 0.97), (0.30, 0.7), (0.0, 0.3)],
)  # fmt: skip


def glaze(rng: np.random.Generator) -> Any:
    """Glazed ceramic: even, speckled, or raw clay."""
    color = pick(rng, GLAZES)
    kind = rng.random()
    if kind < 0.45:
        return plain("Glaze", color, 0.18, coat=1.0)
    dark = (color[0] * 0.45, color[1] * 0.42, color[2] * 0.38)
    if kind < 0.8:
        return mottled("Speckled glaze", dark, color, scale=160, roughness=(0.12, 0.3), detail=6.0)
    clay = tinted(rng, (0.36, 0.19, 0.11), 0.3)
    return mottled("Raw clay", (clay[0] * 0.6, clay[1] * 0.6, clay[2] * 0.6), clay, scale=60, bump_m=0.0006)


def metal(rng: np.random.Generator) -> Any:
    """Polished, brushed around, hammered dull or dark cast metal."""
    color = pick(rng, METALS, 0.1)
    kind = rng.random()
    if kind < 0.35:
        return plain("Polished metal", color, 0.05, metallic=1.0)
    if kind < 0.75:
        # Scratches run around, as on a lathe.
        dull = (color[0] * 0.75, color[1] * 0.75, color[2] * 0.75)
        return mottled(
            "Brushed metal", dull, color, scale=9, roughness=(0.16, 0.42), stretch=(1, 1, 90), metallic=1.0
        )
    if kind < 0.9:
        dull = (color[0] * 0.5, color[1] * 0.5, color[2] * 0.5)
        return mottled("Worn metal", dull, color, scale=45, roughness=(0.2, 0.6), bump_m=0.0004, metallic=1.0)
    return mottled("Cast iron", (0.01, 0.01, 0.01), (0.035, 0.034, 0.033), scale=220, bump_m=0.0004)


def cup(place: Place, height: float, rng: np.random.Generator) -> None:
    """Cup or mug with a handle, of ceramic or enamelled, with coffee or tea or nothing."""
    body = glaze(rng) if rng.random() < 0.8 else metal(rng)
    if rng.random() < 0.5:
        outer = [
            (0.0, 0.0),
            (0.40, 0.0),
            (0.43, 0.03),
            (0.43, 0.98),
            (0.42, 1.0),
            (0.395, 0.98),
            (0.39, 0.06),
            (0.0, 0.05),
        ]
        reach, low, high = 0.43, 0.2, 0.8
    else:
        outer = smoothed(
            [(0.0, 0.0), (0.26, 0.0), (0.27, 0.05), (0.40, 0.28), (0.52, 0.70), (0.58, 0.99),
             (0.565, 1.0), (0.54, 0.97), (0.36, 0.3), (0.0, 0.08)],
            3,
        )  # fmt: skip
        reach, low, high = 0.50, 0.35, 0.85
    turned(place, [(r * height, z * height) for r, z in outer], body, segments=40)
    angle = np.linspace(-pi / 2, pi / 2, 12)
    middle, half = (low + high) / 2, (high - low) / 2
    loop = np.stack([(reach - 0.06 + 0.34 * np.cos(angle)), 0 * angle, middle + half * np.sin(angle)], -1)
    tube(place, loop * height, 0.045 * height, body, sides=12)
    if rng.random() < 0.6:
        drink = plain(
            "Coffee", pick(rng, ((0.012, 0.006, 0.003), (0.16, 0.06, 0.012), (0.25, 0.15, 0.08))), 0.05
        )
        turned(place, [(reach * 0.9 * height, 0.78 * height), (0.0, 0.78 * height)], drink, segments=32)


def bowl(place: Place, radius: float, rng: np.random.Generator) -> None:
    """Open bowl of ceramic, metal or dark wood."""
    kind = rng.random()
    body = glaze(rng) if kind < 0.6 else metal(rng)
    tall = float(rng.uniform(0.45, 0.7))
    profile = [
        (0.0, 0.0),
        (0.40, 0.0),
        (0.44, 0.04),
        (0.62, 0.12),
        (0.88, 0.5),
        (1.0, 1.0),
        (0.97, 1.0),
        (0.84, 0.52),
        (0.55, 0.16),
        (0.0, 0.10),
    ]
    turned(place, [(r * radius, z * radius * tall) for r, z in smoothed(profile, 3)], body, segments=48)


def plate(place: Place, radius: float, rng: np.random.Generator) -> None:
    """Plate with a raised rim."""
    profile = [
        (0.0, 0.0),
        (0.62, 0.0),
        (0.66, 0.02),
        (0.80, 0.06),
        (1.0, 0.13),
        (0.99, 0.145),
        (0.78, 0.08),
        (0.62, 0.045),
        (0.0, 0.04),
    ]
    turned(place, [(r * radius, z * radius) for r, z in profile], glaze(rng), segments=48)


def vase(place: Place, height: float, rng: np.random.Generator) -> None:
    """Vase of ceramic or metal, dark inside."""
    shape = VASES[int(rng.integers(len(VASES)))]
    body = glaze(rng) if rng.random() < 0.75 else metal(rng)
    wide = float(rng.uniform(0.8, 1.15))
    turned(place, [(r * wide * height, z * height) for r, z in smoothed(shape)], body, segments=48)


def teapot(place: Place, height: float, rng: np.random.Generator) -> None:
    """Teapot, coffee pot or kettle with lid, spout and handle."""
    body = glaze(rng) if rng.random() < 0.5 else metal(rng)
    if rng.random() < 0.5:
        outline = [(0.0, 0.0), (0.40, 0.0), (0.55, 0.18), (0.62, 0.42), (0.50, 0.70), (0.30, 0.82)]
    else:
        outline = [(0.0, 0.0), (0.46, 0.0), (0.47, 0.04), (0.42, 0.40), (0.34, 0.72), (0.30, 0.82)]
    widest = max(r for r, _ in outline)
    lid = [(0.31, 0.82), (0.30, 0.85), (0.20, 0.90), (0.06, 0.93), (0.05, 0.95), (0.07, 0.98), (0.0, 1.0)]
    turned(place, [(r * height, z * height) for r, z in smoothed([*outline, *lid], 3)], body, segments=48)
    path = np.array(
        [
            (-0.9 * widest, 0, 0.30),
            (-1.25 * widest, 0, 0.42),
            (-1.3 * widest, 0, 0.66),
            (-1.5 * widest, 0, 0.80),
        ]
    )
    spout, faces = tube_arrays(path * height, np.array([0.12, 0.09, 0.06, 0.045]) * height, 16)
    put(mesh_data(spout, faces, smooth=True, name="spout"), place, body)
    angle = np.linspace(-1.35, 1.35, 14)
    loop = np.stack([0.72 * widest + 0.42 * np.cos(angle), 0 * angle, 0.47 + 0.33 * np.sin(angle)], -1)
    tube(place, loop * height, 0.035 * height, body, sides=12)


def candlestick(place: Place, height: float, rng: np.random.Generator) -> None:
    """Turned candlestick of metal or wood, with an unlit candle."""
    shape = [
        (0.0, 0.0),
        (0.22, 0.0),
        (0.22, 0.03),
        (0.10, 0.07),
        (0.05, 0.14),
        (0.09, 0.22),
        (0.04, 0.30),
        (0.035, 0.60),
        (0.08, 0.66),
        (0.05, 0.70),
        (0.11, 0.74),
        (0.0, 0.74),
    ]
    turned(place, [(r * height, z * height) for r, z in smoothed(shape, 3)], metal(rng), segments=40)
    wax = plain("Wax", pick(rng, ((0.72, 0.68, 0.56), (0.40, 0.03, 0.03), (0.68, 0.66, 0.62))), 0.45)
    candle = [(0.055, 0.72), (0.052, 1.0), (0.03, 0.99), (0.0, 0.985)]
    turned(place, [(r * height, z * height) for r, z in candle], wax, segments=24)
    tube(
        place,
        np.array([(0, 0, 0.985), (0.003, 0, 1.01), (0.01, 0, 1.03)]) * height,
        0.001,
        plain("Wick", (0.01, 0.01, 0.01), 0.9),
    )


def pan(place: Place, radius: float, rng: np.random.Generator) -> None:
    """Saucepan with a long handle, of copper, steel or iron."""
    body = metal(rng)
    tall = radius * float(rng.uniform(0.6, 1.1))
    wall = [
        (0.0, 0.0),
        (0.96, 0.0),
        (1.0, 0.04),
        (1.0, 0.97),
        (1.05, 1.0),
        (0.97, 0.99),
        (0.96, 0.06),
        (0.0, 0.04),
    ]
    turned(place, [(r * radius, z * tall) for r, z in wall], body, segments=48)
    steel = plain("Handle", (0.03, 0.03, 0.03), 0.4)
    box(
        place.at(1.9 * radius, 0, 0.82 * tall),
        (1.8 * radius, 0.16 * radius, 0.10 * radius),
        steel,
        bevel=0.004,
    )


def spoon(place: Place, length: float, rng: np.random.Generator) -> None:
    """Spoon that lies with its bowl towards +x."""
    steel = plain("Cutlery", pick(rng, ((0.80, 0.80, 0.82), (0.80, 0.62, 0.32)), 0.05), 0.08, metallic=1.0)
    scoop = put(_scoop_mesh(), place.at(0.36 * length, 0, 0.002), steel)
    scoop.scale = (0.16 * length, 0.10 * length, 0.05 * length)
    path = np.array([(0.22, 0, 0.045), (0.12, 0, 0.06), (-0.1, 0, 0.045), (-0.5, 0, 0.015)]) * length
    handle, faces = tube_arrays(path, np.array([0.016, 0.013, 0.018, 0.03]) * length, 12)
    handle[:, 2] = (handle[:, 2] - 0.02 * length) * 0.5 + 0.012
    put(mesh_data(handle, faces, smooth=True, name="handle"), place, steel)


def _scoop_mesh() -> Any:
    """Bowl of a spoon within the unit square, open upwards."""
    return turned_mesh(
        [(0.0, 0.0), (0.5, 0.15), (0.85, 0.5), (1.0, 1.0), (0.94, 1.0), (0.8, 0.55), (0.0, 0.1)], 32
    )


def tin(place: Place, height: float, rng: np.random.Generator) -> None:
    """Tin or canister with beads and a lid."""
    radius = height * float(rng.uniform(0.3, 0.48))
    paint = (
        metal(rng) if rng.random() < 0.5 else plain("Lacquered tin", pick(rng, GLAZES, 0.3), 0.3, coat=0.5)
    )
    wall = [
        (0.0, 0.0),
        (0.98, 0.0),
        (1.02, 0.015),
        (1.0, 0.03),
        (1.0, 0.30),
        (0.985, 0.32),
        (1.0, 0.34),
        (1.0, 0.88),
    ]
    lid = [(1.03, 0.885), (1.03, 0.99), (1.0, 1.0), (0.9, 0.985), (0.0, 0.985)]
    turned(place, [(r * radius, z * height) for r, z in [*wall, *lid]], paint, segments=40)


def polished_ball(place: Place, radius: float, rng: np.random.Generator) -> None:
    """Ball of mirror-bright or brushed metal."""
    kind = rng.random()
    body = plain("Mirror ball", pick(rng, METALS, 0.05), 0.02, metallic=1.0) if kind < 0.6 else metal(rng)
    turned(place, ball_profile(radius, steps=24), body, segments=40)


def crate(place: Place, size: float, rng: np.random.Generator) -> None:
    """Wooden box `size` metres wide that lies with its dark inside towards -y, a bottle or two in it."""
    tall, deep, board = size * float(rng.uniform(0.6, 0.9)), size * float(rng.uniform(0.7, 1.0)), 0.012
    stain = pick(rng, ((0.10, 0.05, 0.022), (0.28, 0.17, 0.085), (0.20, 0.06, 0.035)))
    dark = (stain[0] * 0.35, stain[1] * 0.35, stain[2] * 0.35)
    planks = wood("Crate", dark, stain, roughness=0.7)
    parts = [
        ((0, 0, 0), (size, deep, board)),
        ((0, 0, tall - board), (size, deep, board)),
        ((-(size - board) / 2, 0, board), (board, deep, tall - 2 * board)),
        (((size - board) / 2, 0, board), (board, deep, tall - 2 * board)),
    ]
    tar = plain("Crate's back", (0.012, 0.011, 0.010), 0.9)
    box(place.at(0, (deep - board) / 2, board), (size - 2 * board, board, tall - 2 * board), tar, bevel=0.0)
    if rng.random() < 0.5:
        parts.append(((0, 0, tall * 0.5), (size - 2 * board, deep - board, board)))
    boxes(place, parts, planks, bevel=0.0015)
    gap = tall * (0.5 if len(parts) > 4 else 1.0) - 2 * board
    for x in (-0.25, 0.0, 0.25):
        if rng.random() < 0.7:
            tin(place.at(x * size, 0.1 * deep, board), gap * float(rng.uniform(0.5, 0.85)), rng)
