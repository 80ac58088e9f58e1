"""The learning rate, and the schedule of reports."""

import json
import math
from itertools import pairwise
from pathlib import Path

import pytest

from hdrbatch.learning.loop import learning_rate_at
from hdrbatch.learning.training_radiance import SceneSet
from hdrbatch.specs.variant import TrainingSpec
from tests.learning.loop.trainings import Make, lines, run, saved_in


def test_the_learning_rate_drops_to_a_tenth_after_every_20000_steps() -> None:
    spec = TrainingSpec()

    rates = [learning_rate_at(step, spec) for step in (1, 20_000, 20_001, 40_000, 40_001, 60_000)]

    assert rates == pytest.approx([1e-4, 1e-4, 1e-5, 1e-5, 1e-6, 1e-6])


def test_the_cosine_falls_from_the_learning_rate_to_zero_and_never_rises() -> None:
    spec = TrainingSpec(schedule="cosine", steps=1000, learning_rate=2e-3)

    rates = [learning_rate_at(step, spec) for step in range(1, 1001)]

    assert rates[0] == pytest.approx(2e-3, rel=1e-4)
    assert rates[249] == pytest.approx(2e-3 * (1 + math.sqrt(0.5)) / 2)
    assert rates[499] == pytest.approx(1e-3)
    assert rates[999] == 0
    assert all(before >= after for before, after in pairwise(rates))


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [("steps", [1e-3, 1e-3, 1e-4, 1e-4]), ("cosine", [8.535534e-4, 5e-4, 1.464466e-4, 0.0])],
)
def test_the_optimizer_uses_the_scheduled_learning_rate(
    scenes: SceneSet,
    none: SceneSet,
    small_variant: Make,
    tmp_path: Path,
    schedule: str,
    expected: list[float],
) -> None:
    variant = small_variant(steps=4, decay_every=2, schedule=schedule, checkpoint_every=1)
    used: list[float] = []

    def look(_: Path) -> None:
        used.append(saved_in(tmp_path).optimizer["param_groups"][0]["lr"])

    run(scenes, variant, tmp_path, none, on_checkpoint=look)

    assert used == pytest.approx(expected, rel=1e-5)
    assert [line["learning_rate"] for line in lines(tmp_path / "metrics.jsonl")] == used


def test_checkpoints_progress_and_validation_come_when_the_spec_says(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path
) -> None:
    variant = small_variant(steps=7, checkpoint_every=3, log_every=2, validate_every=3)
    manifests: list[Path] = []
    progress: list[int] = []

    run(
        scenes,
        variant,
        tmp_path,
        scenes,
        on_checkpoint=manifests.append,
        on_progress=lambda step, _: progress.append(step),
    )

    assert len(manifests) == 3
    assert progress == [2, 4, 6, 7]
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "loss" in line] == [2, 4, 6, 7]
    assert [line["step"] for line in lines if "validation_loss" in line] == [3, 6, 7]


def test_a_validation_due_at_the_last_step_is_recorded_once(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path
) -> None:
    run(scenes, small_variant(steps=4, validate_every=2), tmp_path, scenes)

    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "validation_loss" in line] == [2, 4]


def test_tensorboard_gets_the_curves(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path
) -> None:
    run(scenes, small_variant(), tmp_path, none)

    (events,) = (tmp_path / "tensorboard").iterdir()
    assert events.stat().st_size > 100
