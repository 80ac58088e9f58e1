"""What a photograph's file states of its colours: their primaries, and their response if it is no camera's.

An ICC profile counts before PNG's chunks, and these before EXIF; cICP counts before all (PNG, 4.3).

References
----------
Exif 2.32 (CIPA DC-008-2019) and DCF 2.0 (CIPA DC-009-2010): Adobe RGB is ColorSpace "uncalibrated" with the
interoperability index R03. TIFF 6.0, section 20: WhitePoint and PrimaryChromaticities.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image

from hdrbatch.imaging.icc import has_linear_curve, primaries_of_profile
from hdrbatch.imaging.png import coding_points, is_png
from hdrbatch.imaging.primaries import (
    NAME_OF_CODE,
    Primaries,
    primaries_of_chromaticities,
    primaries_of_name,
)

UNCALIBRATED, ADOBE_RGB_OF_SOME = 65535, 2
"""Values of EXIF's ColorSpace; 2 is not in the standard, but some cameras write it."""
ADOBE_RGB_INDEX = "R03"
SRGB_GAMMA = 1 / 2.2
SAME_GAMMA_WITHIN = 0.03
"""Maximum relative difference of a stated gamma from 1 or 1 / 2.2 to count as these."""
LINEAR_WITHIN = 0.01
UNSPECIFIED_CODE, REC709_CODE = 2, 1


@dataclass(frozen=True)
class StatedColours:
    """Statements of a file about its colours.

    Attributes
    ----------
    primaries : Primaries or None
        None for Rec.709, and if the file states none.
    response : str or None
        The response curve; None if it has to be found, as for cameras' own curves and sRGB.
    """

    primaries: Primaries | None = None
    response: str | None = None


def stated_colours(path: Path, info: Mapping[Any, Any], exif: Image.Exif, data: bytes) -> StatedColours:
    """Read what a file states of its colours.

    Parameters
    ----------
    path : Path
        Name of the file in errors.
    info : mapping
        Pillow's ``info`` of the file.
    exif : PIL.Image.Exif
        Its EXIF; for a TIFF, its tags.
    data : bytes
        Its content.

    Raises
    ------
    PhotoError
        If they cannot be read as the light of a camera, such as those for HDR displays.
    """
    points = coding_points(path, data) if is_png(data) else None
    if points is not None:
        return StatedColours(_primaries_of_code(points.primaries), points.response)
    if icc := info.get("icc_profile"):
        return StatedColours(primaries_of_profile(icc), "linear" if has_linear_curve(path, icc) else None)
    if is_png(data) and "srgb" in info:
        return StatedColours()
    if is_png(data) and ("gamma" in info or "chromaticity" in info):
        white_first = info.get("chromaticity")
        return StatedColours(
            _primaries_after_white(white_first, "the primaries of its cHRM chunk") if white_first else None,
            _response_of_gamma(info.get("gamma")),
        )
    return StatedColours(
        _primaries_of_exif(exif), _response_of_table(exif.get(ExifTags.Base.TransferFunction))
    )


def _primaries_of_code(code: int) -> Primaries | None:
    if code in (REC709_CODE, UNSPECIFIED_CODE):
        return None
    if code not in NAME_OF_CODE:
        return Primaries(f"colour primaries {code} of cICP", None)
    return primaries_of_name(NAME_OF_CODE[code])


def _primaries_after_white(white_first: Sequence[float], name: str) -> Primaries | None:
    """Return primaries whose white stands in front, as in PNG and TIFF."""
    return primaries_of_chromaticities((*white_first[2:], *white_first[:2]), name)


def _response_of_gamma(gamma: float | None) -> str | None:
    """Return the curve of an encoding ``linear ** gamma``, unless it is the usual one of displays."""
    if gamma is None or gamma <= 0 or abs(gamma / SRGB_GAMMA - 1) < SAME_GAMMA_WITHIN:
        return None
    return "linear" if abs(gamma - 1) < SAME_GAMMA_WITHIN else f"gamma:{1 / gamma:.4g}"


def _primaries_of_exif(exif: Image.Exif) -> Primaries | None:
    details = exif.get_ifd(ExifTags.IFD.Exif)
    space = details.get(ExifTags.Base.ColorSpace)
    index = str(exif.get_ifd(ExifTags.IFD.Interop).get(1, "")).strip("\0 ")
    if space == ADOBE_RGB_OF_SOME or (space in (None, UNCALIBRATED) and index == ADOBE_RGB_INDEX):
        return primaries_of_name("Adobe RGB (1998)")
    white, primaries = exif.get(ExifTags.Base.WhitePoint), exif.get(ExifTags.Base.PrimaryChromaticities)
    if white is not None and primaries is not None:
        try:
            xy = tuple(float(value) for value in (*white, *primaries))
        except (TypeError, ValueError, ZeroDivisionError):
            return Primaries("chromaticities that cannot be read", None)
        return _primaries_after_white(xy, "the chromaticities of its tags")
    return Primaries("uncalibrated colours without a profile", None) if space == UNCALIBRATED else None


def _response_of_table(table: Any) -> str | None:
    """Return ``linear`` if TIFF's TransferFunction is a straight line; other tables are displays' curves."""
    if not isinstance(table, tuple) or len(table) < 2:
        return None
    values = np.asarray(table, np.float64)
    channels = values.reshape(3, -1) if len(values) % 3 == 0 else values[None]
    line = np.linspace(0, 65535, channels.shape[1])
    return "linear" if np.max(np.abs(channels - line)) < LINEAR_WITHIN * 65535 else None
