"""What stands by a fireplace: candles on the mantelpiece and on a sideboard, seats before the fire."""

from typing import Any

import numpy as np

from hdrbatch.scenes.kit.materials import masonry, pick, plain, tinted
from hdrbatch.scenes.kit.movers import moves
from hdrbatch.scenes.kit.shapes import Place, ball_profile, turned
from hdrbatch.scenes.props.candles import candlestick, choose_wax
from hdrbatch.scenes.props.furniture import CLOTHS, Finish, chair, picture, rug, sofa
from hdrbatch.scenes.props.glassware import bottle, stemware
from hdrbatch.scenes.props.joinery import mirror, sideboard, stool


def chimney_stone(rng: np.random.Generator) -> Any:
    """Stone or brick of a fireplace."""
    grey = pick(rng, ((0.45, 0.42, 0.38), (0.25, 0.24, 0.23), (0.30, 0.12, 0.07)))
    return masonry(
        "Stone",
        (grey, tinted(rng, (grey[0] * 0.7, grey[1] * 0.7, grey[2] * 0.7))),
        (0.25, 0.24, 0.22),
        brick_m=(0.3, 0.11),
        joint_m=0.01,
    )


def mantelpiece(
    wall: Place, x: float, finish: Finish, goods: np.random.Generator, more: np.random.Generator
) -> None:
    """Candles on the mantelpiece of a fireplace at x of a wall, a mirror or a picture over it."""
    wax = choose_wax(more)
    for dx in np.linspace(-0.65, 0.65, int(more.integers(2, 6))).tolist():
        spot = wall.at(x + dx, -float(more.uniform(0.15, 0.3)), 1.11)
        candlestick(spot, float(more.uniform(0.08, 0.25)), wax, finish.metal, more)
    if goods.random() < 0.5:
        mirror(wall.at(x, 0.0, 1.3), (float(goods.uniform(0.7, 1.1)), 0.85), finish)
    else:
        picture(wall.at(x, 0.0, 1.3), (0.9, 0.8), finish, goods)


def fireside(front: Place, sign: int, finish: Finish, goods: np.random.Generator) -> None:
    """Rug before the fire, a sofa on the sign's side, a chair, a bottle on a stool, a ball that rolls."""
    rug(front, (float(goods.uniform(1.8, 2.4)), float(goods.uniform(1.2, 1.6))), goods)
    sofa(front.at(sign * 1.15, -0.15, turn=-sign * float(goods.uniform(0.7, 1.3))), 0.95, finish)
    if goods.random() < 0.6:
        chair(front.at(-sign * 1.0, 0.0, turn=sign * float(goods.uniform(0.8, 1.4))), finish)
    small = front.at(sign * 0.55, -0.85)
    top = stool(small, 0.45, finish)
    bottle(small.at(-0.06, 0.04, top), 0.3, goods)
    stemware(small.at(0.08, -0.03, top), 0.2, goods)
    with moves((-sign * float(goods.uniform(0.5, 1.2)), 0.3, 0.0)):
        ball = plain("Ball", pick(goods, CLOTHS, 0.4), 0.4)
        turned(
            front.at(-sign * 0.3, -0.75),
            ball_profile(float(goods.uniform(0.05, 0.09)), steps=18),
            ball,
            segments=28,
        )


def candle_board(place: Place, finish: Finish, rng: np.random.Generator, more: np.random.Generator) -> None:
    """Sideboard with candles on it."""
    top = sideboard(place, 1.4, finish, rng)
    wax = choose_wax(more)
    for i in range(int(more.integers(1, 4))):
        spot = place.at((i - 1) * 0.4, -0.22, top)
        candlestick(spot, float(more.uniform(0.1, 0.25)), wax, finish.metal, more)
