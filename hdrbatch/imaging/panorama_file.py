"""Captured panoramas in files, as users have them: OpenEXR or Radiance, checked before they are used."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hdrbatch.errors import CorruptObjectError, UserError
from hdrbatch.imaging.exr import read_exr_picture
from hdrbatch.imaging.rgbe import MAGIC, read_hdr


@dataclass(frozen=True, eq=False)
class Panorama:
    """An equirectangular picture of radiance.

    Attributes
    ----------
    radiance : (H, 2 H, 3) float32
        Scene-linear Rec.709, finite, relative; rows from the zenith to the nadir.
    notes : tuple of str
        What was done to the stored values, for the user.
    """

    radiance: npt.NDArray[np.float32] = field(repr=False)
    notes: tuple[str, ...] = ()


def read_panorama(path: Path, place: str | None = None) -> Panorama:
    """Read an equirectangular panorama from an OpenEXR or a Radiance file, whatever its name ends with.

    Parameters
    ----------
    path : Path
        The file.
    place : str or None
        Place that messages name; None names the path.

    Raises
    ------
    UserError
        If the file cannot be read, is no equirectangular picture, holds values that are not finite, or no
        light.
    """
    place = place or str(path)
    try:
        with path.open("rb") as file:
            is_radiance = file.read(len(MAGIC[0])).startswith(MAGIC)
        if is_radiance:
            hdr = read_hdr(path)
            radiance, notes, is_cube = hdr.radiance, hdr.notes, False
        else:
            exr = read_exr_picture(path)
            radiance, notes, is_cube = exr.radiance, exr.notes, exr.is_cube_map
    except CorruptObjectError as error:
        reason = str(error).removeprefix(str(path)).lstrip()
        raise UserError(
            f"{place}: it {reason}; give an equirectangular OpenEXR (.exr) or Radiance (.hdr) file"
        ) from None
    except OSError as error:
        raise UserError(f"{place}: cannot be read: {error.strerror or error}") from None
    if is_cube:
        raise UserError(f"{place}: it is a cube map; convert it to an equirectangular panorama")
    _check(radiance, place)
    return Panorama(radiance, notes)


def _check(radiance: npt.NDArray[np.float32], place: str) -> None:
    height, width = radiance.shape[:2]
    if width < 2 or width != 2 * height:
        raise UserError(
            f"{place}: it is {width}x{height} pixels, and an equirectangular panorama is twice as wide "
            "as high; convert or crop it"
        )
    bad = ~np.isfinite(radiance).all(axis=-1)
    if num_bad := int(np.count_nonzero(bad)):
        row, column = np.argwhere(bad)[0]
        values = ", ".join(f"{value:g}" for value in radiance[row, column])
        raise UserError(
            f"{place}: {num_bad} of its {bad.size} pixels are not finite numbers, the first in row {row}, "
            f"column {column} ({values}), counted from 0 at the top left; replace them"
        )
    if radiance.max() <= 0:
        raise UserError(f"{place}: it holds no light at all; give another panorama")
