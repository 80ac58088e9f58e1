"""What a variant of a sweep is: its inputs, its network and its training."""

from typing import Literal, Self

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from hdrbatch.specs.base import Spec
from hdrbatch.specs.camera import CameraSpec, ResponseName


class InputSpec(Spec):
    """Which photographs the network is given, and how."""

    mode: Literal["ldr", "candidates"] = "ldr"
    ev: tuple[float, ...] = Field((0.0,), description="one EV for ldr, three for candidates")
    response: ResponseName = Field(
        "srgb", description="the response curve assumed when photographs are inverted"
    )

    @model_validator(mode="after")
    def _count_fits_mode(self) -> Self:
        wanted = {"ldr": 1, "candidates": 3}[self.mode]
        if len(self.ev) != wanted:
            raise ValueError(
                f"mode {self.mode} takes {wanted} exposure(s), not {len(self.ev)}: "
                f"write for example ev: {[0] if wanted == 1 else [-2, 0, 2]}"
            )
        if len(set(self.ev)) != len(self.ev):
            raise ValueError("an EV stands twice: every photograph needs an exposure of its own")
        return self


class NetworkSpec(Spec):
    """The U-Net: 19 convolutions and 4 poolings at the default depth of 4."""

    width: PositiveInt = Field(64, le=512, description="channels of the first level, doubled at each pooling")
    depth: int = Field(4, ge=1, le=6, description="number of poolings")
    dropout: float = Field(0.0, ge=0, lt=1, description="probability at the bottleneck")
    output: Literal["radiance", "residual"] = Field(
        "radiance",
        description="radiance: the log-encoded radiance itself; "
        "residual: what to add, where the inputs are clipped or black, to what they say",
    )


class TrainingSpec(Spec):
    """Optimisation; the defaults are the seed's."""

    steps: PositiveInt = 60_000
    batch: PositiveInt = 4
    crop: PositiveInt = Field(128, description="side of the square training crops, pixels")
    learning_rate: PositiveFloat = 1e-4
    decay_every: PositiveInt = Field(20_000, description="steps between decays of the learning rate")
    decay_factor: float = Field(0.1, gt=0, le=1)
    clipped_weight: float = Field(1.0, ge=1, description="weight of clipped pixels in the loss")
    ev_jitter: float = Field(1.0, ge=0, le=6, description="random shift of the exposures per crop, stops, +-")
    validation_scenes: NonNegativeInt = Field(1, description="training scenes held out to validate on")
    validate_every: PositiveInt = 500
    log_every: PositiveInt = 20
    checkpoint_every: PositiveInt = 1000
    seed: NonNegativeInt = 0


class VariantSpec(Spec):
    """One row of a sweep's table."""

    inputs: InputSpec = InputSpec()
    network: NetworkSpec = NetworkSpec()
    training: TrainingSpec = TrainingSpec()
    camera: CameraSpec = Field(CameraSpec(), description="the camera simulated during training")
