"""ICC profiles of photographs: their primaries, and whether their values are linear.

References
----------
ISO 15076-1:2010 (ICC.1): tags and types. ICC.1:2022: the cicp tag.
"""

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import ImageCms

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.png import HDR_TRANSFERS
from hdrbatch.imaging.primaries import SAME_WITHIN, Primaries, as_matrix

CURVES = (b"rTRC", b"gTRC", b"bTRC", b"kTRC")
LINEAR_WITHIN = 0.01
"""Maximum difference of a curve from a straight line, and of a gamma from 1, to count as linear."""


def primaries_of_profile(icc: bytes | None) -> Primaries | None:
    """Read the primaries from an ICC profile; None without a profile, or if they are those of Rec.709.

    Only matrix profiles have primaries: those of cameras, phones and working spaces. The profile's transfer
    curve is ignored unless it is linear, since it is not the camera's response.
    """
    if not icc:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc)).profile
    except OSError:
        return Primaries("a colour profile that cannot be read", None)
    name = (profile.profile_description or "").strip("\0 ") or "a colour profile without a name"
    if profile.xcolor_space.strip() == "GRAY":
        return None
    colorants, rec709 = _colorants(profile), _colorants(ImageCms.createProfile("sRGB"))
    if colorants is None:
        return Primaries(name, None)
    assert rec709 is not None
    matrix = np.linalg.solve(rec709, colorants)
    matrix /= matrix.sum(axis=1, keepdims=True)
    if np.max(np.abs(matrix - np.eye(3))) < SAME_WITHIN:
        return None
    return Primaries(name, as_matrix(matrix))


def has_linear_curve(path: Path, icc: bytes) -> bool:
    """Return whether all transfer curves of a profile are straight lines (gamma 1).

    Raises
    ------
    PhotoError
        If the profile is one for HDR displays.
    """
    tags = _tags(icc)
    cicp = tags.get(b"cicp", b"")
    if len(cicp) >= 10 and cicp[9] in HDR_TRANSFERS:
        transfer = HDR_TRANSFERS[cicp[9]]
        raise PhotoError(
            f"{path} is encoded for HDR displays ({transfer}) by its colour profile; export it as sRGB"
        )
    curves = [tags[name] for name in CURVES if name in tags]
    return bool(curves) and all(_is_line(curve) for curve in curves)


def _tags(icc: bytes) -> dict[bytes, bytes]:
    try:
        (number,) = struct.unpack_from(">I", icc, 128)
        entries = [struct.unpack_from(">4sII", icc, 132 + 12 * index) for index in range(min(number, 200))]
    except struct.error:
        return {}
    return {name: icc[at : at + size] for name, at, size in entries}


def _is_line(curve: bytes) -> bool:
    try:
        kind, number = struct.unpack_from(">4s4xI", curve)
        if kind == b"para":
            function, gamma = struct.unpack_from(">4s4xH2xi", curve)[1:]
            # Further functions add a straight toe, which is no change for a gamma of 1 either.
            return bool(function == 0 and abs(gamma / 65536 - 1) < LINEAR_WITHIN)
        if kind != b"curv":
            return False
        if number == 0:
            return True
        values = np.array(struct.unpack_from(f">{number}H", curve, 12), np.float64)
    except struct.error:
        return False
    if number == 1:
        return bool(abs(values[0] / 256 - 1) < LINEAR_WITHIN)
    return bool(np.max(np.abs(values / 65535 - np.linspace(0, 1, number))) < LINEAR_WITHIN)


def _colorants(profile: Any) -> npt.NDArray[np.float64] | None:
    """Return the XYZ of red, green and blue as columns, adapted to D50 as ICC requires."""
    columns = (profile.red_colorant, profile.green_colorant, profile.blue_colorant)
    if profile.xcolor_space.strip() != "RGB" or any(column is None for column in columns):
        return None
    matrix = np.asarray([column[0] for column in columns], np.float64).T
    return matrix if abs(np.linalg.det(matrix)) > 1e-6 else None
