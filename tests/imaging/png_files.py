"""PNG files made chunk by chunk."""

import struct
import zlib

import numpy as np


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(values: np.ndarray, bits: int, colour_type: int, extra: bytes = b"") -> bytes:
    rows, columns, _ = values.shape
    lines = values.astype(">u2" if bits == 16 else "u1").reshape(rows, -1)
    header = struct.pack(">IIBBBBB", columns, rows, bits, colour_type, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + line.tobytes() for line in lines))
    chunks = chunk(b"IHDR", header) + extra + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks
