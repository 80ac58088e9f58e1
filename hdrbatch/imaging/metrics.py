"""Metrics of a predicted radiance against the reference, with a description of every setting.

Prediction and reference are (H, W, 3) float32 radiance in EV 0 units. Scales are fixed by the settings and
never fitted to a picture, but for the metrics whose names end in ``corrected``.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hdrbatch.errors import TaskError, UserError
from hdrbatch.imaging import response_correction
from hdrbatch.imaging import ssim as similarity
from hdrbatch.imaging.encoding import MU, PU21_PEAK, PU21_RANGE_CD_M2, log_encode, pu21_encode
from hdrbatch.imaging.masks import DARK_BELOW, InputMasks
from hdrbatch.imaging.response_correction import response_corrected
from hdrbatch.imaging.statistics import luminance

FloatArray = npt.NDArray[np.float32] | npt.NDArray[np.float64]

PERFECT_DB = 100.0
"""Maximum PSNR, dB: for identical pictures it would be infinite, and so would every mean."""


@dataclass(frozen=True)
class MetricSettings:
    """Settings of the metrics.

    Attributes
    ----------
    peak_ev0 : float
        The radiance that is 1 for PSNR-L, PSNR-mu, SSIM-L and SSIM-mu; higher values become 1. 32 just
        saturates the photograph at EV -5.
    mu : float
        Compression of PSNR-mu and SSIM-mu.
    white_cd_m2 : float
        The luminance at which the display of PU21 shows radiance 1 (EV 0 saturation).
    darkest_ev0 : float
        Minimum luminance for stops, since a logarithm has to start somewhere. 2**-16 is darker than the
        first code of an 8-bit photograph at EV +4.
    """

    peak_ev0: float = 32.0
    mu: float = MU
    white_cd_m2: float = 100.0
    darkest_ev0: float = 2.0**-16

    def __post_init__(self) -> None:
        for name in ("peak_ev0", "mu", "white_cd_m2", "darkest_ev0"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise UserError(f"{name} of the metrics is {value}; give a positive number")

    @property
    def display_peak_cd_m2(self) -> float:
        """The luminance at which the display of PU21 shows ``peak_ev0``."""
        return self.white_cd_m2 * self.peak_ev0

    def describe(self) -> str:
        """Return a description of the metrics for a report."""
        darkest, brightest = PU21_RANGE_CD_M2
        window = f"{similarity.WINDOW}x{similarity.WINDOW}"
        low, high = response_correction.FITTED_SHARE
        return (
            f"PSNR-L, PSNR-mu, SSIM-L and SSIM-mu: radiance divided by {self.peak_ev0:g} (EV 0 units) and "
            f"clipped to [0, 1], mu = {self.mu:g}; PSNR over all three channels, peak 1; SSIM on luminance, "
            f"linear or after the mu-law, Gaussian window {window}, sigma {similarity.SIGMA}, "
            f"K1 {similarity.K1}, K2 {similarity.K2}, valid region only. "
            f"PU21-PSNR: banding_glare, radiance 1 shown at {self.white_cd_m2:g} cd/m2 "
            f"(so {self.peak_ev0:g} at {self.display_peak_cd_m2:g} cd/m2), clamped to "
            f"{darkest:g}-{brightest:g} cd/m2, over all three channels, peak {PU21_PEAK:g}. "
            f"Every PSNR counts as {PERFECT_DB:g} dB at most, which identical pictures have. "
            "Stops: RMSE of log2 luminance, luminance at least "
            f"{self.darkest_ev0:.3g}, where the shortest input photograph is clipped in any channel "
            f"(clipped), where the longest has a luminance of codes below {DARK_BELOW * 255:g}/255 or is "
            "black (dark), and elsewhere (mid). "
            "No scale is fitted to a picture, except for what is called corrected: there each channel of "
            f"the prediction is first mapped to the reference by a rising polynomial of degree "
            f"{response_correction.DEGREE} in log2 radiance, fitted to this picture by least squares over "
            f"the mid pixels between the percentiles {low:g} and {high:g} of the prediction, and straight "
            "beyond (all of it a line where the polynomial does not rise)."
        )


DEFAULT_SETTINGS = MetricSettings()


def evaluate_prediction(
    prediction: FloatArray,
    reference: FloatArray,
    masks: InputMasks,
    settings: MetricSettings = DEFAULT_SETTINGS,
) -> dict[str, float]:
    """Compute every metric of one picture.

    Parameters
    ----------
    prediction, reference : (H, W, 3) float32, radiance in EV 0 units
    masks : InputMasks
        Masks of the input photographs.
    settings : MetricSettings
        Scales.

    Returns
    -------
    dict
        ``psnr_l``, ``psnr_mu``, ``pu21_psnr`` and, after response correction, ``psnr_mu_corrected`` and
        ``pu21_psnr_corrected`` in dB; ``ssim_l`` and ``ssim_mu``; ``stops_clipped``, ``stops_mid`` and
        ``stops_dark`` (nan without such pixels).

    Raises
    ------
    TaskError
        If the arrays differ in shape, have values that are not finite, or are too small for SSIM.
    """
    _check_pair(prediction, reference)
    corrected = response_corrected(prediction, reference, masks.mid, settings.darkest_ev0)
    return {
        "psnr_l": psnr_linear(prediction, reference, settings),
        "psnr_mu": psnr_mu(prediction, reference, settings),
        "psnr_mu_corrected": psnr_mu(corrected, reference, settings),
        "pu21_psnr": psnr_pu21(prediction, reference, settings),
        "pu21_psnr_corrected": psnr_pu21(corrected, reference, settings),
        "ssim_l": ssim_linear(prediction, reference, settings),
        "ssim_mu": ssim_mu(prediction, reference, settings),
        "stops_clipped": stops_rmse(prediction, reference, masks.clipped, settings),
        "stops_mid": stops_rmse(prediction, reference, masks.mid, settings),
        "stops_dark": stops_rmse(prediction, reference, masks.dark, settings),
    }


def psnr_linear(
    prediction: FloatArray, reference: FloatArray, settings: MetricSettings = DEFAULT_SETTINGS
) -> float:
    """Return PSNR-L in dB: on radiance / peak clipped to [0, 1], all channels, peak 1."""
    _check_pair(prediction, reference)
    return psnr(_scaled(prediction, settings), _scaled(reference, settings), peak=1.0)


def psnr_mu(
    prediction: FloatArray, reference: FloatArray, settings: MetricSettings = DEFAULT_SETTINGS
) -> float:
    """Return PSNR-mu in dB: as PSNR-L, after log(1 + mu x) / log(1 + mu).

    References
    ----------
    Kalantari, Ramamoorthi: Deep high dynamic range imaging of dynamic scenes, 2017.
    """
    _check_pair(prediction, reference)
    return psnr(
        log_encode(_scaled(prediction, settings), settings.mu),
        log_encode(_scaled(reference, settings), settings.mu),
        peak=1.0,
    )


def psnr_pu21(
    prediction: FloatArray, reference: FloatArray, settings: MetricSettings = DEFAULT_SETTINGS
) -> float:
    """Return PU21-PSNR in dB: each channel shown in cd/m2, encoded by PU21, peak 256."""
    _check_pair(prediction, reference)
    shown = np.asarray(prediction, np.float64) * settings.white_cd_m2
    expected = np.asarray(reference, np.float64) * settings.white_cd_m2
    return psnr(pu21_encode(shown), pu21_encode(expected), peak=PU21_PEAK)


def ssim_linear(
    prediction: FloatArray, reference: FloatArray, settings: MetricSettings = DEFAULT_SETTINGS
) -> float:
    """Return the mean SSIM of luminance (radiance / peak clipped to [0, 1])."""
    _check_pair(prediction, reference)
    return similarity.ssim(luminance(_scaled(prediction, settings)), luminance(_scaled(reference, settings)))


def ssim_mu(
    prediction: FloatArray, reference: FloatArray, settings: MetricSettings = DEFAULT_SETTINGS
) -> float:
    """Return the mean SSIM of mu-law luminance (radiance / peak clipped to [0, 1], luminance, mu-law)."""
    _check_pair(prediction, reference)
    return similarity.ssim(
        log_encode(luminance(_scaled(prediction, settings)), settings.mu),
        log_encode(luminance(_scaled(reference, settings)), settings.mu),
    )


def stops_rmse(
    prediction: FloatArray,
    reference: FloatArray,
    mask: npt.NDArray[np.bool_],
    settings: MetricSettings = DEFAULT_SETTINGS,
) -> float:
    """Return the RMSE of log2 luminance over a mask, in stops; nan if the mask is empty.

    Parameters
    ----------
    prediction, reference : (H, W, 3) float32, radiance in EV 0 units
    mask : (H, W) bool
        The pixels that count.
    settings : MetricSettings
        ``darkest_ev0`` bounds the luminance from below.
    """
    _check_pair(prediction, reference)
    if mask.shape != reference.shape[:2] or mask.dtype != np.bool_:
        raise TaskError(
            f"the mask is {mask.shape} {mask.dtype}; it must be {reference.shape[:2]} bool, one per pixel"
        )
    if not mask.any():
        return math.nan
    stops = _log2_luminance(prediction[mask], settings) - _log2_luminance(reference[mask], settings)
    return float(np.sqrt(np.mean(stops**2)))


def psnr(prediction: FloatArray, reference: FloatArray, peak: float) -> float:
    """Return the PSNR in dB of two arrays of one shape, at most ``PERFECT_DB``."""
    mean_squared_error = float(np.mean((np.asarray(prediction, np.float64) - reference) ** 2))
    least_error = peak**2 / 10 ** (PERFECT_DB / 10)
    return 10 * math.log10(peak**2 / max(mean_squared_error, least_error))


def _check_pair(prediction: FloatArray, reference: FloatArray) -> None:
    if prediction.shape != reference.shape or reference.ndim != 3 or reference.shape[2] != 3:
        raise TaskError(
            f"prediction {prediction.shape} and reference {reference.shape} must be (H, W, 3) of one size"
        )
    for name, radiance in (("prediction", prediction), ("reference", reference)):
        num_invalid = radiance.size - np.count_nonzero(np.isfinite(radiance))
        if num_invalid:
            raise TaskError(
                f"the {name} has {num_invalid} NaN or infinite values, for which no metric is defined"
            )


def _scaled(radiance_ev0: FloatArray, settings: MetricSettings) -> npt.NDArray[np.float64]:
    return np.clip(np.asarray(radiance_ev0, np.float64) / settings.peak_ev0, 0.0, 1.0)


def _log2_luminance(radiance_ev0: FloatArray, settings: MetricSettings) -> npt.NDArray[np.float64]:
    values = luminance(np.asarray(radiance_ev0, np.float64))
    return np.asarray(np.log2(np.maximum(values, settings.darkest_ev0)))
