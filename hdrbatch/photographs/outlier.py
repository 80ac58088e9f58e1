"""The photograph of a bracket that contradicts all others: by a lamp, a wrong time, another scene."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hdrbatch.imaging.candidates import BLACK_UP_TO, CLIPPED_FROM
from hdrbatch.imaging.response import ResponseCurve
from hdrbatch.photographs.calibration import BROKEN_RATIO, MAX_RATIO, TOLERATED_RATIO, exposure_steps

MAX_SPREAD = 1.5
"""Maximum ratio of a step's to the median quotient of measured and stated stops that a response explains: on
six real brackets it is at most 1.21."""
PLAUSIBLE = (1 / TOLERATED_RATIO, 1.75)
"""Quotients of measured and stated stops, through an sRGB inverse, that real cameras have: 1.0 to 1.7."""
MIN_RATIO = 0.01
ALMOST_ALL = 0.999
"""Minimum share of a photograph's values that are clipped, or black, to count as all of them."""

Photos = Sequence[npt.NDArray[np.float32]]


def uninformative(photo: npt.NDArray[np.float32]) -> str | None:
    """Return ``clipped`` or ``black`` if that is all that a photograph (H, W, 3) in [0, 1] is; else None."""
    if np.count_nonzero(photo >= CLIPPED_FROM) >= ALMOST_ALL * photo.size:
        return "clipped"
    if np.count_nonzero(photo <= BLACK_UP_TO) >= ALMOST_ALL * photo.size:
        return "black"
    return None


def outlier(photos: Photos, exposures: Sequence[float], curve: ResponseCurve) -> int | None:
    """Return the photograph without which a bracket is consistent; None if it is anyway, or never.

    Steps between neighbours measure other stops than stated if the curve is not the assumed one, but all of
    them in a similar ratio. One photograph that is wrong gives its two steps another ratio.

    Parameters
    ----------
    photos : N arrays (H, W, 3) float32 in [0, 1]
        Encoded.
    exposures : N positive numbers
        Relative exposures.
    curve : ResponseCurve
        The assumed response.
    """
    spread, _ = _spread(photos, exposures, curve)
    if len(photos) < 3 or spread <= math.log(MAX_SPREAD):
        return None
    without = []
    for index in range(len(photos)):
        kept = [other for other in range(len(photos)) if other != index]
        without.append(
            _spread([photos[other] for other in kept], [exposures[other] for other in kept], curve)
        )
    if len(photos) == 3:
        return _of_three([median for _, median in without])
    reduced, index = min((spread, index) for index, (spread, _) in enumerate(without))
    explained = abs(without[index][1]) < math.log(1 / BROKEN_RATIO)
    return index if reduced <= math.log(MAX_RATIO) and explained else None


def _of_three(ratios: Sequence[float]) -> int | None:
    """Return the photograph without which the two others agree with the assumed curve.

    A single step is consistent with some curve, so no other step may be one that a camera's curve explains.
    """
    plausible = [
        index for index, ratio in enumerate(ratios) if PLAUSIBLE[0] <= math.exp(ratio) <= PLAUSIBLE[1]
    ]
    if len(plausible) == 1 and abs(ratios[plausible[0]]) <= math.log(TOLERATED_RATIO):
        return plausible[0]
    return None


def _spread(photos: Photos, exposures: Sequence[float], curve: ResponseCurve) -> tuple[float, float]:
    """Return the largest deviation of a step's log quotient from the median, and the median."""
    ratios = [
        math.log(max(step.measured_stops / step.claimed_stops, MIN_RATIO))
        for step in exposure_steps(photos, exposures, curve)
    ]
    if not ratios:
        return math.inf, math.inf
    median = float(np.median(ratios))
    if len(ratios) == 2:  # neither is nearer to the median
        return max(ratios) - min(ratios), median
    return max(abs(ratio - median) for ratio in ratios), median
