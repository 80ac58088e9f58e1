"""A user's bracket, read from files and ready to be merged: aligned, with its exposures and its curve."""

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
from hdrbatch.photographs.bracket import bracket_exposures, read_bracket
from hdrbatch.photographs.calibration import (
    METHODS,
    calibrated_response,
    disagreements,
    doubtful_equals,
    exposure_steps,
    fitting_response,
)
from hdrbatch.photographs.recorded_response import RECORD_SUFFIX, response_in

AUTOMATIC = "auto"
STATISTICS_PIXELS = 2**20
"""Of each photograph, by which response and exposures are judged: enough, and little memory."""


@dataclass(frozen=True)
class Capture:
    """Photographs of one scene that lie over each other.

    Attributes
    ----------
    photos : tuple of Photo
        In the order in which they were named, cropped to what all have in common.
    exposures : tuple of float
        Relative to the middle one.
    curve : ResponseCurve
        Of them all.
    notes, warnings : tuple of str
        What was done to them, and what is doubtful; photographs by name.
    """

    photos: tuple[Photo, ...]
    exposures: tuple[float, ...]
    curve: ResponseCurve
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def read_capture(
    paths: Sequence[Path],
    *,
    times_s: Sequence[float] | None = None,
    response: str = AUTOMATIC,
    assumed: ResponseCurve | None = None,
    aligned: bool = True,
) -> Capture:
    """Read a bracket, align it, and find its exposures and its response curve.

    Parameters
    ----------
    paths : sequence of Path
        In any order.
    times_s : sequence of float, or None
        Exposure times in seconds; None reads the exposures from EXIF.
    response : str
        A curve's name, or the record of an earlier result whose curve is taken; ``debevec`` or ``robertson``
        measure it on the bracket; ``auto`` takes what the files
        say, or what is assumed, or for a bracket that does not fit it the curve measured by ``debevec``, or
        where that cannot be told the gamma curve that fits.
    assumed : ResponseCurve or None
        What ``auto`` takes photographs for whose files say nothing; None is sRGB.
    aligned : bool
        Whether photographs are shifted onto each other.

    Raises
    ------
    PhotoError
        Where one cannot be read, they do not belong together, or exposures or curve cannot be told.
    """
    photos = read_bracket(paths)
    exposures = bracket_exposures(photos, paths, times_s)
    names = [path.name for path in paths]
    notes: list[str] = []
    warnings: list[str] = []
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
    curve = _curve(photos, sampled, exposures, response, assumed or SrgbResponse())
    warnings += _doubts_of_colour(photos, names)
    warnings += disagreements(exposure_steps(sampled, exposures, curve), names)
    warnings += doubtful_equals(sampled, exposures, curve, names)
    return Capture(tuple(photos), tuple(exposures), curve, tuple(notes), tuple(warnings))


def _sampled(photos: Sequence[Photo]) -> list[npt.NDArray[np.float32]]:
    height, width = photos[0].codes.shape[:2]
    step = max(1, math.ceil(math.sqrt(height * width / STATISTICS_PIXELS)))
    return [photo.sampled(step) for photo in photos]


def _curve(
    photos: Sequence[Photo],
    sampled: Sequence[npt.NDArray[np.float32]],
    exposures: Sequence[float],
    response: str,
    assumed: ResponseCurve,
) -> ResponseCurve:
    if response in METHODS:
        return calibrated_response(sampled, exposures, response)
    if response.endswith(RECORD_SUFFIX):
        return response_in(Path(response))
    if response != AUTOMATIC:
        return parse_response(response)
    if photos[0].response is not None:
        return parse_response(photos[0].response)
    fitting = fitting_response(sampled, exposures, assumed)
    return fitting if fitting == assumed else _measured(sampled, exposures) or fitting


def _measured(sampled: Sequence[npt.NDArray[np.float32]], exposures: Sequence[float]) -> ResponseCurve | None:
    """Measure the curve of a camera whose photographs do not fit the assumed one; None if they do not tell.

    Of two real brackets, merges under this curve tell the code values of a photograph that was held out by 2
    to 10 dB better than merges under the gamma curve that fits.
    """
    try:
        curve = calibrated_response(sampled, exposures, "debevec")
    except PhotoError:
        return None
    # A curve bent to a wrong exposure time would hide it.
    steps = exposure_steps(sampled, exposures, curve)
    return None if disagreements(steps, [""] * len(sampled)) else curve


def _doubts_of_colour(photos: Sequence[Photo], names: Sequence[str]) -> list[str]:
    """Name the photographs whose colours cannot be converted as those of the first are."""
    doubts = []
    for photo, name in zip(photos, names, strict=True):
        if photo.primaries is not None and photo.primaries.to_rec709 is None:
            doubts.append(
                f"{name} carries {photo.primaries.name}, which is not applied: colours are taken for "
                "sRGB's; convert it to sRGB where they look wrong"
            )
        elif photo.primaries != photos[0].primaries:
            doubts.append(
                f"{name} has other colours than {names[0]}, by its colour profile: "
                "convert the bracket to one profile"
            )
    return doubts
