"""The correction removes smooth errors of tone, and hides no others."""

import numpy as np
import pytest

from hdrbatch.errors import TaskError
from hdrbatch.imaging.response_correction import response_corrected

DARKEST = 2.0**-16


@pytest.fixture
def scene():
    return np.exp2(np.random.default_rng(0).uniform(-6, 4, (48, 64, 3)))


def everywhere(scene):
    return np.ones(scene.shape[:2], bool)


@pytest.mark.parametrize("tones", [lambda x: 1.7 * x, lambda x: x**1.3, lambda x: 0.5 * x**0.8])
def test_a_gain_and_a_power_per_channel_are_taken_out(tones, scene):
    prediction = np.stack([tones(scene[..., 0]), scene[..., 1], tones(2 * scene[..., 2])], axis=-1)
    corrected = response_corrected(prediction, scene, everywhere(scene), DARKEST)
    np.testing.assert_allclose(corrected, scene, rtol=1e-6)


def test_a_smooth_bend_is_taken_out_almost(scene):
    stops = np.log2(scene)
    prediction = np.exp2(stops + 0.4 * np.sin(stops / 4))
    before = np.abs(np.log2(prediction) - stops).mean()
    after = np.abs(np.log2(response_corrected(prediction, scene, everywhere(scene), DARKEST)) - stops).mean()
    assert after < before / 5


def test_it_is_fitted_only_within_the_mask_and_continues_as_a_line(scene):
    clipped = np.any(scene > 1, axis=-1)
    prediction = 2 * scene
    prediction[clipped] = 2.0
    corrected = response_corrected(prediction, scene, ~clipped, DARKEST)
    np.testing.assert_allclose(corrected[~clipped], scene[~clipped], rtol=1e-6)
    # The fit does not restore clipped values: they stay at the clipping point.
    np.testing.assert_allclose(corrected[clipped], 1.0, rtol=1e-6)


def test_a_few_outliers_do_not_bend_the_map(scene):
    prediction = 1.7 * scene
    prediction[0, :5] = 2.0**12  # 5 of 3072 pixels
    corrected = response_corrected(prediction, scene, everywhere(scene), DARKEST)
    np.testing.assert_allclose(corrected[1:], scene[1:], rtol=1e-6)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("num_tones", [2, 3])
def test_a_picture_of_few_tones_is_fitted_by_a_line(num_tones):
    tones = np.exp2(np.random.default_rng(0).integers(0, num_tones, (48, 64, 3)).astype(float))
    corrected = response_corrected(1.7 * tones, tones, everywhere(tones), DARKEST)
    np.testing.assert_allclose(corrected, tones, rtol=1e-6)


def test_noise_and_missing_detail_are_not_corrected(scene):
    noise = np.random.default_rng(1).normal(0, 0.5, scene.shape)
    corrected = response_corrected(scene * np.exp2(noise), scene, everywhere(scene), DARKEST)
    left = np.sqrt(np.mean((np.log2(corrected) - np.log2(scene)) ** 2))
    assert 0.4 < left < 0.55


def test_the_map_always_rises(scene):
    """A prediction unrelated to the reference must not be inverted or flattened."""
    prediction = 1 / scene
    corrected = response_corrected(prediction, scene, everywhere(scene), DARKEST)
    order = np.argsort(prediction[..., 0], axis=None)
    assert np.all(np.diff(corrected[..., 0].ravel()[order]) > 0)


def test_with_too_few_pixels_to_fit_the_prediction_is_unchanged(scene):
    few = np.zeros(scene.shape[:2], bool)
    few[0, :50] = True
    np.testing.assert_allclose(response_corrected(3 * scene, scene, few, DARKEST), 3 * scene)


def test_one_flat_colour_is_shifted(scene):
    reference = np.full_like(scene, 0.5)
    np.testing.assert_allclose(
        response_corrected(np.full_like(scene, 2.0), reference, everywhere(scene), DARKEST), reference
    )


def test_a_mask_of_another_size_is_rejected(scene):
    with pytest.raises(TaskError, match="must be of one size"):
        response_corrected(scene, scene, everywhere(scene)[1:], DARKEST)
