"""A street at night after rain: lamps, lit windows, neon and headlamps over wet asphalt, dark corners.

The sky is faint but not black, as over a city, so no part of the picture is exactly zero and its range means
something.
"""

from dataclasses import dataclass
from math import pi
from typing import Any

import numpy as np

from hdrbatch.scenes.kit.camera import add_camera
from hdrbatch.scenes.kit.description import SceneDescription
from hdrbatch.scenes.kit.lights import add_bulb
from hdrbatch.scenes.kit.materials import leaf, masonry, mottled, plain, tinted, wet_asphalt
from hdrbatch.scenes.kit.movers import moves
from hdrbatch.scenes.kit.photometry import CD_M2, scaled, temperature_color
from hdrbatch.scenes.kit.seeds import part_rng
from hdrbatch.scenes.kit.shapes import Place, box, boxes, put, rectangles, tube, turned, turned_mesh
from hdrbatch.scenes.kit.sky import add_night_sky
from hdrbatch.scenes.props.facade import choose_windows, house
from hdrbatch.scenes.props.vegetation import broadleaf_tree, stand
from hdrbatch.scenes.props.vehicles import car

FAMILY = "street"
KERB_M = 0.14
COMING_M_S, GOING_M_S = 6.0, 8.0
"""Speeds of cars towards and away from the camera."""


@dataclass(frozen=True)
class Road:
    """Measures of a street along +y, its middle at x 0; the camera is near y 0."""

    width: float
    pavement: float
    length: float
    wetness: float

    @property
    def front(self) -> float:
        """Distance of the house fronts from the middle of the street."""
        return self.width / 2 + self.pavement


def build(seed: int) -> SceneDescription:
    """Build the street of a seed in the open, empty scene."""
    rng = part_rng(FAMILY, seed, "road")
    road = Road(
        width=float(rng.uniform(6.0, 8.5)),
        pavement=float(rng.uniform(2.4, 3.4)),
        length=float(rng.uniform(55, 80)),
        wetness=float(rng.uniform(0.2, 0.9)),
    )
    sky_rng = part_rng(FAMILY, seed, "sky")
    sky_cd_m2 = float(sky_rng.uniform(0.004, 0.03))
    glow = scaled(temperature_color(float(sky_rng.uniform(2300, 4500))), sky_cd_m2 * 4 * CD_M2)
    add_night_sky(sky_cd_m2, glow)
    _build_road(road, part_rng(FAMILY, seed, "surface"))
    _build_houses(road, part_rng(FAMILY, seed, "houses"))
    kelvin = _build_lamps(road, part_rng(FAMILY, seed, "lamps"))
    _build_cars(road, part_rng(FAMILY, seed, "cars"))
    _build_trees(road, part_rng(FAMILY, seed, "trees"))
    _build_furniture(road, part_rng(FAMILY, seed, "furniture"))
    camera, focal = _place_camera(road, part_rng(FAMILY, seed, "camera"))
    return SceneDescription(
        family=FAMILY,
        seed=seed,
        focal_length_mm=focal,
        camera_location=tuple(camera.location),
        camera_rotation=tuple(camera.rotation_euler),
        facts={"lamp_kelvin": kelvin, "sky_cd_m2": sky_cd_m2, "wetness": road.wetness},
    )


def _build_road(road: Road, rng: np.random.Generator) -> None:
    """Asphalt with lines and a crossing, kerbs, paved sidewalks."""
    half, reach = road.width / 2, road.length + 30
    corners = [(-half, -15, 0), (half, -15, 0), (half, reach, 0), (-half, reach, 0)]
    rectangles(Place(0, 0), [corners], wet_asphalt("Asphalt", road.wetness))
    paint = mottled("Road paint", (0.25, 0.24, 0.22), (0.5, 0.49, 0.46), scale=9, roughness=(0.25, 0.6))
    dashes = [((0, y, 0.0), (0.12, 2.5, 0.004)) for y in np.arange(12.0, road.length, 6.0).tolist()]
    crossing = float(rng.uniform(6, 10))
    bars = np.arange(-half + 0.5, half - 0.2, 1.0).tolist()
    stripes = [((x, crossing, 0.0), (0.5, 3.0, 0.004)) for x in bars]
    boxes(Place(0, 0), dashes + stripes, paint, bevel=0.0)
    slab = float(rng.uniform(0.4, 0.8))
    paving = masonry(
        "Paving",
        (tinted(rng, (0.16, 0.155, 0.15)), (0.10, 0.098, 0.095)),
        (0.03, 0.03, 0.03),
        brick_m=(slab * 1.4, slab),
        roughness=0.32,
    )
    kerb = mottled("Kerb", (0.12, 0.12, 0.12), (0.22, 0.22, 0.215), scale=7, roughness=(0.3, 0.5))
    for side in (-1, 1):
        middle = side * (half + road.pavement / 2)
        box(Place(middle, reach / 2 - 7.5), (road.pavement, reach + 15, KERB_M), paving, bevel=0.0)
        box(Place(side * half, reach / 2 - 7.5), (0.18, reach + 15, KERB_M + 0.005), kerb, bevel=0.02)


def _build_houses(road: Road, rng: np.random.Generator) -> None:
    """Two rows of houses, and one that closes the street."""
    windows = choose_windows(rng)
    for side in (-1, 1):
        y = -12.0
        while y < road.length:
            width = float(rng.uniform(8, 14))
            storeys = int(rng.integers(1, 5))
            front = Place(side * road.front, y + width / 2, heading=-side * pi / 2)
            house(front, (width, 9.0, storeys), windows, rng)
            y += width + (float(rng.uniform(1.5, 4)) if rng.random() < 0.25 else 0.0)
    house(Place(0, road.length + 6), (2 * road.front + 6, 10.0, int(rng.integers(3, 6))), windows, rng)


def _build_lamps(road: Road, rng: np.random.Generator) -> float:
    """Street lamps on both sides. Returns their colour temperature in kelvin."""
    kelvin = float(rng.choice([1950.0, 2200.0, 2900.0, 4000.0]))
    lumens = float(rng.uniform(4500, 9000))
    height = float(rng.uniform(4.6, 6.2))
    steel = plain("Lamp post", (0.02, 0.022, 0.024), 0.4, metallic=0.6)
    profile = [(0.12, 0.0), (0.11, 0.5), (0.06, 0.7), (0.045, height), (0.0, height)]
    post = turned_mesh(profile, 12)
    hood = turned_mesh([(0.30, 0.0), (0.26, 0.07), (0.10, 0.16), (0.0, 0.18)], 20)
    gap = float(rng.uniform(13, 18))
    for i, y in enumerate(np.arange(float(rng.uniform(7, 11)), road.length, gap / 2).tolist()):
        side = 1 if i % 2 else -1
        foot = Place(side * (road.width / 2 + 0.35), y, KERB_M, heading=-side * pi / 2)
        put(post, foot, steel)
        # The arm reaches over the road: -y of a place that faces it.
        arm = [(0, 0, height - 0.05), (0, -0.5, height + 0.22), (0, -1.0, height + 0.25)]
        tube(foot, arm, 0.03, steel)
        put(hood, foot.at(0, -1.05, height + 0.07), steel)
        # Below the hood's rim: a bulb half inside it is sampled in vain from most places.
        add_bulb(foot.at(0, -1.05, height - 0.15), 0.11, lumens, kelvin)
    return kelvin


def _build_cars(road: Road, rng: np.random.Generator) -> None:
    """Parked cars along the kerbs; one or two that drive with lit lamps."""
    for side in (-1, 1):
        y = float(rng.uniform(9, 15))
        while y < road.length - 6:
            if rng.random() < 0.55:
                heading = (pi if side > 0 else 0.0) + float(rng.uniform(-0.03, 0.03))
                car(Place(side * (road.width / 2 - 1.05), y, 0.0, heading), rng, lamps=False)
            y += float(rng.uniform(5.4, 8))
    coming = float(rng.uniform(20, 36))
    with moves((0.0, -COMING_M_S, 0.0)):
        car(Place(-road.width * 0.16, coming, 0.0), rng, lamps=True)
    if rng.random() < 0.6:
        with moves((0.0, GOING_M_S, 0.0)):
            car(
                Place(road.width * 0.16, coming + float(rng.uniform(-6, 12)), 0.0, heading=pi),
                rng,
                lamps=True,
            )


def _build_trees(road: Road, rng: np.random.Generator) -> None:
    """Street trees between the lamps, on some streets."""
    if rng.random() < 0.4:
        return
    bark = mottled(
        "Bark", (0.03, 0.02, 0.013), (0.10, 0.075, 0.05), scale=14, bump_m=0.02, stretch=(1, 1, 0.2)
    )
    green = leaf("Leaves", tinted(rng, (0.03, 0.06, 0.012)), tinted(rng, (0.12, 0.18, 0.03)), gloss=0.5)
    meshes = broadleaf_tree(5.5, 3000, rng)
    for mesh, material in zip(meshes, (bark, green), strict=True):
        mesh.materials.append(material)
    side = 1 if rng.random() < 0.5 else -1
    for y in np.arange(13.0, road.length, float(rng.uniform(9, 14))).tolist():
        spot = (side * (road.width / 2 + 0.9), y + float(rng.uniform(-1, 1)), KERB_M)
        stand(meshes, spot, float(rng.uniform(0, 2 * pi)), float(rng.uniform(0.75, 1.0)))


def _build_furniture(road: Road, rng: np.random.Generator) -> None:
    """Bollards, bins and a bench on the pavement."""
    steel = plain("Bollard", (0.03, 0.03, 0.032), 0.35, metallic=0.5)
    bollard = turned_mesh([(0.07, 0.0), (0.07, 0.75), (0.085, 0.78), (0.085, 0.84), (0.0, 0.90)], 16)
    for side in (-1, 1):
        for y in np.arange(3.0, 12.0, 1.8).tolist():
            put(bollard, Place(side * (road.width / 2 + 0.3), y, KERB_M), steel)
    wood = mottled("Bench", (0.10, 0.05, 0.025), (0.22, 0.12, 0.06), scale=5, stretch=(1, 12, 12))
    for _ in range(3):
        side = 1 if rng.random() < 0.5 else -1
        spot = Place(side * (road.front - 0.6), float(rng.uniform(7, 30)), KERB_M, heading=-side * pi / 2)
        planks = [((0, dy, 0.44), (1.7, 0.11, 0.035)) for dy in (-0.15, 0.0, 0.15)]
        boxes(
            spot, [*planks, ((0, 0.24, 0.62), (1.7, 0.03, 0.12)), ((0, 0.26, 0.80), (1.7, 0.03, 0.12))], wood
        )
        feet = [((dx, dy, 0.0), (0.05, 0.05, 0.44)) for dx in (-0.7, 0.7) for dy in (-0.15, 0.15)]
        boxes(spot, feet, steel)
        bin_profile = [
            (0.0, 0.0),
            (0.20, 0.0),
            (0.24, 0.85),
            (0.26, 0.85),
            (0.26, 0.90),
            (0.20, 0.90),
            (0.19, 0.5),
            (0.0, 0.5),
        ]
        turned(spot.at(1.4, 0.1), bin_profile, steel)


def _place_camera(road: Road, rng: np.random.Generator) -> tuple[Any, float]:
    """A passer-by: on a pavement or in the road, looking down the street."""
    side = 1 if rng.random() < 0.5 else -1
    if rng.random() < 0.5:
        x, turn = side * (road.front - float(rng.uniform(0.9, 1.4))), -side * float(rng.uniform(0.16, 0.3))
    else:
        x, turn = side * float(rng.uniform(0.2, road.width * 0.25)), -side * float(rng.uniform(-0.12, 0.2))
    eye = (x, float(rng.uniform(-1.5, 1.0)), float(rng.uniform(1.0, 1.75)))
    focal = float(rng.uniform(22, 34))
    target = (x + 20 * float(np.tan(turn)), eye[1] + 20.0, eye[2] + float(rng.uniform(0.5, 2.2)))
    return add_camera(eye, target, focal), focal
