"""TIFF photographs: a tag that changes the meaning of the stored numbers is obeyed, or the file is rejected.

Through imageio, tifffile reads the tags and the pixels of RGB and grey, and Pillow all other pixels of 8 bits
and less.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.damage import DAMAGE
from hdrbatch.imaging.tiff_pages import TIFF_STARTS, quiet_tifffile, tiff_content

Codes = npt.NDArray[Any]
"""uint8 or uint16."""

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, MASK, CMYK, YCBCR = range(7)
"""Values of PhotometricInterpretation; further ones are not supported."""

COLOURS_BELOW_16_BIT = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, PALETTE: 1, CMYK: 4, YCBCR: 3}
COLOURS_OF_TIFFFILE = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3}
"""Number of a pixel's samples that are colours; further ones are alpha and the like."""

NAMES = {PALETTE: "a palette of", MASK: "a mask of", CMYK: "CMYK colours of", YCBCR: "YCbCr colours of"}
NAMES |= {8: "CIE Lab colours of", 9: "ICC Lab colours of", 32803: "raw values of", 34892: "raw values of"}

UNSIGNED, CMYK_INKS, ASSOCIATED_ALPHA, SEPARATE_PLANES, BITS_REVERSED = 1, 1, 1, 2, 2
"""Values of SampleFormat, InkSet, ExtraSamples, PlanarConfiguration and FillOrder."""

UNCOMPRESSED = 1
TIFFFILE_COMPRESSIONS = frozenset({UNCOMPRESSED, 8, 32946, 32773})
"""None, Deflate (two numbers), PackBits. Others need imagecodecs, which needs numpy 2; bpy needs numpy 1."""

JPEG_COMPRESSIONS = frozenset({6, 7})
LUMA_COEFFICIENTS = (0.299, 1, 0.587, 1, 0.114, 1)
FULL_RANGE = (0, 1, 255, 1, 128, 1, 255, 1, 128, 1, 255, 1)
"""Defaults of YCbCrCoefficients and ReferenceBlackWhite for JPEG, as pairs of numerator and denominator."""

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
    reversed_bits: bool

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the decoded values."""
        return np.dtype(np.uint16 if self.bits == 16 else np.uint8)

    @property
    def is_for_tifffile(self) -> bool:
        """Whether tifffile decodes the pixels, and not Pillow."""
        return self.bits == 16 or (
            self.bits == 8
            and self.photometric in COLOURS_OF_TIFFFILE
            and self.compression in TIFFFILE_COMPRESSIONS
            and not self.reversed_bits
        )

    @property
    def text(self) -> str:
        """The layout in words, for errors."""
        planes = "plane by plane" if self.separate_planes else "interleaved"
        return (
            f"{self.samples} values per pixel with {self.bits} bits, {planes}, photometric interpretation "
            f"{self.photometric} and compression {self.compression}"
        )


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
        with quiet_tifffile(), iio.imopen(data, "r", plugin="tifffile") as file:
            tags = file.metadata(index=..., page=0)
        layout = _layout(tags)
        reason = tiff_content(data).why_first_is_not_the_photograph or _why_rejected(layout, tags)
        complete = not layout.is_for_tifffile or _is_complete(layout, tags, len(data))
    except DAMAGE as error:
        raise ValueError(f"its tags cannot be read: {error}") from error
    if reason is not None:
        raise PhotoError(f"{path} {reason}; export it as an RGB TIFF with 8 or 16 bits, without alpha")
    if not complete:
        raise ValueError("it is truncated")
    return layout


def decode_tiff(path: Path, data: bytes, layout: TiffLayout) -> Codes:
    """Decode a TIFF that is for tifffile: planes are joined, grey becomes three channels, alpha is removed.

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
            with quiet_tifffile():
                stored = iio.imread(data, plugin="tifffile", index=..., page=0)  # type: ignore[arg-type]
        except DAMAGE as error:
            raise ValueError(f"its pixels cannot be decoded: {error}") from error
        if stored.dtype != layout.dtype or stored.size != layout.rows * layout.columns * layout.samples:
            raise ValueError("its tags contradict each other")
        if layout.separate_planes:
            stored = np.moveaxis(stored.reshape(layout.samples, layout.rows, layout.columns), 0, -1)
    stored = stored.reshape(layout.rows, layout.columns, layout.samples)
    colours = COLOURS_OF_TIFFFILE[layout.photometric]
    codes = stored[..., :colours]
    if layout.associated_alpha:
        codes = _divided_by_alpha(codes, stored[..., colours])
    if layout.photometric == WHITE_IS_ZERO:
        codes = ~codes
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
        reversed_bits=_numbers(tags, "FillOrder", 1)[0] == BITS_REVERSED,
    )


def _numbers(tags: Mapping[str, Any], name: str, default: int) -> tuple[int, ...]:
    value = tags.get(name, default)
    values = value if isinstance(value, tuple) and value else (value,)
    return tuple(int(number) for number in values)


def _why_rejected(layout: TiffLayout, tags: Mapping[str, Any]) -> str | None:
    """Return the property of the file that is not supported; None if all are."""
    bits = set(_numbers(tags, "BitsPerSample", 1))
    formats = set(_numbers(tags, "SampleFormat", UNSIGNED))
    colours = (COLOURS_OF_TIFFFILE if layout.bits == 16 else COLOURS_BELOW_16_BIT).get(layout.photometric)
    reasons = {
        f"has {layout.bits} bits per value": len(bits) > 1 or layout.bits not in {1, 2, 4, 8, 16},
        "has signed, floating-point or complex values": formats != {UNSIGNED},
        f"has {NAMES.get(layout.photometric, 'values of an unknown kind of')} {layout.bits} bits": (
            colours is None or (layout.samples < colours and layout.photometric != YCBCR)
        ),
        "has inks other than CMYK": (
            layout.photometric == CMYK and _numbers(tags, "InkSet", CMYK_INKS)[0] != CMYK_INKS
        ),
        "has 16-bit values with reversed bits": layout.bits == 16 and layout.reversed_bits,
        f"has {NAMES.get(layout.photometric, 'grey values of')} {layout.bits} bits multiplied by alpha": (
            not layout.is_for_tifffile and layout.associated_alpha and layout.photometric != RGB
        ),
        "has YCbCr colours that are subsampled, or not those of JPEG": (
            layout.photometric == YCBCR and not _is_ycbcr_of_jpeg(layout, tags)
        ),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _is_ycbcr_of_jpeg(layout: TiffLayout, tags: Mapping[str, Any]) -> bool:
    """Return whether YCbCr colours are those that Pillow converts: of JPEG, BT.601 with the full range."""
    if layout.compression not in JPEG_COMPRESSIONS and (
        layout.separate_planes or _numbers(tags, "YCbCrSubSampling", 2) != (1, 1)
    ):
        return False
    coefficients, references = (
        _rationals(tags.get(name, default))
        for name, default in (
            ("YCbCrCoefficients", LUMA_COEFFICIENTS),
            ("ReferenceBlackWhite", FULL_RANGE),
        )
    )
    return np.allclose(coefficients, LUMA_COEFFICIENTS[::2], atol=0.01) and np.allclose(
        references, FULL_RANGE[::2], atol=1
    )


def _rationals(value: Sequence[int]) -> list[float]:
    return [top / bottom for top, bottom in zip(value[::2], value[1::2], strict=True)]


def _is_complete(layout: TiffLayout, tags: Mapping[str, Any], size: int) -> bool:
    """Return whether all strips or tiles lie within the file; tifffile silently fills in missing ones."""
    kind = "Tile" if "TileOffsets" in tags else "Strip"
    starts = _numbers(tags, f"{kind}Offsets", 0)
    counts = _numbers(tags, f"{kind}ByteCounts", 0)
    if len(starts) != len(counts) or min(starts) <= 0 or min(counts) <= 0:
        return False
    if (
        layout.compression == UNCOMPRESSED
        and sum(counts) < layout.bits // 8 * layout.rows * layout.columns * layout.samples
    ):
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
            f"{path} cannot be decoded ({layout.text}); export it as an uncompressed 16-bit TIFF or PNG"
        )
    to_rgb = {1: None, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}[layout.samples]
    rgb: npt.NDArray[np.uint16] = stored if to_rgb is None else cv2.cvtColor(stored, to_rgb)
    return rgb


def _divided_by_alpha(codes: Codes, alpha: Codes) -> Codes:
    """Undo a multiplication by alpha; fully transparent pixels stay 0."""
    result = np.empty_like(codes)
    last = np.iinfo(codes.dtype).max
    rows = max(1, BLOCK_PIXELS // codes.shape[1])
    for row in range(0, len(codes), rows):
        below = np.maximum(alpha[row : row + rows, :, None].astype(np.uint32), 1)
        values = (codes[row : row + rows].astype(np.uint32) * last + below // 2) // below
        result[row : row + rows] = np.minimum(values, last)
    return result
