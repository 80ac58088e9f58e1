"""The log-like encoding of radiance in which networks predict and errors are seen alike."""

import math

from array_api_compat import array_namespace

from hdrbatch.imaging.arrays import Array

MU = 5000.0
"""The compression that HDR papers share."""


def log_encode(radiance_ev0: Array, mu: float = MU) -> Array:
    """Compress radiance: log(1 + mu x) / log(1 + mu), so that 0 stays 0 and 1 stays 1.

    Parameters
    ----------
    radiance_ev0 : array, any shape
        Radiance in EV 0 units. There is no upper bound: x > 1 gives more than 1. Negative values,
        which a renderer's filter can make, count as 0.
    mu : float
        Strength of the compression.

    Returns
    -------
    array of the same shape, dtype and device

    References
    ----------
    Kalantari, Ramamoorthi: Deep high dynamic range imaging of dynamic scenes, 2017.

    Examples
    --------
    >>> import numpy as np
    >>> log_encode(np.asarray([0.0, 1.0]))
    array([0., 1.])
    """
    xp = array_namespace(radiance_ev0)
    return xp.log1p(mu * xp.clip(radiance_ev0, 0.0, None)) / math.log1p(mu)


def log_decode(encoded: Array, mu: float = MU) -> Array:
    """Undo ``log_encode``: (exp(y log(1 + mu)) - 1) / mu.

    Parameters
    ----------
    encoded : array, any shape
        Encoded radiance; negative values, which a network can predict, give negative radiance.
    mu : float
        The ``mu`` of the encoding.

    Returns
    -------
    array of the same shape, dtype and device
        Radiance in EV 0 units.
    """
    xp = array_namespace(encoded)
    return xp.expm1(encoded * math.log1p(mu)) / mu
