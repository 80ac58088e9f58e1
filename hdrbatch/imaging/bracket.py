"""The relative exposures of a user's bracket of photographs, from their EXIF."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.files import PhotoMetadata


def relative_exposures(photos: Sequence[PhotoMetadata], names: Sequence[str]) -> npt.NDArray[np.float64]:
    """Give each photograph's exposure relative to the middle one of the bracket.

    Exposure is time x ISO / 100 / f-number squared. Where no photograph of the set states its ISO (or its
    f-number), it is taken as constant: it cancels. The middle is the photograph at the median exposure, the
    lower of the two middles of an even number.

    Parameters
    ----------
    photos : sequence of PhotoMetadata
        In any order.
    names : sequence of str
        What to call each photograph in an error, as a rule its path.

    Returns
    -------
    (N,) float64, in the order of ``photos``; the middle is 1.0

    Raises
    ------
    PhotoError
        If there is no photograph, one states no exposure time, or only some state their ISO or f-number.
    """
    if len(photos) != len(names):
        raise ValueError(f"{len(photos)} photographs came with {len(names)} names")
    if not photos:
        raise PhotoError("there is no photograph: give at least one")
    times = _stated([photo.exposure_time_s for photo in photos], names, "exposure time", may_all_miss=False)
    isos = _stated([photo.iso for photo in photos], names, "ISO", may_all_miss=True)
    f_numbers = _stated([photo.f_number for photo in photos], names, "f-number", may_all_miss=True)
    exposures = times * isos / 100 / f_numbers**2
    middle = np.sort(exposures)[(len(exposures) - 1) // 2]
    relative: npt.NDArray[np.float64] = exposures / middle
    return relative


def _stated(
    values: Sequence[float | None], names: Sequence[str], quantity: str, *, may_all_miss: bool
) -> npt.NDArray[np.float64]:
    missing = [name for value, name in zip(values, names, strict=True) if value is None]
    if may_all_miss and len(missing) == len(values):
        return np.ones(len(values))
    if missing:
        raise PhotoError(
            f"EXIF of {', '.join(missing)} states no {quantity}, so the bracket's exposures are not known: "
            "give every photograph's exposure time yourself (--times 1/30,1/4,2.5), "
            "or the files as the camera made them"
        )
    return np.asarray(values, dtype=np.float64)
