"""A stage or a hall in spotlights: a theatre, a concert, a museum by night; dark seats, drapes and corners.

The range is that between the lenses of the spotlights, some of which look into the camera, what stands in
their beams, and what only stray light reaches.
"""

from dataclasses import dataclass
from math import pi

import numpy as np

from hdrbatch.scenes.kit.camera import Point, add_camera
from hdrbatch.scenes.kit.description import SceneDescription
from hdrbatch.scenes.kit.lights import add_bulb
from hdrbatch.scenes.kit.materials import boards, fabric, mottled, pick, plain
from hdrbatch.scenes.kit.movers import moves
from hdrbatch.scenes.kit.photometry import CD_M2, luminance_of, scaled, temperature_color
from hdrbatch.scenes.kit.seeds import part_rng
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import Place, ball_profile, box, boxes, tube, turned
from hdrbatch.scenes.kit.sky import add_night_sky
from hdrbatch.scenes.props.fittings import Part
from hdrbatch.scenes.props.furniture import WOODS, chair, choose_finish, picture
from hdrbatch.scenes.props.theatre import (
    amplifier,
    drape,
    drum_kit,
    microphone,
    piano,
    sculpture,
    seats,
    spotlight,
    truss,
)
from hdrbatch.scenes.props.walkers import walker

FAMILY = "stage"
KINDS = ("theatre", "concert", "museum")
VIEWS = ("front", "side", "behind")
VELVETS: tuple[Color, ...] = (
    (0.28, 0.012, 0.018),
    (0.02, 0.03, 0.12),
    (0.012, 0.012, 0.013),
    (0.03, 0.10, 0.05),
    (0.22, 0.10, 0.02),
)
GELS: tuple[Color, ...] = (
    (1.0, 0.05, 0.03),
    (0.06, 0.15, 1.0),
    (0.9, 0.08, 0.65),
    (0.05, 0.75, 0.65),
    (1.0, 0.42, 0.03),
    (0.15, 0.9, 0.12),
)
STRAY_CD_M2 = 0.03
"""Light from exit signs and screens all about, so that nothing is exactly black."""


@dataclass(frozen=True)
class Stage:
    """Measures of a stage, its front edge at y 0 and the audience towards -y; the stage's floor is at z 0."""

    kind: str
    view: str
    width: float
    depth: float
    height: float
    eye: Point
    target: Point
    focal_mm: float


def build(seed: int) -> SceneDescription:
    """Build the stage of a seed in the open, empty scene."""
    stage = _plan(part_rng(FAMILY, seed, "plan"))
    add_night_sky(STRAY_CD_M2, scaled(temperature_color(4500.0), STRAY_CD_M2 * CD_M2))
    _build_house(stage, part_rng(FAMILY, seed, "house"))
    props = part_rng(FAMILY, seed, "props")
    spots = {"theatre": _set_play, "concert": _set_band, "museum": _set_museum}[stage.kind](stage, props)
    lumens, colored = _light(stage, spots, part_rng(FAMILY, seed, "light"))
    camera = add_camera(stage.eye, stage.target, stage.focal_mm)
    return SceneDescription(
        family=FAMILY,
        seed=seed,
        focal_length_mm=stage.focal_mm,
        camera_location=tuple(camera.location),
        camera_rotation=tuple(camera.rotation_euler),
        facts={
            "stage": stage.kind,
            "view": stage.view,
            "width_m": stage.width,
            "spot_lm": lumens,
            "colored_spots": colored,
        },
    )


def _plan(rng: np.random.Generator) -> Stage:
    kind = KINDS[int(rng.integers(3))]
    view = VIEWS[int(rng.choice(3, p=(0.5, 0.25, 0.25)))] if kind != "museum" else "front"
    width, depth = float(rng.uniform(8, 12)), float(rng.uniform(6, 9))
    height = float(rng.uniform(4.6, 6.2)) if kind != "museum" else float(rng.uniform(3.4, 4.6))
    side = float(rng.choice([-1, 1]))
    if view == "front":
        eye: Point = (
            side * float(rng.uniform(0.3, 3.2)),
            -float(rng.uniform(4.5, 8.0)),
            float(rng.uniform(0.5, 1.7)),
        )
        target: Point = (float(rng.uniform(-1, 1)), depth * 0.5, float(rng.uniform(1.6, 2.3)))
        focal = float(rng.uniform(23, 34))
    elif view == "side":
        eye = (side * width * 0.46, float(rng.uniform(-1.2, 1.5)), float(rng.uniform(1.2, 1.8)))
        target = (-side * width * 0.22, depth * 0.6, float(rng.uniform(1.3, 1.8)))
        focal = float(rng.uniform(22, 28))
    else:
        eye = (side * float(rng.uniform(1.0, 3.0)), depth - 0.5, float(rng.uniform(1.3, 1.9)))
        target = (-side * float(rng.uniform(0.0, 1.0)), -3.0, float(rng.uniform(1.4, 2.0)))
        focal = float(rng.uniform(20, 27))
    if kind == "museum":
        eye = (eye[0], -float(rng.uniform(2.0, 3.8)), float(rng.uniform(1.2, 1.7)))
        target = (target[0], target[1], 1.5)
    return Stage(kind, view, width, depth, height, eye, target, focal)


def _build_house(stage: Stage, rng: np.random.Generator) -> None:
    """Floor, walls or drapes, proscenium, and the seats in the dark."""
    w, d, h = stage.width, stage.depth, stage.height
    dark, light = WOODS[int(rng.integers(len(WOODS)))]
    floor = boards("Stage floor", (dark, light), board_m=(2.4, 0.14), coat=0.3)
    if stage.kind == "museum":
        color = pick(rng, ((0.55, 0.54, 0.51), (0.10, 0.12, 0.16), (0.26, 0.06, 0.05), (0.08, 0.13, 0.10)))
        dull: Color = (color[0] * 0.9, color[1] * 0.9, color[2] * 0.9)
        wall = mottled("Gallery wall", dull, color, scale=5, bump_m=0.001)
        box(Place(0, 0.5, -0.2), (w, d + 9, 0.2), floor, bevel=0.0)
        parts: list[Part] = [((0, d + 0.1, 0), (w + 0.4, 0.2, h))]
        parts += [((s * (w / 2 + 0.1), 0.5, 0), (0.2, d + 9, h)) for s in (-1, 1)]
        boxes(Place(0, 0), parts, wall, bevel=0.0)
        ceiling = plain("Ceiling", (0.02, 0.02, 0.02), 0.8)
        box(Place(0, 0.5, h + 0.5), (w + 1, d + 10, 0.1), ceiling, bevel=0.0)
        return
    box(Place(0, d / 2, -0.9), (w + 6, d, 0.9), floor, bevel=0.01)
    velvet = fabric("Velvet", pick(rng, VELVETS))
    black = fabric("Masking", (0.010, 0.010, 0.011))
    drape(Place(0, d + 0.1), w + 12, h + 4.5, velvet if rng.random() < 0.45 else black, rng)
    for side in (-1, 1):
        for y in (0.35, d * 0.38, d * 0.72):
            main = y < 1 and stage.kind == "theatre"
            reach = w * float(rng.uniform(0.16, 0.24)) if main else 1.6
            drape(Place(side * (w / 2 + 1.5 - reach / 2), y), reach, h + 0.6, velvet if main else black, rng)
    if stage.kind == "theatre":
        gilt = mottled(
            "Gilding", (0.30, 0.16, 0.04), (0.75, 0.48, 0.16), scale=18, roughness=(0.25, 0.5), metallic=1.0
        )
        arch: list[Part] = [((s * (w / 2 + 1.7), 0, -0.9), (0.6, 0.4, h + 1.6)) for s in (-1, 1)]
        boxes(Place(0, 0), [*arch, ((0, 0, h + 0.2), (w + 4, 0.4, 0.7))], gilt, bevel=0.04)
        drape(Place(0, 0.25, h - 0.35), w + 3, 0.75, velvet, rng)
    plush = fabric("Plush", pick(rng, VELVETS[:2] + VELVETS[3:]))
    rows, first = (2, -2.0) if stage.view == "front" else (7, -2.2)
    seats(Place(0, first, -0.9), 18, rows, plush)
    box(Place(0, -8, -1.3), (w + 14, 17, 0.3), plain("Carpet", (0.03, 0.012, 0.012), 0.9), bevel=0.0)
    if stage.view == "behind":
        rear = mottled("Rear wall", (0.20, 0.13, 0.10), (0.36, 0.26, 0.20), scale=2)
        box(Place(0, -13, -1), (60, 0.3, 30), rear, bevel=0.0)
        balcony = mottled("Balcony", (0.12, 0.06, 0.03), (0.35, 0.22, 0.10), scale=9, roughness=(0.3, 0.6))
        box(Place(0, -10.5, 2.4), (w + 14, 2.4, 0.9), balcony, bevel=0.05)


def _set_play(stage: Stage, rng: np.random.Generator) -> list[Point]:
    """Piano, chairs, music stands; a performer who walks. Returns what is to be lit."""
    middle = Place(
        float(rng.uniform(-1.5, 1.5)),
        stage.depth * float(rng.uniform(0.4, 0.6)),
        0.0,
        float(rng.choice([1.4, -1.3, 0.4, 2.4])),
    )
    spots: list[Point] = [(middle.x, middle.y, 0.9)]
    finish = choose_finish(rng)
    piano(middle, lid_open=bool(rng.random() < 0.7))
    microphone(middle.at(0.3, -1.1), 1.3)
    for side in (-1, 1):
        for i in range(int(rng.integers(1, 5))):
            place = Place(
                side * (stage.width * 0.24 + 0.75 * i),
                stage.depth * float(rng.uniform(0.25, 0.75)),
                0.0,
                float(rng.uniform(-0.5, 0.5)),
            )
            if abs(place.x - middle.x) < 1.7 and abs(place.y - middle.y) < 2.2:
                continue
            chair(place, finish)
            _music_stand(place.at(0, -0.75))
            if i == 0:
                spots.append((place.x, place.y, 0.9))
    x = float(rng.uniform(-2.5, 2.5))
    speed = float(rng.uniform(0.9, 1.4)) * float(rng.choice([-1, 1]))
    with moves((speed, 0.0, 0.0)):
        walker(Place(x, 1.3, 0.0, heading=pi / 2 if speed > 0 else -pi / 2), rng)
    return [*spots, (x, 1.3, 1.1)]


def _music_stand(place: Place) -> None:
    dark = plain("Music stand", (0.015, 0.015, 0.015), 0.4)
    turned(place, [(0.2, 0.0), (0.012, 0.05), (0.012, 1.05), (0.0, 1.05)], dark, segments=10)
    box(place.at(0, 0, 1.0).tilted(0.35), (0.48, 0.012, 0.34), dark)
    box(
        place.at(0.0, 0.012, 1.02).tilted(0.35),
        (0.40, 0.004, 0.28),
        plain("Score", (0.7, 0.69, 0.65), 0.8),
        bevel=0.0,
    )


def _set_band(stage: Stage, rng: np.random.Generator) -> list[Point]:
    """Drum kit on a riser, loudspeakers, microphones, cables; a singer. Returns what is to be lit."""
    drums = Place(float(rng.uniform(-1.5, 1.5)), stage.depth * 0.68, 0.35)
    box(Place(drums.x, drums.y), (2.6, 2.2, 0.35), plain("Riser", (0.02, 0.02, 0.02), 0.5))
    drum_kit(drums, rng)
    spots: list[Point] = [(drums.x, drums.y, 1.0)]
    for side in (-1, 1):
        for i in range(int(rng.integers(1, 3))):
            size = (float(rng.uniform(0.6, 0.8)), 0.36, float(rng.uniform(0.55, 0.8)))
            place = Place(
                side * (2.6 + 0.95 * i), stage.depth * float(rng.uniform(0.58, 0.7)), 0.0, side * -0.2
            )
            amplifier(place, size)
            if rng.random() < 0.6:
                amplifier(place.at(0, 0, size[2]), (size[0], 0.3, 0.3))
            spots.append((place.x, place.y - 0.6, 0.6))
        amplifier(Place(side * (stage.width / 2 + 0.2), 0.6), (0.9, 0.7, 1.9))
        x = side * float(rng.uniform(1.2, 2.4))
        microphone(Place(x, float(rng.uniform(1.2, 2.2))), float(rng.uniform(1.3, 1.6)))
        amplifier(Place(x, 0.45, 0.0, pi).tilted(-0.5), (0.6, 0.35, 0.4))
    microphone(Place(0.1, 1.1), 1.5)
    rubber = plain("Cable", (0.008, 0.008, 0.008), 0.5)
    for _ in range(7):
        path = np.cumsum(np.column_stack([rng.normal(0, 0.45, 9), rng.normal(0.25, 0.25, 9), np.zeros(9)]), 0)
        tube(Place(float(rng.uniform(-3, 3)), 1.0, 0.008), path, 0.008, rubber, sides=6)
    speed = float(rng.uniform(0.6, 1.4)) * float(rng.choice([-1, 1]))
    for x in (float(rng.uniform(-0.6, 0.8)), float(rng.choice([-2.1, 2.1]))):
        with moves((speed, 0.2, 0.0)):
            walker(Place(x, 1.55, 0.0, heading=float(rng.uniform(-0.7, 0.7))), rng)
        spots.append((x, 1.55, 1.2))
    return spots


def _set_museum(stage: Stage, rng: np.random.Generator) -> list[Point]:
    """Sculptures on plinths, pictures on the walls, a bench, visitors. Returns what is to be lit."""
    finish = choose_finish(rng)
    spots: list[Point] = []
    taken: list[tuple[float, float]] = [(stage.eye[0], stage.eye[1])]
    for _ in range(60):
        x, y = float(rng.uniform(-0.42, 0.42)) * stage.width, float(rng.uniform(-0.8, stage.depth - 1.2))
        if len(spots) < 8 and all(np.hypot(x - a, y - b) > 2.0 for a, b in taken):
            taken.append((x, y))
            sculpture(Place(x, y, 0.0, float(rng.uniform(-0.4, 0.4))), rng)
            spots.append((x, y, 1.15))
    walls = [(Place(0, stage.depth), stage.width)]
    walls += [
        (Place(s * stage.width / 2, stage.depth / 2, heading=-s * pi / 2), stage.depth) for s in (-1, 1)
    ]
    for wall, length in walls:
        x = -length / 2 + 1.2
        while x < length / 2 - 0.8:
            size = (float(rng.uniform(0.7, 1.6)), float(rng.uniform(0.8, 1.4)))
            foot = wall.at(x, -0.002, 1.55 - size[1] / 2)
            picture(foot, size, finish, rng)
            if rng.random() < 0.75:
                spots.append((foot.x, foot.y, 1.55))
            x += size[0] / 2 + float(rng.uniform(1.0, 1.9))
    for _ in range(int(rng.integers(1, 3))):
        x, y = float(rng.uniform(-0.35, 0.35)) * stage.width, float(rng.uniform(1.5, stage.depth - 1))
        turn = float(rng.uniform(0, 2 * pi))
        if all(np.hypot(x - a, y - b) > 0.8 for a, b in taken):
            with moves((float(np.sin(turn)), -float(np.cos(turn)), 0.0)):
                walker(Place(x, y, 0.0, turn), rng)
    return spots


def _light(stage: Stage, spots: list[Point], rng: np.random.Generator) -> tuple[float, int]:
    """Trusses or rails, a spot for each thing, colored ones from behind. Returns lumens, colors."""
    w, d, h = stage.width, stage.depth, stage.height
    kelvin = float(rng.choice([2900.0, 3200.0, 4000.0, 5600.0]))
    white = temperature_color(kelvin)
    if stage.kind == "museum":
        lumens = float(rng.uniform(700, 1500))
        rail = plain("Track", (0.02, 0.02, 0.02), 0.5)
        for y in (0.4, d * 0.45, d - 1.6):
            box(Place(0, y, h), (w, 0.04, 0.03), rail)
        for x, y, z in spots:
            track = max((t for t in (0.4, d * 0.45, d - 1.6) if t < y - 0.5), default=0.4)
            source = (float(np.clip(x + rng.uniform(-0.8, 0.8), -w / 2 + 0.3, w / 2 - 0.3)), track, h - 0.3)
            beam = float(rng.uniform(22, 40))
            spotlight(source, (x, y, z), stage.eye, beam_deg=beam, lumens=lumens, color=white, lens_m=0.045)
        return lumens, 0
    # From behind the picture is mostly the house, which lives on what comes back from the stage.
    lumens = float(rng.uniform(4000, 9000)) * (0.3 if stage.view == "behind" else 1.0)
    front, back = 0.9 if stage.view != "front" else 0.7, d - 1.0
    for y in (front, back):
        truss(Place(0, y, h - 0.35), w + 3)
    for x, y, z in spots:
        source = (x + float(rng.uniform(-1.5, 1.5)), front, h - 0.75)
        spotlight(
            source, (x, y, z), stage.eye, beam_deg=float(rng.uniform(22, 36)), lumens=lumens, color=white
        )
    _add_house_light(stage, white, lumens, rng)
    share = 0.9 if stage.kind == "concert" else 0.4
    gels = [GELS[int(i)] for i in rng.choice(len(GELS), 2, replace=False)]
    colored, count = 0, int(rng.integers(5, 9))
    for i, x in enumerate(np.linspace(-w / 2 + 0.6, w / 2 - 0.6, count).tolist()):
        color, strength = white, 0.6
        if rng.random() < share:
            color, strength = gels[i % 2], 0.35
            colored += 1
        aim = (x * 0.55 + float(rng.uniform(-1.2, 1.2)), float(rng.uniform(-1.0, d * 0.5)), 0.6)
        on = rng.random() < 0.85
        spotlight(
            (x, back, h - 0.75), aim, stage.eye, beam_deg=float(rng.uniform(20, 40)),
            lumens=lumens * strength if on else 0.0, color=scaled(color, 1 / luminance_of(color)),
        )  # fmt: skip
    return lumens, colored


def _add_house_light(stage: Stage, white: Color, lumens: float, rng: np.random.Generator) -> None:
    """Broad floods from the gallery onto the whole stage, lamps that hang in the house and over the stage."""
    for side in (-1, 1):
        source = (side * stage.width * 0.4, -6.5, stage.height + 0.8)
        aim = (-side * 1.0, stage.depth * 0.5, 1.0)
        spotlight(source, aim, stage.eye, beam_deg=75.0, lumens=lumens * 0.4, color=white, lens_m=0.12)
    dim = float(rng.uniform(700, 1500)) * (3.0 if stage.view == "behind" else 1.0)
    brass = plain("Lamp holder", (0.7, 0.5, 0.2), 0.3, metallic=1.0)
    for x in np.linspace(-stage.width * 0.6, stage.width * 0.6, 5).tolist():
        foot = Place(x, -8.4, 4.3)
        tube(foot, [(0, 0, 0), (0, 0, 12)], 0.008, brass, sides=5)
        turned(
            foot.at(0, 0, -0.06), [(0.0, 0.0), (0.03, 0.01), (0.05, 0.05), (0.0, 0.05)], brass, segments=16
        )
        add_bulb(foot, 0.04, dim, 2500.0)
    for side in (-1, 1):
        lamp = Place(side * stage.width * 0.3, stage.depth - 0.7, stage.height + 0.4)
        turned(lamp.at(0, 0, 0.1), ball_profile(0.05), brass, segments=12)
        add_bulb(lamp, 0.05, dim, 2700.0)
