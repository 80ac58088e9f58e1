"""Things of a workshop and a desk: hammers, spanners, screwdrivers, gears, bolts, books, a spinning top."""

from math import cos, pi, sin
from typing import Any

import bpy
import numpy as np

from hdrbatch.scenes.kit.materials import mottled, pick, plain, wood
from hdrbatch.scenes.kit.shapes import Place, box, boxes, put, tube, turned, turned_mesh
from hdrbatch.scenes.props.furniture import BOOKS, WOODS


def steel(rng: np.random.Generator) -> Any:
    """Forged and ground steel, scratched along x, perhaps with rust."""
    if rng.random() < 0.3:
        return mottled(
            "Rusty steel",
            (0.10, 0.04, 0.02),
            (0.35, 0.33, 0.32),
            scale=40,
            roughness=(0.35, 0.8),
            metallic=0.8,
        )
    return mottled(
        "Ground steel",
        (0.42, 0.42, 0.43),
        (0.66, 0.66, 0.67),
        scale=12,
        roughness=(0.15, 0.38),
        stretch=(1, 40, 40),
        metallic=1.0,
    )


def handle_wood(rng: np.random.Generator) -> Any:
    """Worn wood of a handle along z."""
    dark, light = WOODS[int(rng.integers(len(WOODS)))]
    return wood("Handle wood", dark, light, along="z")


def hammer(place: Place, length: float, rng: np.random.Generator) -> None:
    """Hammer that lies along x, its head towards +x."""
    grip = [(0.0, 0.0), (0.055, 0.0), (0.06, 0.10), (0.045, 0.40), (0.042, 1.0), (0.0, 1.0)]
    lying = place.at(-0.5 * length, 0, 0.06 * length).tilted(roll=pi / 2)
    turned(lying, [(r * length, z * length) for r, z in grip], handle_wood(rng), segments=24)
    metal = steel(rng)
    head = [
        (0.0, -0.20),
        (0.075, -0.20),
        (0.08, -0.17),
        (0.055, -0.12),
        (0.065, -0.05),
        (0.065, 0.08),
        (0.02, 0.24),
        (0.0, 0.24),
    ]
    # Lying across, on its side.
    across = place.at(0.46 * length, 0, 0.08 * length).tilted(tilt=pi / 2)
    turned(across, [(r * length, z * length) for r, z in head], metal, segments=28)


def spanner(place: Place, length: float, rng: np.random.Generator) -> None:
    """Open-ended spanner that lies along x."""
    jaw, grip = 0.085 * length, 0.035 * length
    angles = np.linspace(0.62, 2 * pi - 0.62, 16)
    ring = [(0.5 * length - jaw + jaw * cos(a), jaw * sin(a)) for a in angles]
    mouth = [(0.5 * length - jaw * 1.15, -0.42 * jaw), (0.5 * length - jaw * 1.15, 0.42 * jaw)]
    outline = ring + mouth
    other = [(-x * 0.98, -y) for x, y in outline]
    metal = steel(rng)
    for shape in (outline, other):
        _plate(place, shape, 0.03 * length, metal)
    box(
        place.at(0, 0, 0.004 * length),
        (length - 3.2 * jaw, 2 * grip, 0.022 * length),
        metal,
        bevel=0.004 * length,
    )


def _plate(place: Place, outline: list[tuple[float, float]], thick: float, material: Any) -> None:
    """Flat piece with an outline in the plane of the table."""
    count = len(outline)
    vertices = [(x, y, 0.0) for x, y in outline] + [(x, y, thick) for x, y in outline]
    walls = [(i, (i + 1) % count, count + (i + 1) % count, count + i) for i in range(count)]
    caps = [tuple(range(count))[::-1], tuple(range(count, 2 * count))]
    mesh = bpy.data.meshes.new("plate")
    mesh.from_pydata(vertices, [], walls + caps)
    put(mesh, place, material, bevel=0.12 * thick)


def screwdriver(place: Place, length: float, rng: np.random.Generator) -> None:
    """Screwdriver that lies along x."""
    colors = ((0.60, 0.05, 0.03), (0.70, 0.45, 0.03), (0.02, 0.02, 0.02), (0.03, 0.12, 0.40))
    grip = plain("Grip", pick(rng, colors), 0.3, coat=0.5) if rng.random() < 0.6 else handle_wood(rng)
    lying = place.at(-0.5 * length, 0, 0.065 * length).tilted(roll=pi / 2)
    handle = [
        (0.0, 0.0),
        (0.05, 0.01),
        (0.065, 0.06),
        (0.06, 0.30),
        (0.04, 0.38),
        (0.05, 0.42),
        (0.03, 0.45),
        (0.0, 0.45),
    ]
    turned(lying, [(r * length, z * length) for r, z in handle], grip, segments=12)
    blade = [(0.022, 0.44), (0.02, 0.95), (0.012, 1.0), (0.0, 1.0)]
    turned(lying, [(r * length, z * length) for r, z in blade], steel(rng), segments=16)


def gear(place: Place, radius: float, rng: np.random.Generator) -> None:
    """Toothed wheel with a hub, lying."""
    teeth = int(rng.integers(14, 30))
    metal = plain("Brass gear", (0.72, 0.52, 0.22), 0.25, metallic=1.0) if rng.random() < 0.4 else steel(rng)
    outline = []
    for tooth in range(teeth):
        for share, reach in ((0.0, 0.88), (0.22, 0.88), (0.34, 1.0), (0.66, 1.0), (0.78, 0.88)):
            angle = 2 * pi * (tooth + share) / teeth
            outline.append((radius * reach * cos(angle), radius * reach * sin(angle)))
    thick = 0.22 * radius
    _plate(place, outline, thick, metal)
    hub = [
        (0.0, thick),
        (0.42, thick),
        (0.42, 2.2 * thick),
        (0.36, 2.4 * thick),
        (0.2, 2.4 * thick),
        (0.2, 1.2 * thick),
    ]
    turned(place, [(r * radius, z) for r, z in hub], metal, segments=32)


def bolts(place: Place, spread: float, rng: np.random.Generator) -> None:
    """A few nuts and bolts, strewn."""
    metal = steel(rng)
    head = turned_mesh([(0.0, 0.0), (0.010, 0.0), (0.010, 0.007), (0.0, 0.007)], 6)
    shaft = turned_mesh([(0.005, 0.007), (0.005, 0.035), (0.004, 0.036), (0.0, 0.036)], 16)
    nut = turned_mesh([(0.0052, 0.0), (0.010, 0.0), (0.010, 0.008), (0.0052, 0.008), (0.0052, 0.0)], 6)
    for _ in range(int(rng.integers(3, 8))):
        x, y = rng.uniform(-spread, spread, 2).tolist()
        spot = place.at(x, y, turn=float(rng.uniform(0, 6)))
        if rng.random() < 0.5:
            put(nut, spot, metal)
        else:
            for mesh in (head, shaft):
                put(mesh, spot.at(0, 0, 0.009).tilted(roll=pi / 2), metal)


def books(place: Place, size: float, rng: np.random.Generator) -> None:
    """Pile of one to four books, `size` metres wide."""
    z = 0.0
    for _ in range(int(rng.integers(1, 5))):
        thick, wide = float(rng.uniform(0.012, 0.035)), size * float(rng.uniform(0.7, 1.0))
        deep, spot = 0.7 * wide, place.at(0, 0, z, turn=float(rng.uniform(-0.25, 0.25)))
        cover = plain("Cover", pick(rng, BOOKS, 0.3), 0.5)
        covers = [((0, 0, 0), (wide, deep, 0.0025)), ((0, 0, thick - 0.0025), (wide, deep, 0.0025))]
        boxes(spot, [*covers, ((-wide / 2 + 0.0015, 0, 0), (0.003, deep, thick))], cover, bevel=0.0008)
        paper = mottled("Pages", (0.45, 0.41, 0.33), (0.68, 0.64, 0.54), scale=4, stretch=(1, 1, 300))
        box(spot.at(0, 0, 0.0025), (wide - 0.008, deep - 0.010, thick - 0.005), paper, bevel=0.0)
        z += thick


def spinning_top(place: Place, size: float, rng: np.random.Generator) -> None:
    """Top that spins upright on its point, of lacquered wood or metal."""
    shape = [
        (0.0, 0.0),
        (0.03, 0.05),
        (0.10, 0.14),
        (0.45, 0.36),
        (0.50, 0.45),
        (0.45, 0.54),
        (0.12, 0.62),
        (0.06, 0.68),
        (0.05, 0.98),
        (0.0, 1.0),
    ]
    colors = ((0.55, 0.04, 0.03), (0.03, 0.15, 0.35), (0.65, 0.45, 0.05), (0.05, 0.25, 0.12))
    body = plain("Top", pick(rng, colors), 0.2, coat=1.0)
    if rng.random() < 0.4:
        body = plain("Metal top", (0.78, 0.60, 0.32), 0.12, metallic=1.0)
    turned(
        place.tilted(float(rng.uniform(-0.12, 0.12))),
        [(r * size, z * size) for r, z in shape],
        body,
        segments=36,
    )


def pencils(place: Place, height: float, rng: np.random.Generator) -> None:
    """Pot with pencils and brushes."""
    pot = plain("Pot", pick(rng, ((0.03, 0.03, 0.03), (0.6, 0.58, 0.52), (0.35, 0.12, 0.06))), 0.35)
    wall = [(0.0, 0.0), (0.24, 0.0), (0.25, 0.02), (0.25, 0.55), (0.235, 0.55), (0.23, 0.04), (0.0, 0.03)]
    turned(place, [(r * height, z * height) for r, z in wall], pot, segments=32)
    for _ in range(int(rng.integers(4, 9))):
        angle, lean = float(rng.uniform(0, 2 * pi)), float(rng.uniform(0.08, 0.2))
        foot = np.array([-cos(angle) * 0.1, -sin(angle) * 0.1, 0.05]) * height
        tip = np.array([cos(angle) * lean, sin(angle) * lean, float(rng.uniform(0.7, 1.0))]) * height
        tube(place, [foot, tip], 0.0036, plain("Pencil", pick(rng, BOOKS, 0.4), 0.4), sides=6)


def magnifier(place: Place, size: float, rng: np.random.Generator) -> None:
    """Hand lens that lies along x: a ring of brass or steel with a handle."""
    metal = plain("Lens ring", (0.75, 0.55, 0.25), 0.12, metallic=1.0)
    angle = np.linspace(0, 2 * pi, 40)
    ring = np.stack([0.24 * np.cos(angle) + 0.2, 0.24 * np.sin(angle), 0 * angle + 0.03], -1)
    tube(place, ring * size, 0.016 * size, metal, sides=10)
    lying = place.at(-0.04 * size, 0, 0.03 * size).tilted(roll=-pi / 2)
    grip = [(0.02, 0.0), (0.02, 0.08), (0.035, 0.10), (0.04, 0.42), (0.03, 0.46), (0.0, 0.46)]
    turned(lying, [(r * size, z * size) for r, z in grip], handle_wood(rng), segments=20)
