"""Variant of a sweep: inputs, network, training, camera and test."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from hdrbatch.ladder import darker_middle
from hdrbatch.specs.base import Spec, require_pair
from hdrbatch.specs.simulated_camera import ResponseName, TrainingCameraSpec

MAX_PHOTOS = 9
"""Maximum number of photographs of a bracket."""
MAX_CROP, MAX_BATCH = 4096, 4096
"""Limits that catch typing errors: pixels, and crops per step."""
LOGARITHMIC_LOSSES = frozenset({"psnr"})
"""Losses on a logarithmic scale: they are compared by difference, the others by ratio."""


def _check_exposures(value: object) -> object:
    if not isinstance(value, tuple | list):
        one = 0 if value is None else value
        raise ValueError(f"inputs.ev is itself a list; write [{one}], in lists and grid [[{one}], ...]")
    if not 1 <= len(value) <= MAX_PHOTOS:
        raise ValueError(
            f"inputs.ev has {len(value)} exposures; give one to {MAX_PHOTOS}, such as [0] or [-2, 0, 2]"
        )
    return tuple(value)


Exposures = Annotated[
    tuple[float, ...], Field(min_length=1, max_length=MAX_PHOTOS), BeforeValidator(_check_exposures)
]
ShareRange = Annotated[tuple[float, float] | None, require_pair("numbers between 0 and 1", "[0.02, 0.3]")]


class InputSpec(Spec):
    """Inputs of the network: photographs and their preparation."""

    mode: Literal["photographs", "candidates", "both"] = Field(
        "both",
        description="input of the network: photographs as encoded, HDR candidates made from them, or both",
    )
    ev: Exposures = Field((0.0,), description="EVs of the photographs, in any order")
    brackets: Literal["fixed", "any"] = Field(
        "fixed",
        description="fixed: ev in training and tests; "
        "any: one to nine photographs at random spacing in training, ev in tests",
    )
    response: ResponseName | Literal["known", "calibrated"] = Field(
        "srgb",
        description="response curve that inverts the photographs: an assumed one; known: each camera's own; "
        "calibrated: each camera's own in training, calibrated from the photographs in tests",
    )

    @model_validator(mode="after")
    def _exposures_differ(self) -> Self:
        if len(set(self.ev)) != len(self.ev):
            raise ValueError("inputs.ev: an EV appears twice; give every photograph its own exposure")
        return self

    @property
    def middle_ev(self) -> float:
        """EV of the middle photograph (the darker of two), whose exposure scales the radiance.

        >>> InputSpec(ev=(-1, 3, -3)).middle_ev
        -1.0
        """
        return darker_middle(self.ev)


class NetworkSpec(Spec):
    """U-Net: 19 convolutions and 4 poolings at the default depth of 4."""

    width: PositiveInt = Field(
        64, le=512, description="channels of the first level; each pooling doubles them"
    )
    depth: int = Field(4, ge=1, le=6, description="number of poolings")
    dropout: float = Field(0.0, ge=0, lt=1, description="probability of dropping a value")
    dropout_at: Literal["bottleneck", "decoder", "everywhere"] = Field(
        "bottleneck", description="place of the dropout; decoder: after each of its resolutions"
    )
    fusion: Literal["stacked", "attention"] = Field(
        "attention",
        description="stacked: concatenated channels of a fixed number of photographs; "
        "attention: one stem per photograph, features weighted pixel by pixel, for any number",
    )
    masks: bool = Field(default=True, description="whether masks of clipped and black pixels are inputs")
    output: Literal["radiance", "residual"] = Field(
        "residual",
        description="radiance: the log-encoded radiance itself; "
        "residual: a correction of the photographs' radiance, limited to what they leave undetermined",
    )


class TrainingSpec(Spec):
    """Optimisation; the default steps, batch and learning rates are those of the project's first version."""

    steps: PositiveInt = Field(60_000, description="optimisation steps")
    batch: PositiveInt = Field(4, le=MAX_BATCH, description="crops per step, over all GPUs")
    crop: PositiveInt = Field(
        128,
        le=MAX_CROP,
        description="side of the square training crops in pixels, at least 2**network.depth; "
        "at most the size of the picture",
    )
    learning_rate: PositiveFloat = Field(1e-4, description="initial learning rate of Adam")
    schedule: Literal["steps", "cosine"] = Field(
        "steps",
        description="learning rate over time; steps: multiplied by decay_factor every decay_every steps; "
        "cosine: down to zero",
    )
    decay_every: PositiveInt = Field(20_000, description="steps between decays of the learning rate")
    decay_factor: float = Field(0.1, gt=0, le=1, description="factor of each decay of the learning rate")
    loss: Literal["psnr", "mu", "linear", "pu21"] = Field(
        "psnr",
        description="psnr: logarithm of a crop's mean squared error after mu-law encoding; "
        "mu, linear, pu21: mean error after mu-law encoding, of radiance, after PU21 encoding",
    )
    clipped_weight: float = Field(5.0, ge=1, description="weight of clipped pixels in the loss")
    ev_jitter: float = Field(
        1.0,
        ge=0,
        le=6,
        description="maximum random shift of a crop's exposures, in stops, up or down",
    )
    clipped_share: ShareRange = Field(
        (0.02, 0.3),
        description="half of the crops are exposed so that a random share (in this range) of their scene's "
        "pixels clips, in the middle or, as often, in the shortest photograph; null: all crops as metered",
    )
    fraction: float = Field(1.0, gt=0, le=1, description="share of the training scenes that is used")
    precision: Literal["fp32", "bf16"] = Field("fp32", description="precision of the network's arithmetic")
    compile: bool = Field(
        default=False, description="whether to compile the network: slow to start, then faster on GPUs"
    )
    validation_scenes: NonNegativeInt = Field(
        1, description="number of training scenes held out for validation"
    )
    validate_every: PositiveInt = Field(
        500, description="steps between validations, which select the best weights"
    )
    log_every: PositiveInt = Field(20, description="steps between logged losses")
    checkpoint_every: PositiveInt = Field(
        1000, description="steps between checkpoints (the most an interruption can lose)"
    )
    seed: NonNegativeInt = Field(0, description="seed of weights, crops, cameras, noise and dropout")

    @model_validator(mode="after")
    def _share_is_a_range(self) -> Self:
        if self.clipped_share is not None and not 0 < self.clipped_share[0] <= self.clipped_share[1] < 1:
            raise ValueError(
                "clipped_share is not a range between 0 and 1; write the lower one first, such as [0.02, 0.3]"
            )
        return self


class TestSpec(Spec):
    """Test of the network: how the test scenes are photographed."""

    __test__ = False

    photographs: Literal["dataset", "real_cameras"] = Field(
        "dataset",
        description="photographs of the test scenes; dataset: as stored; real_cameras: simulated with "
        "a random curve per scene, JPEG compression and slightly wrong exposure times",
    )


class VariantSpec(Spec):
    """One variant: a row of the sweep's table."""

    inputs: InputSpec = InputSpec()
    network: NetworkSpec = NetworkSpec()
    training: TrainingSpec = TrainingSpec()
    camera: TrainingCameraSpec = Field(
        TrainingCameraSpec(), description="camera that simulates the training photographs"
    )
    test: TestSpec = TestSpec()

    @model_validator(mode="after")
    def _network_takes_any_bracket(self) -> Self:
        if self.inputs.brackets == "any" and self.network.fusion != "attention":
            raise ValueError(
                "inputs.brackets: any needs network.fusion: attention, since stacking fixes the number"
            )
        return self

    @model_validator(mode="after")
    def _crops_reach_the_coarsest_level(self) -> Self:
        smallest = 2**self.network.depth
        if self.training.crop < smallest:
            raise ValueError(
                f"training.crop: {self.training.crop} is too small for network.depth: {self.network.depth}, "
                f"the number of times that a picture is halved; use at least {smallest}, or a smaller depth"
            )
        return self
