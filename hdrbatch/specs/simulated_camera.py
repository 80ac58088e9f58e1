"""Simulated camera, which turns radiance into photographs."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, PositiveFloat, model_validator

from hdrbatch.specs.base import Spec, require_pair

_NUMBER = r"(?:\d+\.?\d*|\.\d+)"
_SIGNED = rf"[+-]?{_NUMBER}(?:[eE][+-]?\d+)?"
_RESPONSE = re.compile(rf"linear|srgb|gamma:{_NUMBER}|sigmoid:{_NUMBER},{_NUMBER}")
_COMPONENTS = re.compile(rf"emor:.+:{_SIGNED}(?:,{_SIGNED})*")


def _check_response(text: str) -> str:
    """Reject a text that names no response curve; ``hdrbatch.imaging.response`` builds the curves."""
    if _COMPONENTS.fullmatch(text):
        return text
    if not _RESPONSE.fullmatch(text) or any(float(number) == 0 for number in re.findall(_NUMBER, text)):
        raise ValueError(
            "no such response curve; use linear, srgb, gamma:2.2, sigmoid:0.9,0.6 "
            "or emor:/path/emor.txt:0.5,-0.1"
        )
    return text


ResponseName = Annotated[str, AfterValidator(_check_response)]


class SensorSpec(Spec):
    """Sensor of a camera, which determines a photograph's noise."""

    full_well_e: PositiveFloat = Field(20000.0, description="electrons at saturation")
    read_noise_e: float = Field(4.0, ge=0, description="standard deviation of the read noise in electrons")
    noise: bool = Field(default=True, description="whether to add shot and read noise")


class CameraSpec(SensorSpec):
    """Camera of a dataset: sensor, response curve, and the exposure data of its photographs.

    A photograph at EV k has the shutter time ``exposure_time_ev0_s * 2**k`` at constant aperture and ISO.
    """

    response: ResponseName = Field(
        "srgb", description="response curve: linear, srgb, gamma:G, sigmoid:N,SIGMA or emor:FILE:C1,C2,..."
    )
    exposure_time_ev0_s: PositiveFloat = Field(1 / 32, description="shutter time of EV 0 in seconds")
    gap_s: float = Field(0.02, ge=0, description="seconds between the exposures of a moving scene's bracket")
    f_number: PositiveFloat = 8.0
    iso: int = Field(100, ge=1, le=65535, description="ISO speed, within the range of EXIF")
    middle_grey: float = Field(0.18, gt=0, lt=1, description="sensor level of the median luminance at EV 0")


QualityRange = Annotated[tuple[int, int] | None, require_pair("whole numbers from 1 to 100", "[80, 98]")]


class TrainingCameraSpec(SensorSpec):
    """Camera, or range of cameras, that simulates the training photographs."""

    response: ResponseName | Literal["varied"] = Field(
        "srgb", description="a response curve; varied: a random one for every bracket"
    )
    jpeg_quality: QualityRange = Field(
        None, description="minimum and maximum JPEG quality, drawn for every step; null: no compression"
    )
    exposure_error_stops: float = Field(
        0.0, ge=0, le=2, description="standard deviation in stops of the error in a stated exposure"
    )
    misalignment_px: int = Field(0, ge=0, le=64, description="maximum shift of a photograph in pixels")
    motion: bool = Field(
        default=True, description="whether photographs of moving scenes are made from their own exposures"
    )

    @model_validator(mode="after")
    def _quality_is_a_range(self) -> Self:
        if self.jpeg_quality is not None and not 1 <= self.jpeg_quality[0] <= self.jpeg_quality[1] <= 100:
            raise ValueError(
                "jpeg_quality is not a range from 1 to 100; write the lower one first, such as [80, 98]"
            )
        return self


REAL_CAMERAS = TrainingCameraSpec(response="varied", jpeg_quality=(85, 98), exposure_error_stops=0.1)
"""Cameras that test networks for real photographs: neither curve nor exact exposure times are known."""
