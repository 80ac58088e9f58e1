"""A user's request to compute radiance from photographs, and the files that it writes."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from hdrbatch.errors import HdrbatchError, PhotoError
from hdrbatch.imaging.damage import DAMAGE
from hdrbatch.imaging.exr import read_exr
from hdrbatch.imaging.picture_size import opened_image
from hdrbatch.imaging.rgbe import read_hdr
from hdrbatch.local_files import sha256_of_file, why_not_writable
from hdrbatch.photographs.capture import AUTOMATIC
from hdrbatch.photographs.recorded_response import RECORD_SUFFIX
from hdrbatch.records.hdr_record import ReconstructionRecord
from hdrbatch.records.written_files import WrittenFile, listed_in, own_files

MAX_BYTES_PER_PIXEL = 12 + 4
"""Of the EXR and the .hdr, at most; each preview has 3 more."""


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
        """Return whether an up-to-date, intact result of the same method and photographs exists."""
        record = self._finished_record()
        if record is None or record.digest != self.digest(method):
            return False
        listed = {one.name: one for one in record.files}
        files = [path for path in self.results() if path != self.record]
        return all(path.name in listed and listed[path.name].is_at(path) for path in files)

    def listed_files(self) -> tuple[WrittenFile, ...] | None:
        """Return the files that the record of an earlier result lists; None if there is no such record."""
        record = self._finished_record()
        if record is None:
            return listed_in(self.record)
        if record.files:
            return record.files
        # Records of earlier versions list none; these two were always written.
        old = [path for path in (self.output, self.output.with_suffix(".png")) if path.is_file()]
        return tuple(WrittenFile.of(path, path.name) for path in old)

    def refuse_to_overwrite(self) -> None:
        """Refuse to overwrite files unless an earlier merge or reconstruction wrote them, and to fail later.

        A file of an earlier result that cannot be read any more is replaced; one that was changed is not.

        Raises
        ------
        PhotoError
            If another file exists, or the folder cannot be written; the message names it.
        """
        photos = {photo.resolve() for photo in self.photos}
        if own := [path for path in self.results() if path.resolve() in photos]:
            raise PhotoError(f"-o {self.output}: {own[0]} is one of the photographs; choose another name")
        listed = self.listed_files()
        existing = [path for path in self.results() if path.exists() or path.is_symlink()]
        if listed is None and existing:
            raise PhotoError(
                f"-o {self.output}: {existing[0]} exists and is not from hdrbatch; "
                "choose another name, or move it away"
            )
        files = [path for path in existing if path != self.record]
        own_ones = own_files(files, listed or ())
        names = {one.name for one in listed or ()}
        for path in files:
            if path not in own_ones and not (path.name in names and _is_damaged(path)):
                state = "has changed since" if path.name in names else "exists and"
                by = "hdrbatch wrote it" if path.name in names else "is not from hdrbatch"
                raise PhotoError(
                    f"-o {self.output}: {path} {state} {by}; choose another name, or move it away"
                )
        if reason := why_not_writable(self.output.parent, self._max_bytes()):
            raise PhotoError(f"-o {self.output}: cannot be written: {reason}; choose another folder")

    def _max_bytes(self) -> int:
        """Return the size of the results at most, as far as the first photograph's header states it."""
        try:
            with opened_image(self.photos[0]) as photo:
                pixels = photo.width * photo.height
        except DAMAGE:
            return 0
        return pixels * (MAX_BYTES_PER_PIXEL + 3 * len(self.previews))

    def _finished_record(self) -> ReconstructionRecord | None:
        try:
            return ReconstructionRecord.model_validate_json(self.record.read_bytes())
        except (OSError, ValueError):
            return None


def _is_damaged(path: Path) -> bool:
    """Return whether a picture cannot be read: it was cut short, or its bytes are gone."""
    try:
        if path.suffix == ".exr":
            read_exr(path)
        elif path.suffix == ".hdr":
            read_hdr(path)
        else:
            with opened_image(path) as picture:
                picture.verify()  # of a PNG cut in its last chunks, loading says nothing
            with opened_image(path) as picture:
                picture.load()
    except (HdrbatchError, *DAMAGE):
        return path.is_file()
    return False
