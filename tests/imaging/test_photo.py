import io
import struct
import sys
import zlib

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngImageFile

from hdrbatch.errors import PhotoError, TaskError
from hdrbatch.imaging.exif import PhotoMetadata
from hdrbatch.imaging.photo import read_photo, write_photo

NO_METADATA = PhotoMetadata(exposure_time_s=None, f_number=None, iso=None, camera=None)


@pytest.fixture
def codes() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (30, 40, 3), dtype=np.uint8)


def _turned(upright: np.ndarray, orientation: int) -> np.ndarray:
    """Return the pixels as stored by a camera that was held according to the EXIF orientation."""
    return {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright, 1),
        7: np.rot90(upright, 2).swapaxes(0, 1),
        8: np.rot90(upright, -1),
    }[orientation]


def _stored(image: Image.Image, suffix: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format={"jpg": "JPEG", "png": "PNG", "tif": "TIFF"}[suffix], **options)
    return buffer.getvalue()


def test_pixels_and_exposure_come_back_with_other_programs(tmp_path, codes):
    metadata = PhotoMetadata(exposure_time_s=2.0**-10, f_number=2.8, iso=400, camera="hdrbatch camera")
    write_photo(tmp_path / "a.png", codes, metadata)
    with Image.open(tmp_path / "a.png") as image:
        np.testing.assert_array_equal(np.asarray(image), codes)
        exif = image.getexif()
        details = exif.get_ifd(ExifTags.IFD.Exif)
    assert b"eXIf" in (tmp_path / "a.png").read_bytes()
    time = details[ExifTags.Base.ExposureTime]
    assert (time.numerator, time.denominator) == (1, 1024)
    assert float(details[ExifTags.Base.FNumber]) == 2.8
    assert details[ExifTags.Base.ISOSpeedRatings] == 400
    assert exif[ExifTags.Base.Make] == "hdrbatch"
    assert exif[ExifTags.Base.Model] == "hdrbatch camera"


def test_the_same_photograph_gives_the_same_bytes(tmp_path, codes):
    metadata = PhotoMetadata(exposure_time_s=0.25, f_number=8.0, iso=100.0, camera=None)
    write_photo(tmp_path / "a.png", codes, metadata)
    write_photo(tmp_path / "b.png", codes, metadata)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_floats_are_rejected(tmp_path, codes):
    with pytest.raises(TaskError, match=r"a photograph is \(H, W, 3\) uint8, not \(30, 40, 3\) float64"):
        write_photo(tmp_path / "a.png", codes / 255, NO_METADATA)


@pytest.mark.parametrize("suffix", ["png", "tif", "jpg"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_turned_upright(tmp_path, suffix, orientation):
    upright = np.zeros((32, 48, 3), np.uint8)
    upright[:16, :16] = [255, 0, 0]
    upright[:16, 32:] = [0, 255, 0]
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    image = Image.fromarray(np.ascontiguousarray(_turned(upright, orientation)))
    options = {"quality": 100, "subsampling": 0} if suffix == "jpg" else {}
    (tmp_path / f"a.{suffix}").write_bytes(_stored(image, suffix, exif=exif, **options))
    photo = read_photo(tmp_path / f"a.{suffix}")
    np.testing.assert_allclose(photo.pixels, upright / 255, atol=0.02)


@pytest.mark.parametrize("orientation", [None, 6])
def test_a_16_bit_png_keeps_its_bits_and_is_turned_upright(tmp_path, orientation):
    upright = np.random.default_rng(0).integers(0, 65536, (6, 9, 3), dtype=np.uint16)
    stored = upright if orientation is None else np.ascontiguousarray(_turned(upright, orientation))
    data = cv2.imencode(".png", stored[..., ::-1])[1].tobytes()
    if orientation is not None:
        data = _with_png_orientation(data, orientation)
    (tmp_path / "a.png").write_bytes(data)
    photo = read_photo(tmp_path / "a.png")
    assert photo.bits == 16
    np.testing.assert_array_equal(np.rint(photo.pixels.astype(np.float64) * 65535), upright)


@pytest.mark.parametrize("channels", [1, 4])
def test_16_bit_grey_and_alpha_become_three_channels(tmp_path, channels):
    stored = np.random.default_rng(0).integers(0, 65536, (6, 9, channels), dtype=np.uint16)
    (tmp_path / "a.png").write_bytes(cv2.imencode(".png", stored)[1].tobytes())
    photo = read_photo(tmp_path / "a.png")
    expected = np.repeat(stored, 3, axis=2) if channels == 1 else stored[..., 2::-1]
    np.testing.assert_array_equal(np.rint(photo.pixels.astype(np.float64) * 65535), expected)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK"])
def test_grey_alpha_palette_and_cmyk_become_rgb(tmp_path, mode):
    plain = Image.new("RGB", (20, 10), (255, 255, 255))
    image = plain.convert(mode)
    if mode == "RGBA":
        image.putalpha(0)
    suffix = "jpg" if mode == "CMYK" else "png"
    (tmp_path / f"a.{suffix}").write_bytes(_stored(image, suffix))
    photo = read_photo(tmp_path / f"a.{suffix}")
    assert photo.bits == 8
    assert photo.pixels.shape == (10, 20, 3)
    np.testing.assert_allclose(photo.pixels, 1.0, atol=0.01)


def test_the_first_picture_of_a_phones_mpo_is_read(tmp_path):
    first, second = (Image.new("RGB", (20, 10), (level,) * 3) for level in (200, 10))
    first.save(tmp_path / "a.jpg", format="MPO", save_all=True, append_images=[second])
    np.testing.assert_allclose(read_photo(tmp_path / "a.jpg").pixels, 200 / 255, atol=0.01)


def test_a_file_that_is_not_a_photograph_is_rejected_with_a_remedy(tmp_path, codes):
    (tmp_path / "a.jpg").write_text("no picture")
    with pytest.raises(PhotoError, match=r"a\.jpg is not a JPEG, PNG or TIFF photograph; export it as one"):
        read_photo(tmp_path / "a.jpg")
    Image.fromarray(codes).save(tmp_path / "a.gif")
    with pytest.raises(PhotoError, match=r"a\.gif is not a JPEG, PNG or TIFF photograph"):
        read_photo(tmp_path / "a.gif")
    with pytest.raises(PhotoError, match=r"there is no photograph .*nowhere\.jpg; check the name"):
        read_photo(tmp_path / "nowhere.jpg")
    with pytest.raises(PhotoError, match="cannot be opened: Is a directory"):
        read_photo(tmp_path)


def test_without_rawpy_a_raw_file_is_rejected_with_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "rawpy", None)
    (tmp_path / "a.NEF").write_bytes(b"II*\0")
    with pytest.raises(PhotoError, match=r"a\.NEF is a raw file.*pip install 'hdrbatch\[raw\]'"):
        read_photo(tmp_path / "a.NEF")


@pytest.mark.parametrize("name", ["a.heic", "renamed.jpg"])
def test_a_phones_heic_is_rejected_with_a_remedy(tmp_path, name):
    (tmp_path / name).write_bytes(struct.pack(">I", 24) + b"ftypheic" + bytes(100))
    with pytest.raises(PhotoError, match=rf"{name} is a HEIC .*export it as JPEG or 16-bit TIFF"):
        read_photo(tmp_path / name)


def test_codes_stay_as_in_the_file_and_a_sample_is_every_few_pixels(tmp_path, codes):
    (tmp_path / "a.png").write_bytes(_stored(Image.fromarray(codes), "png"))
    photo = read_photo(tmp_path / "a.png")
    assert photo.codes.dtype == np.uint8
    np.testing.assert_array_equal(photo.codes, codes)
    np.testing.assert_array_equal(photo.sampled(7), photo.pixels[::7, ::7])


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
def test_a_photograph_cut_short_is_rejected(tmp_path, codes, suffix):
    data = _stored(Image.fromarray(codes), suffix)
    (tmp_path / f"a.{suffix}").write_bytes(data[: len(data) // 2])
    with pytest.raises(PhotoError, match=r"is damaged and cannot be read|is not a JPEG, PNG or TIFF"):
        read_photo(tmp_path / f"a.{suffix}")


def _with_png_orientation(data: bytes, orientation: int) -> bytes:
    """Put an eXIf chunk after a PNG's header."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    body = b"eXIf" + exif.tobytes().removeprefix(b"Exif\0\0")
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:33] + chunk + data[33:]


@pytest.mark.parametrize("mode", ["L", "P", "1"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_without_three_channels_are_turned_upright_too(tmp_path, mode, orientation):
    upright = np.zeros((6, 9, 3), np.uint8)
    upright[:2, :3] = 255
    image = Image.fromarray(np.ascontiguousarray(_turned(upright, orientation))).convert(mode)
    (tmp_path / "a.png").write_bytes(_with_png_orientation(_stored(image, "png"), orientation))
    np.testing.assert_array_equal(read_photo(tmp_path / "a.png").codes, upright)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_exif_after_the_pixels_of_a_png_is_read(tmp_path, dtype):
    upright = np.random.default_rng(0).integers(0, 256, (6, 9, 3)).astype(dtype)
    stored = np.ascontiguousarray(_turned(upright, 6))
    data = cv2.imencode(".png", stored[..., ::-1])[1].tobytes()
    chunk = _with_png_orientation(data, 6)[33 : 33 - len(data)]
    (tmp_path / "a.png").write_bytes(data[:-12] + chunk + data[-12:])
    np.testing.assert_array_equal(read_photo(tmp_path / "a.png").codes, upright)


def test_a_png_without_exif_is_decoded_once(tmp_path, codes, monkeypatch):
    (tmp_path / "a.png").write_bytes(_stored(Image.fromarray(codes), "png"))
    loads = []
    load = PngImageFile.load_prepare
    monkeypatch.setattr(PngImageFile, "load_prepare", lambda self: (loads.append(1), load(self))[1])
    read_photo(tmp_path / "a.png")
    assert len(loads) == 1


def test_the_first_picture_of_an_animated_png_is_read(tmp_path):
    first, second = (Image.new("RGB", (20, 10), (level,) * 3) for level in (200, 10))
    first.save(tmp_path / "a.png", save_all=True, append_images=[second])
    np.testing.assert_array_equal(read_photo(tmp_path / "a.png").codes, np.full((10, 20, 3), 200))


def test_transparent_colours_of_a_png_stay_as_they_are(tmp_path):
    codes = np.random.default_rng(0).integers(0, 256, (6, 9, 4), dtype=np.uint8)
    (tmp_path / "a.png").write_bytes(_stored(Image.fromarray(codes), "png"))
    np.testing.assert_array_equal(read_photo(tmp_path / "a.png").codes, codes[..., :3])


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_few_bits_of_a_png_reach_from_black_to_white(tmp_path, bits):
    row = np.zeros(8, np.uint8)
    row[1] = 2**bits - 1
    packed = np.packbits(np.unpackbits(row[:, None], axis=1)[:, -bits:]).tobytes()
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", 8, 1, bits, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0" + packed)),
        (b"IEND", b""),
    ]
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    expected = np.zeros((1, 8, 3), np.uint8)
    expected[0, 1] = 255
    np.testing.assert_array_equal(read_photo(tmp_path / "a.png").codes, expected)


def test_the_inks_of_a_cmyk_jpeg_darken_white(tmp_path):
    inks = Image.new("CMYK", (16, 16), (0, 255, 0, 0))
    (tmp_path / "a.jpg").write_bytes(_stored(inks, "jpg", quality=100))
    np.testing.assert_allclose(
        read_photo(tmp_path / "a.jpg").codes, np.full((16, 16, 3), [255, 0, 255]), atol=2
    )
