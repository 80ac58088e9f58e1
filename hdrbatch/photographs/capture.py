"""A user's bracket, read from files and ready to merge: aligned, with its exposures and its curve."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.photo import Photo
from hdrbatch.imaging.response import ResponseCurve, SrgbResponse, parse_response
from hdrbatch.photographs.alignment import align
from hdrbatch.photographs.bracket import (
    ReferenceExposure,
    bracket_exposures,
    is_told_by_bias,
    read_bracket,
    reference_exposure,
)
from hdrbatch.photographs.calibration import (
    METHODS,
    calibrated_response,
    exposure_steps,
    fitting_response,
    inconsistent_duplicates,
    inconsistent_steps,
)
from hdrbatch.photographs.outlier import outlier, uninformative
from hdrbatch.photographs.recorded_response import RECORD_SUFFIX, read_response
from hdrbatch.photographs.white_level import WhiteLevel, apply_white_level

AUTOMATIC = "auto"
STATISTICS_PIXELS = 2**20
"""Pixels of each photograph by which response and exposures are checked: enough, and little memory."""


@dataclass(frozen=True)
class Capture:
    """Aligned photographs of one scene.

    Attributes
    ----------
    photos : tuple of Photo
        Photographs in the order of their paths, cropped to the area that all share.
    exposures : tuple of float
        Exposures relative to the middle one.
    curve : ResponseCurve
        Response of all photographs.
    reference : ReferenceExposure
        Exposure of the middle photograph.
    white : WhiteLevel
        Codes of the files that were taken for white and black; those of ``photos`` are scaled by them.
    notes, warnings : tuple of str
        Changes made to the photographs, and warnings about them; photographs by name.
    """

    photos: tuple[Photo, ...]
    exposures: tuple[float, ...]
    curve: ResponseCurve
    reference: ReferenceExposure
    white: WhiteLevel
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def read_capture(
    paths: Sequence[Path],
    *,
    times_s: Sequence[float] | None = None,
    response: str = AUTOMATIC,
    assumed: ResponseCurve | None = None,
    aligned: bool = True,
    white: int | None = None,
) -> Capture:
    """Read a bracket, align it, and find its exposures and its response curve.

    Parameters
    ----------
    paths : sequence of Path
        Files of the photographs, in any order.
    times_s : sequence of float, or None
        Exposure times in seconds; None reads the exposures from EXIF.
    response : str
        A curve's name, or the record of an earlier result whose curve is used; ``debevec`` or ``robertson``
        calibrate the curve from the bracket. ``auto`` uses the curve that the files state, or the assumed
        one. If the bracket is not consistent with it, ``auto`` calibrates by ``debevec``, or, if the bracket
        does not determine the curve, uses the gamma curve that fits.
    assumed : ResponseCurve or None
        The response that ``auto`` assumes if the files state none; None uses sRGB.
    aligned : bool
        Whether photographs are aligned.
    white : int or None
        Code of a full sensor; None finds it, see :mod:`hdrbatch.photographs.white_level`.

    Raises
    ------
    PhotoError
        If one cannot be read, they do not belong together, or exposures or curve cannot be determined.
    """
    photos = read_bracket(paths)
    exposures = bracket_exposures(photos, paths, times_s)
    names = [path.name for path in paths]
    reference = reference_exposure(photos, exposures, times_s)
    photos, level, notes, warnings = apply_white_level(photos, exposures, names, white)
    if is_told_by_bias(photos, times_s):
        warnings.append(
            "the photographs state no exposure time, so their exposures are taken from the exposure bias; "
            "give the times (--times) if the camera did not bracket by it"
        )
    if aligned and len(photos) > 1:
        alignment = align([photo.codes for photo in photos], names)
        warnings += alignment.warnings
        cut = alignment.apply([photo.codes for photo in photos])
        photos = [replace(photo, codes=codes) for photo, codes in zip(photos, cut, strict=True)]
        notes += [
            f"aligned: {name} moved by {right:+d} pixels to the right and {down:+d} down"
            for name, (right, down) in zip(names, alignment.shifts, strict=True)
            if (right, down) != (0, 0)
        ]
    primaries = photos[0].primaries
    if primaries is not None and primaries.to_rec709 is not None:
        notes.append(f"colours are converted from {primaries.name} to Rec.709")
    sampled = _sampled(photos)
    warnings += _colour_warnings(photos, names)
    assumed = _assumed(photos, response, assumed or SrgbResponse())
    kept, doubts = _consistent(sampled, exposures, names, assumed)
    warnings += doubts
    sampled = [sampled[index] for index in kept]
    kept_exposures, kept_names = [exposures[index] for index in kept], [names[index] for index in kept]
    curve = _curve(photos, sampled, kept_exposures, response, assumed)
    warnings += inconsistent_steps(exposure_steps(sampled, kept_exposures, curve), kept_names)
    warnings += inconsistent_duplicates(sampled, kept_exposures, curve, kept_names)
    return Capture(tuple(photos), tuple(exposures), curve, reference, level, tuple(notes), tuple(warnings))


def _sampled(photos: Sequence[Photo]) -> list[npt.NDArray[np.float32]]:
    height, width = photos[0].codes.shape[:2]
    step = max(1, math.ceil(math.sqrt(height * width / STATISTICS_PIXELS)))
    return [photo.sampled(step) for photo in photos]


def _assumed(photos: Sequence[Photo], response: str, assumed: ResponseCurve) -> ResponseCurve:
    """Return the response under which a bracket's steps should be alike."""
    if response.endswith(RECORD_SUFFIX):
        return read_response(Path(response))
    if response != AUTOMATIC and response not in METHODS:
        return parse_response(response)
    return assumed if photos[0].response is None else parse_response(photos[0].response)


def _consistent(
    sampled: Sequence[npt.NDArray[np.float32]],
    exposures: Sequence[float],
    names: Sequence[str],
    assumed: ResponseCurve,
) -> tuple[list[int], list[str]]:
    """Return the photographs by which response and exposures are judged, and warnings about the others."""
    warnings = []
    kept = []
    for index, (photo, name) in enumerate(zip(sampled, names, strict=True)):
        empty = uninformative(photo)
        if empty is None:
            kept.append(index)
        else:
            warnings.append(f"{name} is {empty} throughout and adds nothing; omit it, or check its exposure")
    odd = outlier([sampled[index] for index in kept], [exposures[index] for index in kept], assumed)
    if odd is not None:
        steps = exposure_steps(
            [sampled[index] for index in kept], [exposures[index] for index in kept], assumed
        )
        measured = ", ".join(
            f"{step.measured_stops:.1f} stops from {names[kept[other]]} instead of {step.claimed_stops:.1f}"
            for step in steps
            for other in {step.darker, step.brighter} - {odd}
            if odd in (step.darker, step.brighter)
        )
        warnings.append(
            f"{names[kept[odd]]} contradicts the other photographs (it measures {measured}), so the response "
            "curve is determined without it; check its exposure time (--times) or omit it"
        )
        del kept[odd]
    return kept or list(range(len(names))), warnings


def _curve(
    photos: Sequence[Photo],
    sampled: Sequence[npt.NDArray[np.float32]],
    exposures: Sequence[float],
    response: str,
    assumed: ResponseCurve,
) -> ResponseCurve:
    if response in METHODS:
        return calibrated_response(sampled, exposures, response)
    if response != AUTOMATIC or photos[0].response is not None:
        return assumed
    fitting = fitting_response(sampled, exposures, assumed)
    return fitting if fitting == assumed else _measured(sampled, exposures) or fitting


def _measured(sampled: Sequence[npt.NDArray[np.float32]], exposures: Sequence[float]) -> ResponseCurve | None:
    """Calibrate the curve of a bracket that contradicts the assumed one; None if it does not determine one.

    In two real brackets, merges under this curve predict the code values of a held-out photograph 2 to 10 dB
    better than merges under the gamma curve that fits.
    """
    try:
        curve = calibrated_response(sampled, exposures, "debevec")
    except PhotoError:
        return None
    # A curve fitted to a wrong exposure time would hide the error.
    steps = exposure_steps(sampled, exposures, curve)
    return None if inconsistent_steps(steps, [""] * len(sampled)) else curve


def _colour_warnings(photos: Sequence[Photo], names: Sequence[str]) -> list[str]:
    """Return warnings about photographs whose colours cannot be converted like those of the first."""
    warnings = []
    for photo, name in zip(photos, names, strict=True):
        if photo.primaries is not None and photo.primaries.to_rec709 is None:
            warnings.append(
                f"{name} has {photo.primaries.name}, which is ignored, and sRGB is assumed; convert the file "
                "to sRGB if the colours look wrong"
            )
        elif photo.primaries != photos[0].primaries:
            warnings.append(
                f"{name} and {names[0]} have different colour profiles; convert the bracket to one profile"
            )
    return warnings
