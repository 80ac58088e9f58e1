"""A dinner table laid for some, with candles along its middle."""

from math import pi

import numpy as np

from hdrbatch.scenes.kit.materials import fabric, pick
from hdrbatch.scenes.kit.movers import moves
from hdrbatch.scenes.kit.shapes import Place, box
from hdrbatch.scenes.props.candles import candelabra, candle, candlestick, choose_wax, tealight
from hdrbatch.scenes.props.fruit import apple, citrus, grapes, loaf, pear
from hdrbatch.scenes.props.furniture import CLOTHS, Finish, chair, table
from hdrbatch.scenes.props.glassware import bottle, stemware
from hdrbatch.scenes.props.tableware import bowl, plate, spoon


def laid_table(
    spot: Place, size: tuple[float, float, float], finish: Finish, rng: np.random.Generator
) -> None:
    """Chairs, plates, glasses, candles along the middle, fruit, bread, a bottle; something that rolls."""
    top = table(spot, size, finish)
    length, depth, _ = size
    if rng.random() < 0.5:
        cloth = fabric("Table cloth", pick(rng, (*CLOTHS, (0.68, 0.66, 0.6))))
        box(
            spot.at(0, 0, top),
            (length + 0.02, depth * float(rng.choice([0.4, 1.02])), 0.004),
            cloth,
            bevel=0.0015,
        )
        top += 0.004
    seats = 2 if length < 1.5 else 3
    for side in (-1, 1):
        for i in range(seats):
            x = (i - (seats - 1) / 2) * (length - 0.3) / seats
            turn = (pi if side < 0 else 0.0) + float(rng.uniform(-0.15, 0.15))
            if side > 0 or rng.random() < 0.5:
                chair(spot.at(x, side * (depth / 2 + float(rng.uniform(0.02, 0.2))), turn=turn), finish)
            setting = spot.at(x, side * (depth / 2 - 0.16), top)
            plate(setting, 0.125, rng)
            spoon(spot.at(x + side * 0.17, side * (depth / 2 - 0.15), top, turn=pi / 2), 0.2, rng)
            stemware(
                spot.at(x - side * 0.15, side * (depth / 2 - 0.33), top), float(rng.uniform(0.17, 0.22)), rng
            )
    _table_candles(spot.at(0, 0, top), length, finish, rng)
    for x in (-0.42, -0.2, 0.2, 0.42):
        item = spot.at(x * length, float(rng.uniform(-0.09, 0.09)), top)
        kind = int(rng.integers(4))
        if kind == 0:
            bottle(item, float(rng.uniform(0.27, 0.33)), rng)
        elif kind == 1:
            _fruit_bowl(item, rng)
        elif kind == 2:
            loaf(item, 0.2, rng)
    heading = float(rng.uniform(0, 2 * pi))
    with moves((0.5 * float(np.cos(heading)), 0.5 * float(np.sin(heading)), 0.0)):
        citrus(spot.at(float(rng.uniform(-0.1, 0.1)) * length, -depth * 0.24, top), 0.075, rng)


def _table_candles(top: Place, length: float, finish: Finish, rng: np.random.Generator) -> None:
    wax = choose_wax(rng)
    kind = float(rng.random())
    metal = finish.metal if rng.random() < 0.7 else finish.dark
    if kind < 0.35:
        for x in (-0.28, 0.28) if length > 1.5 else (0.0,):
            candelabra(
                top.at(x * length, 0.0, turn=float(rng.uniform(-0.3, 0.3))),
                0.3,
                int(rng.choice([2, 4])),
                wax,
                metal,
                rng,
            )
    else:
        for x in np.linspace(-0.33, 0.33, int(rng.integers(3, 7))).tolist():
            spot = top.at(x * length, float(rng.uniform(-0.04, 0.04)))
            if kind < 0.7:
                candlestick(spot, float(rng.uniform(0.06, 0.28)), wax, metal, rng)
            else:
                candle(spot, float(rng.uniform(0.022, 0.038)), float(rng.uniform(0.06, 0.2)), wax)
    for _ in range(int(rng.integers(0, 5))):
        spot = top.at(float(rng.uniform(-0.4, 0.4)) * length, float(rng.choice([-0.13, 0.13])))
        tealight(spot, (0.8, 0.8, 0.82), wax)


def _fruit_bowl(place: Place, rng: np.random.Generator) -> None:
    bowl(place, 0.13, rng)
    for i in range(4):
        spot = place.at(0.055 * float(np.cos(1.6 * i)), 0.055 * float(np.sin(1.6 * i)), 0.045)
        (apple, pear, citrus)[int(rng.integers(3))](spot, 0.075, rng)
    grapes(place.at(0.0, 0.0, 0.095), 0.15, rng)
