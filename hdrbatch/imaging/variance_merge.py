"""Merge of photographs of one scene into radiance, weighted by the inverse variance of the sensor model.

The best linear estimate weighs every photograph by the inverse of its variance. That variance depends on
the radiance itself. Computed from each photograph's own value, it would favour values whose noise happens to
be low, so it is computed from a first estimate that all photographs share (Hanji, Zhong, Mantiuk:
Noise-aware merging of high dynamic range image stacks without camera calibration, 2020).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from array_api_compat import array_namespace, device

from hdrbatch.errors import UserError
from hdrbatch.imaging.array_namespace import Array
from hdrbatch.imaging.candidates import CLIPPED_FROM, black, hdr_candidate
from hdrbatch.imaging.response import ResponseCurve
from hdrbatch.imaging.sensor import Sensor

BLOCK_VALUES = 2**18
"""Values of one photograph that are merged at a time."""


@dataclass(frozen=True)
class Trust:
    """Trust in a photograph's values towards white.

    Attributes
    ----------
    fade_from, clipped_from : float
        A value has its full weight up to ``fade_from``, none from ``clipped_from`` on, and a linearly falling
        share between them. 0 <= fade_from <= clipped_from <= ``CLIPPED_FROM``.
    """

    fade_from: float
    clipped_from: float

    def __post_init__(self) -> None:
        if not 0 <= self.fade_from <= self.clipped_from <= CLIPPED_FROM:
            raise UserError(
                f"values are trusted up to {self.fade_from} and not at all from {self.clipped_from}; "
                f"give 0 <= fade_from <= clipped_from <= {CLIPPED_FROM:.4f}"
            )

    def weight(self, photo: Array, clipping_point: float | Array) -> Array:
        """Return the weight of each value of a photograph, from 0 to 1 (same shape, dtype and device).

        Parameters
        ----------
        photo : array in [0, 1], any shape
        clipping_point : float, or array that broadcasts against ``photo``
            Lowest value of a full well, from :func:`clipping_point`.
        """
        xp = array_namespace(photo)
        below = xp.astype(photo < clipping_point, photo.dtype)
        if self.fade_from == self.clipped_from:
            return below * xp.astype(photo < self.clipped_from, photo.dtype)
        return below * xp.clip((self.clipped_from - photo) / (self.clipped_from - self.fade_from), 0.0, 1.0)


EXACT = Trust(fade_from=CLIPPED_FROM, clipped_from=CLIPPED_FROM)
"""For photographs of the simulated camera: curve and sensor are known, only the top code is clipped."""

CAMERA = Trust(fade_from=0.75, clipped_from=0.97)
"""For real photographs: their curve bends towards white more than the assumed one, so that values just below
clipping read too dark, and JPEG leaves 254 and less in clipped surfaces (measured on two real brackets)."""


@dataclass(frozen=True)
class Merged:
    """Radiance merged from photographs, and its variance.

    Attributes
    ----------
    radiance : array of one photograph's shape
        Radiance in EV 0 units.
    variance : array of the same shape
        Variance of ``radiance``: that of the sensor model plus the scatter of the photographs about their
        mean, for instance if something moved or the response is wrong. Infinite where no value is trusted.
    """

    radiance: Array
    variance: Array


def merge(
    photos: Array | Sequence[Array],
    exposures: Array | Sequence[float],
    curve: ResponseCurve,
    sensor: Sensor,
    *,
    trust: Trust = EXACT,
) -> Array:
    """Merge photographs into radiance by inverse variance.

    Clipped values are excluded, channel by channel. Where every photograph is clipped the result is the
    candidate of the shortest exposure (a lower bound); where all are black, that of the longest.

    Photographs are merged in blocks of rows, so that memory beyond the input is about twice the result,
    however many they are.

    Parameters
    ----------
    photos : array (N, ...) in [0, 1], or a sequence of N arrays of one shape
        Encoded by ``curve``; any layout of one axis or more after the first.
    exposures : N positive numbers
        Relative exposures, 2**EV. The result is in their unit: 1.0 saturates at exposure 1.
    curve : ResponseCurve
        The response curve of the photographs.
    sensor : Sensor
        Shot noise, read noise and bits of the photographs.
    trust : Trust
        The values that count: ``EXACT`` for the simulated camera, ``CAMERA`` for real photographs.

    Returns
    -------
    array of one photograph's shape, dtype and device
        Radiance in EV 0 units.

    Raises
    ------
    UserError
        If there is no photograph, or not one positive exposure for each.
    """
    exposure_list = _checked_exposures(exposures, num_photos=len(photos))
    num_rows, *row_shape = photos[0].shape
    rows_per_block = max(1, BLOCK_VALUES // math.prod(row_shape))
    blocks = [
        merge_with_variance(
            [photo[row : row + rows_per_block] for photo in photos], exposure_list, curve, sensor, trust=trust
        ).radiance
        for row in range(0, num_rows, rows_per_block)
    ]
    return array_namespace(photos[0]).concat(blocks)


def merge_with_variance(
    photos: Sequence[Array],
    exposures: Sequence[float | Array],
    curve: ResponseCurve,
    sensor: Sensor,
    *,
    trust: Trust = EXACT,
) -> Merged:
    """Merge photographs as :func:`merge` does, all at once, and return the variance as well.

    Exposures may be arrays that broadcast against a photograph, and so may the parameters of the curve, so
    that each bracket of a batch has its own.
    """
    xp = array_namespace(photos[0])
    limit = clipping_point(curve, sensor, like=photos[0])
    radiances = [
        hdr_candidate(photo, exposure, curve) for photo, exposure in zip(photos, exposures, strict=True)
    ]
    trusted = [trust.weight(photo, limit) for photo in photos]
    estimate = _exposure_weighted(radiances, exposures, trusted)
    weights = [
        share * exposure**2 / signal_variance(estimate * exposure, curve, sensor)
        for share, exposure in zip(trusted, exposures, strict=True)
    ]
    weight_sum = _total(weights)
    known = weight_sum > 0
    divisor = xp.where(known, weight_sum, xp.ones_like(weight_sum))
    mean = _total([weight * radiance for weight, radiance in zip(weights, radiances, strict=True)]) / divisor
    scatter = _total([w * (radiance - mean) ** 2 for w, radiance in zip(weights, radiances, strict=True)])
    infinite = xp.full_like(mean, float("inf"))
    merged = xp.where(known, mean, _of_extreme_exposure(radiances, exposures, longest=False))
    all_black = black(photos[0])
    for photo in photos[1:]:
        all_black = all_black & black(photo)
    merged = xp.where(all_black, _of_extreme_exposure(radiances, exposures, longest=True), merged)
    return Merged(merged, xp.where(known, (1 + scatter) / divisor, infinite))


def _of_extreme_exposure(
    radiances: Sequence[Array], exposures: Sequence[float | Array], *, longest: bool
) -> Array:
    """Return the candidate of the shortest or the longest exposure, for each bracket of a batch."""
    xp = array_namespace(radiances[0])
    found, best = radiances[0], exposures[0]
    for radiance, exposure in zip(radiances[1:], exposures[1:], strict=True):
        further = exposure > best if longest else exposure < best
        if isinstance(further, bool):
            found, best = (radiance, exposure) if further else (found, best)
        else:
            found, best = xp.where(further, radiance, found), xp.where(further, exposure, best)
    return found


def _total(terms: Sequence[Array]) -> Array:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def signal_variance(signal: Array, curve: ResponseCurve, sensor: Sensor) -> Array:
    """Predict the variance of the linear signal that is read back from a photograph.

    Shot noise (as many electrons squared as there are electrons, and at least one), read noise, and the
    rounding to whole codes: a uniform error over one code, carried through the inverse curve by its slope
    there.

    Parameters
    ----------
    signal : array, any shape
        Expected linear signal, 1.0 = full well; clipped to [0, 1].
    curve : ResponseCurve
        The response curve.
    sensor : Sensor
        Noise and bits.

    Returns
    -------
    array of the same shape, dtype and device
        Variance in full wells squared, positive.
    """
    xp = array_namespace(signal)
    signal = xp.clip(signal, 0.0, 1.0)
    electrons_squared = xp.clip(signal * sensor.full_well_e, 1.0, None) + sensor.read_noise_e**2
    encoded = curve.apply(signal)
    half_code = 0.5 / sensor.max_code
    above = xp.clip(encoded + half_code, 0.0, 1.0)
    below = xp.clip(encoded - half_code, 0.0, 1.0)
    code_width = (curve.invert(above) - curve.invert(below)) / (above - below) / sensor.max_code
    return electrons_squared / sensor.full_well_e**2 + code_width**2 / 12


def clipping_point(curve: ResponseCurve, sensor: Sensor, like: Array) -> Array:
    """Return the lowest value that a full well may have in a photograph: ``CLIPPED_FROM``, or less.

    Read noise is added after the well has clipped, so that a full well may read up to five standard
    deviations low. This matters only if those are more than a code: for a noisy sensor or a steep curve.

    Returns
    -------
    array of ``like``'s library, dtype and device, that broadcasts against it
    """
    xp = array_namespace(like)
    lowest_signal = xp.full(
        (1,) * like.ndim,
        1 - 5 * sensor.read_noise_e / sensor.full_well_e,
        dtype=like.dtype,
        device=device(like),
    )
    return xp.clip(curve.apply(lowest_signal) - 0.5 / sensor.max_code, None, CLIPPED_FROM)


def _exposure_weighted(
    radiances: Sequence[Array], exposures: Sequence[float | Array], trusted: Sequence[Array]
) -> Array:
    """Return total signal over total exposure, an estimate of radiance that is unbiased under shot noise."""
    xp = array_namespace(radiances[0])
    shares = [trust * exposure for trust, exposure in zip(trusted, exposures, strict=True)]
    signal_sum = _total([share * radiance for share, radiance in zip(shares, radiances, strict=True)])
    exposure_sum = _total(shares)
    # Where all are clipped, any estimate is good enough: every weight is zero there.
    return signal_sum / xp.where(exposure_sum > 0, exposure_sum, xp.ones_like(exposure_sum))


def _checked_exposures(exposures: Array | Sequence[float], num_photos: int) -> list[float]:
    values = [float(exposure) for exposure in exposures]
    if num_photos == 0:
        raise UserError("there are no photographs to merge; give at least one")
    if len(values) != num_photos:
        raise UserError(
            f"there are {num_photos} photographs but {len(values)} exposures; give one exposure for each"
        )
    if not all(np.isfinite(value) and value > 0 for value in values):
        raise UserError(f"the exposures {values} are not all positive numbers; give 2**EV of each photograph")
    return values
