"""Things on a table, terrace, plinth or stone, lit by a captured panorama that is also their background.

The range is that of the capture: a sun, a bright sky or lamps, mirrored in glass and metal, against the
shadows under and in the things.
"""

from math import atan, cos, degrees, radians, sin, tan
from pathlib import Path
from typing import Any

import numpy as np

from hdrbatch.blender.session import studio_light_world
from hdrbatch.scenes.kit.camera import add_camera
from hdrbatch.scenes.kit.description import SceneDescription
from hdrbatch.scenes.kit.environment_map import SHIPPED_SCALES, add_panorama, brightest_deg
from hdrbatch.scenes.kit.movers import moves
from hdrbatch.scenes.kit.seeds import part_rng
from hdrbatch.scenes.props import arrangement
from hdrbatch.scenes.props.arrangement import Prop, arrange
from hdrbatch.scenes.props.display import Display, build_display, build_shelter
from hdrbatch.scenes.props.fruit import apple, bouquet, citrus
from hdrbatch.scenes.props.tableware import crate, polished_ball, vase

FAMILY = "tabletop"
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
        EXR or .hdr. Its values are treated as radiance; those of the shipped panoramas, which are relative,
        are scaled as `SHIPPED_SCALES` says.
    seed : int
        Chooses everything else, the panorama's rotation too.
    """
    shipped = panorama.stem in SHIPPED_SCALES and panorama == studio_light_world(panorama.stem)
    scale = SHIPPED_SCALES[panorama.stem] if shipped else 1.0
    rng = part_rng(FAMILY, seed, "rotation")
    # Degrees from +y, where the camera looks, to the brightest spot: a low sun stands in the picture.
    azimuth_deg, elevation_deg = brightest_deg(panorama)
    ahead = elevation_deg < 25 and bool(rng.random() < 0.6)
    toward_deg = float(rng.choice([-1, 1])) * float(rng.uniform(2, 17) if ahead else rng.uniform(20, 150))
    rotation_deg = (90.0 - toward_deg - azimuth_deg) % 360.0
    add_panorama(panorama, rotation_deg, scale)
    display = build_display(part_rng(FAMILY, seed, "stage"))
    shelter_rng = part_rng(FAMILY, seed, "shelter")
    # Where no sun is in the picture, the range comes from a dark place that looks out into the light.
    sheltered = bool(shelter_rng.random() < (0.3 if ahead else 0.7))
    if sheltered:
        build_shelter(display, shelter_rng)
    rng = part_rng(FAMILY, seed, "things")
    theme = list(KINDS)[int(rng.integers(len(KINDS)))]
    mover = _build_mover(display, part_rng(FAMILY, seed, "mover"))
    centre = _build_centrepiece(display, part_rng(FAMILY, seed, "centrepiece"), dark=not (ahead or sheltered))
    names = arrange(
        display.top,
        display.half_size_m,
        KINDS[theme],
        int(rng.integers(9, 18)),
        rng,
        keep_clear=[mover, centre],
    )
    camera, focal = _place_camera(
        display, part_rng(FAMILY, seed, "camera"), sun_deg=elevation_deg if ahead else None
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
            "stage": display.name,
            "shelter": "yes" if sheltered else "no",
            "theme": theme,
            "num_things": len(names) + 2,
            "f_number": round(camera.data.dof.aperture_fstop, 1),
        },
    )


def _build_mover(display: Display, rng: np.random.Generator) -> tuple[float, float, float]:
    """Ball or fruit that rolls along the front of the display; the spot it takes."""
    x = float(rng.uniform(-0.55, 0.55)) * display.half_size_m[0]
    y = -float(rng.uniform(0.6, 0.85)) * display.half_size_m[1]
    speed = float(rng.uniform(0.3, 1.0)) * (1 if rng.random() < 0.5 else -1)
    with moves((speed, 0.1 * speed, 0.0)):
        spot = display.top.at(x, y)
        kind = int(rng.integers(3))
        if kind == 0:
            polished_ball(spot, float(rng.uniform(0.015, 0.035)), rng)
        elif kind == 1:
            citrus(spot, float(rng.uniform(0.06, 0.08)), rng)
        else:
            apple(spot, float(rng.uniform(0.065, 0.08)), rng)
    return x, y, 0.06


def _build_centrepiece(
    display: Display, rng: np.random.Generator, *, dark: bool
) -> tuple[float, float, float]:
    """Large mirror ball, a crate (whose inside is `dark`), or a vase with flowers; the spot it takes."""
    x = float(rng.uniform(-0.6, 0.6)) * display.half_size_m[0]
    y = float(rng.uniform(0.2, 0.7)) * display.half_size_m[1]
    spot = display.top.at(x, y)
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


def _place_camera(display: Display, rng: np.random.Generator, *, sun_deg: float | None) -> tuple[Any, float]:
    """At the table, focused on what is on it; low, so that the horizon is in the picture."""
    focal, pitch_deg = float(rng.uniform(28, 50)), float(rng.uniform(3, 20))
    if display.name == "ground":
        # The things hide less of it than a table would: lower, or it would fill the picture.
        pitch_deg *= 0.55
    if sun_deg is not None:
        # So wide and level that the sun is below the picture's upper edge.
        focal = min(focal, 13.5 / tan(radians(sun_deg + 6)))
        pitch_deg = min(pitch_deg, degrees(atan(13.5 / focal)) - sun_deg - 3)
    distance = max(display.distance_m * focal / 38, 0.6)
    pitch, yaw = radians(pitch_deg), float(rng.uniform(-0.25, 0.25))
    target = (float(rng.uniform(-0.06, 0.06)), 0.0, display.top.z + float(rng.uniform(0.08, 0.16)))
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
