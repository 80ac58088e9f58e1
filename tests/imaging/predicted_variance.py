"""What theory says of a merge, for tests to hold it against."""

from collections.abc import Sequence

import numpy as np

from hdrbatch.imaging.response import ResponseCurve
from hdrbatch.imaging.sensor import Sensor
from hdrbatch.imaging.variance_merge import clipping_point, signal_variance


def predicted_variance(
    radiance_ev0: np.ndarray, exposures: Sequence[float] | np.ndarray, curve: ResponseCurve, sensor: Sensor
) -> np.ndarray:
    """Variance of the best merge of photographs of a known radiance; infinite where all of them clip."""
    information = np.zeros_like(radiance_ev0)
    for exposure in map(float, exposures):
        signal = radiance_ev0 * exposure
        usable = curve.apply(signal) < clipping_point(curve, sensor, like=signal)
        information += np.where(usable, exposure**2 / signal_variance(signal, curve, sensor), 0)
    with np.errstate(divide="ignore"):
        return 1 / information
