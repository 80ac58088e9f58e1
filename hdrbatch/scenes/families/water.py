"""Water with the sun on it: its glitter, boats and piers against the light, dark boat houses and arches.

Each facet of the waves mirrors the sun for a moment, so the path of glitter is thousands of times brighter
than the water beside it, and that is brighter than what lies under a pier.
"""

from math import atan2, cos, degrees, pi, radians, sin, tan

import numpy as np

from hdrbatch.scenes.kit.camera import SENSOR_WIDTH_MM, add_camera
from hdrbatch.scenes.kit.coast import Coast, plan_coast
from hdrbatch.scenes.kit.description import SceneDescription
from hdrbatch.scenes.kit.materials import leaf, masonry, mottled, pick, plain, tinted, water, wood
from hdrbatch.scenes.kit.movers import moves
from hdrbatch.scenes.kit.seeds import part_rng
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import Floats, Place, box, put, turned_mesh
from hdrbatch.scenes.kit.sky import add_sky, add_sun
from hdrbatch.scenes.kit.terrain import fractal_noise, ground_mesh
from hdrbatch.scenes.props.birds import bird
from hdrbatch.scenes.props.boats import barge, buoy, fishing_boat, rowing_boat, yacht
from hdrbatch.scenes.props.rocks import rock_mesh
from hdrbatch.scenes.props.townfront import choose_style, town_house
from hdrbatch.scenes.props.vegetation import blades, broadleaf_tree, conifer, stand
from hdrbatch.scenes.props.waterside import boat_house, breakwater, bridge, jetty, lighthouse, quay

FAMILY = "water"
FAR_M = 2600.0


def build(seed: int) -> SceneDescription:
    """Build the waterside of a seed in the open, empty scene."""
    camera_rng, sun_rng = part_rng(FAMILY, seed, "camera"), part_rng(FAMILY, seed, "sun")
    focal = float(camera_rng.uniform(22, 44))
    half_view = degrees(atan2(SENSOR_WIDTH_MM / 2, focal))
    elevation = 4.5 * (26 / 4.5) ** float(sun_rng.random())
    azimuth = float(sun_rng.uniform(-0.95, 0.95)) * half_view
    coast = plan_coast(half_view, elevation, part_rng(FAMILY, seed, "coast"))
    if coast.kind == "canal":
        # Over the bridge, or the walls would take all of it.
        elevation, azimuth = 10 + 0.8 * elevation, 0.45 * azimuth
    haze, clouds = float(sun_rng.uniform(0.0, 0.1)), float(sun_rng.uniform(0.1, 0.8))
    ground = max(coast.height_at(0, 0), 0.4) if coast.kind in ("lake", "shore") else 1.1
    eye = (0.0, 0.0, ground + float(camera_rng.uniform(1.0, 2.4)))
    add_sky(elevation, azimuth, cloudiness=clouds, haze=haze)
    add_sun(elevation, azimuth, seen_from=eye, haze=haze)
    wave = _build_water(coast, part_rng(FAMILY, seed, "water"))
    if coast.kind == "canal":
        _build_canal(coast, part_rng(FAMILY, seed, "canal"))
    else:
        _build_land(coast, azimuth, elevation, part_rng(FAMILY, seed, "land"))
    _build_works(coast, part_rng(FAMILY, seed, "works"))
    _build_boats(coast, part_rng(FAMILY, seed, "boats"))
    _build_movers(coast, azimuth, part_rng(FAMILY, seed, "movers"))
    pitch = float(camera_rng.uniform(-0.16, 0.0))
    camera = add_camera(eye, (0.0, 10.0, eye[2] + 10.0 * tan(pitch)), focal)
    return SceneDescription(
        family=FAMILY,
        seed=seed,
        focal_length_mm=focal,
        camera_location=tuple(camera.location),
        camera_rotation=tuple(camera.rotation_euler),
        facts={
            "place": coast.kind,
            "sun_elevation_deg": elevation,
            "sun_azimuth_deg": azimuth,
            "haze": haze,
            "cloudiness": clouds,
            "wave_m": wave,
        },
    )


def _build_water(coast: Coast, rng: np.random.Generator) -> float:
    """Surface with swell as shape and ripples as relief. Returns the ripples' height in metres."""
    calm = {"lake": 1.0, "harbour": 1.0, "canal": 0.6, "shore": 1.6}[coast.kind]
    wave = calm * float(rng.uniform(0.010, 0.032))
    swell_m = {"lake": 0.03, "harbour": 0.04, "canal": 0.0, "shore": 0.22}[coast.kind]
    swell = fractal_noise(rng, float(rng.uniform(5, 11)), octaves=3)
    color = pick(rng, ((0.008, 0.016, 0.016), (0.006, 0.018, 0.026), (0.014, 0.016, 0.010)))
    body = water("Water", color, wave_m=wave, scale=float(rng.uniform(1.6, 3.0)))

    def surface(x: Floats, y: Floats) -> Floats:
        result: Floats = swell_m * swell(x * 0.5, y)
        return result

    put(ground_mesh(surface, 0.5, 9000.0, 190, 200), Place(0, 0), body)
    return wave


def _build_land(coast: Coast, azimuth: float, elevation: float, rng: np.random.Generator) -> None:
    """Banks with grass and trees, a far shore, and rocks in the water's edge."""
    sand = pick(rng, ((0.20, 0.16, 0.11), (0.10, 0.09, 0.075), (0.28, 0.24, 0.18)))
    dark = (sand[0] * 0.35, sand[1] * 0.38, sand[2] * 0.35)
    grown = mottled("Banks", dark, tinted(rng, (0.09, 0.11, 0.04)), scale=1.3, bump_m=0.12, detail=9.0)
    put(ground_mesh(coast.height, 0.5, FAR_M, 150, 220), Place(0, 0), grown)
    stone = mottled(
        "Stone", (0.035, 0.033, 0.03), tinted(rng, (0.24, 0.22, 0.19)), scale=3.5, bump_m=0.06, detail=7.0
    )
    shapes = [rock_mesh(rng) for _ in range(3)]
    count = {"lake": 26, "harbour": 12, "shore": 70}[coast.kind]
    for _ in range(count):
        y = coast.near_m + float(
            rng.uniform(-1.5, 1) ** 3 * 4 + rng.exponential(2.0 if coast.kind == "lake" else 7)
        )
        x = float(rng.uniform(-1.3, 1.3)) * tan(radians(coast.half_view_deg)) * (y + 3)
        size = float(rng.uniform(0.15, 0.8)) * (1.0 if coast.kind != "shore" else 1.6)
        if (abs(x) < 1.2 and y < 5) or y < 2.5:
            continue
        rock = put(
            shapes[int(rng.integers(3))],
            Place(x, y, max(coast.height_at(x, y), -0.3), float(rng.uniform(0, 6))),
            stone,
        )
        rock.scale = (size, size * float(rng.uniform(0.7, 1.2)), size * float(rng.uniform(0.45, 0.8)))
    _plant_banks(coast, azimuth, elevation, rng)
    if coast.kind == "lake":
        _reeds(coast, rng)


def _plant_banks(coast: Coast, azimuth: float, elevation: float, rng: np.random.Generator) -> None:
    """Trees on the banks, none of them before the sun."""
    bark = mottled(
        "Bark", (0.02, 0.015, 0.01), (0.10, 0.075, 0.05), scale=14, bump_m=0.02, stretch=(1, 1, 0.2)
    )
    shades: tuple[tuple[Color, Color], ...] = (
        ((0.02, 0.06, 0.01), (0.09, 0.18, 0.03)),
        ((0.15, 0.07, 0.01), (0.40, 0.20, 0.02)),
        ((0.04, 0.07, 0.012), (0.15, 0.20, 0.03)),
    )
    dark, light = shades[int(rng.integers(3))]
    broad = broadleaf_tree(9.0, 5000, rng)
    fir = conifer(12.0, 4500, rng)
    for meshes, green in (
        (broad, leaf("Leaves", dark, light)),
        (fir, leaf("Needles", (0.01, 0.035, 0.015), (0.04, 0.09, 0.035))),
    ):
        meshes[0].materials.append(bark)
        meshes[1].materials.append(green)
    firs = float(rng.uniform(0.1, 0.9))
    for _ in range(420):
        distance = 14.0 * (1.6 * min(coast.far_m, 500.0) / 14.0) ** float(rng.random())
        angle = float(rng.uniform(-1.2, 1.2)) * coast.half_view_deg
        x, y = distance * sin(radians(angle)), distance * cos(radians(angle))
        z = coast.height_at(x, y)
        size = float(rng.uniform(0.6, 1.1))
        hides = abs(angle - azimuth) < degrees(atan2(4.0, distance)) + 1.5
        if z < 0.5 or (hides and degrees(atan2(z + 12 * size, distance)) > elevation - 1):
            continue
        stand(fir if rng.random() < firs else broad, (x, y, z - 0.2), float(rng.uniform(0, 6.3)), size)


def _reeds(coast: Coast, rng: np.random.Generator) -> None:
    """Reeds in the shallows on both sides of the view."""
    green = leaf("Reeds", (0.05, 0.07, 0.02), pick(rng, ((0.16, 0.20, 0.05), (0.34, 0.27, 0.12))))
    count = 2600
    y = coast.near_m + rng.normal(0.5, 1.0, count)
    x = rng.choice([-1.0, 1.0], count) * (1.6 + rng.exponential(2.5, count))
    z = np.maximum(coast.height(x, y), -0.6)
    near_water = (z < 0.25) & (y > 1.5)
    feet = np.stack([x, y, z], -1)[near_water]
    put(blades(feet, rng.uniform(0.8, 1.7, len(feet)), rng), Place(0, 0), green)


def _build_works(coast: Coast, rng: np.random.Generator) -> None:
    """What people have built in the water: jetties, boat houses, quays, breakwaters, lighthouses."""
    timber = wood("Weathered timber", (0.03, 0.024, 0.018), tinted(rng, (0.17, 0.14, 0.11)), roughness=0.7)
    if coast.kind == "lake":
        x = coast.side * float(rng.uniform(1.5, 4.0))
        jetty(
            Place(x, coast.near_m - 1.5, 0.55, float(rng.uniform(-0.35, 0.35)) * coast.side),
            float(rng.uniform(8, 18)),
            timber,
        )
        boat_house(coast, rng)
    elif coast.kind == "harbour":
        quay(coast, rng)
        x = -coast.side * float(rng.uniform(2.0, 4.5))
        jetty(
            Place(x, 0.5, 0.75, -coast.side * float(rng.uniform(0.0, 0.3))),
            float(rng.uniform(16, 30)),
            timber,
        )
        lighthouse(coast, rng)
    elif coast.kind == "shore":
        breakwater(coast, timber, rng)
        if rng.random() < 0.6:
            lighthouse(coast, rng)
        if rng.random() < 0.7:
            boat_house(coast, rng)


def _build_canal(coast: Coast, rng: np.random.Generator) -> None:
    """Walls, houses over them, and bridges whose arches are dark below."""
    half, length = coast.aside_m, float(rng.uniform(70, 110))
    color = pick(rng, ((0.20, 0.18, 0.15), (0.22, 0.12, 0.085), (0.16, 0.155, 0.15)))
    wall = masonry(
        "Canal wall",
        (color, (color[0] * 0.6, color[1] * 0.6, color[2] * 0.6)),
        (0.03, 0.03, 0.028),
        brick_m=(0.5, 0.22),
    )
    paved = float(rng.choice([0.0, 2.5, 4.0]))
    styles = [choose_style(rng) for _ in range(4)]
    for side in (-1, 1):
        box(Place(side * (half + 12), length / 2 - 8, -3.0), (24.0, length + 16, 4.1), wall, bevel=0.0)
        y = -14.0
        while y < length:
            width = float(rng.uniform(5.5, 9.5))
            place = Place(side * (half + paved), y + width / 2, 1.0, heading=-side * pi / 2)
            kind = ("plain", "gate", "arcade", "shops")[int(rng.integers(4))]
            town_house(place, width, int(rng.integers(1, 4)), kind, styles[int(rng.integers(4))], rng)
            y += width
    y = float(rng.uniform(16, 30))
    while y < length:
        bridge(Place(0, y, 0.0), 2 * half, wall)
        y += float(rng.uniform(25, 45))
    post = turned_mesh([(0.13, -2.0), (0.12, 2.4), (0.0, 2.6)], 10)
    striped = plain(
        "Mooring posts", pick(rng, ((0.05, 0.09, 0.25), (0.4, 0.05, 0.03), (0.08, 0.06, 0.04))), 0.5
    )
    for y in np.arange(5.0, 40.0, 5.5).tolist():
        put(post, Place(float(rng.choice([-1.0, 1.0])) * (half - 0.5), y, 0.0), striped)


def _build_boats(coast: Coast, rng: np.random.Generator) -> None:
    """Boats that lie at the jetty, the quay or the bank, and buoys."""
    if coast.kind == "canal":
        _moor_in_canal(coast, rng)
        return
    half = tan(radians(coast.half_view_deg))
    if coast.kind == "harbour":
        for y in np.arange(float(rng.uniform(9, 13)), 70.0, float(rng.uniform(13, 18))).tolist():
            spot = Place(coast.side * (coast.aside_m - 2.3), y, 0.0, heading=float(rng.choice([0.0, pi])))
            fishing_boat(spot, rng)
    num_yachts = {"lake": 2, "harbour": 5, "shore": 2}[coast.kind]
    for _ in range(num_yachts):
        y = float(rng.uniform(26, 70))
        spot = Place(
            float(rng.uniform(-0.9, 0.6)) * coast.side * half * y, y, 0.0, heading=float(rng.uniform(0, 6.3))
        )
        if coast.height_at(spot.x, spot.y) < -0.6 and coast.side * spot.x < coast.aside_m - 5:
            yacht(spot, rng, sailing=False)
    for _ in range(3):
        y = coast.near_m + float(rng.uniform(3, 12))
        spot = Place(float(rng.uniform(-0.7, 0.7)) * half * y, y, 0.0, heading=float(rng.uniform(0, 6.3)))
        if coast.height_at(spot.x, spot.y) < -0.3 and coast.kind != "shore":
            rowing_boat(spot, rng, oars=False)
    for _ in range(6):
        y = float(rng.uniform(9, 70))
        buoy(Place(float(rng.uniform(-0.9, 0.9)) * half * y, y, 0.0, tilt=float(rng.normal(0, 0.12))), rng)


def _moor_in_canal(coast: Coast, rng: np.random.Generator) -> None:
    for side in (-1, 1):
        for y in np.arange(float(rng.uniform(7, 11)), 60.0, float(rng.uniform(9, 15))).tolist():
            spot = Place(side * (coast.aside_m - 1.5), y, 0.0, heading=float(rng.choice([0.0, pi])))
            (barge if coast.aside_m > 6 and rng.random() < 0.4 else rowing_boat)(spot, rng)


def _build_movers(coast: Coast, azimuth: float, rng: np.random.Generator) -> None:
    """A boat that sails or rows across the light, and gulls."""
    half = tan(radians(coast.half_view_deg))
    y = float(rng.uniform(14, 26)) if coast.kind in ("lake", "canal") else float(rng.uniform(26, 55))
    x = float(np.clip(y * tan(radians(azimuth)) + rng.normal(0, 0.15) * y, -0.8 * half * y, 0.8 * half * y))
    if coast.kind == "canal":
        x = float(rng.uniform(-0.4, 0.4)) * (coast.aside_m - 2)
        heading = float(rng.choice([0.0, pi]))
    else:
        heading = float(rng.choice([-1.0, 1.0])) * float(rng.uniform(0.9, 2.2))
    speed = float(rng.uniform(1.0, 2.2))
    with moves((speed * sin(heading), -speed * cos(heading), 0.0)):
        if coast.kind in ("canal", "lake") and rng.random() < 0.7:
            rowing_boat(Place(x, y, 0.0, heading=heading), rng)
        elif coast.kind == "canal":
            barge(Place(x, y + 14, 0.0, heading=heading), rng)
        else:
            far = 1.0 if y > 26 else 2.0
            yacht(Place(far * x, far * y, 0.0, heading=heading), rng, sailing=True)
    white = plain("Gull", (0.55, 0.55, 0.56), 0.7)
    for _ in range(int(rng.integers(3, 9))):
        y, turn = float(rng.uniform(6, 24)), float(rng.uniform(0, 2 * pi))
        spot = Place(float(rng.uniform(-0.9, 0.9)) * half * y, y, float(rng.uniform(1.5, 6)), heading=turn)
        pace = float(rng.uniform(5, 10))
        with moves((pace * sin(turn), -pace * cos(turn), 0.0)):
            bird(spot, 1.1, white, lift=float(rng.uniform(-0.3, 1.2)))
