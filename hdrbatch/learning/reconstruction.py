"""From files of photographs to a file of radiance: what ``hdrbatch reconstruct`` does."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.bracket import relative_exposures
from hdrbatch.imaging.calibration import disagreements, exposure_steps, fitting_response
from hdrbatch.imaging.files import Photo, read_exr, read_photo, write_exr, write_hdr
from hdrbatch.imaging.merge import CAMERA
from hdrbatch.imaging.response import parse_response
from hdrbatch.imaging.tonemapping import preview
from hdrbatch.learning.model import load_model
from hdrbatch.learning.prediction import chosen_photos, reconstruct
from hdrbatch.records import ReconstructionRecord
from hdrbatch.storage.transfer import sha256_of_file

VERSION = 1
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
    response : str or None
        The photographs' response curve; None takes the one that the model assumes, or for a bracket that
        does not fit it the gamma curve that does.
    write_hdr : bool
        Whether a Radiance .hdr is wanted as well.
    tone_mapping : str
        Operator of the preview.
    """

    photos: tuple[Path, ...]
    output: Path
    model_name: str
    model_file: Path
    times_s: tuple[float, ...] | None = None
    response: str | None = None
    write_hdr: bool = False
    tone_mapping: str = "reinhard"

    def digest(self) -> str:
        """SHA-256 of everything that decides the result."""
        decisive = [
            VERSION,
            [sha256_of_file(photo) for photo in self.photos],
            sha256_of_file(self.model_file),
            self.times_s,
            self.response,
            self.tone_mapping,
            self.write_hdr,
        ]
        return hashlib.sha256(json.dumps(decisive).encode()).hexdigest()

    def results(self) -> list[Path]:
        """The files that are written, the record last."""
        suffixes = [PREVIEW_SUFFIX, *([HDR_SUFFIX] if self.write_hdr else []), RECORD_SUFFIX]
        return [self.output, *(self.output.with_suffix(suffix) for suffix in suffixes)]

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
) -> ReconstructionRecord:
    """Read photographs, apply the model, write EXR, preview and record.

    Raises
    ------
    PhotoError
        Where a photograph cannot be read, sizes differ, or exposures are not known.
    UserError
        Where the model cannot be used, or takes more photographs than there are.
    """
    photos = _read_bracket(request.photos)
    exposures = bracket_exposures(photos, request.photos, request.times_s)
    if num_threads is not None:
        torch.set_num_threads(num_threads)
    model = load_model(request.model_file, torch.device("cpu"))
    pixels = [photo.pixels for photo in photos]
    assumed = parse_response(request.response or model.variant.inputs.response)
    curve = assumed if request.response is not None else fitting_response(pixels, exposures, assumed)
    names = [path.name for path in request.photos]
    radiance = reconstruct(model, pixels, exposures, curve=curve, trust=CAMERA, on_progress=on_progress)
    request.refuse_to_overwrite()
    _write_pictures(request, radiance)
    record = ReconstructionRecord(
        digest=request.digest(),
        photos=tuple(str(path.absolute()) for path in request.photos),
        exposures_ev=tuple(round(float(np.log2(exposure)), 3) for exposure in exposures),
        used=tuple(chosen_photos(model.variant.inputs, exposures)),
        response=curve.name,
        warnings=tuple(disagreements(exposure_steps(pixels, exposures, curve), names)),
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
        shown = preview(read_exr(request.output), request.tone_mapping)
        Image.fromarray(shown).save(request.output.with_suffix(PREVIEW_SUFFIX))
    except OSError as error:
        raise PhotoError(f"-o {request.output}: cannot be written: {error.strerror or error}") from error


def _is_record(path: Path) -> bool:
    """Whether a file is the record of a reconstruction, finished or not."""
    try:
        content = path.read_bytes()
        return content == UNFINISHED_RECORD or bool(ReconstructionRecord.model_validate_json(content))
    except (OSError, ValueError):
        return False


def _read_bracket(paths: Sequence[Path]) -> list[Photo]:
    photos = [read_photo(path) for path in paths]
    first = photos[0].pixels.shape
    for path, photo in zip(paths, photos, strict=True):
        if photo.pixels.shape != first:
            raise PhotoError(
                f"{path} is {photo.pixels.shape[1]}x{photo.pixels.shape[0]} pixels and {paths[0]} "
                f"{first[1]}x{first[0]}: photographs of one bracket must have one size"
            )
    return photos


def bracket_exposures(
    photos: Sequence[Photo], paths: Sequence[Path], times_s: Sequence[float] | None
) -> list[float]:
    """Exposures relative to the middle photograph, from the times given or from EXIF.

    A single photograph needs neither.
    """
    if times_s is not None:
        if len(times_s) != len(photos):
            raise PhotoError(
                f"--times has {len(times_s)} value(s) for {len(photos)} photograph(s): give one for each"
            )
        middle = sorted(times_s)[(len(times_s) - 1) // 2]
        return [float(time_s / middle) for time_s in times_s]
    if len(photos) == 1:
        return [1.0]
    metadata = [photo.metadata for photo in photos]
    return [float(value) for value in relative_exposures(metadata, [str(path) for path in paths])]
