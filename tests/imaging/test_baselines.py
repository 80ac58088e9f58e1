import numpy as np
import pytest

from hdrbatch.imaging.baselines import debevec_merge, hat_weight, triangle_merge
from hdrbatch.imaging.response import parse_response

EXPOSURES = [1.0, 1 / 8, 8.0]
MERGES = [triangle_merge, debevec_merge]


def photographed(radiance, curve="srgb"):
    """Without noise or rounding."""
    return [parse_response(curve).apply(np.clip(radiance * exposure, 0, 1)) for exposure in EXPOSURES]


@pytest.mark.parametrize("merge", MERGES)
@pytest.mark.parametrize("curve", ["srgb", "sigmoid:0.9,0.6"])
def test_known_radiance_comes_back(merge, curve, to_array):
    radiance = np.geomspace(1e-3, 7.5, 600, dtype=np.float32).reshape(10, 20, 3)
    photos = [to_array(photo.astype(np.float32)) for photo in photographed(radiance, curve)]
    merged = np.asarray(merge(photos, EXPOSURES, parse_response(curve)))
    assert merged.dtype == np.float32
    np.testing.assert_allclose(merged, radiance, rtol=1e-3)


@pytest.mark.parametrize("merge", MERGES)
def test_clipped_pixels_use_the_shortest_photograph_and_black_pixels_the_longest(merge, to_array):
    photos = [to_array(photo) for photo in photographed(np.asarray([[100.0, 0.0]], np.float32))]
    merged = np.asarray(merge(photos, EXPOSURES, parse_response("srgb")))
    np.testing.assert_allclose(merged, [[8.0, 0.0]], atol=1e-6)


@pytest.mark.parametrize("merge", MERGES)
def test_between_a_black_and_a_clipped_photograph_the_clipped_one_is_the_lower_bound(merge, to_array):
    photos = [to_array(np.asarray([value], np.float32)) for value in (0.0, 1.0)]
    merged = np.asarray(merge(photos, [2.0**-9, 1.0], parse_response("srgb")))
    np.testing.assert_allclose(merged, [1.0], rtol=1e-6)


def test_weights_are_means_of_radiance_in_one_and_of_its_log_in_the_other():
    photos, linear = [np.asarray([0.5]), np.asarray([0.25])], parse_response("linear")
    # Both state a different radiance: 0.5 with weight 1, and 1.0 with weight one half.
    assert triangle_merge(photos, [1, 0.25], linear) == pytest.approx((0.5 + 0.5 * 1.0) / 1.5)
    assert debevec_merge(photos, [1, 0.25], linear) == pytest.approx(0.5 ** (1 / 1.5))


def test_the_weight_is_a_hat_without_what_is_clipped(to_array):
    codes = to_array(np.asarray([0, 0.25, 0.5, 0.75, 254 / 255, 254.6 / 255, 1], np.float32))
    expected = [0, 0.5, 1, 0.5, 2 / 255, 0, 0]
    np.testing.assert_allclose(np.asarray(hat_weight(codes)), expected, atol=1e-6)
