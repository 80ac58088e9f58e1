"""Previews: radiance made visible on an ordinary display.

For viewing only; nothing is measured on a preview. The exposure is determined from the picture itself, and
extreme values (a sun, zeros, even NaN) affect only their own pixels of a preview.

Pictures are processed in blocks of rows, with statistics of a part of their pixels, so that memory beyond the
radiance is little more than the preview's, however large they are.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

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
MIN_CONTRAST, MIN_SIDE = 1e-3, 16
"""Minimum contrast and side, pixels, for OpenCV's Mantiuk operator; other pictures are shown by gamma."""
MIN_MEDIAN = 0.3
"""Minimum encoded median: Mantiuk's operator leaves night scenes too dark, so they are lifted to it."""
STOPS_BELOW_GREY = 12.0
"""Stops below middle grey of the darkest value, darker than any display shows; avoids logarithms of zero."""
DRAGO_BIAS = 0.85
"""The default of the authors: less brightens the dark parts more."""
MANTIUK_PIXELS = 4_000_000
"""Maximum pixels for Mantiuk's operator, which holds some ten copies; larger pictures are downscaled."""
SAMPLE_PIXELS, BLOCK_PIXELS = 2**20, 2**18


@dataclass(frozen=True)
class _Tones:
    """Statistics of the whole picture for an operator.

    ``scale`` brings its log-average luminance to middle grey; ``brightest`` is its largest finite value
    before scaling, ``white`` the 99.9th percentile of its luminance after scaling, at least middle grey.
    """

    scale: float
    brightest: float
    white: float


_Operator = Callable[[npt.NDArray[np.float64], _Tones], npt.NDArray[np.float64]]


def preview(radiance: npt.NDArray[np.float32], operator: str = "reinhard") -> npt.NDArray[np.uint8]:
    """Return an 8-bit picture of radiance for display, exposed by its log-average luminance.

    Parameters
    ----------
    radiance : (H, W, 3) float32, scene-linear Rec.709, any unit
        NaN and negative values are shown black, infinite ones like the brightest finite one. A picture
        without any positive finite value is black.
    operator : {"reinhard", "gamma", "drago", "mantiuk"}
        ``gamma`` (2.2) clips bright values, as papers show results; ``reinhard`` and ``drago`` compress
        globally, ``mantiuk`` local contrast. ``mantiuk`` falls back to ``gamma`` for pictures of one tone
        or under 16 pixels high or wide.

    Returns
    -------
    (H, W, 3) uint8, RGB
        For ``mantiuk``, pictures of more than 4 megapixels are downscaled to 4 megapixels.

    Raises
    ------
    UserError
        If the operator is not known or the array is not a picture.

    References
    ----------
    Reinhard, Stark, Shirley, Ferwerda: Photographic tone reproduction for digital images, 2002.
    Drago, Myszkowski, Annen, Chiba: Adaptive logarithmic mapping for displaying high contrast scenes, 2003.
    Mantiuk, Myszkowski, Seidel: A perceptual framework for contrast processing of HDR images, 2006.
    """
    if operator not in OPERATORS:
        raise UserError(f"tone mapping operator {operator!r} is not known; use {', '.join(OPERATORS)}")
    if radiance.ndim != 3 or radiance.shape[2] != 3 or radiance.size == 0:
        raise UserError(f"a picture of shape {radiance.shape} cannot be shown; give (H, W, 3)")
    tones = _tones_of(radiance)
    if operator == "mantiuk" and min(radiance.shape[:2]) >= MIN_SIDE:
        bounded = _bounded(radiance, tones)
        # OpenCV divides by the contrast, which a picture of one tone does not have.
        if np.ptp(bounded) >= MIN_CONTRAST:
            return _codes(_mantiuk(bounded))
    point_wise: _Operator = {"reinhard": _reinhard, "drago": _drago}.get(operator, _gamma)
    shown = np.empty(radiance.shape, np.uint8)
    for rows in _blocks(radiance):
        shown[rows] = _codes(point_wise(_exposed(radiance[rows], tones), tones))
    return shown


def _tones_of(radiance: npt.NDArray[np.float32]) -> _Tones:
    brightest = max(
        float(np.max(radiance[rows], initial=0.0, where=np.isfinite(radiance[rows])))
        for rows in _blocks(radiance)
    )
    step = max(1, int(np.ceil(np.sqrt(radiance.shape[0] * radiance.shape[1] / SAMPLE_PIXELS))))
    sample = luminance(_exposed(radiance[::step, ::step], _Tones(1.0, brightest, 1.0)))
    positive = sample[sample > 0]
    if positive.size == 0:
        return _Tones(1.0, brightest, MIDDLE_GREY)
    log_tones = np.log2(positive)
    # The darkest and brightest percent, which may be a sun or numerical noise, are clipped.
    low, high = np.percentile(log_tones, [1, 99])
    scale = float(MIDDLE_GREY / np.exp2(np.mean(np.clip(log_tones, low, high))))
    return _Tones(scale, brightest, max(float(np.percentile(sample, 99.9)) * scale, MIDDLE_GREY))


def _blocks(radiance: npt.NDArray[np.float32]) -> Iterator[slice]:
    rows = max(1, BLOCK_PIXELS // radiance.shape[1])
    return (slice(row, row + rows) for row in range(0, len(radiance), rows))


def _exposed(part: npt.NDArray[np.float32], tones: _Tones) -> npt.NDArray[np.float64]:
    """Scale a part of the picture to middle grey; finite and not negative."""
    values = np.nan_to_num(np.asarray(part, np.float64), nan=0.0, posinf=tones.brightest, neginf=0.0)
    return np.asarray(np.clip(values, 0.0, None) * tones.scale)


def _codes(shown: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    codes: npt.NDArray[np.uint8] = np.rint(np.clip(shown, 0, 1) * 255).astype(np.uint8)
    return codes


def _gamma(exposed: npt.NDArray[np.float64], _: _Tones) -> npt.NDArray[np.float64]:
    return np.asarray(np.clip(exposed, 0, 1) ** (1 / DISPLAY_GAMMA))


def _reinhard(exposed: npt.NDArray[np.float64], tones: _Tones) -> npt.NDArray[np.float64]:
    """Compress luminance by L (1 + L / white^2) / (1 + L), and the colours with it."""
    light = luminance(exposed)
    compressed_per_light = (1 + light / max(tones.white, 1.0) ** 2) / (1 + light)
    encoded: npt.NDArray[np.float64] = SrgbResponse().apply(exposed * compressed_per_light[..., None])
    return encoded


def _drago(exposed: npt.NDArray[np.float64], tones: _Tones) -> npt.NDArray[np.float64]:
    """Compress luminance by a logarithm whose base rises from 2 in the dark to 10 at white."""
    light = luminance(exposed) / MIDDLE_GREY
    white = max(tones.white, 1.0) / MIDDLE_GREY
    share = np.clip(light / white, 0.0, 1.0)
    base = 2 + 8 * share ** (np.log(DRAGO_BIAS) / np.log(0.5))
    compressed = np.log1p(light) / np.log(base) / np.log10(1 + white)
    compressed_per_light = compressed / np.maximum(light, 2**-STOPS_BELOW_GREY)
    return _gamma(exposed / MIDDLE_GREY * compressed_per_light[..., None], tones)


def _bounded(radiance: npt.NDArray[np.float32], tones: _Tones) -> npt.NDArray[np.float32]:
    """Expose a picture, bound it to the range of a display, and downscale it to ``MANTIUK_PIXELS``.

    OpenCV stretches its input between its extremes, so that one bright pixel makes all others black.
    """
    bounded = np.empty(radiance.shape, np.float32)
    for rows in _blocks(radiance):
        darkest = MIDDLE_GREY * 2**-STOPS_BELOW_GREY
        bounded[rows] = np.clip(_exposed(radiance[rows], tones), darkest, tones.white)
    height, width = radiance.shape[:2]
    shrinking = np.sqrt(MANTIUK_PIXELS / (height * width))
    if shrinking >= 1:
        return bounded
    # No side may vanish, and the short side of a strip stays at the operator's minimum.
    size = tuple(max(MIN_SIDE, int(side * shrinking)) for side in (width, height))
    return np.asarray(cv2.resize(bounded, size, interpolation=cv2.INTER_AREA), np.float32)


def _mantiuk(bounded: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Run OpenCV's operator, which returns NaN at the minimum of its input, and bound the result."""
    tonemap = cv2.createTonemapMantiuk(DISPLAY_GAMMA, 0.85, 1.2)
    # OpenCV 5 has moved it.
    logging = cv2 if hasattr(cv2, "getLogLevel") else cv2.utils.logging  # type: ignore[attr-defined]
    level = logging.getLogLevel()
    logging.setLogLevel(2)  # errors only: the operator warns about OpenCV's own code
    try:
        shown = np.nan_to_num(tonemap.process(bounded), nan=0.0, posinf=1.0, neginf=0.0)
    finally:
        logging.setLogLevel(level)
    darkest, lightest = np.percentile(shown, [0.5, 99.5])
    shown = np.clip((shown - darkest) / max(lightest - darkest, 1e-6), 0.0, 1.0)
    median = float(np.median(shown))
    if 0 < median < MIN_MEDIAN:
        shown = shown ** max(np.log(MIN_MEDIAN) / np.log(median), 0.5)
    return np.asarray(shown, np.float64)
