"""Training runs in several processes."""

import multiprocessing
from pathlib import Path

import pytest
import torch

from hdrbatch.errors import InterruptedRunError, TrainingError
from hdrbatch.learning.model import build_network
from hdrbatch.learning.training_radiance import SceneSet, TrainingScene
from hdrbatch.specs.variant import VariantSpec
from tests.learning.loop.trainings import (
    EVERYTHING,
    LADDER,
    Make,
    Write,
    lines,
    run,
    saved_in,
    stop_after,
    weights,
)


def flat(weights: dict[str, torch.Tensor]) -> torch.Tensor:
    return torch.cat([value.flatten() for value in weights.values()])


def assert_within_rounding(found: Path, expected: Path, variant: VariantSpec) -> None:
    """Check that the weights of two models differ by little of the change by training.

    By more where the gradient is divided by the error: Adam takes steps of one size, however small it is.
    """
    most = 1e-3 if variant.training.loss == "psnr" else 1e-4
    moved = flat(weights(expected)) - flat(build_network(variant).state_dict())
    assert moved.norm() > 0.05
    assert (flat(weights(found)) - flat(weights(expected))).norm() < most * moved.norm()


@pytest.mark.parametrize("loss", ["psnr", "mu"])
def test_two_processes_match_one_up_to_rounding(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path, loss: str
) -> None:
    # JPEG would turn a difference in rounding into one of a whole step.
    settings = {**EVERYTHING, "camera": {**EVERYTHING["camera"], "jpeg_quality": None}}
    variant = small_variant(**settings, batch=4, loss=loss)

    one = run(scenes, variant, tmp_path / "one", none)
    two = run(scenes, variant, tmp_path / "two", none, num_processes=2)

    assert_within_rounding(two.model_path, one.model_path, variant)
    assert multiprocessing.active_children() == []


def test_two_processes_stop_together_and_resume_to_the_result_of_one(
    scenes: SceneSet, lamps: TrainingScene, written: Write, small_variant: Make, tmp_path: Path
) -> None:
    variant = small_variant(inputs={"ev": LADDER}, validate_every=2, batch=4, loss="mu")
    validation = written(lamps)
    whole = run(scenes, variant, tmp_path / "one", validation)

    with pytest.raises(InterruptedRunError, match="stopped after step 3 of 6"):
        run(scenes, variant, tmp_path / "two", validation, num_processes=2, should_stop=stop_after(3))
    saved = saved_in(tmp_path / "two")
    assert (saved.step, multiprocessing.active_children()) == (3, [])
    result = run(scenes, variant, tmp_path / "two", validation, num_processes=2, resume=saved)

    assert_within_rounding(result.model_path, whole.model_path, variant)
    assert result.best_step == whole.best_step
    for found, expected in zip(lines(result.metrics_path), lines(whole.metrics_path), strict=True):
        assert found == pytest.approx(expected, rel=1e-4)


def test_a_loss_that_is_not_finite_ends_all_processes(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path
) -> None:
    variant = small_variant(network={"output": "radiance"}, steps=50, learning_rate=1e30)

    with pytest.raises(TrainingError, match=r"the loss is (nan|inf) at step \d+; try a learning_rate below"):
        run(scenes, variant, tmp_path, none, num_processes=2)

    assert multiprocessing.active_children() == []


def test_a_batch_that_processes_cannot_share_is_rejected(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match="training.batch: 2 processes cannot share a batch of 3 evenly"):
        run(scenes, small_variant(batch=3), tmp_path, none, num_processes=2)

    assert multiprocessing.active_children() == []
