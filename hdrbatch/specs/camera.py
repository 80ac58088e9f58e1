"""The simulated camera that turns radiance into photographs."""

from pydantic import Field, PositiveFloat

from hdrbatch.specs.base import Spec


class CameraSpec(Spec):
    """Sensor, response curve and the exposure data that a photograph carries.

    A photograph at EV k has the shutter time ``exposure_time_ev0_s * 2**k`` at constant aperture and ISO.
    """

    response: str = Field("srgb", description="linear, srgb, gamma:G or sigmoid:N,SIGMA")
    full_well_e: PositiveFloat = Field(20000.0, description="electrons at saturation")
    read_noise_e: float = Field(4.0, ge=0, description="standard deviation of the read noise, electrons")
    noise: bool = Field(default=True, description="shot and read noise on or off")
    exposure_time_ev0_s: PositiveFloat = Field(1 / 32, description="shutter time of EV 0, seconds")
    f_number: PositiveFloat = 8.0
    iso: PositiveFloat = 100.0
    middle_grey: float = Field(
        0.18, gt=0, lt=1, description="sensor level that the median luminance gets at EV 0"
    )
