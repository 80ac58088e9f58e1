"""What a variant of a sweep is: its inputs, its network, its training, its camera and its test."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from hdrbatch.ladder import darker_middle
from hdrbatch.specs.base import Spec, require_pair
from hdrbatch.specs.simulated_camera import ResponseName, TrainingCameraSpec

MAX_PHOTOS = 9
MAX_CROP, MAX_BATCH = 4096, 4096
"""More is taken for a slip."""
LOGARITHMIC_LOSSES = frozenset({"psnr"})
"""Of these a difference says what of the others a ratio does."""


def _check_exposures(value: object) -> object:
    if not isinstance(value, tuple | list):
        one = 0 if value is None else value
        raise ValueError(f"inputs.ev is itself a list: write [{one}], in lists and grid [[{one}], ...]")
    if not 1 <= len(value) <= MAX_PHOTOS:
        raise ValueError(
            f"inputs.ev has {len(value)} exposures: give one to {MAX_PHOTOS}, such as [0] or [-2, 0, 2]"
        )
    return tuple(value)


Exposures = Annotated[
    tuple[float, ...], Field(min_length=1, max_length=MAX_PHOTOS), BeforeValidator(_check_exposures)
]
ShareRange = Annotated[tuple[float, float] | None, require_pair("numbers between 0 and 1", "[0.02, 0.3]")]


class InputSpec(Spec):
    """Which photographs the network is given, and how."""

    mode: Literal["photographs", "candidates", "both"] = Field(
        "both", description="photographs as encoded, HDR candidates made of them, or both"
    )
    ev: Exposures = Field((0.0,), description="exposures of the photographs, any order")
    brackets: Literal["fixed", "any"] = Field(
        "fixed",
        description="any: training draws one to nine photographs at any spacing; ev is then what is tested",
    )
    response: ResponseName | Literal["known", "calibrated"] = Field(
        "srgb",
        description="the curve by which photographs are inverted: an assumed one; known: each camera's own; "
        "calibrated: trained as known, and in tests found from the photographs themselves",
    )

    @model_validator(mode="after")
    def _exposures_differ(self) -> Self:
        if len(set(self.ev)) != len(self.ev):
            raise ValueError("an EV stands twice: every photograph needs an exposure of its own")
        return self

    @property
    def middle_ev(self) -> float:
        """EV of the middle photograph (of the darker of two), in whose exposure radiance is counted.

        >>> InputSpec(ev=(-1, 3, -3)).middle_ev
        -1.0
        """
        return darker_middle(self.ev)


class NetworkSpec(Spec):
    """The U-Net: 19 convolutions and 4 poolings at the default depth of 4."""

    width: PositiveInt = Field(64, le=512, description="channels of the first level, doubled at each pooling")
    depth: int = Field(4, ge=1, le=6, description="number of poolings")
    dropout: float = Field(0.0, ge=0, lt=1, description="probability with which a value is dropped")
    dropout_at: Literal["bottleneck", "decoder", "everywhere"] = Field(
        "bottleneck", description="where; decoder: after each of its resolutions"
    )
    fusion: Literal["stacked", "attention"] = Field(
        "attention",
        description="stacked: the photographs' channels side by side, their number fixed; "
        "attention: one stem for each photograph, their features weighed pixel by pixel, for any number",
    )
    masks: bool = Field(default=True, description="whether the network is told what is clipped and black")
    output: Literal["radiance", "residual"] = Field(
        "residual",
        description="radiance: the log-encoded radiance itself; "
        "residual: what to add to what the photographs say, as far as they leave it open",
    )


class TrainingSpec(Spec):
    """Optimisation; steps, batch and learning rates are the seed's."""

    steps: PositiveInt = Field(60_000, description="optimisation steps")
    batch: PositiveInt = Field(4, le=MAX_BATCH, description="crops per step, of all GPUs together")
    crop: PositiveInt = Field(
        128,
        le=MAX_CROP,
        description="side of the square training crops, pixels, 2**network.depth or more; "
        "of smaller pictures all that fits",
    )
    learning_rate: PositiveFloat = Field(1e-4, description="of Adam, at the start")
    schedule: Literal["steps", "cosine"] = Field(
        "steps", description="steps: times decay_factor every decay_every steps; cosine: down to zero"
    )
    decay_every: PositiveInt = Field(20_000, description="steps between decays of the learning rate")
    decay_factor: float = Field(0.1, gt=0, le=1, description="of the learning rate")
    loss: Literal["psnr", "mu", "linear", "pu21"] = Field(
        "psnr",
        description="psnr: the logarithm of a crop's mean square error of the mu-law encoding; "
        "mu, linear, pu21: the mean error of that encoding, of radiance, of its PU21 encoding",
    )
    clipped_weight: float = Field(5.0, ge=1, description="weight of clipped pixels in the loss")
    ev_jitter: float = Field(1.0, ge=0, le=6, description="random shift of the exposures per crop, stops, +-")
    clipped_share: ShareRange = Field(
        (0.02, 0.3),
        description="half of the crops are exposed so that a share of their scene's pixels, drawn between "
        "these, clips in the middle or, as often, in the shortest photograph; null: all as metered",
    )
    fraction: float = Field(1.0, gt=0, le=1, description="share of the training scenes that is learned from")
    precision: Literal["fp32", "bf16"] = Field("fp32", description="of the network's arithmetic")
    compile: bool = Field(
        default=False, description="compile the network: slow to start, then faster on GPUs"
    )
    validation_scenes: NonNegativeInt = Field(1, description="training scenes held out to validate on")
    validate_every: PositiveInt = Field(500, description="steps; the best weights are chosen among these")
    log_every: PositiveInt = Field(20, description="steps between losses that are written down")
    checkpoint_every: PositiveInt = Field(1000, description="steps that a kill can cost at most")
    seed: NonNegativeInt = Field(0, description="of weights, crops, cameras, noise and dropout")

    @model_validator(mode="after")
    def _share_is_a_range(self) -> Self:
        if self.clipped_share is not None and not 0 < self.clipped_share[0] <= self.clipped_share[1] < 1:
            raise ValueError("clipped_share is two numbers between 0 and 1, the lower first: [0.02, 0.3]")
        return self


class TestSpec(Spec):
    """What the network is scored on: the test scenes, photographed how."""

    __test__ = False

    photographs: Literal["dataset", "real_cameras"] = Field(
        "dataset",
        description="dataset: as they are stored; real_cameras: taken with curves drawn for each scene, "
        "JPEG and exposure times that are stated a little wrong",
    )


class VariantSpec(Spec):
    """One row of a sweep's table."""

    inputs: InputSpec = InputSpec()
    network: NetworkSpec = NetworkSpec()
    training: TrainingSpec = TrainingSpec()
    camera: TrainingCameraSpec = Field(
        TrainingCameraSpec(), description="the camera that training photographs are simulated with"
    )
    test: TestSpec = TestSpec()

    @model_validator(mode="after")
    def _network_takes_any_bracket(self) -> Self:
        if self.inputs.brackets == "any" and self.network.fusion != "attention":
            raise ValueError(
                "inputs.brackets: any needs network.fusion: attention, since stacked channels have one number"
            )
        return self

    @model_validator(mode="after")
    def _crops_reach_the_coarsest_level(self) -> Self:
        smallest = 2**self.network.depth
        if self.training.crop < smallest:
            raise ValueError(
                f"training.crop: {self.training.crop} is too small for network.depth: {self.network.depth}, "
                f"which halves a picture so often: take {smallest} or more, or a smaller depth"
            )
        return self
