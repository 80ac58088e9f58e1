"""The response curve in the record of a reconstruction or merge, for other photographs of that camera."""

from pathlib import Path

import numpy as np

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.response import ResponseCurve, parse_response
from hdrbatch.imaging.tabulated import TabulatedResponse
from hdrbatch.records.hdr_record import ReconstructionRecord

RECORD_SUFFIX = ".json"
CODES = np.linspace(0, 1, 256)


def unnamed_samples(curve: ResponseCurve) -> tuple[float, ...] | None:
    """Return the linear signal of 256 codes for a curve that its name does not determine; else None."""
    return tuple(curve.invert(CODES).tolist()) if isinstance(curve, TabulatedResponse) else None


def recorded_response(record: ReconstructionRecord) -> ResponseCurve:
    """Return the curve that a record names."""
    if record.response_samples is None:
        return parse_response(record.response)
    return TabulatedResponse(record.response, np.asarray(record.response_samples), CODES)


def read_response(path: Path) -> ResponseCurve:
    """Read the curve from the record of an earlier result.

    Raises
    ------
    PhotoError
        If the file is not such a record.
    """
    try:
        return recorded_response(ReconstructionRecord.model_validate_json(path.read_bytes()))
    except (OSError, ValueError) as error:
        raise PhotoError(
            f"--response {path}: not the record (.json) of an earlier merge or reconstruction; "
            "name one, or a curve such as srgb or gamma:2.2"
        ) from error
