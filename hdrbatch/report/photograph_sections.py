"""Real photographs on the page: before and after, and the recovered highlights."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.exr import read_exr
from hdrbatch.imaging.tonemapping import preview
from hdrbatch.photographs.merging import MERGED
from hdrbatch.photographs.recorded_response import recorded_response
from hdrbatch.records.hdr_record import ReconstructionRecord
from hdrbatch.report.markup import Markup, joined, tag
from hdrbatch.report.pictures import Pixels, Radiance, embedded, figure, scaled, shown_at, small_photo
from hdrbatch.report.problems import READ_ERRORS, Problems
from hdrbatch.report.wording import counted, ev_text, stops_text

PICTURE_SIDE, THUMBNAIL_SIDE = 900, 240
"""Longest sides of the embedded pictures, pixels."""
HIGHLIGHTS_EV = -3.0
DEEP_HIGHLIGHTS_EV = -6.0
"""Shown too if much of the result is still clipped at HIGHLIGHTS_EV."""
DEEP_SHARE = 0.001
MARKS_OF_A_RECORD = {"digest", "photos", "radiance"}
MAX_RECORD_BYTES = 1_000_000
"""Larger JSON files belong to other programs and are ignored."""


@dataclass(frozen=True)
class Reconstruction:
    """A record, and the path of its file."""

    path: Path
    record: ReconstructionRecord

    def located(self, name: str) -> Path:
        """Find a file that the record names: at its path, or next to the record if the folder was moved."""
        path = Path(name)
        neighbour = self.path.parent / path.name
        return neighbour if not path.is_file() and neighbour.is_file() else path


def find_reconstructions(
    folders: Sequence[Path], problems: Problems
) -> tuple[list[Reconstruction], list[Markup]]:
    """Find all records of reconstructions and merges under some folders.

    Returns
    -------
    list of Reconstruction
        Sorted by folder and name; other JSON files are ignored.
    list of Markup
        Notes for records that cannot be used, such as those of another version.
    """
    unique = {path.absolute() for folder in folders for path in folder.rglob("*.json")}
    found, damaged = [], []
    for path in sorted(unique, key=lambda path: (path.parent, path.stem)):
        try:
            record = _record(path)
        except READ_ERRORS as error:
            damaged.append(problems.shown(str(path), error))
            continue
        if record is not None:
            found.append(Reconstruction(path, record))
    return found, damaged


def photograph_section(reconstruction: Reconstruction, problems: Problems) -> Markup:
    """Build the section of one bracket: before and after at two exposures, and the photographs used."""
    record = reconstruction.record
    # The network's reference photograph: of an even number, the darker of the two in the middle.
    middle = min(range(len(record.exposures_ev)), key=lambda index: abs(record.exposures_ev[index]))
    name = reconstruction.path.stem
    before, photo = _before(reconstruction, middle, problems)
    after, radiance = _after(reconstruction, problems)
    highlights = (_highlights(record, photo, radiance, ev, problems) for ev in _highlight_exposures(radiance))
    size = f"{record.width} \N{MULTIPLICATION SIGN} {record.height} pixels"
    made = "Merged without a network" if record.model == MERGED else f"Made by {record.model}"
    text = (
        f"{made} from {counted(len(record.used), 'photograph')} of "
        f"{len(record.photos)}; {size}; response curve {record.response}."
    )
    return tag(
        "section",
        tag("h3", tag("span", name, class_="name")),
        tag("p", text, class_="note"),
        *(tag("p", f"Warning: {warning}", class_="problem") for warning in record.warnings),
        tag("div", before, after, class_="pair"),
        *highlights,
        _inputs(reconstruction, problems),
    )


def _record(path: Path) -> ReconstructionRecord | None:
    """Read a record; return None if the file is not one, and raise ValueError if it cannot be used."""
    if path.stat().st_size > MAX_RECORD_BYTES:
        return None
    data = path.read_bytes()
    try:
        values = json.loads(data)
    except ValueError:
        return None
    if not isinstance(values, dict) or not MARKS_OF_A_RECORD.issubset(values):
        return None
    try:
        record = ReconstructionRecord.model_validate(values)
    except ValueError:
        raise ValueError("another version of hdrbatch wrote it; rerun the command that made it") from None
    num_photos = len(record.photos)
    is_consistent = len(record.exposures_ev) == num_photos > 0 and all(
        0 <= index < num_photos for index in record.used
    )
    if not is_consistent:
        raise ValueError("its photographs, its exposures and those used are inconsistent")
    return record


def _before(reconstruction: Reconstruction, middle: int, problems: Problems) -> tuple[Markup, Pixels | None]:
    name = reconstruction.record.photos[middle]
    try:
        photo = small_photo(reconstruction.located(name), PICTURE_SIDE)
    except READ_ERRORS as error:
        return problems.shown(
            f"the photograph {Path(name).name}", _photo_error(reconstruction, name, error)
        ), None
    alt = f"{reconstruction.path.stem}: the middle photograph"
    return figure(embedded(photo, PICTURE_SIDE), alt, "before: the middle photograph"), photo


def _photo_error(reconstruction: Reconstruction, name: str, error: Exception) -> Exception:
    """Replace the error if the photograph no longer exists."""
    if reconstruction.located(name).exists():
        return error
    return PhotoError(f"the original no longer exists; it was {name}")


def _after(reconstruction: Reconstruction, problems: Problems) -> tuple[Markup, Radiance | None]:
    name = reconstruction.record.radiance
    try:
        radiance: Radiance = scaled(read_exr(reconstruction.located(name)), PICTURE_SIDE)
    except READ_ERRORS as error:
        return problems.shown(f"the result {Path(name).name}", error), None
    alt = f"{reconstruction.path.stem}: the result, tone-mapped"
    return figure(embedded(preview(radiance), PICTURE_SIDE), alt, "after: the result, tone-mapped"), radiance


def _highlight_exposures(radiance: Radiance | None) -> list[float]:
    if radiance is None:
        return [HIGHLIGHTS_EV]
    still_clipped = float(np.mean(np.any(radiance * np.float32(2.0**HIGHLIGHTS_EV) >= 1, axis=-1)))
    return [HIGHLIGHTS_EV, DEEP_HIGHLIGHTS_EV] if still_clipped > DEEP_SHARE else [HIGHLIGHTS_EV]


def _highlights(
    record: ReconstructionRecord,
    photo: Pixels | None,
    radiance: Radiance | None,
    ev: float,
    problems: Problems,
) -> Markup:
    """Show photograph and result on one scale, at an exposure that reveals what the photograph clipped."""
    sides = []
    if photo is not None:
        try:
            linear = recorded_response(record).invert(photo.astype(np.float32) / np.float32(255))
        except READ_ERRORS as error:
            sides.append(problems.shown("the photograph's highlights", error))
        else:
            sides.append(_side("photograph", linear, ev))
    if radiance is not None:
        sides.append(_side("result", radiance, ev))
    return tag("div", joined(sides), class_="pair")


def _side(what: str, radiance: Radiance, ev: float) -> Markup:
    caption = f"highlights at {ev_text(ev)}: the {what}"
    return figure(embedded(shown_at(radiance, ev), PICTURE_SIDE), caption, caption)


def _inputs(reconstruction: Reconstruction, problems: Problems) -> Markup:
    """Show the photographs that the network was given, or that were merged, as thumbnails."""
    record = reconstruction.record
    thumbnails = []
    for index in sorted(record.used, key=lambda index: record.exposures_ev[index]):
        name = record.photos[index]
        exposure = f"{stops_text(record.exposures_ev[index])} stops"
        try:
            photo = small_photo(reconstruction.located(name), THUMBNAIL_SIDE)
        except READ_ERRORS as error:
            thumbnails.append(problems.shown(Path(name).name, _photo_error(reconstruction, name, error)))
            continue
        alt = f"photograph {Path(name).name}, {exposure}"
        caption = (tag("b", exposure), tag("span", Path(name).name))
        thumbnails.append(figure(embedded(photo, THUMBNAIL_SIDE), alt, *caption))
    title = tag("h4", "Photographs used")
    return joined([title, tag("div", joined(thumbnails), class_="thumbnails")])
