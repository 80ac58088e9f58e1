"""Statistics of a picture: luminance, dynamic range, clipped and black shares, the anchor."""

import numpy as np
import numpy.typing as npt
from array_api_compat import array_namespace

from hdrbatch.errors import TaskError
from hdrbatch.imaging import candidates
from hdrbatch.imaging.array_namespace import Array

REC709_LUMINANCE = (0.2126, 0.7152, 0.0722)
"""Luminance of the Rec.709 primaries (ITU-R BT.709)."""


def luminance(radiance: Array, axis: int = -1) -> Array:
    """Return the luminance of linear Rec.709 channels.

    Parameters
    ----------
    radiance : array with 3 channels along ``axis``, scene-linear Rec.709
        (H, W, 3) by default.
    axis : int
        The axis of the channels; -3 for (B, C, H, W).

    Returns
    -------
    array without that axis, of the same dtype, device and unit
    """
    channels_last = array_namespace(radiance).moveaxis(radiance, axis, -1)
    red, green, blue = REC709_LUMINANCE
    return red * channels_last[..., 0] + green * channels_last[..., 1] + blue * channels_last[..., 2]


def dynamic_range_stops(radiance: npt.NDArray[np.float32]) -> float:
    """Return the span from the 0.1th to the 99.9th percentile of luminance, in stops.

    Zero, negative and non-finite luminances are ignored: a black background is not dark detail, and a zero
    would make the range infinite. A picture without any positive luminance has 0 stops.

    Parameters
    ----------
    radiance : (H, W, 3) float32, scene-linear Rec.709, relative
    """
    values = luminance(radiance)
    values = values[np.isfinite(values) & (values > 0)]
    if values.size == 0:
        return 0.0
    dark, bright = np.percentile(values.astype(np.float64), [0.1, 99.9])
    return float(np.log2(bright / dark))


def clipped_fraction(photo: npt.NDArray[np.float32]) -> float:
    """Return the share of pixels with at least one clipped channel: their colour is lost.

    Parameters
    ----------
    photo : (H, W, 3) in [0, 1]
    """
    return float(np.mean(np.any(candidates.clipped(photo), axis=-1)))


def black_fraction(photo: npt.NDArray[np.float32]) -> float:
    """Return the share of pixels whose channels are all black: their radiance is unknown.

    Parameters
    ----------
    photo : (H, W, 3) in [0, 1]
    """
    return float(np.mean(np.all(candidates.black(photo), axis=-1)))


def anchor_of(radiance: npt.NDArray[np.float32], target: float = 0.18) -> float:
    """Return the factor that meters EV 0: radiance times anchor has its median luminance at ``target``.

    Parameters
    ----------
    radiance : (H, W, 3) float32, scene-linear Rec.709, relative
    target : float
        Middle grey as a share of full well.

    Raises
    ------
    TaskError
        If the median luminance is not a positive, finite number.
    """
    median = float(np.median(luminance(radiance)))
    if not (np.isfinite(median) and median > 0):
        raise TaskError(
            f"the median luminance of the picture is {median}, so no exposure brings it to {target} (half of "
            "the picture or more is black or not a number); light the scene or move the camera"
        )
    return target / median
