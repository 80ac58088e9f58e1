"""What stands and lies in a car park."""

from math import pi

import numpy as np

from hdrbatch.scenes.kit.camera import Point
from hdrbatch.scenes.kit.hallplan import Hall
from hdrbatch.scenes.kit.materials import pick, plain
from hdrbatch.scenes.kit.movers import moves
from hdrbatch.scenes.kit.shapes import Place, boxes
from hdrbatch.scenes.props.fittings import (
    STRIPES,
    Part,
    caged_lamp,
    crates,
    extinguisher,
    pipes,
    steel_door,
    trolley,
)
from hdrbatch.scenes.props.vehicles import car
from hdrbatch.scenes.props.walkers import walker
from hdrbatch.scenes.props.workshop import cone, hung_sign, rubber, wheeled_bin


def furnish_park(hall: Hall, eye_y: float, rng: np.random.Generator) -> None:
    """Set up the car park: cars, a walker, what is on the walls."""
    _parked_cars(hall, eye_y, rng)
    _traffic(hall, eye_y, rng)
    _walls(hall, rng)


def _parked_cars(hall: Hall, eye_y: float, rng: np.random.Generator) -> None:
    """Cars in their bays, but for those beside the camera."""
    w, d = hall.width, hall.depth
    fill = float(rng.uniform(0.35, 0.8))
    for side in (-1, 1):
        for y in np.arange(-d / 2 + hall.bay / 2, d / 2 - 1, hall.bay).tolist():
            x = side * (w / 2 - 2.5 - float(rng.uniform(-0.2, 0.2)))
            turn = side * pi / 2 + (pi if rng.random() < 0.3 else 0.0) + float(rng.uniform(-0.03, 0.03))
            near = abs(y - eye_y) < 2.2
            if rng.random() < fill and not near:
                car(Place(x, y, 0.0, heading=turn), rng, lamps=False)


def _traffic(hall: Hall, eye_y: float, rng: np.random.Generator) -> None:
    """Car that drives, and perhaps a person who walks ahead."""
    coming = rng.random() < 0.5
    speed = float(rng.uniform(2, 5))
    y = float(rng.uniform(0.0, 0.32)) * hall.depth
    lane = -1.4 if coming else 1.4
    with moves((0.0, -speed if coming else speed, 0.0)):
        car(Place(lane, y, 0.0, heading=0.0 if coming else pi), rng, lamps=True)
    if rng.random() < 0.6:
        with moves((0.0, float(rng.uniform(1.0, 1.5)), 0.0)):
            ahead = max(eye_y + 7.0, y - float(rng.uniform(4, 8)))
            walker(Place(float(rng.uniform(-2.4, 2.4)), ahead, 0.0, heading=pi), rng)


def _walls(hall: Hall, rng: np.random.Generator) -> None:
    """Pipes along the sides; doors under warm lamps, extinguishers and crates along the far wall."""
    w, d = hall.width, hall.depth
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


def clutter_park(hall: Hall, eye: Point, rng: np.random.Generator) -> None:
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
