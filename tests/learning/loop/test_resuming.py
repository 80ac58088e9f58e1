"""Training runs that are stopped and resumed."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from hdrbatch.errors import InterruptedRunError, TrainingError
from hdrbatch.learning.checkpoint import load_checkpoint
from hdrbatch.learning.training_radiance import SceneSet, TrainingScene
from tests.learning.loop.trainings import (
    EVERYTHING,
    PLAIN,
    THREE,
    Make,
    Write,
    run,
    saved_in,
    stop_after,
    weights,
)


@pytest.mark.parametrize(
    "settings", [PLAIN, THREE, {}, EVERYTHING], ids=["plain", "three", "default", "everything"]
)
def test_a_resumed_training_run_matches_the_uninterrupted_one_bit_for_bit(
    scenes: SceneSet,
    lamps: TrainingScene,
    written: Write,
    small_variant: Make,
    tmp_path: Path,
    settings: dict[str, Any],
) -> None:
    variant, validation = small_variant(validate_every=2, decay_every=4, **settings), written(lamps)
    straight = run(scenes, variant, tmp_path / "straight", validation)

    with pytest.raises(InterruptedRunError):
        run(scenes, variant, tmp_path / "first", validation, should_stop=stop_after(3))
    saved = saved_in(tmp_path / "first")
    assert saved.step == 3
    resumed = run(scenes, variant, tmp_path / "second", validation, resume=saved)

    expected = weights(straight.model_path)
    assert all(torch.equal(value, expected[name]) for name, value in weights(resumed.model_path).items())
    assert resumed.model_path.read_bytes() == straight.model_path.read_bytes()
    assert resumed.metrics_path.read_bytes() == straight.metrics_path.read_bytes()
    assert resumed.validation == straight.validation
    assert resumed.best_step == straight.best_step


def test_steps_beyond_the_checkpoint_are_in_the_metrics_once(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path
) -> None:
    variant = small_variant(steps=6, checkpoint_every=2)

    def killed(step: int, _: float) -> None:
        if step == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(scenes, variant, tmp_path, none, on_progress=killed)
    run(scenes, variant, tmp_path, none, resume=load_checkpoint(tmp_path / "checkpoints"))

    steps = [json.loads(line)["step"] for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert steps == [1, 2, 3, 4, 5, 6]


def test_rerunning_a_finished_training_gives_the_same_files(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path
) -> None:
    first = run(scenes, small_variant(), tmp_path / "a", scenes)
    saved = load_checkpoint(tmp_path / "a" / "checkpoints")

    again = run(scenes, small_variant(), tmp_path / "b", scenes, resume=saved)

    assert again.model_path.read_bytes() == first.model_path.read_bytes()
    assert again.metrics_path.read_bytes() == first.metrics_path.read_bytes()


def test_a_stopped_training_run_reports_its_step_and_leaves_a_checkpoint(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path
) -> None:
    manifests: list[Path] = []

    with pytest.raises(InterruptedRunError, match=r"stopped after step 2 of 6; rerun the same command"):
        run(
            scenes, small_variant(), tmp_path, none, should_stop=stop_after(2), on_checkpoint=manifests.append
        )

    assert manifests == [tmp_path / "checkpoints" / "latest.json"]
    assert not (tmp_path / "model.pt").exists()


def test_a_training_stopped_before_its_first_step_resumes_as_a_new_one(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path
) -> None:
    with pytest.raises(InterruptedRunError):
        run(scenes, small_variant(), tmp_path / "a", none, should_stop=stop_after(0))

    resumed = run(
        scenes, small_variant(), tmp_path / "b", none, resume=load_checkpoint(tmp_path / "a" / "checkpoints")
    )

    assert (
        resumed.model_path.read_bytes()
        == run(scenes, small_variant(), tmp_path / "c", none).model_path.read_bytes()
    )


def test_a_checkpoint_of_another_variant_is_rejected(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path
) -> None:
    run(scenes, small_variant(), tmp_path, none)
    saved = load_checkpoint(tmp_path / "checkpoints")

    with pytest.raises(
        TrainingError, match=r"step 6 was made with other settings of network, training; delete"
    ):
        run(scenes, small_variant(network={"dropout": 0.5}, seed=1), tmp_path, none, resume=saved)
