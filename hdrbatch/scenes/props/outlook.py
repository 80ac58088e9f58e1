"""What is seen from a window: a garden, a street, a skyline, hills; the window looks along +y.

Each is built before a wall whose foot outside is at a place, `storey_m` above the ground.
"""

from math import pi
from typing import Any

import numpy as np

from hdrbatch.scenes.kit.materials import leaf, masonry, mottled, pick, plain, tinted
from hdrbatch.scenes.kit.movers import moves
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import Place, box, boxes, mesh_data, prism, put
from hdrbatch.scenes.kit.terrain import fractal_noise, ground_mesh
from hdrbatch.scenes.props.facade import choose_windows, house
from hdrbatch.scenes.props.vegetation import broadleaf_tree, bush, conifer, stand
from hdrbatch.scenes.props.vehicles import car

GREENS: tuple[tuple[Color, Color], ...] = (
    ((0.02, 0.06, 0.010), (0.10, 0.20, 0.03)),
    ((0.05, 0.07, 0.012), (0.18, 0.21, 0.03)),
    ((0.16, 0.07, 0.010), (0.42, 0.22, 0.02)),
    ((0.03, 0.05, 0.02), (0.11, 0.15, 0.06)),
)
NEEDLES: tuple[Color, Color] = ((0.012, 0.04, 0.018), (0.045, 0.10, 0.04))
PLASTERS: tuple[Color, ...] = (
    (0.55, 0.50, 0.42),
    (0.50, 0.34, 0.24),
    (0.32, 0.12, 0.07),
    (0.42, 0.44, 0.45),
    (0.60, 0.52, 0.33),
)
TOWERS: tuple[Color, ...] = (
    (0.36, 0.35, 0.33),
    (0.22, 0.23, 0.25),
    (0.45, 0.38, 0.30),
    (0.28, 0.14, 0.10),
    (0.50, 0.49, 0.46),
)


def garden(storey_m: float, rng: np.random.Generator) -> None:
    """Lawn with a path, trees, bushes, a hedge or a fence, and a neighbour's house behind."""
    lawn = mottled("Lawn", (0.02, 0.045, 0.01), (0.09, 0.14, 0.03), scale=2.5, bump_m=0.03)
    box(Place(0, 60, -storey_m - 0.3), (260.0, 119.0, 0.3), lawn, bevel=0.0)
    path = masonry("Path", ((0.34, 0.31, 0.27), (0.24, 0.22, 0.2)), (0.1, 0.1, 0.09), brick_m=(0.5, 0.35))
    box(
        Place(float(rng.uniform(-2, 2)), 8.5, -storey_m, float(rng.uniform(-0.4, 0.4))),
        (1.3, 14.0, 0.025),
        path,
    )
    far = float(rng.uniform(13, 22))
    if rng.random() < 0.5:
        fence = plain("Fence", pick(rng, ((0.62, 0.6, 0.56), (0.14, 0.08, 0.045))), 0.7)
        posts = [((0.16 * i, 0.0, 0.0), (0.11, 0.025, 1.3)) for i in range(-90, 91)]
        rails = [((0.0, 0.04, z), (29.0, 0.05, 0.09)) for z in (0.3, 1.0)]
        boxes(Place(0, far - 1.5, -storey_m), posts + rails, fence, bevel=0.0)
    cottage(Place(float(rng.uniform(-9, 9)), far + 7, -storey_m, float(rng.uniform(-0.4, 0.4))), rng)
    spots = [(float(rng.uniform(-10, 10)), float(rng.uniform(8, far + 12))) for _ in range(8)]
    # Woods close the view behind.
    spots += [(float(rng.uniform(-60, 60)), float(rng.uniform(far + 18, far + 60))) for _ in range(40)]
    trees(rng, storey_m, spots)
    for _ in range(2):
        dark, light = GREENS[int(rng.integers(len(GREENS)))]
        mound = bush(1.3, 1800, rng)
        mound.materials.append(leaf("Bush", tinted(rng, dark), tinted(rng, light)))
        for _ in range(9):
            spot = Place(float(rng.uniform(-9, 9)), float(rng.uniform(3.5, far - 1)), -storey_m - 0.05)
            thing = put(mound, spot.at(0, 0, turn=float(rng.uniform(0, 6))))
            size = float(rng.uniform(0.5, 1.3))
            thing.scale = (size, size, size)
    birds(rng, (5.0, 12.0))


def street(storey_m: float, rng: np.random.Generator) -> None:
    """Row of houses across a road with cars that stand and one that drives."""
    pale = mottled("Pavement", (0.16, 0.155, 0.15), (0.28, 0.27, 0.26), scale=5)
    asphalt = mottled("Asphalt", (0.035, 0.035, 0.036), (0.08, 0.08, 0.08), scale=25, bump_m=0.004)
    across = float(rng.uniform(8, 13))
    box(Place(0, 60, -storey_m - 0.42), (320.0, 119.0, 0.3), asphalt, bevel=0.0)
    box(Place(0, 1.6, -storey_m - 0.12), (200.0, 3.0, 0.12), pale, bevel=0.02)
    front = 3.1 + across
    box(Place(0, front + 1.5, -storey_m - 0.12), (200.0, 3.0, 0.12), pale, bevel=0.02)
    windows = choose_windows(rng)
    x = -34.0
    while x < 34.0:
        width = float(rng.uniform(6, 11))
        spot = Place(x + width / 2, front + 3.0, -storey_m)
        house(spot, (width, 9.0, int(rng.integers(1, 5))), windows, rng)
        x += width + (0.0 if rng.random() < 0.8 else 3.0)
    for i in range(-3, 4):
        if rng.random() < 0.6:
            spot = Place(
                i * 5.6 + float(rng.uniform(-0.5, 0.5)), front - 1.2, -storey_m - 0.12, heading=pi / 2
            )
            car(spot, rng, lamps=False)
    way = 1 if rng.random() < 0.5 else -1
    lane = Place(float(rng.uniform(-3, 3)), 5.2 if way > 0 else 3.1 + across * 0.5, -storey_m - 0.12)
    with moves((way * float(rng.uniform(5, 11)), 0.0, 0.0)):
        car(lane.at(0, 0, turn=way * pi / 2), rng, lamps=False)
    if rng.random() < 0.6:
        gap = float(rng.uniform(6, 9))
        trees(rng, storey_m, [(gap * i + 2.0, front + 0.8) for i in range(-4, 5)], size=0.7)


def skyline(storey_m: float, rng: np.random.Generator) -> None:
    """Towers and roofs of a city, seen from high up, with a park or a river between."""
    ground = mottled("City ground", (0.06, 0.06, 0.06), (0.20, 0.19, 0.18), scale=0.05)
    box(Place(0, 1500, -storey_m - 1.0), (6000.0, 2990.0, 1.0), ground, bevel=0.0)
    facades = [tower_front(rng) for _ in range(5)]
    for near, far, count, tallest in ((35, 110, 14, 0.9), (110, 320, 38, 1.5), (320, 1200, 70, 2.6)):
        for _ in range(count):
            y = float(rng.uniform(near, far))
            x = y * float(rng.uniform(-1.1, 1.1))
            tall = storey_m * float(rng.uniform(0.3, tallest)) + float(rng.uniform(0, 12))
            size = (float(rng.uniform(11, 26)), float(rng.uniform(11, 22)))
            front = facades[int(rng.integers(len(facades)))]
            spot = Place(x, y + size[1] / 2, -storey_m, heading=float(rng.choice([0.0, 0.0, 0.3, -0.2])))
            box(spot, (*size, tall), front, bevel=0.0)
            if rng.random() < 0.6:
                box(spot.at(0, 0, tall), (size[0] * 0.45, size[1] * 0.45, 4.0), front, bevel=0.0)
            if rng.random() < 0.12:
                box(
                    spot.at(0, 0, tall),
                    (0.5, 0.5, 0.35 * tall),
                    plain("Mast", (0.3, 0.3, 0.3), 0.5),
                    bevel=0.0,
                )
    birds(rng, (7.0, 15.0))


def hills(storey_m: float, rng: np.random.Generator) -> None:
    """Meadows that fall and rise to wooded hills, and a farmhouse."""
    relief = fractal_noise(rng, float(rng.uniform(60, 110)), octaves=4)
    slope = float(rng.uniform(0.02, 0.08))

    def height(x: Any, y: Any) -> Any:
        distance = np.hypot(x, y)
        far = np.clip((distance - 150) / 700, 0, 1)
        rise = far * 160 * (0.55 + 0.6 * relief(x * 0.12 + 300, y * 0.12))
        fall = np.clip(distance - 6, 0, 150) * slope
        near = relief(x, y) * np.clip((distance - 5) / 60, 0, 1) * 5
        return np.maximum(rise, 0) + near - fall - storey_m

    grass = pick(rng, ((0.08, 0.12, 0.025), (0.20, 0.17, 0.06), (0.07, 0.10, 0.03)))
    meadow = mottled("Meadow", (0.04, 0.06, 0.015), grass, scale=0.06, detail=8.0)
    put(ground_mesh(height, 1.0, 1500.0, 120, 200), Place(0, 0), meadow)
    spots = []
    for _ in range(90):
        y = 14.0 * 50.0 ** float(rng.random())
        x = y * float(rng.uniform(-1.1, 1.1))
        spots.append((x, y))
    trees(rng, storey_m, spots, ground=height)
    x, y = float(rng.uniform(-14, 14)), float(rng.uniform(45, 80))
    cottage(
        Place(x, y, float(height(np.array([x]), np.array([y]))[0]) - 0.4, float(rng.uniform(-0.6, 0.6))), rng
    )
    birds(rng, (6.0, 14.0))


def trees(
    rng: np.random.Generator,
    storey_m: float,
    spots: list[tuple[float, float]],
    *,
    size: float = 1.0,
    ground: Any = None,
) -> None:
    """Trees of two or three kinds at spots; `ground` gives heights if it is not level."""
    bark = mottled(
        "Bark", (0.03, 0.02, 0.013), (0.14, 0.10, 0.07), scale=14, bump_m=0.02, stretch=(1, 1, 0.2)
    )
    kinds = []
    for _ in range(3):
        broad = rng.random() < 0.7
        dark, light = GREENS[int(rng.integers(len(GREENS)))] if broad else NEEDLES
        green = leaf("Leaves", tinted(rng, dark), tinted(rng, light), gloss=0.4)
        meshes = broadleaf_tree(7.5, 4500, rng) if broad else conifer(10.0, 4000, rng)
        for mesh, material in zip(meshes, (bark, green), strict=True):
            mesh.materials.append(material)
        kinds.append(meshes)
    for x, y in spots:
        z = -storey_m if ground is None else float(ground(np.array([x]), np.array([y]))[0])
        meshes = kinds[int(rng.integers(len(kinds)))]
        stand(meshes, (x, y, z - 0.1), float(rng.uniform(0, 6)), size * float(rng.uniform(0.65, 1.1)))


def cottage(place: Place, rng: np.random.Generator) -> None:
    """House with a gable roof, windows and a chimney that faces -y."""
    color = pick(rng, PLASTERS)
    wall = mottled("House", (color[0] * 0.8, color[1] * 0.8, color[2] * 0.8), color, scale=0.8, bump_m=0.004)
    width, depth, eaves = float(rng.uniform(8, 12)), 7.0, float(rng.uniform(3.0, 5.5))
    box(place, (width, depth, eaves), wall, bevel=0.02)
    prism(place, [(-depth / 2, eaves), (depth / 2, eaves), (0.0, eaves + 3.0)], width, wall)
    tiles = masonry(
        "Roof",
        (tinted(rng, (0.22, 0.08, 0.045)), (0.12, 0.055, 0.04)),
        (0.03, 0.02, 0.015),
        brick_m=(0.3, 0.25),
    )
    for side in (-1, 1):
        slab = place.at(0, side * (depth / 4 + 0.2), eaves + 1.30)
        box(
            slab.tilted(-side * float(np.arctan2(3.0, depth / 2))),
            (width + 0.8, 5.1, 0.14),
            tiles,
            bevel=0.02,
        )
    box(place.at(width * 0.3, 0.8, eaves), (0.7, 0.7, 4.0), wall, bevel=0.02)
    frame, dark = (
        plain("House frames", (0.6, 0.58, 0.54), 0.5),
        plain("House panes", (0.01, 0.012, 0.015), 0.04),
    )
    middles = np.linspace(-0.36, 0.36, 4) * width
    front = -depth / 2
    levels = [0.9] if eaves < 4.2 else [0.9, 3.3]
    spots = [(float(x), z) for x in middles for z in levels]
    boxes(place, [((x, front - 0.02, z - 0.08), (1.2, 0.1, 1.5)) for x, z in spots], frame, bevel=0.01)
    panes = [((x + dx, front - 0.06, z), (0.47, 0.05, 1.32)) for x, z in spots for dx in (-0.26, 0.26)]
    boxes(place, panes, dark, bevel=0.0)


def tower_front(rng: np.random.Generator) -> Any:
    """Front of a large building: rows of dark windows between piers."""
    wall = pick(rng, TOWERS)
    pane = tinted(rng, (0.03, 0.04, 0.05), 0.4)
    size = (float(rng.uniform(1.3, 3.6)), float(rng.uniform(2.9, 3.6)))
    # Bricks for windows, mortar for the wall.
    dark = (pane[0] * 0.5, pane[1] * 0.5, pane[2] * 0.5)
    return masonry("Tower", (pane, dark), wall, brick_m=size, roughness=0.25, offset=0.0)


def birds(rng: np.random.Generator, distances_m: tuple[float, float]) -> None:
    """Few birds in flight, all one way."""
    plumage = plain("Bird", pick(rng, ((0.02, 0.02, 0.022), (0.55, 0.55, 0.54), (0.10, 0.07, 0.05))), 0.8)
    wings = [
        (0.0, 0.16, 0.02),
        (0.20, 0.06, 0.07),
        (0.46, -0.08, 0.02),
        (0.18, -0.07, 0.05),
        (0.0, -0.10, 0.01),
    ]
    half = np.array(wings)
    left = half * [-1, 1, 1]
    body = np.array(
        [(0, 0.24, 0.0), (0.035, 0.02, 0.03), (0, -0.22, 0.02), (-0.035, 0.02, 0.03), (0, 0.02, -0.05)]
    )
    vertices = np.concatenate([half, left[::-1], body])
    faces = [(0, 1, 4), (1, 3, 4), (1, 2, 3), (5, 9, 8), (5, 8, 6), (6, 8, 7)]
    faces += [(10, 14, 11), (11, 14, 12), (12, 14, 13), (13, 14, 10), (10, 11, 13), (11, 12, 13)]
    mesh = mesh_data(vertices, faces, smooth=False, name="bird")
    way = float(rng.uniform(-0.35, 0.35)) + (pi / 2 if rng.random() < 0.5 else -pi / 2)
    speed = float(rng.uniform(3, 7))
    with moves((-speed * float(np.sin(way)), speed * float(np.cos(way)), 0.0)):
        for _ in range(int(rng.integers(2, 6))):
            y = float(rng.uniform(*distances_m))
            spot = Place(y * float(rng.uniform(-0.4, 0.4)), y, 1.5 + y * float(rng.uniform(-0.02, 0.18)))
            put(
                mesh,
                spot.at(0, 0, turn=way + float(rng.uniform(-0.2, 0.2))).tilted(
                    float(rng.uniform(-0.3, 0.3)), float(rng.uniform(-0.5, 0.5))
                ),
                plumage,
            )
