from pathlib import Path

import cv2
import numpy as np
import pytest

from hdrbatch.errors import PhotoError, UserError
from hdrbatch.imaging.photo import read_photo
from hdrbatch.imaging.response import GammaResponse, parse_response
from hdrbatch.imaging.sensor import Sensor, normal_noise, photograph
from hdrbatch.photographs.bracket import relative_exposures
from hdrbatch.photographs.calibration import (
    calibrated_response,
    exposure_steps,
    fitting_response,
    inconsistent_duplicates,
    inconsistent_steps,
    stops_ratio,
)

EXPOSURES = [2.0**-3, 1.0, 2.0**3]


def bracket(curve, exposures=EXPOSURES):
    rng = np.random.default_rng(3)
    radiance = np.exp(rng.uniform(np.log(1e-3), np.log(8), (64, 64, 3))).astype(np.float32)
    return [
        photograph(radiance, exposure, Sensor(), parse_response(curve), *normal_noise(radiance.shape, rng))
        for exposure in exposures
    ]


@pytest.mark.parametrize("curve", ["srgb", "gamma:1.7", "sigmoid:0.9,0.6"])
def test_photographs_measure_the_stated_stops_through_their_own_curve(curve):
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


def test_one_photograph_determines_no_curve():
    assumed = parse_response("srgb")
    assert fitting_response(bracket("gamma:1.5", [1.0]), [1.0], assumed) is assumed
    assert stops_ratio([]) is None


def test_a_broken_bracket_is_named():
    photo = bracket("srgb", [1.0])[0]
    steps = exposure_steps([photo, photo], [1.0, 8.0], parse_response("srgb"))
    (warning,) = inconsistent_steps(steps, ["a.jpg", "b.jpg"])
    assert "a.jpg and b.jpg are stated to be 3.0 stops apart but measure 0.0; check their" in warning
    assert inconsistent_steps(exposure_steps(bracket("srgb"), EXPOSURES, parse_response("srgb")), "abc") == []


def test_photographs_with_less_in_common_than_stated_are_named():
    """The pair is stated to be one stop apart but is eight: nothing is well exposed in both."""
    photos = bracket("srgb", [2.0**-4, 2.0**4])
    dark, bright = photos[0][:, :, :1], photos[1][:, :, :1]
    both_matter = (dark > 0.1) & (dark < 0.5)
    steps = exposure_steps([dark[both_matter], bright[both_matter]], [1.0, 2.0], parse_response("srgb"))
    (warning,) = inconsistent_steps(steps, ["a.jpg", "b.jpg"])
    assert "a.jpg and b.jpg are stated to be 1.0 stops apart" in warning


def test_a_broken_step_is_ignored_for_the_curve():
    dark, middle, _ = bracket("gamma:1.6")
    found = fitting_response([dark, middle, middle], EXPOSURES, parse_response("srgb"))
    assert float(found.name.partition(":")[2]) == pytest.approx(1.6, rel=0.05)


def smooth_bracket(curve, exposures, seed=0):
    """Clouds of radiance over some fourteen stops, photographed with noise."""
    rng = np.random.default_rng(seed)
    clouds = sum(
        size * cv2.GaussianBlur(rng.normal(size=(160, 240, 3)), (0, 0), size) for size in (6, 20, 60)
    )
    radiance = np.exp2(2.5 * clouds / clouds.std() - 2).astype(np.float32)
    noise = [normal_noise(radiance.shape, rng) for _ in exposures]
    known = parse_response(curve)
    return [
        photograph(radiance, exposure, Sensor(), known, *normals)
        for exposure, normals in zip(exposures, noise, strict=True)
    ]


def stops_off(found, known):
    """Root mean square over well-exposed codes, after fitting the free factor."""
    encoded = np.arange(16, 241) / 255
    off = np.log2(found.invert(encoded) / parse_response(known).invert(encoded))
    return np.sqrt(np.mean((off - np.median(off)) ** 2))


THREE_STOPS_APART, ONE_STOP_APART = EXPOSURES, [1 / 2, 1, 2]
FIVE_IN_ANY_ORDER = [16, 1, 1 / 16, 1 / 4, 4]


@pytest.mark.parametrize(
    ("curve", "exposures", "method", "tolerated_stops"),
    [
        ("srgb", THREE_STOPS_APART, "debevec", 0.04),
        ("gamma:2.2", THREE_STOPS_APART, "debevec", 0.02),
        ("sigmoid:0.9,0.6", THREE_STOPS_APART, "debevec", 0.05),
        ("srgb", ONE_STOP_APART, "debevec", 0.02),
        ("gamma:1.3", ONE_STOP_APART, "debevec", 0.02),
        ("sigmoid:1.3,0.4", ONE_STOP_APART, "debevec", 0.02),
        ("srgb", FIVE_IN_ANY_ORDER, "debevec", 0.02),
        ("sigmoid:1.3,0.4", FIVE_IN_ANY_ORDER, "debevec", 0.05),
        ("srgb", ONE_STOP_APART, "robertson", 0.08),
        ("sigmoid:0.9,0.6", [1 / 4, 1, 4], "robertson", 0.08),
    ],
)
def test_calibration_finds_the_curve_of_a_simulated_camera(curve, exposures, method, tolerated_stops):
    """0.02 stops are 1.4 %."""
    found = calibrated_response(smooth_bracket(curve, exposures), exposures, method)
    assert found.name == f"calibrated:{method}"
    assert stops_off(found, curve) < tolerated_stops


def test_calibration_does_not_depend_on_the_cameras_white_balance():
    exposures = [1 / 4, 1, 4]
    rng = np.random.default_rng(0)
    grey = np.exp2(rng.uniform(-9, 3, (40, 60))).repeat(4, 0).repeat(4, 1).astype(np.float32)
    radiance = np.stack([2 * grey, grey, grey / 3], axis=-1)
    photos = [
        photograph(radiance, exposure, Sensor(), parse_response("srgb"), *normal_noise(radiance.shape, rng))
        for exposure in exposures
    ]
    assert stops_off(calibrated_response(photos, exposures, "debevec"), "srgb") < 0.02


@pytest.mark.parametrize("method", ["debevec", "robertson"])
def test_calibration_is_the_same_every_time(method):
    photos = smooth_bracket("srgb", [1 / 2, 1, 2])
    found = [calibrated_response(photos, [1 / 2, 1, 2], method) for _ in range(2)]
    assert found[0] == found[1]


def test_calibration_needs_different_exposures():
    photos = smooth_bracket("srgb", [1, 1])
    with pytest.raises(PhotoError, match="different exposures, not 2 with the same; add another"):
        calibrated_response(photos, [1.0, 1.0], "debevec")


def test_calibration_needs_values_that_two_photographs_share():
    exposures = [2.0**-12, 2.0**4]
    with pytest.raises(PhotoError, match="found 0 patches that are well exposed in two photographs"):
        calibrated_response(smooth_bracket("srgb", exposures), exposures, "debevec")


def test_a_picture_smaller_than_a_patch_has_no_samples():
    tiny = [np.full((3, 3, 3), value, np.float32) for value in (0.2, 0.4)]
    with pytest.raises(PhotoError, match="found 0 patches"):
        calibrated_response(tiny, [1.0, 4.0], "debevec")


@pytest.mark.parametrize("method", ["debevec", "robertson"])
def test_calibration_names_identical_photographs(method):
    dark, middle, _ = smooth_bracket("srgb", [1 / 4, 1, 4])
    with pytest.raises(
        PhotoError, match=r"photographs 2 and 3 are stated to be 2\.0 stops apart, .* by 0\.0; check"
    ):
        calibrated_response([dark, middle, middle], [1 / 4, 1, 4], method)


def test_robertson_rejects_steps_that_are_too_wide():
    with pytest.raises(PhotoError, match=r"at most 2 stops apart, but these are 3\.0; use debevec"):
        calibrated_response(smooth_bracket("srgb", EXPOSURES), EXPOSURES, "robertson")


def test_an_unknown_method_is_rejected():
    with pytest.raises(UserError, match="calibration 'mitsunaga' is not known; use debevec or robertson"):
        calibrated_response([], [], "mitsunaga")


@pytest.mark.parametrize(("name", "tolerated_ratio"), [("frobisher", 1.02), ("gateway-arch", 1.3)])
def test_real_photographs_agree_under_their_calibrated_curve(name, tolerated_ratio):
    folder = Path(__file__).resolve().parents[2].parent / "shared" / "real" / name
    if not folder.is_dir():
        pytest.skip(f"the real bracket {name} is not next to the repository ({folder})")
    photos = [read_photo(path) for path in sorted(folder.glob("*.jpg"))]
    exposures = list(relative_exposures([photo.metadata for photo in photos], [name] * len(photos)))
    pixels = [photo.pixels[::2, ::2] for photo in photos]
    curve = calibrated_response(pixels, exposures, "debevec")
    for step in exposure_steps(pixels, exposures, curve):
        assert 1 / tolerated_ratio < step.measured_stops / step.claimed_stops < tolerated_ratio


def test_photographs_of_one_stated_exposure_that_differ_are_named() -> None:
    rng = np.random.default_rng(0)
    dark = rng.uniform(0.12, 0.3, size=(40, 40, 3)).astype(np.float32)
    curve = GammaResponse(2.0)
    bright = curve.apply(4 * curve.invert(dark)).astype(np.float32)

    (warning,) = inconsistent_duplicates([dark, bright], [1.0, 1.0], curve, ["a.jpg", "b.jpg"])

    assert "a.jpg and b.jpg are stated to have one exposure but measure 2.0 stops apart" in warning
    assert not inconsistent_duplicates([dark, dark], [1.0, 1.0], curve, ["a.jpg", "b.jpg"])
    assert not inconsistent_duplicates([dark, bright], [1.0, 4.0], curve, ["a.jpg", "b.jpg"])
