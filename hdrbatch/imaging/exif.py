"""Exposure and orientation in a photograph's EXIF, read and written.

References
----------
Exif 2.32 (CIPA DC-008-2019), section 4.6.5 and Annex C: tags of exposure, APEX. TIFF/EP (ISO 12234-2) has
the same tags in the main directory.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

from hdrbatch.errors import TaskError

CAMERA_MAKE = "hdrbatch"

MAX_APEX = 32.0
"""Maximum plausible APEX value: 2**32 seconds are a century."""
ISO_UNKNOWN = 65535
"""Value that cameras write to the 16-bit ISOSpeedRatings if only the other tags can hold the sensitivity."""
SENSITIVITIES = (
    ExifTags.Base.RecommendedExposureIndex,
    ExifTags.Base.StandardOutputSensitivity,
    ExifTags.Base.ISOSpeed,
    ExifTags.Base.ExposureIndex,
)
"""The other tags, read only if ISOSpeedRatings does not state the sensitivity."""

Code = TypeVar("Code", bound=np.generic)


@dataclass(frozen=True)
class PhotoMetadata:
    """Exposure of a photograph as its EXIF states it; None for missing values.

    Attributes
    ----------
    exposure_time_s, f_number, iso : float or None
        Shutter time in seconds, aperture number, sensitivity.
    camera : str or None
        The camera's model.
    exposure_bias_ev : float or None
        Correction of the metered exposure, in stops.
    """

    exposure_time_s: float | None
    f_number: float | None
    iso: float | None
    camera: str | None
    exposure_bias_ev: float | None = None


def _positive(value: Any) -> float | None:
    """Return an EXIF number; None for 0, 0/0 and text, which cameras write for unknown values."""
    if isinstance(value, tuple):
        value = value[0] if value else None
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) and number > 0 else None


def metadata_of(exif: Image.Exif) -> PhotoMetadata:
    """Read the exposure from EXIF; missing values are None.

    EXIF has two tags for each value, both optional. The shutter time and f-number are exact; if they are
    missing, the APEX values are used, which cameras round to a fraction of a stop.
    """
    details = {**exif, **exif.get_ifd(ExifTags.IFD.Exif)}
    camera = exif.get(ExifTags.Base.Model)
    time_s = _positive(details.get(ExifTags.Base.ExposureTime))
    if time_s is None and (time_value := _apex(details.get(ExifTags.Base.ShutterSpeedValue))) is not None:
        time_s = 2.0**-time_value
    f_number = _positive(details.get(ExifTags.Base.FNumber))
    # An aperture value of 0 is f/1 in theory, and a lens without contacts in practice.
    if f_number is None and (aperture_value := _apex(details.get(ExifTags.Base.ApertureValue))):
        f_number = 2.0 ** (aperture_value / 2)
    return PhotoMetadata(
        exposure_time_s=time_s,
        f_number=f_number,
        iso=_iso(details),
        camera=(str(camera).strip("\0 ") or None) if camera is not None else None,
        exposure_bias_ev=_apex(details.get(ExifTags.Base.ExposureBiasValue)),
    )


def orientation_of(exif: Image.Exif) -> int:
    """Read the EXIF orientation, 1 to 8; 1 (upright) if it is missing or nonsense."""
    orientation = exif.get(ExifTags.Base.Orientation)
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1


def upright(codes: npt.NDArray[Code], orientation: int) -> npt.NDArray[Code]:
    """Turn and mirror (H, W, 3) codes according to an EXIF orientation."""
    if orientation in {5, 6, 7, 8}:
        codes = codes.swapaxes(0, 1)
    if orientation in {3, 4, 7, 8}:
        codes = codes[::-1]
    if orientation in {2, 3, 6, 7}:
        codes = codes[:, ::-1]
    return np.ascontiguousarray(codes)


def _apex(value: Any) -> float | None:
    """Read an APEX value, which may be 0 or negative; None if it is missing or nonsense."""
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if abs(number) <= MAX_APEX else None


def _iso(details: Mapping[int, Any]) -> float | None:
    iso = _positive(details.get(ExifTags.Base.ISOSpeedRatings))
    if iso is not None and iso != ISO_UNKNOWN:
        return iso
    others = (_positive(details.get(tag)) for tag in SENSITIVITIES)
    return next((other for other in others if other is not None), iso)


def exif_of(path: Path, metadata: PhotoMetadata) -> Image.Exif:
    """Return the EXIF of a photograph; raise TaskError if it cannot hold a value exactly."""
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
                f"{path}: EXIF cannot hold ISO {metadata.iso}; give a whole number from 1 to 65535"
            )
        details[ExifTags.Base.ISOSpeedRatings] = round(metadata.iso)
    return exif


def _rational(path: Path, name: str, value: float) -> IFDRational:
    """Return the simplest 32-bit rational that reads back as the same float64."""
    if math.isfinite(value) and value > 0:
        for largest_denominator in (10**2, 10**4, 10**6, 10**8, 2**32 - 1):
            fraction = Fraction(value).limit_denominator(largest_denominator)
            if float(fraction) == value and fraction.numerator < 2**32:
                return IFDRational(fraction.numerator, fraction.denominator)
    raise TaskError(
        f"{path}: EXIF cannot hold the {name} {value} exactly; give a simple fraction such as 1/32"
    )
