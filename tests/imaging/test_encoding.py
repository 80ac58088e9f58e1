import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdrbatch.imaging.encoding import log_decode, log_encode, pu21_encode


def test_black_and_saturation_keep_their_values_and_higher_values_continue(to_array):
    encoded = np.asarray(log_encode(to_array(np.asarray([-1.0, 0.0, 1.0, 5001.0], np.float32))))
    assert encoded.dtype == np.float32
    np.testing.assert_allclose(encoded[:3], [0, 0, 1], atol=1e-7)
    assert encoded[3] == pytest.approx(np.log(1 + 5000 * 5001) / np.log(5001), rel=1e-6)


def test_mu_is_respected(to_array):
    encoded = log_encode(to_array(np.asarray([0.1])), mu=10.0)
    assert float(encoded[0]) == pytest.approx(np.log(2) / np.log(11))


def test_decode_undoes_encode_over_twenty_stops_in_float32(to_array):
    radiance = np.exp2(np.linspace(-14, 21.3, 1000)).astype(np.float32)
    back = np.asarray(log_decode(log_encode(to_array(radiance))))
    np.testing.assert_allclose(back, radiance, rtol=2e-5)


def test_the_darkest_radiance_keeps_its_precision_in_float32(to_array):
    encoded = np.asarray(log_encode(to_array(np.asarray([1e-9], np.float32))))
    np.testing.assert_allclose(encoded, np.log1p(5e-6) / np.log(5001), rtol=1e-6)


@given(st.floats(0, 1e6), st.floats(1, 1e5))
def test_decode_undoes_encode_for_any_mu(radiance, mu):
    back = log_decode(log_encode(np.asarray(radiance), mu), mu)
    assert float(back) == pytest.approx(radiance, rel=1e-9, abs=1e-15)


def test_pu21_has_the_values_that_its_authors_state(to_array):
    """0 at the darkest, 256 at 100 cd/m2 and 595 at the brightest (Mantiuk and Azimi 2021, table 1)."""
    encoded = np.asarray(pu21_encode(to_array(np.asarray([0.005, 100.0, 10000.0]))))
    np.testing.assert_allclose(encoded, [0.0, 256.0, 595.39], atol=0.5)


def test_pu21_is_its_formula(to_array):
    luminance = np.asarray([0.01, 0.1, 1.0, 10.0, 300.0, 5000.0])
    p = (0.353487901, 0.3734658629, 8.277049286e-05, 0.9062562627, 0.09150303166, 0.9099517204, 596.3148142)
    power = luminance ** p[3]
    expected = p[6] * (((p[0] + p[1] * power) / (1 + p[2] * power)) ** p[4] - p[5])
    np.testing.assert_allclose(np.asarray(pu21_encode(to_array(luminance))), expected, rtol=1e-12)


def test_pu21_rises_throughout_its_range_and_is_level_beyond(to_array):
    luminance = np.exp2(np.linspace(np.log2(0.005), np.log2(10000), 500)).astype(np.float32)
    encoded = np.asarray(pu21_encode(to_array(luminance)))
    assert encoded.dtype == np.float32
    assert np.all(np.diff(encoded) > 0)
    beyond = np.asarray(pu21_encode(to_array(np.asarray([-1.0, 0.0, 0.005, 1e4, 1e6]))))
    assert beyond[0] == beyond[1] == beyond[2]
    assert beyond[3] == beyond[4]


def test_pu21_has_finite_gradients_at_its_ends():
    torch = pytest.importorskip("torch", reason="torch is not installed: there are no gradients")
    luminance = torch.tensor([-1e6, 0.0, 0.005, 1e4, 1e30], requires_grad=True)
    pu21_encode(luminance).sum().backward()
    assert torch.isfinite(luminance.grad).all()
