"""Taking a smooth error of tone and colour out of a prediction, so that what is left is what it restored.

A network that guesses the camera's response a little wrong is off everywhere by a smooth curve, and ordinary
metrics then measure that curve more than what became of clipped pixels. The correction is fitted to each
picture against its reference: scores of corrected pictures say so in their names.

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
"""Percentiles of the prediction that a map is fitted between: a few outliers must not bend a cubic."""
FEWEST_VALUES = 100
"""Values that a channel needs for a fit; with fewer it is left as it is."""
LEAST_SLOPE = 0.1
"""Stops out per stop in: a map rises everywhere at least so much, or it is replaced by a straight line."""
PROBES = 64


def response_corrected(
    prediction: FloatArray, reference: FloatArray, fitted_mask: npt.NDArray[np.bool_], darkest: float
) -> Values:
    """Map each channel of a prediction to the reference's by a rising curve fitted to this picture.

    A cubic polynomial of log2 radiance, by least squares over the pixels of the mask; a straight line where
    the cubic does not rise; a shift where the line does not. Beyond the fitted values it goes on straight,
    with the slope of the straight line, at least ``LEAST_SLOPE``.

    Parameters
    ----------
    prediction, reference : (H, W, 3) float32, radiance in EV 0 units
    fitted_mask : (H, W) bool
        The pixels that are fitted to: those that no input photograph loses.
    darkest : float
        Values below count as this one; a logarithm has to start somewhere.

    Returns
    -------
    (H, W, 3) float64
        The corrected prediction. A channel with fewer than ``FEWEST_VALUES`` fitted values is unchanged.

    Raises
    ------
    TaskError
        If the mask does not fit the pictures.
    """
    if fitted_mask.shape != reference.shape[:2] or prediction.shape != reference.shape:
        raise TaskError(
            f"prediction {prediction.shape}, reference {reference.shape} and mask {fitted_mask.shape} must "
            "be of one size"
        )
    stops = np.log2(np.maximum(np.asarray(prediction, np.float64), darkest))
    wanted = np.log2(np.maximum(np.asarray(reference, np.float64), darkest))
    corrected = [
        _corrected_channel(stops[..., channel], wanted[..., channel], fitted_mask) for channel in range(3)
    ]
    return np.asarray(np.exp2(np.stack(corrected, axis=-1)))


def _corrected_channel(stops: Values, wanted: Values, mask: npt.NDArray[np.bool_]) -> Values:
    if np.count_nonzero(mask) < FEWEST_VALUES:
        return stops
    low, high = np.percentile(stops[mask], FITTED_SHARE)
    within = mask & (stops >= low) & (stops <= high)
    x, y = stops[within], wanted[within]
    if high - low < 1e-6:
        return np.asarray(stops + np.mean(y - x))
    # In units of the fitted range, where the powers of a cubic are of one size.
    span = high - low
    coefficients = _rising_fit((x - low) / span, y, span)
    # The cubic's own slope at its ends follows a few pixels.
    slope = max(float(np.polyfit((x - low) / span, y, 1)[0]), LEAST_SLOPE * span)
    place = (stops - low) / span
    inside = np.polyval(coefficients, np.clip(place, 0.0, 1.0))
    beyond = slope * (np.minimum(place, 0.0) + np.maximum(place - 1.0, 0.0))
    return np.asarray(inside + beyond)


def _rising_fit(place: Values, wanted: Values, span: float) -> Values:
    """Coefficients of the cubic, or the line, that rises over [0, 1]; of a shift where neither does.

    A cubic takes more than three different tones, and a line more than one.
    """
    probes = np.linspace(0.0, 1.0, PROBES)
    num_tones = np.unique(place).size
    for degree in (DEGREE, 1):
        if num_tones <= degree:
            continue
        coefficients = np.polyfit(place, wanted, degree)
        if np.all(np.polyval(np.polyder(coefficients), probes) >= LEAST_SLOPE * span):
            return np.asarray(coefficients)
    return np.asarray([span, np.mean(wanted - span * place)])
