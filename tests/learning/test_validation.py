from collections.abc import Callable
from statistics import fmean, geometric_mean
from typing import Any

import numpy as np
import pytest
import torch

from hdrbatch.learning import validation
from hdrbatch.learning.model import build_network
from hdrbatch.learning.training_radiance import SceneSet, TrainingScene
from hdrbatch.learning.validation import validate
from hdrbatch.specs.variant import VariantSpec

CPU = torch.device("cpu")
Make = Callable[..., VariantSpec]
Write = Callable[..., SceneSet]


LADDER = (-2.0, 0.0, 2.0)
VARIED = {
    "response": "varied",
    "jpeg_quality": (80, 95),
    "exposure_error_stops": 0.1,
    "misalignment_px": 2,
}


def wall(radiance: float) -> TrainingScene:
    return TrainingScene("wall", np.full((8, 8, 3), radiance, dtype=np.float32))


@pytest.mark.parametrize("ev", [(0.0,), LADDER])
@pytest.mark.parametrize("fusion", ["stacked", "attention"])
def test_an_untrained_residual_network_scores_as_its_base(
    lamps: TrainingScene, small_variant: Make, written: Write, ev: tuple[float, ...], fusion: str
) -> None:
    variant = small_variant(inputs={"ev": ev}, network={"fusion": fusion})

    losses = validate(build_network(variant), written(lamps), variant, CPU)

    assert losses["validation_loss"] == pytest.approx(losses["validation_loss_of_base"])
    assert losses["validation_loss"] > 0


@pytest.mark.parametrize("camera", [{}, VARIED], ids=["plain", "varied"])
def test_the_photographs_are_the_same_every_time_and_dropout_is_off(
    lamps: TrainingScene, small_variant: Make, written: Write, camera: dict[str, Any]
) -> None:
    variant = small_variant(
        inputs={"ev": LADDER, "brackets": "any"},
        network={"output": "radiance", "dropout": 0.5},
        camera=camera,
    )
    network = build_network(variant)
    scenes = written(lamps)

    assert validate(network, scenes, variant, CPU) == validate(network, scenes, variant, CPU)
    assert network.training


@pytest.mark.parametrize(("loss", "mean"), [("mu", geometric_mean), ("psnr", fmean)])
def test_every_scene_counts_alike_in_the_loss(
    lamps: TrainingScene,
    small_variant: Make,
    written: Write,
    loss: str,
    mean: Callable[[list[float]], float],
) -> None:
    variant = small_variant(camera={"noise": False}, loss=loss)
    network = build_network(variant)

    apart = [
        validate(network, written(scene), variant, CPU)["validation_loss"] for scene in (lamps, wall(0.2))
    ]
    together = validate(network, written(lamps, wall(0.2)), variant, CPU)["validation_loss"]

    assert together == pytest.approx(mean(apart))
    assert apart[0] != apart[1]


def test_every_scene_has_its_own_noise(small_variant: Make, written: Write) -> None:
    variant = small_variant()
    network = build_network(variant)

    one, two = (
        validate(network, written(*scenes), variant, CPU)["validation_loss"]
        for scenes in ([wall(0.01)], [wall(0.01)] * 2)
    )

    assert one != two


def test_validation_photographs_have_no_jitter(small_variant: Make, written: Write) -> None:
    still, jittered = (
        validate(build_network(variant), written(wall(0.2)), variant, CPU)
        for variant in (small_variant(ev_jitter=0), small_variant(ev_jitter=5))
    )

    assert still == jittered


def test_validation_scenes_have_cameras_of_their_own(small_variant: Make, written: Write) -> None:
    variant = small_variant(camera={"noise": False, "response": "varied"})
    network = build_network(variant)

    one, two = (
        validate(network, written(*[wall(0.2)] * count), variant, CPU)["validation_loss"] for count in (1, 2)
    )

    assert one != pytest.approx(two, rel=1e-3)


def test_photographs_of_a_moving_scene_show_its_exposures(small_variant: Make, written: Write) -> None:
    moving = TrainingScene(
        "moving",
        wall(0.2).reference_ev0,
        {ev: wall(radiance).reference_ev0 for ev, radiance in ((-2.0, 0.4), (0.0, 0.2), (2.0, 0.1))},
    )
    inputs = {"ev": LADDER}

    losses = [
        validate(build_network(variant), written(scene), variant, CPU)["validation_loss_of_base"]
        for scene, variant in (
            (wall(0.2), small_variant(inputs=inputs)),
            (moving, small_variant(inputs=inputs, camera={"motion": False})),
            (moving, small_variant(inputs=inputs)),
        )
    ]

    assert losses[0] == losses[1]
    assert losses[2] > 5 * losses[0]


@pytest.mark.parametrize("ev", [(0.0,), LADDER])
def test_without_noise_the_base_of_a_wall_within_range_only_has_rounding_errors(
    small_variant: Make, written: Write, ev: tuple[float, ...]
) -> None:
    variant = small_variant(inputs={"ev": ev}, camera={"noise": False}, loss="mu")

    assert (
        validate(build_network(variant), written(wall(0.2)), variant, CPU)["validation_loss_of_base"] < 2e-3
    )


def test_of_a_large_picture_the_centre_is_validated_on(
    small_variant: Make, written: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validation, "MAX_SIDE", 8)
    variant = small_variant(camera={"noise": False})
    framed = np.full((16, 12, 3), 100.0, dtype=np.float32)
    framed[4:12, 2:10] = 0.2

    losses = [
        validate(build_network(variant), written(scene), variant, CPU)
        for scene in (TrainingScene("framed", framed), wall(0.2))
    ]

    assert losses[0] == losses[1]
