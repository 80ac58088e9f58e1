"""Radiance stated by a single photograph, and its validity."""

from hdrbatch.imaging.array_namespace import Array, as_like
from hdrbatch.imaging.response import ResponseCurve

CLIPPED_FROM = 254.5 / 255
"""Values from here up are clipped: the top 8-bit code, and values that round to it."""

BLACK_UP_TO = 0.5 / 255
"""Values up to here are black: the lowest 8-bit code, and values that round to it."""


def hdr_candidate(photo: Array, exposure: float | Array, curve: ResponseCurve) -> Array:
    """Return the radiance that a photograph states: its inverse response divided by its exposure.

    True wherever the photograph is neither clipped nor black; a lower bound where it is clipped.

    Parameters
    ----------
    photo : array in [0, 1], any shape
        Encoded by ``curve``.
    exposure : float, or array that broadcasts against ``photo``
        2**EV.
    curve : ResponseCurve
        The response curve that the photograph was encoded with.

    Returns
    -------
    array of ``photo``'s shape, dtype and device
        Radiance in EV 0 units (1.0 just saturates the photograph at EV 0).
    """
    return curve.invert(photo) / as_like(exposure, photo)


def clipped(photo: Array) -> Array:
    """Return the mask of clipped values, channel by channel (bool, ``photo``'s shape)."""
    return photo >= CLIPPED_FROM


def black(photo: Array) -> Array:
    """Return the mask of black values, channel by channel (bool, ``photo``'s shape)."""
    return photo <= BLACK_UP_TO
