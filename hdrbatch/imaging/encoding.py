"""Encodings in which equal errors are about equally visible: the log-like one of the networks, and PU21."""

import math

from array_api_compat import array_namespace

from hdrbatch.imaging.array_namespace import Array

MU = 5000.0
"""The usual compression in HDR papers."""

PU21_BANDING_GLARE = (
    0.353487901,
    0.3734658629,
    8.277049286e-05,
    0.9062562627,
    0.09150303166,
    0.9099517204,
    596.3148142,
)
PU21_PEAK = 256.0
"""The peak of PU21-PSNR: about what 100 cd/m2 encodes to, so that scores are like those of 8-bit pictures."""
PU21_RANGE_CD_M2 = (0.005, 10000.0)


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


def pu21_encode(luminance_cd_m2: Array) -> Array:
    """Encode absolute luminance perceptually uniformly (PU21, banding_glare).

    Parameters
    ----------
    luminance_cd_m2 : array, any shape
        Clamped to 0.005 to 10000 cd/m2.

    Returns
    -------
    array of the same shape, dtype and device
        From about 0 to about 595; 100 cd/m2 gives about 256.

    References
    ----------
    Mantiuk, Azimi: PU21: A novel perceptually uniform encoding for adapting existing quality metrics for
    HDR, 2021.
    """
    xp = array_namespace(luminance_cd_m2)
    p1, p2, p3, p4, p5, p6, p7 = PU21_BANDING_GLARE
    power = xp.clip(luminance_cd_m2, *PU21_RANGE_CD_M2) ** p4
    return p7 * (((p1 + p2 * power) / (1 + p3 * power)) ** p5 - p6)
