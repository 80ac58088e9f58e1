"""Primaries of a picture's channels, and the conversion to Rec.709.

A photograph is merged and reconstructed in its own channels, since only there clipping shows channel by
channel. The resulting radiance is converted, so no code is rounded twice.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import ImageCms

Matrix = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]

SAME_WITHIN = 0.01
"""Maximum difference of a matrix from the identity to count as the identity; makers round their matrices."""
BLOCK_PIXELS = 2**18
REC709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
"""Chromaticities x, y of red, green, blue and white (ITU-R BT.709)."""
ACES_AP0 = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)
"""Chromaticities of the ACES interchange primaries (SMPTE ST 2065-1)."""
NAMED_CHROMATICITIES: Mapping[str, tuple[float, ...]] = {
    "ACES AP0": ACES_AP0,
    "ACES AP1 (ACEScg)": (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767),
    "Rec.2020": (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290),
    "Display P3": (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290),
    "DCI-P3": (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    "Adobe RGB": (0.64, 0.33, 0.21, 0.71, 0.15, 0.06, 0.3127, 0.3290),
    "CIE XYZ": (1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1 / 3, 1 / 3),
}
SAME_CHROMATICITY_WITHIN = 0.002
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
"""Cone responses by which a white is adapted (Lam 1985, as in ICC.1 and the ACES transforms)."""


@dataclass(frozen=True)
class Primaries:
    """Primaries other than Rec.709's.

    Attributes
    ----------
    name : str
        Name in the file, such as ``Display P3``.
    to_rec709 : 3x3 numbers, or None
        Matrix from linear values to linear Rec.709; white stays white. None if it is not known.
    """

    name: str
    to_rec709: Matrix | None


def primaries_of_profile(icc: bytes | None) -> Primaries | None:
    """Read the primaries from an ICC profile; None without a profile, or if they are those of Rec.709.

    Only matrix profiles have primaries: those of cameras, phones and working spaces. The profile's transfer
    curve is ignored, since it is not the camera's response.
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


def primaries_of_chromaticities(chromaticities: Sequence[float]) -> Primaries | None:
    """Return the primaries of chromaticities, as OpenEXR and Radiance files state them; None for Rec.709's.

    Another white than D65 is adapted to it by the Bradford transform, so that grey stays grey. CIE XYZ is not
    adapted: it states colours themselves, not shares of primaries.

    Parameters
    ----------
    chromaticities : 8 numbers
        x and y of red, green, blue and white.

    Returns
    -------
    Primaries or None
        With the name of the nearest known set, or the numbers; its matrix is None if they are degenerate.
    """
    values = np.asarray(chromaticities, np.float64)
    name = next(
        (
            name
            for name, known in NAMED_CHROMATICITIES.items()
            if np.max(np.abs(values - known)) < SAME_CHROMATICITY_WITHIN
        ),
        f"primaries {', '.join(f'{value:.4g}' for value in values)}",
    )
    to_xyz, rec709 = _xyz_of_rgb(values), _xyz_of_rgb(np.asarray(REC709))
    if to_xyz is None:
        return Primaries(name, None)
    assert rec709 is not None
    if name != "CIE XYZ":
        to_xyz = _adaptation(to_xyz.sum(axis=1), rec709.sum(axis=1)) @ to_xyz
    matrix = np.linalg.solve(rec709, to_xyz)
    if np.max(np.abs(matrix - np.eye(3))) < SAME_WITHIN:
        return None
    return Primaries(name, as_matrix(matrix))


def luminance_weights(chromaticities: Sequence[float]) -> tuple[float, float, float]:
    """Return the luminance of red, green and blue with these chromaticities; Rec.709's if degenerate."""
    to_xyz = _xyz_of_rgb(np.asarray(chromaticities, np.float64))
    if to_xyz is None:
        to_xyz = _xyz_of_rgb(np.asarray(REC709))
    assert to_xyz is not None
    red, green, blue = to_xyz[1].tolist()
    return red, green, blue


def as_matrix(values: npt.NDArray[np.float64]) -> Matrix:
    """Convert a (3, 3) array to the matrix of :class:`Primaries`."""
    (a, b, c), (d, e, f), (g, h, i) = values.tolist()
    return (a, b, c), (d, e, f), (g, h, i)


def convert_to_rec709(radiance: npt.NDArray[np.float32], primaries: Primaries | None) -> None:
    """Convert radiance in place; colours outside Rec.709 get 0 for their negative channels.

    Parameters
    ----------
    radiance : (H, W, 3) float32, linear
    primaries : Primaries or None
        Primaries of the radiance; None, or an unknown matrix, changes nothing.
    """
    if primaries is None or primaries.to_rec709 is None:
        return
    matrix = np.asarray(primaries.to_rec709, np.float32)
    rows = max(1, BLOCK_PIXELS // radiance.shape[1])
    for row in range(0, len(radiance), rows):
        block = radiance[row : row + rows]
        np.maximum(block @ matrix.T, 0.0, out=block)


def _xyz_of_rgb(chromaticities: npt.NDArray[np.float64]) -> npt.NDArray[np.float64] | None:
    """Return the matrix from R, G, B to XYZ, with Y = 1 for white (SMPTE RP 177); None if there is none."""
    xy = chromaticities.reshape(4, 2)
    columns = np.stack([xy[:, 0], xy[:, 1], 1 - xy.sum(axis=1)])
    primaries, white_y = columns[:, :3], float(xy[3, 1])
    if not np.isfinite(columns).all() or abs(np.linalg.det(primaries)) < 1e-6 or white_y <= 0:
        return None
    return np.asarray(primaries * np.linalg.solve(primaries, columns[:, 3] / white_y), np.float64)


def _adaptation(white: npt.NDArray[np.float64], to_white: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the matrix on XYZ that takes one white to another."""
    scale = (BRADFORD @ to_white) / (BRADFORD @ white)
    return np.asarray(np.linalg.solve(BRADFORD, scale[:, None] * BRADFORD), np.float64)


def _colorants(profile: Any) -> npt.NDArray[np.float64] | None:
    """Return the XYZ of red, green and blue as columns, adapted to D50 as ICC requires."""
    columns = (profile.red_colorant, profile.green_colorant, profile.blue_colorant)
    if profile.xcolor_space.strip() != "RGB" or any(column is None for column in columns):
        return None
    matrix = np.asarray([column[0] for column in columns], np.float64).T
    return matrix if abs(np.linalg.det(matrix)) > 1e-6 else None
