"""A user's request to compute radiance from photographs, and the files that it writes."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from hdrbatch.errors import PhotoError
from hdrbatch.local_files import sha256_of_file
from hdrbatch.photographs.capture import AUTOMATIC
from hdrbatch.photographs.recorded_response import RECORD_SUFFIX
from hdrbatch.records.hdr_record import ReconstructionRecord

UNFINISHED_RECORD = b'{"unfinished": true}\n'
"""Content of the record while the other files are written."""


@dataclass(frozen=True)
class Method:
    """A method that computes radiance from photographs.

    Attributes
    ----------
    name : str
        Name of the method, stated in the record as its model.
    identity : str
        Changes whenever the same photographs would give another result.
    """

    name: str
    identity: str


@dataclass(frozen=True)
class HdrRequest:
    """Photographs, output and settings of one result.

    Attributes
    ----------
    photos : tuple of Path
        Photographs of one scene, in any order.
    output : Path
        The EXR to write; previews and record get its name with other suffixes.
    times_s, response, align, white
        As for :func:`hdrbatch.photographs.capture.read_capture`.
    absolute : bool
        Whether radiance is written in units that brackets share, and not in those of the middle photograph.
    write_hdr : bool
        Whether a Radiance .hdr is written as well.
    tone_mappings : tuple of str
        Operators of the previews, one or more.
    """

    photos: tuple[Path, ...]
    output: Path
    times_s: tuple[float, ...] | None = None
    response: str = AUTOMATIC
    align: bool = True
    white: int | None = None
    absolute: bool = False
    write_hdr: bool = False
    tone_mappings: tuple[str, ...] = ("reinhard",)

    @property
    def record(self) -> Path:
        """Path of the record."""
        return self.output.with_suffix(RECORD_SUFFIX)

    @property
    def radiance_hdr(self) -> Path:
        """Path of the Radiance .hdr, if it is requested."""
        return self.output.with_suffix(".hdr")

    @property
    def previews(self) -> dict[str, Path]:
        """Preview of each operator: the first has the output's name, others add the operator's."""
        first, *others = self.tone_mappings
        named = {name: self.output.with_suffix(f".{name}.png") for name in others if name != first}
        return {first: self.output.with_suffix(".png"), **named}

    def results(self) -> list[Path]:
        """Return the files that are written, the record last."""
        hdr = [self.radiance_hdr] if self.write_hdr else []
        return [self.output, *self.previews.values(), *hdr, self.record]

    def digest(self, method: Method) -> str:
        """Return the SHA-256 of everything that determines the result."""
        decisive = [
            method.identity,
            [sha256_of_file(photo) for photo in self.photos],
            self.times_s,
            self.response,
            sha256_of_file(Path(self.response)) if self.response.endswith(RECORD_SUFFIX) else None,
            self.align,
            self.white,
            self.absolute,
            self.write_hdr,
            self.tone_mappings,
        ]
        return hashlib.sha256(json.dumps(decisive).encode()).hexdigest()

    def is_done(self, method: Method) -> bool:
        """Return whether an up-to-date result of the same method and photographs exists."""
        if not all(path.is_file() for path in self.results()):
            return False
        try:
            record = ReconstructionRecord.model_validate_json(self.record.read_bytes())
        except ValueError:
            return False
        return record.digest == self.digest(method)

    def refuse_to_overwrite(self) -> None:
        """Refuse to overwrite files unless an earlier merge or reconstruction wrote them.

        Raises
        ------
        PhotoError
            If another file exists; the message names it.
        """
        photos = {photo.resolve() for photo in self.photos}
        if own := [path for path in self.results() if path.resolve() in photos]:
            raise PhotoError(f"-o {self.output}: {own[0]} is one of the photographs; choose another name")
        existing = [path for path in self.results() if path.exists()]
        if existing and not self._has_record():
            raise PhotoError(
                f"-o {self.output}: {existing[0]} exists and is not from hdrbatch; "
                "choose another name, or move it away"
            )

    def _has_record(self) -> bool:
        try:
            content = self.record.read_bytes()
            return content == UNFINISHED_RECORD or bool(ReconstructionRecord.model_validate_json(content))
        except (OSError, ValueError):
            return False
