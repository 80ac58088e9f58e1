"""TIFF has many ways to store the same picture: each gives the same codes, or is rejected."""

import io
import struct

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.photo import read_photo

ROWS, COLUMNS = 33, 47


def _codes(dtype: type, channels: int = 3) -> np.ndarray:
    largest = np.iinfo(dtype).max
    codes = np.random.default_rng(0).integers(0, largest, (ROWS, COLUMNS, channels), dtype, endpoint=True)
    codes[0, :2] = [[0], [largest]]
    return codes


def _write(path, pixels: np.ndarray, **options) -> None:
    options = {"photometric": "rgb", "metadata": None} | options
    tifffile.imwrite(path, pixels, **options)


def _by_hand(codes: np.ndarray, orientation: int = 1, separate_planes: bool = False) -> bytes:
    """Write an uncompressed little-endian 16-bit RGB TIFF without a library."""
    rows, columns, _ = codes.shape
    planes = [codes[..., channel] for channel in range(3)] if separate_planes else [codes]
    pixels = b"".join(plane.astype("<u2").tobytes() for plane in planes)
    short, long = 3, 4
    bits_at = 8 + len(pixels)
    starts_at, counts_at = bits_at + 6, bits_at + 18
    entries = [
        (256, long, 1, columns), (257, long, 1, rows), (258, short, 3, bits_at), (259, short, 1, 1),
        (262, short, 1, 2), (273, long, 3, starts_at), (274, short, 1, orientation), (277, short, 1, 3),
        (278, long, 1, rows), (279, long, 3, counts_at), (284, short, 1, 2),
    ] if separate_planes else [
        (256, long, 1, columns), (257, long, 1, rows), (258, short, 3, bits_at), (259, short, 1, 1),
        (262, short, 1, 2), (273, long, 1, 8), (274, short, 1, orientation), (277, short, 1, 3),
        (278, long, 1, rows), (279, long, 1, codes.nbytes), (284, short, 1, 1),
    ]  # fmt: skip
    plane_bytes = codes.nbytes // 3
    lists = struct.pack("<3H", 16, 16, 16) + struct.pack("<3I", *(8 + plane_bytes * i for i in range(3)))
    lists += struct.pack("<3I", *[plane_bytes] * 3)
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return struct.pack("<2sHI", b"II", 42, bits_at + len(lists)) + pixels + lists + directory + bytes(4)


@pytest.mark.parametrize("separate_planes", [False, True])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_16_bits_are_kept_and_turned_upright(tmp_path, orientation, separate_planes):
    upright = _codes(np.uint16)
    turned = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright, 1),
        7: np.rot90(upright, 2).swapaxes(0, 1),
        8: np.rot90(upright, -1),
    }[orientation]
    (tmp_path / "a.tif").write_bytes(_by_hand(turned, orientation, separate_planes))
    photo = read_photo(tmp_path / "a.tif")
    assert photo.bits == 16
    np.testing.assert_array_equal(photo.codes, upright)
    np.testing.assert_array_equal(np.rint(photo.pixels.astype(np.float64) * 65535), upright)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize(
    "layout",
    [
        {},
        {"rowsperstrip": 5},
        {"tile": (16, 16)},
        {"compression": "zlib"},
    ],
    ids=str,
)
def test_every_layout_gives_the_same_codes(tmp_path, dtype, byteorder, planar, layout):
    codes = _codes(dtype)
    stored = codes if planar == "contig" else np.moveaxis(codes, -1, 0)
    _write(tmp_path / "a.tif", stored, byteorder=byteorder, planarconfig=planar, **layout)
    photo = read_photo(tmp_path / "a.tif")
    assert photo.codes.dtype == dtype
    np.testing.assert_array_equal(photo.codes, codes)


def test_a_bigtiff_is_read(tmp_path):
    codes = _codes(np.uint16)
    _write(tmp_path / "a.tif", codes, bigtiff=True)
    np.testing.assert_array_equal(read_photo(tmp_path / "a.tif").codes, codes)


@pytest.mark.parametrize("compression", [1, 5, 8, 32773])
def test_the_compressions_of_other_programs_are_read(tmp_path, compression):
    codes = _codes(np.uint16)
    # OpenCV predicts pixels from their neighbours where the compression allows it.
    cv2.imwrite(str(tmp_path / "a.tif"), codes[..., ::-1], [cv2.IMWRITE_TIFF_COMPRESSION, compression])
    np.testing.assert_array_equal(read_photo(tmp_path / "a.tif").codes, codes)


@pytest.mark.parametrize("channels", [1, 4])
def test_lzw_of_grey_and_alpha_is_read(tmp_path, channels):
    codes = _codes(np.uint16, channels)
    stored = codes if channels == 1 else codes[..., [2, 1, 0, 3]]
    cv2.imwrite(str(tmp_path / "a.tif"), stored, [cv2.IMWRITE_TIFF_COMPRESSION, 5])
    expected = np.repeat(codes, 3, axis=2) if channels == 1 else codes[..., :3]
    np.testing.assert_array_equal(read_photo(tmp_path / "a.tif").codes, expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_whose_zero_is_white_is_inverted(tmp_path, dtype):
    grey = _codes(dtype, 1)
    for photometric, stored in (("minisblack", grey), ("miniswhite", np.iinfo(dtype).max - grey)):
        _write(tmp_path / "a.tif", stored[..., 0], photometric=photometric)
        np.testing.assert_array_equal(read_photo(tmp_path / "a.tif").codes, np.repeat(grey, 3, axis=2))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(
    ("planar", "kind"), [("contig", "unassalpha"), ("separate", "unassalpha"), ("contig", "unspecified")]
)
def test_unassociated_alpha_is_dropped(tmp_path, dtype, planar, kind):
    codes = _codes(dtype, 4)
    stored = codes if planar == "contig" else np.moveaxis(codes, -1, 0)
    _write(tmp_path / "a.tif", stored, planarconfig=planar, extrasamples=[kind])
    np.testing.assert_array_equal(read_photo(tmp_path / "a.tif").codes, codes[..., :3])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_colours_multiplied_by_alpha_are_divided_by_it(tmp_path, dtype):
    largest = np.iinfo(dtype).max
    codes, alpha = _codes(dtype), np.full((ROWS, COLUMNS, 1), largest // 2 + 1, dtype)
    alpha[:5] = largest
    alpha[5:8] = 0
    multiplied = np.rint(codes * (alpha / largest)).astype(dtype)
    _write(tmp_path / "a.tif", np.dstack([multiplied, alpha]), extrasamples=["assocalpha"])
    read = read_photo(tmp_path / "a.tif").codes
    np.testing.assert_array_equal(read[:5], codes[:5])
    np.testing.assert_array_equal(read[5:8], 0)
    np.testing.assert_allclose(read[8:].astype(int), codes[8:], atol=2)


def test_a_palette_is_looked_up(tmp_path):
    indices = _codes(np.uint8, 1)[..., 0]
    palette = np.random.default_rng(1).integers(0, 256, (3, 256), np.uint16)
    _write(tmp_path / "a.tif", indices, photometric="palette", colormap=palette * 257)
    np.testing.assert_array_equal(read_photo(tmp_path / "a.tif").codes, palette.T[indices])


def test_the_inks_of_cmyk_darken_white(tmp_path):
    inks = np.zeros((2, 2, 4), np.uint8)
    inks[0, 1] = [255, 0, 0, 0]
    inks[1, 0] = [0, 0, 0, 255]
    inks[1, 1] = [0, 51, 0, 0]
    _write(tmp_path / "a.tif", inks, photometric="separated")
    expected = [[[255, 255, 255], [0, 255, 255]], [[0, 0, 0], [255, 204, 255]]]
    np.testing.assert_array_equal(read_photo(tmp_path / "a.tif").codes, expected)


def test_a_tiff_of_jpeg_is_read_whose_colours_are_ycbcr(tmp_path):
    image = Image.new("RGB", (COLUMNS, ROWS), (200, 100, 50)).convert("YCbCr")
    image.save(tmp_path / "a.tif", compression="jpeg", quality=95)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.pages[0].photometric == tifffile.PHOTOMETRIC.YCBCR
    np.testing.assert_allclose(
        read_photo(tmp_path / "a.tif").codes, np.full((ROWS, COLUMNS, 3), [200, 100, 50]), atol=3
    )


def test_few_bits_reach_from_black_to_white(tmp_path):
    _write(tmp_path / "a.tif", np.array([[True, False]] * 4), photometric="minisblack")
    np.testing.assert_array_equal(read_photo(tmp_path / "a.tif").codes[0], [[255] * 3, [0] * 3])


@pytest.mark.parametrize(
    ("pixels", "options", "words"),
    [
        (np.float32, {}, "has 32 bits per value"),
        (np.float16, {}, "has signed, floating-point or complex values"),
        (np.int16, {}, "has signed, floating-point or complex values"),
        (np.int8, {"photometric": "minisblack"}, "has signed, floating-point or complex values"),
        (np.uint32, {}, "has 32 bits per value"),
        (np.uint8, {"photometric": "cielab"}, "has CIE Lab colours of 8 bits"),
        (np.uint16, {"photometric": "cielab"}, "has CIE Lab colours of 16 bits"),
        (np.uint16, {"photometric": "linear_raw"}, "has raw values of 16 bits"),
        (np.uint16, {"photometric": 32845}, "has values of an unknown kind of 16 bits"),
        (np.uint8, {"subfiletype": 1}, "starts with a thumbnail or a mask"),
    ],
)
def test_unsupported_kinds_are_rejected_by_name(tmp_path, pixels, options, words):
    channels = 1 if options.get("photometric") == "minisblack" else 3
    stored = np.zeros((8, 8, channels), pixels)
    _write(tmp_path / "a.tif", stored[..., 0] if channels == 1 else stored, **options)
    with pytest.raises(PhotoError, match=rf"a\.tif {words}; export it as an RGB TIFF with 8 or 16 bits"):
        read_photo(tmp_path / "a.tif")


def test_16_bits_of_ink_or_of_a_palette_are_rejected(tmp_path):
    _write(tmp_path / "a.tif", np.zeros((8, 8, 4), np.uint16), photometric="separated")
    with pytest.raises(PhotoError, match="has CMYK colours of 16 bits"):
        read_photo(tmp_path / "a.tif")
    palette = np.zeros((3, 65536), np.uint16)
    _write(tmp_path / "a.tif", np.zeros((8, 8), np.uint16), photometric="palette", colormap=palette)
    with pytest.raises(PhotoError, match="has a palette of 16 bits"):
        read_photo(tmp_path / "a.tif")


def test_reversed_bits_are_rejected_in_16_bits(tmp_path):
    data = _by_hand(_codes(np.uint16))
    orientation, fill_order = struct.pack("<HHII", 274, 3, 1, 1), struct.pack("<HHII", 266, 3, 1, 2)
    (tmp_path / "a.tif").write_bytes(data.replace(orientation, fill_order))
    with pytest.raises(PhotoError, match="has 16-bit values with reversed bits"):
        read_photo(tmp_path / "a.tif")


def test_bits_between_8_and_16_are_rejected(tmp_path):
    codes = _codes(np.uint16)
    data = _by_hand(codes)
    (tmp_path / "a.tif").write_bytes(
        data.replace(struct.pack("<3H", 16, 16, 16), struct.pack("<3H", 12, 12, 12))
    )
    with pytest.raises(PhotoError, match="has 12 bits per value"):
        read_photo(tmp_path / "a.tif")


@pytest.mark.parametrize(
    "options", [{}, {"compression": "zlib"}, {"rowsperstrip": 5}, {"planarconfig": "separate"}]
)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_tiff_cut_short_is_rejected(tmp_path, dtype, options):
    codes = _codes(dtype)
    stored = np.moveaxis(codes, -1, 0) if "planarconfig" in options else codes
    _write(tmp_path / "a.tif", stored, **options)
    data = (tmp_path / "a.tif").read_bytes()
    for kept in (len(data) - 20, len(data) // 2, 100, 9):
        (tmp_path / "a.tif").write_bytes(data[:kept])
        with pytest.raises(
            PhotoError, match=r"is damaged and cannot be read|is a TIFF that is not supported"
        ):
            read_photo(tmp_path / "a.tif")


@pytest.mark.filterwarnings("ignore")
def test_a_damaged_tiff_is_read_or_refused_and_nothing_else(tmp_path):
    rng = np.random.default_rng(0)
    buffer = io.BytesIO()
    _write(buffer, _codes(np.uint16)[:4, :4], compression="zlib")
    for _ in range(300):
        data = bytearray(buffer.getvalue())
        for place in rng.integers(0, len(data), 3):
            data[place] = rng.integers(256)
        (tmp_path / "a.tif").write_bytes(data)
        try:
            assert read_photo(tmp_path / "a.tif").codes.shape[2] == 3
        except PhotoError as error:
            assert "a.tif" in str(error)  # noqa: PT017


def test_a_plane_without_bytes_is_not_taken_for_black(tmp_path):
    codes = _codes(np.uint16)
    plane = codes.nbytes // 3
    data = _by_hand(codes, separate_planes=True)
    emptied = data.replace(struct.pack("<3I", plane, plane, plane), struct.pack("<3I", plane, plane, 0))
    assert emptied != data
    (tmp_path / "a.tif").write_bytes(emptied)
    with pytest.raises(PhotoError, match="is damaged and cannot be read .it is truncated"):
        read_photo(tmp_path / "a.tif")
