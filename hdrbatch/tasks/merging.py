"""From files of photographs to a file of radiance without a network: what ``hdrbatch merge`` does."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.capture import AUTOMATIC, Capture, read_capture
from hdrbatch.imaging.files import write_exr, write_hdr
from hdrbatch.imaging.merge import CAMERA, merge
from hdrbatch.imaging.primaries import convert_to_rec709
from hdrbatch.imaging.sensor import Sensor
from hdrbatch.imaging.tonemapping import preview
from hdrbatch.records import ReconstructionRecord
from hdrbatch.storage.transfer import sha256_of_file

VERSION = 1
"""Of the code: raised when the same photographs give another result."""
METHOD = "merged by inverse variance"
"""Stands in the record where a reconstruction names its model."""
UNFINISHED_RECORD = b'{"unfinished": true}\n'
ROWS_AT_A_TIME = 256
"""As floats; all others stay codes."""


@dataclass(frozen=True)
class MergeRequest:
    """What to merge.

    Attributes
    ----------
    photos : tuple of Path
        Photographs of one scene, in any order.
    output : Path
        The EXR to write; preview and record get its name with other suffixes.
    times_s, response, align
        As for :func:`hdrbatch.imaging.capture.read_capture`.
    write_hdr : bool
        Whether a Radiance .hdr is wanted as well.
    tone_mapping : str
        Operator of the preview.
    """

    photos: tuple[Path, ...]
    output: Path
    times_s: tuple[float, ...] | None = None
    response: str = AUTOMATIC
    align: bool = True
    write_hdr: bool = False
    tone_mapping: str = "reinhard"

    @property
    def record(self) -> Path:
        """Where the record is written."""
        return self.output.with_suffix(".json")

    def digest(self) -> str:
        """SHA-256 of everything that decides the result."""
        decisive = [
            METHOD,
            VERSION,
            [sha256_of_file(photo) for photo in self.photos],
            self.times_s,
            self.response,
            self.align,
            self.write_hdr,
            self.tone_mapping,
        ]
        return hashlib.sha256(json.dumps(decisive).encode()).hexdigest()

    def results(self) -> list[Path]:
        """The files that are written, the record last."""
        suffixes = [".png", *([".hdr"] if self.write_hdr else [])]
        return [self.output, *(self.output.with_suffix(suffix) for suffix in suffixes), self.record]

    def refuse_to_overwrite(self) -> None:
        """Check that nothing is written over but what an earlier merge or reconstruction wrote.

        Raises
        ------
        PhotoError
            Naming the file.
        """
        photos = {photo.resolve() for photo in self.photos}
        if own := [path for path in self.results() if path.resolve() in photos]:
            raise PhotoError(f"-o {self.output}: {own[0]} is one of the photographs: choose another name")
        existing = [path for path in self.results() if path.exists()]
        if existing and not self._has_record():
            raise PhotoError(
                f"-o {self.output}: {existing[0]} exists and is not from hdrbatch: "
                "choose another name, or move it away"
            )

    def is_done(self) -> bool:
        """Whether the same request was carried out before and its files are still there."""
        if not all(path.is_file() for path in self.results()):
            return False
        try:
            record = ReconstructionRecord.model_validate_json(self.record.read_bytes())
        except ValueError:
            return False
        return record.digest == self.digest()

    def _has_record(self) -> bool:
        try:
            content = self.record.read_bytes()
            return content == UNFINISHED_RECORD or bool(ReconstructionRecord.model_validate_json(content))
        except (OSError, ValueError):
            return False


def merge_files(
    request: MergeRequest,
    *,
    on_progress: Callable[[int, int], None] | None = None,
    on_note: Callable[[str], None] | None = None,
) -> ReconstructionRecord:
    """Read photographs, merge them, write EXR, preview and record.

    Parameters
    ----------
    request : MergeRequest
    on_progress : callable or None
        Called with the rows done and their number.
    on_note : callable or None
        Called with a sentence on what was done to the photographs.

    Raises
    ------
    PhotoError
        Where a photograph cannot be read, sizes differ, or exposures or curve cannot be told.
    """
    capture = read_capture(
        request.photos, times_s=request.times_s, response=request.response, aligned=request.align
    )
    if on_note is not None:
        for note in capture.notes:
            on_note(note)
    radiance = _merged(capture, on_progress)
    convert_to_rec709(radiance, capture.photos[0].primaries)
    request.refuse_to_overwrite()
    _write_pictures(request, radiance)
    record = ReconstructionRecord(
        digest=request.digest(),
        photos=tuple(str(path.absolute()) for path in request.photos),
        exposures_ev=tuple(round(float(np.log2(exposure)), 3) for exposure in capture.exposures),
        used=tuple(range(len(request.photos))),
        response=capture.curve.name,
        warnings=capture.warnings,
        model=METHOD,
        radiance=str(request.output.absolute()),
        width=radiance.shape[1],
        height=radiance.shape[0],
    )
    request.record.write_bytes(record.to_bytes())
    return record


def _merged(capture: Capture, on_progress: Callable[[int, int], None] | None) -> npt.NDArray[np.float32]:
    """Merge some rows at a time, so that no photograph is held as floats."""
    radiance = np.empty(capture.photos[0].codes.shape, np.float32)
    sensor = Sensor(bits=capture.photos[0].bits)
    num_rows = len(radiance)
    for top in range(0, num_rows, ROWS_AT_A_TIME):
        rows = slice(top, top + ROWS_AT_A_TIME)
        pixels = [
            photo.codes[rows].astype(np.float32) / np.float32(2**photo.bits - 1) for photo in capture.photos
        ]
        radiance[rows] = merge(pixels, capture.exposures, capture.curve, sensor, trust=CAMERA)
        if on_progress is not None:
            on_progress(min(top + ROWS_AT_A_TIME, num_rows), num_rows)
    return radiance


def _write_pictures(request: MergeRequest, radiance: npt.NDArray[np.float32]) -> None:
    """Write all but the record; an earlier record is emptied first, since it tells of what was there."""
    try:
        request.output.parent.mkdir(parents=True, exist_ok=True)
        if request.record.exists():
            request.record.write_bytes(UNFINISHED_RECORD)
        write_exr(request.output, radiance)
        if request.write_hdr:
            write_hdr(request.output.with_suffix(".hdr"), radiance)
        Image.fromarray(preview(radiance, request.tone_mapping)).save(request.output.with_suffix(".png"))
    except OSError as error:
        raise PhotoError(f"-o {request.output}: cannot be written: {error.strerror or error}") from error
