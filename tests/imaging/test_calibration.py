import numpy as np
import pytest

from hdrbatch.imaging.calibration import (
    disagreements,
    exposure_steps,
    fitting_response,
    stops_ratio,
)
from hdrbatch.imaging.response import parse_response
from hdrbatch.imaging.sensor import Sensor, normal_noise, photograph

EXPOSURES = [2.0**-3, 1.0, 2.0**3]


def bracket(curve, exposures=EXPOSURES):
    rng = np.random.default_rng(3)
    radiance = np.exp(rng.uniform(np.log(1e-3), np.log(8), (64, 64, 3))).astype(np.float32)
    return [
        photograph(radiance, exposure, Sensor(), parse_response(curve), *normal_noise(radiance.shape, rng))
        for exposure in exposures
    ]


@pytest.mark.parametrize("curve", ["srgb", "gamma:1.7", "sigmoid:0.9,0.6"])
def test_photographs_measure_the_stops_they_claim_through_their_own_curve(curve):
    steps = exposure_steps(bracket(curve), EXPOSURES, parse_response(curve))
    assert [(step.darker, step.brighter) for step in steps] == [(0, 1), (1, 2)]
    for step in steps:
        assert step.measured_stops == pytest.approx(3.0, abs=0.1)


def test_a_bracket_that_agrees_keeps_the_assumed_curve():
    assumed = parse_response("srgb")
    assert fitting_response(bracket("srgb"), EXPOSURES, assumed) is assumed


@pytest.mark.parametrize("gamma", [1.5, 1.8, 2.8])
def test_another_gamma_is_found(gamma):
    found = fitting_response(bracket(f"gamma:{gamma}"), EXPOSURES, parse_response("srgb"))
    assert float(found.name.partition(":")[2]) == pytest.approx(gamma, rel=0.03)


def test_the_order_of_the_photographs_does_not_matter():
    photos = bracket("gamma:1.6")
    found = fitting_response(photos, EXPOSURES, parse_response("srgb"))
    turned = fitting_response(photos[::-1], EXPOSURES[::-1], parse_response("srgb"))
    assert found.name == turned.name


def test_one_photograph_tells_nothing():
    assumed = parse_response("srgb")
    assert fitting_response(bracket("gamma:1.5", [1.0]), [1.0], assumed) is assumed
    assert stops_ratio([]) is None


def test_a_broken_bracket_is_named():
    photo = bracket("srgb", [1.0])[0]
    steps = exposure_steps([photo, photo], [1.0, 8.0], parse_response("srgb"))
    (said,) = disagreements(steps, ["a.jpg", "b.jpg"])
    assert "a.jpg and b.jpg claim to be 3.0 stops apart and measure 0.0: check their exposure times" in said
    assert disagreements(exposure_steps(bracket("srgb"), EXPOSURES, parse_response("srgb")), "abc") == []
