"""The simulated camera that turns radiance into photographs."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, PositiveFloat, model_validator

from hdrbatch.specs.base import Spec, require_pair

_NUMBER = r"(?:\d+\.?\d*|\.\d+)"
_SIGNED = rf"[+-]?{_NUMBER}(?:[eE][+-]?\d+)?"
_RESPONSE = re.compile(rf"linear|srgb|gamma:{_NUMBER}|sigmoid:{_NUMBER},{_NUMBER}")
_COMPONENTS = re.compile(rf"emor:.+:{_SIGNED}(?:,{_SIGNED})*")


def _check_response(text: str) -> str:
    """Refuse what no response curve can be made of; ``hdrbatch.imaging.response`` makes them."""
    if _COMPONENTS.fullmatch(text):
        return text
    if not _RESPONSE.fullmatch(text) or any(float(number) == 0 for number in re.findall(_NUMBER, text)):
        raise ValueError(
            "no such response curve: use linear, srgb, gamma:2.2, sigmoid:0.9,0.6 "
            "or emor:/path/emor.txt:0.5,-0.1"
        )
    return text


ResponseName = Annotated[str, AfterValidator(_check_response)]


class SensorSpec(Spec):
    """What decides a photograph's noise."""

    full_well_e: PositiveFloat = Field(20000.0, description="electrons at saturation")
    read_noise_e: float = Field(4.0, ge=0, description="standard deviation of the read noise, electrons")
    noise: bool = Field(default=True, description="shot and read noise on or off")


class CameraSpec(SensorSpec):
    """The camera of a dataset: sensor, response curve and the exposure data that a photograph carries.

    A photograph at EV k has the shutter time ``exposure_time_ev0_s * 2**k`` at constant aperture and ISO.
    """

    response: ResponseName = Field(
        "srgb", description="linear, srgb, gamma:G, sigmoid:N,SIGMA or emor:FILE:C1,C2,..."
    )
    exposure_time_ev0_s: PositiveFloat = Field(1 / 32, description="shutter time of EV 0, seconds")
    gap_s: float = Field(0.02, ge=0, description="time between the exposures of a moving scene's bracket")
    f_number: PositiveFloat = 8.0
    iso: int = Field(100, ge=1, le=65535, description="as EXIF can hold it")
    middle_grey: float = Field(
        0.18, gt=0, lt=1, description="sensor level that the median luminance gets at EV 0"
    )


QualityRange = Annotated[tuple[int, int] | None, require_pair("whole numbers from 1 to 100", "[80, 98]")]


class TrainingCameraSpec(SensorSpec):
    """The camera, or the many cameras, that training photographs are simulated with."""

    response: ResponseName | Literal["varied"] = Field(
        "srgb", description="one response curve, or varied: drawn anew for every bracket"
    )
    jpeg_quality: QualityRange = Field(
        None, description="least and most of the JPEG quality drawn for every step; null: not compressed"
    )
    exposure_error_stops: float = Field(
        0.0, ge=0, le=2, description="standard deviation of what is stated wrongly about an exposure"
    )
    misalignment_px: int = Field(0, ge=0, le=64, description="largest shift of a photograph, pixels")
    motion: bool = Field(
        default=True, description="photographs of moving scenes are made from their own exposures"
    )

    @model_validator(mode="after")
    def _quality_is_a_range(self) -> Self:
        if self.jpeg_quality is not None and not 1 <= self.jpeg_quality[0] <= self.jpeg_quality[1] <= 100:
            raise ValueError("jpeg_quality is two whole numbers from 1 to 100, the lower first: [80, 98]")
        return self


REAL_CAMERAS = TrainingCameraSpec(response="varied", jpeg_quality=(85, 98), exposure_error_stops=0.1)
"""The cameras that networks for real photographs are tested with: none knows its curve or its exact times."""
