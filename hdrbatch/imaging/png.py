"""PNG photographs: chunks that change the meaning of the stored numbers, and 16-bit pixels.

References
----------
W3C: Portable Network Graphics (PNG) Specification, third edition, 2025. ITU-T H.273: code points of cICP.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hdrbatch.errors import PhotoError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
BIT_DEPTH_AT = 24
"""Place of IHDR's bit depth: after the signature, 8 bytes of chunk head, width and height."""
HDR_TRANSFERS = {16: "PQ", 18: "HLG"}
"""Transfer functions of cICP for HDR displays."""
TRANSFER_RESPONSES = {4: "gamma:2.2", 5: "gamma:2.8", 8: "linear"}
"""Transfer functions of cICP that are response curves by themselves; others are like sRGB's."""
UNSPECIFIED = 2


@dataclass(frozen=True)
class CodingPoints:
    """Content of a cICP chunk: numbers of primaries and transfer function in H.273."""

    primaries: int
    transfer: int

    @property
    def response(self) -> str | None:
        """Response curve that the transfer function states; None if it is like sRGB's."""
        return TRANSFER_RESPONSES.get(self.transfer)


def is_png(data: bytes) -> bool:
    """Return whether a file's content starts like a PNG."""
    return data.startswith(SIGNATURE)


def has_16_bits(data: bytes) -> bool:
    """Return whether the values of a PNG have 16 bits."""
    return data[BIT_DEPTH_AT : BIT_DEPTH_AT + 1] == b"\x10"


def check_complete(data: bytes) -> None:
    """Check the chunks of a PNG up to its end.

    Raises
    ------
    ValueError
        If the file is truncated, or a chunk's bytes differ from its checksum.
    """
    name = b""
    for name, content, checksum in _chunks(data):
        if zlib.crc32(content, zlib.crc32(name)) != checksum:
            raise ValueError(f"the checksum of its chunk {name.decode('ascii', 'replace')} is wrong")
    if name != b"IEND":
        raise ValueError("it is truncated")


def coding_points(path: Path, data: bytes) -> CodingPoints | None:
    """Read a cICP chunk; None if there is none before the pixels.

    Raises
    ------
    PhotoError
        If the values are encoded for HDR displays, are not RGB, or use the narrow range of video.
    """
    for name, content, _ in _chunks(data):
        if name == b"cICP" and len(content) == 4:
            primaries, transfer, matrix, full_range = content
            reason = (
                f"is encoded for HDR displays ({HDR_TRANSFERS[transfer]})"
                if transfer in HDR_TRANSFERS
                else "has values that are not RGB"
                if matrix != 0
                else "has the narrow range of video"
                if full_range != 1
                else None
            )
            if reason is not None:
                raise PhotoError(f"{path} {reason} by its cICP chunk; export it as sRGB")
            return CodingPoints(primaries, transfer)
        if name == b"IDAT":
            break
    return None


def decode_16_bit_png(path: Path, data: bytes) -> npt.NDArray[np.uint16]:
    """Decode a 16-bit PNG: grey becomes three channels, alpha is removed.

    Raises
    ------
    PhotoError
        If its pixels cannot be decoded.
    ValueError
        If the file is damaged.
    """
    import cv2

    # Checked first: libpng prints on the terminal what it finds wrong, and returns what it could read.
    check_complete(data)
    # OpenCV itself: Pillow cuts colours to 8 bits, and imageio's OpenCV plugin copies all pixels once more.
    codes = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if codes is None or codes.dtype != np.uint16:
        raise PhotoError(
            f"{path} cannot be decoded with 16 bits; export it as an uncompressed 16-bit TIFF or PNG"
        )
    colours = codes[..., None] if codes.ndim == 2 else codes[..., 2::-1]
    return np.ascontiguousarray(np.broadcast_to(colours, (*codes.shape[:2], 3)))


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview, int]]:
    """Yield name, content and checksum of every complete chunk."""
    view, at = memoryview(data), len(SIGNATURE)
    while at + 12 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        if at + 12 + size > len(data):
            return
        (checksum,) = struct.unpack_from(">I", data, at + 8 + size)
        yield name, view[at + 8 : at + 8 + size], checksum
        if name == b"IEND":
            return
        at += 12 + size
