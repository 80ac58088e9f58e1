"""How far a predicted radiance is from the reference, with every setting written down.

Prediction and reference are (H, W, 3) float32 radiance in EV 0 units. Scales are fixed by the settings and
never fitted to a picture. Identical pictures have a PSNR of ``inf``; a report decides how it writes that.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from hdrbatch.errors import TaskError, UserError
from hdrbatch.imaging.encoding import MU, log_encode
from hdrbatch.imaging.statistics import luminance

FloatArray = npt.NDArray[np.float32] | npt.NDArray[np.float64]

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
SSIM_WINDOW, SSIM_SIGMA, SSIM_K1, SSIM_K2 = 11, 1.5, 0.01, 0.03


@dataclass(frozen=True)
class MetricSettings:
    """What the metrics' numbers depend on.

    Attributes
    ----------
    peak_ev0 : float
        The radiance that is 1 for PSNR-L, PSNR-mu and SSIM-mu; above it all is 1. 32 just saturates the
        photograph at EV -5.
    mu : float
        Compression of PSNR-mu and SSIM-mu.
    white_cd_m2 : float
        The luminance at which the display of PU21 shows radiance 1 (EV 0 saturation).
    darkest_ev0 : float
        Luminances below count as this one in stops; a logarithm has to start somewhere. 2**-16 is darker
        than the first code of an 8-bit photograph at EV +4.
    """

    peak_ev0: float = 32.0
    mu: float = MU
    white_cd_m2: float = 100.0
    darkest_ev0: float = 2.0**-16

    def __post_init__(self) -> None:
        for name in ("peak_ev0", "mu", "white_cd_m2", "darkest_ev0"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise UserError(f"{name} of the metrics is {value}: give a positive number")

    @property
    def display_peak_cd_m2(self) -> float:
        """The luminance at which the display of PU21 shows ``peak_ev0``."""
        return self.white_cd_m2 * self.peak_ev0

    def describe(self) -> str:
        """Say for a report what the numbers mean."""
        darkest, brightest = PU21_RANGE_CD_M2
        window = f"{SSIM_WINDOW}x{SSIM_WINDOW}"
        return (
            f"PSNR-L, PSNR-mu and SSIM-mu: radiance divided by {self.peak_ev0:g} (EV 0 units) and clipped "
            f"to [0, 1], mu = {self.mu:g}; PSNR over all three channels, peak 1; SSIM on mu-law luminance, "
            f"Gaussian window {window}, sigma {SSIM_SIGMA}, K1 {SSIM_K1}, K2 {SSIM_K2}, valid region only. "
            f"PU21-PSNR: banding_glare, radiance 1 shown at {self.white_cd_m2:g} cd/m2 "
            f"(so {self.peak_ev0:g} at {self.display_peak_cd_m2:g} cd/m2), clamped to "
            f"{darkest:g}-{brightest:g} cd/m2, over all three channels, peak {PU21_PEAK:g}. "
            "Stops: RMSE of log2 luminance where the input is clipped, luminance at least "
            f"{self.darkest_ev0:.3g}. "
            "No scale is fitted to a picture."
        )


DEFAULT_SETTINGS = MetricSettings()


def evaluate_prediction(
    prediction: FloatArray,
    reference: FloatArray,
    clipped_mask: npt.NDArray[np.bool_],
    settings: MetricSettings = DEFAULT_SETTINGS,
) -> dict[str, float]:
    """Compute every metric of one picture.

    Parameters
    ----------
    prediction, reference : (H, W, 3) float32, radiance in EV 0 units
    clipped_mask : (H, W) bool
        Where the input photograph is clipped.
    settings : MetricSettings
        Scales.

    Returns
    -------
    dict
        ``psnr_l``, ``psnr_mu``, ``pu21_psnr`` in dB (inf where identical), ``ssim_mu``, and
        ``stops_clipped`` (nan where nothing is clipped).

    Raises
    ------
    TaskError
        If the arrays do not fit together, hold values that are not finite, or are too small for SSIM.
    """
    return {
        "psnr_l": psnr_linear(prediction, reference, settings),
        "psnr_mu": psnr_mu(prediction, reference, settings),
        "pu21_psnr": psnr_pu21(prediction, reference, settings),
        "ssim_mu": ssim_mu(prediction, reference, settings),
        "stops_clipped": stops_rmse(prediction, reference, clipped_mask, settings),
    }


def psnr_linear(
    prediction: FloatArray, reference: FloatArray, settings: MetricSettings = DEFAULT_SETTINGS
) -> float:
    """Give PSNR-L in dB: on radiance / peak clipped to [0, 1], all channels, peak 1."""
    _check_pair(prediction, reference)
    return _psnr(_scaled(prediction, settings), _scaled(reference, settings), peak=1.0)


def psnr_mu(
    prediction: FloatArray, reference: FloatArray, settings: MetricSettings = DEFAULT_SETTINGS
) -> float:
    """Give PSNR-mu in dB: as PSNR-L, after log(1 + mu x) / log(1 + mu).

    References
    ----------
    Kalantari, Ramamoorthi: Deep high dynamic range imaging of dynamic scenes, 2017.
    """
    _check_pair(prediction, reference)
    return _psnr(
        log_encode(_scaled(prediction, settings), settings.mu),
        log_encode(_scaled(reference, settings), settings.mu),
        peak=1.0,
    )


def psnr_pu21(
    prediction: FloatArray, reference: FloatArray, settings: MetricSettings = DEFAULT_SETTINGS
) -> float:
    """Give PU21-PSNR in dB: each channel shown in cd/m2, encoded by PU21, peak 256.

    References
    ----------
    Mantiuk, Azimi: PU21: A novel perceptually uniform encoding for adapting existing quality metrics for
    HDR, 2021.
    """
    _check_pair(prediction, reference)
    shown = np.asarray(prediction, np.float64) * settings.white_cd_m2
    wanted = np.asarray(reference, np.float64) * settings.white_cd_m2
    return _psnr(pu21_encode(shown), pu21_encode(wanted), peak=PU21_PEAK)


def pu21_encode(luminance_cd_m2: FloatArray) -> npt.NDArray[np.float64]:
    """Encode absolute luminance perceptually uniformly (PU21, banding_glare).

    Parameters
    ----------
    luminance_cd_m2 : array, any shape
        Clamped to 0.005 to 10000 cd/m2.

    Returns
    -------
    float64 array of the same shape
        From about 0 to about 595; 100 cd/m2 gives about 256.
    """
    p1, p2, p3, p4, p5, p6, p7 = PU21_BANDING_GLARE
    power = np.clip(np.asarray(luminance_cd_m2, np.float64), *PU21_RANGE_CD_M2) ** p4
    encoded: npt.NDArray[np.float64] = p7 * (((p1 + p2 * power) / (1 + p3 * power)) ** p5 - p6)
    return encoded


def ssim_mu(
    prediction: FloatArray, reference: FloatArray, settings: MetricSettings = DEFAULT_SETTINGS
) -> float:
    """Give the mean SSIM of mu-law luminance (radiance / peak clipped to [0, 1], luminance, mu-law).

    References
    ----------
    Wang, Bovik, Sheikh, Simoncelli: Image quality assessment: from error visibility to structural
    similarity, 2004.
    """
    _check_pair(prediction, reference)
    if min(reference.shape[:2]) < SSIM_WINDOW:
        raise TaskError(
            f"a picture of {reference.shape[1]}x{reference.shape[0]} pixels is too small for SSIM: "
            f"its window needs {SSIM_WINDOW}x{SSIM_WINDOW}; use larger pictures"
        )
    x = log_encode(luminance(_scaled(prediction, settings)), settings.mu)
    y = log_encode(luminance(_scaled(reference, settings)), settings.mu)
    c1, c2 = SSIM_K1**2, SSIM_K2**2  # the dynamic range of the values is 1
    mean_x, mean_y = _window_mean(x), _window_mean(y)
    variance_x = _window_mean(x * x) - mean_x**2
    variance_y = _window_mean(y * y) - mean_y**2
    covariance = _window_mean(x * y) - mean_x * mean_y
    similarity = ((2 * mean_x * mean_y + c1) * (2 * covariance + c2)) / (
        (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
    )
    return float(np.mean(similarity))


def stops_rmse(
    prediction: FloatArray,
    reference: FloatArray,
    mask: npt.NDArray[np.bool_],
    settings: MetricSettings = DEFAULT_SETTINGS,
) -> float:
    """Give the RMSE of log2 luminance over a mask, in stops; nan where the mask is empty.

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
            f"the mask is {mask.shape} {mask.dtype}: it must be {reference.shape[:2]} bool, one per pixel"
        )
    if not mask.any():
        return math.nan
    stops = _log2_luminance(prediction[mask], settings) - _log2_luminance(reference[mask], settings)
    return float(np.sqrt(np.mean(stops**2)))


def _check_pair(prediction: FloatArray, reference: FloatArray) -> None:
    if prediction.shape != reference.shape or reference.ndim != 3 or reference.shape[2] != 3:
        raise TaskError(
            f"prediction {prediction.shape} and reference {reference.shape} must be (H, W, 3) of one size"
        )
    for name, radiance in (("prediction", prediction), ("reference", reference)):
        num_invalid = radiance.size - np.count_nonzero(np.isfinite(radiance))
        if num_invalid:
            raise TaskError(
                f"the {name} holds {num_invalid} NaN or infinite values: no metric is defined on them"
            )


def _scaled(radiance_ev0: FloatArray, settings: MetricSettings) -> npt.NDArray[np.float64]:
    return np.clip(np.asarray(radiance_ev0, np.float64) / settings.peak_ev0, 0.0, 1.0)


def _psnr(prediction: npt.NDArray[np.float64], reference: npt.NDArray[np.float64], peak: float) -> float:
    mean_squared_error = float(np.mean((prediction - reference) ** 2))
    return math.inf if mean_squared_error == 0 else 10 * math.log10(peak**2 / mean_squared_error)


def _window_mean(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Average under the Gaussian window, only where the window lies inside the picture."""
    blurred = cv2.GaussianBlur(values, (SSIM_WINDOW, SSIM_WINDOW), SSIM_SIGMA)
    margin = SSIM_WINDOW // 2
    inner: npt.NDArray[np.float64] = blurred[margin:-margin, margin:-margin]
    return inner


def _log2_luminance(radiance_ev0: FloatArray, settings: MetricSettings) -> npt.NDArray[np.float64]:
    values = luminance(np.asarray(radiance_ev0, np.float64))
    return np.asarray(np.log2(np.maximum(values, settings.darkest_ev0)))
