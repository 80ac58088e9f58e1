"""Read and write pictures: radiance as EXR and Radiance .hdr, photographs as PNG, JPEG, TIFF and raw files.

What the pipeline wrote and cannot read again is a ``CorruptObjectError`` (``MissingInputError`` where the
file is gone), what it must not write a ``TaskError``; a user's photograph that cannot be used is a
``PhotoError``.
"""

import io
import math
import warnings
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import OpenEXR
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError
from PIL.TiffImagePlugin import IFDRational

from hdrbatch.errors import CorruptObjectError, MissingInputError, PhotoError, TaskError
from hdrbatch.imaging.primaries import Primaries, primaries_of_profile
from hdrbatch.imaging.raw import RAW_SUFFIXES, WhiteBalance, develop

PHOTO_FORMATS = ("JPEG", "PNG", "TIFF")
"""Pillow's names. Its JPEG reader also opens MPO, which many telephones write into a .jpg."""

PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff"}) | RAW_SUFFIXES
"""Names, in lower case, by which photographs are known in a folder."""

CAMERA_MAKE = "hdrbatch"


@dataclass(frozen=True)
class PhotoMetadata:
    """What a photograph's EXIF says of its exposure; None where it says nothing.

    Attributes
    ----------
    exposure_time_s, f_number, iso : float or None
        Shutter time in seconds, aperture number, sensitivity.
    camera : str or None
        The camera's model.
    """

    exposure_time_s: float | None
    f_number: float | None
    iso: float | None
    camera: str | None

    @property
    def exposure_value(self) -> float | None:
        """Relative exposure, time x ISO / 100 / f-number squared; None unless all three are known.

        Linear, proportional to the signal that a given radiance makes. Only its ratio between photographs
        means something.
        """
        if self.exposure_time_s is None or self.f_number is None or self.iso is None:
            return None
        return self.exposure_time_s * self.iso / 100 / self.f_number**2


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


def write_exr(path: Path, radiance: npt.NDArray[np.float32]) -> None:
    """Write radiance as an OpenEXR file: 32-bit float, ZIP, channels R, G, B.

    The same radiance gives the same bytes. Every float comes back as it was.

    Parameters
    ----------
    path : Path
        Where to; a file there is replaced.
    radiance : (H, W, 3) float32, scene-linear Rec.709, relative

    Raises
    ------
    TaskError
        If the array is not (H, W, 3) float32.
    """
    _check_radiance(path, radiance)
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    with OpenEXR.File(header, {"RGB": np.ascontiguousarray(radiance)}) as file:
        file.write(str(path))


def read_exr(path: Path) -> npt.NDArray[np.float32]:
    """Read an OpenEXR file with channels R, G, B, of this program or another.

    16-bit floats are widened; alpha and other channels are left out; the channels of a single layer
    (``ViewLayer.Combined.R`` and so on) are taken where there are no plain ones.

    Returns
    -------
    (H, W, 3) float32, as stored

    Raises
    ------
    MissingInputError
        If there is no such file.
    CorruptObjectError
        If it is no OpenEXR file, is cut short, or has no such channels.
    """
    parts = _exr_parts(path)
    for channels in parts:
        planes = _colour_planes(channels)
        if planes is not None:
            radiance: npt.NDArray[np.float32] = np.stack(planes, axis=-1).astype(np.float32, copy=False)
            return radiance
    found = ", ".join(sorted({name for channels in parts for name in channels}))
    raise CorruptObjectError(f"{path} has no float channels R, G, B of one size; it has {found}")


def read_exr_layer(path: Path, layer: str) -> npt.NDArray[np.float32]:
    """Read three channels of one layer of a multilayer OpenEXR file, in the order of colours or of axes.

    Parameters
    ----------
    path : Path
        The file.
    layer : str
        End of the layer's name: ``Denoising Albedo`` of ``ViewLayer.Denoising Albedo.R``.

    Returns
    -------
    (H, W, 3) float32, as stored

    Raises
    ------
    MissingInputError
        If there is no such file.
    CorruptObjectError
        If it cannot be read, or has no such layer.
    """
    for channels in _exr_parts(path):
        planes = {name.rpartition(".")[2]: plane for name, plane in channels.items() if f"{layer}." in name}
        for names in ("RGB", "XYZ"):
            if planes.keys() >= set(names):
                return np.stack([planes[name] for name in names], axis=-1).astype(np.float32, copy=False)
    raise CorruptObjectError(f"{path} has no layer {layer!r}")


def _exr_parts(path: Path) -> list[dict[str, npt.NDArray[np.float32]]]:
    if not path.is_file():
        raise MissingInputError(f"there is no file {path}")
    try:
        with OpenEXR.File(str(path), separate_channels=True) as file:
            # A file that was cut short opens with a warning on stdout and without parts.
            parts = [{name: channel.pixels for name, channel in part.channels.items()} for part in file.parts]
    except (RuntimeError, ValueError) as error:
        raise CorruptObjectError(f"{path} is no OpenEXR file that can be read: {error}") from error
    if not parts:
        raise CorruptObjectError(f"{path} is cut short: its pixels cannot be read; make or fetch it again")
    return parts


def write_hdr(path: Path, radiance: npt.NDArray[np.float32]) -> None:
    """Write radiance as a Radiance .hdr file (RGBE), for programs that cannot read EXR.

    Lossy: a pixel's channels share one exponent, so values are good to about 1 % of the pixel's largest
    channel. Negative values become 0.

    Parameters
    ----------
    path : Path
        Where to; a file there is replaced.
    radiance : (H, W, 3) float32, scene-linear Rec.709, relative

    Raises
    ------
    TaskError
        If the array is not (H, W, 3) float32 or holds a value that is not finite.
    """
    _check_radiance(path, radiance)
    if not np.all(np.isfinite(radiance)):
        raise TaskError(
            f"{path} cannot be written: RGBE has no code for the NaN or infinite values in the radiance"
        )
    bgr = cv2.cvtColor(radiance, cv2.COLOR_RGB2BGR)
    encoded_ok, data = cv2.imencode(".hdr", np.maximum(bgr, 0.0, out=bgr))
    assert encoded_ok
    path.write_bytes(data.tobytes())


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
    Image.fromarray(photo_uint8).save(buffer, format="PNG", exif=_exif_of(path, metadata))
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
                metadata = _metadata_of(image.getexif())
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


def _check_radiance(path: Path, radiance: npt.NDArray[np.float32]) -> None:
    if radiance.ndim != 3 or radiance.shape[2] != 3 or radiance.dtype != np.float32 or radiance.size == 0:
        raise TaskError(
            f"{path} cannot be written: radiance is (H, W, 3) float32, not {radiance.shape} {radiance.dtype}"
        )


def _colour_planes(channels: dict[str, npt.NDArray[Any]]) -> list[npt.NDArray[Any]] | None:
    """Pick R, G, B, plain or of the only layer that has them; None unless they are floats of one size."""
    prefixes = sorted(name[:-1] for name in channels if name == "R" or name.endswith(".R"))
    prefix = "" if "" in prefixes else prefixes[0] if len(prefixes) == 1 else None
    if prefix is None or any(prefix + colour not in channels for colour in "RGB"):
        return None
    planes = [channels[prefix + colour] for colour in "RGB"]
    if any(plane.dtype.kind != "f" or plane.shape != planes[0].shape for plane in planes):
        return None
    return planes


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


def _metadata_of(exif: Image.Exif) -> PhotoMetadata:
    details = exif.get_ifd(ExifTags.IFD.Exif)
    camera = exif.get(ExifTags.Base.Model)
    return PhotoMetadata(
        exposure_time_s=_positive(details.get(ExifTags.Base.ExposureTime)),
        f_number=_positive(details.get(ExifTags.Base.FNumber)),
        iso=_positive(details.get(ExifTags.Base.ISOSpeedRatings)),
        camera=(str(camera).strip("\0 ") or None) if camera is not None else None,
    )


def _positive(value: Any) -> float | None:
    """Read an EXIF number; 0, 0/0 and text, which cameras write for unknown, are None."""
    if isinstance(value, tuple):
        value = value[0] if value else None
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) and number > 0 else None


def _exif_of(path: Path, metadata: PhotoMetadata) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = CAMERA_MAKE
    exif[ExifTags.Base.Model] = metadata.camera if metadata.camera is not None else CAMERA_MAKE
    details = exif.get_ifd(ExifTags.IFD.Exif)
    if metadata.exposure_time_s is not None:
        details[ExifTags.Base.ExposureTime] = _rational(path, "exposure time", metadata.exposure_time_s)
    if metadata.f_number is not None:
        details[ExifTags.Base.FNumber] = _rational(path, "f-number", metadata.f_number)
    if metadata.iso is not None:
        if metadata.iso != round(metadata.iso) or not 1 <= metadata.iso <= 65535:
            raise TaskError(
                f"{path}: EXIF cannot hold ISO {metadata.iso}: give a whole number from 1 to 65535"
            )
        details[ExifTags.Base.ISOSpeedRatings] = round(metadata.iso)
    return exif


def _rational(path: Path, name: str, value: float) -> IFDRational:
    """Find the simplest 32-bit rational that reads back as the same float64."""
    if math.isfinite(value) and value > 0:
        for largest_denominator in (10**2, 10**4, 10**6, 10**8, 2**32 - 1):
            fraction = Fraction(value).limit_denominator(largest_denominator)
            if float(fraction) == value and fraction.numerator < 2**32:
                return IFDRational(fraction.numerator, fraction.denominator)
    raise TaskError(
        f"{path}: EXIF cannot hold the {name} {value} exactly: give a simple fraction such as 1/32"
    )
