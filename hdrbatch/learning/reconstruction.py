"""From files of photographs to a file of radiance: what ``hdrbatch reconstruct`` does."""

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from hdrbatch.errors import PhotoError
from hdrbatch.imaging import calibration
from hdrbatch.imaging.bracket import relative_exposures
from hdrbatch.imaging.calibration import disagreements, exposure_steps, fitting_response
from hdrbatch.imaging.files import Photo, read_photo, write_exr, write_hdr
from hdrbatch.imaging.merge import CAMERA
from hdrbatch.imaging.primaries import convert_to_rec709
from hdrbatch.imaging.response import ResponseCurve, parse_response
from hdrbatch.imaging.tonemapping import preview
from hdrbatch.learning.model import Model, load_model
from hdrbatch.learning.prediction import assumed_response, chosen_photos, reconstruct
from hdrbatch.records import ReconstructionRecord
from hdrbatch.storage.transfer import sha256_of_file

VERSION = 2
"""Of the code: raised when the same photographs and model give another result."""

RECORD_SUFFIX = ".json"
UNFINISHED_RECORD = b'{"unfinished": true}\n'
PREVIEW_SUFFIX = ".png"
HDR_SUFFIX = ".hdr"
AUTOMATIC = "auto"
CALIBRATIONS = ("debevec", "robertson")
"""Responses that are measured on the bracket itself."""
STATISTICS_PIXELS = 2**20
"""Of each photograph, by which response and exposures are judged: enough, and little memory."""


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
    photos = read_bracket(request.photos)
    exposures = bracket_exposures(photos, request.photos, request.times_s)
    if num_threads is not None:
        torch.set_num_threads(num_threads)
    model = load_model(request.model_file, torch.device("cpu"))
    samples = _samples(photos)
    curve = _response(request.response, photos, samples, exposures, model)
    warnings = [
        *disagreements(exposure_steps(samples, exposures, curve), [path.name for path in request.photos]),
        *_doubts_of_colour(photos, request.photos),
    ]
    codes = [photo.codes for photo in photos]
    radiance = reconstruct(model, codes, exposures, curve=curve, trust=CAMERA, on_progress=on_progress)
    primaries = photos[0].primaries
    convert_to_rec709(radiance, primaries)
    if on_note is not None and primaries is not None and primaries.to_rec709 is not None:
        on_note(f"colours converted from {primaries.name} to Rec.709")
    request.refuse_to_overwrite()
    _write_pictures(request, radiance)
    record = ReconstructionRecord(
        digest=request.digest(),
        photos=tuple(str(path.absolute()) for path in request.photos),
        exposures_ev=tuple(round(float(np.log2(exposure)), 3) for exposure in exposures),
        used=tuple(chosen_photos(model.variant.inputs, exposures)),
        response=curve.name,
        warnings=tuple(warnings),
        model=request.model_name,
        radiance=str(request.output.absolute()),
        width=radiance.shape[1],
        height=radiance.shape[0],
    )
    request.output.with_suffix(RECORD_SUFFIX).write_bytes(record.to_bytes())
    return record


def _response(
    wanted: str,
    photos: Sequence[Photo],
    samples: Sequence[NDArray[np.float32]],
    exposures: Sequence[float],
    model: Model,
) -> ResponseCurve:
    if wanted in CALIBRATIONS:
        return calibration.calibrated_response(samples, exposures, wanted)
    if wanted != AUTOMATIC:
        return parse_response(wanted)
    of_files = {photo.response for photo in photos}
    if len(of_files) == 1 and (stated := of_files.pop()) is not None:
        return parse_response(stated)
    return fitting_response(samples, exposures, assumed_response(model.variant.inputs))


def _samples(photos: Sequence[Photo]) -> list[NDArray[np.float32]]:
    height, width = photos[0].codes.shape[:2]
    step = max(1, math.ceil(math.sqrt(height * width / STATISTICS_PIXELS)))
    return [photo.sampled(step) for photo in photos]


def _doubts_of_colour(photos: Sequence[Photo], paths: Sequence[Path]) -> list[str]:
    """Name the photographs whose colours cannot be converted as those of the first are."""
    doubts = []
    for photo, path in zip(photos, paths, strict=True):
        if photo.primaries is not None and photo.primaries.to_rec709 is None:
            doubts.append(
                f"{path.name} carries {photo.primaries.name}, which is not applied: colours are taken for "
                "sRGB's; convert it to sRGB where they look wrong"
            )
        elif photo.primaries != photos[0].primaries:
            doubts.append(
                f"{path.name} has other colours than {paths[0].name}, by its colour profile: "
                "convert the bracket to one profile"
            )
    return doubts


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


def read_bracket(paths: Sequence[Path]) -> list[Photo]:
    """Read photographs of one size; raw files all get the white balance of the first.

    Raises
    ------
    PhotoError
        Where one cannot be read, they differ in size, or some are raw files and others not.
    """
    photos = [read_photo(paths[0])]
    photos += [read_photo(path, photos[0].white_balance) for path in paths[1:]]
    first = photos[0].codes.shape
    for path, photo in zip(paths, photos, strict=True):
        if photo.response != photos[0].response:
            raise PhotoError(
                f"{path} and {paths[0]}: one is a raw file and the other is not: "
                "photographs of one bracket must be of one kind"
            )
        if photo.codes.shape != first:
            raise PhotoError(
                f"{path} is {photo.codes.shape[1]}x{photo.codes.shape[0]} pixels and {paths[0]} "
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
