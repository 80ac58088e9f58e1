import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdrbatch.imaging.encoding import log_decode, log_encode


def test_black_and_saturation_stay_in_place_and_more_goes_on(to_array):
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
