"""Inside a wood by day: sun and sky between the leaves, flecks of sun on a dark floor, hollow logs.

The sun stands before the camera, so leaves are lit through and trunks are seen from their shadow side.
"""

from math import atan2, degrees, pi, radians, tan

import numpy as np

from hdrbatch.scenes.kit.camera import SENSOR_WIDTH_MM, add_camera
from hdrbatch.scenes.kit.description import SceneDescription
from hdrbatch.scenes.kit.materials import masonry, mottled, pick, plain, tinted
from hdrbatch.scenes.kit.movers import moves
from hdrbatch.scenes.kit.seeds import part_rng
from hdrbatch.scenes.kit.shapes import Place, put
from hdrbatch.scenes.kit.sky import add_sky, add_sun
from hdrbatch.scenes.kit.woods import Wood, plan_wood, spots_around
from hdrbatch.scenes.props.birds import bird
from hdrbatch.scenes.props.forest_floor import build_dead_wood, build_ground, build_undergrowth
from hdrbatch.scenes.props.forest_trees import build_thicket, build_trees
from hdrbatch.scenes.props.shelters import shelter
from hdrbatch.scenes.props.vegetation import leaf_cards
from hdrbatch.scenes.props.woodland import mossy, rotten_wood

FAMILY = "forest"


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
    build_ground(wood, part_rng(FAMILY, seed, "ground"))
    num_trees = build_trees(wood, half_view, part_rng(FAMILY, seed, "trees"))
    build_thicket(wood, half_view, part_rng(FAMILY, seed, "thicket"))
    build_undergrowth(wood, half_view, part_rng(FAMILY, seed, "undergrowth"))
    build_dead_wood(wood, half_view, part_rng(FAMILY, seed, "dead wood"))
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
    for x, y in spots_around(rng, 12, 0.7 * half_view_deg, (1.8, 6.0)):
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
