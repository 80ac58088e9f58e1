"""Removal of a smooth error of tone and colour from a prediction, so that scores show what was restored.

A network that estimates the camera's response slightly wrong has a smooth error everywhere, and ordinary
metrics then measure that error more than the restoration of clipped pixels. The correction is fitted to each
picture against its reference, so the names of such scores end in ``corrected``.

References
----------
Eilertsen, Hajisharif, Hanji, Tsirikoglou, Mantiuk, Unger: How to cheat with metrics in single-image HDR
reconstruction, 2021.
Hanji, Mantiuk, Eilertsen, Hajisharif, Unger: Comparison of single image HDR reconstruction methods - the
caveats of quality assessment, 2022.
"""

import numpy as np
import numpy.typing as npt

from hdrbatch.errors import TaskError

FloatArray = npt.NDArray[np.float32] | npt.NDArray[np.float64]
Values = npt.NDArray[np.float64]

DEGREE = 3
FITTED_SHARE = (0.5, 99.5)
"""Percentiles of the prediction between which a map is fitted: a few outliers must not bend a cubic."""
MIN_VALUES = 100
"""Minimum number of values of a channel for a fit; with fewer it is unchanged."""
MIN_SLOPE = 0.1
"""Minimum slope of a map, in stops per stop; a map with a smaller one is replaced by a straight line."""
PROBES = 64


def response_corrected(
    prediction: FloatArray, reference: FloatArray, fitted_mask: npt.NDArray[np.bool_], darkest: float
) -> Values:
    """Map each channel of a prediction to the reference's by a rising curve fitted to this picture.

    The curve is a cubic polynomial of log2 radiance, fitted by least squares over the pixels of the mask; a
    straight line if the cubic does not rise; a shift if the line does not. Beyond the fitted values it
    continues with the slope of the straight line, at least ``MIN_SLOPE``.

    Parameters
    ----------
    prediction, reference : (H, W, 3) float32, radiance in EV 0 units
    fitted_mask : (H, W) bool
        The pixels for the fit: those that are well exposed in an input photograph.
    darkest : float
        Minimum value, since a logarithm has to start somewhere.

    Returns
    -------
    (H, W, 3) float64
        The corrected prediction. A channel with fewer than ``MIN_VALUES`` fitted values is unchanged.

    Raises
    ------
    TaskError
        If the mask and the pictures differ in size.
    """
    if fitted_mask.shape != reference.shape[:2] or prediction.shape != reference.shape:
        raise TaskError(
            f"prediction {prediction.shape}, reference {reference.shape} and mask {fitted_mask.shape} must "
            "be of one size"
        )
    stops = np.log2(np.maximum(np.asarray(prediction, np.float64), darkest))
    expected = np.log2(np.maximum(np.asarray(reference, np.float64), darkest))
    corrected = [
        _corrected_channel(stops[..., channel], expected[..., channel], fitted_mask) for channel in range(3)
    ]
    return np.asarray(np.exp2(np.stack(corrected, axis=-1)))


def _corrected_channel(stops: Values, expected: Values, mask: npt.NDArray[np.bool_]) -> Values:
    if np.count_nonzero(mask) < MIN_VALUES:
        return stops
    low, high = np.percentile(stops[mask], FITTED_SHARE)
    within = mask & (stops >= low) & (stops <= high)
    x, y = stops[within], expected[within]
    if high - low < 1e-6:
        return np.asarray(stops + np.mean(y - x))
    # In units of the fitted range, in which the powers of a cubic have similar sizes.
    span = high - low
    coefficients = _rising_fit((x - low) / span, y, span)
    # The cubic's own slope at its ends depends on a few pixels.
    slope = max(float(np.polyfit((x - low) / span, y, 1)[0]), MIN_SLOPE * span)
    place = (stops - low) / span
    inside = np.polyval(coefficients, np.clip(place, 0.0, 1.0))
    beyond = slope * (np.minimum(place, 0.0) + np.maximum(place - 1.0, 0.0))
    return np.asarray(inside + beyond)


def _rising_fit(place: Values, expected: Values, span: float) -> Values:
    """Return the coefficients of a cubic or a line that rises over [0, 1]; of a shift if neither does.

    A cubic requires more than three different tones, and a line more than one.
    """
    probes = np.linspace(0.0, 1.0, PROBES)
    num_tones = np.unique(place).size
    for degree in (DEGREE, 1):
        if num_tones <= degree:
            continue
        coefficients = np.polyfit(place, expected, degree)
        if np.all(np.polyval(np.polyder(coefficients), probes) >= MIN_SLOPE * span):
            return np.asarray(coefficients)
    return np.asarray([span, np.mean(expected - span * place)])
