import io

import cv2
import numpy as np
import pytest
from PIL import Image

from hdrbatch.errors import UserError
from hdrbatch.imaging.jpeg import jpeg_compressed

SUBSAMPLINGS = ["4:2:0", "4:4:4"]


def picture(height=123, width=150):
    """Coloured clouds of three sizes, whole codes."""
    rng = np.random.default_rng(0)
    clouds = sum(
        size * cv2.GaussianBlur(rng.normal(size=(height, width, 3)), (0, 0), size) for size in (2, 5, 20)
    )
    codes = np.round(255 * np.clip(clouds / clouds.std() * 0.2 + 0.5, 0, 1))
    return (codes / 255).astype(np.float32)


def by_libjpeg(photo, quality, subsampling):
    file = io.BytesIO()
    codes = np.round(photo * 255).astype(np.uint8)
    Image.fromarray(codes).save(file, "JPEG", quality=quality, subsampling=subsampling)
    return np.asarray(Image.open(file)).astype(np.float32) / 255


@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
@pytest.mark.parametrize("quality", [30, 60, 85, 95])
def test_a_photograph_is_compressed_as_in_a_real_jpeg(quality, subsampling):
    photo = picture()
    ours, real = (
        jpeg_compressed(photo, quality, subsampling=subsampling),
        by_libjpeg(photo, quality, subsampling),
    )
    difference = 255 * np.abs(ours - real).mean()
    # Measured: 0.7 to 1.0 with halved colour, whose filters round otherwise, and 0.3 without.
    assert difference < (1.3 if subsampling == "4:2:0" else 0.4)
    assert difference < 0.35 * 255 * np.abs(photo - real).mean()


@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
@pytest.mark.parametrize("size", [(1, 1), (5, 7), (16, 17), (33, 8)])
def test_any_height_and_width_is_valid(size, subsampling):
    photo = picture(*size)
    ours = jpeg_compressed(photo, 85, subsampling=subsampling)
    assert ours.shape == photo.shape
    assert 255 * np.abs(ours - by_libjpeg(photo, 85, subsampling)).mean() < 1.3


@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
@pytest.mark.parametrize("axis", [1, -3])
def test_channels_may_stand_first_and_pictures_in_batches(axis, subsampling, to_array):
    photos = np.stack([picture(21, 30), picture(21, 30)[::-1]])
    batch = to_array(np.ascontiguousarray(np.moveaxis(photos, -1, 1)))
    compressed = np.moveaxis(
        np.asarray(jpeg_compressed(batch, 70, channel_axis=axis, subsampling=subsampling)), 1, -1
    )
    for one, photo in zip(compressed, photos, strict=True):
        np.testing.assert_allclose(one, jpeg_compressed(photo, 70, subsampling=subsampling), atol=1e-6)


def test_what_comes_back_are_codes_of_8_bits_in_float32(to_array):
    codes = 255 * np.asarray(jpeg_compressed(to_array(picture()), 60))
    assert codes.dtype == np.float32
    assert codes.min() >= 0
    assert codes.max() <= 255
    np.testing.assert_allclose(codes, np.round(codes), atol=1e-4)


def test_grey_stays_grey_and_the_best_quality_keeps_a_code(to_array):
    grey = np.repeat(picture()[..., :1], 3, axis=-1)
    back = np.asarray(jpeg_compressed(to_array(grey), 100))
    assert np.ptp(back, axis=-1).max() == 0
    assert 255 * np.abs(back - grey).max() < 1.5


@pytest.mark.parametrize("quality", [0, 101, 85.5])
def test_an_invalid_quality_is_rejected(quality):
    with pytest.raises(
        UserError, match=f"JPEG quality {quality} is not valid; give a whole number from 1 to 100"
    ):
        jpeg_compressed(picture(8, 8), quality)


def test_another_subsampling_is_rejected():
    with pytest.raises(UserError, match="JPEG subsampling '4:1:1' is not known; use 4:2:0 or 4:4:4"):
        jpeg_compressed(picture(8, 8), 85, subsampling="4:1:1")
