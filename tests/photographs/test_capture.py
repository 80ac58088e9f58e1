from pathlib import Path

import numpy as np
import pytest

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.exif import PhotoMetadata
from hdrbatch.imaging.photo import write_photo
from hdrbatch.photographs.calibration import exposure_steps
from hdrbatch.photographs.capture import read_capture


def written(path, codes, time_s):
    write_photo(path, codes, PhotoMetadata(time_s, None, None, None))
    return path


def ramps(folder, gamma=2.2, width=256):
    """Two photographs of a ramp, two stops apart."""
    ramp = np.linspace(0, 1, width)[None, :, None] * np.ones((96, 1, 3))
    codes = [np.round(255 * np.clip(gain * ramp, 0, 1) ** (1 / gamma)).astype(np.uint8) for gain in (0.25, 1)]
    return [
        written(folder / f"{time_s}.png", photo, time_s) for time_s, photo in zip((1, 4), codes, strict=True)
    ]


def test_auto_uses_srgb_if_photographs_are_consistent_with_it_and_else_calibrates(tmp_path):
    assert read_capture(ramps(tmp_path)).curve.name == "srgb"
    found = read_capture(ramps(tmp_path, gamma=1.4)).curve
    assert found.name == "calibrated:debevec"
    codes = np.linspace(0.1, 0.95, 9)
    np.testing.assert_allclose(np.log2(found.invert(codes) / codes**1.4), 0, atol=0.05)


def test_auto_uses_the_gamma_that_fits_if_calibration_is_impossible(tmp_path):
    # Noise has no smooth patch.
    signal = np.random.default_rng(0).uniform(0.01, 1, (90, 90, 3))
    codes = [np.round(255 * (gain * signal) ** (1 / 1.4)).astype(np.uint8) for gain in (0.25, 1)]
    paths = [
        written(tmp_path / f"{time_s}.png", one, time_s) for time_s, one in zip((1, 4), codes, strict=True)
    ]
    found = read_capture(paths, aligned=False).curve.name
    assert float(found.removeprefix("gamma:")) == pytest.approx(1.4, rel=0.03)


def test_a_calibrated_curve_is_not_fitted_to_a_wrong_exposure_time(tmp_path):
    ramp = np.linspace(0, 1, 256)[None, :, None] * np.ones((96, 1, 3))
    paths = []
    for stated_s, gain in ((1, 1 / 16), (2, 1 / 4), (16, 1)):
        codes = np.round(255 * np.clip(2 * gain * ramp, 0, 1) ** (1 / 1.5)).astype(np.uint8)
        paths.append(written(tmp_path / f"{stated_s}.png", codes, stated_s))
    capture = read_capture(paths)
    assert capture.curve.name != "calibrated:debevec"
    assert any("are stated to be" in warning for warning in capture.warnings)


def test_a_named_curve_is_used_as_it_is_with_a_warning_about_inconsistent_steps(tmp_path):
    capture = read_capture(ramps(tmp_path, gamma=1.4), response="gamma:2.8")
    assert capture.curve.name == "gamma:2.8"
    (warning,) = capture.warnings
    assert warning.startswith("1.png and 4.png are stated to be 2.0 stops apart but measure 4.0")


@pytest.mark.parametrize("method", ["debevec", "robertson"])
def test_a_curve_is_calibrated_if_requested(tmp_path, method):
    capture = read_capture(ramps(tmp_path, gamma=1.4), response=method)
    assert capture.curve.name == f"calibrated:{method}"
    assert capture.warnings == ()


def test_one_photograph_needs_no_exposure(tmp_path):
    capture = read_capture(
        [written(tmp_path / "one.png", np.arange(243, dtype=np.uint8).reshape(9, 9, 3), None)]
    )
    assert (capture.exposures, capture.warnings, capture.notes) == ((1.0,), (), ())


def test_photographs_of_two_sizes_are_rejected(tmp_path):
    paths = [ramps(tmp_path)[0], written(tmp_path / "small.png", np.zeros((9, 9, 3), np.uint8), 1.0)]
    with pytest.raises(PhotoError, match=r"small\.png is 9x9 pixels and .*1\.png 256x96"):
        read_capture(paths)


def test_a_real_bracket_agrees_once_it_is_aligned_and_calibrated():
    """Its camera moved by some pixels: without alignment one step measures a fifth less than stated."""
    folder = Path(__file__).resolve().parents[2].parent / "shared" / "real" / "gateway-arch"
    if not folder.is_dir():
        pytest.skip(f"the real bracket gateway-arch is not next to the repository ({folder})")
    capture = read_capture(sorted(folder.glob("*.jpg")), response="debevec")
    assert capture.warnings == ()
    assert len(capture.notes) == 3
    pixels = [photo.sampled(3) for photo in capture.photos]
    for step in exposure_steps(pixels, capture.exposures, capture.curve):
        assert step.measured_stops == pytest.approx(step.claimed_stops, rel=0.07)
