"""Inverse response curve from a bracket, by least squares in log radiance with a smooth curve.

References
----------
Debevec, Malik: Recovering high dynamic range radiance maps from photographs, 1997. OpenCV's implementation.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from hdrbatch.photographs.response_samples import Samples

NUM_PATCHES = 256
"""Maximum number of patches: more gain nothing on simulated brackets, and the time grows with the cube."""
SMOOTHNESS = 30.0
"""OpenCV's lambda. Of 3, 10, 30, 100 and 300 this came closest on simulated brackets whose photographs are 1
to 3 stops apart: root mean square 0.003 to 0.025 stops over codes 16 to 240. Less leaves waves if the steps
are wide, more bends the ends."""
DEGREE = 3
"""Degree of the polynomial that is fitted to the log of the result."""


def inverse_curve(samples: Samples, exposures: Sequence[float]) -> npt.NDArray[np.float64]:
    """Return the linear signal of each 8-bit code, up to a factor.

    OpenCV's weights do not vanish at 0 and 255, but are a 128th of the maximum there; values that are not
    well exposed are set to these codes.

    Parameters
    ----------
    samples : Samples
        At least one patch.
    exposures : N positive numbers

    Returns
    -------
    (256,) float64
    """
    chosen = samples.spread(exposures, NUM_PATCHES)
    # OpenCV samples points on a grid: in a square of this side, all of them.
    side = int(chosen.num_patches**0.5)
    squares = [np.ascontiguousarray(row[: side**2]).reshape(side, side) for row in chosen.codes()]
    calibrate = cv2.createCalibrateDebevec(side**2, SMOOTHNESS, random=False)
    response = calibrate.process(squares, np.asarray(exposures, np.float32))
    inverse: npt.NDArray[np.float64] = response.reshape(256).astype(np.float64)
    return inverse
