"""Inside a wood by day: sun and sky between the leaves, flecks of sun on a dark floor, hollow logs.

The sun stands before the camera, so leaves are lit through and trunks are seen from their shadow side.
"""

from dataclasses import replace
from math import atan2, degrees, hypot, pi, radians, tan
from typing import Any

import numpy as np

from hdrbatch.scenes.kit.camera import SENSOR_WIDTH_MM, add_camera
from hdrbatch.scenes.kit.description import SceneDescription
from hdrbatch.scenes.kit.lights import add_sky, add_sun
from hdrbatch.scenes.kit.materials import leaf, masonry, mottled, pick, plain, tinted, water
from hdrbatch.scenes.kit.movers import moves
from hdrbatch.scenes.kit.seeds import part_rng
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import Place, grid_mesh, put, rectangles
from hdrbatch.scenes.kit.terrain import ground_mesh
from hdrbatch.scenes.kit.woods import WOODS, Wood, plan_wood
from hdrbatch.scenes.props.birds import bird
from hdrbatch.scenes.props.rocks import rock_mesh
from hdrbatch.scenes.props.shelters import shelter
from hdrbatch.scenes.props.vegetation import blades, broadleaf_tree, bush, conifer, leaf_cards, stand
from hdrbatch.scenes.props.woodland import (
    Growth,
    birch_bark,
    fern_mesh,
    hollow_log,
    hollow_trunk,
    mossy,
    rotten_wood,
    stump,
    woodland_tree,
)

FAMILY = "forest"
FAR_M = 130.0

GROWTHS = {
    "beech": Growth(21.0, 0.24, 0.40, 4.3, 0.45, 40, 14000, 0.21, 0.55),
    "oak": Growth(16.0, 0.34, 0.32, 4.8, 0.30, 36, 14000, 0.20, 0.50),
    "birch": Growth(15.0, 0.11, 0.42, 2.0, 0.80, 34, 8000, 0.16, 0.60),
    "pine": Growth(20.0, 0.20, 0.60, 2.6, 0.20, 34, 8000, 0.34, 0.16, num_dead=14),
    "spruce": Growth(22.0, 0.19, 0.26, 2.3, -0.25, 70, 11000, 0.42, 0.20, cone=0.9, num_dead=40),
}
BARKS: dict[str, tuple[Color, Color]] = {
    "beech": ((0.020, 0.019, 0.017), (0.09, 0.085, 0.075)),
    "oak": ((0.010, 0.008, 0.006), (0.05, 0.038, 0.026)),
    "pine": ((0.018, 0.009, 0.005), (0.13, 0.06, 0.03)),
    "spruce": ((0.010, 0.007, 0.005), (0.05, 0.036, 0.027)),
}
NEEDLES: tuple[Color, Color] = ((0.012, 0.035, 0.012), (0.05, 0.11, 0.035))
FOLIAGE: dict[str, tuple[tuple[Color, Color], ...]] = {
    "spring": (((0.06, 0.13, 0.012), (0.22, 0.36, 0.04)), ((0.09, 0.15, 0.02), (0.26, 0.34, 0.06))),
    "summer": (((0.02, 0.06, 0.010), (0.09, 0.19, 0.03)), ((0.03, 0.07, 0.012), (0.13, 0.22, 0.03))),
    "autumn": (((0.20, 0.07, 0.008), (0.50, 0.26, 0.03)), ((0.22, 0.03, 0.01), (0.48, 0.13, 0.02))),
}


def build(seed: int) -> SceneDescription:
    """Build the wood of a seed in the open, empty scene."""
    sun_rng, camera_rng = part_rng(FAMILY, seed, "sun"), part_rng(FAMILY, seed, "camera")
    focal = float(camera_rng.uniform(22, 42))
    half_view = degrees(atan2(SENSOR_WIDTH_MM / 2, focal))
    azimuth = float(sun_rng.uniform(-0.9, 0.9)) * half_view
    wood = plan_wood(half_view, azimuth, part_rng(FAMILY, seed, "wood"))
    winter = wood.season == "winter"
    elevation = float(sun_rng.uniform(8, 18) if winter else sun_rng.uniform(11, 36))
    if wood.ride_deg is not None:
        elevation *= 0.75
    haze, clouds = float(sun_rng.uniform(0.0, 0.08)), float(sun_rng.uniform(0.0, 0.4))
    eye = (0.0, 0.0, float(camera_rng.uniform(0.7, 1.7)))
    add_sky(elevation, azimuth, cloudiness=clouds, haze=haze)
    add_sun(elevation, azimuth, seen_from=eye, haze=haze)
    _build_ground(wood, part_rng(FAMILY, seed, "ground"))
    num_trees = _build_trees(wood, half_view, part_rng(FAMILY, seed, "trees"))
    _build_thicket(wood, half_view, part_rng(FAMILY, seed, "thicket"))
    _build_undergrowth(wood, half_view, part_rng(FAMILY, seed, "undergrowth"))
    _build_dead_wood(wood, half_view, part_rng(FAMILY, seed, "dead wood"))
    _build_hut(wood, part_rng(FAMILY, seed, "hut"))
    _build_movers(wood, half_view, part_rng(FAMILY, seed, "movers"))
    pitch = float(camera_rng.uniform(-0.02, 0.15))
    target = (0.0, 10.0, eye[2] + 10.0 * tan(pitch))
    camera = add_camera(eye, target, focal)
    return SceneDescription(
        family=FAMILY,
        seed=seed,
        focal_length_mm=focal,
        camera_location=tuple(camera.location),
        camera_rotation=tuple(camera.rotation_euler),
        facts={
            "wood": wood.kind,
            "season": wood.season,
            "sun_elevation_deg": elevation,
            "sun_azimuth_deg": azimuth,
            "haze": haze,
            "path": "no" if wood.path is None else "yes",
            "ride": "no" if wood.ride_deg is None else "yes",
            "glade_m": 0.0 if wood.glade is None else 2 * wood.glade[2],
            "pool": "no" if wood.pool is None else "yes",
            "hut": "no" if wood.hut is None else "yes",
            "num_trees": num_trees,
        },
    )


def _build_ground(wood: Wood, rng: np.random.Generator) -> None:
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


def _tree_kinds(wood: Wood, rng: np.random.Generator) -> list[tuple[Any, Any]]:
    """Meshes of wood and leaves of the kinds of trees that grow here, with their materials."""
    kinds = []
    for i, name in enumerate(WOODS[wood.kind]):
        needles = name in ("pine", "spruce")
        size = float(rng.uniform(0.85, 1.15))
        base = GROWTHS[name]
        bare = wood.season == "winter" and not needles
        growth = replace(
            base,
            height_m=base.height_m * size,
            trunk_m=base.trunk_m * size * float(rng.uniform(0.8, 1.3)),
            num_leaves=0 if bare else base.num_leaves,
        )
        if name == "birch":
            bark = birch_bark(f"Bark {i}", rng)
        else:
            dark, light = BARKS[name]
            moss = tinted(rng, (0.04, 0.065, 0.015))
            bark = mossy(
                f"Bark {i}", (dark, tinted(rng, light)), moss, float(rng.uniform(0.0, 0.75)), ribbed=True
            )
        dark, light = NEEDLES if needles or wood.season == "winter" else _foliage(wood, rng)
        green = leaf(f"Leaves {i}", tinted(rng, dark), tinted(rng, light))
        meshes = woodland_tree(growth, rng)
        for mesh, material in zip(meshes, (bark, green), strict=True):
            mesh.materials.append(material)
        kinds.append(meshes)
    return kinds


def _foliage(wood: Wood, rng: np.random.Generator) -> tuple[Color, Color]:
    choices = FOLIAGE[wood.season if wood.season in FOLIAGE else "summer"]
    return choices[int(rng.integers(len(choices)))]


def _build_trees(wood: Wood, half_view_deg: float, rng: np.random.Generator) -> int:
    """Trunks near and far, and some behind the camera for their shade. Returns how many."""
    kinds = _tree_kinds(wood, rng)
    stands: list[tuple[float, float]] = []

    def fits(x: float, y: float) -> bool:
        if wood.is_path(x, y, 0.5) or wood.is_open(x, y) or hypot(x, y) < 2.6 or (abs(x) < 0.7 and 0 < y < 9):
            return False
        return all(hypot(x - u, y - v) > wood.spacing_m for u, v in stands)

    for distances, tries, view in (
        ((2.8, 13.0), 90, half_view_deg),
        ((10.0, 45.0), 420, half_view_deg),
        ((40.0, 85.0), 260, half_view_deg),
        ((3.0, 17.0), 150, 150.0),
    ):
        for x, y in _around(rng, tries, view, distances):
            if fits(x, y):
                stands.append((x, y))
    for x, y in stands:
        meshes = kinds[int(rng.integers(len(kinds)))]
        z = wood.height_at(x, y) - 0.08
        stand(meshes, (x, y, z), float(rng.uniform(0, 2 * pi)), float(rng.uniform(0.7, 1.15)))
    return len(stands)


def _around(
    rng: np.random.Generator, tries: int, half_view_deg: float, distances: tuple[float, float]
) -> list[tuple[float, float]]:
    near, far = distances
    shares, turns = rng.random((2, tries))
    distance = np.sqrt(near**2 + (far**2 - near**2) * shares)
    angle = np.radians((2 * turns - 1) * 1.2 * half_view_deg)
    return list(zip((distance * np.sin(angle)).tolist(), (distance * np.cos(angle)).tolist(), strict=True))


def _build_thicket(wood: Wood, half_view_deg: float, rng: np.random.Generator) -> None:
    """Young trees and bushes, which close the view between the trunks."""
    dark, light = _foliage(wood, rng)
    if wood.season == "winter":
        dark, light = NEEDLES
    green = leaf("Thicket", tinted(rng, dark), tinted(rng, light))
    if wood.kind in ("spruce", "pine") or wood.season == "winter":
        young = conifer(3.5, 3500, rng)
        young[0].materials.append(mottled("Twigs", (0.02, 0.014, 0.01), (0.07, 0.05, 0.035), scale=12))
        young[1].materials.append(leaf("Young needles", *NEEDLES))
    else:
        young = None
        mound = bush(2.4, 3000, rng)
        mound.materials.append(green)
        sapling = broadleaf_tree(5.0, 4500, rng)
        sapling[0].materials.append(mottled("Twigs", (0.012, 0.01, 0.008), (0.05, 0.04, 0.03), scale=12))
        sapling[1].materials.append(green)
    lushness = float(rng.uniform(0.3, 1.0))

    def fits(x: float, y: float) -> bool:
        return not wood.is_path(x, y, 1.0) and not wood.is_open(x, y) and abs(x) > 0.1 * min(y, 30.0)

    spots = _around(rng, int(50 * lushness), half_view_deg, (6.0, 30.0))
    spots += _around(rng, int(200 * lushness) + 90, half_view_deg, (30.0, 90.0))
    for x, y in spots:
        if not fits(x, y):
            continue
        size = float(rng.uniform(0.4, 1.3)) * (1.0 if hypot(x, y) < 30 else 1.7)
        place = (x, y, wood.height_at(x, y) - 0.1)
        if young is not None:
            stand(young, place, float(rng.uniform(0, 6.3)), size)
        elif rng.random() < 0.4:
            stand(sapling, place, float(rng.uniform(0, 6.3)), 0.5 + 0.8 * size)
        else:
            thing = put(mound, Place(*place, heading=float(rng.uniform(0, 6.3))))
            thing.scale = (size, size, size * float(rng.uniform(0.8, 1.5)))


def _build_undergrowth(wood: Wood, half_view_deg: float, rng: np.random.Generator) -> None:
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
    for u, v in _around(rng, 130, half_view_deg, (2.2, 22.0)):
        if float(wood.relief(np.array([u * 2]), np.array([v * 2]))[0]) > -0.1 and not wood.is_path(u, v, 0.3):
            thing = put(fern, Place(u, v, wood.height_at(u, v) - 0.02, heading=float(rng.uniform(0, 6.3))))
            size = float(rng.uniform(0.6, 1.3))
            thing.scale = (size, size, size)


def _build_dead_wood(wood: Wood, half_view_deg: float, rng: np.random.Generator) -> None:
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
    logs = [spot for spot in _around(rng, 30, 0.75 * half_view_deg, (3.5, 11.0)) if fits(*spot)]
    for i, (x, y) in enumerate(logs[: int(rng.integers(3, 6))]):
        radius = float(rng.uniform(0.16, 0.36))
        # The first ones show the camera an open end.
        turn = float(rng.uniform(-0.5, 0.5)) - atan2(x, y) if i < 2 else float(rng.uniform(-pi, pi))
        place = Place(x, y, wood.height_at(x, y) - 0.25 * radius, heading=turn)
        hollow_log(place, float(rng.uniform(1.8, 5.0)), radius, bark_and_rot, rng)
    for x, y in _around(rng, 12 if wood.hut is None else 0, 0.8 * half_view_deg, (5.0, 12.0)):
        if fits(x, y) and not any(hypot(x - u, y - v) < 2.5 for u, v in logs):
            place = Place(x, y, wood.height_at(x, y), heading=float(rng.uniform(-0.5, 0.5)) - atan2(x, y))
            hollow_trunk(
                place, float(rng.uniform(0.35, 0.65)), float(rng.uniform(2.0, 5.0)), bark_and_rot, rng
            )
            break
    for x, y in _around(rng, int(rng.integers(1, 4)), half_view_deg, (4.0, 16.0)):
        if fits(x, y):
            stump(
                Place(x, y, wood.height_at(x, y)),
                float(rng.uniform(0.15, 0.32)),
                float(rng.uniform(0.25, 0.8)),
                bark,
                rng,
            )
    shapes = [rock_mesh(rng) for _ in range(2)]
    for x, y in _around(rng, int(rng.integers(0, 26)), half_view_deg, (2.8, 25.0)):
        size = float(rng.uniform(0.12, 0.6))
        if fits(x, y):
            rock = put(
                shapes[int(rng.integers(2))],
                Place(x, y, wood.height_at(x, y), heading=float(rng.uniform(0, 6))),
                stone,
            )
            rock.scale = (size, size * float(rng.uniform(0.7, 1.3)), size * float(rng.uniform(0.5, 0.9)))


def _build_hut(wood: Wood, rng: np.random.Generator) -> None:
    """A forester's hut of logs or stone, its door open."""
    if wood.hut is None:
        return
    x, y = wood.hut
    place = Place(x, y, wood.height_at(x, y) - 0.15, heading=float(rng.uniform(-0.6, 0.6)) - atan2(x, y))
    if rng.random() < 0.6:
        walls = mottled(
            "Hut logs",
            (0.02, 0.013, 0.008),
            tinted(rng, (0.14, 0.09, 0.055)),
            scale=6,
            bump_m=0.03,
            stretch=(0.3, 0.3, 2.2),
        )
    else:
        walls = masonry(
            "Hut stones", ((0.09, 0.085, 0.075), (0.05, 0.046, 0.04)), (0.02, 0.02, 0.02), brick_m=(0.3, 0.14)
        )
    moss = (0.75, 0.78, 0.83) if wood.season == "winter" else (0.045, 0.075, 0.015)
    roof = mossy("Hut roof", ((0.03, 0.022, 0.016), (0.10, 0.075, 0.055)), moss, float(rng.uniform(0.4, 0.9)))
    size = (float(rng.uniform(2.6, 3.6)), float(rng.uniform(2.6, 3.4)), float(rng.uniform(1.9, 2.2)))
    door = (float(rng.uniform(0.9, 1.4)), float(rng.uniform(1.6, 1.75)), float(rng.uniform(-0.4, 0.4)))
    shelter(place, size, door, float(rng.uniform(0.35, 0.7)), (walls, roof, rotten_wood()))


def _build_movers(wood: Wood, half_view_deg: float, rng: np.random.Generator) -> None:
    """Leaves (in winter flakes of snow) on their way down, and a bird between the trunks."""
    color = (0.8, 0.8, 0.8) if wood.season == "winter" else pick(rng, ((0.4, 0.25, 0.03), (0.3, 0.12, 0.02)))
    falling = plain("Falling", color, 0.7)
    size = 0.02 if wood.season == "winter" else 0.09
    for x, y in _around(rng, 12, 0.7 * half_view_deg, (1.8, 6.0)):
        z = float(rng.uniform(0.6, 2.6))
        card = leaf_cards(np.zeros((1, 3)), rng.normal(size=(1, 3)), np.array([size]), 0.6, rng)
        with moves((float(rng.normal(0, 0.3)), float(rng.normal(0, 0.3)), -float(rng.uniform(0.7, 1.3)))):
            put(card, Place(x, y, z), falling, name="Falling leaf")
    side = 1 if rng.random() < 0.5 else -1
    speed = float(rng.uniform(4, 8))
    plumage = plain("Plumage", pick(rng, ((0.02, 0.02, 0.025), (0.12, 0.07, 0.04), (0.3, 0.3, 0.32))), 0.7)
    y = float(rng.uniform(6, 12))
    x = float(rng.uniform(-0.5, 0.5)) * y * tan(radians(half_view_deg))
    place = Place(
        x,
        y,
        float(rng.uniform(1.5, 3.0)) + wood.height_at(x, y),
        heading=side * pi / 2 + float(rng.normal(0, 0.3)),
    )
    with moves((side * speed, 0.0, float(rng.normal(0, 0.5)))):
        bird(place, 0.45, plumage, lift=float(rng.uniform(-0.5, 1.2)))
