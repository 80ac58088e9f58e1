"""The record next to a reconstructed or merged picture."""

from typing import ClassVar

from hdrbatch.records.base import Record
from hdrbatch.records.written_files import WrittenFile


class ReconstructionRecord(Record):
    """Origin of a reconstructed or merged picture.

    ``exposures_ev`` are the photographs' exposures in stops relative to the middle one; ``used`` are the
    indices of those that the network was given. ``response_samples`` are the linear signal of 256 codes if
    the response's name does not determine it. ``notes`` describe how the photographs were processed, for
    example aligned; ``warnings`` name what is doubtful. ``files`` are those of the result, without
    the record.
    """

    title: ClassVar[str] = "record of an HDR picture"
    digest: str
    photos: tuple[str, ...]
    exposures_ev: tuple[float, ...]
    used: tuple[int, ...]
    response: str
    response_samples: tuple[float, ...] | None = None
    warnings: tuple[str, ...]
    notes: tuple[str, ...] = ()
    model: str
    radiance: str
    width: int
    height: int
    files: tuple[WrittenFile, ...] = ()
