import math

import numpy as np
import pytest

from hdrbatch.errors import TaskError, UserError
from hdrbatch.imaging.encoding import log_decode, pu21_encode
from hdrbatch.imaging.masks import InputMasks
from hdrbatch.imaging.metrics import (
    PERFECT_DB,
    MetricSettings,
    evaluate_prediction,
    psnr_linear,
    psnr_mu,
    psnr_pu21,
    ssim_linear,
    ssim_mu,
    stops_rmse,
)
from hdrbatch.records.scores import METRIC_TITLES

PEAK = 32.0


def _flat(value: float, shape: tuple[int, int] = (16, 20)) -> np.ndarray:
    return np.full((*shape, 3), value, np.float32)


@pytest.fixture
def scene() -> np.ndarray:
    return np.random.default_rng(0).lognormal(-1, 2, (24, 32, 3)).astype(np.float32)


@pytest.fixture
def masks(scene) -> InputMasks:
    """The brightest tenth is clipped, the darkest dark."""
    low, high = np.percentile(scene[..., 1], (10, 90))
    lost, dark = scene[..., 1] > high, scene[..., 1] < low
    return InputMasks(clipped=lost, mid=~(lost | dark), dark=dark)


def test_identical_pictures_have_the_maximum_psnr(scene, masks):
    scores = evaluate_prediction(scene, scene.copy(), masks)
    assert set(scores) == set(METRIC_TITLES) - {"jod"}
    for name, value in scores.items():
        perfect = 1.0 if "ssim" in name else 0.0 if "stops" in name else PERFECT_DB
        assert value == pytest.approx(perfect, abs=1e-9), name


def test_only_corrected_scores_forgive_a_wrong_response(scene, masks):
    scores = evaluate_prediction(np.float32(1.5) * scene ** np.float32(0.9), scene, masks)
    for name in ("psnr_mu", "pu21_psnr"):
        assert scores[name] < 35
        assert scores[f"{name}_corrected"] > 80


def test_the_correction_does_not_look_at_clipped_pixels(scene, masks):
    flat = np.where(masks.clipped[..., None], np.float32(1), scene)
    scores = evaluate_prediction(flat, scene, masks)
    assert scores["psnr_mu_corrected"] == pytest.approx(scores["psnr_mu"], abs=0.5)
    assert scores["stops_mid"] == scores["stops_dark"] == 0.0
    assert scores["stops_clipped"] > 0.5


def test_errors_in_stops_are_taken_apart_by_mask(scene, masks):
    factor = np.where(masks.clipped, 2.0, np.where(masks.dark, 8.0, 4.0))
    scores = evaluate_prediction(scene * factor[..., None], scene, masks)
    found = [scores[f"stops_{part}"] for part in ("clipped", "mid", "dark")]
    assert found == pytest.approx([1.0, 2.0, 3.0], abs=1e-5)


@pytest.mark.parametrize("offset", [0.1, 0.01])
def test_a_constant_offset_has_the_psnr_of_its_size(offset):
    decibels = -20 * math.log10(offset)
    assert psnr_linear(_flat((0.5 + offset) * PEAK), _flat(0.5 * PEAK)) == pytest.approx(decibels, abs=1e-4)
    # The same offset after mu-law:
    shifted, plain = (log_decode(np.asarray(value)) * PEAK for value in (0.5 + offset, 0.5))
    assert psnr_mu(_flat(shifted), _flat(plain)) == pytest.approx(decibels, abs=1e-4)


def test_psnr_is_over_all_channels():
    prediction = _flat(0.5 * PEAK)
    prediction[..., 2] += 0.1 * PEAK
    assert psnr_linear(prediction, _flat(0.5 * PEAK)) == pytest.approx(20 + 10 * math.log10(3), abs=1e-4)


def test_values_above_the_peak_or_below_zero_are_clipped_before_comparison():
    for metric in (psnr_linear, psnr_mu):
        assert metric(_flat(1e5), _flat(33.0)) == PERFECT_DB
        assert metric(_flat(-1.0), _flat(0.0)) == PERFECT_DB
    assert psnr_linear(_flat(1e5), _flat(33.0), MetricSettings(peak_ev0=64)) < 10


def test_pu21_has_the_values_of_its_formula_and_is_monotone():
    levels = np.geomspace(0.005, 10000, 1000)
    encoded = pu21_encode(levels)
    assert np.all(np.diff(encoded) > 0)
    p = (0.353487901, 0.3734658629, 8.277049286e-05, 0.9062562627, 0.09150303166, 0.9099517204, 596.3148142)
    for y in (0.005, 1.0, 100.0, 10000.0):
        root = ((p[0] + p[1] * y ** p[3]) / (1 + p[2] * y ** p[3])) ** p[4]
        assert float(pu21_encode(np.asarray(y))) == pytest.approx(p[6] * (root - p[5]), rel=1e-12)
    # The paper's anchors: nothing at 0.005 cd/m2, about 256 at 100, about 595 at 10000.
    np.testing.assert_allclose(pu21_encode(np.asarray([0.005, 100, 10000])), [0, 256, 595.4], atol=1)
    np.testing.assert_array_equal(pu21_encode(np.asarray([0.0, 1e9])), pu21_encode(np.asarray([0.005, 1e4])))


def test_pu21_psnr_shows_saturation_at_100_cd_m2():
    difference = float(pu21_encode(np.asarray(100.0)) - pu21_encode(np.asarray(50.0)))
    expected = 20 * math.log10(256 / difference)
    assert psnr_pu21(_flat(0.5), _flat(1.0)) == pytest.approx(expected, abs=1e-6)
    assert psnr_pu21(_flat(0.25), _flat(0.5), MetricSettings(white_cd_m2=200)) == pytest.approx(
        expected, abs=1e-6
    )
    # The clamp at 10000 cd/m2 lies above the display's peak of 3200.
    assert psnr_pu21(_flat(50.0), _flat(32.0)) < 30
    assert psnr_pu21(_flat(200.0), _flat(100.0)) == PERFECT_DB


def test_ssim_of_a_constant_shift_has_a_closed_form():
    """Without variance and covariance only the luminance term is left."""
    x, y = 0.3, 0.7
    bright, dark = (_flat(float(log_decode(np.asarray(value))) * PEAK) for value in (y, x))
    expected = (2 * x * y + 0.01**2) / (x**2 + y**2 + 0.01**2)
    assert ssim_mu(bright, dark) == pytest.approx(expected, rel=1e-5)


def test_linear_ssim_of_a_constant_shift_has_a_closed_form():
    x, y = 0.3, 0.7
    expected = (2 * x * y + 0.01**2) / (x**2 + y**2 + 0.01**2)
    assert ssim_linear(_flat(x * PEAK), _flat(y * PEAK)) == pytest.approx(expected, rel=1e-5)


def test_ssim_of_one_window_has_the_value_of_its_definition():
    rng = np.random.default_rng(0)
    x, y = rng.random((2, 11, 11))
    kernel = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5**2))
    window = np.outer(kernel, kernel) / kernel.sum() ** 2
    mean_x, mean_y = (window * x).sum(), (window * y).sum()
    variance_x, variance_y = (window * (x - mean_x) ** 2).sum(), (window * (y - mean_y) ** 2).sum()
    covariance = (window * (x - mean_x) * (y - mean_y)).sum()
    expected = ((2 * mean_x * mean_y + 1e-4) * (2 * covariance + 9e-4)) / (
        (mean_x**2 + mean_y**2 + 1e-4) * (variance_x + variance_y + 9e-4)
    )
    pictures = [
        np.repeat(log_decode(values)[..., None], 3, axis=2).astype(np.float32) * 32 for values in (x, y)
    ]
    assert ssim_mu(*pictures) == pytest.approx(expected, rel=1e-4)


def test_ssim_falls_with_noise_and_needs_its_window(scene):
    noise = np.random.default_rng(1).normal(0, 1, scene.shape).astype(np.float32)
    scores = [ssim_mu(scene * np.exp2(amount * noise), scene) for amount in (0.1, 0.5, 2.0)]
    assert 1 > scores[0] > scores[1] > scores[2]
    with pytest.raises(TaskError, match="a picture of 20x10 pixels is too small for SSIM"):
        ssim_mu(_flat(1, (10, 20)), _flat(1, (10, 20)))


def test_twice_the_radiance_is_exactly_one_stop():
    reference = _flat(0.75)
    everywhere = np.ones(reference.shape[:2], bool)
    assert stops_rmse(2 * reference, reference, everywhere) == 1.0
    assert stops_rmse(reference / 4, reference, everywhere) == 2.0


def test_stops_count_only_the_mask():
    reference = _flat(1.0)
    prediction = reference.copy()
    prediction[:4] = 8.0
    mask = np.zeros(reference.shape[:2], bool)
    mask[:4] = True
    assert stops_rmse(prediction, reference, mask) == 3.0
    assert stops_rmse(prediction, reference, ~mask) == 0.0
    assert math.isnan(stops_rmse(prediction, reference, np.zeros_like(mask)))


def test_black_predictions_cost_the_stops_down_to_the_darkest_luminance():
    everywhere = np.ones((16, 20), bool)
    assert stops_rmse(_flat(-1.0), _flat(1.0), everywhere) == 16.0
    assert stops_rmse(_flat(0.0), _flat(1.0), everywhere, MetricSettings(darkest_ev0=2.0**-10)) == 10.0


def test_the_description_names_every_setting():
    text = MetricSettings(peak_ev0=16.0, mu=1234.0, white_cd_m2=50.0, darkest_ev0=0.125).describe()
    for part in ("divided by 16 ", "mu = 1234", "1 shown at 50 cd/m2 (so 16 at 800 cd/m2)", "at least 0.125",
                 "banding_glare", "0.005-10000 cd/m2", "peak 256", "11x11", "sigma 1.5",
                 "100 dB at most", "degree 3", "below 8/255"):  # fmt: skip
        assert part in text
    assert MetricSettings().display_peak_cd_m2 == 3200


def test_metrics_reject_pictures_that_cannot_be_compared(scene, masks):
    with pytest.raises(TaskError, match=r"must be \(H, W, 3\) of one size"):
        psnr_linear(scene[1:], scene)
    broken = scene.copy()
    broken[0, 0, 0], broken[1, 1, 1] = np.nan, np.inf
    with pytest.raises(TaskError, match="the prediction has 2 NaN or infinite values"):
        evaluate_prediction(broken, scene, masks)
    with pytest.raises(TaskError, match=r"the mask is \(24, 32, 3\) bool; it must be \(24, 32\) bool"):
        stops_rmse(scene, scene, np.ones(scene.shape, bool))
    with pytest.raises(UserError, match="peak_ev0 of the metrics is 0; give a positive number"):
        MetricSettings(peak_ev0=0)
