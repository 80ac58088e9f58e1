"""What stands in a street by day: a gateway, a kiosk, a cafe, lamp posts, planters, washing."""

from math import pi
from typing import Any

import numpy as np

from hdrbatch.scenes.kit.lights import add_bulb
from hdrbatch.scenes.kit.materials import (
    cloth_screen,
    leaf,
    masonry,
    mottled,
    pick,
    plain,
    tinted,
    wood,
)
from hdrbatch.scenes.kit.shapes import Place, box, boxes, grid_mesh, put, tube, turned, turned_mesh
from hdrbatch.scenes.kit.streetplan import KERB_M, Plan
from hdrbatch.scenes.props.arches import arch
from hdrbatch.scenes.props.shelters import shelter
from hdrbatch.scenes.props.townfront import CLOTHS, Parts
from hdrbatch.scenes.props.vegetation import broadleaf_tree, stand


def gateway(plan: Plan, rng: np.random.Generator) -> None:
    """House across the start of the street; the camera is in its gateway, before the closed gate."""
    tone = pick(rng, ((0.09, 0.075, 0.055), (0.11, 0.045, 0.03), (0.08, 0.078, 0.072)))
    worn = (tone[0] * 0.5, tone[1] * 0.5, tone[2] * 0.5)
    stone = masonry(
        "Gateway", (tone, worn), (worn[0] * 0.7, worn[1] * 0.7, worn[2] * 0.7), brick_m=(0.36, 0.16)
    )
    half, spring, top = float(rng.uniform(1.7, 2.3)), float(rng.uniform(2.2, 2.7)), 9.0
    start, stop, side = -7.0, float(rng.uniform(1.8, 2.6)), 1 if rng.random() < 0.5 else -1
    reach = plan.front + 9.0
    depth, middle, wide = stop - start, (start + stop) / 2, reach - half
    # On one side a deep doorway, dark but for what the pavement throws back.
    near, far, tall = 0.0, 1.0, 2.05
    x = side * (half + reach) / 2
    piers = [
        ((-x, middle, 0), (wide, depth, top)),
        ((x, (start + near) / 2, 0), (wide, near - start, top)),
        ((x, (far + stop) / 2, 0), (wide, stop - far, top)),
        ((x, (near + far) / 2, tall), (wide, far - near, top - tall)),
        ((x + side * 0.7, (near + far) / 2, 0), (wide - 0.7, far - near, tall)),
    ]
    boxes(Place(0, 0), piers, stone, bevel=0.0)
    arch(Place(0, start), 2 * half, spring, float(rng.uniform(0.5, 1.0)) * half, top, depth, stone)
    # A weak lamp, left on by day: without it some corners would find no light in a hundred paths.
    add_bulb(Place(0, near - 0.4, spring + 0.3), 0.05, float(rng.uniform(60, 120)), 2700.0)
    gate = wood("Gate", (0.02, 0.012, 0.008), tinted(rng, (0.09, 0.05, 0.03)), along="z", roughness=0.6)
    box(Place(0, start + 1.2), (2 * half, 0.1, spring + half), gate)


def kiosk(plan: Plan, rng: np.random.Generator) -> None:
    """Kiosk at the kerb, its narrow door open on a dark store."""
    side = 1 if rng.random() < 0.5 else -1
    paint = pick(rng, ((0.03, 0.10, 0.06), (0.22, 0.04, 0.03), (0.04, 0.07, 0.13), (0.42, 0.38, 0.30)))
    walls = plain("Kiosk paint", paint, 0.35)
    roof = mottled("Kiosk roof", (0.05, 0.06, 0.055), (0.16, 0.18, 0.16), scale=3)
    store = mottled("Kiosk store", (0.02, 0.018, 0.016), (0.06, 0.05, 0.04), scale=7, roughness=(0.9, 1.0))
    y = float(rng.uniform(8.0, 10.5))
    place = Place(
        side * (plan.road / 2 + 1.35), y + 1.2, KERB_M, heading=-side * float(rng.uniform(0.0, 0.35))
    )
    shelter(place, (1.9, 2.3, 2.5), (0.95, 2.0, -side * 0.25), 0.5, (walls, roof, store))
    board = plain("Kiosk board", pick(rng, CLOTHS), 0.5)
    box(place.at(0, -1.24, 2.12), (1.7, 0.06, 0.34), board, bevel=0.01)
    papers = [((side * 0.62, -1.27, z), (0.42, 0.03, 0.3)) for z in (0.7, 1.1, 1.5)]
    boxes(place, papers, plain("Newspapers", (0.55, 0.54, 0.5), 0.8), bevel=0.0)


def cafe(plan: Plan, rng: np.random.Generator) -> None:
    """Tables and chairs before a house, some under parasols."""
    if rng.random() < 0.3:
        return
    iron = plain("Cafe iron", pick(rng, ((0.02, 0.02, 0.02), (0.10, 0.02, 0.02), (0.03, 0.08, 0.05))), 0.4)
    top = mottled("Table tops", (0.25, 0.24, 0.22), (0.6, 0.58, 0.54), scale=9, roughness=(0.15, 0.3))
    cloth = cloth_screen("Parasol", pick(rng, CLOTHS), 0.35)
    sides = [side for side in (-1, 1) if side != plan.open_side]
    side = sides[int(rng.integers(len(sides)))]
    out = max(0.75, min(1.2, plan.pavement * 0.35))
    leg = turned_mesh([(0.22, 0.0), (0.20, 0.03), (0.03, 0.06), (0.03, 0.70), (0.0, 0.71)], 16)
    disc = turned_mesh([(0.0, 0.0), (0.34, 0.0), (0.35, 0.012), (0.34, 0.025), (0.0, 0.025)], 28)
    for y in np.arange(float(rng.uniform(5, 9)), float(rng.uniform(14, 22)), 1.9).tolist():
        table = Place(side * (plan.front - out), y, KERB_M, heading=float(rng.uniform(0, 6)))
        put(leg, table, iron)
        put(disc, table.at(0, 0, 0.71), top)
        for turn in (0.4, 0.4 + pi + float(rng.normal(0, 0.3))):
            _chair(
                Place(table.x, table.y, table.z, heading=turn + table.heading).at(0, -0.62, 0, turn=pi), iron
            )
        if rng.random() < 0.5 and plan.kind != "lane":
            tube(table, [(0, 0, 0.6), (0, 0, 2.55)], 0.022, iron)
            turned(table.at(0, 0, 2.05), [(1.25, 0.0), (0.6, 0.32), (0.0, 0.5)], cloth, segments=8)


def _chair(place: Place, material: Any) -> None:
    """Garden chair that faces -y."""
    parts: Parts = [((0, 0, 0.44), (0.4, 0.4, 0.02))]
    parts += [((dx, dy, 0.0), (0.022, 0.022, 0.45)) for dx in (-0.18, 0.18) for dy in (-0.18, 0.18)]
    parts += [((dx, 0.19, 0.45), (0.022, 0.022, 0.42)) for dx in (-0.18, 0.0, 0.18)]
    parts.append(((0, 0.19, 0.84), (0.4, 0.025, 0.06)))
    boxes(place, parts, material, bevel=0.0)


def street_furniture(plan: Plan, rng: np.random.Generator) -> None:
    """Lamp posts, bollards, planters and bins; washing over a lane."""
    steel = plain("Street iron", (0.015, 0.016, 0.017), 0.45)
    post = turned_mesh([(0.14, 0.0), (0.12, 0.5), (0.06, 0.7), (0.04, 3.6), (0.09, 3.7), (0.0, 3.7)], 14)
    lantern = turned_mesh([(0.08, 0.0), (0.17, 0.42), (0.22, 0.44), (0.05, 0.62), (0.0, 0.66)], 6)
    frosted = plain("Lantern", (0.5, 0.49, 0.45), 0.35)
    bollard = turned_mesh([(0.08, 0.0), (0.07, 0.7), (0.09, 0.76), (0.07, 0.84), (0.0, 0.88)], 14)
    clay = mottled("Planter", (0.14, 0.06, 0.035), tinted(rng, (0.34, 0.16, 0.09)), scale=6)
    bush_green = leaf("Planter leaves", (0.03, 0.08, 0.015), tinted(rng, (0.16, 0.26, 0.04)))
    plant = broadleaf_tree(1.3, 900, rng)
    for mesh, material in zip(plant, (clay, bush_green), strict=True):
        mesh.materials.append(material)
    edge = plan.road / 2 + 0.35 if plan.road else plan.front - 0.45
    for side in (-1, 1):
        for y in np.arange(float(rng.uniform(8, 13)), plan.length, float(rng.uniform(13, 18))).tolist():
            foot = Place(side * edge, y, KERB_M)
            put(post, foot, steel)
            put(lantern, foot.at(0, 0, 3.7), frosted)
        for y in np.arange(float(rng.uniform(4, 6)), 20.0, float(rng.uniform(1.8, 3.0))).tolist():
            if plan.road:
                put(bollard, Place(side * edge, y, KERB_M), steel)
        for y in rng.uniform(5, 25, 3).tolist():
            spot = Place(side * (plan.front - 0.4), y, KERB_M)
            turned(spot, [(0.0, 0.0), (0.2, 0.0), (0.29, 0.5), (0.31, 0.5), (0.31, 0.55), (0.26, 0.5)], clay)
            stand(plant, (spot.x, spot.y, spot.z + 0.45), float(rng.uniform(0, 6)), 1.0)
    if plan.kind == "lane":
        _washing(plan, rng)


def _washing(plan: Plan, rng: np.random.Generator) -> None:
    """Sheets on lines across the lane."""
    line = plain("Line", (0.3, 0.3, 0.28), 0.8)
    for y in rng.uniform(6, 26, 3).tolist():
        z = float(rng.uniform(5.0, 8.0))
        half = plan.front - 0.1
        tube(Place(0, y, z), [(-half, 0, 0.25), (0, 0, 0.0), (half, 0, 0.25)], 0.006, line, sides=4)
        for x in np.arange(-half + 0.8, half - 0.6, 0.9).tolist():
            color = pick(rng, ((0.7, 0.7, 0.68), (0.65, 0.6, 0.5), (0.15, 0.25, 0.45), (0.6, 0.2, 0.15)))
            wide, long = float(rng.uniform(0.3, 0.7)), float(rng.uniform(0.5, 1.2))
            u, v = np.meshgrid(np.linspace(-wide / 2, wide / 2, 9), np.linspace(-long, 0, 9))
            wave = 0.04 * np.sin(u * 14 + y) * (-v / long)
            sheet = grid_mesh(np.stack([u, wave, v], -1))
            put(sheet, Place(x, y, z + 0.12), cloth_screen("Washing", color, 0.4))
