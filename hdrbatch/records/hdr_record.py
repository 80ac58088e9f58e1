"""The record next to a reconstructed or merged picture."""

from typing import ClassVar

from hdrbatch.records.base import Record
from hdrbatch.records.written_files import WrittenFile


class ReconstructionRecord(Record):
    """Origin of a reconstructed or merged picture.

    ``exposures_ev`` are the photographs' exposures in stops relative to the middle one; ``used`` are the
    indices of those that the network was given. ``response_samples`` are the linear signal of 256 codes if
    the response's name does not determine it. ``reference`` is the index of the middle photograph,
    ``reference_*`` its exposure, and ``exposure_of_one`` the exposure (seconds x ISO / 100 / f-number
    squared) that radiance 1.0 just saturates: that of the middle photograph, or 1 for absolute radiance.
    ``white_codes`` are the codes of the files that were taken for white, of red, green and blue,
    ``black_code`` for black, and ``last_code`` is 255 or 65535. ``notes`` describe how the photographs were
    processed, for example aligned; ``warnings`` name what is doubtful. ``files`` are those of the
    result, without the record.
    """

    title: ClassVar[str] = "record of an HDR picture"
    digest: str
    photos: tuple[str, ...]
    exposures_ev: tuple[float, ...]
    used: tuple[int, ...]
    response: str
    response_samples: tuple[float, ...] | None = None
    reference: int | None = None
    reference_time_s: float | None = None
    reference_f_number: float | None = None
    reference_iso: float | None = None
    exposure_of_one: float | None = None
    white_codes: tuple[int, int, int] | None = None
    black_code: int = 0
    last_code: int | None = None
    warnings: tuple[str, ...]
    notes: tuple[str, ...] = ()
    model: str
    radiance: str
    width: int
    height: int
    files: tuple[WrittenFile, ...] = ()
