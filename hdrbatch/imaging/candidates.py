"""What one photograph says of the radiance, and where it says nothing."""

from hdrbatch.imaging.array_namespace import Array, matched
from hdrbatch.imaging.response import ResponseCurve

CLIPPED_FROM = 254.5 / 255
"""Values from here up are clipped: the top code of 8 bits, and all that rounds to it."""

BLACK_UP_TO = 0.5 / 255
"""Values up to here are black: the lowest code of 8 bits, and all that rounds to it."""


def hdr_candidate(photo: Array, exposure: float | Array, curve: ResponseCurve) -> Array:
    """Give the radiance that a photograph states: its inverse response divided by its exposure.

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
    return curve.invert(photo) / matched(exposure, photo)


def clipped(photo: Array) -> Array:
    """Tell which values of a photograph are clipped, channel by channel (bool, ``photo``'s shape)."""
    return photo >= CLIPPED_FROM


def black(photo: Array) -> Array:
    """Tell which values of a photograph are black, channel by channel (bool, ``photo``'s shape)."""
    return photo <= BLACK_UP_TO
