import numpy as np
import pytest
from PIL import ExifTags, Image

from hdrbatch.errors import CorruptObjectError, PhotoError
from hdrbatch.report.pictures import (
    embedded,
    photo_from_bytes,
    radiance_from_bytes,
    scaled,
    shown_at,
    small_photo,
)


def test_pictures_are_averaged_down_and_never_up():
    checks = np.tile(np.array([[0, 200], [200, 0]], np.uint8), (20, 30))[..., None].repeat(3, axis=2)
    small = scaled(checks, 30)
    assert small.shape == (20, 30, 3)
    assert set(np.unique(small)) == {100}
    assert scaled(checks, 60) is checks
    assert embedded(checks, 15).width == 15


def test_a_large_jpeg_is_read_small_and_upright(tmp_path):
    pixels = np.zeros((1200, 1600, 3), np.uint8)
    pixels[:, :800] = (250, 10, 10)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # the camera stood on its side: turn clockwise
    Image.fromarray(pixels).save(tmp_path / "large.jpg", exif=exif)
    small = small_photo(tmp_path / "large.jpg", 400)
    assert small.shape == (400, 300, 3)
    assert small[50, 150, 0] > 200
    assert small[350, 150, 0] < 50


def test_a_telephone_picture_of_two_frames_is_read_small(tmp_path):
    frames = [Image.fromarray(np.full((800, 1200, 3), value, np.uint8)) for value in (90, 10)]
    frames[0].save(tmp_path / "stereo.jpg", format="MPO", save_all=True, append_images=frames[1:])
    small = small_photo(tmp_path / "stereo.jpg", 300)
    assert small.shape == (200, 300, 3)
    assert abs(int(small[100, 150, 0]) - 90) < 3


def test_a_16_bit_png_is_shown_as_bright_as_it_is(tmp_path):
    import cv2

    cv2.imwrite(str(tmp_path / "deep.png"), np.full((40, 60, 3), 32768, np.uint16))
    assert set(np.unique(small_photo(tmp_path / "deep.png", 20))) == {128}


def test_a_png_that_is_called_jpg_is_read(tmp_path):
    Image.fromarray(np.full((4, 6, 3), 77, np.uint8)).save(tmp_path / "x.png")
    (tmp_path / "x.png").rename(tmp_path / "x.jpg")
    assert set(np.unique(small_photo(tmp_path / "x.jpg", 20))) == {77}


def test_a_photograph_that_is_gone_is_a_photo_error(tmp_path):
    with pytest.raises(PhotoError, match=r"there is no photograph .*gone\.jpg"):
        small_photo(tmp_path / "gone.jpg", 20)


def test_an_exposure_clips_at_one_and_encodes_by_gamma():
    radiance = np.array([[[0.0, 8.0, 80.0], [np.nan, -1.0, 4.0]]], np.float32)
    shown = shown_at(radiance, -3.0)
    assert shown.tolist() == [[[0, 255, 255], [0, 0, round(255 * 0.5 ** (1 / 2.2))]]]


@pytest.mark.parametrize("decode", [photo_from_bytes, radiance_from_bytes])
def test_bytes_that_are_no_picture_are_corrupt(decode):
    with pytest.raises(CorruptObjectError):
        decode(b"nothing of the kind")
