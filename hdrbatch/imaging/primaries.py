"""Primaries of a photograph's channels, and the conversion to Rec.709.

A photograph is merged and reconstructed in its own channels, since only there clipping shows channel by
channel. The resulting radiance is converted, so no code is rounded twice.
"""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import ImageCms

Matrix = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]

SAME_WITHIN = 0.01
"""Maximum difference of a matrix from the identity to count as the identity; makers round their matrices."""
BLOCK_PIXELS = 2**18


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


def _colorants(profile: Any) -> npt.NDArray[np.float64] | None:
    """Return the XYZ of red, green and blue as columns, adapted to D50 as ICC requires."""
    columns = (profile.red_colorant, profile.green_colorant, profile.blue_colorant)
    if profile.xcolor_space.strip() != "RGB" or any(column is None for column in columns):
        return None
    matrix = np.asarray([column[0] for column in columns], np.float64).T
    return matrix if abs(np.linalg.det(matrix)) > 1e-6 else None
