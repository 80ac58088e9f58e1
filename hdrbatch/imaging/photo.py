"""Photographs: PNG, JPEG, TIFF and raw files are read, PNG is written; unusable files raise ``PhotoError``.

imageio reads and writes the pixels. If another library is used, a comment states why.
"""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from hdrbatch.errors import PhotoError, TaskError
from hdrbatch.imaging.exif import PhotoMetadata, exif_of, metadata_of, orientation_of, upright
from hdrbatch.imaging.primaries import Primaries, primaries_of_profile
from hdrbatch.imaging.raw import RAW_SUFFIXES, WhiteBalance, develop
from hdrbatch.imaging.tiff import decode_16_bit_tiff, is_tiff, tiff_layout

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
        The response curve if the file determines it: raw files are ``linear``.
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
    if path.suffix.lower() in RAW_SUFFIXES:
        return _developed(path, data, white_balance)
    try:
        with warnings.catch_warnings():
            # Pillow warns from 89 megapixels on; panoramas and large sensors have more.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            codes, metadata, primaries = _decoded(path, data)
    except UnidentifiedImageError as error:
        if is_tiff(data):
            raise PhotoError(
                f"{path} is a TIFF that is not supported; export it as JPEG, PNG or an RGB TIFF"
            ) from error
        raise PhotoError(
            f"{path} is not a JPEG, PNG or TIFF photograph; export it as one of these"
        ) from error
    except Image.DecompressionBombError as error:
        raise PhotoError(f"{path} has too many pixels to be read safely: {error}; scale it down") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise PhotoError(
            f"{path} is damaged and cannot be read ({error}); copy or export it again"
        ) from error
    return Photo(codes, metadata, primaries=primaries)


def _photo_bytes(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise PhotoError(f"there is no photograph {path}; check the name") from error
    except OSError as error:
        raise PhotoError(f"the photograph {path} cannot be opened: {error.strerror}") from error
    # Phones also write HEIF files with the name of a JPEG.
    if data[4:8] == b"ftyp" and path.suffix.lower() not in RAW_SUFFIXES:
        raise PhotoError(
            f"{path} is a HEIC (or AVIF) photograph, which is not supported; export it as JPEG or 16-bit "
            "TIFF (phones write JPEG if their camera is set to 'most compatible')"
        )
    return data


def _developed(path: Path, data: bytes, white_balance: WhiteBalance | None) -> Photo:
    raw = develop(path, data, white_balance)
    metadata = PhotoMetadata(raw.exposure_time_s, raw.f_number, raw.iso, camera=None)
    return Photo(raw.codes, metadata, "linear", raw.primaries, raw.white_balance, raw.white_codes)


def _decoded(path: Path, data: bytes) -> tuple[Codes, PhotoMetadata, Primaries | None]:
    layout = tiff_layout(path, data) if is_tiff(data) else None
    # Pillow itself opens the file: imageio accepts any format, omits the EXIF directory that has the
    # exposure, and turns pictures with a palette the wrong way.
    with Image.open(io.BytesIO(data), formats=PHOTO_FORMATS) as head:
        exif = _exif(head, data)
        metadata, orientation = metadata_of(exif), orientation_of(exif)
        primaries = primaries_of_profile(head.info.get("icc_profile"))
        file_format, mode = head.format, head.mode
    codes: Codes
    if layout is not None and layout.bits == 16:
        codes = upright(decode_16_bit_tiff(path, data, layout), orientation)
    elif file_format == "PNG" and data[24] == 16:  # IHDR: 8 signature, 8 chunk head, 4 width, 4 height
        codes = upright(_decoded_16_bit_png(path, data), orientation)
    else:
        codes = _decoded_8_bit(data, mode)
        if layout is None:  # Pillow has turned a TIFF already
            codes = upright(codes, orientation)
    return codes, metadata, primaries


def _exif(head: Image.Image, data: bytes) -> Image.Exif:
    # Pillow decodes the whole PNG to look for EXIF after the pixels.
    if head.format == "PNG" and not any(name in data for name in PNG_EXIF_NAMES):
        return Image.Exif()
    return head.getexif()


def _decoded_8_bit(data: bytes, mode: str) -> npt.NDArray[np.uint8]:
    import imageio.v3 as iio

    codes: npt.NDArray[np.uint8] = iio.imread(
        data, plugin="pillow", index=0, mode=None if mode == "RGB" else "RGB", writeable_output=False
    )
    return codes


def _decoded_16_bit_png(path: Path, data: bytes) -> npt.NDArray[np.uint16]:
    import cv2

    # OpenCV itself: Pillow cuts colours to 8 bits, and imageio's OpenCV plugin copies all pixels once more.
    codes = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if codes is None or codes.dtype != np.uint16:
        raise PhotoError(
            f"{path} cannot be decoded with 16 bits; export it as an uncompressed 16-bit TIFF or PNG"
        )
    colours = codes[..., None] if codes.ndim == 2 else codes[..., 2::-1]
    return np.ascontiguousarray(np.broadcast_to(colours, (*codes.shape[:2], 3)))
