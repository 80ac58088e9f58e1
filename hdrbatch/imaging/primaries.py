"""Primaries of pictures: what their R, G and B mean, and how to convert that to Rec.709.

A photograph is merged and reconstructed in the primaries of its file, since its curve and its clipping act on
each channel. The resulting radiance is converted, so no code is rounded twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]

SAME_WITHIN = 0.01
"""Maximum difference of a matrix from the identity to count as the identity; makers round their matrices."""
BLOCK_PIXELS = 2**18
D65 = (0.3127, 0.3290)
REC709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, *D65)
"""Chromaticities x, y of red, green, blue and white (ITU-R BT.709)."""
ACES_AP0 = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)
"""Chromaticities of the ACES interchange primaries (SMPTE ST 2065-1)."""
NAMED_CHROMATICITIES: Mapping[str, tuple[float, ...]] = {
    "ACES AP0": ACES_AP0,
    "ACES AP1 (ACEScg)": (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767),
    "Rec.2020": (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *D65),
    "Display P3": (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *D65),
    "DCI-P3": (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    "Adobe RGB (1998)": (0.64, 0.33, 0.21, 0.71, 0.15, 0.06, *D65),
    "BT.470 System M": (0.67, 0.33, 0.21, 0.71, 0.14, 0.08, 0.310, 0.316),
    "BT.601 (625 lines)": (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, *D65),
    "BT.601 (525 lines)": (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *D65),
    "CIE XYZ": (1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1 / 3, 1 / 3),
}
NAME_OF_CODE = {
    4: "BT.470 System M",
    5: "BT.601 (625 lines)",
    6: "BT.601 (525 lines)",
    7: "BT.601 (525 lines)",
    9: "Rec.2020",
    11: "DCI-P3",
    12: "Display P3",
}
"""Names of the primaries that ITU-T H.273 numbers; 7 is SMPTE 240M, whose primaries are those of BT.601."""
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


def primaries_of_chromaticities(chromaticities: Sequence[float], name: str = "") -> Primaries | None:
    """Return the primaries of chromaticities that a file states; None for Rec.709's.

    Another white than D65 is adapted to it by the Bradford transform, so that grey stays grey. CIE XYZ is not
    adapted: it states colours themselves, not shares of primaries.

    Parameters
    ----------
    chromaticities : 8 numbers
        x and y of red, green, blue and white, as in OpenEXR; anything else gives primaries without a matrix.
    name : str
        Name of sets that are not known.

    Returns
    -------
    Primaries or None
        With the name of the nearest known set, the name given, or the numbers; its matrix is None if they are
        degenerate.
    """
    values = np.asarray(chromaticities, np.float64)
    known = _known_name(values)
    name = known or name or f"primaries {', '.join(f'{value:.4g}' for value in values)}"
    to_xyz, rec709 = _xyz_of_rgb(values), _xyz_of_rgb(np.asarray(REC709))
    if to_xyz is None:
        return Primaries(name, None)
    assert rec709 is not None
    if known != "CIE XYZ":
        to_xyz = _adaptation(to_xyz.sum(axis=1), rec709.sum(axis=1)) @ to_xyz
    matrix = np.linalg.solve(rec709, to_xyz)
    if np.max(np.abs(matrix - np.eye(3))) < SAME_WITHIN:
        return None
    return Primaries(name, as_matrix(matrix))


def primaries_of_name(name: str) -> Primaries | None:
    """Return known primaries (a key of :data:`NAMED_CHROMATICITIES`).

    >>> primaries_of_name("Display P3").name
    'Display P3'
    """
    return primaries_of_chromaticities(NAMED_CHROMATICITIES[name])


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


def _known_name(values: npt.NDArray[np.float64]) -> str:
    if values.shape != (8,):
        return ""
    distances = {name: np.max(np.abs(values - known)) for name, known in NAMED_CHROMATICITIES.items()}
    nearest = min(distances, key=distances.__getitem__)
    return nearest if distances[nearest] < SAME_CHROMATICITY_WITHIN else ""


def _xyz_of_rgb(chromaticities: npt.NDArray[np.float64]) -> npt.NDArray[np.float64] | None:
    """Return the matrix from R, G, B to XYZ, with Y = 1 for white (SMPTE RP 177); None if there is none."""
    if chromaticities.shape != (8,):
        return None
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
