"""Structural similarity of two grey pictures."""

import cv2
import numpy as np
import numpy.typing as npt

from hdrbatch.errors import TaskError

WINDOW, SIGMA, K1, K2 = 11, 1.5, 0.01, 0.03

Grey = npt.NDArray[np.float64]


def ssim(x: Grey, y: Grey) -> float:
    """Return the mean SSIM of two pictures with values in [0, 1], over the windows that lie inside.

    Parameters
    ----------
    x, y : (H, W) float64

    Raises
    ------
    TaskError
        If they are smaller than the window.

    References
    ----------
    Wang, Bovik, Sheikh, Simoncelli: Image quality assessment: from error visibility to structural
    similarity, 2004.
    """
    if min(y.shape) < WINDOW:
        raise TaskError(
            f"a picture of {y.shape[1]}x{y.shape[0]} pixels is too small for SSIM; "
            f"use at least {WINDOW}x{WINDOW} pixels"
        )
    c1, c2 = K1**2, K2**2  # the dynamic range of the values is 1
    mean_x, mean_y = _window_mean(x), _window_mean(y)
    variance_x = _window_mean(x * x) - mean_x**2
    variance_y = _window_mean(y * y) - mean_y**2
    covariance = _window_mean(x * y) - mean_x * mean_y
    similarity = ((2 * mean_x * mean_y + c1) * (2 * covariance + c2)) / (
        (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
    )
    return float(np.mean(similarity))


def _window_mean(values: Grey) -> Grey:
    """Average under the Gaussian window, only where the window lies inside the picture."""
    blurred = cv2.GaussianBlur(values, (WINDOW, WINDOW), SIGMA)
    margin = WINDOW // 2
    inner: Grey = blurred[margin:-margin, margin:-margin]
    return inner
