"""Boats: lofted hulls with what makes them rowing boats, yachts, fishing boats or barges."""

from typing import Any

import numpy as np

from hdrbatch.scenes.kit.materials import cloth_screen, mottled, pick, plain, tinted, wood
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import Floats, Place, box, boxes, grid_mesh, put, tube, turned_mesh

PAINTS: tuple[Color, ...] = (
    (0.60, 0.60, 0.58),
    (0.03, 0.06, 0.16),
    (0.35, 0.03, 0.025),
    (0.05, 0.16, 0.12),
    (0.02, 0.02, 0.022),
    (0.10, 0.26, 0.38),
)
SAILS: tuple[Color, ...] = ((0.72, 0.70, 0.64), (0.72, 0.70, 0.64), (0.42, 0.10, 0.05))


def hull_points(
    length: float, beam: float, depth: float, *, flare: float = 1.0, sheer: float = 0.2
) -> Floats:
    """Net of points of a hull whose bow is at -y and whose keel is at height 0.

    Parameters
    ----------
    length, beam, depth : float
        Measures in metres; depth is amidships, from the keel to the gunwale.
    flare : float
        Shape of the sections: 1 is round, 0.5 boxy.
    sheer : float
        How much higher bow and stern are, as a share of the depth.

    Returns
    -------
    (stations, points, 3) float64
    """
    t = np.linspace(0, 1, 17)
    half = beam / 2 * np.clip(1 - np.clip((0.42 - t) / 0.42, 0, 1) ** 2.2, 0.01, 1)
    half = half * (1 - 0.28 * np.clip((t - 0.6) / 0.4, 0, 1) ** 2)
    u = np.linspace(-1, 1, 15)
    across = np.sign(u) * np.sin(np.abs(u) * np.pi / 2) ** flare
    up = 1 - np.cos(u * np.pi / 2) ** (2 - flare)
    edge = depth * (1 + sheer * (2 * np.abs(t - 0.45)) ** 2.2)
    keel = 0.35 * depth * np.clip((0.15 - t) / 0.15, 0, 1) ** 2
    points = np.empty((len(t), len(u), 3))
    points[..., 0] = half[:, None] * across
    points[..., 1] = (t[:, None] - 0.5) * length + 0.10 * length * (up - 1) * np.clip((0.3 - t) / 0.3, 0, 1)[
        :, None
    ]
    points[..., 2] = keel[:, None] + (edge - keel)[:, None] * up
    # A last station of no width closes the stern.
    stern = points[-1:].copy()
    stern[..., 0] = 0.0
    return np.concatenate([points, stern])


def _hull(place: Place, points: Floats, material: Any) -> None:
    put(grid_mesh(points), place, material, name="hull")


def _deck(place: Place, points: Floats, drop: float, material: Any) -> None:
    """Flat between both gunwales, a little below them."""
    rims = points[:-1, [0, -1]] * [0.96, 0.99, 1.0] - [0, 0, drop]
    put(grid_mesh(rims, smooth=False), place, material, name="deck")


def rowing_boat(place: Place, rng: np.random.Generator, *, oars: bool = True) -> None:
    """Open boat of 3 to 4.5 m, afloat if placed at the water's surface."""
    length = float(rng.uniform(3.0, 4.5))
    points = hull_points(length, 1.35, 0.52)
    afloat = place.at(0, 0, -0.14)
    _hull(afloat, points, plain("Boat paint", pick(rng, PAINTS), 0.35))
    planks = wood("Boat planks", (0.05, 0.028, 0.015), tinted(rng, (0.22, 0.13, 0.07)), along="y")
    _hull(afloat, points * [0.93, 0.96, 0.93] + [0, 0, 0.05], planks)
    seats = [((0, y * length, 0.36), (1.15 - abs(y), 0.22, 0.03)) for y in (-0.16, 0.10, 0.34)]
    boxes(afloat, seats, planks, bevel=0.005)
    gunwale = points[:-1, -1]
    for side in (-1, 1):
        tube(afloat, gunwale * [side, 1, 1] + [0, 0, 0.01], 0.022, planks, sides=6)
        if oars:
            stock = [(side * 0.25, 0.2, 0.5), (side * 0.62, 0.0, 0.56), (side * 1.7, -0.5, 0.25)]
            tube(afloat, stock, 0.02, planks, sides=6)
            blade = afloat.at(side * 1.75, -0.52, 0.18, turn=side * 1.1)
            box(blade, (0.14, 0.5, 0.015), planks, bevel=0.004)


def yacht(place: Place, rng: np.random.Generator, *, sailing: bool) -> None:
    """Sailing boat of 7 to 11 m, its sails up or furled on the boom."""
    length = float(rng.uniform(7, 11))
    beam, depth = length * 0.3, length * 0.13
    points = hull_points(length, beam, depth, sheer=0.15)
    afloat = place.at(0, 0, -0.32 * depth)
    _hull(afloat, points, plain("Yacht hull", pick(rng, PAINTS), 0.2, coat=1.0))
    teak = wood("Yacht deck", (0.14, 0.08, 0.045), (0.36, 0.24, 0.15), along="y")
    _deck(afloat, points, 0.04, teak)
    white = plain("Yacht cabin", (0.6, 0.6, 0.58), 0.3)
    dark = plain("Yacht windows", (0.008, 0.009, 0.010), 0.06)
    box(afloat.at(0, -0.02 * length, depth * 0.95), (beam * 0.55, length * 0.32, 0.5), white, bevel=0.08)
    box(
        afloat.at(0, -0.02 * length, depth * 0.95 + 0.2), (beam * 0.56, length * 0.25, 0.16), dark, bevel=0.03
    )
    steel = plain("Mast", (0.45, 0.45, 0.46), 0.3, metallic=1.0)
    high, foot = 1.15 * length, -0.08 * length
    tube(afloat, [(0, foot, depth), (0, foot, depth + high)], 0.055, steel)
    boom_z, reach = depth + 1.25, length * 0.4
    swing = float(rng.uniform(0.1, 0.5)) * (1 if rng.random() < 0.5 else -1) if sailing else 0.0
    end = (reach * np.sin(swing), foot + reach * np.cos(swing), boom_z)
    tube(afloat, [(0, foot, boom_z), end], 0.045, steel)
    top, bow = (0, foot, depth + high), (0, -length * 0.55, depth * 1.15)
    wires = [bow, (0, length * 0.48, depth * 1.1), (beam * 0.42, foot, depth), (-beam * 0.42, foot, depth)]
    for wire in wires:
        tube(afloat, [wire, top], 0.008, steel, sides=4)
    canvas = cloth_screen("Sail", pick(rng, SAILS, 0.05), 0.45)
    if sailing:
        _sail(afloat, (0, foot, boom_z + 0.1), end, top, 0.35 * np.sign(swing), canvas)
        _sail(
            afloat, bow, (0.4 * np.sign(swing), foot + 0.8, boom_z - 0.3), top, 0.5 * np.sign(swing), canvas
        )
    else:
        tube(afloat, [(0, foot + 0.1, boom_z + 0.12), (0, end[1] - 0.1, boom_z + 0.12)], 0.13, canvas)


def _sail(place: Place, tack: Any, clew: Any, head: Any, belly: float, material: Any) -> None:
    """Triangle of cloth, curved sideways."""
    a, b, c = (np.array(corner, float) for corner in (tack, clew, head))
    v, u = np.linspace(0, 0.97, 11)[:, None, None], np.linspace(0, 1, 9)[None, :, None]
    points = a + (c - a) * v + (b - a) * u * (1 - v)
    points[..., 0] += (belly * 4 * u * (1 - u) * (1 - v) * np.sin(np.pi * (0.15 + 0.85 * v)))[..., 0]
    put(grid_mesh(points), place, material, name="sail")


def fishing_boat(place: Place, rng: np.random.Generator) -> None:
    """Cutter of 8 to 13 m with a wheelhouse, a mast, a winch, crates and tyres along its side."""
    length = float(rng.uniform(8, 13))
    beam, depth = length * 0.33, length * 0.19
    points = hull_points(length, beam, depth, flare=0.7, sheer=0.35)
    afloat = place.at(0, 0, -0.42 * depth)
    paint = pick(rng, PAINTS)
    worn = (paint[0] * 0.6, paint[1] * 0.6, paint[2] * 0.6)
    _hull(afloat, points, mottled("Cutter hull", worn, paint, scale=1.6, roughness=(0.3, 0.6)))
    planks = wood("Cutter deck", (0.07, 0.045, 0.03), (0.22, 0.15, 0.10), along="y")
    _deck(afloat, points, 0.3, planks)
    white = mottled(
        "Wheelhouse", (0.4, 0.37, 0.33), tinted(rng, (0.62, 0.6, 0.56)), scale=3, roughness=(0.3, 0.5)
    )
    dark = plain("Wheelhouse panes", (0.008, 0.009, 0.01), 0.05)
    house = afloat.at(0, 0.16 * length, depth - 0.32)
    wide, deep, high = beam * 0.5, length * 0.2, 2.2
    box(house, (wide, deep, high), white, bevel=0.05)
    panes = [((x * wide, -deep / 2, 1.3), (wide * 0.26, 0.03, 0.55)) for x in (-0.32, 0, 0.32)]
    panes += [
        ((s * wide / 2, y * deep, 1.3), (0.03, deep * 0.36, 0.5)) for s in (-1, 1) for y in (-0.24, 0.22)
    ]
    boxes(house, panes, dark, bevel=0.0)
    box(
        house.at(0, 0, high),
        (wide * 1.15, deep * 1.15, 0.1),
        plain("Wheelhouse roof", pick(rng, PAINTS), 0.5),
    )
    iron = mottled("Cutter iron", (0.03, 0.02, 0.015), (0.16, 0.08, 0.045), scale=9)
    top = depth + length * 0.55
    tube(afloat, [(0, -0.1 * length, depth - 0.3), (0, -0.1 * length, top)], 0.08, iron)
    tube(afloat, [(0, -0.1 * length, depth + 1.0), (0, -0.42 * length, top * 0.85)], 0.05, iron)
    for end in ((0, -0.5 * length, depth * 1.3), (0, 0.5 * length, depth * 1.2)):
        tube(afloat, [(0, -0.1 * length, top), end], 0.012, iron, sides=4)
    crates = [
        ((float(rng.uniform(-0.25, 0.25)) * beam, float(y) * length, depth - 0.3), (0.7, 0.5, 0.35))
        for y in rng.uniform(-0.25, 0.02, 4)
    ]
    boxes(
        afloat, crates, plain("Fish crates", pick(rng, ((0.06, 0.2, 0.4), (0.5, 0.2, 0.03))), 0.5), bevel=0.02
    )
    angles = np.linspace(0, 2 * np.pi, 17)
    ring = np.stack([0 * angles, 0.3 * np.cos(angles), 0.3 * np.sin(angles)], -1)
    tyre = plain("Boat tyre", (0.012, 0.012, 0.012), 0.8)
    for side in (-1, 1):
        for y in (-0.15, 0.1, 0.3):
            tube(afloat.at(side * (beam / 2 + 0.06), y * length, depth * 0.72), ring, 0.09, tyre)


def barge(place: Place, rng: np.random.Generator) -> None:
    """Canal boat of 13 to 18 m: a long low cabin with small windows."""
    length = float(rng.uniform(13, 18))
    points = hull_points(length, 2.4, 1.25, flare=0.4, sheer=0.12)
    afloat = place.at(0, 0, -0.6)
    _hull(afloat, points, plain("Barge hull", (0.012, 0.012, 0.014), 0.4))
    _deck(afloat, points, 0.05, plain("Barge deck", (0.10, 0.04, 0.03), 0.7))
    box(
        afloat.at(0, 0.02 * length, 1.2),
        (1.8, length * 0.68, 0.85),
        plain("Barge cabin", pick(rng, PAINTS), 0.3),
        bevel=0.05,
    )
    frames = plain("Barge brass", (0.5, 0.36, 0.16), 0.25, metallic=1.0)
    dark = plain("Barge panes", (0.008, 0.009, 0.01), 0.05)
    spots = np.linspace(-0.26, 0.28, 6) * length
    boxes(afloat, [((0, float(y), 1.45), (1.84, 0.78, 0.44)) for y in spots], frames, bevel=0.0)
    boxes(afloat, [((0, float(y), 1.49), (1.87, 0.70, 0.36)) for y in spots], dark, bevel=0.0)
    chimney = turned_mesh([(0.08, 0.0), (0.08, 0.6), (0.1, 0.62), (0.0, 0.63)], 12)
    put(chimney, afloat.at(0.4, -0.2 * length, 2.05), dark)


def buoy(place: Place, rng: np.random.Generator) -> None:
    """Mooring or channel buoy, afloat if placed at the water's surface."""
    color = pick(rng, ((0.55, 0.05, 0.03), (0.04, 0.22, 0.09), (0.65, 0.4, 0.03), (0.6, 0.6, 0.58)))
    size = float(rng.uniform(0.25, 0.6))
    ball = [
        (0.0, -0.8),
        (0.6, -0.7),
        (1.0, -0.2),
        (1.0, 0.3),
        (0.5, 0.8),
        (0.12, 0.9),
        (0.1, 1.6),
        (0.0, 1.6),
    ]
    paint = mottled(
        "Buoy", (color[0] * 0.5, color[1] * 0.5, color[2] * 0.5), color, scale=5, roughness=(0.3, 0.6)
    )
    put(turned_mesh([(r * size, z * size) for r, z in ball], 20), place, paint)
