"""Photographs: PNG, JPEG, TIFF and raw files read, PNG written; what cannot be used is a ``PhotoError``."""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from hdrbatch.errors import PhotoError, TaskError
from hdrbatch.imaging.exif import PhotoMetadata, exif_of, metadata_of
from hdrbatch.imaging.primaries import Primaries, primaries_of_profile
from hdrbatch.imaging.raw import RAW_SUFFIXES, WhiteBalance, develop

PHOTO_FORMATS = ("JPEG", "PNG", "TIFF")
"""Pillow's names. Its JPEG reader also opens MPO, which many telephones write into a .jpg."""


PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff"}) | RAW_SUFFIXES
"""Names, in lower case, by which photographs are known in a folder."""


@dataclass(frozen=True)
class Photo:
    """A photograph as it was stored.

    Attributes
    ----------
    codes : (H, W, 3) uint8 or uint16
        As in the file, RGB, encoded by the camera's response, upright.
    metadata : PhotoMetadata
        What EXIF says of the exposure.
    response : str or None
        The response curve where the file leaves no doubt: raw files are ``linear``.
    primaries : Primaries or None
        What the channels stand for; None for Rec.709, and where the file says nothing.
    white_balance : four floats or None
        Of raw files: what their channels were multiplied by.
    """

    codes: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
    metadata: PhotoMetadata
    response: str | None = None
    primaries: Primaries | None = None
    white_balance: WhiteBalance | None = None

    @property
    def bits(self) -> int:
        """Bits per value, 8 or 16."""
        return 8 * self.codes.dtype.itemsize

    @property
    def pixels(self) -> npt.NDArray[np.float32]:
        """All values as (H, W, 3) float32 in [0, 1], made anew at each call: code / (2**bits - 1)."""
        return self.sampled(1)

    def sampled(self, step: int) -> npt.NDArray[np.float32]:
        """Every step-th pixel in both directions, as float32 in [0, 1]: enough for statistics."""
        return self.codes[::step, ::step].astype(np.float32) / np.float32(2**self.bits - 1)


def write_photo(path: Path, photo_uint8: npt.NDArray[np.uint8], metadata: PhotoMetadata) -> None:
    """Write a photograph as PNG with its exposure in EXIF, so that any HDR program can merge it.

    The same photograph and metadata give the same bytes.

    Parameters
    ----------
    path : Path
        Where to; a file there is replaced.
    photo_uint8 : (H, W, 3) uint8, RGB, encoded by the camera's response
    metadata : PhotoMetadata
        Values that are None are left out. The shutter time is written as the rational with the smallest
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
    buffer = io.BytesIO()
    Image.fromarray(photo_uint8).save(buffer, format="PNG", exif=exif_of(path, metadata))
    path.write_bytes(buffer.getvalue())


def read_photo(path: Path, white_balance: WhiteBalance | None = None) -> Photo:
    """Read a photograph: JPEG, PNG or TIFF with 8 or 16 bits, or a raw file.

    It is turned upright as EXIF says. Grey becomes three equal channels, palettes are looked up, alpha is
    dropped. Colours stay the file's own; ``Photo.primaries`` tells which they are.

    Parameters
    ----------
    path : Path
        The file.
    white_balance : four floats, or None
        For raw files, that of another photograph of the same bracket; None takes the camera's.

    Raises
    ------
    PhotoError
        If there is no such file, it is no photograph of these formats, or it is damaged; for raw files also
        if rawpy is not installed.
    """
    data = _photo_bytes(path)
    if path.suffix.lower() in RAW_SUFFIXES:
        return _developed(path, data, white_balance)
    try:
        with warnings.catch_warnings():
            # Pillow warns from 89 megapixels on; panoramas and large sensors have more.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=PHOTO_FORMATS) as image:
                bits = _stored_bits(path, image, data)
                metadata = metadata_of(image.getexif())
                primaries = primaries_of_profile(image.info.get("icc_profile"))
                # Pillow silently cuts 16-bit colour to 8 bits, so those are OpenCV's.
                codes = _decoded_16_bit(path, data) if bits == 16 else _decoded_8_bit(image)
    except UnidentifiedImageError as error:
        raise PhotoError(f"{path} is no JPEG, PNG or TIFF photograph: export it as one of these") from error
    except Image.DecompressionBombError as error:
        raise PhotoError(f"{path} has too many pixels to be read safely: {error}; scale it down") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise PhotoError(
            f"{path} is damaged and cannot be read ({error}): copy or export it again"
        ) from error
    return Photo(codes, metadata, primaries=primaries)


def _photo_bytes(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise PhotoError(f"there is no photograph {path}: check the name") from error
    except OSError as error:
        raise PhotoError(f"the photograph {path} cannot be opened: {error.strerror}") from error
    # Telephones also write HEIF under the name of a JPEG.
    if data[4:8] == b"ftyp" and path.suffix.lower() not in RAW_SUFFIXES:
        raise PhotoError(
            f"{path} is a HEIC (or AVIF) photograph, which is not read: export it as JPEG or 16-bit TIFF; "
            "telephones write JPEG when their camera is set to 'most compatible'"
        )
    return data


def _developed(path: Path, data: bytes, white_balance: WhiteBalance | None) -> Photo:
    raw = develop(path, data, white_balance)
    metadata = PhotoMetadata(raw.exposure_time_s, raw.f_number, raw.iso, camera=None)
    return Photo(raw.codes, metadata, "linear", raw.primaries, raw.white_balance)


def _stored_bits(path: Path, image: Image.Image, data: bytes) -> int:
    """Find the bits per value in the file itself, since Pillow's mode hides them."""
    if image.format == "PNG":
        bits = data[24]  # IHDR: 8 signature, 8 chunk head, 4 width, 4 height, then the depth
    elif image.format == "TIFF":
        bits = max(image.tag_v2.get(ExifTags.Base.BitsPerSample, (1,)))  # type: ignore[attr-defined]
    else:
        bits = 8
    if bits > 16 or image.mode in ("F", "I"):
        raise PhotoError(f"{path} has {bits} bits per value: a photograph has 8 or 16; export it so")
    return 16 if bits > 8 else 8


def _decoded_8_bit(image: Image.Image) -> npt.NDArray[np.uint8]:
    return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


def _decoded_16_bit(path: Path, data: bytes) -> npt.NDArray[np.uint16]:
    codes = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    if codes is None or codes.dtype != np.uint16:
        raise PhotoError(
            f"{path} cannot be decoded with 16 bits: export it as an uncompressed 16-bit TIFF or PNG"
        )
    return np.ascontiguousarray(codes[..., ::-1])
