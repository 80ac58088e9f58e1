"""Results of training, and the settings that determine them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from hdrbatch.errors import InterruptedRunError
from hdrbatch.learning import loop
from hdrbatch.learning.model import load_model
from hdrbatch.learning.training_radiance import SceneSet, TrainingScene
from tests.learning.loop.trainings import (
    EVERYTHING,
    LADDER,
    PLAIN,
    THREE,
    Make,
    Write,
    lines,
    run,
    saved_in,
    stop_after,
    weights,
)


@pytest.mark.parametrize(
    "settings", [PLAIN, THREE, {"inputs": {"ev": LADDER}}], ids=["plain", "three", "default"]
)
@pytest.mark.parametrize("loss", ["mu", "psnr"])
def test_a_residual_network_comes_below_its_base_on_the_scene_it_learns(
    lamps: TrainingScene,
    written: Write,
    small_variant: Make,
    tmp_path: Path,
    settings: dict[str, Any],
    loss: str,
) -> None:
    network = {**settings.get("network", {}), "dropout": 0}
    training = {"steps": 80, "crop": 32, "learning_rate": 3e-3, "ev_jitter": 0, "loss": loss}
    variant = small_variant(**{**settings, "network": network}, **training)

    result = run(written(lamps), variant, tmp_path, written(lamps))

    assert result.validation["validation_loss"] < 0.85 * result.validation["validation_loss_of_base"]


@pytest.mark.parametrize("loss", ["psnr", "mu", "linear", "pu21"])
def test_a_radiance_network_learns_a_scene_by_every_loss(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path, loss: str
) -> None:
    variant = small_variant(
        **{**PLAIN, "network": {**PLAIN["network"], "output": "radiance"}},
        steps=60,
        learning_rate=3e-3,
        loss=loss,
    )

    run(scenes, variant, tmp_path, none)

    losses = [line["loss"] for line in lines(tmp_path / "metrics.jsonl")]
    assert sum(losses[-5:]) < 0.7 * sum(losses[:5])


def scripted(losses: list[float]) -> Callable[..., dict[str, float]]:
    """A validation that returns these losses, one after the other."""
    found = iter(losses)
    return lambda *_: {"validation_loss": next(found), "validation_loss_of_base": 1.0}


def keep_weights(directory: Path, kept: dict[int, dict[str, torch.Tensor]]) -> Callable[[Path], None]:
    def look(_: Path) -> None:
        saved = saved_in(directory)
        kept[saved.step] = saved.weights

    return look


@pytest.mark.parametrize(
    ("losses", "best"),
    [([0.2, 0.5, 0.4], 2), ([0.5, 0.2, 0.4], 4), ([0.5, 0.4, 0.2], 6), ([0.5, 0.2, 0.2], 4)],
)
@pytest.mark.parametrize("stop_at", [None, 3, 5])
def test_the_model_has_the_weights_that_were_best_on_validation_wherever_it_was_stopped(
    scenes: SceneSet,
    lamps: TrainingScene,
    written: Write,
    small_variant: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    losses: list[float],
    best: int,
    stop_at: int | None,
) -> None:
    monkeypatch.setattr(loop, "validate", scripted(losses))
    variant, validation = small_variant(validate_every=2, checkpoint_every=1), written(lamps)
    by_step: dict[int, dict[str, torch.Tensor]] = {}
    keep = keep_weights(tmp_path, by_step)
    saved = None
    if stop_at is not None:
        with pytest.raises(InterruptedRunError):
            run(scenes, variant, tmp_path, validation, should_stop=stop_after(stop_at), on_checkpoint=keep)
        saved = saved_in(tmp_path)

    result = run(scenes, variant, tmp_path, validation, resume=saved, on_checkpoint=keep)

    assert result.best_step == best
    assert result.validation["validation_loss"] == losses[-1]
    found = weights(result.model_path)
    assert all(torch.equal(value, found[name]) for name, value in by_step[best].items())
    other = by_step[2 if best != 2 else 4]
    assert not all(torch.equal(value, found[name]) for name, value in other.items())


def test_without_validation_scenes_the_model_has_the_last_weights(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path
) -> None:
    result = run(scenes, small_variant(validate_every=2), tmp_path, none)

    assert result.best_step == 6
    found = weights(result.model_path)
    assert all(torch.equal(value, found[name]) for name, value in saved_in(tmp_path).weights.items())


def test_validation_changes_no_weight(
    scenes: SceneSet,
    lamps: TrainingScene,
    none: SceneSet,
    written: Write,
    small_variant: Make,
    tmp_path: Path,
) -> None:
    variant = small_variant(**EVERYTHING, validate_every=1)

    run(scenes, variant, tmp_path / "with", written(lamps))
    run(scenes, variant, tmp_path / "without", none)

    with_validation, without = (saved_in(tmp_path / name).weights for name in ("with", "without"))
    assert all(torch.equal(value, without[name]) for name, value in with_validation.items())


@pytest.mark.parametrize("settings", [PLAIN, EVERYTHING], ids=["plain", "everything"])
def test_a_seed_trains_one_network_and_another_seed_another(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path, settings: dict[str, Any]
) -> None:
    first, same, other = (
        run(scenes, small_variant(**settings, seed=seed), tmp_path / name, none)
        for seed, name in ((0, "first"), (0, "same"), (1, "other"))
    )

    assert first.model_path.read_bytes() == same.model_path.read_bytes()
    assert first.metrics_path.read_bytes() == same.metrics_path.read_bytes()
    others = weights(other.model_path)
    assert all(
        not torch.equal(value, others[name])
        for name, value in weights(first.model_path).items()
        if name.endswith("weight")
    )


def test_half_precision_stays_near_single_precision_and_is_not_it(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path
) -> None:
    settings = {"inputs": {"ev": LADDER}, "network": {"output": "radiance"}, "steps": 20}
    full, half = (
        run(scenes, small_variant(**settings, precision=precision), tmp_path / precision, none)
        for precision in ("fp32", "bf16")
    )

    losses = [[line["loss"] for line in lines(result.metrics_path)] for result in (full, half)]
    assert losses[1] == pytest.approx(losses[0], rel=0.08)
    assert losses[1] != losses[0]
    # The weights themselves stay in single precision.
    assert {value.dtype for value in weights(half.model_path).values()} == {torch.float32}


def test_the_result_tells_the_size_of_the_network_and_the_model_the_size_of_its_pictures(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path
) -> None:
    result = run(scenes, small_variant(), tmp_path, none)

    assert result.num_parameters == sum(value.numel() for value in weights(result.model_path).values())
    assert result.validation == {}
    assert load_model(result.model_path, torch.device("cpu")).picture_side == min(scenes.size(0))
