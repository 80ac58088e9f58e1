"""Open country against a low sun: the sun's disc in the sky, its glitter on water, the shadow side of things.

The disc has the sun's own radiance, some 10^6 times that of a meadow in its own shadow.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import atan2, cos, degrees, hypot, pi, radians, sin, tan

import numpy as np

from hdrbatch.scenes.kit.camera import SENSOR_WIDTH_MM, add_camera
from hdrbatch.scenes.kit.description import SceneDescription
from hdrbatch.scenes.kit.materials import leaf, masonry, mottled, pick, plain, tinted, water, wood
from hdrbatch.scenes.kit.movers import moves
from hdrbatch.scenes.kit.seeds import part_rng
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import Floats, Place, box, boxes, prism, put, rectangles
from hdrbatch.scenes.kit.sky import add_sky, add_sun
from hdrbatch.scenes.kit.terrain import FractalNoise, fractal_noise, ground_mesh
from hdrbatch.scenes.props.birds import bird
from hdrbatch.scenes.props.rocks import rock_mesh
from hdrbatch.scenes.props.vegetation import blades, broadleaf_tree, bush, conifer, stand

FAMILY = "outdoor"
EYE_M = 1.6
FAR_M = 900.0
LEAVES: tuple[tuple[Color, Color], ...] = (
    ((0.02, 0.06, 0.010), (0.09, 0.19, 0.03)),
    ((0.05, 0.07, 0.012), (0.17, 0.20, 0.03)),
    ((0.16, 0.07, 0.010), (0.42, 0.20, 0.02)),
)
NEEDLES: tuple[tuple[Color, Color], ...] = (
    ((0.012, 0.04, 0.018), (0.04, 0.10, 0.04)),
    ((0.02, 0.05, 0.012), (0.07, 0.13, 0.03)),
)


@dataclass(frozen=True)
class Land:
    """The lie of the land. The camera is above the origin and looks along +y.

    Parameters
    ----------
    relief : FractalNoise
        Hills and hollows.
    relief_m : float
        Their height.
    lake : (x, y, half width, half length)
        An oval of water.
    sun_azimuth_deg, sun_elevation_deg : float
        Where the sun is: nothing may stand before it.
    """

    relief: FractalNoise
    relief_m: float
    lake: tuple[float, float, float, float]
    sun_azimuth_deg: float
    sun_elevation_deg: float

    def height(self, x: Floats, y: Floats) -> Floats:
        """Height of the ground in metres, 0 at the origin; the lake lies in a basin."""
        distance = np.hypot(x, y)
        origin = self.relief(np.zeros(1), np.zeros(1))
        ground = (self.relief(x, y) - origin) * self.relief_m * np.clip(distance / 40, 0.05, 1)
        # Hills rise far away, but no higher than a third of the way up to the sun.
        far = np.clip((distance - 120) / 500, 0, 1) ** 1.2
        cap = distance * tan(radians(self.sun_elevation_deg)) * 0.33
        hills = np.minimum(far * 130 * (0.55 + 0.7 * self.relief(x * 0.13 + 400, y * 0.13)), cap)
        ground = ground + np.maximum(hills, 0)
        cx, cy, across, along = self.lake
        inside = np.hypot((x - cx) / across, (y - cy) / along) + 0.12 * self.relief(x * 3, y * 3)
        basin = np.clip((1.35 - inside) / 0.45, 0, 1)
        result: Floats = ground * (1 - basin) + (self.water_level - 0.9) * basin
        return result

    @property
    def water_level(self) -> float:
        """Height of the lake."""
        return -0.7

    def height_at(self, x: float, y: float) -> float:
        """Height of the ground at one point."""
        return float(self.height(np.array([x]), np.array([y]))[0])

    def is_water(self, x: float, y: float, margin: float = 1.3) -> bool:
        """Whether a point is in the lake or on its shore."""
        cx, cy, across, along = self.lake
        return hypot((x - cx) / across, (y - cy) / along) < margin

    def hides_sun(self, x: float, y: float, radius: float, top: float) -> bool:
        """Whether a thing of some radius and height at a point would stand before the sun."""
        distance = hypot(x, y)
        rise = degrees(atan2(self.height_at(x, y) + top - EYE_M, distance))
        off = abs((degrees(atan2(x, y)) - self.sun_azimuth_deg + 180) % 360 - 180)
        return rise > self.sun_elevation_deg - 1 and off < degrees(atan2(radius, distance)) + 2


def build(seed: int) -> SceneDescription:
    """Build the landscape of a seed in the open, empty scene."""
    sun_rng, land_rng = part_rng(FAMILY, seed, "sun"), part_rng(FAMILY, seed, "land")
    camera_rng = part_rng(FAMILY, seed, "camera")
    focal = float(camera_rng.uniform(24, 40))
    half_view = degrees(atan2(SENSOR_WIDTH_MM / 2, focal))
    elevation = 3.5 * (17 / 3.5) ** float(sun_rng.random())
    azimuth = float(sun_rng.uniform(-0.68, 0.68)) * half_view
    land = _plan_land(land_rng, azimuth, elevation)
    haze, clouds = float(sun_rng.uniform(0.0, 0.3)), float(sun_rng.uniform(0.1, 0.9))
    add_sky(elevation, azimuth, cloudiness=clouds, haze=haze)
    eye = (0.0, 0.0, land.height_at(0, 0) + EYE_M)
    add_sun(elevation, azimuth, seen_from=eye, haze=haze)
    _build_ground(land, part_rng(FAMILY, seed, "ground"))
    cabin = _build_cabin(land, half_view, part_rng(FAMILY, seed, "cabin"))
    _build_trees(land, half_view, cabin, part_rng(FAMILY, seed, "trees"))
    _build_undergrowth(land, half_view, part_rng(FAMILY, seed, "undergrowth"))
    _build_rocks(land, half_view, part_rng(FAMILY, seed, "rocks"))
    _build_birds(land, half_view, part_rng(FAMILY, seed, "birds"))
    # The horizon a third up from below, and the sun below the upper edge.
    pitch = min(float(camera_rng.uniform(0.03, 0.09)), elevation / 100)
    pitch = max(pitch, radians(elevation) + 0.05 - 0.75 * atan2(SENSOR_WIDTH_MM / 2, focal))
    target = (0.0, 10.0 * cos(pitch), eye[2] + 10.0 * sin(pitch))
    camera = add_camera(eye, target, focal)
    return SceneDescription(
        family=FAMILY,
        seed=seed,
        focal_length_mm=focal,
        camera_location=tuple(camera.location),
        camera_rotation=tuple(camera.rotation_euler),
        facts={
            "sun_elevation_deg": elevation,
            "sun_azimuth_deg": azimuth,
            "haze": haze,
            "cloudiness": clouds,
            "lake_width_m": 2 * land.lake[2],
            "cabin": "no" if cabin is None else "yes",
        },
    )


def _plan_land(rng: np.random.Generator, azimuth_deg: float, elevation_deg: float) -> Land:
    # A pond or a lake, towards the sun, so that it glitters.
    distance, across = float(rng.uniform(20, 36)), float(rng.uniform(5, 20))
    along = distance * float(rng.uniform(0.3, 0.45))
    lake = (distance * sin(radians(azimuth_deg)), distance * cos(radians(azimuth_deg)), across, along)
    relief = fractal_noise(rng, float(rng.uniform(25, 45)), octaves=3)
    return Land(relief, float(rng.uniform(1.0, 3.0)), lake, azimuth_deg, elevation_deg)


def _build_ground(land: Land, rng: np.random.Generator) -> None:
    """Meadow or heath to the horizon, and the lake's surface."""
    earth = pick(rng, ((0.05, 0.035, 0.02), (0.09, 0.07, 0.045)))
    grass = pick(rng, ((0.06, 0.10, 0.02), (0.15, 0.13, 0.05), (0.05, 0.08, 0.025)))
    ground = mottled("Ground", earth, grass, scale=0.9, bump_m=0.12, detail=6.0)
    put(ground_mesh(land.height, 0.5, FAR_M, 170, 260), Place(0, 0), ground)
    cx, cy, across, along = land.lake
    wave = float(rng.uniform(0.010, 0.03))
    body = water("Lake", tinted(rng, (0.01, 0.018, 0.016)), wave_m=wave, scale=2.2)
    x, y = across * 1.5, along * 1.5
    corners = [(-x, -y, 0), (x, -y, 0), (x, y, 0), (-x, y, 0)]
    rectangles(Place(cx, cy, land.water_level), [corners], body)


def _spots(
    land: Land,
    rng: np.random.Generator,
    count: int,
    half_view_deg: float,
    distances: tuple[float, float],
    fits: Callable[[float, float], bool],
) -> list[tuple[float, float, float]]:
    """Random points on dry ground in view that suit a thing; gives up on crowded seeds with fewer."""
    found: list[tuple[float, float, float]] = []
    for _ in range(count * 6):
        distance = distances[0] * (distances[1] / distances[0]) ** float(rng.random())
        angle = radians(float(rng.uniform(-1.25, 1.25)) * half_view_deg)
        x, y = distance * sin(angle), distance * cos(angle)
        if not land.is_water(x, y) and fits(x, y):
            found.append((x, y, land.height_at(x, y)))
        if len(found) == count:
            break
    return found


def _build_trees(land: Land, half_view_deg: float, cabin: Place | None, rng: np.random.Generator) -> None:
    """A few kinds of trees: some near as a frame, a wood farther off."""
    bark = mottled(
        "Bark", (0.03, 0.02, 0.013), (0.14, 0.10, 0.07), scale=14, bump_m=0.02, stretch=(1, 1, 0.2)
    )
    kinds = []
    for i in range(3):
        broad = rng.random() < 0.6
        palette = LEAVES if broad else NEEDLES
        dark, light = palette[int(rng.integers(len(palette)))]
        green = leaf(f"Leaves {i}", tinted(rng, dark), tinted(rng, light))
        height = float(rng.uniform(6, 10))
        meshes = broadleaf_tree(height, 6500, rng) if broad else conifer(1.3 * height, 5000, rng)
        for mesh, material in zip(meshes, (bark, green), strict=True):
            mesh.materials.append(material)
        kinds.append(meshes)

    def fits(x: float, y: float) -> bool:
        beside_cabin = cabin is None or hypot(x - cabin.x, y - cabin.y) > 6.5
        return beside_cabin and not land.hides_sun(x, y, 3.5, 12.0)

    for count, distances in ((4, (9.0, 22.0)), (26, (26.0, 130.0)), (60, (130.0, 500.0))):
        for x, y, z in _spots(land, rng, count, half_view_deg, distances, fits):
            meshes = kinds[int(rng.integers(len(kinds)))]
            stand(meshes, (x, y, z - 0.1), float(rng.uniform(0, 2 * pi)), float(rng.uniform(0.7, 1.15)))


def _build_undergrowth(land: Land, half_view_deg: float, rng: np.random.Generator) -> None:
    """Grass near the camera, bushes farther off."""
    dark, light = LEAVES[int(rng.integers(2))]
    green = leaf("Grass", dark, tinted(rng, (light[0] * 1.3, light[1] * 1.1, light[2])), gloss=0.4)
    count = 16000
    distance = 1.4 * (26.0 / 1.4) ** rng.random(count)
    angle = np.radians(rng.uniform(-1.2, 1.2, count) * half_view_deg)
    x, y = distance * np.sin(angle), distance * np.cos(angle)
    # Tufts and bare spots.
    cover = land.relief(x * 9, y * 9) + rng.normal(0, 0.25, count)
    z = land.height(x, y)
    grows = (cover > -0.25) & (z > land.water_level + 0.08)
    feet = np.stack([x, y, z - 0.02], -1)[grows]
    heights = rng.uniform(0.08, 0.30, len(feet)) * (1 + 0.5 * np.clip(cover[grows], -0.5, 1))
    put(blades(feet, heights, rng), Place(0, 0), green)
    mound = bush(1.5, 2200, rng)
    mound.materials.append(leaf("Bush", dark, light))
    for x0, y0, z0 in _spots(
        land, rng, 16, half_view_deg, (7.0, 60.0), lambda x, y: not land.hides_sun(x, y, 1.0, 1.4)
    ):
        bush_thing = put(mound, Place(x0, y0, z0 - 0.1, heading=float(rng.uniform(0, 6))))
        size = float(rng.uniform(0.5, 1.3))
        bush_thing.scale = (size, size, size)


def _build_rocks(land: Land, half_view_deg: float, rng: np.random.Generator) -> None:
    """Boulders, some of them in the water's edge."""
    stone = mottled(
        "Stone", (0.05, 0.048, 0.045), tinted(rng, (0.28, 0.26, 0.23)), scale=3.5, bump_m=0.06, detail=7.0
    )
    shapes = [rock_mesh(rng) for _ in range(3)]
    spots = _spots(land, rng, 18, half_view_deg, (3.5, 45.0), lambda x, y: not land.hides_sun(x, y, 1.0, 1.0))
    for x, y, z in spots:
        size = float(rng.uniform(0.12, 0.75)) * (1.0 if hypot(x, y) > 6 else 0.4)
        rock = put(
            shapes[int(rng.integers(3))],
            Place(x, y, z - 0.15 * size, heading=float(rng.uniform(0, 6))),
            stone,
        )
        rock.scale = (size, size * float(rng.uniform(0.7, 1.2)), size * float(rng.uniform(0.5, 0.9)))


def _build_birds(land: Land, half_view_deg: float, rng: np.random.Generator) -> None:
    """A few birds on the wing, none of them before the sun."""
    plumage = plain("Plumage", (0.04, 0.035, 0.03), 0.7)
    half = tan(radians(half_view_deg))
    for _ in range(int(rng.integers(2, 6))):
        y = float(rng.uniform(9, 20))
        x, z = float(rng.uniform(-0.8, 0.8)) * half * y, float(rng.uniform(2.0, 5.0))
        turn, speed = float(rng.uniform(0, 2 * pi)), float(rng.uniform(5, 9))
        lift = float(rng.uniform(-0.4, 1.2))
        off = abs(degrees(atan2(x, y)) - land.sun_azimuth_deg)
        if off < 4 and abs(degrees(atan2(z - EYE_M, hypot(x, y))) - land.sun_elevation_deg) < 4:
            continue
        with moves((speed * sin(turn), -speed * cos(turn), 0.0)):
            bird(Place(x, y, z, heading=turn), 0.8, plumage, lift=lift)


def _build_cabin(land: Land, half_view_deg: float, rng: np.random.Generator) -> Place | None:
    """Wooden or stone cabin with a roof, door, windows and chimney; None on seeds without one."""
    if rng.random() < 0.4:
        return None
    spots = _spots(
        land, rng, 1, half_view_deg * 0.55, (14.0, 24.0), lambda x, y: not land.hides_sun(x, y, 4.0, 5.0)
    )
    if not spots:
        return None
    x, y, z = spots[0]
    place = Place(x, y, z - 0.4, heading=float(rng.uniform(-0.6, 0.6)))
    width, depth, eaves = float(rng.uniform(4.0, 5.5)), 4.0, 2.9
    if rng.random() < 0.5:
        walls = masonry(
            "Cabin", ((0.30, 0.27, 0.23), (0.16, 0.14, 0.12)), (0.35, 0.33, 0.3), brick_m=(0.45, 0.22)
        )
    else:
        walls = wood("Cabin", (0.07, 0.035, 0.018), tinted(rng, (0.24, 0.13, 0.07)), roughness=0.7)
    box(place, (width, depth, eaves), walls, bevel=0.02)
    ridge = eaves + depth * 0.42
    prism(place, [(-depth / 2, eaves), (depth / 2, eaves), (0.0, ridge)], width, walls)
    tiles = masonry(
        "Roof",
        (tinted(rng, (0.16, 0.06, 0.035)), (0.09, 0.04, 0.03)),
        (0.02, 0.015, 0.01),
        brick_m=(0.3, 0.22),
    )
    slope = atan2(ridge - eaves, depth / 2)
    run = hypot(ridge - eaves, depth / 2) + 0.45
    for side in (-1, 1):
        middle = place.at(0, side * (depth / 4 + 0.17), (eaves + ridge) / 2 - 0.13)
        box(middle.tilted(-side * slope), (width + 0.7, run, 0.1), tiles, bevel=0.015)
    box(place.at(width * 0.28, depth * 0.2, eaves), (0.55, 0.55, 2.4), walls, bevel=0.02)
    frame = plain("Cabin frames", (0.5, 0.48, 0.44), 0.5)
    dark = plain("Cabin panes", (0.01, 0.012, 0.015), 0.04)
    front = -depth / 2
    boxes(place, [((-width * 0.2, front - 0.02, 0.4), (0.95, 0.08, 2.05))], frame, bevel=0.01)
    box(
        place.at(-width * 0.2, front - 0.05, 0.4),
        (0.8, 0.06, 1.95),
        wood("Door", (0.08, 0.03, 0.015), (0.16, 0.07, 0.03), along="z"),
    )
    boxes(place, [((width * 0.22, front - 0.02, 1.35), (1.15, 0.08, 1.05))], frame, bevel=0.01)
    glass = [((width * 0.22 + dx, front - 0.05, 1.42), (0.47, 0.05, 0.9)) for dx in (-0.26, 0.26)]
    boxes(place, glass, dark, bevel=0.0)
    return place
