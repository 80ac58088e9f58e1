"""Synthetic raw files, since no camera's file is available."""

import struct
from fractions import Fraction

import numpy as np
import pytest

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.photo import read_photo
from hdrbatch.imaging.primaries import convert_to_rec709
from hdrbatch.imaging.raw import XYZ_OF_REC709, full_codes
from tests.photographs.negatives import CAMERA_OF_XYZ, WHITE_LEVEL, dng

pytest.importorskip("rawpy", reason="rawpy is not installed, so raw files are not read")

ROWS, COLUMNS = 48, 64


def _flat(red: float, green: float, blue: float) -> np.ndarray:
    """Return the mosaic of one colour, in shares of the white level."""
    mosaic = np.full((ROWS, COLUMNS), green)
    mosaic[::2, ::2], mosaic[1::2, 1::2] = red, blue
    return np.rint(np.minimum(mosaic, 1.0) * WHITE_LEVEL)


def _read(path, data, **options):
    path.write_bytes(data)
    return read_photo(path, **options)


def test_a_raw_file_is_linear_16_bit_and_states_its_exposure(tmp_path):
    quarter, half = (_read(tmp_path / "a.dng", dng(_flat(level, level, level))) for level in (0.25, 0.5))
    assert quarter.bits == 16
    assert quarter.response == "linear"
    np.testing.assert_allclose(quarter.pixels, 0.25, atol=2e-4)
    np.testing.assert_allclose(half.pixels, 0.5, atol=2e-4)
    metadata = quarter.metadata
    assert (metadata.exposure_time_s, metadata.f_number, metadata.iso) == pytest.approx((1 / 60, 2.8, 200))


def test_white_level_is_one_in_each_channel_and_nothing_else_is(tmp_path):
    neutral = (0.5, 1.0, 0.8)
    red_clipped = _read(tmp_path / "a.dng", dng(_flat(1.0, 0.3, 0.2), neutral=neutral))
    all_clipped = _read(tmp_path / "b.dng", dng(_flat(1.0, 1.0, 1.0), neutral=neutral))
    np.testing.assert_allclose(
        red_clipped.pixels[8:-8, 8:-8], np.full((32, 48, 3), [1.0, 0.3, 0.25]), atol=2e-4
    )
    np.testing.assert_array_equal(all_clipped.codes, 65535)


def test_a_dark_file_is_not_brightened_to_its_own_maximum(tmp_path):
    photo = _read(tmp_path / "a.dng", dng(_flat(0.9, 0.9, 0.9)))
    np.testing.assert_allclose(photo.pixels, 0.9, atol=2e-4)


def test_it_is_turned_upright_at_full_size(tmp_path):
    mosaic = _flat(0.5, 0.5, 0.5)
    mosaic[:16] = 0  # the top as the sensor stores it
    photo = _read(tmp_path / "a.dng", dng(mosaic, orientation=6))
    assert photo.pixels.shape == (COLUMNS, ROWS, 3)
    assert photo.pixels[:, -8:].max() < 0.1
    assert photo.pixels[:, :16].min() > 0.4


def test_its_colours_become_rec709_and_white_stays_white(tmp_path):
    rec709 = np.array([0.30, 0.25, 0.40])
    seen = CAMERA_OF_XYZ @ XYZ_OF_REC709 @ rec709
    white = CAMERA_OF_XYZ @ XYZ_OF_REC709 @ np.ones(3)
    photo = _read(tmp_path / "a.dng", dng(_flat(*seen), neutral=tuple(white / white.max())))
    radiance = photo.pixels
    convert_to_rec709(radiance, photo.primaries)
    # Balanced multipliers scale the whole picture; only its colour counts.
    middle = radiance[ROWS // 2, COLUMNS // 2]
    np.testing.assert_allclose(middle / middle[1], rec709 / rec709[1], rtol=0.02)
    even = np.full((1, 1, 3), 0.5, np.float32)
    convert_to_rec709(even, photo.primaries)
    np.testing.assert_allclose(even, 0.5, rtol=1e-4)


def test_the_white_balance_of_another_file_is_used_if_requested(tmp_path):
    first = _read(tmp_path / "a.dng", dng(_flat(0.2, 0.4, 0.4), neutral=(0.5, 1.0, 1.0)))
    other = dng(_flat(0.2, 0.4, 0.4), neutral=(0.8, 1.0, 0.5))
    assert not np.array_equal(_read(tmp_path / "b.dng", other).codes, first.codes)
    np.testing.assert_array_equal(
        _read(tmp_path / "b.dng", other, white_balance=first.white_balance).codes, first.codes
    )


def test_a_file_without_an_exposure_time_has_none_in_its_metadata(tmp_path):
    photo = _read(tmp_path / "a.dng", dng(_flat(0.2, 0.2, 0.2), time_s=Fraction(0)))
    assert photo.metadata.exposure_time_s is None


def test_a_damaged_raw_file_is_rejected(tmp_path):
    whole = dng(_flat(0.2, 0.2, 0.2))
    for data in (b"II*\0", whole[: len(whole) // 2], b"no picture"):
        with pytest.raises(PhotoError, match=r"a\.CR2 cannot be developed .*; copy it from the camera again"):
            _read(tmp_path / "a.CR2", data)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ((14000, 13000, 14000, 13500), (65535, 65535 * 12488 / 15871, 65535)),
        ((16383,) * 4, (65535,) * 3),
        ((0, 0, 0, 0), None),
        (None, None),
        ((400, 400, 400, 400), None),
    ],
)
def test_the_levels_of_a_full_sensor_become_codes(levels, expected):
    found = full_codes(levels, 16383, (512,) * 4, (2.0, 1.0, 1.5, 1.0))
    assert found == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize("suffix", [".kdc", ".NRW", ".3fr", ".tif", ".jpg", ".unknown"])
def test_a_raw_file_is_developed_whatever_its_suffix(tmp_path, suffix):
    photo = _read(tmp_path / f"a{suffix}", dng(_flat(0.5, 0.5, 0.5)))
    assert photo.response == "linear"
    np.testing.assert_allclose(photo.pixels, 0.5, atol=2e-4)


@pytest.mark.parametrize(
    "start", [b"FUJIFILMCCD-RAW 0201", b"IIRO\x08\0\0\0", b"IIU\0", b"FOVb", b"\0MRM", b"\0\0\0\x18ftypcrx "]
)
def test_raw_files_that_are_no_tiff_are_known_by_their_first_bytes(tmp_path, start):
    with pytest.raises(PhotoError, match=r"a\.jpg cannot be developed"):
        _read(tmp_path / "a.jpg", start + bytes(200))


def test_without_a_matrix_no_conversion_is_claimed(tmp_path):
    plain = dng(_flat(0.2, 0.4, 0.2))
    # Another tag number, which means nothing, in the place of ColorMatrix1.
    data = plain.replace(struct.pack("<HHI", 50721, 10, 9), struct.pack("<HHI", 50720, 10, 9))
    assert data != plain
    primaries = _read(tmp_path / "a.dng", data).primaries
    assert primaries.to_rec709 is None
    assert primaries.name == "colours of a camera whose matrix is not known"
