"""What people build at the water: jetties, boat houses, quays, lighthouses, breakwaters, bridges."""

from math import pi, radians, tan
from typing import Any

import numpy as np

from hdrbatch.scenes.kit.coast import Coast
from hdrbatch.scenes.kit.materials import masonry, mottled, pick, plain, tinted, wood
from hdrbatch.scenes.kit.shapes import Place, box, boxes, put, turned, turned_mesh
from hdrbatch.scenes.props.arches import arch
from hdrbatch.scenes.props.rocks import rock_mesh
from hdrbatch.scenes.props.shelters import shelter
from hdrbatch.scenes.props.townfront import Parts


def jetty(place: Place, length: float, timber: Any) -> None:
    """Plank walk on piles, running along +y of its place; the place's height is that of the planks."""
    planks: Parts = [((0, y, -0.05), (1.5, 0.135, 0.04)) for y in np.arange(0, length, 0.15).tolist()]
    beams: Parts = [((dx, length / 2, -0.2), (0.1, length, 0.15)) for dx in (-0.6, 0.6)]
    boxes(place, planks + beams, timber, bevel=0.0)
    pile = turned_mesh([(0.11, -3.0), (0.11, 0.75), (0.09, 0.8), (0.0, 0.8)], 12)
    for y in np.arange(1.0, length, 2.4).tolist():
        for dx in (-0.78, 0.78):
            put(pile, place.at(dx, y), timber)


def boat_house(coast: Coast, rng: np.random.Generator) -> None:
    """Boat house on piles off the bank, its gate open on a dark berth."""
    y = float(rng.uniform(13, 24))
    x = coast.side * min(0.75 * tan(radians(coast.half_view_deg)) * y, coast.aside_m + 0.1 * y)
    place = Place(x, y, 0.25, heading=coast.side * float(rng.uniform(0.1, 0.9)))
    paint = pick(rng, ((0.30, 0.05, 0.03), (0.10, 0.08, 0.06), (0.5, 0.48, 0.43), (0.06, 0.12, 0.10)))
    walls = wood(
        "Boat house", (paint[0] * 0.5, paint[1] * 0.5, paint[2] * 0.5), paint, along="z", roughness=0.7
    )
    roof = mottled("Boat house roof", (0.03, 0.03, 0.03), tinted(rng, (0.13, 0.10, 0.08)), scale=3)
    inside = mottled("Boat house inside", (0.006, 0.005, 0.004), (0.02, 0.015, 0.011), scale=6)
    shelter(place, (5.0, 6.0, 2.9), (3.4, 2.4, 0.0), float(rng.uniform(0.5, 0.8)), (walls, roof, inside))
    piles = [((dx, dy, -3.0), (0.22, 0.22, 3.1)) for dx in (-2.4, 0, 2.4) for dy in (-2.9, 0, 2.9)]
    boxes(place, [*piles, ((0, 0, -0.15), (5.3, 6.3, 0.16))], inside, bevel=0.0)


def quay(coast: Coast, rng: np.random.Generator) -> None:
    """Stone quay along one side with bollards, a ladder and sheds whose doors stand open."""
    stone = masonry(
        "Quay",
        (tinted(rng, (0.20, 0.19, 0.17)), (0.12, 0.115, 0.105)),
        (0.04, 0.04, 0.035),
        brick_m=(1.1, 0.42),
    )
    length, height = float(rng.uniform(60, 110)), 1.5
    x = coast.side * (coast.aside_m + 15.0)
    box(Place(x, length / 2 - 5, -3.0), (30.0, length + 10, 3.0 + height), stone, bevel=0.04)
    iron = mottled("Quay iron", (0.02, 0.015, 0.012), (0.10, 0.06, 0.04), scale=8)
    bollard = turned_mesh([(0.2, 0.0), (0.14, 0.1), (0.13, 0.35), (0.24, 0.42), (0.22, 0.5), (0.0, 0.55)], 16)
    for y in np.arange(5.0, length, 7.0).tolist():
        put(bollard, Place(coast.side * (coast.aside_m + 0.6), y, height), iron)
    tyre = turned_mesh([(0.22, -0.1), (0.38, -0.1), (0.42, 0.0), (0.38, 0.1), (0.22, 0.1), (0.22, -0.1)], 20)
    rubber = plain("Fenders", (0.012, 0.012, 0.012), 0.85)
    for y in np.arange(4.0, length * 0.6, 3.2).tolist():
        put(tyre, Place(coast.side * (coast.aside_m - 0.12), y, 0.75).tilted(roll=pi / 2), rubber)
    inside = mottled("Shed inside", (0.006, 0.005, 0.005), (0.02, 0.018, 0.015), scale=5)
    y = float(rng.uniform(9, 14))
    while y < length - 10:
        wide = float(rng.uniform(7, 12))
        paint = pick(
            rng,
            (
                (0.32, 0.06, 0.04),
                (0.13, 0.10, 0.08),
                (0.5, 0.46, 0.38),
                (0.08, 0.13, 0.16),
                (0.45, 0.3, 0.12),
            ),
        )
        walls = wood(
            "Shed", (paint[0] * 0.55, paint[1] * 0.55, paint[2] * 0.55), paint, along="z", roughness=0.7
        )
        roof = mottled("Shed roof", (0.04, 0.03, 0.028), tinted(rng, (0.18, 0.09, 0.06)), scale=2)
        place = Place(coast.side * (coast.aside_m + 7.5), y + wide / 2, height, heading=-coast.side * pi / 2)
        shelter(
            place,
            (wide, 7.0, float(rng.uniform(3.0, 5.5))),
            (2.6, 2.6, float(rng.uniform(-1, 1))),
            0.6,
            (walls, roof, inside),
        )
        y += wide + float(rng.uniform(0.3, 5))
    crates = mottled("Crates", (0.05, 0.035, 0.02), tinted(rng, (0.22, 0.15, 0.09)), scale=5)
    stacks = [
        (
            (coast.side * (coast.aside_m + float(rng.uniform(1.5, 3.0))), float(rng.uniform(4, 40)), height),
            (0.9, 0.7, float(rng.choice([0.5, 1.0, 1.5]))),
        )
        for _ in range(14)
    ]
    boxes(Place(0, 0), stacks, crates, bevel=0.01)


def lighthouse(coast: Coast, rng: np.random.Generator) -> None:
    """Banded tower on a mole or a rock."""
    y = float(rng.uniform(70, 160))
    x = -coast.side * float(rng.uniform(0.3, 0.85)) * tan(radians(coast.half_view_deg)) * y
    stone = mottled("Mole", (0.05, 0.05, 0.045), (0.2, 0.19, 0.17), scale=1.2, bump_m=0.1)
    mound = put(rock_mesh(rng), Place(x, y, -0.6), stone)
    mound.scale = (9.0, 6.0, 2.4)
    high = float(rng.uniform(9, 17))
    white = mottled("Tower white", (0.45, 0.44, 0.42), (0.66, 0.65, 0.62), scale=1.5)
    band = plain("Tower band", pick(rng, ((0.45, 0.04, 0.03), (0.04, 0.06, 0.12), (0.05, 0.2, 0.1))), 0.5)
    for i in range(4):
        low, top = (2.4 - 0.28 * (i + s) for s in (0, 1))
        turned(Place(x, y, 0.8 + high * i / 4), [(low, 0.0), (top, high / 4)], band if i % 2 else white)
    dark = plain("Gallery", (0.02, 0.02, 0.022), 0.5)
    profile = [(0.0, 0.0), (1.8, 0.0), (1.8, 0.2), (0.9, 0.25), (0.9, 1.9), (1.1, 1.9), (0.0, 2.9)]
    turned(Place(x, y, 0.8 + high), profile, dark)


def breakwater(coast: Coast, timber: Any, rng: np.random.Generator) -> None:
    """Rows of old posts that run out into the sea."""
    post = turned_mesh([(0.14, -2.5), (0.13, 0.6), (0.10, 0.7), (0.0, 0.72)], 10)
    for row in range(int(rng.integers(1, 4))):
        x = -coast.side * float(rng.uniform(1.5, 5.0)) * (1 + 2 * row)
        for y in np.arange(coast.near_m - 1, coast.near_m + 26, 0.75).tolist():
            lean = float(rng.normal(0, 0.05))
            spot = Place(
                x + 0.03 * y, y, float(rng.uniform(-0.3, 0.15)), roll=lean, tilt=float(rng.normal(0, 0.04))
            )
            put(post, spot, timber)


def bridge(place: Place, span: float, wall: Any) -> None:
    """Stone bridge across the canal, with a parapet."""
    rise = 0.30 * span
    opening, depth = 0.84 * span, 4.0
    top = 0.7 + rise + 0.6
    arch(place, opening, 0.7, rise, top, depth, wall)
    sides = [
        ((s * (opening + span) / 4, depth / 2, -3.0), ((span - opening) / 2 + 0.5, depth, 3.0 + top))
        for s in (-1, 1)
    ]
    boxes(place, sides, wall, bevel=0.0)
    boxes(place, [((0, depth / 2, top), (span + 6, depth, 0.12))], wall, bevel=0.0)
    rails = [((0, dy, top), (span + 6, 0.3, 0.9)) for dy in (0.15, depth - 0.15)]
    boxes(place, rails, wall, bevel=0.02)
