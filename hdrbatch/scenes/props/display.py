"""What things are shown on: a table, a terrace, a plinth, a wall, the ground; and a shed around it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from hdrbatch.scenes.kit.lights import add_bulb
from hdrbatch.scenes.kit.materials import boards, masonry, mottled, plain, tinted, wood
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import Place, box, boxes, turned
from hdrbatch.scenes.props.furniture import WOODS, choose_finish, pot_plant, table
from hdrbatch.scenes.props.tableware import vase

STONES: tuple[tuple[Color, Color], ...] = (
    ((0.16, 0.15, 0.14), (0.38, 0.36, 0.33)),
    ((0.30, 0.22, 0.15), (0.52, 0.42, 0.31)),
    ((0.03, 0.03, 0.033), (0.10, 0.10, 0.105)),
    ((0.42, 0.41, 0.40), (0.62, 0.61, 0.59)),
    ((0.22, 0.09, 0.06), (0.36, 0.17, 0.11)),
)


@dataclass(frozen=True)
class Display:
    """Surface that the things stand on: its name, its middle, half its size, where the camera looks from."""

    name: str
    top: Place
    half_size_m: tuple[float, float]
    distance_m: float


def build_display(rng: np.random.Generator) -> Display:
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


def _table(rng: np.random.Generator) -> Display:
    size = (float(rng.uniform(1.1, 1.7)), float(rng.uniform(0.6, 0.9)), 0.74)
    table(Place(0, 0), size, choose_finish(rng))
    if rng.random() < 0.7:
        _pavement(rng)
    return Display("table", Place(0, 0, 0.74), (0.42, size[1] / 2 - 0.05), float(rng.uniform(0.8, 1.2)))


def _terrace(rng: np.random.Generator) -> Display:
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
    return Display(
        "terrace", Place(0, 0, 0.74), (radius * 0.82, radius * 0.72), float(rng.uniform(0.85, 1.15))
    )


def _plinth(rng: np.random.Generator) -> Display:
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
    return Display("plinth", Place(0, 0, 1.0), (half * 0.88, half * 0.85), float(rng.uniform(0.95, 1.3)))


def _wall(rng: np.random.Generator) -> Display:
    """Top of a wall: bricks with a coping, or planks on trestles."""
    if rng.random() < 0.5:
        dark, light = STONES[int(rng.integers(len(STONES)))]
        brick = masonry(
            "Wall", (tinted(rng, dark), tinted(rng, light)), (0.35, 0.33, 0.3), brick_m=(0.24, 0.08)
        )
        box(Place(0, 0), (9.0, 0.5, 0.9), brick, bevel=0.01)
        slabs = [((i * 0.72, 0, 0.9), (0.712, 0.6, 0.06)) for i in range(-6, 7)]
        boxes(Place(0, 0), slabs, _stone(rng, "Coping"), bevel=0.008)
        return Display("wall", Place(0, 0, 0.96), (0.45, 0.25), float(rng.uniform(0.8, 1.1)))
    dark, light = WOODS[int(rng.integers(len(WOODS)))]
    plank = boards(
        "Planks", (dark, tinted(rng, light)), board_m=(3.4, float(rng.uniform(0.12, 0.2))), coat=0.0
    )
    box(Place(0, 0, 0.72), (3.4, 0.75, 0.04), plank, bevel=0.004)
    legs = [((x, y, 0.0), (0.06, 0.06, 0.72)) for x in (-1.4, 1.4) for y in (-0.3, 0.3)]
    boxes(Place(0, 0), legs, wood("Trestle", dark, light, along="z"))
    return Display("planks", Place(0, 0, 0.76), (0.46, 0.30), float(rng.uniform(0.8, 1.1)))


def _ground(rng: np.random.Generator) -> Display:
    """Paving or a rug of boards on the ground itself."""
    _pavement(rng)
    return Display("ground", Place(0, 0, 0.0), (0.5, 0.36), float(rng.uniform(0.85, 1.25)))


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


def build_shelter(display: Display, rng: np.random.Generator) -> None:
    """Shed or barn around display and camera, dark inside and open ahead, with shelves along its sides."""
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
    top, back = display.top.z + float(rng.uniform(0.65, 1.1)), 4.0
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
