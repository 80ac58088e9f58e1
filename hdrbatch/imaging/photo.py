"""Photographs: PNG, JPEG, TIFF and raw files are read, PNG is written; unusable files raise ``PhotoError``.

imageio reads and writes the pixels. If another library is used, a comment states why.
"""

import io
import struct
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, UnidentifiedImageError

from hdrbatch.errors import PhotoError, TaskError
from hdrbatch.imaging.damage import DAMAGE
from hdrbatch.imaging.exif import PhotoMetadata, exif_of, metadata_of, orientation_of, upright
from hdrbatch.imaging.picture_size import PictureSizeError, opened_image, size_problem, without_pillows_bound
from hdrbatch.imaging.png import decode_16_bit_png, has_16_bits, is_png
from hdrbatch.imaging.primaries import Primaries
from hdrbatch.imaging.raw import RAW_SUFFIXES, WhiteBalance, develop, is_raw
from hdrbatch.imaging.stated_colours import StatedColours, stated_colours
from hdrbatch.imaging.tiff import TiffLayout, decode_tiff, is_tiff, tiff_layout

Codes = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]

PHOTO_FORMATS = ("JPEG", "PNG", "TIFF")
"""Pillow's names of the formats. Its JPEG reader also opens MPO, which many phones write into a .jpg."""

PNG_EXIF_NAMES = (b"eXIf", b"Raw profile type exif", b"XML:com.adobe.xmp")
"""Chunk and keywords without which a PNG has no EXIF and no orientation."""

PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff"}) | RAW_SUFFIXES
"""Suffixes of photographs in a folder, in lower case."""


@dataclass(frozen=True)
class Photo:
    """A photograph as stored in its file.

    Attributes
    ----------
    codes : (H, W, 3) uint8 or uint16
        Codes of the file, RGB, encoded by the camera's response, upright.
    metadata : PhotoMetadata
        Exposure from EXIF.
    response : str or None
        The response curve if the file determines it: raw files are ``linear``, as are pictures whose profile
        or tags state a gamma of 1.
    primaries : Primaries or None
        Primaries of the channels; None for Rec.709, and if the file states none.
    white_balance : four floats or None
        Multipliers of the channels, for raw files.
    white_codes : three floats or None
        Codes at which the file states that its sensor is full, for red, green and blue.
    quantised_bits : int or None
        Bits with which the values were quantised if they are fewer than those of the codes.
    """

    codes: Codes
    metadata: PhotoMetadata
    response: str | None = None
    primaries: Primaries | None = None
    white_balance: WhiteBalance | None = None
    white_codes: tuple[float, float, float] | None = None
    quantised_bits: int | None = None

    @property
    def bits(self) -> int:
        """Bits per value, 8 or 16."""
        return 8 * self.codes.dtype.itemsize

    @property
    def pixels(self) -> npt.NDArray[np.float32]:
        """All values as (H, W, 3) float32 in [0, 1], code / (2**bits - 1); computed on each call."""
        return self.sampled(1)

    def sampled(self, step: int) -> npt.NDArray[np.float32]:
        """Return every step-th pixel in both directions, as float32 in [0, 1], for statistics."""
        return self.codes[::step, ::step].astype(np.float32) / np.float32(2**self.bits - 1)


def write_photo(path: Path, photo_uint8: npt.NDArray[np.uint8], metadata: PhotoMetadata) -> None:
    """Write a photograph as PNG with its exposure in EXIF, so that any HDR program can merge it.

    The same photograph and metadata give the same bytes.

    Parameters
    ----------
    path : Path
        The file to write; an existing one is replaced.
    photo_uint8 : (H, W, 3) uint8, RGB, encoded by the camera's response
    metadata : PhotoMetadata
        Values that are None are omitted. The shutter time is written as the rational with the smallest
        denominator that reads back as the same float64.

    Raises
    ------
    TaskError
        If the array is not (H, W, 3) uint8, or EXIF cannot hold the metadata.
    """
    if photo_uint8.ndim != 3 or photo_uint8.shape[2] != 3 or photo_uint8.dtype != np.uint8:
        raise TaskError(
            f"{path} cannot be written: a photograph is (H, W, 3) uint8, "
            f"not {photo_uint8.shape} {photo_uint8.dtype}"
        )
    import imageio.v3 as iio

    exif = exif_of(path, metadata)
    path.write_bytes(iio.imwrite("<bytes>", photo_uint8, plugin="pillow", extension=".png", exif=exif))


def read_photo(path: Path, white_balance: WhiteBalance | None = None) -> Photo:
    """Read a photograph: JPEG, PNG or TIFF with 8 or 16 bits, or a raw file.

    It is turned upright according to EXIF. Grey becomes three equal channels, palettes are looked up, alpha
    is dropped. Colours are not converted; ``Photo.primaries`` states their primaries.

    Parameters
    ----------
    path : Path
        The file.
    white_balance : four floats, or None
        For raw files, that of another photograph of the same bracket; None uses the camera's.

    Raises
    ------
    PhotoError
        If the file does not exist, is not a photograph in one of these formats, or is damaged; for raw files
        also if rawpy is not installed.
    """
    data = _photo_bytes(path)
    if is_raw(path, data):
        return _developed(path, data, white_balance)
    try:
        with warnings.catch_warnings():
            # It also prints what it finds odd in tags; what matters of that is an error below.
            warnings.simplefilter("ignore", UserWarning)
            codes, metadata, colours = _decoded(path, data)
    except UnidentifiedImageError as error:
        raise PhotoError(
            f"{path} is not a JPEG, PNG or TIFF photograph; export it as one of these"
        ) from error
    except PictureSizeError as error:
        raise PhotoError(f"{path} has {error}; scale it down, or raise the bound") from error
    except DAMAGE as error:
        raise PhotoError(
            f"{path} is damaged and cannot be read ({error}); copy or export it again"
        ) from error
    return Photo(codes, metadata, colours.response, colours.primaries)


def _photo_bytes(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise PhotoError(f"there is no photograph {path}; check the name") from error
    except OSError as error:
        raise PhotoError(f"the photograph {path} cannot be opened: {error.strerror}") from error
    # Phones also write HEIF files with the name of a JPEG.
    if data[4:8] == b"ftyp" and not is_raw(path, data):
        raise PhotoError(
            f"{path} is a HEIC (or AVIF) photograph, which is not supported; export it as JPEG or 16-bit "
            "TIFF (phones write JPEG if their camera is set to 'most compatible')"
        )
    return data


def _developed(path: Path, data: bytes, white_balance: WhiteBalance | None) -> Photo:
    raw = develop(path, data, white_balance)
    metadata = PhotoMetadata(raw.exposure_time_s, raw.f_number, raw.iso, camera=None)
    return Photo(raw.codes, metadata, "linear", raw.primaries, raw.white_balance, raw.white_codes)


def _decoded(path: Path, data: bytes) -> tuple[Codes, PhotoMetadata, StatedColours]:
    layout = tiff_layout(path, data) if is_tiff(data) else None
    head = _head(path, data, layout)
    metadata, orientation = metadata_of(head.exif), orientation_of(head.exif)
    colours = stated_colours(path, head.info, head.exif, data)
    codes: Codes
    if layout is not None and layout.is_for_tifffile:
        codes = upright(decode_tiff(path, data, layout), orientation)
    elif is_png(data) and has_16_bits(data):
        codes = upright(decode_16_bit_png(path, data), orientation)
    else:
        try:
            codes = _decoded_8_bit(data, head.mode)
        except ValueError as error:
            if layout is not None and "raw mode" in str(error):
                raise PhotoError(
                    f"{path} cannot be decoded ({layout.text}); export it as an RGB TIFF"
                ) from error
            raise
        if layout is None:  # Pillow has turned a TIFF already
            codes = upright(codes, orientation)
    return codes, metadata, colours


@dataclass(frozen=True, eq=False)
class _Head:
    """What Pillow reads of a file before its pixels."""

    mode: str
    info: Mapping[str | tuple[int, int], Any]
    exif: Image.Exif


def _head(path: Path, data: bytes, layout: TiffLayout | None) -> _Head:
    # Pillow itself opens the file: imageio accepts any format, omits the EXIF directory that has the
    # exposure, and turns pictures with a palette the wrong way.
    try:
        with opened_image(io.BytesIO(data), PHOTO_FORMATS) as opened:
            if opened.mode == "CMYK" and opened.format == "JPEG" and "adobe" not in opened.info:
                raise PhotoError(
                    f"{path} has CMYK colours without Adobe's marker, which states whether they are "
                    "inverted; export it as an RGB JPEG"
                )
            return _Head(opened.mode, opened.info, _exif(opened, data))
    except UnidentifiedImageError as error:
        if layout is None:
            raise
        if problem := size_problem(layout.columns, layout.rows):
            raise PictureSizeError(problem) from error
        exif = Image.Exif()
        try:
            exif.load(b"Exif\0\0" + data)
        except (struct.error, SyntaxError):
            layout_is_known = False
        else:
            layout_is_known = layout.is_for_tifffile
        if not layout_is_known:
            raise PhotoError(f"{path} cannot be decoded ({layout.text}); export it as an RGB TIFF") from error
        return _Head("RGB", {"icc_profile": exif.get(ExifTags.Base.InterColorProfile)}, exif)


def _exif(head: Image.Image, data: bytes) -> Image.Exif:
    # Pillow decodes the whole PNG to look for EXIF after the pixels.
    if head.format == "PNG" and not any(name in data for name in PNG_EXIF_NAMES):
        return Image.Exif()
    exif = head.getexif()
    # Read while the file is open.
    for directory in (ExifTags.IFD.Exif, ExifTags.IFD.Interop):
        exif.get_ifd(directory)
    return exif


def _decoded_8_bit(data: bytes, mode: str) -> npt.NDArray[np.uint8]:
    import imageio.v3 as iio

    with without_pillows_bound():
        codes: npt.NDArray[np.uint8] = iio.imread(
            data, plugin="pillow", index=0, mode=None if mode == "RGB" else "RGB", writeable_output=False
        )
    return codes
