"""Merge of photographs from files into a file of radiance, without a network (``hdrbatch merge``)."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hdrbatch.imaging.primaries import convert_to_rec709
from hdrbatch.imaging.sensor import Sensor
from hdrbatch.imaging.variance_merge import CAMERA, merge
from hdrbatch.photographs.capture import AUTOMATIC, Capture, read_capture
from hdrbatch.photographs.request import HdrRequest, Method
from hdrbatch.photographs.result import HdrPicture, write_result
from hdrbatch.provenance.versions import version_of
from hdrbatch.records.hdr_record import ReconstructionRecord

MERGED = "merged by inverse variance"
ROWS_AT_A_TIME = 256
"""Rows that are floats at the same time; all others stay codes."""


def merge_method() -> Method:
    """Return the merge as a method, with the version of its code."""
    return Method(MERGED, f"merge {version_of('merge')}")


def merge_files(
    request: HdrRequest,
    *,
    on_progress: Callable[[int, int], None] | None = None,
    on_note: Callable[[str], None] | None = None,
) -> ReconstructionRecord:
    """Read photographs, merge them, write EXR, previews and record.

    Parameters
    ----------
    request : HdrRequest
        Photographs, output and settings.
    on_progress : callable or None
        Called with the number of rows done and the total.
    on_note : callable or None
        Called with each note on what was done to the photographs.

    Raises
    ------
    PhotoError
        If a photograph cannot be read, sizes differ, or exposures or curve cannot be determined.
    """
    picture = merge_photos(
        request.photos,
        times_s=request.times_s,
        response=request.response,
        align=request.align,
        white=request.white,
        on_progress=on_progress,
        on_note=on_note,
    )
    return write_result(request, merge_method(), picture.capture, picture.used, picture.radiance)


def merge_photos(
    photos: Sequence[Path],
    *,
    times_s: Sequence[float] | None = None,
    response: str = AUTOMATIC,
    align: bool = True,
    white: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    on_note: Callable[[str], None] | None = None,
) -> HdrPicture:
    """Read photographs and merge them, without writing anything; see :func:`merge_files`."""
    capture = read_capture(photos, times_s=times_s, response=response, aligned=align, white=white)
    if on_note is not None:
        for note in capture.notes:
            on_note(note)
    radiance = _merged(capture, on_progress)
    convert_to_rec709(radiance, capture.photos[0].primaries)
    return HdrPicture(capture, tuple(range(len(capture.photos))), radiance)


def _merged(capture: Capture, on_progress: Callable[[int, int], None] | None) -> npt.NDArray[np.float32]:
    """Merge some rows at a time, so that no photograph is held as floats."""
    radiance = np.empty(capture.photos[0].codes.shape, np.float32)
    first = capture.photos[0]
    sensor = Sensor(bits=first.quantised_bits or first.bits)
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
