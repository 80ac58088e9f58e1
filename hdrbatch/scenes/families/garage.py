"""A car park or a workshop in mixed light: tubes of several whites, warm work lamps, daylight from a door.

The range is that between the tubes and the daylight, which are seen, and the ground under the cars, open
shelves and boots.
"""

from dataclasses import dataclass
from math import pi
from typing import Any

import bpy
import numpy as np

from hdrbatch.scenes.kit.camera import Point, add_camera
from hdrbatch.scenes.kit.description import SceneDescription
from hdrbatch.scenes.kit.lights import add_bulb, add_portal, add_sky, add_sun
from hdrbatch.scenes.kit.materials import assorted, masonry, mottled, pick, plain, tinted
from hdrbatch.scenes.kit.movers import moves
from hdrbatch.scenes.kit.seeds import part_rng
from hdrbatch.scenes.kit.shader import Color, ShaderGraph
from hdrbatch.scenes.kit.shapes import Place, box, boxes, put, rectangles, tube, turned, turned_mesh
from hdrbatch.scenes.props.fittings import (
    ENAMELS,
    Part,
    barrel,
    batten,
    caged_lamp,
    crates,
    extinguisher,
    lockers,
    pipes,
    shelving,
    steel_door,
    trolley,
)
from hdrbatch.scenes.props.outlook import cottage, trees
from hdrbatch.scenes.props.tools import bolts, gear, hammer, screwdriver, spanner
from hdrbatch.scenes.props.vehicles import car
from hdrbatch.scenes.props.walkers import walker
from hdrbatch.scenes.props.workshop import (
    air_hose,
    cone,
    engine_hoist,
    floor_jack,
    hung_sign,
    oil_pan,
    rubber,
    rubber_mat,
    tool_chest,
    tyre_stack,
    wheeled_bin,
)

FAMILY = "garage"
WALL_M = 0.25
WHITES_K = (4000.0, 4000.0, 5000.0, 6500.0)
STRIPES: tuple[Color, ...] = ((0.55, 0.38, 0.03), (0.04, 0.16, 0.30), (0.35, 0.04, 0.03), (0.08, 0.24, 0.12))


@dataclass(frozen=True)
class Hall:
    """Measures of a hall: floor at z 0, camera near the wall at -y, door in that at +y.

    Parameters
    ----------
    kind : str
        `"car park"` or `"workshop"`.
    door_x, door_width, door_top, door_open : float
        Middle, width and height of the door, and the height up to which it stands open.
    """

    kind: str
    width: float
    depth: float
    height: float
    bay: float
    door_x: float
    door_width: float
    door_top: float
    door_open: float

    @property
    def columns(self) -> list[tuple[float, float]]:
        """Middles of the columns."""
        if self.kind == "workshop":
            return []
        xs = (-self.width / 2 + 5.6, self.width / 2 - 5.6)
        return [(x, y) for x in xs for y in np.arange(-self.depth / 2 + 5.2, self.depth / 2, 7.5).tolist()]


def build(seed: int) -> SceneDescription:
    """Build the hall of a seed in the open, empty scene."""
    hall = _plan(part_rng(FAMILY, seed, "plan"))
    sun = part_rng(FAMILY, seed, "sun")
    elevation, azimuth = float(sun.uniform(12, 50)), float(sun.uniform(-50, 50))
    haze = float(sun.uniform(0.2, 0.8))
    add_sky(elevation, azimuth, haze=haze)
    add_sun(elevation, azimuth, seen_from=None, haze=haze)
    _build_shell(hall, part_rng(FAMILY, seed, "shell"))
    _build_door(hall, part_rng(FAMILY, seed, "door"))
    _build_outdoors(hall, part_rng(FAMILY, seed, "outdoors"))
    lit, lumens = _build_tubes(hall, part_rng(FAMILY, seed, "tubes"))
    camera, focal = _place_camera(hall, part_rng(FAMILY, seed, "camera"))
    furnish = _furnish_park if hall.kind == "car park" else _furnish_workshop
    furnish(hall, camera.location[1], part_rng(FAMILY, seed, "things"))
    eye: Point = tuple(camera.location)
    clutter = part_rng(FAMILY, seed, "clutter")
    if hall.kind == "car park":
        _clutter_park(hall, eye, clutter)
    else:
        _clutter_workshop(hall, eye, _middle(hall, part_rng(FAMILY, seed, "things")), clutter)
    return SceneDescription(
        family=FAMILY,
        seed=seed,
        focal_length_mm=focal,
        camera_location=tuple(camera.location),
        camera_rotation=tuple(camera.rotation_euler),
        facts={
            "hall": hall.kind,
            "door_open_m": hall.door_open,
            "tubes_lit": lit,
            "tube_lm": lumens,
            "sun_elevation_deg": elevation,
            "sun_azimuth_deg": azimuth,
            "haze": haze,
        },
    )


def _plan(rng: np.random.Generator) -> Hall:
    park = rng.random() < 0.5
    width = float(rng.uniform(15.5, 18.5) if park else rng.uniform(7, 11))
    door_width = float(rng.uniform(3.2, 5.5) if park else rng.uniform(2.8, 3.8))
    top = float(rng.uniform(2.2, 2.5) if park else rng.uniform(2.6, 3.3))
    reach = (width - door_width) / 2 - 0.8
    return Hall(
        kind="car park" if park else "workshop",
        width=width,
        depth=float(rng.uniform(22, 34) if park else rng.uniform(8, 12)),
        height=float(rng.uniform(2.6, 3.1) if park else rng.uniform(3.3, 4.6)),
        bay=2.5,
        door_x=float(rng.uniform(-0.25, 0.25)) * width if park else float(rng.uniform(-reach, reach)),
        door_width=door_width,
        door_top=top,
        door_open=top if park else top * float(rng.choice([0.35, 0.6, 1.0])),
    )


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


def _build_shell(hall: Hall, rng: np.random.Generator) -> None:
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


def _build_door(hall: Hall, rng: np.random.Generator) -> None:
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


def _build_outdoors(hall: Hall, rng: np.random.Generator) -> None:
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


def _build_tubes(hall: Hall, rng: np.random.Generator) -> tuple[int, float]:
    """Rows of tubes, of mixed whites, some of them dead. Returns how many are lit, and their lumens."""
    share, lumens = float(rng.choice([0.35, 0.6, 0.9])), float(rng.uniform(1800, 3400))
    along = rng.random() < 0.5
    kelvin, lit = float(rng.choice(WHITES_K)), 0
    columns = (-5.2, 0.0, 5.2) if hall.kind == "car park" else (-hall.width / 4, hall.width / 4)
    step = 5.0 if hall.kind == "car park" else 3.0
    drop = 0.42 if hall.kind == "car park" else 0.3
    for x in columns:
        for y in np.arange(-hall.depth / 2 + 2.4, hall.depth / 2 - 0.8, step).tolist():
            on = bool(rng.random() < share)
            white = float(rng.choice(WHITES_K)) if rng.random() < 0.3 else kelvin
            place = Place(x, y, hall.height - drop, pi / 2 if along else 0.0)
            batten(place, 1.5, lumens=lumens if on else 0.0, kelvin=white)
            wires: list[Part] = [((dx, 0, 0), (0.01, 0.01, drop)) for dx in (-0.5, 0.5)]
            boxes(place, wires, plain("Wire", (0.2, 0.2, 0.2), 0.5), bevel=0.0)
            lit += on
    return lit, lumens


def _furnish_park(  # noqa: C901 - one branch a thing
    hall: Hall, eye_y: float, rng: np.random.Generator
) -> None:
    """Parked cars in their bays, one that drives, doors, pipes, a warm lamp at the lift."""
    w, d = hall.width, hall.depth
    fill = float(rng.uniform(0.35, 0.8))
    for side in (-1, 1):
        for y in np.arange(-d / 2 + hall.bay / 2, d / 2 - 1, hall.bay).tolist():
            x = side * (w / 2 - 2.5 - float(rng.uniform(-0.2, 0.2)))
            turn = side * pi / 2 + (pi if rng.random() < 0.3 else 0.0) + float(rng.uniform(-0.03, 0.03))
            near = abs(y - eye_y) < 2.2
            if rng.random() < fill and not near:
                car(Place(x, y, 0.0, heading=turn), rng, lamps=False)
    coming = rng.random() < 0.5
    speed = float(rng.uniform(2, 5))
    y = float(rng.uniform(0.0, 0.32)) * d
    lane = -1.4 if coming else 1.4
    with moves((0.0, -speed if coming else speed, 0.0)):
        car(Place(lane, y, 0.0, heading=0.0 if coming else pi), rng, lamps=True)
    if rng.random() < 0.6:
        with moves((0.0, float(rng.uniform(1.0, 1.5)), 0.0)):
            ahead = max(eye_y + 7.0, y - float(rng.uniform(4, 8)))
            walker(Place(float(rng.uniform(-2.4, 2.4)), ahead, 0.0, heading=pi), rng)
    for side in (-1, 1):
        pipes(
            Place(-w / 2 if side < 0 else w / 2 - 0.6, -d / 2, hall.height - 0.6),
            d,
            int(rng.integers(2, 4)),
            rng,
        )
    for x in np.arange(-w / 2 + 1.2, w / 2 - 1, 2.6).tolist():
        if abs(x - hall.door_x) < hall.door_width / 2 + 1.0:
            continue
        foot, kind = Place(x, d / 2), rng.random()
        if kind < 0.35:
            steel_door(foot, 0.95, 2.05, plain("Steel door", pick(rng, (*STRIPES, (0.4, 0.4, 0.4))), 0.4))
            caged_lamp(foot.at(0, 0, 2.35), lumens=700.0, kelvin=2700.0)
        elif kind < 0.5:
            extinguisher(foot.at(0, 0, 0.8))
        elif kind < 0.7:
            crates(foot.at(0, -0.7), rng)


def _middle(hall: Hall, rng: np.random.Generator) -> Place:
    """Where the car of a workshop stands: the first draws of its generator."""
    turn = float(rng.choice([0.0, pi])) + float(rng.uniform(-0.35, 0.35))
    x = float(np.clip(hall.door_x * 0.6, -hall.width / 2 + 2.6, hall.width / 2 - 2.6))
    return Place(x, float(rng.uniform(0.3, 1.4)), 0.0, turn)


def _furnish_workshop(hall: Hall, eye_y: float, rng: np.random.Generator) -> None:
    """A car in the middle, benches and shelves along the walls, tyres, drums, work lamps, a swinging one."""
    w, d = hall.width, hall.depth
    middle = _middle(hall, rng)
    turn = middle.heading
    lift = float(rng.choice([0.0, 0.0, 0.32, 1.3]))
    if lift > 1:
        paint = plain("Lift", pick(rng, ENAMELS), 0.35)
        boxes(middle, [((s * 1.35, 0, 0), (0.26, 0.34, 2.6)) for s in (-1, 1)], paint, bevel=0.01)
        boxes(
            middle,
            [((s * 0.85, y, lift + 0.18), (0.9, 0.1, 0.1)) for s in (-1, 1) for y in (-0.9, 0.9)],
            paint,
        )
    elif lift:
        stand = plain("Jack stand", (0.4, 0.03, 0.02), 0.4)
        foot = turned_mesh([(0.13, 0.0), (0.03, 0.36), (0.03, 0.62), (0.06, 0.64), (0.0, 0.64)], 4)
        for s in (-1, 1):
            for y in (-0.8, 0.8):
                put(foot, middle.at(s * 0.6, y), stand)
    car(Place(middle.x, middle.y, lift, turn), rng, lamps=False)
    for side in (-1, 1):
        y = eye_y + 2.9
        while y < d / 2 - 1.2:
            foot = Place(side * w / 2, y, heading=-side * pi / 2)
            _workshop_piece(foot, rng)
            y += float(rng.uniform(2.1, 2.7))
    for x in np.arange(-w / 2 + 1.2, w / 2 - 0.9, 2.1).tolist():
        if abs(x - hall.door_x) > hall.door_width / 2 + 1.1:
            _workshop_piece(Place(x, d / 2), rng)
    for _ in range(int(rng.integers(1, 3))):
        spot = middle.at(float(rng.choice([-1, 1])) * 1.6, float(rng.uniform(-1.8, 1.8)))
        _work_lamp(spot, middle, rng)
    lamp = middle.at(float(rng.uniform(-0.6, 0.6)), float(rng.uniform(-2.4, 2.4)))
    low = max(2.0, lift + 1.75)
    cord = plain("Cord", (0.01, 0.01, 0.01), 0.5)
    with moves((float(rng.uniform(0.3, 0.9)), 0.2, 0.0)):
        tube(Place(lamp.x, lamp.y), [(0, 0, low + 0.1), (0, 0, hall.height)], 0.006, cord)
        hood = [(0.17, 0.0), (0.14, 0.06), (0.05, 0.14), (0.03, 0.2), (0.0, 0.2)]
        turned(Place(lamp.x, lamp.y, low + 0.05), hood, plain("Hood", pick(rng, ENAMELS), 0.35), segments=28)
        add_bulb(Place(lamp.x, lamp.y, low), 0.035, float(rng.uniform(600, 1300)), 2700.0)


def _clutter_workshop(hall: Hall, eye: Point, middle: Place, rng: np.random.Generator) -> None:
    """What is left about on the floor: low things anywhere, tall ones beside the way from eye to door."""
    w, d = hall.width, hall.depth
    ahead = np.arctan2(d / 2 - eye[1], hall.door_x * 0.5 - eye[0])
    rubber_mat(middle.at(0.0, float(rng.choice([-1, 1])) * 2.9), (1.9, 1.0))
    taken: list[tuple[float, float]] = []
    tall = ["chest", "tyres", "hoist", "drums", "chest", "trolley"]
    rng.shuffle(tall)
    wanted = ["mat", *tall[:4], "jack", "pan", "hose", "mat", tall[4]]
    for _ in range(160):
        if not wanted:
            break
        x, y = float(rng.uniform(-w / 2 + 0.7, w / 2 - 0.7)), float(rng.uniform(-d / 2 + 0.7, d / 2 - 1.8))
        away = float(np.hypot(x - eye[0], y - eye[1]))
        beside = abs(float(np.arctan2(y - eye[1], x - eye[0])) - float(ahead))
        low = wanted[0] in ("mat", "jack", "pan", "hose")
        if away < (2.0 if low else 2.9) or beside > 0.75 or (not low and beside < 0.16):
            continue
        if y > eye[1] + 1.5 and abs(x) > w / 2 - 1.5:
            continue
        dx, dy = x - middle.x, y - middle.y
        c, s = np.cos(middle.heading), np.sin(middle.heading)
        if abs(c * dx + s * dy) < 2.1 and abs(c * dy - s * dx) < 3.2:
            continue
        if any(np.hypot(x - ox, y - oy) < (1.9 if wanted[0] == "mat" else 1.05) for ox, oy in taken):
            continue
        taken.append((x, y))
        _floor_thing(wanted.pop(0), Place(x, y, 0.0, float(rng.uniform(-0.6, 0.6))), rng)


def _floor_thing(kind: str, place: Place, rng: np.random.Generator) -> None:
    if kind == "chest":
        tool_chest(place, rng)
    elif kind == "tyres":
        tyre_stack(place, int(rng.integers(2, 6)), rng)
    elif kind == "hoist":
        engine_hoist(place.at(0, -0.4, turn=float(rng.uniform(-1.5, 1.5))), rng)
    elif kind == "drums":
        barrel(place, rng)
        oil_pan(place.at(-0.62, -0.1))
    elif kind == "trolley":
        trolley(place, rng)
    elif kind == "jack":
        floor_jack(place.at(0, 0, turn=float(rng.uniform(-2, 2))), rng)
    elif kind == "pan":
        oil_pan(place)
    elif kind == "hose":
        air_hose(place, float(rng.uniform(0.6, 1.0)), rng)
    else:
        rubber_mat(place, (float(rng.uniform(1.0, 1.5)), float(rng.uniform(0.7, 1.0))))


def _clutter_park(hall: Hall, eye: Point, rng: np.random.Generator) -> None:
    """Guards on the columns, stops in the bays, a ramp across the way, signs, bins, cones and trolleys."""
    w, d = hall.width, hall.depth
    black = rubber("Guard")
    guards: list[Part] = [
        ((x + sx * 0.2, y + sy * 0.2, 0.0), (0.07, 0.07, 1.1))
        for x, y in hall.columns
        for sx in (-1, 1)
        for sy in (-1, 1)
    ]
    stops: list[Part] = [
        ((s * (w / 2 - 0.55), y, 0.0), (0.15, 1.7, 0.1))
        for s in (-1, 1)
        for y in np.arange(-d / 2 + hall.bay / 2, d / 2 - 1, hall.bay).tolist()
    ]
    boxes(Place(0, 0), guards + stops, black, bevel=0.01)
    way = w / 2 - 5.3
    ramp = float(rng.uniform(3.2, 6.0))
    teeth = np.arange(-way, way - 0.2, 0.5).tolist()
    for shift, paint in ((0.25, black), (0.75, plain("Ramp", (0.5, 0.33, 0.02), 0.6))):
        parts: list[Part] = [((x + 0.25, 0, 0), (0.5, 0.4, 0.05)) for x in teeth[int(shift > 0.5) :: 2]]
        boxes(Place(0, eye[1] + ramp), parts, paint, bevel=0.02)
    drain: list[Part] = [((i * 0.03, 0, 0.002), (0.018, 0.22, 0.006)) for i in range(int(way / 0.03))]
    boxes(Place(-way * 0.5, eye[1] + ramp + 1.1), drain, black, bevel=0.0)
    for y in np.arange(eye[1] + float(rng.uniform(5, 8)), d / 2 - 3, 9.0).tolist():
        color = pick(rng, ((0.01, 0.08, 0.30), (0.01, 0.18, 0.06), (0.5, 0.33, 0.02)))
        hung_sign(Place(float(rng.uniform(-1.2, 1.2)), y, hall.height), hall.height - 2.46, color)
    bare = {-1.0, 1.0}
    for x, y in hall.columns:
        if y < eye[1] + 3.4:
            continue
        kind, foot = rng.random(), Place(x, y - 0.65, 0.0, float(rng.uniform(-0.15, 0.15)))
        if kind < 0.4 or np.sign(x) in bare:
            wheeled_bin(foot, rng)
            wheeled_bin(Place(x + float(np.sign(x)) * 0.1, y - 1.35, 0.0, float(rng.uniform(-0.2, 0.2))), rng)
        elif kind < 0.6:
            trolley(foot.at(0, 0, turn=pi / 2), rng)
        elif kind < 0.8:
            cone(foot)
        bare.discard(float(np.sign(x)))


def _workshop_piece(foot: Place, rng: np.random.Generator) -> None:
    """Something that stands along a wall of a workshop."""
    kind = rng.random()
    if kind < 0.38:
        _bench(foot.at(0, -0.36), rng)
    elif kind < 0.6:
        shelving(foot.at(0, -0.25), (float(rng.uniform(1.4, 1.9)), float(rng.uniform(1.7, 2.3))), rng)
    elif kind < 0.7:
        lockers(foot.at(0, -0.25), int(rng.integers(3, 5)), rng)
    elif kind < 0.85:
        _tyres(foot.at(-0.4, -0.4), rng)
        barrel(foot.at(0.45, -0.4), rng)
    elif kind < 0.93:
        crates(foot.at(0, -0.5), rng)
    else:
        trolley(foot.at(0, -0.5), rng)
        extinguisher(foot.at(0.7, 0, 0.8))


def _bench(place: Place, rng: np.random.Generator) -> None:
    """Bench with drawers, open below, tools on it and on the board behind it, perhaps a lamp over it."""
    top = mottled(
        "Bench top", (0.08, 0.05, 0.03), (0.32, 0.21, 0.11), scale=4, stretch=(1, 12, 12), bump_m=0.001
    )
    paint = plain("Bench", pick(rng, ENAMELS), 0.4)
    box(place.at(0, 0, 0.84), (1.9, 0.7, 0.06), top)
    parts: list[Part] = [((sx * 0.88, sy * 0.28, 0), (0.07, 0.07, 0.84)) for sx in (-1, 1) for sy in (-1, 1)]
    parts += [((0.55, 0.0, 0.3), (0.55, 0.6, 0.54)), ((0.0, 0.0, 0.16), (1.75, 0.55, 0.03))]
    boxes(place, parts, paint)
    drawers: list[Part] = [((0.55, -0.31, z), (0.5, 0.02, 0.15)) for z in (0.33, 0.5, 0.67)]
    boxes(place, drawers, paint, bevel=0.006)
    board = mottled("Tool board", (0.22, 0.15, 0.09), (0.38, 0.28, 0.17), scale=8)
    box(place.at(0, 0.34, 1.05), (1.8, 0.025, 0.85), board)
    makers = (hammer, spanner, screwdriver)
    for dx in (-0.65, -0.2, 0.3):
        makers[int(rng.integers(3))](
            place.at(dx, float(rng.uniform(-0.2, 0.1)), 0.902, turn=float(rng.uniform(0, 6))), 0.28, rng
        )
    bolts(place.at(0.1, -0.15, 0.902), 0.2, rng)
    gear(place.at(0.62, 0.05, 0.902), 0.09, rng)
    steel = plain("Hung tool", (0.35, 0.35, 0.36), 0.3, metallic=1.0)
    hung: list[Part] = [
        ((x, 0.318, 1.75 - tall), (float(rng.uniform(0.02, 0.05)), 0.015, tall))
        for x in np.linspace(-0.8, 0.8, 11).tolist()
        for tall in (float(rng.uniform(0.15, 0.42)),)
    ]
    boxes(place, hung, steel, bevel=0.004)
    grips: list[Part] = [
        ((x, 0.315, low - 0.1), (wide + 0.012, 0.022, 0.12)) for (x, _, low), (wide, _, _) in hung
    ]
    boxes(place, grips, assorted("Grips", STRIPES, roughness=0.4), bevel=0.006)
    if rng.random() < 0.5:
        batten(place.at(0, 0.2, 2.05), 1.2, lumens=1200.0, kelvin=float(rng.choice(WHITES_K)))


def _tyres(place: Place, rng: np.random.Generator) -> None:
    rubber = plain("Tyre", (0.012, 0.012, 0.012), 0.7)
    ring = turned_mesh(
        [(0.19, 0.0), (0.27, -0.005), (0.31, 0.03), (0.31, 0.15), (0.27, 0.185), (0.19, 0.18), (0.19, 0.0)],
        32,
    )
    for i in range(int(rng.integers(2, 6))):
        put(
            ring,
            place.at(float(rng.normal(0, 0.012)), float(rng.normal(0, 0.012)), 0.005 + i * 0.186),
            rubber,
        )


def _work_lamp(place: Place, at: Place, rng: np.random.Generator) -> None:
    """Warm flood on a tripod, turned to a place."""
    steel = plain("Tripod", (0.5, 0.3, 0.02), 0.4)
    tall = float(rng.uniform(0.9, 1.5))
    for i in range(3):
        angle = i * 2 * pi / 3
        tube(
            place,
            [(0.35 * np.cos(angle), 0.35 * np.sin(angle), 0.0), (0, 0, tall * 0.6), (0, 0, tall)],
            0.014,
            steel,
        )
    facing = float(np.arctan2(at.y - place.y, at.x - place.x)) + pi / 2
    head = Place(place.x, place.y, place.z, facing).at(0, 0, tall)
    boxes(
        head,
        [
            ((0, 0.10, 0.0), (0.30, 0.03, 0.22)),
            ((0, 0.05, 0.21), (0.30, 0.12, 0.015)),
            ((0, 0.05, -0.01), (0.30, 0.12, 0.015)),
        ],
        plain("Flood", (0.02, 0.02, 0.02), 0.4),
    )
    add_bulb(head.at(0, 0.0, 0.06), 0.045, float(rng.uniform(1500, 4000)), 2900.0)


def _place_camera(hall: Hall, rng: np.random.Generator) -> tuple[Any, float]:
    """Near the wall across from the door, off its axis; the door is in the picture, beside its middle."""
    w, d = hall.width, hall.depth
    side = float(rng.choice([-1, 1]))
    if hall.kind == "car park":
        eye: Point = (
            side * float(rng.uniform(0.2, 1.5)),
            -d / 2 + float(rng.uniform(0.8, 5)),
            float(rng.uniform(0.9, 1.75)),
        )
        focal = float(rng.uniform(22, 32))
    else:
        eye = (
            side * (w / 2 - float(rng.uniform(0.7, 1.4))),
            -d / 2 + float(rng.uniform(0.4, 0.8)),
            float(rng.uniform(1.1, 1.9)),
        )
        focal = float(rng.uniform(18, 24))
    share = float(rng.uniform(0.3, 0.7))
    target = (
        hall.door_x * share - side * w * 0.05,
        d / 2 * float(rng.uniform(0.6, 1.0)),
        float(rng.uniform(0.9, 1.4)),
    )
    return add_camera(eye, target, focal), focal
