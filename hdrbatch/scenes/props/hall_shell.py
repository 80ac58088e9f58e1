"""What encloses a car park or a workshop: floor, walls, beams, columns and door, and what is outside it."""

from typing import Any

import bpy
import numpy as np

from hdrbatch.scenes.kit.hallplan import Hall
from hdrbatch.scenes.kit.materials import assorted, masonry, mottled, pick, plain, tinted
from hdrbatch.scenes.kit.shader import Color, ShaderGraph
from hdrbatch.scenes.kit.shapes import Place, box, boxes, rectangles
from hdrbatch.scenes.kit.sky import add_portal
from hdrbatch.scenes.props.fittings import ENAMELS, STRIPES, Part
from hdrbatch.scenes.props.outlook import cottage, trees

WALL_M = 0.25


def _stained_floor(rng: np.random.Generator) -> Any:
    """Sealed concrete with oil stains, worn to a dull shine."""
    material = bpy.data.materials.new("Stained floor")
    graph = ShaderGraph(material)
    vector = graph.coordinates()
    base = tinted(rng, (0.12, 0.118, 0.112), 0.4)
    pale: Color = (base[0] * 1.35, base[1] * 1.35, base[2] * 1.35)
    cloud = graph.noise(vector, 0.9, 8.0, 0.65)
    stains = graph.rescale(graph.noise(vector, 0.55, 3.0), (0.60, 0.68), (0.0, 1.0))
    color = graph.mix(stains, graph.ramp(cloud, [(0.3, base), (0.7, pale)]), (0.025, 0.022, 0.02))
    wear = graph.rescale(cloud, (0.3, 0.7), (0.22, 0.55))
    inputs = {
        "Base Color": color,
        "Roughness": graph.math("SUBTRACT", wear, graph.math("MULTIPLY", stains, 0.1)),
        "Normal": graph.bump(graph.noise(vector, 14.0, 3.0), 0.0015),
    }
    graph.surface(graph.add("BsdfPrincipled", inputs).outputs[0])
    return material


def build_shell(hall: Hall, rng: np.random.Generator) -> None:
    """Floor, walls about the door, ceiling with beams, columns."""
    if hall.kind == "car park" or rng.random() < 0.35:
        gray = tinted(rng, (0.27, 0.265, 0.25), 0.25)
        dull: Color = (gray[0] * 0.6, gray[1] * 0.6, gray[2] * 0.58)
        wall = mottled("Concrete", dull, gray, scale=1.2, bump_m=0.004, detail=9.0, stretch=(1.0, 1.0, 0.35))
    else:
        brick = pick(rng, ((0.28, 0.10, 0.06), (0.55, 0.54, 0.50), (0.36, 0.30, 0.22)))
        shade: Color = (brick[0] * 0.75, brick[1] * 0.75, brick[2] * 0.75)
        wall = masonry("Brick", (brick, shade), tinted(rng, (0.3, 0.29, 0.27)), brick_m=(0.25, 0.085))
    w, d, h = hall.width, hall.depth, hall.height
    box(Place(0, 0, -0.2), (w + 0.5, d + 0.5, 0.2), _stained_floor(rng), bevel=0.0)
    box(Place(0, 0, h), (w + 0.5, d + 0.5, 0.2), wall, bevel=0.0)
    sides: list[Part] = [((s * (w + WALL_M) / 2, 0, 0), (WALL_M, d + 0.5, h)) for s in (-1, 1)]
    sides.append(((0, -(d + WALL_M) / 2, 0), (w, WALL_M, h)))
    left, right = hall.door_x - hall.door_width / 2, hall.door_x + hall.door_width / 2
    y = (d + WALL_M) / 2
    sides += [
        (((left - w / 2) / 2, y, 0), (left + w / 2, WALL_M, h)),
        (((right + w / 2) / 2, y, 0), (w / 2 - right, WALL_M, h)),
        ((hall.door_x, y, hall.door_top), (hall.door_width, WALL_M, h - hall.door_top)),
    ]
    boxes(Place(0, 0), sides, wall, bevel=0.0)
    if hall.kind == "car park":
        _paint_park(hall, wall, rng)
    else:
        steel = plain("Girder", pick(rng, ENAMELS), 0.5)
        beams: list[Part] = []
        for y in np.arange(-d / 2 + 1, d / 2, 2.4).tolist():
            beams += [
                ((0, y, h - 0.03), (w, 0.16, 0.03)),
                ((0, y, h - 0.28), (w, 0.16, 0.03)),
                ((0, y, h - 0.28), (w, 0.03, 0.28)),
            ]
        boxes(Place(0, 0), beams, steel, bevel=0.004)


def _paint_park(hall: Hall, wall: Any, rng: np.random.Generator) -> None:
    """Columns with painted feet, beams, a band on the walls, lines on the floor."""
    stripe = plain("Stripe", pick(rng, STRIPES), 0.45)
    w, d, h = hall.width, hall.depth, hall.height
    boxes(Place(0, 0), [((x, y, 0), (0.42, 0.42, h)) for x, y in hall.columns], wall, bevel=0.03)
    boxes(Place(0, 0), [((x, y, 0.12), (0.43, 0.43, 0.95)) for x, y in hall.columns], stripe, bevel=0.03)
    rows = sorted({y for _, y in hall.columns})
    boxes(Place(0, 0), [((0, y, h - 0.38), (w, 0.38, 0.4)) for y in rows], wall, bevel=0.02)
    bands: list[Part] = [((s * (w / 2 - 0.003), 0, 0.9), (0.008, d, 0.35)) for s in (-1, 1)]
    boxes(Place(0, 0), bands, stripe, bevel=0.0)
    white = mottled("Line", (0.30, 0.29, 0.27), (0.62, 0.61, 0.57), scale=7, roughness=(0.3, 0.6))
    lines: list[Part] = [
        ((s * (w / 2 - 2.5), y, 0.0), (5.0, 0.1, 0.003))
        for s in (-1, 1)
        for y in np.arange(-d / 2, d / 2, hall.bay).tolist()
    ]
    boxes(Place(0, 0), lines, white, bevel=0.0)
    for y in np.arange(-d / 2 + 5, d / 2 - 2, 7.0).tolist():
        arrow = [(-0.07, -0.9, 0.003), (0.07, -0.9, 0.003), (0.07, 0.2, 0.003), (-0.07, 0.2, 0.003)]
        head = [(-0.3, 0.2, 0.003), (0.3, 0.2, 0.003), (0.02, 0.9, 0.003), (-0.02, 0.9, 0.003)]
        rectangles(Place(1.4, y), [arrow, head], white)


def build_door(hall: Hall, rng: np.random.Generator) -> None:
    """Roller door with its box and rails, or the way to a ramp; the portal for the sampler."""
    x, y = hall.door_x, hall.depth / 2
    steel = plain("Door rail", (0.3, 0.3, 0.3), 0.4, metallic=1.0)
    rails: list[Part] = [
        ((x + s * hall.door_width / 2, y - 0.03, 0), (0.08, 0.1, hall.door_top)) for s in (-1, 1)
    ]
    boxes(Place(0, 0), rails, steel)
    if hall.kind == "workshop":
        paint = plain("Roller door", pick(rng, ENAMELS), 0.4)
        slats = np.arange(hall.door_open, hall.door_top, 0.095).tolist()
        boxes(Place(x, y + 0.03), [((0, 0, z), (hall.door_width, 0.025, 0.09)) for z in slats] or
              [((0, 0, hall.door_top - 0.1), (hall.door_width, 0.025, 0.1))], paint, bevel=0.008)  # fmt: skip
        box(Place(x, y - 0.2, hall.door_top), (hall.door_width + 0.3, 0.38, 0.36), steel, bevel=0.02)
    else:
        stripes = assorted("Barrier", ((0.5, 0.02, 0.015), (0.6, 0.6, 0.58)))
        arm: list[Part] = [
            ((i * 0.4 + 0.3, 0, 0.95), (0.4, 0.04, 0.09)) for i in range(int(hall.door_width / 0.45))
        ]
        boxes(Place(x - hall.door_width / 2, y - 0.6), arm, stripes, bevel=0.004)
        box(
            Place(x - hall.door_width / 2 - 0.1, y - 0.6),
            (0.3, 0.3, 1.15),
            plain("Post", (0.5, 0.3, 0.02), 0.4),
            bevel=0.02,
        )
    add_portal(Place(x, y + 0.2, hall.door_open / 2), hall.door_width, hall.door_open, (0.0, -1.0, 0.0))


def build_outdoors(hall: Hall, rng: np.random.Generator) -> None:
    """Yard before a workshop with a house and trees; the walls of a ramp before a car park."""
    yard = mottled("Yard", (0.10, 0.10, 0.095), (0.24, 0.235, 0.22), scale=1.5, roughness=(0.6, 0.9))
    y = hall.depth / 2
    if hall.kind == "car park":
        rise, run = 3.0, 17.0
        x, half = hall.door_x, hall.door_width / 2 + 0.3
        rectangles(
            Place(x, y + 0.2), [[(-half, 0, 0), (half, 0, 0), (half, run, rise), (-half, run, rise)]], yard
        )
        concrete = mottled("Ramp wall", (0.2, 0.19, 0.18), (0.45, 0.44, 0.41), scale=1.2, detail=8.0)
        boxes(
            Place(x, y + 0.2 + run / 2),
            [((s * (half + 0.15), 0, 0), (0.3, run, rise + 0.9)) for s in (-1, 1)],
            concrete,
        )
        box(Place(0, y + run + 50, rise - 0.31), (160, 100, 0.3), yard, bevel=0.0)
        ground = rise
    else:
        box(Place(0, y + 50.2, -0.22), (160, 100, 0.2), yard, bevel=0.0)
        ground = 0.0
    cottage(
        Place(hall.door_x + float(rng.uniform(-6, 6)), y + float(rng.uniform(20, 32)) + 3 * ground, ground),
        rng,
    )
    spots = [
        (hall.door_x + float(rng.uniform(-11, 11)), y + float(rng.uniform(9, 18)) + 4 * ground)
        for _ in range(4)
    ]
    trees(rng, -ground, spots)
