"""Piles of equal codes at the bright end of photographs, and proofs that one is white.

A sensor that is full piles up equal codes, whatever the exposure. A pile proves nothing by itself, since an
evenly lit wall makes one, too. It is white if nothing is brighter in any photograph, and

- it stays at the same code in photographs of different exposures, or
- its pixels differ in a shorter exposure, or
- it is the last code of 9 to 15 bits in a file of 16, or
- in a file of 16 bits, its values are the same code while another channel of its pixels differs.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.integer[npt.NBitBase]]

TOP_SHARE = 0.9995
"""Share of the values up to the brightest that counts: beyond it are hot pixels and the ringing of JPEG."""
PILE_WIDTH = 0.02
"""Half the width of a pile, relative to its code: JPEG scatters clipped values by some codes."""
PILE_FROM = 0.85
"""Share of the brightest value from which piles are searched."""
MIN_PILE = 0.002
"""Minimum share of a photograph's values in a pile."""
MIN_PROMINENCE = 3.0
"""Minimum ratio of the values in a pile to those in an equally wide range below it."""
MAX_ABOVE = 0.1
"""Maximum number of values above a pile, relative to those in it."""
SAME_WITHIN = 0.015
"""Maximum difference of two piles' codes, relative to their code, that counts as the same code."""
MIN_EXPOSURE_RATIO = 1.2
"""Minimum ratio of two exposures that count as different."""
MIN_CHANGE = 1.05
"""Minimum ratio of two photographs' means outside their piles that counts as a different exposure."""
MIN_SPREAD, MIN_SPREAD_RATIO = 0.03, 1.3
"""Minimum difference, relative to white, and ratio of the 90th and 10th percentile of a pile's pixels in a
shorter exposure: those of an evenly lit surface are nearer."""
SHARP_WIDTH, MIN_SHARP = 0.002, 0.5
"""Half the width of a sharp pile, relative to its code, and the minimum share of its values there: a sensor
that is full gives one code, while light on an even surface has shot noise."""
MIN_OTHER_SHARE = 0.05
"""Minimum share of a pile's pixels in which the other channel is not full, too."""
FEWER_BITS = range(9, 16)
"""Numbers of bits that files of 16 hold in their lowest bits."""


@dataclass(frozen=True)
class Pile:
    """Values of one channel of one photograph that are nearly equal, with hardly any above them.

    Attributes
    ----------
    code : int
        Median of the values.
    last : int
        Highest code in the channel.
    """

    code: int
    last: int


def brightest(values: Values) -> int:
    """Return the brightest value of a channel, apart from the few beyond ``TOP_SHARE``."""
    place = min(int(TOP_SHARE * values.size), values.size - 1)
    return int(np.partition(values, place)[place])


def pile_of(values: Values, top: int) -> Pile | None:
    """Return the pile at the bright end of a channel's values; None if there is none."""
    lowest = int(PILE_FROM * top)
    bright = values[values >= lowest].astype(np.int64)
    if top < 1 or bright.size < MIN_PILE * values.size:
        return None
    half = max(1, round(PILE_WIDTH * top))
    totals = np.concatenate([[0], np.cumsum(np.bincount(bright - lowest))])
    ends = np.minimum(np.arange(len(totals) - 1) + 2 * half + 1, len(totals) - 1)
    start = lowest + int(np.argmax(totals[ends] - totals[:-1]))
    code = int(np.median(bright[(bright >= start) & (bright <= start + 2 * half)]))
    inside = np.count_nonzero(np.abs(bright - code) <= half)
    above = np.count_nonzero(bright > code + 2 * half)
    below = np.count_nonzero((values >= code - 5 * half) & (values < code - 2 * half))
    prominent = inside >= MIN_PROMINENCE * below * (2 * half + 1) / (3 * half)
    if inside < MIN_PILE * values.size or above > MAX_ABOVE * inside or not prominent:
        return None
    return Pile(code, int(values.max()))


def proven_white(
    values: Sequence[Values],
    piles: Sequence[Pile | None],
    exposures: Sequence[float],
    order: Sequence[int],
    last_code: int,
) -> int | None:
    """Return the code of white in a channel; None if no pile proves to be white."""
    for pile in piles:
        if pile is not None and last_code == 65535 and _is_last_of_fewer_bits(pile, values):
            return pile.code
    for darker, brighter in combinations(order, 2):
        one, other = piles[darker], piles[brighter]
        if other is None or exposures[brighter] < MIN_EXPOSURE_RATIO * exposures[darker]:
            continue
        if one is not None and abs(one.code - other.code) <= SAME_WITHIN * other.code:
            if _mean_below(values[brighter], other) > MIN_CHANGE * _mean_below(values[darker], one):
                return max(one.code, other.code)
        elif _differs(values[darker][_within(values[brighter], other)], other.code):
            return other.code
    return None


def white_beside_others(
    sampled: Sequence[Values], piles: Sequence[Sequence[Pile | None]], channel: int
) -> int | None:
    """Return the code of a sharp pile whose pixels differ in another channel of the same photograph."""
    for index, sample in enumerate(sampled):
        pile = piles[channel][index]
        if pile is None:
            continue
        inside = _within(sample[channel], pile)
        values = sample[channel][inside]
        sharp = np.count_nonzero(np.abs(values.astype(np.int64) - pile.code) <= SHARP_WIDTH * pile.code)
        if sharp < MIN_SHARP * values.size:
            continue
        for other in {0, 1, 2} - {channel}:
            beside, full = sample[other][inside], piles[other][index]
            beside = beside if full is None else beside[~_within(beside, full)]
            if beside.size >= MIN_OTHER_SHARE * values.size and _differs(beside, pile.code):
                return pile.code
    return None


def _is_last_of_fewer_bits(pile: Pile, values: Sequence[Values]) -> bool:
    last = max(int(one.max()) for one in values)
    return pile.code == pile.last == last and last in {2**bits - 1 for bits in FEWER_BITS}


def _within(values: Values, pile: Pile) -> npt.NDArray[np.bool_]:
    half = max(1, round(PILE_WIDTH * pile.code))
    return (values >= pile.code - half) & (values <= pile.code + 2 * half)


def _mean_below(values: Values, pile: Pile) -> float:
    below = values[values < (1 - 2 * PILE_WIDTH) * pile.code]
    # A photograph that is full throughout is brighter than any other.
    return float(below.mean()) if below.size else math.inf


def _differs(in_shorter: Values, white: int) -> bool:
    """Return whether the pixels of a pile have different values in a shorter exposure."""
    low, high = np.quantile(in_shorter, (0.1, 0.9))
    return bool(high - low > MIN_SPREAD * white and high > MIN_SPREAD_RATIO * low)
