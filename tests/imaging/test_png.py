"""PNG states bits, transparency and encodings in chunks; damage is found, and nothing is printed."""

import struct

import numpy as np
import pytest

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.photo import read_photo
from tests.imaging.png_files import chunk, png


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize(("colour_type", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
@pytest.mark.parametrize("chunks", ["none", "gAMA", "tRNS", "sRGB", "cICP"])
def test_the_chunks_of_a_png_leave_its_codes(tmp_path, bits, colour_type, channels, chunks):
    values = np.random.default_rng(0).integers(0, 2**bits, (5, 7, channels))
    extra = {
        "none": b"",
        "gAMA": chunk(b"gAMA", struct.pack(">I", 100000)),
        "tRNS": chunk(b"tRNS", values[0, 0].astype(">u2").tobytes()) if colour_type in (0, 2) else b"",
        "sRGB": chunk(b"sRGB", b"\0"),
        "cICP": chunk(b"cICP", bytes([1, 13, 0, 1])),
    }[chunks]
    (tmp_path / "a.png").write_bytes(png(values, bits, colour_type, extra))
    expected = np.broadcast_to(values[..., :3] if channels > 2 else values[..., :1], (5, 7, 3))
    np.testing.assert_array_equal(read_photo(tmp_path / "a.png").codes, expected)


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([9, 16, 0, 1], r"is encoded for HDR displays \(PQ\) by its cICP chunk; export it as sRGB"),
        ([9, 18, 0, 1], r"is encoded for HDR displays \(HLG\)"),
        ([1, 13, 1, 1], "has values that are not RGB by its cICP chunk"),
        ([1, 13, 0, 0], "has the narrow range of video by its cICP chunk"),
    ],
)
def test_pngs_for_video_are_rejected_with_the_reason(tmp_path, points, words):
    (tmp_path / "a.png").write_bytes(png(np.zeros((2, 2, 3)), 8, 2, chunk(b"cICP", bytes(points))))
    with pytest.raises(PhotoError, match=words):
        read_photo(tmp_path / "a.png")


@pytest.mark.parametrize("bits", [8, 16])
def test_a_truncated_or_damaged_png_is_called_so_and_nothing_is_printed(tmp_path, capfd, bits):
    whole = png(np.random.default_rng(0).integers(0, 2**bits, (40, 40, 3)), bits, 2)
    for data in (whole[: len(whole) // 2], whole[:-12], whole[:200] + b"xxxx" + whole[204:]):
        (tmp_path / "a.png").write_bytes(data)
        if bits == 8 and data == whole[:-12]:
            continue  # all pixels are there
        with pytest.raises(PhotoError, match=r"a\.png is damaged and cannot be read"):
            read_photo(tmp_path / "a.png")
    assert capfd.readouterr() == ("", "")
