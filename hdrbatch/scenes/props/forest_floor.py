"""The floor of a wood: litter and path, leaves, grass and ferns, dead wood and stones."""

from math import atan2, hypot, pi

import numpy as np

from hdrbatch.scenes.kit.materials import leaf, mottled, tinted, water
from hdrbatch.scenes.kit.shapes import Place, grid_mesh, put, rectangles
from hdrbatch.scenes.kit.terrain import ground_mesh
from hdrbatch.scenes.kit.woods import Wood, spots_around
from hdrbatch.scenes.props.forest_trees import FOLIAGE
from hdrbatch.scenes.props.rocks import rock_mesh
from hdrbatch.scenes.props.vegetation import blades, leaf_cards
from hdrbatch.scenes.props.woodland import fern_mesh, hollow_log, hollow_trunk, mossy, rotten_wood, stump

FAR_M = 130.0


def build_ground(wood: Wood, rng: np.random.Generator) -> None:
    """Floor of litter, moss or snow, and the trodden path."""
    earth = tinted(rng, (0.012, 0.008, 0.005))
    litter = {
        "autumn": (0.22, 0.10, 0.03),
        "winter": (0.80, 0.82, 0.86),
        "spring": (0.07, 0.05, 0.03),
        "summer": (0.05, 0.036, 0.02),
    }[wood.season]
    if wood.season == "winter":
        floor = mottled("Snow", tinted(rng, (0.62, 0.65, 0.70), 0.05), litter, scale=2.0, bump_m=0.03)
    elif wood.kind in ("spruce", "pine") or rng.random() < 0.3:
        floor = mossy("Moss floor", (earth, tinted(rng, litter)), tinted(rng, (0.035, 0.06, 0.010)), 0.45)
    else:
        floor = mottled("Litter", earth, tinted(rng, litter), scale=9.0, bump_m=0.05, detail=8.0)
    put(ground_mesh(wood.height, 0.5, FAR_M, 120, 200), Place(0, 0), floor)
    if wood.pool is not None:
        x0, y0, radius = wood.pool
        body = water("Pool", (0.008, 0.008, 0.005), wave_m=float(rng.uniform(0.001, 0.006)), scale=5.0)
        rim = radius * 1.5 * np.array([(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)])
        rectangles(Place(x0, y0, wood.water_level), [rim], body)
    if wood.path is None:
        return
    y = np.linspace(-3.0, 60.0, 160)
    across = np.linspace(-1, 1, 9)
    edge = wood.path[0] * (1 + 0.25 * wood.relief(y * 4, y * 0 + 50))[:, None]
    x = wood.path_x(y)[:, None] + across * edge
    rows = y[:, None] + 0 * x
    z = wood.height(x, rows) + 0.05 * (1 - across**2) ** 0.5 - 0.025
    trodden = (0.5, 0.5, 0.52) if wood.season == "winter" else (0.09, 0.065, 0.045)
    soil = mottled("Path", (0.022, 0.016, 0.011), tinted(rng, trodden), scale=3.0, bump_m=0.03, detail=8.0)
    put(grid_mesh(np.stack([x, rows, z], -1)), Place(0, 0), soil)


def build_undergrowth(wood: Wood, half_view_deg: float, rng: np.random.Generator) -> None:
    """Fallen leaves, grass and ferns near the camera."""
    count = 7000
    distance = 1.0 * (18.0 / 1.0) ** np.sqrt(rng.random(count))
    angle = np.radians(rng.uniform(-1.2, 1.2, count) * half_view_deg)
    x, y = distance * np.sin(angle), distance * np.cos(angle)
    middles = np.stack([x, y, wood.height(x, y) + 0.02], -1)
    heads = rng.normal(size=(count, 3)) * [1, 1, 0.25]
    if wood.season != "winter":
        brown = leaf("Fallen leaves", tinted(rng, (0.05, 0.03, 0.015)), tinted(rng, (0.26, 0.15, 0.06)))
        share = {"autumn": 1.0, "spring": 0.6, "summer": 0.4}[wood.season]
        some = rng.random(count) < share
        put(
            leaf_cards(middles[some], heads[some], rng.uniform(0.05, 0.09, int(some.sum())), 0.6, rng),
            Place(0, 0),
            brown,
        )
    dark, light = FOLIAGE["summer"][int(rng.integers(2))]
    cover = wood.relief(x * 5, y * 5) + rng.normal(0, 0.2, count)
    off_path = np.ones(count, bool)
    if wood.path is not None:
        off_path = np.abs(x - wood.path_x(y)) > wood.path[0]
    grows = (cover > float(rng.uniform(-0.2, 0.4))) & off_path
    feet = middles[grows] - [0, 0, 0.03]
    pale = (0.30, 0.24, 0.12) if wood.season in ("autumn", "winter") else light
    grass = leaf("Grass", tinted(rng, dark), tinted(rng, pale), gloss=0.3)
    put(blades(feet, rng.uniform(0.08, 0.32, len(feet)), rng), Place(0, 0), grass)
    if wood.season == "winter" or rng.random() < 0.35:
        return
    fern = fern_mesh(rng)
    fern_dark, fern_light = (0.03, 0.08, 0.012), (0.14, 0.26, 0.04)
    if wood.season == "autumn":
        fern_dark, fern_light = (0.12, 0.06, 0.012), (0.34, 0.20, 0.05)
    fern.materials.append(leaf("Fern", tinted(rng, fern_dark), tinted(rng, fern_light), gloss=0.3))
    for u, v in spots_around(rng, 130, half_view_deg, (2.2, 22.0)):
        if float(wood.relief(np.array([u * 2]), np.array([v * 2]))[0]) > -0.1 and not wood.is_path(u, v, 0.3):
            thing = put(fern, Place(u, v, wood.height_at(u, v) - 0.02, heading=float(rng.uniform(0, 6.3))))
            size = float(rng.uniform(0.6, 1.3))
            thing.scale = (size, size, size)


def build_dead_wood(wood: Wood, half_view_deg: float, rng: np.random.Generator) -> None:
    """Hollow logs, stumps and mossy stones."""
    moss = (0.75, 0.78, 0.83) if wood.season == "winter" else tinted(rng, (0.045, 0.075, 0.015))
    bark = mossy(
        "Dead wood",
        ((0.015, 0.011, 0.008), tinted(rng, (0.10, 0.07, 0.045))),
        moss,
        float(rng.uniform(0.15, 0.7)),
    )
    stone = mossy(
        "Stone", ((0.05, 0.05, 0.048), tinted(rng, (0.22, 0.21, 0.19))), moss, float(rng.uniform(0.2, 0.9))
    )

    def fits(x: float, y: float) -> bool:
        return not wood.is_path(x, y, 0.6)

    bark_and_rot = (bark, rotten_wood())
    logs = [spot for spot in spots_around(rng, 30, 0.75 * half_view_deg, (3.5, 11.0)) if fits(*spot)]
    for i, (x, y) in enumerate(logs[: int(rng.integers(3, 6))]):
        radius = float(rng.uniform(0.16, 0.36))
        # The first ones show the camera an open end.
        turn = float(rng.uniform(-0.5, 0.5)) - atan2(x, y) if i < 2 else float(rng.uniform(-pi, pi))
        place = Place(x, y, wood.height_at(x, y) - 0.25 * radius, heading=turn)
        hollow_log(place, float(rng.uniform(1.8, 5.0)), radius, bark_and_rot, rng)
    for x, y in spots_around(rng, 12 if wood.hut is None else 0, 0.8 * half_view_deg, (5.0, 12.0)):
        if fits(x, y) and not any(hypot(x - u, y - v) < 2.5 for u, v in logs):
            place = Place(x, y, wood.height_at(x, y), heading=float(rng.uniform(-0.5, 0.5)) - atan2(x, y))
            hollow_trunk(
                place, float(rng.uniform(0.35, 0.65)), float(rng.uniform(2.0, 5.0)), bark_and_rot, rng
            )
            break
    for x, y in spots_around(rng, int(rng.integers(1, 4)), half_view_deg, (4.0, 16.0)):
        if fits(x, y):
            stump(
                Place(x, y, wood.height_at(x, y)),
                float(rng.uniform(0.15, 0.32)),
                float(rng.uniform(0.25, 0.8)),
                bark,
                rng,
            )
    shapes = [rock_mesh(rng) for _ in range(2)]
    for x, y in spots_around(rng, int(rng.integers(0, 26)), half_view_deg, (2.8, 25.0)):
        size = float(rng.uniform(0.12, 0.6))
        if fits(x, y):
            rock = put(
                shapes[int(rng.integers(2))],
                Place(x, y, wood.height_at(x, y), heading=float(rng.uniform(0, 6))),
                stone,
            )
            rock.scale = (size, size * float(rng.uniform(0.7, 1.3)), size * float(rng.uniform(0.5, 0.9)))
