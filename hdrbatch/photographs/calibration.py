"""Consistency of a bracket's exposures with its pixels, and calibration of its camera's response curve.

Exposure times in EXIF are rounded, and cameras bend their curves: if neighbouring photographs of real
brackets are inverted as sRGB, they measure 1.0 to 1.7 times the stops that their exposures state.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from hdrbatch.errors import PhotoError, UserError
from hdrbatch.imaging.candidates import BLACK_UP_TO
from hdrbatch.imaging.response import GammaResponse, LinearResponse, ResponseCurve
from hdrbatch.imaging.tabulated import TabulatedResponse
from hdrbatch.ladder import by_exposure
from hdrbatch.photographs import debevec1997, robertson2003
from hdrbatch.photographs.response_samples import bracket_samples

WELL_EXPOSED = (0.1, 0.8)
"""Codes between which both photographs of a pair must lie for a value to count."""
MIN_VALUES = 100
"""Minimum number of well-exposed values for a pair to be used."""
TOLERATED_RATIO = 1.1
"""Maximum ratio of measured to stated stops, either way, that counts as consistent."""
MAX_RATIO = 1.2
"""Maximum ratio of measured to stated stops of a single step, either way, without a warning. Under the curve
that fits the whole bracket, the steps of two real ones are within 1.16."""
BROKEN_RATIO = 0.25
"""Ratio of measured to stated stops of a single step, either way, that no response curve explains; such a
broken step is ignored."""
BROKEN_ENCODED_RATIO = (0.15, 2.0)
"""The same for encoded values: a gamma of 4 has a ratio of 0.25."""
GAMMA_RANGE = (1.0, 4.0)
METHODS = ("debevec", "robertson")
MIN_PATCHES = 100
"""Minimum number of patches for a calibration."""
FITTED_CODES = (12, 243)
"""Codes to which the curve is fitted; beyond them the fit is extrapolated."""
MIN_POWER = 0.5
"""Minimum power of the code with which the signal approaches black; curves of cameras have 0.7 to 2.4."""
EQUAL_WITHIN_STOPS = 0.5
"""Maximum measured difference of photographs with the same stated exposure; clouds move."""


@dataclass(frozen=True)
class ExposureStep:
    """Two photographs with neighbouring exposures.

    Attributes
    ----------
    darker, brighter : int
        Indices of the photographs.
    claimed_stops, measured_stops : float
        Stops between them by their stated exposures, and by the median ratio of values that are well exposed
        in both.
    num_values : int
        Number of those values.
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
        The curve for linearising values.

    Returns
    -------
    list of ExposureStep
        From dark to bright, the pairs that differ in exposure and share well-exposed values, or would share
        them if their exposures were true (their measured stops are then a bound).
    """
    steps = []
    order = by_exposure(exposures)
    for darker, brighter in pairwise(order):
        claimed = float(np.log2(exposures[brighter] / exposures[darker]))
        low, high = photos[darker], photos[brighter]
        if claimed <= 0:
            continue
        usable = (low > WELL_EXPOSED[0]) & (high < WELL_EXPOSED[1]) & (high > WELL_EXPOSED[0])
        if np.count_nonzero(usable) < MIN_VALUES:
            usable = _expected(low, high, claimed, curve)
        num_values = int(np.count_nonzero(usable))
        if num_values >= MIN_VALUES:
            lows, highs = (curve.invert(np.maximum(photo[usable], BLACK_UP_TO)) for photo in (low, high))
            steps.append(
                ExposureStep(darker, brighter, claimed, float(np.median(np.log2(highs / lows))), num_values)
            )
    return steps


def _expected(
    low: npt.NDArray[np.float32], high: npt.NDArray[np.float32], claimed_stops: float, curve: ResponseCurve
) -> npt.NDArray[np.bool_]:
    """Return the mask of values that are well exposed in both photographs if their exposures are true."""
    gain = 2.0**claimed_stops
    dark, bright = WELL_EXPOSED
    by_low = (low > dark) & (curve.apply(curve.invert(low) * gain) < bright)
    by_high = (high < bright) & (curve.apply(curve.invert(high) / gain) > dark)
    expected: npt.NDArray[np.bool_] = by_low | by_high
    return expected


def inconsistent_duplicates(
    photos: Sequence[npt.NDArray[np.float32]],
    exposures: Sequence[float],
    curve: ResponseCurve,
    names: Sequence[str],
) -> list[str]:
    """Return warnings about photographs with the same stated exposure but different values."""
    warnings = []
    order = by_exposure(exposures)
    for first, second in pairwise(order):
        one, other = photos[first], photos[second]
        usable = (np.minimum(one, other) > WELL_EXPOSED[0]) & (np.maximum(one, other) < WELL_EXPOSED[1])
        if exposures[first] != exposures[second] or np.count_nonzero(usable) < MIN_VALUES:
            continue
        measured = abs(float(np.median(np.log2(curve.invert(one[usable]) / curve.invert(other[usable])))))
        if measured > EQUAL_WITHIN_STOPS:
            warnings.append(
                f"{names[first]} and {names[second]} are stated to have one exposure but measure "
                f"{measured:.1f} stops apart; check their exposure times (--times) or omit one"
            )
    return warnings


def stops_ratio(steps: Sequence[ExposureStep]) -> float | None:
    """Return the ratio of measured to stated stops over all steps; None without steps."""
    if not steps:
        return None
    return sum(step.measured_stops for step in steps) / sum(step.claimed_stops for step in steps)


def fitting_response(
    photos: Sequence[npt.NDArray[np.float32]], exposures: Sequence[float], assumed: ResponseCurve
) -> ResponseCurve:
    """Return a response under which the bracket's photographs are consistent.

    This is the assumed one if measured stops match within 10 %, or if the bracket is not informative;
    otherwise the gamma curve under which measured and stated stops are equal. Through a gamma curve, stops
    between encoded values are multiplied by gamma, so one division finds it. Broken steps are ignored.

    Parameters
    ----------
    photos, exposures
        As for :func:`exposure_steps`.
    assumed : ResponseCurve
        The response that the photographs are assumed to have.
    """
    steps = [step for step in exposure_steps(photos, exposures, assumed) if not _is_broken(step)]
    ratio = stops_ratio(steps)
    if ratio is None or 1 / TOLERATED_RATIO <= ratio <= TOLERATED_RATIO:
        return assumed
    usable = {step.darker for step in steps}
    encoded = exposure_steps(photos, exposures, LinearResponse())
    encoded_ratio = stops_ratio([step for step in encoded if step.darker in usable])
    if encoded_ratio is None or encoded_ratio <= 0:
        return assumed
    return GammaResponse(float(np.clip(round(1 / encoded_ratio, 3), *GAMMA_RANGE)))


def _is_broken(step: ExposureStep) -> bool:
    return not BROKEN_RATIO < step.measured_stops / step.claimed_stops < 1 / BROKEN_RATIO


def calibrated_response(
    photos: Sequence[npt.NDArray[np.float32]], exposures: Sequence[float], method: str = "debevec"
) -> ResponseCurve:
    """Return the calibrated response curve of a bracket's camera, one for its three channels.

    Smooth patches that are well exposed in at least two photographs are passed to OpenCV as 8-bit codes,
    whatever the photographs have. The result, a value for each code, is smoothed by fitting its log with the
    log of the code and a polynomial, weighted towards the middle codes. That fit also extrapolates the curve
    to black and to white, which no bracket determines.

    Parameters
    ----------
    photos : N arrays (H, W, 3) float32 in [0, 1]
        Encoded, of one size, aligned.
    exposures : N positive numbers
        Relative exposures; their errors are errors of the curve.
    method : str
        ``debevec`` or ``robertson``.

    Returns
    -------
    ResponseCurve
        A table of 256 codes, named ``calibrated:debevec`` or ``calibrated:robertson``.

    Raises
    ------
    PhotoError
        If the bracket does not determine the curve: fewer than two different exposures, too few patches that
        are well exposed in two photographs, photographs that contradict their exposures, or, for Robertson,
        steps that are too wide.
    UserError
        If the method is not known.
    """
    if method not in METHODS:
        raise UserError(f"calibration {method!r} is not known; use {' or '.join(METHODS)}")
    if len(set(exposures)) < 2:
        raise PhotoError(
            f"calibration requires photographs with different exposures, not {len(photos)} with the same; "
            "add another, or name the response curve (--response srgb)"
        )
    widest = max(float(np.log2(after / before)) for before, after in pairwise(sorted(exposures)))
    if method == "robertson" and widest > robertson2003.MAX_STEP_STOPS:
        raise PhotoError(
            f"calibration by robertson requires photographs at most 2 stops apart, but these are "
            f"{widest:.1f}; use debevec"
        )
    samples = bracket_samples(photos)
    if samples.num_patches < MIN_PATCHES:
        raise PhotoError(
            f"calibration found {samples.num_patches} patches that are well exposed in two photographs, but "
            f"requires {MIN_PATCHES}; add exposures between, or name the response curve (--response srgb)"
        )
    _refuse_broken(exposure_steps(photos, exposures, LinearResponse()))
    algorithm = debevec1997 if method == "debevec" else robertson2003
    inverse = algorithm.inverse_curve(samples, exposures)
    # Photographs that are not quite consistent leave waves, which higher degrees follow.
    for degree in range(algorithm.DEGREE, 0, -1):
        smooth, power_at_black = _log_smoothed(inverse, degree)
        if np.all(np.diff(smooth) > 0) and power_at_black > MIN_POWER:
            linear = np.exp2(smooth - smooth[-1])
            linear[0] = 0.0
            return TabulatedResponse(f"calibrated:{method}", linear, np.linspace(0, 1, 256))
    raise PhotoError(
        "calibration found a curve that does not rise, so the photographs contradict their exposures; "
        "check their times (--times), or name the response curve (--response srgb)"
    )


def _refuse_broken(encoded_steps: Sequence[ExposureStep]) -> None:
    """Raise PhotoError if encoded values differ by far less, or more, than any curve explains."""
    for step in encoded_steps:
        if not BROKEN_ENCODED_RATIO[0] < step.measured_stops / step.claimed_stops < BROKEN_ENCODED_RATIO[1]:
            raise PhotoError(
                f"calibration: photographs {step.darker + 1} and {step.brighter + 1} are stated to be "
                f"{step.claimed_stops:.1f} stops apart, but their codes differ by "
                f"{_tenths(step.measured_stops)}; check their exposure times (--times) or omit one"
            )


def _log_smoothed(inverse: npt.NDArray[np.float64], degree: int) -> tuple[npt.NDArray[np.float64], float]:
    """Fit log2 signal with log2 code and a polynomial of the code.

    Return the fit for all codes (0 as a half), and the power of the code with which it approaches black.
    """
    codes = np.arange(256)
    value = np.maximum(codes, 0.5) / 255
    terms = np.stack([np.log2(value), *[value**power for power in range(degree + 1)]], axis=1)
    fitted = (codes >= FITTED_CODES[0]) & (codes <= FITTED_CODES[1]) & np.isfinite(inverse) & (inverse > 0)
    weights = np.minimum(codes, 255 - codes)[fitted]
    logs = np.log2(inverse[fitted])
    factors = np.linalg.lstsq(terms[fitted] * weights[:, None], logs * weights, rcond=None)[0]
    return terms @ factors, float(factors[0])


def inconsistent_steps(steps: Sequence[ExposureStep], names: Sequence[str]) -> list[str]:
    """Return warnings about photographs that do not differ as their exposures state."""
    return [
        f"{names[step.darker]} and {names[step.brighter]} are stated to be {step.claimed_stops:.1f} stops "
        f"apart but measure {_tenths(step.measured_stops)}; check their exposure times (--times) or omit one"
        for step in steps
        if not 1 / MAX_RATIO <= step.measured_stops / step.claimed_stops <= MAX_RATIO
    ]


def _tenths(stops: float) -> str:
    """Format stops with one decimal, and zero as 0.0 rather than -0.0."""
    return f"{round(stops, 1) + 0.0:.1f}"
