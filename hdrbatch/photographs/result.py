"""Files of a request's result: EXR, previews, and the record that states their origin."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.exr import write_exr
from hdrbatch.imaging.rgbe import write_hdr
from hdrbatch.imaging.tonemapping import preview
from hdrbatch.photographs.capture import Capture
from hdrbatch.photographs.recorded_response import unnamed_samples
from hdrbatch.photographs.request import HdrRequest, Method
from hdrbatch.records.hdr_record import ReconstructionRecord
from hdrbatch.records.written_files import WrittenFile, replacing_all


@dataclass(frozen=True, eq=False)
class HdrPicture:
    """Radiance that a method computed from photographs.

    Attributes
    ----------
    capture : Capture
        The photographs as they were read.
    used : tuple of int
        Indices of the photographs that the method used.
    radiance : (H, W, 3) float32
        Scene-linear Rec.709; 1.0 is what saturates the middle photograph.
    """

    capture: Capture
    used: tuple[int, ...]
    radiance: npt.NDArray[np.float32]


def write_result(
    request: HdrRequest,
    method: Method,
    capture: Capture,
    used: Sequence[int],
    radiance: npt.NDArray[np.float32],
) -> ReconstructionRecord:
    """Write every file of a request, the record last.

    Parameters
    ----------
    request : HdrRequest
        Output and previews.
    method : Method
        Method that computed the radiance.
    capture : Capture
        Photographs of which the radiance was computed.
    used : sequence of int
        Indices of the photographs that the method used.
    radiance : (H, W, 3) float32
        Scene-linear Rec.709; 1.0 is what saturates the middle photograph.

    Raises
    ------
    PhotoError
        If a file must not be overwritten or cannot be written.
    """
    request.refuse_to_overwrite()
    reference = capture.reference
    scale = 1 / absolute_exposure(capture, request) if request.absolute else 1.0
    radiance_written = radiance * np.float32(scale) if request.absolute else radiance
    files = [path for path in request.results() if path != request.record]

    def record_of(written: tuple[WrittenFile, ...]) -> ReconstructionRecord:
        return ReconstructionRecord(
            digest=request.digest(method),
            photos=tuple(str(path.absolute()) for path in request.photos),
            exposures_ev=tuple(round(float(np.log2(exposure)), 3) for exposure in capture.exposures),
            used=tuple(used),
            response=capture.curve.name,
            reference=reference.photo,
            reference_time_s=reference.time_s,
            reference_f_number=reference.f_number,
            reference_iso=reference.iso,
            exposure_of_one=1.0 if request.absolute else reference.exposure,
            white_codes=capture.white.white,
            black_code=capture.white.black,
            last_code=capture.white.last_code,
            response_samples=unnamed_samples(capture.curve),
            warnings=capture.warnings,
            notes=capture.notes,
            model=method.name,
            radiance=str(request.output.absolute()),
            width=radiance.shape[1],
            height=radiance.shape[0],
            files=written,
        )

    before = request.listed_files() or ()
    try:
        with replacing_all(files, request.record, before, lambda all_: record_of(all_).to_bytes()) as places:
            write_exr(places[request.output], radiance_written)
            if request.write_hdr:
                write_hdr(places[request.radiance_hdr], radiance_written)
            for operator, path in request.previews.items():
                Image.fromarray(preview(radiance, operator)).save(places[path])
    except (OSError, RuntimeError) as error:  # OpenEXR raises RuntimeError
        reason = getattr(error, "strerror", None) or error
        raise PhotoError(f"-o {request.output}: cannot be written: {reason}") from error
    return ReconstructionRecord.model_validate_json(request.record.read_bytes())


def absolute_exposure(capture: Capture, request: HdrRequest) -> float:
    """Return the exposure of the middle photograph.

    Raises
    ------
    PhotoError
        If it states no exposure time.
    """
    reference = capture.reference
    if reference.exposure is None:
        raise PhotoError(
            f"--absolute: {request.photos[reference.photo]} states no exposure time; give it (--times)"
        )
    return reference.exposure
