"""Well-known merges as baselines.

References
----------
Debevec, Malik: Recovering high dynamic range radiance maps from photographs, 1997.
"""

from collections.abc import Sequence

from array_api_compat import array_namespace

from hdrbatch.imaging.array_namespace import Array
from hdrbatch.imaging.candidates import CLIPPED_FROM, black, hdr_candidate
from hdrbatch.imaging.response import ResponseCurve

MIN_RADIANCE = 1e-9
"""Minimum radiance in EV 0 units, so that black has a logarithm."""


def triangle_merge(
    photos: Array | Sequence[Array], exposures: Sequence[float], curve: ResponseCurve
) -> Array:
    """Merge photographs by the mean of their radiances, weighted by how close each code is to the middle.

    Parameters
    ----------
    photos : array (N, ...) in [0, 1], or a sequence of N arrays of one shape
        Encoded by ``curve``.
    exposures : N positive numbers
        Relative exposures, 2**EV.
    curve : ResponseCurve
        The response curve of the photographs.

    Returns
    -------
    array of one photograph's shape, dtype and device
        Radiance in EV 0 units, as from `imaging.variance_merge.merge`. Where no photograph has a weight, it
        is the maximum of their radiances: the shortest photograph's where all are clipped.
    """
    xp = array_namespace(photos[0])
    total, weight_sum = xp.zeros_like(photos[0]), xp.zeros_like(photos[0])
    for photo, exposure in zip(photos, exposures, strict=True):
        weight = hat_weight(photo)
        total += weight * hdr_candidate(photo, exposure, curve)
        weight_sum += weight
    merged = total / xp.where(weight_sum > 0, weight_sum, xp.ones_like(weight_sum))
    return xp.where(weight_sum > 0, merged, _without_weight(photos, exposures, curve))


def debevec_merge(photos: Array | Sequence[Array], exposures: Sequence[float], curve: ResponseCurve) -> Array:
    """Merge photographs by the mean of log radiance, with the same weights.

    Parameters and result are those of :func:`triangle_merge`.
    """
    xp = array_namespace(photos[0])
    total, weight_sum = xp.zeros_like(photos[0]), xp.zeros_like(photos[0])
    for photo, exposure in zip(photos, exposures, strict=True):
        weight = hat_weight(photo)
        total += weight * xp.log(xp.clip(hdr_candidate(photo, exposure, curve), MIN_RADIANCE, None))
        weight_sum += weight
    merged = xp.exp(total / xp.where(weight_sum > 0, weight_sum, xp.ones_like(weight_sum)))
    return xp.where(weight_sum > 0, merged, _without_weight(photos, exposures, curve))


def hat_weight(photo: Array) -> Array:
    """Return the weight of each value, from 0 at black and white to 1 in the middle; 0 where clipped."""
    xp = array_namespace(photo)
    weight = 1 - xp.abs(2 * photo - 1)
    return xp.where((photo < CLIPPED_FROM) & ~black(photo), weight, xp.zeros_like(weight))


def _without_weight(
    photos: Array | Sequence[Array], exposures: Sequence[float], curve: ResponseCurve
) -> Array:
    """Return the maximum radiance of all photographs; that of the longest exposure where all are black."""
    xp = array_namespace(photos[0])
    all_black = xp.ones_like(photos[0], dtype=xp.bool)
    largest = xp.zeros_like(photos[0])
    for photo, exposure in zip(photos, exposures, strict=True):
        all_black &= black(photo)
        largest = xp.maximum(largest, hdr_candidate(photo, exposure, curve))
    longest = max(range(len(exposures)), key=lambda index: exposures[index])
    return xp.where(all_black, hdr_candidate(photos[longest], exposures[longest], curve), largest)
