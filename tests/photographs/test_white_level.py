"""White below the last code of the files is found by what proves it, and nothing else is taken for it."""

import re
from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
import pytest

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.exif import PhotoMetadata
from hdrbatch.imaging.photo import Photo
from hdrbatch.imaging.response import LinearResponse, SrgbResponse
from hdrbatch.imaging.sensor import Sensor
from hdrbatch.imaging.variance_merge import CAMERA, merge
from hdrbatch.photographs.white_level import WhiteLevel, apply_white_level

NOTHING = PhotoMetadata(None, None, None, None)
EXPOSURES = (1 / 64, 1 / 16, 1 / 4, 1.0, 4.0)
ROWS, COLUMNS = 120, 160


def scene() -> np.ndarray:
    """Return a ramp of radiance over eleven stops, with texture."""
    down, right = np.mgrid[0:1:120j, 0:1:160j]
    ramp = 2.0 ** (-8 + 11 * right) * (1 + 0.3 * np.sin(40 * right) * np.sin(31 * down))
    texture = np.random.default_rng(0).normal(0, 1, ramp.shape).astype(np.float32)
    ramp = ramp * np.exp2(2 * cv2.GaussianBlur(texture, (0, 0), 3))
    return ramp[..., None] * np.array([1.0, 0.8, 0.6])


def grey_wall() -> np.ndarray:
    """Return a dim scene, half of it an even surface that nothing else in it is as bright as."""
    radiance = scene() * (0.4 / scene().max())
    radiance[:60] = 0.55
    return radiance


def photos_of(codes: list[np.ndarray], **options) -> list[Photo]:
    return [Photo(one, NOTHING, **options) for one in codes]


def linear(radiance: np.ndarray, exposures=EXPOSURES, white=65535, black=0, noise=0.001) -> list[Photo]:
    rng = np.random.default_rng(1)
    signals = [
        np.clip(radiance * exposure + rng.normal(0, noise, radiance.shape), 0, 1) for exposure in exposures
    ]
    return photos_of(
        [np.rint(black + signal * (np.asarray(white) - black)).astype(np.uint16) for signal in signals]
    )


def encoded(
    radiance: np.ndarray, exposures=EXPOSURES, white=255, black=0, noise=0.0, quality=None
) -> list[Photo]:
    rng = np.random.default_rng(1)
    codes = []
    for exposure in exposures:
        value = black + (white - black) * SrgbResponse().apply(radiance * exposure)
        code = np.rint(np.clip(value + rng.normal(0, noise, value.shape), 0, 255)).astype(np.uint8)
        if quality is not None:
            stored = cv2.imencode(".jpg", code[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
            code = cv2.imdecode(stored, cv2.IMREAD_COLOR)[..., ::-1]
        codes.append(code)
    return photos_of(codes)


def applied(photos, exposures=EXPOSURES, given=None):
    names = [f"{index}.tif" for index in range(len(photos))]
    return apply_white_level(photos, exposures[: len(photos)], names, given)


def merged_off(photos, exposures, curve, truth) -> float:
    """Return the error of the merge in stops, root mean square, after the median scale."""
    bits = photos[0].quantised_bits or photos[0].bits
    radiance = merge([photo.pixels for photo in photos], exposures, curve, Sensor(bits=bits), trust=CAMERA)
    off = np.log2(np.maximum(radiance, 1e-9) / truth)
    return float(np.sqrt(np.mean((off - np.median(off)) ** 2)))


@pytest.mark.parametrize(
    ("photos", "white"),
    [
        *((partial(linear, white=white), white) for white in (1023, 4095, 16383, 3900)),
        *((partial(encoded, white=white), white) for white in (250, 240, 220)),
        *((partial(encoded, white=white, noise=2, quality=85), white) for white in (250, 240)),
    ],
)
def test_white_below_the_last_code_is_found_and_becomes_the_last_code(
    photos: Callable[..., list[Photo]], white
):
    before = photos(scene())
    curve = SrgbResponse() if before[0].bits == 8 else LinearResponse()
    scaled, level, notes, warnings = applied(before)
    np.testing.assert_allclose(level.white, white, atol=1)
    assert level.black == 0
    assert warnings == []
    (note,) = notes
    assert note.startswith("white is taken at code ")
    assert note.endswith(f" of {2 ** before[0].bits - 1}, where values pile up")
    truth = scene()
    assert merged_off(scaled, EXPOSURES, curve, truth) < 0.3
    # The merge hardly trusts 250 of 255 anyway.
    assert white == 250 or merged_off(before, EXPOSURES, curve, truth) > 0.4
    assert scaled[0].quantised_bits == int(np.ceil(np.log2(white)))


def test_channels_that_are_full_at_different_codes_keep_their_colour():
    full = np.array([65535, 58982, 52428])
    codes = [np.minimum(photo.codes, full).astype(np.uint16) for photo in linear(scene())]
    scaled, level, _, _ = applied(photos_of(codes))
    assert level.white == tuple(full)
    below = codes[1] < 0.9 * full
    np.testing.assert_array_equal(scaled[1].codes[below], codes[1][below])
    assert np.all(scaled[-1].codes[codes[-1] >= full] == 65535)


def test_what_a_file_states_of_its_white_counts_first():
    photos = photos_of([photo.codes for photo in linear(scene())], white_codes=(65535.0, 60000.0, 65535.0))
    scaled, level, (note,), _ = applied(photos)
    assert level.white == (65535, 60000, 65535)
    assert note.endswith("where the file states it")
    assert np.all(scaled[2].codes[..., 1][photos[2].codes[..., 1] >= 60000] == 65535)
    np.testing.assert_array_equal(scaled[2].codes[..., 0] >= 64553, photos[2].codes[..., 0] >= 64553)


def test_photographs_that_state_different_whites_keep_one_scale():
    codes = [photo.codes for photo in linear(scene())]
    stated = [(60000.0,) * 3, *[(65535.0,) * 3] * 4]
    photos = [Photo(one, NOTHING, white_codes=white) for one, white in zip(codes, stated, strict=True)]
    scaled, *_ = applied(photos)
    np.testing.assert_array_equal(scaled[0].codes[codes[0] < 55000], codes[0][codes[0] < 55000])


@pytest.mark.parametrize(
    ("photos", "black"),
    [
        pytest.param(lambda: encoded(scene(), white=235, black=16), 16, id="8 bits"),
        pytest.param(lambda: encoded(scene(), white=235, black=16, quality=90), 16, id="JPEG"),
        pytest.param(
            lambda: encoded(scene() + 0.05, white=235, black=16), 16, id="nothing black in the scene"
        ),
    ],
)
def test_the_range_of_video_is_found(photos, black):
    scaled, level, (note,), _ = applied(photos())
    assert level.black == black
    np.testing.assert_allclose(level.white, 235, atol=1)
    assert "and black at 16, where values pile up" in note
    assert min(photo.codes.min() for photo in scaled) < 0.05 * 65535


def test_a_pedestal_under_the_dark_end_is_subtracted():
    _, level, _, _ = applied(linear(scene(), white=4095, black=256, noise=0))
    assert level.white == (4095,) * 3
    assert level.black == pytest.approx(256, abs=20)


@pytest.mark.parametrize(
    "photos",
    [
        pytest.param(lambda: linear(scene()), id="16 bits"),
        pytest.param(lambda: encoded(scene()), id="8 bits"),
        pytest.param(lambda: encoded(scene(), quality=80, noise=2), id="JPEG"),
        pytest.param(lambda: encoded(scene(), white=253), id="almost the last code"),
        pytest.param(lambda: linear(grey_wall(), (1 / 16, 1 / 4, 1, 4)), id="a wall that the last clips"),
    ],
)
def test_an_ordinary_bracket_stays_to_the_bit(photos):
    before = photos()
    after, level, notes, warnings = applied(before)
    assert level == WhiteLevel((2 ** before[0].bits - 1,) * 3, 0, 2 ** before[0].bits - 1)
    assert (notes, warnings) == ([], [])
    assert all(one is other for one, other in zip(before, after, strict=True))


@pytest.mark.parametrize(
    ("photos", "words"),
    [
        pytest.param(
            lambda: linear(scene() * (0.8 / scene().max()), (1 / 16, 1 / 4, 1)),
            r"the brightest code is \d+, and 65535 is taken for white; .* give its level \(--white CODE\)",
            id="nothing clipped",
        ),
        pytest.param(
            lambda: linear(scene() * (0.5 / scene().max()), (1 / 16, 1 / 4, 1), white=4095),
            r"give its level \(--white 2047\)",
            id="nothing clipped of 12 bits in 16",
        ),
        pytest.param(
            lambda: linear(grey_wall(), (1 / 16, 1 / 4, 1)),
            r"codes pile up at 36\d\d\d, and 65535 is taken",
            id="a grey wall in 16 bits",
        ),
        pytest.param(
            lambda: encoded(grey_wall(), (1 / 16, 1 / 4, 1), noise=1, quality=90),
            r"codes pile up at 19\d, and 255 is taken",
            id="a grey wall in 8 bits",
        ),
        pytest.param(
            lambda: linear(grey_wall(), (1.0, 1.0)),
            r"codes pile up at 36\d\d\d, and 65535 is taken",
            id="a grey wall in equal exposures",
        ),
    ],
)
def test_a_bracket_that_nowhere_reaches_white_stays_with_a_warning(photos, words):
    before = photos()
    exposures = (1.0, 1.0) if len(before) == 2 else (1 / 16, 1 / 4, 1)
    after, level, notes, (warning,) = applied(before, exposures)
    assert level.is_ordinary
    assert notes == []
    assert all(one is other for one, other in zip(before, after, strict=True))
    assert re.search(f"no photograph reaches white: .*{words}", warning)


def test_the_same_photograph_under_two_exposures_does_not_prove_its_wall_white():
    (wall,) = linear(grey_wall(), (1.0,))
    _, level, _, _ = applied([wall, wall], (1.0, 4.0))
    assert level.is_ordinary


def test_white_that_only_the_longest_exposure_reaches_is_found():
    _, level, _, _ = applied(linear(scene() / 4, (1 / 4, 1.0), white=3900), (1 / 4, 1.0))
    np.testing.assert_allclose(level.white, 3900, atol=1)


def test_one_photograph_of_12_bits_in_16_has_its_white_at_their_last_code():
    _, level, _, warnings = applied(linear(scene(), (1.0,), white=4095))
    assert (level.white, warnings) == ((4095,) * 3, [])


def test_one_linear_photograph_whose_green_is_full_while_red_still_rises_shows_its_white():
    (photo,) = linear(scene() * np.array([0.5, 1.25, 1.0]), (1 / 4,), white=60000)
    _, level, _, _ = applied([photo])
    np.testing.assert_allclose(level.white[1], 60000, atol=1)


@pytest.mark.parametrize("bits", [8, 16])
def test_one_photograph_with_an_unproven_pile_stays_with_a_warning(bits):
    make = encoded if bits == 8 else linear
    before = make(
        scene() * [1, 1.25, 1.67] if bits == 8 else grey_wall(), (1.0,), white=240 if bits == 8 else 65535
    )
    (after,), level, notes, (warning,) = applied(before)
    assert level.is_ordinary
    assert notes == []
    assert after is before[0]
    assert "0.tif does not reach white: codes pile up at" in warning


def test_one_photograph_without_a_pile_has_no_warning():
    assert applied(linear(scene() * (0.8 / scene().max()), (1.0,)))[3] == []


def test_a_given_white_is_used_and_must_be_a_code():
    photos = linear(scene(), white=4095)
    _, level, (note,), _ = applied(photos, given=4000)
    assert level.white == (4000,) * 3
    assert note == "white is taken at code 4000 of 65535, as given"
    for given in (0, 65536):
        with pytest.raises(
            PhotoError, match=f"--white {given}: not a code of these photographs; give a whole"
        ):
            applied(photos, given=given)


def test_photographs_of_8_and_16_bits_are_brought_to_16():
    photos = [encoded(scene(), (1.0,))[0], linear(scene(), (4.0,))[0]]
    after, level, _, _ = applied(photos)
    assert level.last_code == 65535
    np.testing.assert_array_equal(after[0].pixels, photos[0].pixels)
    with pytest.raises(PhotoError, match="--white 240: the photographs have 8 and 16 bits"):
        applied(photos, given=240)
