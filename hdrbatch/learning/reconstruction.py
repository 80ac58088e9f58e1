"""From files of photographs to a file of radiance: what ``hdrbatch reconstruct`` does."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.capture import AUTOMATIC, read_capture
from hdrbatch.imaging.files import write_exr, write_hdr
from hdrbatch.imaging.merge import CAMERA
from hdrbatch.imaging.primaries import convert_to_rec709
from hdrbatch.imaging.tonemapping import preview
from hdrbatch.learning.model import load_model
from hdrbatch.learning.prediction import assumed_response, chosen_photos, reconstruct
from hdrbatch.records import ReconstructionRecord
from hdrbatch.storage.transfer import sha256_of_file

VERSION = 2
"""Of the code: raised when the same photographs and model give another result."""

RECORD_SUFFIX = ".json"
UNFINISHED_RECORD = b'{"unfinished": true}\n'
PREVIEW_SUFFIX = ".png"
HDR_SUFFIX = ".hdr"


@dataclass(frozen=True)
class ReconstructionRequest:
    """What to reconstruct.

    Attributes
    ----------
    photos : tuple of Path
        Photographs of one scene, in any order.
    output : Path
        The EXR to write; preview and record get its name with other suffixes.
    model_name, model_file : str, Path
        What to call the model, and where it is.
    times_s : tuple of float, or None
        Exposure times in seconds; None reads them from EXIF.
    response : str
        The photographs' response curve; ``debevec`` or ``robertson`` measure it on the bracket. ``auto``
        takes what the files say (raw files are linear) or the curve that the model assumes, or for a bracket
        that does not fit it the gamma curve that does.
    align : bool
        Whether photographs of a bracket are shifted onto each other.
    write_hdr : bool
        Whether a Radiance .hdr is wanted as well.
    tone_mappings : tuple of str
        Operators of the previews, one or more.
    """

    photos: tuple[Path, ...]
    output: Path
    model_name: str
    model_file: Path
    times_s: tuple[float, ...] | None = None
    response: str = AUTOMATIC
    align: bool = True
    write_hdr: bool = False
    tone_mappings: tuple[str, ...] = ("reinhard",)

    def digest(self) -> str:
        """SHA-256 of everything that decides the result."""
        decisive = [
            VERSION,
            [sha256_of_file(photo) for photo in self.photos],
            sha256_of_file(self.model_file),
            self.times_s,
            self.response,
            self.align,
            self.tone_mappings,
            self.write_hdr,
        ]
        return hashlib.sha256(json.dumps(decisive).encode()).hexdigest()

    def results(self) -> list[Path]:
        """The files that are written, the record last."""
        suffixes = [*([HDR_SUFFIX] if self.write_hdr else []), RECORD_SUFFIX]
        others = [self.output.with_suffix(suffix) for suffix in suffixes]
        return [self.output, *self.previews().values(), *others]

    def previews(self) -> dict[str, Path]:
        """The preview of each operator: the first has the output's name, others their operator's as well."""
        first, *others = self.tone_mappings
        named = {
            name: self.output.with_suffix(f".{name}{PREVIEW_SUFFIX}") for name in others if name != first
        }
        return {first: self.output.with_suffix(PREVIEW_SUFFIX), **named}

    def refuse_to_overwrite(self) -> None:
        """Check that nothing is written over that was not written by an earlier reconstruction.

        Raises
        ------
        PhotoError
            Naming the file.
        """
        photos = {photo.resolve() for photo in self.photos}
        if own := [path for path in self.results() if path.resolve() in photos]:
            raise PhotoError(f"-o {self.output}: {own[0]} is one of the photographs: choose another name")
        record = self.output.with_suffix(RECORD_SUFFIX)
        existing = [path for path in self.results() if path.exists()]
        if existing and not _is_record(record):
            raise PhotoError(
                f"-o {self.output}: {existing[0]} exists and is not from hdrbatch reconstruct: "
                "choose another name, or move it away"
            )

    def is_done(self) -> bool:
        """Whether the same request was carried out before and its files are still there."""
        record = self.output.with_suffix(RECORD_SUFFIX)
        if not all(path.is_file() for path in self.results()):
            return False
        try:
            return ReconstructionRecord.model_validate_json(record.read_bytes()).digest == self.digest()
        except ValueError:
            return False


def reconstruct_files(
    request: ReconstructionRequest,
    *,
    num_threads: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    on_note: Callable[[str], None] | None = None,
) -> ReconstructionRecord:
    """Read photographs, apply the model, write EXR, previews and record.

    Parameters
    ----------
    request : ReconstructionRequest
        What to make of what.
    num_threads : int or None
        Threads of the network; None leaves them to torch.
    on_progress : callable or None
        Called with the tiles done and their number.
    on_note : callable or None
        Called with a sentence on what was done to the photographs: aligned, colours converted.

    Raises
    ------
    PhotoError
        Where a photograph cannot be read, sizes differ, or exposures are not known.
    UserError
        Where the model cannot be used, or takes more photographs than there are.
    """
    if num_threads is not None:
        torch.set_num_threads(num_threads)
    model = load_model(request.model_file, torch.device("cpu"))
    capture = read_capture(
        request.photos,
        times_s=request.times_s,
        response=request.response,
        assumed=assumed_response(model.variant.inputs),
        aligned=request.align,
    )
    if on_note is not None:
        for note in capture.notes:
            on_note(note)
    codes = [photo.codes for photo in capture.photos]
    exposures = capture.exposures
    radiance = reconstruct(
        model, codes, exposures, curve=capture.curve, trust=CAMERA, on_progress=on_progress
    )
    convert_to_rec709(radiance, capture.photos[0].primaries)
    request.refuse_to_overwrite()
    _write_pictures(request, radiance)
    record = ReconstructionRecord(
        digest=request.digest(),
        photos=tuple(str(path.absolute()) for path in request.photos),
        exposures_ev=tuple(round(float(np.log2(exposure)), 3) for exposure in exposures),
        used=tuple(chosen_photos(model.variant.inputs, exposures)),
        response=capture.curve.name,
        warnings=capture.warnings,
        model=request.model_name,
        radiance=str(request.output.absolute()),
        width=radiance.shape[1],
        height=radiance.shape[0],
    )
    request.output.with_suffix(RECORD_SUFFIX).write_bytes(record.to_bytes())
    return record


def _write_pictures(request: ReconstructionRequest, radiance: NDArray[np.float32]) -> None:
    """Write all but the record; an earlier record is emptied first, since it tells of what was there."""
    try:
        request.output.parent.mkdir(parents=True, exist_ok=True)
        record = request.output.with_suffix(RECORD_SUFFIX)
        if record.exists():
            record.write_bytes(UNFINISHED_RECORD)
        write_exr(request.output, radiance)
        if request.write_hdr:
            write_hdr(request.output.with_suffix(HDR_SUFFIX), radiance)
        for operator, path in request.previews().items():
            Image.fromarray(preview(radiance, operator)).save(path)
    except OSError as error:
        raise PhotoError(f"-o {request.output}: cannot be written: {error.strerror or error}") from error


def _is_record(path: Path) -> bool:
    """Whether a file is the record of a reconstruction, finished or not."""
    try:
        content = path.read_bytes()
        return content == UNFINISHED_RECORD or bool(ReconstructionRecord.model_validate_json(content))
    except (OSError, ValueError):
        return False
