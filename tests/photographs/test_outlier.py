"""One wrong photograph is named, and neither moves the curve nor discredits the others."""

import cv2
import numpy as np
import pytest

from hdrbatch.imaging.exif import PhotoMetadata
from hdrbatch.imaging.photo import write_photo
from hdrbatch.imaging.response import SrgbResponse, parse_response
from hdrbatch.photographs.capture import read_capture
from hdrbatch.photographs.outlier import outlier, uninformative

CURVE = SrgbResponse()


def scene(seed: int = 0) -> np.ndarray:
    """Return smooth radiance over ten stops."""
    noise = np.random.default_rng(seed).normal(0, 1, (120, 160)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 8)
    return np.exp2(2.2 * smooth / smooth.std() - 2)[..., None].repeat(3, axis=2)


def photograph(radiance: np.ndarray, exposure: float, curve: str = "srgb") -> np.ndarray:
    return np.rint(255 * parse_response(curve).apply(np.minimum(radiance * exposure, 1))).astype(np.uint8)


WRONG = {
    "a blown one": lambda exposure, curve: photograph(scene() * exposure * 50, 1.0, curve),
    "one in the dark": lambda exposure, curve: photograph(scene() * exposure / 50, 1.0, curve),
    "a wrong time": lambda exposure, curve: photograph(scene() * exposure * 4, 1.0, curve),
    "a wrong time, too dark": lambda exposure, curve: photograph(scene() * exposure / 4, 1.0, curve),
}


@pytest.mark.parametrize("curve", ["srgb", "gamma:1.6"])
@pytest.mark.parametrize("wrong", range(5))
@pytest.mark.parametrize("kind", WRONG)
def test_one_wrong_photograph_is_named_and_the_curve_is_that_of_the_others(tmp_path, kind, wrong, curve):
    exposures = [1 / 16, 1 / 4, 1, 4, 16]
    for index, exposure in enumerate(exposures):
        codes = WRONG[kind](exposure, curve) if index == wrong else photograph(scene(), exposure, curve)
        write_photo(tmp_path / f"{index}.png", codes, PhotoMetadata(exposure, None, None, None))
    capture = read_capture(sorted(tmp_path.glob("*.png")), aligned=False)
    codes = np.linspace(0.1, 0.9, 9)
    expected = parse_response(curve).invert(codes)
    found = capture.curve.invert(codes)
    off = np.log2(found / expected) - np.median(np.log2(found / expected))
    np.testing.assert_allclose(off, 0, atol=0.15)
    assert capture.warnings
    assert all(warning.startswith(f"{wrong}.png ") for warning in capture.warnings)
    assert any(
        "contradicts the other" in one or "throughout and adds nothing" in one for one in capture.warnings
    )


@pytest.mark.parametrize(
    ("wrong", "gain", "expected"),
    [(0, 20, 0), (1, 30, 1), (2, 30, None), (2, 1 / 4, 2), (1, 3, 1), (2, 3, None)],
)
def test_of_three_one_is_named_only_if_no_curve_explains_another(wrong, gain, expected):
    exposures = (1 / 4, 1.0, 4.0)
    photos = [
        photograph(scene() * (gain if index == wrong else 1), exposure).astype(np.float32) / 255
        for index, exposure in enumerate(exposures)
    ]
    assert outlier(photos, exposures, CURVE) == expected


@pytest.mark.parametrize("curve", ["srgb", "gamma:1.4", "gamma:2.8", "sigmoid:0.9,0.6"])
@pytest.mark.parametrize("exposures", [(1.0, 4.0), (1 / 4, 1.0, 4.0), (1 / 16, 1 / 4, 1.0, 4.0, 16.0)])
def test_an_unknown_curve_makes_no_outlier(curve, exposures):
    photos = [photograph(scene(), exposure, curve).astype(np.float32) / 255 for exposure in exposures]
    assert outlier(photos, exposures, CURVE) is None


def test_two_wrong_photographs_are_not_told_apart():
    exposures = (1 / 4, 1.0, 4.0, 16.0)
    gains = (1.0, 4.0, 1.0, 0.1)
    photos = [
        photograph(scene() * gain, exposure).astype(np.float32) / 255
        for gain, exposure in zip(gains, exposures, strict=True)
    ]
    assert outlier(photos, exposures, CURVE) is None


@pytest.mark.parametrize(("level", "word"), [(1.0, "clipped"), (0.0, "black"), (0.5, None)])
def test_a_photograph_of_one_extreme_is_told(tmp_path, level, word):
    photo = np.full((40, 40, 3), level, np.float32)
    photo[0, 0, 0] = 0.5
    if word is None:
        photo[:] = np.linspace(0, 1, 40)[:, None]
    assert uninformative(photo) == word
    write_photo(
        tmp_path / "a.png", np.rint(photo * 255).astype(np.uint8), PhotoMetadata(None, None, None, None)
    )
    expected = (
        ()
        if word is None
        else (f"a.png is {word} throughout and adds nothing; omit it, or check its exposure",)
    )
    assert read_capture([tmp_path / "a.png"]).warnings == expected
