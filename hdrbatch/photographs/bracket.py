"""A user's bracket of photographs: its files and their relative exposures."""

import filecmp
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.exif import PhotoMetadata
from hdrbatch.imaging.photo import PHOTO_SUFFIXES, Photo, read_photo
from hdrbatch.imaging.raw import RAW_SUFFIXES
from hdrbatch.ladder import darker_middle, middle_photo
from hdrbatch.local_files import is_utf8

LEAST_EXPOSURE, MOST_EXPOSURE = 1e-20, 1e20
"""In seconds x ISO / 100 / f-number squared; numbers beyond are a damaged file's."""


def photographs_in(folder: Path) -> list[Path]:
    """List the photographs in a folder by name.

    Hidden files are ignored, as are PNG files next to an EXR of the same name (previews), and JPEGs next to a
    raw file of the same name (the same photograph).

    Raises
    ------
    PhotoError
        If the folder has none.
    """
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith(".")]
    raw_stems = {path.stem for path in files if path.suffix.lower() in RAW_SUFFIXES}
    previews = tuple(f"{path.stem}." for path in files if path.suffix.lower() == ".exr")
    photographs = [
        path
        for path in files
        if path.suffix.lower() in RAW_SUFFIXES
        or (
            path.suffix.lower() in PHOTO_SUFFIXES
            and path.stem not in raw_stems
            and not (path.suffix.lower() == ".png" and path.name.startswith(previews))
        )
    ]
    if not photographs:
        raise PhotoError(f"{folder} has no photographs (JPEG, PNG, TIFF or raw files); name another folder")
    if wrong := [path.name for path in photographs if not is_utf8(path)]:
        raise PhotoError(f"{folder}: {wrong[0]!a}: the name is not UTF-8; rename the file")
    return photographs


def is_photograph(path: Path) -> bool:
    """Return whether a file has the suffix of a photograph."""
    return path.is_file() and path.suffix.lower() in PHOTO_SUFFIXES


def listed_photographs(named: Sequence[Path]) -> tuple[Path, ...]:
    """Put a folder's photographs in its place; each photograph once.

    Raises
    ------
    PhotoError
        If there is none, a file is missing, or one is named twice.
    """
    if not named:
        raise PhotoError("no photographs are given; name at least one photograph, or a folder")
    photos = [photo for path in named for photo in (photographs_in(path) if path.is_dir() else [path])]
    if missing := [photo for photo in photos if not photo.is_file()]:
        raise PhotoError(f"{missing[0]}: there is no such file")
    if twice := [photo for number, photo in enumerate(photos) if photo in photos[:number]]:
        raise PhotoError(f"{twice[0]}: named twice, by itself or by its folder: name each photograph once")
    _refuse_copies(photos)
    return tuple(photos)


def _refuse_copies(photos: Sequence[Path]) -> None:
    """Raise PhotoError if two paths lead to one photograph: by a link, or as a copy."""
    seen: dict[int, list[Path]] = {}
    for photo in photos:
        for other in seen.setdefault(photo.stat().st_size, []):
            if photo.samefile(other) or filecmp.cmp(photo, other, shallow=False):
                raise PhotoError(f"{photo} is the same photograph as {other}; name each photograph once")
        seen[photo.stat().st_size].append(photo)


def read_times(path: Path, photos: Sequence[Path]) -> tuple[float, ...]:
    """Read exposure times from a text file with a line for each photograph: its name and its seconds.

    The two are separated by a tab, a semicolon, a comma or spaces; seconds are numbers or fractions
    (``IMG_1.jpg, 1/30``).
    Empty lines, lines that begin with ``#`` and a first line of headings are ignored. The file may list
    further photographs.

    Parameters
    ----------
    path : Path
        The file, UTF-8.
    photos : sequence of Path
        Photographs; only their names count.

    Returns
    -------
    tuple of float, in the order of ``photos``

    Raises
    ------
    PhotoError
        If the file cannot be read, a line is not understood, or a photograph is not in it.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PhotoError(f"the exposure times in {path} cannot be read: {error}") from error
    times: dict[str, float] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        separator = next((mark for mark in ("\t", ";", ",") if mark in line), " ")
        name, _, seconds = line.strip().rpartition(separator)
        # Where columns are not separated by commas, these may be decimal ones.
        time_s = parse_seconds(seconds if separator == "," else seconds.replace(",", "."))
        if time_s is not None and name:
            times[name.strip().strip('"')] = time_s
        elif number > 1:
            raise PhotoError(
                f"{path}, line {number}: {line!r} is not understood; write a name and seconds, such as "
                "IMG_1.jpg, 1/30"
            )
    if missing := [photo.name for photo in photos if photo.name not in times]:
        raise PhotoError(
            f"{path} has no exposure time of {', '.join(missing)}; add a line with name and seconds"
        )
    return tuple(times[photo.name] for photo in photos)


def parse_seconds(text: str) -> float | None:
    """Convert ``1/30`` or ``0.25`` to seconds; return None unless they are positive and finite.

    >>> parse_seconds("1/4"), parse_seconds("-2")
    (0.25, None)
    """
    try:
        seconds = float(Fraction(text.strip()))
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return seconds if 0 < seconds < math.inf else None


def read_bracket(paths: Sequence[Path]) -> list[Photo]:
    """Read photographs of one size; raw files all get the white balance of the first.

    Raises
    ------
    PhotoError
        If one cannot be read, they differ in size, or only some are raw files.
    """
    photos = [read_photo(paths[0])]
    photos += [read_photo(path, photos[0].white_balance) for path in paths[1:]]
    first = photos[0].codes.shape
    for path, photo in zip(paths, photos, strict=True):
        if photo.response != photos[0].response:
            raise PhotoError(
                f"{path} {_kind(photo)}, but {paths[0]} {_kind(photos[0])}; "
                "photographs of one bracket must be of one kind"
            )
        if photo.codes.shape != first:
            raise PhotoError(
                f"{path} is {photo.codes.shape[1]}x{photo.codes.shape[0]} pixels and {paths[0]} "
                f"{first[1]}x{first[0]}; photographs of one bracket must have one size"
            )
    return photos


def _kind(photo: Photo) -> str:
    if photo.white_balance is not None:
        return "is a raw file"
    return f"states the response {photo.response}" if photo.response else "states no response curve"


def check_times(times_s: Sequence[float], num_photos: int) -> None:
    """Check a user's exposure times.

    Raises
    ------
    PhotoError
        If there is not one for each photograph, or one is not positive and finite.
    """
    if len(times_s) != num_photos:
        raise PhotoError(
            f"exposure times: {len(times_s)} value(s) for {num_photos} photograph(s); give one for each"
        )
    if invalid := [time_s for time_s in times_s if not 0 < time_s < math.inf]:
        raise PhotoError(f"exposure times: {invalid[0]:g} s is not a time; give positive, finite seconds")


def bracket_exposures(
    photos: Sequence[Photo], paths: Sequence[Path], times_s: Sequence[float] | None
) -> list[float]:
    """Return exposures relative to the middle photograph, from the given times or from EXIF.

    A single photograph requires neither. If EXIF states no time at all, but an exposure bias that differs,
    the exposures follow from the bias.

    Raises
    ------
    PhotoError
        If the times are not valid, or EXIF does not state the exposures.
    """
    if times_s is not None:
        check_times(times_s, len(photos))
        middle = darker_middle(times_s)
        return [float(time_s / middle) for time_s in times_s]
    if len(photos) == 1:
        return [1.0]
    if is_told_by_bias(photos, times_s):
        relative = [2.0 ** (photo.metadata.exposure_bias_ev or 0.0) for photo in photos]
        return [value / darker_middle(relative) for value in relative]
    metadata = [photo.metadata for photo in photos]
    return [float(value) for value in relative_exposures(metadata, [str(path) for path in paths])]


def is_told_by_bias(photos: Sequence[Photo], times_s: Sequence[float] | None) -> bool:
    """Return whether the exposure bias is all that EXIF states of a bracket's exposures."""
    metadata = [photo.metadata for photo in photos]
    biases = [one.exposure_bias_ev for one in metadata]
    return (
        times_s is None
        and all(one.exposure_time_s is None for one in metadata)
        and None not in biases
        and len(set(biases)) > 1
    )


@dataclass(frozen=True)
class ReferenceExposure:
    """Exposure of a bracket's middle photograph, in whose units radiance is.

    Attributes
    ----------
    photo : int
        Index of the photograph.
    time_s, f_number, iso : float or None
        Its exposure as given or stated.
    exposure : float or None
        Time in seconds x ISO / 100 / f-number squared; a missing ISO counts as 100 and a missing f-number as
        1. None without a time.
    """

    photo: int
    time_s: float | None
    f_number: float | None
    iso: float | None

    @property
    def exposure(self) -> float | None:
        """See above."""
        if self.time_s is None:
            return None
        return self.time_s * (self.iso or 100.0) / 100 / (self.f_number or 1.0) ** 2


def reference_exposure(
    photos: Sequence[Photo], exposures: Sequence[float], times_s: Sequence[float] | None
) -> ReferenceExposure:
    """Return the exposure of the middle photograph; a given time counts before that of EXIF."""
    middle = middle_photo(exposures)
    metadata = photos[middle].metadata
    time_s = metadata.exposure_time_s if times_s is None else float(times_s[middle])
    return ReferenceExposure(middle, time_s, metadata.f_number, metadata.iso)


def relative_exposures(photos: Sequence[PhotoMetadata], names: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return each photograph's exposure relative to the middle one of the bracket.

    Exposure is time x ISO / 100 / f-number squared. If no photograph states its ISO (or its f-number), it is
    assumed to be constant and cancels. The middle is the photograph at the median exposure, the lower one of
    the two middles of an even number.

    Parameters
    ----------
    photos : sequence of PhotoMetadata
        In any order.
    names : sequence of str
        Name of each photograph in an error, usually its path.

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
        raise PhotoError("there is no photograph; give at least one")
    times = _stated([photo.exposure_time_s for photo in photos], names, "exposure time", may_all_miss=False)
    isos = _stated([photo.iso for photo in photos], names, "ISO", may_all_miss=True)
    f_numbers = _stated([photo.f_number for photo in photos], names, "f-number", may_all_miss=True)
    with np.errstate(all="ignore"):
        exposures = times * isos / 100 / f_numbers**2
    for name, exposure in zip(names, exposures, strict=True):
        if not LEAST_EXPOSURE < exposure < MOST_EXPOSURE:
            raise PhotoError(
                f"{name}: its EXIF states an exposure of {exposure:.3g}, which no camera has; give the "
                "exposure times (--times or --exposures)"
            )
    relative: npt.NDArray[np.float64] = exposures / darker_middle(exposures.tolist())
    return relative


def _stated(
    values: Sequence[float | None], names: Sequence[str], quantity: str, *, may_all_miss: bool
) -> npt.NDArray[np.float64]:
    missing = [name for value, name in zip(values, names, strict=True) if value is None]
    if may_all_miss and len(missing) == len(values):
        return np.ones(len(values))
    if missing:
        raise PhotoError(
            f"EXIF of {', '.join(missing)} states no {quantity}, so the bracket's exposures are not known; "
            "give every photograph's exposure time (--times 1/30,1/4,2.5, or --exposures FILE), or the "
            "original files of the camera"
        )
    return np.asarray(values, dtype=np.float64)
