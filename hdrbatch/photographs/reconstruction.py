"""Reconstruction of a file of radiance from files of photographs (``hdrbatch reconstruct``)."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from hdrbatch.imaging.primaries import convert_to_rec709
from hdrbatch.imaging.variance_merge import CAMERA
from hdrbatch.learning.model import Model, load_model
from hdrbatch.learning.prediction import assumed_response, reconstruct, select_photos
from hdrbatch.local_files import sha256_of_file
from hdrbatch.photographs.capture import AUTOMATIC, read_capture
from hdrbatch.photographs.request import HdrRequest, Method
from hdrbatch.photographs.result import HdrPicture, write_result
from hdrbatch.provenance.versions import version_of
from hdrbatch.records.hdr_record import ReconstructionRecord


def network_method(name: str, model_file: Path) -> Method:
    """Return the network of a model file as a method, with its name in the record."""
    return Method(name, f"reconstruct {version_of('reconstruct')} {sha256_of_file(model_file)}")


def reconstruct_files(
    request: HdrRequest,
    model_name: str,
    model_file: Path,
    *,
    num_threads: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    on_note: Callable[[str], None] | None = None,
) -> ReconstructionRecord:
    """Read photographs, apply the model, write EXR, previews and record.

    Parameters
    ----------
    request : HdrRequest
        Photographs, output and settings.
    model_name : str
        Name of the model in the record.
    model_file : Path
        File of the model.
    num_threads : int or None
        Threads of the network; None uses torch's default.
    on_progress : callable or None
        Called with the number of tiles done and the total.
    on_note : callable or None
        Called with each note on what was done to the photographs (aligned, colours converted).

    Raises
    ------
    PhotoError
        If a photograph cannot be read, sizes differ, or exposures are not known.
    UserError
        If the model cannot be used, or requires more photographs than there are.
    """
    if num_threads is not None:
        torch.set_num_threads(num_threads)
    method = network_method(model_name, model_file)
    model = load_model(model_file, torch.device("cpu"))
    picture = reconstruct_photos(
        model,
        request.photos,
        times_s=request.times_s,
        response=request.response,
        align=request.align,
        white=request.white,
        on_progress=on_progress,
        on_note=on_note,
    )
    return write_result(request, method, picture.capture, picture.used, picture.radiance)


def reconstruct_photos(
    model: Model,
    photos: Sequence[Path],
    *,
    times_s: Sequence[float] | None = None,
    response: str = AUTOMATIC,
    align: bool = True,
    white: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    on_note: Callable[[str], None] | None = None,
) -> HdrPicture:
    """Read photographs and apply a model, without writing anything; see :func:`reconstruct_files`."""
    capture = read_capture(
        photos,
        times_s=times_s,
        response=response,
        assumed=assumed_response(model.variant.inputs),
        aligned=align,
        white=white,
    )
    if on_note is not None:
        for note in capture.notes:
            on_note(note)
    used = select_photos(model.variant.inputs, capture.exposures)
    codes = [photo.codes for photo in capture.photos]
    radiance = reconstruct(
        model, codes, capture.exposures, curve=capture.curve, trust=CAMERA, on_progress=on_progress
    )
    convert_to_rec709(radiance, capture.photos[0].primaries)
    return HdrPicture(capture, tuple(used), radiance)
