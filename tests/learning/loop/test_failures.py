"""Training runs that fail, and their messages."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from hdrbatch.errors import TrainingError, UserError
from hdrbatch.learning import loop
from hdrbatch.learning.checkpoint import load_checkpoint
from hdrbatch.learning.training_radiance import SceneSet
from tests.learning.loop.trainings import Make, run


def test_a_loss_that_is_not_finite_ends_the_training_with_the_step_and_a_remedy(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path
) -> None:
    variant = small_variant(network={"output": "radiance"}, steps=50, learning_rate=1e30)

    with pytest.raises(
        TrainingError, match=r"the loss is (nan|inf) at step \d+; try a learning_rate below 1e\+30"
    ):
        run(scenes, variant, tmp_path, none)


def test_weights_that_the_last_step_broke_reach_neither_checkpoint_nor_model(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path
) -> None:
    with pytest.raises(
        TrainingError, match=r"the sum of the weights is (nan|inf) at step 1; try a learning_rate"
    ):
        run(
            scenes,
            small_variant(network={"output": "radiance"}, steps=1, learning_rate=3e37),
            tmp_path,
            none,
        )

    assert load_checkpoint(tmp_path / "checkpoints") is None
    assert not (tmp_path / "model.pt").exists()


def exhaust_the_gpu(*_: object) -> torch.Tensor:
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1.5 PiB.")


def exhaust_the_memory(*_: object) -> torch.Tensor:
    return torch.empty(2**52)


@pytest.mark.parametrize("step", [exhaust_the_gpu, exhaust_the_memory])
def test_too_little_memory_is_an_error_that_names_what_to_lower(
    scenes: SceneSet,
    none: SceneSet,
    small_variant: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: Callable[..., torch.Tensor],
) -> None:
    monkeypatch.setattr(loop.Training, "step", step)

    with pytest.raises(
        TrainingError,
        match=r"not enough memory for batches of 2 crops of 16 pixels at width 4; lower training.batch, "
        r"training.crop or network.width, or use a larger machine",
    ):
        run(scenes, small_variant(), tmp_path, none)


def test_other_errors_of_a_step_are_not_treated_as_a_lack_of_memory(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> torch.Tensor:
        raise RuntimeError("the driver is gone")

    monkeypatch.setattr(loop.Training, "step", fail)

    with pytest.raises(RuntimeError, match="the driver is gone"):
        run(scenes, small_variant(), tmp_path, none)


def test_no_scenes_are_rejected(none: SceneSet, small_variant: Make, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no scene to train on"):
        run(none, small_variant(), tmp_path, none)


def test_a_missing_gpu_is_rejected_before_anything_is_written(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    with pytest.raises(UserError, match="sees no GPU"):
        run(scenes, small_variant(), tmp_path / "new", none, device="cuda")

    assert not (tmp_path / "new").exists()
