"""Pictures of any size that a user has are read; headers that promise more than memory holds are refused."""

import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from hdrbatch.errors import HdrbatchError, PhotoError
from hdrbatch.imaging.exr import read_exr, write_exr
from hdrbatch.imaging.photo import read_photo
from hdrbatch.imaging.picture_size import VARIABLE, opened_image
from hdrbatch.imaging.rgbe import read_hdr
from hdrbatch.report.pictures import small_photo

HUGE = 2**20


def bomb(path):
    """A small file of the suffix's format whose header states 2**40 pixels."""
    small = np.zeros((4, 4, 3), np.uint8)
    if path.suffix == ".png":
        header = struct.pack(">2I5B", HUGE, HUGE, 8, 2, 0, 0, 0)
        chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")]
        body = b"".join(
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
            for name, data in chunks
        )
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    elif path.suffix == ".jpg":
        Image.fromarray(small).save(path)
        data = bytearray(path.read_bytes())
        place = data.index(b"\xff\xc0") + 5
        data[place : place + 4] = struct.pack(">2H", 65535, 65535)
        path.write_bytes(data)
    elif path.suffix == ".tif":
        tifffile.imwrite(path, small.astype(np.uint16), photometric="rgb", compression="zlib")
        data = path.read_bytes()
        for tag in (256, 257, 278):
            for kind in (3, 4):
                found = data.find(struct.pack("<HHI", tag, kind, 1))
                if found >= 0:
                    entry = struct.pack("<HHII", tag, 4, 1, HUGE)
                    data = data[:found] + entry + data[found + 12 :]
        path.write_bytes(data)
    elif path.suffix == ".exr":
        write_exr(path, small.astype(np.float32))
        data = path.read_bytes()
        window = struct.pack("<4i", 0, 0, 3, 3)
        assert data.count(window) == 2
        path.write_bytes(data.replace(window, struct.pack("<4i", 0, 0, HUGE - 1, HUGE - 1)))
    else:
        path.write_bytes(f"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y {HUGE} +X {HUGE}\n".encode() + bytes(64))
    return path


READERS = {".png": read_photo, ".jpg": read_photo, ".tif": read_photo, ".exr": read_exr, ".hdr": read_hdr}


@pytest.mark.parametrize("suffix", READERS)
def test_a_header_that_promises_too_much_is_refused_with_its_size(tmp_path, suffix):
    path = bomb(tmp_path / f"bomb{suffix}")
    with pytest.raises(HdrbatchError, match=r"bomb\..*\d+ x \d+ pixels in its header; at most 1000 megapix"):
        READERS[suffix](path)


def test_a_picture_above_pillows_own_bound_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    Image.fromarray(np.full((40, 60, 3), 7, np.uint8)).save(tmp_path / "a.jpg")
    assert read_photo(tmp_path / "a.jpg").codes.shape == (40, 60, 3)
    assert small_photo(tmp_path / "a.jpg", 20).shape == (13, 20, 3)
    assert Image.MAX_IMAGE_PIXELS == 100


def test_the_bound_can_be_changed(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    Image.fromarray(np.zeros((100, 100, 3), np.uint8)).save(path)
    monkeypatch.setenv(VARIABLE, "0.005")
    with pytest.raises(
        PhotoError, match=f"100 x 100 pixels in its header; at most 0.005 megapixels are read .{VARIABLE}"
    ):
        read_photo(path)
    monkeypatch.setenv(VARIABLE, "nonsense")
    with opened_image(path) as image:
        assert image.size == (100, 100)
