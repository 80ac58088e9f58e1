"""What stands and lies in a workshop where cars are repaired."""

from math import pi

import numpy as np

from hdrbatch.scenes.kit.camera import Point
from hdrbatch.scenes.kit.hallplan import Hall
from hdrbatch.scenes.kit.lights import add_bulb
from hdrbatch.scenes.kit.materials import pick, plain
from hdrbatch.scenes.kit.movers import moves
from hdrbatch.scenes.kit.shapes import Place, boxes, put, tube, turned, turned_mesh
from hdrbatch.scenes.props.fittings import ENAMELS, barrel, crates, extinguisher, lockers, shelving, trolley
from hdrbatch.scenes.props.vehicles import car
from hdrbatch.scenes.props.workbench import workbench
from hdrbatch.scenes.props.workshop import (
    air_hose,
    engine_hoist,
    floor_jack,
    oil_pan,
    rubber_mat,
    tool_chest,
    tyre_stack,
)


def furnish_workshop(hall: Hall, eye_y: float, rng: np.random.Generator) -> Place:
    """Set up the workshop: benches and shelves along the walls, tyres, drums, work lamps, a swinging one.

    Returns
    -------
    Place
        Of the car in the middle.
    """
    w, d = hall.width, hall.depth
    middle = _car_place(hall, rng)
    lift = float(rng.choice([0.0, 0.0, 0.32, 1.3]))
    _lifted_car(middle, lift, rng)
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
    _swinging_lamp(middle, max(2.0, lift + 1.75), hall.height, rng)
    return middle


def _car_place(hall: Hall, rng: np.random.Generator) -> Place:
    """Where the car stands: in the middle, a little turned."""
    turn = float(rng.choice([0.0, pi])) + float(rng.uniform(-0.35, 0.35))
    x = float(np.clip(hall.door_x * 0.6, -hall.width / 2 + 2.6, hall.width / 2 - 2.6))
    return Place(x, float(rng.uniform(0.3, 1.4)), 0.0, turn)


def _lifted_car(middle: Place, lift: float, rng: np.random.Generator) -> None:
    """Car on the floor, on jack stands or on a two-post lift."""
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
    car(Place(middle.x, middle.y, lift, middle.heading), rng, lamps=False)


def _swinging_lamp(middle: Place, low: float, ceiling: float, rng: np.random.Generator) -> None:
    """Hooded bulb on a cord over the car."""
    lamp = middle.at(float(rng.uniform(-0.6, 0.6)), float(rng.uniform(-2.4, 2.4)))
    cord = plain("Cord", (0.01, 0.01, 0.01), 0.5)
    with moves((float(rng.uniform(0.3, 0.9)), 0.2, 0.0)):
        tube(Place(lamp.x, lamp.y), [(0, 0, low + 0.1), (0, 0, ceiling)], 0.006, cord)
        hood = [(0.17, 0.0), (0.14, 0.06), (0.05, 0.14), (0.03, 0.2), (0.0, 0.2)]
        turned(Place(lamp.x, lamp.y, low + 0.05), hood, plain("Hood", pick(rng, ENAMELS), 0.35), segments=28)
        add_bulb(Place(lamp.x, lamp.y, low), 0.035, float(rng.uniform(600, 1300)), 2700.0)


def clutter_workshop(hall: Hall, eye: Point, middle: Place, rng: np.random.Generator) -> None:
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


def _workshop_piece(foot: Place, rng: np.random.Generator) -> None:
    """Something that stands along a wall of a workshop."""
    kind = rng.random()
    if kind < 0.38:
        workbench(foot.at(0, -0.36), rng)
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
