"""Whether a bracket's exposures agree with what its pixels say, and a response curve under which they do.

Exposure times in EXIF are rounded, and cameras bend their curves: neighbouring photographs of real brackets
measure 1.0 to 1.7 times the stops that they claim when they are inverted as sRGB.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from hdrbatch.imaging.response import GammaResponse, LinearResponse, ResponseCurve

WELL_EXPOSED = (0.1, 0.8)
"""Codes between which both photographs of a pair must lie for a value to count."""
MIN_VALUES = 100
"""Well-exposed values that a pair needs before it tells anything."""
TOLERATED_RATIO = 1.1
"""Measured over claimed stops, either way, that count as agreement."""
LARGEST_RATIO = 1.2
"""Measured over claimed stops of a single step, either way, beyond which its times are doubted: under the
curve that fits a whole bracket, the steps of two real ones are within 1.16."""
GAMMA_RANGE = (1.0, 4.0)


@dataclass(frozen=True)
class ExposureStep:
    """Two photographs with neighbouring exposures.

    Attributes
    ----------
    darker, brighter : int
        Their indices.
    claimed_stops, measured_stops : float
        By their exposures, and by the median ratio of values that are well exposed in both.
    num_values : int
        How many values that were.
    """

    darker: int
    brighter: int
    claimed_stops: float
    measured_stops: float
    num_values: int


def exposure_steps(
    photos: Sequence[npt.NDArray[np.float32]], exposures: Sequence[float], curve: ResponseCurve
) -> list[ExposureStep]:
    """Measure the stops between neighbouring photographs.

    Parameters
    ----------
    photos : N arrays (H, W, 3) float32 in [0, 1]
        Encoded.
    exposures : N positive numbers
        Relative exposures.
    curve : ResponseCurve
        The curve by which values are linearised.

    Returns
    -------
    list of ExposureStep
        Those pairs that have well-exposed values in common and differ in exposure, from dark to bright.
    """
    steps = []
    order = sorted(range(len(photos)), key=lambda index: exposures[index])
    for darker, brighter in pairwise(order):
        claimed = float(np.log2(exposures[brighter] / exposures[darker]))
        low, high = photos[darker], photos[brighter]
        usable = (low > WELL_EXPOSED[0]) & (high < WELL_EXPOSED[1]) & (high > WELL_EXPOSED[0])
        num_values = int(np.count_nonzero(usable))
        if claimed > 0 and num_values >= MIN_VALUES:
            ratio = curve.invert(high[usable]) / curve.invert(low[usable])
            steps.append(
                ExposureStep(darker, brighter, claimed, float(np.median(np.log2(ratio))), num_values)
            )
    return steps


def stops_ratio(steps: Sequence[ExposureStep]) -> float | None:
    """Give measured over claimed stops, over all steps; None where there are none."""
    if not steps:
        return None
    return sum(step.measured_stops for step in steps) / sum(step.claimed_stops for step in steps)


def fitting_response(
    photos: Sequence[npt.NDArray[np.float32]], exposures: Sequence[float], assumed: ResponseCurve
) -> ResponseCurve:
    """Choose a response under which the bracket's photographs agree.

    The assumed one if it does within 10 %, or if the bracket does not tell; else the gamma curve under
    which measured stops are the claimed ones. Through a gamma curve a ratio of values is that many stops
    times gamma, so one division finds it.

    Parameters
    ----------
    photos, exposures
        As for :func:`exposure_steps`.
    assumed : ResponseCurve
        What the photographs are taken for.
    """
    ratio = stops_ratio(exposure_steps(photos, exposures, assumed))
    if ratio is None or 1 / TOLERATED_RATIO <= ratio <= TOLERATED_RATIO:
        return assumed
    encoded_ratio = stops_ratio(exposure_steps(photos, exposures, LinearResponse()))
    if encoded_ratio is None or encoded_ratio <= 0:
        return assumed
    return GammaResponse(float(np.clip(round(1 / encoded_ratio, 3), *GAMMA_RANGE)))


def disagreements(steps: Sequence[ExposureStep], names: Sequence[str]) -> list[str]:
    """Say which photographs do not differ as their exposures claim: a broken bracket, or wrong times."""
    return [
        f"{names[step.darker]} and {names[step.brighter]} claim to be {step.claimed_stops:.1f} stops apart "
        f"and measure {step.measured_stops:.1f}: check their exposure times (--times), or leave one out"
        for step in steps
        if not 1 / LARGEST_RATIO <= step.measured_stops / step.claimed_stops <= LARGEST_RATIO
    ]
