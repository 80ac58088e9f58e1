"""TIFF photographs: a tag that changes the meaning of the stored numbers is obeyed, or the file is rejected.

Through imageio, tifffile reads the tags and 16-bit pixels, and Pillow 8-bit pixels.
"""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hdrbatch.errors import PhotoError

TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""First bytes of a TIFF in either byte order; those with a plus are BigTIFF."""

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, MASK, CMYK, YCBCR = range(7)
"""Values of PhotometricInterpretation; further ones are not supported."""

COLOURS_8_BIT = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, PALETTE: 1, CMYK: 4, YCBCR: 3}
COLOURS_16_BIT = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3}
"""Number of a pixel's samples that are colours; further ones are alpha and the like."""

NAMES = {PALETTE: "a palette of", MASK: "a mask of", CMYK: "CMYK colours of", YCBCR: "YCbCr colours of"}
NAMES |= {8: "CIE Lab colours of", 9: "ICC Lab colours of", 32803: "raw values of", 34892: "raw values of"}

UNSIGNED, CMYK_INKS, ASSOCIATED_ALPHA, SEPARATE_PLANES, BITS_REVERSED = 1, 1, 1, 2, 2
"""Values of SampleFormat, InkSet, ExtraSamples, PlanarConfiguration and FillOrder."""

NO_PHOTOGRAPH = 1 | 4
"""Bits of NewSubfileType: a thumbnail, a mask."""

UNCOMPRESSED = 1
TIFFFILE_COMPRESSIONS = frozenset({UNCOMPRESSED, 8, 32946, 32773})
"""None, Deflate (two numbers), PackBits. Others need imagecodecs, which needs numpy 2; bpy needs numpy 1."""

DAMAGE = (ArithmeticError, AttributeError, LookupError, TypeError, struct.error, zlib.error)
"""Exceptions of tifffile on a damaged file, besides OSError and ValueError."""

BLOCK_PIXELS = 2**18


@dataclass(frozen=True)
class TiffLayout:
    """How the pixels of a TIFF's first picture are stored; the names are those of its tags."""

    bits: int
    photometric: int
    samples: int
    rows: int
    columns: int
    separate_planes: bool
    associated_alpha: bool
    compression: int


def is_tiff(data: bytes) -> bool:
    """Return whether a file's content starts like a TIFF."""
    return data.startswith(TIFF_STARTS)


def tiff_layout(path: Path, data: bytes) -> TiffLayout:
    """Read how a TIFF's pixels are stored.

    Parameters
    ----------
    path : Path
        Name of the file in errors.
    data : bytes
        Content of the file.

    Raises
    ------
    PhotoError
        If they are stored in a way that is not supported.
    OSError, ValueError
        If the file is damaged.
    """
    import imageio.v3 as iio

    try:
        with iio.imopen(data, "r", plugin="tifffile") as file:
            tags = file.metadata(index=..., page=0)
        layout = _layout(tags)
        reason = _why_rejected(layout, tags)
        complete = layout.bits != 16 or _is_complete(layout, tags, len(data))
    except DAMAGE as error:
        raise ValueError(f"its tags cannot be read: {error}") from error
    if reason is not None:
        raise PhotoError(f"{path} {reason}; export it as an RGB TIFF with 8 or 16 bits, without alpha")
    if not complete:
        raise ValueError("it is truncated")
    return layout


def decode_16_bit_tiff(path: Path, data: bytes, layout: TiffLayout) -> npt.NDArray[np.uint16]:
    """Decode a 16-bit TIFF: planes are joined, grey becomes three channels, alpha is removed.

    Raises
    ------
    PhotoError
        If its compression cannot be decoded for this layout.
    OSError, ValueError
        If the file is damaged.
    """
    import imageio.v3 as iio

    if layout.compression not in TIFFFILE_COMPRESSIONS:
        stored = _decoded_by_opencv(path, data, layout)
    else:
        try:
            # imageio's annotation of index lacks the ellipsis that it documents.
            stored = iio.imread(data, plugin="tifffile", index=..., page=0)  # type: ignore[arg-type]
        except DAMAGE as error:
            raise ValueError(f"its pixels cannot be decoded: {error}") from error
        if stored.dtype != np.uint16 or stored.size != layout.rows * layout.columns * layout.samples:
            raise ValueError("its tags contradict each other")
        if layout.separate_planes:
            stored = np.moveaxis(stored.reshape(layout.samples, layout.rows, layout.columns), 0, -1)
    stored = stored.reshape(layout.rows, layout.columns, layout.samples)
    colours = COLOURS_16_BIT[layout.photometric]
    codes = stored[..., :colours]
    if layout.associated_alpha:
        codes = _divided_by_alpha(codes, stored[..., colours])
    if layout.photometric == WHITE_IS_ZERO:
        codes = np.uint16(65535) - codes
    return np.ascontiguousarray(np.broadcast_to(codes, (layout.rows, layout.columns, 3)))


def _layout(tags: Mapping[str, Any]) -> TiffLayout:
    return TiffLayout(
        bits=max(_numbers(tags, "BitsPerSample", 1)),
        photometric=_numbers(tags, "PhotometricInterpretation", BLACK_IS_ZERO)[0],
        samples=_numbers(tags, "SamplesPerPixel", 1)[0],
        rows=_numbers(tags, "ImageLength", 0)[0],
        columns=_numbers(tags, "ImageWidth", 0)[0],
        separate_planes=_numbers(tags, "PlanarConfiguration", 1)[0] == SEPARATE_PLANES,
        associated_alpha=_numbers(tags, "ExtraSamples", 0)[0] == ASSOCIATED_ALPHA,
        compression=_numbers(tags, "Compression", UNCOMPRESSED)[0],
    )


def _numbers(tags: Mapping[str, Any], name: str, default: int) -> tuple[int, ...]:
    value = tags.get(name, default)
    values = value if isinstance(value, tuple) and value else (value,)
    return tuple(int(number) for number in values)


def _why_rejected(layout: TiffLayout, tags: Mapping[str, Any]) -> str | None:
    """Return the property of the file that is not supported; None if all are."""
    bits = set(_numbers(tags, "BitsPerSample", 1))
    formats = set(_numbers(tags, "SampleFormat", UNSIGNED))
    colours = (COLOURS_16_BIT if layout.bits == 16 else COLOURS_8_BIT).get(layout.photometric)
    reasons = {
        f"has {layout.bits} bits per value": len(bits) > 1 or layout.bits not in {1, 2, 4, 8, 16},
        "has signed, floating-point or complex values": formats != {UNSIGNED},
        f"has {NAMES.get(layout.photometric, 'values of an unknown kind of')} {layout.bits} bits": (
            colours is None or (layout.samples < colours and layout.photometric != YCBCR)
        ),
        "has inks other than CMYK": (
            layout.photometric == CMYK and _numbers(tags, "InkSet", CMYK_INKS)[0] != CMYK_INKS
        ),
        "has 16-bit values with reversed bits": (
            layout.bits == 16 and _numbers(tags, "FillOrder", 1)[0] == BITS_REVERSED
        ),
        "has grey values multiplied by alpha": (
            layout.bits != 16 and layout.associated_alpha and layout.photometric != RGB
        ),
        "starts with a thumbnail or a mask": _numbers(tags, "NewSubfileType", 0)[0] & NO_PHOTOGRAPH != 0,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _is_complete(layout: TiffLayout, tags: Mapping[str, Any], size: int) -> bool:
    """Return whether all strips or tiles lie within the file; tifffile silently fills in missing ones."""
    kind = "Tile" if "TileOffsets" in tags else "Strip"
    starts = _numbers(tags, f"{kind}Offsets", 0)
    counts = _numbers(tags, f"{kind}ByteCounts", 0)
    if len(starts) != len(counts) or min(starts) <= 0 or min(counts) <= 0:
        return False
    if layout.compression == UNCOMPRESSED and sum(counts) < 2 * layout.rows * layout.columns * layout.samples:
        return False
    return all(start + count <= size for start, count in zip(starts, counts, strict=True))


def _decoded_by_opencv(path: Path, data: bytes, layout: TiffLayout) -> npt.NDArray[np.uint16]:
    """Decode LZW and the like, which tifffile cannot; OpenCV ignores separate planes and white-is-zero."""
    import cv2

    if layout.separate_planes or layout.photometric == WHITE_IS_ZERO or layout.samples not in {1, 3, 4}:
        stored = None
    else:
        # OpenCV itself: imageio's OpenCV plugin copies all pixels once more.
        stored = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if stored is None or stored.dtype != np.uint16 or stored.shape[:2] != (layout.rows, layout.columns):
        raise PhotoError(
            f"{path} cannot be decoded with 16 bits; export it as an uncompressed 16-bit TIFF or PNG"
        )
    to_rgb = {1: None, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}[layout.samples]
    rgb: npt.NDArray[np.uint16] = stored if to_rgb is None else cv2.cvtColor(stored, to_rgb)
    return rgb


def _divided_by_alpha(codes: npt.NDArray[np.uint16], alpha: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint16]:
    """Undo a multiplication by alpha; fully transparent pixels stay 0."""
    result = np.empty_like(codes)
    rows = max(1, BLOCK_PIXELS // codes.shape[1])
    for row in range(0, len(codes), rows):
        below = np.maximum(alpha[row : row + rows, :, None].astype(np.uint32), 1)
        values = (codes[row : row + rows].astype(np.uint32) * 65535 + below // 2) // below
        result[row : row + rows] = np.minimum(values, 65535)
    return result
