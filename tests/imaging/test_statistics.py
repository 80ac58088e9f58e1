import numpy as np
import pytest

from hdrbatch.errors import TaskError
from hdrbatch.imaging.statistics import (
    anchor_of,
    black_fraction,
    clipped_fraction,
    dynamic_range_stops,
    luminance,
)


def test_luminance_weighs_the_primaries_and_white_is_one(to_array):
    colours = to_array(np.asarray([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]], np.float32)[None])
    tones = luminance(colours)
    np.testing.assert_allclose(np.asarray(tones)[0], [0.2126, 0.7152, 0.0722, 1.0], rtol=1e-6)
    assert np.asarray(tones).dtype == np.float32


def test_luminance_takes_channels_from_any_axis(to_array):
    radiance = np.random.default_rng(0).random((5, 4, 3), dtype=np.float32)
    channels_first = to_array(np.ascontiguousarray(np.moveaxis(radiance, -1, 0))[None])
    np.testing.assert_array_equal(np.asarray(luminance(channels_first, axis=-3))[0], luminance(radiance))


def test_a_ramp_of_ten_stops_has_ten_stops():
    ramp = np.exp2(np.linspace(-5, 5, 10001)).astype(np.float32)
    radiance = np.repeat(ramp[None, :, None], 3, axis=2)
    # 0.1 % is cut off at either end: 0.02 stops in all.
    assert dynamic_range_stops(radiance) == pytest.approx(10 * 0.998, abs=1e-3)


def test_zeros_and_invalid_values_do_not_count_for_the_dynamic_range():
    radiance = np.full((20, 20, 3), 2.0, np.float32)
    radiance[:5] = 0.5
    expected = dynamic_range_stops(radiance)
    radiance[10:15] = 0
    radiance[0, 0] = np.nan
    radiance[1, 1] = np.inf
    assert dynamic_range_stops(radiance) == pytest.approx(expected) == pytest.approx(2)
    assert dynamic_range_stops(np.zeros((4, 4, 3), np.float32)) == 0


def test_a_pixel_is_clipped_by_one_channel_and_black_by_all():
    photo = np.full((2, 2, 3), 0.5, np.float32)
    photo[0, 0, 1] = 1.0
    photo[0, 1, 2] = 0.0
    photo[1, 1] = 0.0
    assert clipped_fraction(photo) == 0.25
    assert black_fraction(photo) == 0.25


def test_the_anchor_brings_the_median_to_middle_grey():
    radiance = np.random.default_rng(0).lognormal(3, 2, (31, 31, 3)).astype(np.float32)
    anchored = radiance * anchor_of(radiance)
    assert np.median(luminance(anchored)) == pytest.approx(0.18, rel=1e-5)
    assert anchor_of(radiance, target=0.09) == pytest.approx(anchor_of(radiance) / 2)


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_a_picture_that_cannot_be_metered_is_rejected(value):
    with pytest.raises(
        TaskError, match=r"median luminance of the picture is .*light the scene or move the camera"
    ):
        anchor_of(np.full((4, 4, 3), value, np.float32))
