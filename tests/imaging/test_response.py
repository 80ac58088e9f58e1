import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdrbatch.errors import UserError
from hdrbatch.imaging.response import GammaResponse, SigmoidResponse, parse_response

NAMES = ["linear", "srgb", "gamma:2.2", "sigmoid:0.9,0.6"]


@pytest.mark.parametrize("name", NAMES)
def test_a_curve_keeps_its_name_black_and_white(name, to_array):
    curve = parse_response(name)
    ends = to_array(np.asarray([0.0, 1.0], np.float32))
    assert curve.name == name
    np.testing.assert_allclose(np.asarray(curve.apply(ends)), [0, 1], atol=1e-6)
    np.testing.assert_allclose(np.asarray(curve.invert(ends)), [0, 1], atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_invert_undoes_apply_in_float32(name, to_array):
    curve = parse_response(name)
    linear = np.linspace(0, 1, 5001, dtype=np.float32)
    encoded = curve.apply(to_array(linear))
    back = np.asarray(curve.invert(encoded))
    assert back.dtype == np.float32
    np.testing.assert_allclose(back, linear, atol=2e-6)
    assert np.all(np.diff(np.asarray(encoded)) > 0)


@pytest.mark.parametrize("name", NAMES)
def test_values_outside_are_clipped(name, to_array):
    curve = parse_response(name)
    outside = to_array(np.asarray([-3.0, 7.0, np.inf], np.float32))
    np.testing.assert_allclose(np.asarray(curve.apply(outside)), [0, 1, 1], atol=1e-6)
    np.testing.assert_allclose(np.asarray(curve.invert(outside)), [0, 1, 1], atol=1e-6)


def test_srgb_has_the_values_of_the_standard():
    curve = parse_response("srgb")
    encoded = curve.apply(np.asarray([0.001, 0.0031308, 0.18, 0.5]))
    np.testing.assert_allclose(encoded, [0.01292, 0.04045, 0.461356, 0.735357], atol=1e-5)


def test_sigmoid_has_the_published_form():
    half = parse_response("sigmoid:0.9,0.6").apply(np.asarray(0.5))
    assert half == pytest.approx(1.6 * 0.5**0.9 / (0.5**0.9 + 0.6))


@given(st.floats(0.2, 5), st.floats(0.0, 1.0))
def test_gamma_is_a_power(gamma, linear):
    curve = parse_response(f"gamma:{gamma!r}")
    assert curve.apply(np.asarray(linear)) == pytest.approx(linear ** (1 / gamma))


UNKNOWN = ["", "rgb", "linear:1", "srgb:2.2", "gamma", "gamma:", "sigmoid:0.9", "gamma:1,2"]
NOT_POSITIVE = ["gamma:-1", "gamma:0", "gamma:x", "gamma:inf", "gamma:nan"]


@pytest.mark.parametrize("text", UNKNOWN + NOT_POSITIVE)
def test_an_unknown_curve_is_rejected_with_what_is_valid(text):
    with pytest.raises(
        UserError, match=r"not known; use linear, srgb, gamma:G .*sigmoid:N,SIGMA .* or emor:FILE"
    ):
        parse_response(text)


@pytest.mark.parametrize("name", ["linear", "srgb"])
def test_gradients_are_finite_at_black_and_white(name):
    """Powers below 1 have no finite slope at 0, so gamma and sigmoid cannot."""
    torch = pytest.importorskip("torch", reason="torch is not installed: no gradients to test")
    linear = torch.tensor([0.0, 0.5, 1.0], requires_grad=True)
    parse_response(name).apply(linear).sum().backward()
    assert torch.isfinite(linear.grad).all()


def test_one_curve_holds_many_cameras(to_array):
    linear = np.linspace(0, 1, 200, dtype=np.float32).reshape(2, 1, 10, 10)
    n, sigma, gamma = np.array([0.8, 1.1]), np.array([0.5, 0.7]), np.array([1.8, 2.4])
    many = [
        SigmoidResponse(
            n=n[:, None, None, None], sigma=to_array(sigma.astype(np.float32))[:, None, None, None]
        ),
        GammaResponse(to_array(gamma.astype(np.float32))[:, None, None, None]),
    ]
    for curve, one in zip(
        many, [lambda i: SigmoidResponse(n[i], sigma[i]), lambda i: GammaResponse(gamma[i])], strict=True
    ):
        encoded = curve.apply(to_array(linear))
        assert np.asarray(encoded).dtype == np.float32
        np.testing.assert_allclose(np.asarray(curve.invert(encoded)), linear, atol=2e-6)
        for i in range(2):
            np.testing.assert_allclose(np.asarray(encoded)[i], one(i).apply(linear[i]), atol=1e-6)
