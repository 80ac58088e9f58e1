"""What Pillow, tifffile and OpenCV write gives the codes that were written, or an error with the reason."""

import io
import itertools
import logging
import re
import struct
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.photo import read_photo
from hdrbatch.imaging.tiff import FULL_RANGE

ROWS, COLUMNS = 16, 32
TYPES = (
    bool,
    np.uint8,
    np.uint16,
    np.uint32,
    np.int8,
    np.int16,
    np.int32,
    np.float16,
    np.float32,
    np.float64,
)
CHANNELS = {
    "miniswhite": 1, "minisblack": 1, "rgb": 3, "palette": 1, "separated": 4, "ycbcr": 3, "cielab": 3,
    "icclab": 3, "cfa": 1, "linear_raw": 3, "logl": 1, "logluv": 3, "mask": 1,
}  # fmt: skip
READABLE = ("miniswhite", "minisblack", "rgb", "palette", "separated", "ycbcr")
LAYOUTS = [
    {},
    {"byteorder": ">"},
    {"tile": (16, 16)},
    {"rowsperstrip": 3},
    {"compression": "zlib"},
    {"compression": "zlib", "predictor": True},
    {"compression": "packbits"},
    {"compression": "lzw"},
    {"bigtiff": True},
    {"subfiletype": 1},
    {"planarconfig": "separate"},
    {"planarconfig": "separate", "compression": "zlib"},
]
REASONS = (
    r"has \d+ bits per value|has signed, floating-point or complex values|has .* of \d+ bits(;| multiplied)|"
    r"starts with a thumbnail or a mask|has YCbCr colours that are subsampled|"
    r"cannot be decoded \(\d+ values per pixel with \d+ bits"
)


def random_values(dtype: type, channels: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    shape = (ROWS, COLUMNS, channels)
    if dtype is bool:
        return rng.integers(0, 2, shape).astype(bool)
    if np.issubdtype(dtype, np.integer):
        return rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    return rng.random(shape).astype(dtype)


def read_or_reason(path: Path) -> np.ndarray | str:
    try:
        return read_photo(path).pixels
    except PhotoError as error:
        return str(error)


def tiffs_of(dtype: type, photometric: str) -> Iterator[tuple[bytes, np.ndarray, int, str | None]]:
    """Yield what tifffile can write: the file, the values, the number of colours, and the kind of alpha."""
    colours = CHANNELS[photometric]
    readable = dtype in (bool, np.uint8, np.uint16) and photometric in READABLE
    for layout, extra in itertools.product(
        LAYOUTS if readable else LAYOUTS[:2], (None, "assocalpha", "unassalpha", "unspecified")
    ):
        values = random_values(dtype, colours + (extra is not None))
        if extra == "assocalpha" and dtype in (np.uint8, np.uint16):
            values[..., -1] |= np.iinfo(dtype).max // 2 + 1
            values[..., :-1] = np.minimum(values[..., :-1], values[..., -1:])
        options = {"photometric": photometric, "metadata": None} | layout
        if values.shape[2] == 1:
            stored = values[..., 0]
        else:
            options.setdefault("planarconfig", "contig")
            separate = options["planarconfig"] == "separate"
            stored = np.moveaxis(values, -1, 0).copy() if separate else values
        if extra:
            options["extrasamples"] = [extra]
        if photometric == "palette" and dtype in (np.uint8, np.uint16):
            options["colormap"] = palette(dtype)
        buffer = io.BytesIO()
        try:
            tifffile.imwrite(buffer, stored, **options)
        except Exception:  # noqa: BLE001 - what tifffile cannot write is no case
            continue
        yield buffer.getvalue(), values, colours, extra


def palette(dtype: type) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 65536, (3, np.iinfo(dtype).max + 1), np.uint16)


def meant(values: np.ndarray, photometric: str, colours: int, extra: str | None) -> np.ndarray:
    """Return RGB in [0, 1] that a file of tifffile means."""
    last = 1 if values.dtype == bool else np.iinfo(values.dtype).max
    if photometric == "palette":
        return palette(values.dtype.type).T[values[..., 0]] / 65535
    if photometric == "ycbcr":
        return np.asarray(Image.fromarray(values[..., :3], "YCbCr").convert("RGB")) / 255
    rgb = values[..., :colours] / (values[..., -1:] if extra == "assocalpha" else last)
    if photometric == "separated":
        return (1 - rgb[..., :3]) * (1 - rgb[..., 3:4])
    return np.broadcast_to(1 - rgb if photometric == "miniswhite" else rgb, (*rgb.shape[:2], 3))


@pytest.mark.parametrize("photometric", CHANNELS)
@pytest.mark.parametrize("dtype", TYPES, ids=lambda dtype: dtype.__name__)
def test_a_tiff_of_tifffile_gives_its_codes_or_a_reason(tmp_path, dtype, photometric):
    tolerance = {"ycbcr": 2 / 255, "separated": 2 / 255, "palette": 1 / 255}.get(photometric, 0)
    num_read = 0
    for data, values, colours, extra in tiffs_of(dtype, photometric):
        (tmp_path / "a.tif").write_bytes(data)
        got = read_or_reason(tmp_path / "a.tif")
        if isinstance(got, str):
            assert re.search(REASONS, got)
            continue
        num_read += 1
        allowed = max(tolerance, 1.5 / 255 if extra == "assocalpha" else 1e-6)
        np.testing.assert_allclose(got, meant(values, photometric, colours, extra), atol=allowed)
    readable = dtype in (np.uint8, np.uint16) and photometric in ("rgb", "minisblack", "miniswhite")
    assert num_read >= 20 if readable else True


def written_by_pillow(path: Path, image: Image.Image, compression: str | None) -> bool:
    try:
        image.save(path, **({"compression": compression} if compression else {}))
    except (OSError, RuntimeError, SystemError):
        return False
    return True


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F"]
)
@pytest.mark.parametrize("suffix", ["tif", "png", "jpg"])
def test_a_file_of_pillow_gives_its_codes_or_a_reason(tmp_path, suffix, mode):
    smooth = np.linspace(0, 255, ROWS * COLUMNS).reshape(ROWS, COLUMNS)
    if mode == "I;16":
        image = Image.fromarray(random_values(np.uint16, 1)[..., 0])
    else:
        picture = np.stack([smooth, smooth.T.reshape(smooth.shape), 255 - smooth], axis=-1)
        image = Image.fromarray(picture.astype(np.uint8)).convert(mode)
    path = tmp_path / f"a.{suffix}"
    compressions = [None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "group4", "zstd"]
    for compression in compressions if suffix == "tif" else [None]:
        if not written_by_pillow(path, image, compression):
            continue
        got = read_or_reason(path)
        if isinstance(got, str):
            assert mode in ("LAB", "I", "F") or (mode == "I;16" and compression == "zstd")
            assert re.search(REASONS, got)
        elif mode in ("I", "I;16"):
            expected = np.asarray(image, np.float64)[..., None].repeat(3, axis=2) / 65535
            np.testing.assert_allclose(got, expected, atol=1e-6)
        else:
            tolerance = 0.3 if suffix == "jpg" else 2 / 255 if mode == "YCbCr" else 1e-6
            np.testing.assert_allclose(got, np.asarray(image.convert("RGB")) / 255, atol=tolerance)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_tiff_of_opencv_gives_its_codes_or_a_reason(tmp_path, dtype, channels):
    values = random_values(dtype, channels)
    for compression in (1, 5, 8, 32773):
        written, data = cv2.imencode(".tif", values, [cv2.IMWRITE_TIFF_COMPRESSION, compression])
        assert written
        (tmp_path / "a.tif").write_bytes(data.tobytes())
        got = read_or_reason(tmp_path / "a.tif")
        if isinstance(got, str):
            assert dtype not in (np.uint8, np.uint16)
            assert re.search(REASONS, got)
        else:
            colours = values[..., 2::-1] if channels > 1 else values
            expected = np.broadcast_to(colours / np.iinfo(dtype).max, (ROWS, COLUMNS, 3))
            np.testing.assert_allclose(got, expected, atol=1e-6)


def test_tifffile_prints_nothing_about_a_damaged_file(tmp_path, capfd):
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer, random_values(np.uint16, 3), photometric="rgb", metadata=None, compression="zlib"
    )
    rng = np.random.default_rng(0)
    handler = logging.StreamHandler()
    logging.getLogger().addHandler(handler)
    try:
        for _ in range(200):
            data = bytearray(buffer.getvalue())
            for place in rng.integers(0, 400, 3):
                data[place] = rng.integers(256)
            (tmp_path / "a.tif").write_bytes(data)
            read_or_reason(tmp_path / "a.tif")
    finally:
        logging.getLogger().removeHandler(handler)
    assert "tifffile" not in capfd.readouterr().err
    assert not logging.getLogger("tifffile").disabled


def test_cmyk_of_a_jpeg_without_adobes_marker_is_rejected(tmp_path):
    buffer = io.BytesIO()
    Image.new("CMYK", (16, 16), (0, 255, 0, 0)).save(buffer, "JPEG")
    data = buffer.getvalue()
    start = data.index(b"\xff\xee")
    (size,) = struct.unpack_from(">H", data, start + 2)
    (tmp_path / "a.jpg").write_bytes(data[:start] + data[start + 2 + size :])
    with pytest.raises(PhotoError, match="has CMYK colours without Adobe's marker, .*; export it as an RGB"):
        read_photo(tmp_path / "a.jpg")


@pytest.mark.parametrize(
    ("sampling", "reference", "is_read"),
    [((1, 1), (0, 255, 128, 255, 128, 255), True), ((2, 2), (0, 255, 128, 255, 128, 255), False),
     ((1, 1), (16, 235, 128, 240, 128, 240), False)],
)  # fmt: skip
def test_ycbcr_outside_jpeg_is_read_only_if_its_tags_say_what_pillow_assumes(
    tmp_path, sampling, reference, is_read
):
    pairs = tuple(part for value in reference for part in (value, 1))
    buffer = io.BytesIO()
    Image.new("YCbCr", (COLUMNS, ROWS), (128, 128, 128)).save(buffer, "TIFF")
    usual = struct.pack("<HHI2H", 530, 3, 2, 1, 1), struct.pack("<12I", *FULL_RANGE)
    stated = struct.pack("<HHI2H", 530, 3, 2, *sampling), struct.pack("<12I", *pairs)
    data = buffer.getvalue()
    assert all(tag in data for tag in usual)
    for old, new in zip(usual, stated, strict=True):
        data = data.replace(old, new)
    (tmp_path / "a.tif").write_bytes(data)
    got = read_or_reason(tmp_path / "a.tif")
    assert isinstance(got, str) != is_read
    if not is_read:
        assert "has YCbCr colours that are subsampled, or not those of JPEG" in got
