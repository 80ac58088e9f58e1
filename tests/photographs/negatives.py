"""Synthetic raw files, and colour profiles of phones, for tests of photographs."""

import struct
from fractions import Fraction

import numpy as np

BYTE, ASCII, SHORT, LONG, RATIONAL, SRATIONAL = 1, 2, 3, 4, 5, 10
WHITE_LEVEL = 16383
CAMERA_OF_XYZ = np.array([[0.8, 0.1, -0.1], [-0.4, 1.2, 0.15], [-0.05, 0.2, 0.6]])
"""Matrix from XYZ to the colours of an imaginary camera."""
DISPLAY_P3 = np.array([[0.51512, 0.29198, 0.1571], [0.2412, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])
"""XYZ of the P3 primaries with white D65 (SMPTE EG 432-1), adapted to D50, as in phones' profiles."""


def dng(
    mosaic: np.ndarray,
    *,
    neutral: tuple[float, float, float] = (1.0, 1.0, 1.0),
    time_s: Fraction = Fraction(1, 60),
    orientation: int = 1,
) -> bytes:
    """Make an uncompressed 16-bit DNG of a (H, W) mosaic, red at the top left (Adobe: DNG 1.4, 2012)."""
    rows, columns = mosaic.shape
    pixels = mosaic.astype("<u2").tobytes()
    exif_at = 8 + len(pixels)
    exif = _directory(
        [
            (33434, RATIONAL, _rationals([time_s])),
            (33437, RATIONAL, _rationals([Fraction(28, 10)])),
            (34855, SHORT, [200]),
        ],
        exif_at,
    )
    main_at = exif_at + len(exif)
    main = _directory(
        [
            (254, LONG, [0]), (256, LONG, [columns]), (257, LONG, [rows]), (258, SHORT, [16]),
            (259, SHORT, [1]), (262, SHORT, [32803]), (271, ASCII, b"hdrbatch\0"), (272, ASCII, b"a test\0"),
            (273, LONG, [8]), (274, SHORT, [orientation]), (277, SHORT, [1]), (278, LONG, [rows]),
            (279, LONG, [len(pixels)]), (284, SHORT, [1]), (33421, SHORT, [2, 2]),
            (33422, BYTE, [0, 1, 1, 2]), (34665, LONG, [exif_at]), (50706, BYTE, [1, 4, 0, 0]),
            (50708, ASCII, b"a test\0"), (50714, LONG, [0]), (50717, LONG, [WHITE_LEVEL]),
            (50721, SRATIONAL, _rationals(CAMERA_OF_XYZ.ravel())), (50728, RATIONAL, _rationals(neutral)),
            (50778, SHORT, [21]),
        ],
        main_at,
    )  # fmt: skip
    return struct.pack("<2sHI", b"II", 42, main_at) + pixels + exif + main


def icc_profile(name: str, primaries_xyz: np.ndarray) -> bytes:
    """Make an ICC version 2 matrix profile whose colorants are the columns, with a curve of gamma 2.2."""
    text = name.encode() + b"\0"
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78),
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": _xyz(np.array([0.9642, 1.0, 0.8249])),
        **{
            colour + b"XYZ": _xyz(column)
            for colour, column in zip((b"r", b"g", b"b"), primaries_xyz.T, strict=True)
        },
        **{
            colour + b"TRC": b"curv" + bytes(4) + struct.pack(">IH", 1, round(2.2 * 256))
            for colour in (b"r", b"g", b"b")
        },
    }
    at, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for tag, data in tags.items():
        table += struct.pack(">4sII", tag, at + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">I4sI4s4s4s", at + len(body), bytes(4), 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def _directory(entries: list[tuple[int, int, list[int] | bytes]], at: int) -> bytes:
    """Return an image file directory of TIFF for a given offset."""
    letters = {BYTE: "B", SHORT: "H", LONG: "I", RATIONAL: "I", SRATIONAL: "i"}
    head, extra = struct.pack("<H", len(entries)), b""
    extra_at = at + 2 + 12 * len(entries) + 4
    for tag, kind, values in entries:
        data = values if isinstance(values, bytes) else struct.pack(f"<{len(values)}{letters[kind]}", *values)
        count = len(values) // (2 if kind in (RATIONAL, SRATIONAL) else 1)
        field = data.ljust(4, b"\0") if len(data) <= 4 else struct.pack("<I", extra_at + len(extra))
        extra += data + bytes(len(data) % 2) if len(data) > 4 else b""
        head += struct.pack("<HHI", tag, kind, count) + field
    return head + bytes(4) + extra


def _xyz(values: np.ndarray) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))


def _rationals(values) -> list[int]:
    fractions = [Fraction(float(value)).limit_denominator(10_000) for value in values]
    return [part for fraction in fractions for part in (fraction.numerator, fraction.denominator)]
