"""Primaries of a photograph's channels, and the conversion to Rec.709.

A photograph is merged and reconstructed in its own channels, since only there clipping shows channel by
channel. The resulting radiance is converted, so no code is rounded twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]

SAME_WITHIN = 0.01
"""Maximum difference of a matrix from the identity to count as the identity; makers round their matrices."""
D65 = (0.3127, 0.3290)
REC709 = (*D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
"""CIE x and y of white, red, green and blue (ITU-R BT.709)."""
CHROMATICITIES_OF_CODE = {
    4: ("BT.470 System M", (0.310, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08)),
    5: ("BT.601 (625 lines)", (*D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06)),
    6: ("BT.601 (525 lines)", (*D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070)),
    7: ("SMPTE 240M", (*D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070)),
    9: ("Rec.2020", (*D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046)),
    11: ("DCI-P3", (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)),
    12: ("Display P3", (*D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)),
}
"""Names and chromaticities of the primaries that ITU-T H.273 numbers."""
BRADFORD = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
"""Cone responses of CIE XYZ for chromatic adaptation (as in ICC.1:2010, annex E)."""
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


def primaries_of_chromaticities(name: str, xy: Sequence[float]) -> Primaries | None:
    """Return primaries from their chromaticities; None if they are those of Rec.709.

    Parameters
    ----------
    name : str
    xy : eight numbers
        CIE x and y of white, red, green and blue; anything else gives primaries without a matrix.
    """
    to_xyz = _xyz_of_rgb(xy)
    if to_xyz is None:
        return Primaries(name, None)
    rec709 = _xyz_of_rgb(REC709)
    assert rec709 is not None
    matrix = np.asarray(np.linalg.solve(rec709, _adapted(to_xyz, rec709.sum(axis=1))), np.float64)
    matrix /= matrix.sum(axis=1, keepdims=True)
    is_rec709 = bool(np.max(np.abs(matrix - np.eye(3))) < SAME_WITHIN)
    return None if is_rec709 else Primaries(name, as_matrix(matrix))


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


def _xyz_of_rgb(xy: Sequence[float]) -> npt.NDArray[np.float64] | None:
    """Return the matrix from linear RGB to CIE XYZ, with Y of white 1; None if the numbers define none."""
    if len(xy) != 8 or min(xy[1::2]) <= 0:
        return None
    points = np.asarray(xy, np.float64).reshape(4, 2)
    x, y = points.T
    xyz = np.stack([x / y, np.ones(4), (1 - x - y) / y])
    white, primaries = xyz[:, 0], xyz[:, 1:]
    if abs(np.linalg.det(primaries)) < 1e-6:
        return None
    return np.asarray(primaries * np.linalg.solve(primaries, white), np.float64)


def _adapted(to_xyz: npt.NDArray[np.float64], white: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Adapt a matrix to another white by Bradford's cone responses."""
    cones = np.asarray(BRADFORD)
    gains = (cones @ white) / (cones @ to_xyz.sum(axis=1))
    adapted: npt.NDArray[np.float64] = np.linalg.solve(cones, gains[:, None] * (cones @ to_xyz))
    return adapted


ADOBE_RGB = primaries_of_chromaticities("Adobe RGB (1998)", (*D65, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06))
"""Primaries of Adobe RGB (1998) 2005-05."""
