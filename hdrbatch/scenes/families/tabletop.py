"""Things on a table, terrace, plinth or stone, lit by a captured panorama that is also their background.

The range is that of the capture: a sun, a bright sky or lamps, mirrored in glass and metal, against the
shadows under and in the things.
"""

from dataclasses import dataclass
from math import atan, cos, degrees, pi, radians, sin, tan
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from hdrbatch.blender.session import studio_light_world
from hdrbatch.scenes.kit.camera import add_camera
from hdrbatch.scenes.kit.description import SceneDescription
from hdrbatch.scenes.kit.lights import add_bulb, add_panorama
from hdrbatch.scenes.kit.materials import boards, masonry, mottled, plain, tinted, wood
from hdrbatch.scenes.kit.movers import moves
from hdrbatch.scenes.kit.seeds import part_rng
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import Place, box, boxes, turned
from hdrbatch.scenes.props import arrangement
from hdrbatch.scenes.props.arrangement import Prop, arrange
from hdrbatch.scenes.props.fruit import apple, bouquet, citrus
from hdrbatch.scenes.props.furniture import WOODS, choose_finish, pot_plant, table
from hdrbatch.scenes.props.tableware import crate, polished_ball, vase

FAMILY = "tabletop"
SHIPPED_SCALES: dict[str, float] = {"city": 8.5, "forest": 4.6, "studio": 1.5, "sunrise": 8.8}
"""The panoramas that scenes may use, with factors that take their relative values to about 40,000, 15,000,
1,500 and 10,000 lux on the ground."""
STONES: tuple[tuple[Color, Color], ...] = (
    ((0.16, 0.15, 0.14), (0.38, 0.36, 0.33)),
    ((0.30, 0.22, 0.15), (0.52, 0.42, 0.31)),
    ((0.03, 0.03, 0.033), (0.10, 0.10, 0.105)),
    ((0.42, 0.41, 0.40), (0.62, 0.61, 0.59)),
    ((0.22, 0.09, 0.06), (0.36, 0.17, 0.11)),
)
KINDS: dict[str, tuple[Prop, ...]] = {
    "breakfast": arrangement.CERAMIC + arrangement.FRUIT[:6] + arrangement.GLASS[2:4] + arrangement.METAL[4:],
    "drinks": arrangement.GLASS[:3] * 2 + arrangement.FRUIT[2:5] + arrangement.CERAMIC[1:2],
    "still": arrangement.GLASS + arrangement.METAL[:4] + arrangement.CERAMIC[2:3] + arrangement.DESK[:1],
    "tools": arrangement.WORKSHOP + arrangement.METAL[2:4] + arrangement.GLASS[3:4] + arrangement.CERAMIC[:1],
    "market": arrangement.FRUIT[:6] * 2
    + arrangement.FRUIT[6:]
    + arrangement.CERAMIC[1:3]
    + arrangement.METAL[2:3],
    "balls": arrangement.METAL[3:4] * 3
    + arrangement.GLASS[4:] * 2
    + arrangement.FRUIT[:4]
    + arrangement.CERAMIC[2:3],
}


@dataclass(frozen=True)
class Stage:
    """Surface that the things stand on: its name, its middle, half its size, where the camera looks from."""

    name: str
    top: Place
    half_size_m: tuple[float, float]
    distance_m: float


def build(seed: int) -> SceneDescription:
    """Build the scene of a seed under one of the shipped panoramas, in the open, empty scene."""
    names = list(SHIPPED_SCALES)
    name = names[int(part_rng(FAMILY, seed, "panorama").integers(len(names)))]
    return build_lit_by(studio_light_world(name), seed)


def build_lit_by(panorama: Path, seed: int) -> SceneDescription:
    """Build the scene of a seed under any equirectangular panorama.

    Parameters
    ----------
    panorama : pathlib.Path
        EXR or .hdr. Its values are taken for radiance; those of the shipped panoramas, which are relative,
        are scaled as `SHIPPED_SCALES` says.
    seed : int
        Chooses everything else, the panorama's rotation too.
    """
    shipped = panorama.stem in SHIPPED_SCALES and panorama == studio_light_world(panorama.stem)
    scale = SHIPPED_SCALES[panorama.stem] if shipped else 1.0
    rng = part_rng(FAMILY, seed, "rotation")
    # Degrees from +y, where the camera looks, to the brightest spot: a low sun stands in the picture.
    azimuth_deg, elevation_deg = _brightest_deg(panorama)
    ahead = elevation_deg < 25 and bool(rng.random() < 0.6)
    toward_deg = float(rng.choice([-1, 1])) * float(rng.uniform(2, 17) if ahead else rng.uniform(20, 150))
    rotation_deg = (90.0 - toward_deg - azimuth_deg) % 360.0
    add_panorama(panorama, rotation_deg, scale)
    stage = _build_stage(part_rng(FAMILY, seed, "stage"))
    shelter_rng = part_rng(FAMILY, seed, "shelter")
    # Where no sun is in the picture, the range comes from a dark place that looks out into the light.
    sheltered = bool(shelter_rng.random() < (0.3 if ahead else 0.7))
    if sheltered:
        _build_shelter(stage, shelter_rng)
    rng = part_rng(FAMILY, seed, "things")
    theme = list(KINDS)[int(rng.integers(len(KINDS)))]
    mover = _build_mover(stage, part_rng(FAMILY, seed, "mover"))
    centre = _build_centrepiece(stage, part_rng(FAMILY, seed, "centrepiece"), dark=not (ahead or sheltered))
    names = arrange(
        stage.top,
        stage.half_size_m,
        KINDS[theme],
        int(rng.integers(9, 18)),
        rng,
        keep_clear=[mover, centre],
    )
    camera, focal = _place_camera(
        stage, part_rng(FAMILY, seed, "camera"), sun_deg=elevation_deg if ahead else None
    )
    return SceneDescription(
        family=FAMILY,
        seed=seed,
        focal_length_mm=focal,
        camera_location=tuple(camera.location),
        camera_rotation=tuple(camera.rotation_euler),
        facts={
            "panorama": panorama.stem,
            "panorama_scale": scale,
            "rotation_deg": rotation_deg,
            "brightest_from_view_deg": toward_deg,
            "stage": stage.name,
            "shelter": "yes" if sheltered else "no",
            "theme": theme,
            "num_things": len(names) + 2,
            "f_number": round(camera.data.dof.aperture_fstop, 1),
        },
    )


def _brightest_deg(panorama: Path) -> tuple[float, float]:
    """Where the brightest light of a panorama is: azimuth from +x, counter-clockwise, and elevation."""
    image = bpy.data.images.load(str(panorama), check_existing=True)
    width, height = image.size
    pixels = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(pixels)
    light = pixels.reshape(height, width, -1)[..., :3].sum(-1)
    light *= np.cos((np.arange(height) / height - 0.5) * pi)[:, None]
    # In patches, so that a bright quarter of an overcast sky counts for more than one hot pixel.
    cell = max(1, width // 64)
    rows = np.add.reduceat(light, np.arange(height // 2, height, cell), axis=0)
    patches = np.add.reduceat(rows, np.arange(0, width, cell), axis=1)
    row, column = np.unravel_index(int(np.argmax(patches)), patches.shape)
    azimuth = 180.0 - 360.0 * (float(column) + 0.5) * cell / width
    return azimuth, 180.0 * (float(row) + 0.5) * cell / height


def _build_stage(rng: np.random.Generator) -> Stage:
    """Table, terrace table with a parapet behind, plinth, wall or ground."""
    kind = ("table", "terrace", "plinth", "wall", "ground")[
        int(rng.choice(5, p=[0.25, 0.25, 0.15, 0.2, 0.15]))
    ]
    builders = {"table": _table, "terrace": _terrace, "plinth": _plinth, "wall": _wall, "ground": _ground}
    return builders[kind](rng)


def _stone(rng: np.random.Generator, name: str = "Stone") -> Any:
    dark, light = STONES[int(rng.integers(len(STONES)))]
    gloss = float(rng.choice([0.12, 0.45, 0.7]))
    return mottled(
        name,
        tinted(rng, dark),
        tinted(rng, light),
        scale=14,
        bump_m=0.0015,
        roughness=(gloss, gloss + 0.2),
        detail=8.0,
    )


def _table(rng: np.random.Generator) -> Stage:
    size = (float(rng.uniform(1.1, 1.7)), float(rng.uniform(0.6, 0.9)), 0.74)
    table(Place(0, 0), size, choose_finish(rng))
    if rng.random() < 0.7:
        _pavement(rng)
    return Stage("table", Place(0, 0, 0.74), (0.42, size[1] / 2 - 0.05), float(rng.uniform(0.8, 1.2)))


def _terrace(rng: np.random.Generator) -> Stage:
    """Round table on paving before a balustrade, plants in pots beside."""
    _pavement(rng)
    radius, top = float(rng.uniform(0.36, 0.48)), _stone(rng, "Table top")
    iron = plain("Iron", (0.02, 0.02, 0.021), 0.4, metallic=0.6)
    turned(
        Place(0, 0, 0.71),
        [(0.0, 0.0), (radius, 0.0), (radius, 0.025), (radius - 0.006, 0.03), (0.0, 0.03)],
        top,
        segments=64,
    )
    turned(Place(0, 0), [(0.22, 0.0), (0.20, 0.03), (0.03, 0.06), (0.03, 0.71)], iron)
    far = float(rng.uniform(1.4, 2.6))
    rail = _stone(rng, "Balustrade")
    boxes(
        Place(0, far), [((0, 0, 0), (8.0, 0.26, 0.14)), ((0, 0, 0.82), (8.0, 0.28, 0.10))], rail, bevel=0.015
    )
    baluster = [
        (0.09, 0.14),
        (0.09, 0.18),
        (0.05, 0.22),
        (0.085, 0.42),
        (0.045, 0.66),
        (0.08, 0.76),
        (0.08, 0.82),
    ]
    for i in range(-14, 15):
        turned(Place(i * 0.27, far), baluster, rail, segments=20)
    for _ in range(int(rng.integers(0, 3))):
        side = 1 if rng.random() < 0.5 else -1
        pot_plant(Place(side * float(rng.uniform(0.9, 1.8)), far - 0.45), float(rng.uniform(0.8, 1.3)), rng)
    return Stage("terrace", Place(0, 0, 0.74), (radius * 0.82, radius * 0.72), float(rng.uniform(0.85, 1.15)))


def _plinth(rng: np.random.Generator) -> Stage:
    """Square plinths of stone, one high and two lower beside it."""
    stone = _stone(rng)
    half = float(rng.uniform(0.26, 0.36))
    box(Place(0, 0), (2 * half, 2 * half, 1.0), stone, bevel=0.008)
    for side in (-1, 1):
        tall = float(rng.uniform(0.5, 0.85))
        spot = Place(
            side * (half + 0.35), float(rng.uniform(-0.05, 0.5)), heading=float(rng.uniform(-0.3, 0.3))
        )
        box(spot, (0.45, 0.45, tall), stone, bevel=0.008)
        vase(spot.at(0, 0, tall), float(rng.uniform(0.25, 0.4)), rng)
    _pavement(rng)
    return Stage("plinth", Place(0, 0, 1.0), (half * 0.88, half * 0.85), float(rng.uniform(0.95, 1.3)))


def _wall(rng: np.random.Generator) -> Stage:
    """Top of a wall: bricks with a coping, or planks on trestles."""
    if rng.random() < 0.5:
        dark, light = STONES[int(rng.integers(len(STONES)))]
        brick = masonry(
            "Wall", (tinted(rng, dark), tinted(rng, light)), (0.35, 0.33, 0.3), brick_m=(0.24, 0.08)
        )
        box(Place(0, 0), (9.0, 0.5, 0.9), brick, bevel=0.01)
        slabs = [((i * 0.72, 0, 0.9), (0.712, 0.6, 0.06)) for i in range(-6, 7)]
        boxes(Place(0, 0), slabs, _stone(rng, "Coping"), bevel=0.008)
        return Stage("wall", Place(0, 0, 0.96), (0.45, 0.25), float(rng.uniform(0.8, 1.1)))
    dark, light = WOODS[int(rng.integers(len(WOODS)))]
    plank = boards(
        "Planks", (dark, tinted(rng, light)), board_m=(3.4, float(rng.uniform(0.12, 0.2))), coat=0.0
    )
    box(Place(0, 0, 0.72), (3.4, 0.75, 0.04), plank, bevel=0.004)
    legs = [((x, y, 0.0), (0.06, 0.06, 0.72)) for x in (-1.4, 1.4) for y in (-0.3, 0.3)]
    boxes(Place(0, 0), legs, wood("Trestle", dark, light, along="z"))
    return Stage("planks", Place(0, 0, 0.76), (0.46, 0.30), float(rng.uniform(0.8, 1.1)))


def _ground(rng: np.random.Generator) -> Stage:
    """Paving or a rug of boards on the ground itself."""
    _pavement(rng)
    return Stage("ground", Place(0, 0, 0.0), (0.5, 0.36), float(rng.uniform(0.85, 1.25)))


def _pavement(rng: np.random.Generator) -> None:
    """Slabs, deck or gravel as far as a yard goes."""
    dark, light = STONES[int(rng.integers(len(STONES)))]
    kind = int(rng.integers(3))
    if kind == 0:
        floor = masonry(
            "Slabs", (tinted(rng, dark), tinted(rng, light)), dark, brick_m=(0.6, 0.4), roughness=0.6
        )
    elif kind == 1:
        dark, light = WOODS[int(rng.integers(len(WOODS)))]
        floor = boards("Deck", (dark, light), board_m=(3.0, 0.14), coat=0.0)
    else:
        floor = mottled("Gravel", dark, light, scale=90, bump_m=0.01, detail=3.0)
    box(Place(0, 1.0, -0.1), (14.0, 9.0, 0.1), floor, bevel=0.0)


def _build_shelter(stage: Stage, rng: np.random.Generator) -> None:
    """Shed or barn around stage and camera, dark inside and open ahead, with shelves along its sides."""
    dark, light = WOODS[int(rng.integers(3))]
    kind = int(rng.integers(3))
    if kind == 0:
        walls = wood("Shed", (dark[0] * 0.5, dark[1] * 0.5, dark[2] * 0.5), dark, along="z", roughness=0.75)
    elif kind == 1:
        clay, fired = STONES[4]
        walls = masonry("Shed", (clay, fired), (0.2, 0.19, 0.17), brick_m=(0.24, 0.08))
    else:
        walls = mottled("Shed", (0.10, 0.09, 0.08), tinted(rng, (0.22, 0.20, 0.17)), scale=2.5, bump_m=0.004)
    half, front = float(rng.uniform(0.9, 1.3)), float(rng.uniform(0.55, 1.3))
    top, back = stage.top.z + float(rng.uniform(0.65, 1.1)), 4.0
    deep, middle = front + back, (front - back) / 2
    sides = [((s * (half + 0.95), middle, 0.0), (0.1, deep, top + 0.4)) for s in (-1, 1)]
    sides += [((s * (half + 0.5), front, 0.0), (1.0, 0.14, top + 0.4)) for s in (-1, 1)]
    sides += [((0, -back, 0.0), (2 * half + 2, 0.1, top + 0.4)), ((0, front, top), (2 * half + 2, 0.14, 0.4))]
    boxes(Place(0, 0), sides, walls, bevel=0.0)
    beam = wood("Beams", dark, light, roughness=0.7)
    box(Place(0, middle, top + 0.4), (2 * half + 2.2, deep + 0.3, 0.08), beam, bevel=0.0)
    boxes(Place(0, 0), [((0, y, top + 0.22), (2 * half + 1.9, 0.1, 0.18)) for y in (-1.0, -0.1)], beam)
    box(
        Place(0, middle, -0.02),
        (2 * half + 2.0, deep, 0.025),
        mottled("Earth", (0.03, 0.025, 0.02), (0.10, 0.08, 0.06), scale=9),
        bevel=0.0,
    )
    # A lamp burns at the back, so that what faces away from the opening is dark but not without light.
    add_bulb(Place(0.4, 0.5 - back, top), 0.05, float(rng.uniform(60, 250)), 2700.0)
    for side in (-1, 1):
        for z in (0.5, 0.95, 1.4):
            shelf = Place(side * (half + 0.68), front - 0.75, z)
            box(shelf, (0.42, 1.1, 0.03), beam)
            for y in (-0.35, 0.0, 0.35):
                if rng.random() < 0.75:
                    vase(shelf.at(0, y, 0.03), float(rng.uniform(0.18, 0.32)), rng)


def _build_mover(stage: Stage, rng: np.random.Generator) -> tuple[float, float, float]:
    """Ball or fruit that rolls along the front of the stage; the spot it takes."""
    x = float(rng.uniform(-0.55, 0.55)) * stage.half_size_m[0]
    y = -float(rng.uniform(0.6, 0.85)) * stage.half_size_m[1]
    speed = float(rng.uniform(0.3, 1.0)) * (1 if rng.random() < 0.5 else -1)
    with moves((speed, 0.1 * speed, 0.0)):
        spot = stage.top.at(x, y)
        kind = int(rng.integers(3))
        if kind == 0:
            polished_ball(spot, float(rng.uniform(0.015, 0.035)), rng)
        elif kind == 1:
            citrus(spot, float(rng.uniform(0.06, 0.08)), rng)
        else:
            apple(spot, float(rng.uniform(0.065, 0.08)), rng)
    return x, y, 0.06


def _build_centrepiece(stage: Stage, rng: np.random.Generator, *, dark: bool) -> tuple[float, float, float]:
    """Large mirror ball, a crate (whose inside is `dark`), or a vase with flowers; the spot it takes."""
    x = float(rng.uniform(-0.6, 0.6)) * stage.half_size_m[0]
    y = float(rng.uniform(0.2, 0.7)) * stage.half_size_m[1]
    spot = stage.top.at(x, y)
    kind = 0.0 if dark else rng.random()
    if kind < 0.25:
        size = float(rng.uniform(0.2, 0.28))
        crate(spot.at(0, 0, turn=float(rng.uniform(-0.5, 0.5))), size, rng)
        return x, y, 0.6 * size
    if kind < 0.55:
        radius = float(rng.uniform(0.06, 0.10))
        polished_ball(spot, radius, rng)
        return x, y, 1.05 * radius
    tall = float(rng.uniform(0.17, 0.26))
    vase(spot, tall, rng)
    bouquet(spot.at(0, 0, 0.6 * tall), float(rng.uniform(0.2, 0.32)), rng)
    return x, y, 0.45 * tall


def _place_camera(stage: Stage, rng: np.random.Generator, *, sun_deg: float | None) -> tuple[Any, float]:
    """At the table, focused on what is on it; low, so that the horizon is in the picture."""
    focal, pitch_deg = float(rng.uniform(28, 50)), float(rng.uniform(3, 20))
    if stage.name == "ground":
        # The things hide less of it than a table would: lower, or it would fill the picture.
        pitch_deg *= 0.55
    if sun_deg is not None:
        # So wide and level that the sun is below the picture's upper edge.
        focal = min(focal, 13.5 / tan(radians(sun_deg + 6)))
        pitch_deg = min(pitch_deg, degrees(atan(13.5 / focal)) - sun_deg - 3)
    distance = max(stage.distance_m * focal / 38, 0.6)
    pitch, yaw = radians(pitch_deg), float(rng.uniform(-0.25, 0.25))
    target = (float(rng.uniform(-0.06, 0.06)), 0.0, stage.top.z + float(rng.uniform(0.08, 0.16)))
    eye = (
        target[0] + distance * sin(yaw) * cos(pitch),
        -distance * cos(yaw) * cos(pitch),
        target[2] + distance * sin(pitch),
    )
    camera = add_camera(eye, target, focal)
    # A captured panorama is coarser than a photograph; out of focus it does not show.
    camera.data.dof.use_dof = True
    camera.data.dof.focus_distance = distance
    camera.data.dof.aperture_fstop = float(rng.choice([2.8, 4.0, 5.6, 8.0]))
    return camera, focal
