"""Previews: radiance made visible on an ordinary display.

For looking only; nothing is measured on a preview. The exposure is found from the picture itself, and
extreme values (a sun, zeros, even NaN) change a preview no more than the few pixels that they are.
"""

from typing import Any, Literal, get_args

import cv2
import numpy as np
import numpy.typing as npt

from hdrbatch.errors import UserError
from hdrbatch.imaging.response import SrgbResponse
from hdrbatch.imaging.statistics import luminance

Operator = Literal["reinhard", "gamma", "drago", "mantiuk"]
OPERATORS: tuple[str, ...] = get_args(Operator)

MIDDLE_GREY = 0.18
DISPLAY_GAMMA = 2.2
SMALLEST_CONTRAST, SMALLEST_SIDE = 1e-3, 16
"""Pictures below are shown by gamma instead of OpenCV's operators."""
DARKEST_MEDIAN = 0.3
"""OpenCV's operators leave night scenes too dark to judge: their median is lifted to this encoded value."""
STOPS_BELOW_GREY = 12.0
"""Darker than any display shows beside middle grey; keeps logarithms of zero away from the operators."""


def preview(radiance: npt.NDArray[np.float32], operator: str = "reinhard") -> npt.NDArray[np.uint8]:
    """Make an 8-bit picture of radiance for display, exposed by its log-average luminance.

    Parameters
    ----------
    radiance : (H, W, 3) float32, scene-linear Rec.709, any unit
        NaN and negative values are shown black, infinite ones like the brightest finite one. A picture
        without any positive finite value is black.
    operator : {"reinhard", "gamma", "drago", "mantiuk"}
        ``gamma`` (2.2) clips what is bright, as papers show results; ``reinhard`` and ``drago`` compress
        globally, ``mantiuk`` local contrast. ``drago`` and ``mantiuk`` fall back to ``gamma`` for pictures
        of one tone or under 16 pixels high or wide.

    Returns
    -------
    (H, W, 3) uint8, RGB

    Raises
    ------
    UserError
        If there is no such operator or the array is no picture.

    References
    ----------
    Reinhard, Stark, Shirley, Ferwerda: Photographic tone reproduction for digital images, 2002.
    Drago, Myszkowski, Annen, Chiba: Adaptive logarithmic mapping for displaying high contrast scenes, 2003.
    Mantiuk, Myszkowski, Seidel: A perceptual framework for contrast processing of HDR images, 2006.
    """
    if operator not in OPERATORS:
        raise UserError(f"tone mapping operator {operator!r} is not known: choose {', '.join(OPERATORS)}")
    if radiance.ndim != 3 or radiance.shape[2] != 3 or radiance.size == 0:
        raise UserError(f"a picture of shape {radiance.shape} cannot be shown: give (H, W, 3)")
    exposed = _exposed(radiance)
    # OpenCV's operators divide by the contrast, which a picture of one tone does not have, and halve the
    # picture several times, which a thin one does not stand.
    too_plain = np.ptp(exposed) < SMALLEST_CONTRAST or min(exposed.shape[:2]) < SMALLEST_SIDE
    if operator == "gamma" or (operator != "reinhard" and too_plain):
        shown = np.clip(exposed, 0, 1) ** (1 / DISPLAY_GAMMA)
    elif operator == "reinhard":
        shown = _reinhard(exposed)
    elif operator == "drago":
        shown = _by_opencv(cv2.createTonemapDrago(DISPLAY_GAMMA, 1.0, 0.85), exposed)
    else:
        shown = _by_opencv(cv2.createTonemapMantiuk(DISPLAY_GAMMA, 0.85, 1.2), exposed)
    codes: npt.NDArray[np.uint8] = np.rint(np.clip(shown, 0, 1) * 255).astype(np.uint8)
    return codes


def _exposed(radiance: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Scale radiance so that its log-average luminance is middle grey; finite and not negative."""
    values = np.asarray(radiance, np.float64)
    finite = values[np.isfinite(values)]
    brightest = float(np.max(finite, initial=0.0))
    values = np.clip(np.nan_to_num(values, nan=0.0, posinf=brightest, neginf=0.0), 0.0, None)
    tones = luminance(values)
    tones = tones[tones > 0]
    if tones.size == 0:
        return np.zeros_like(values)
    log_tones = np.log2(tones)
    # The darkest and brightest percent, which may be a sun or numerical dust, have no say.
    low, high = np.percentile(log_tones, [1, 99])
    key = np.exp2(np.mean(np.clip(log_tones, low, high)))
    return np.asarray(values * (MIDDLE_GREY / key))


def _reinhard(exposed: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Compress luminance by L (1 + L / white^2) / (1 + L), and the colours with it."""
    tones = luminance(exposed)
    white = max(float(np.percentile(tones, 99.9)), 1.0)
    compressed_per_tone = (1 + tones / white**2) / (1 + tones)
    encoded: npt.NDArray[np.float64] = SrgbResponse().apply(exposed * compressed_per_tone[..., None])
    return encoded


def _by_opencv(tonemap: Any, exposed: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Run an operator of OpenCV, guarded against what breaks it.

    OpenCV stretches its input and output between their extremes, so that one bright pixel makes all else
    black, and gives NaN where its input is least. So both are bounded by percentiles here.
    """
    brightest = max(float(np.percentile(luminance(exposed), 99.9)), MIDDLE_GREY)
    bounded = np.clip(exposed, MIDDLE_GREY * 2**-STOPS_BELOW_GREY, brightest).astype(np.float32)
    level = cv2.getLogLevel()
    cv2.setLogLevel(2)  # errors only: Mantiuk's operator warns about OpenCV's own code
    try:
        shown = np.nan_to_num(tonemap.process(bounded), nan=0.0, posinf=1.0, neginf=0.0)
    finally:
        cv2.setLogLevel(level)
    darkest, lightest = np.percentile(shown, [0.5, 99.5])
    shown = np.clip((shown - darkest) / max(lightest - darkest, 1e-6), 0.0, 1.0)
    median = float(np.median(shown))
    if 0 < median < DARKEST_MEDIAN:
        shown = shown ** max(np.log(DARKEST_MEDIAN) / np.log(median), 0.5)
    return np.asarray(shown, np.float64)
