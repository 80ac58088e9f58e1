import numpy as np
import pytest

from hdrbatch.imaging.response import parse_response
from hdrbatch.imaging.sensor import Sensor, photograph
from hdrbatch.imaging.variation import GAMMA_RANGE, SIGMOID_RANGE, DrawnCurves, draw_curves

FAMILIES = [
    DrawnCurves("sigmoid", np.asarray([[0.7, 0.9, 1.1], [0.5, 0.6, 0.8]])),
    DrawnCurves("gamma", np.asarray([[1.8, 2.2, 2.6]])),
    DrawnCurves("srgb", np.empty((0, 3))),
]
NAMES = {
    "sigmoid": ["sigmoid:0.7,0.5", "sigmoid:0.9,0.6", "sigmoid:1.1,0.8"],
    "gamma": ["gamma:1.8", "gamma:2.2", "gamma:2.6"],
    "srgb": ["srgb"] * 3,
}


@pytest.mark.parametrize("drawn", FAMILIES, ids=lambda drawn: drawn.family)
def test_every_item_of_a_batch_has_the_curve_that_is_drawn_for_it(drawn, to_array):
    values = np.random.default_rng(0).random((3, 3, 4, 5), dtype=np.float32)
    together = drawn.curve(to_array(values))
    for apply_or_invert in ("apply", "invert"):
        found = np.asarray(getattr(together, apply_or_invert)(to_array(values)))
        assert found.dtype == np.float32
        for item, name in enumerate(NAMES[drawn.family]):
            expected = getattr(parse_response(name), apply_or_invert)(values[item])
            np.testing.assert_allclose(found[item], expected, rtol=2e-6, atol=1e-7)
            single = getattr(drawn.single(item), apply_or_invert)(values[item])
            np.testing.assert_allclose(single, expected, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("drawn", FAMILIES, ids=lambda drawn: drawn.family)
def test_one_of_the_curves_has_the_name_of_its_family(drawn):
    assert [drawn.single(item).name for item in range(3)] == [
        parse_response(name).name for name in NAMES[drawn.family]
    ]


@pytest.mark.parametrize("drawn", FAMILIES, ids=lambda drawn: drawn.family)
def test_a_photograph_of_each_curve_inverts_back_to_its_radiance(drawn, to_array):
    radiance = to_array(np.full((3, 3, 8, 8), 0.3, np.float32))
    still = radiance * 0
    curve = drawn.curve(radiance)
    photo = photograph(radiance, 1.0, Sensor(bits=16), curve, still, still)
    np.testing.assert_allclose(np.asarray(curve.invert(photo)), 0.3, rtol=1e-3)


def test_draws_cover_all_families_and_stay_within_their_ranges():
    drawn = [draw_curves(np.random.default_rng(seed), 4) for seed in range(400)]
    shares = {
        family: sum(one.family == family for one in drawn) / len(drawn)
        for family in ("sigmoid", "gamma", "srgb")
    }
    assert shares["sigmoid"] == pytest.approx(0.6, abs=0.08)
    assert shares["gamma"] == pytest.approx(0.2, abs=0.07)
    assert shares["srgb"] == pytest.approx(0.2, abs=0.07)
    for family, count, (low, high) in (("sigmoid", 2, SIGMOID_RANGE), ("gamma", 1, GAMMA_RANGE)):
        parameters = np.stack([one.parameters for one in drawn if one.family == family])
        assert parameters.shape[1:] == (count, 4)
        assert parameters.min() >= low
        assert parameters.max() <= high
        assert parameters.std(axis=-1).min() > 0
    sigmoids = np.concatenate([one.parameters for one in drawn if one.family == "sigmoid"], axis=1)
    np.testing.assert_allclose(sigmoids.mean(axis=1), [0.9, 0.6], atol=0.02)
    np.testing.assert_allclose(sigmoids.std(axis=1), 0.1, atol=0.02)


def test_a_generator_decides_what_is_drawn():
    first, again, other = (draw_curves(np.random.default_rng(seed), 3) for seed in (5, 5, 6))
    assert first.family == again.family
    np.testing.assert_array_equal(first.parameters, again.parameters)
    assert first.family != other.family or not np.array_equal(first.parameters, other.parameters)
