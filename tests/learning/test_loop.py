import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from hdrbatch.errors import InterruptedRunError, TrainingError, UserError
from hdrbatch.learning.checkpoint import load_checkpoint
from hdrbatch.learning.data import TrainingScene
from hdrbatch.learning.loop import TrainingResult, learning_rate_at, train
from hdrbatch.learning.model import load_model
from hdrbatch.specs.training import TrainingSpec, VariantSpec

Make = Callable[..., VariantSpec]


def run(
    scenes: Sequence[TrainingScene],
    variant: VariantSpec,
    directory: Path,
    validation: Sequence[TrainingScene] = (),
    **changes: Any,
) -> TrainingResult:
    settings = {
        "device": "cpu",
        "num_threads": 1,
        "resume": None,
        "on_checkpoint": lambda _: None,
        "should_stop": lambda: False,
        "on_progress": lambda *_: None,
    }
    return train(scenes, validation, variant, directory, **{**settings, **changes})


def stop_after(steps: int) -> Callable[[], bool]:
    asked = iter(range(1000))
    return lambda: next(asked) >= steps


def weights(path: Path) -> dict[str, torch.Tensor]:
    return load_model(path, torch.device("cpu")).network.state_dict()


def test_the_learning_rate_drops_to_a_tenth_after_every_20000_steps() -> None:
    spec = TrainingSpec()

    rates = [learning_rate_at(step, spec) for step in (1, 20_000, 20_001, 40_000, 40_001, 60_000)]

    assert rates == pytest.approx([1e-4, 1e-4, 1e-5, 1e-5, 1e-6, 1e-6])


def test_the_optimizer_uses_the_scheduled_learning_rate(
    lamps: TrainingScene, small_variant: Make, tmp_path: Path
) -> None:
    variant = small_variant(steps=4, decay_every=2, decay_factor=0.1, learning_rate=1e-3, checkpoint_every=4)

    run([lamps], variant, tmp_path)

    saved = load_checkpoint(tmp_path / "checkpoints")
    assert saved is not None
    assert saved.optimizer["param_groups"][0]["lr"] == pytest.approx(1e-4)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [line["learning_rate"] for line in lines] == pytest.approx([1e-3, 1e-3, 1e-4, 1e-4])


@pytest.mark.parametrize("mode", ["ldr", "candidates"])
def test_a_residual_network_comes_below_its_base_on_the_scene_it_learns(
    lamps: TrainingScene, small_variant: Make, tmp_path: Path, mode: str
) -> None:
    variant = small_variant(mode=mode, steps=80, crop=32, learning_rate=3e-3, clipped_weight=5, ev_jitter=0)

    result = run([lamps], variant, tmp_path, validation=[lamps])

    assert result.validation["validation_loss"] < 0.8 * result.validation["validation_loss_of_base"]


def test_a_radiance_network_learns_a_scene(lamps: TrainingScene, small_variant: Make, tmp_path: Path) -> None:
    run([lamps], small_variant(output="radiance", steps=80, learning_rate=3e-3), tmp_path)

    losses = [json.loads(line)["loss"] for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert sum(losses[-5:]) < 0.5 * sum(losses[:5])


@pytest.mark.parametrize("mode", ["ldr", "candidates"])
def test_a_resumed_training_is_the_uninterrupted_one_to_the_bit(
    lamps: TrainingScene, small_variant: Make, tmp_path: Path, mode: str
) -> None:
    variant = small_variant(mode=mode, dropout=0.5, steps=6, validate_every=2, decay_every=4)
    straight = run([lamps], variant, tmp_path / "straight", validation=[lamps])

    with pytest.raises(InterruptedRunError):
        run([lamps], variant, tmp_path / "first", validation=[lamps], should_stop=stop_after(3))
    saved = load_checkpoint(tmp_path / "first" / "checkpoints")
    assert saved is not None
    assert saved.step == 3
    resumed = run([lamps], variant, tmp_path / "second", validation=[lamps], resume=saved)

    expected = weights(straight.model_path)
    assert all(torch.equal(value, expected[name]) for name, value in weights(resumed.model_path).items())
    assert resumed.model_path.read_bytes() == straight.model_path.read_bytes()
    assert resumed.metrics_path.read_bytes() == straight.metrics_path.read_bytes()
    assert resumed.validation == straight.validation
    assert resumed.final_loss == straight.final_loss


def test_steps_beyond_the_checkpoint_are_in_the_metrics_once(
    lamps: TrainingScene, small_variant: Make, tmp_path: Path
) -> None:
    variant = small_variant(steps=6, checkpoint_every=2)

    def killed(step: int, _: float) -> None:
        if step == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([lamps], variant, tmp_path, on_progress=killed)
    run([lamps], variant, tmp_path, resume=load_checkpoint(tmp_path / "checkpoints"))

    steps = [json.loads(line)["step"] for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert steps == [1, 2, 3, 4, 5, 6]


def test_a_finished_training_that_runs_again_gives_the_same_files(
    lamps: TrainingScene, small_variant: Make, tmp_path: Path
) -> None:
    first = run([lamps], small_variant(), tmp_path / "a", validation=[lamps])
    saved = load_checkpoint(tmp_path / "a" / "checkpoints")

    again = run([lamps], small_variant(), tmp_path / "b", validation=[lamps], resume=saved)

    assert again.model_path.read_bytes() == first.model_path.read_bytes()
    assert again.metrics_path.read_bytes() == first.metrics_path.read_bytes()
    assert again.final_loss == first.final_loss


def test_a_training_that_is_stopped_says_where_and_leaves_a_checkpoint(
    lamps: TrainingScene, small_variant: Make, tmp_path: Path
) -> None:
    manifests: list[Path] = []

    with pytest.raises(InterruptedRunError, match=r"stopped after step 2 of 6: run the same command again"):
        run([lamps], small_variant(), tmp_path, should_stop=stop_after(2), on_checkpoint=manifests.append)

    assert manifests == [tmp_path / "checkpoints" / "latest.json"]
    assert not (tmp_path / "model.pt").exists()


def test_a_training_stopped_before_its_first_step_resumes_as_a_new_one(
    lamps: TrainingScene, small_variant: Make, tmp_path: Path
) -> None:
    with pytest.raises(InterruptedRunError):
        run([lamps], small_variant(), tmp_path / "a", should_stop=stop_after(0))

    resumed = run(
        [lamps], small_variant(), tmp_path / "b", resume=load_checkpoint(tmp_path / "a" / "checkpoints")
    )

    assert (
        resumed.model_path.read_bytes()
        == run([lamps], small_variant(), tmp_path / "c").model_path.read_bytes()
    )


def test_checkpoints_progress_and_validation_come_when_the_spec_says(
    lamps: TrainingScene, small_variant: Make, tmp_path: Path
) -> None:
    variant = small_variant(steps=7, checkpoint_every=3, log_every=2, validate_every=3)
    manifests: list[Path] = []
    progress: list[int] = []

    run(
        [lamps],
        variant,
        tmp_path,
        validation=[lamps],
        on_checkpoint=manifests.append,
        on_progress=lambda step, _: progress.append(step),
    )

    assert len(manifests) == 3
    assert progress == [2, 4, 6, 7]
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "loss" in line] == [2, 4, 6, 7]
    assert [line["step"] for line in lines if "validation_loss" in line] == [3, 6, 7]


def test_a_validation_due_at_the_last_step_is_recorded_once(
    lamps: TrainingScene, small_variant: Make, tmp_path: Path
) -> None:
    run([lamps], small_variant(steps=4, validate_every=2), tmp_path, validation=[lamps])

    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "validation_loss" in line] == [2, 4]


def test_tensorboard_gets_the_curves(lamps: TrainingScene, small_variant: Make, tmp_path: Path) -> None:
    run([lamps], small_variant(), tmp_path)

    (events,) = (tmp_path / "tensorboard").iterdir()
    assert events.stat().st_size > 100


def test_another_seed_trains_another_network(
    lamps: TrainingScene, small_variant: Make, tmp_path: Path
) -> None:
    first = run([lamps], small_variant(seed=0), tmp_path / "0")
    other = run([lamps], small_variant(seed=1), tmp_path / "1")

    assert first.model_path.read_bytes() != other.model_path.read_bytes()


def test_a_loss_that_is_not_finite_ends_the_training_with_the_step_and_a_remedy(
    lamps: TrainingScene, small_variant: Make, tmp_path: Path
) -> None:
    variant = small_variant(output="radiance", steps=50, learning_rate=1e30)

    with pytest.raises(
        TrainingError, match=r"the loss is (nan|inf) at step \d+: try a learning_rate below 1e\+30"
    ):
        run([lamps], variant, tmp_path)


def test_weights_that_the_last_step_broke_reach_neither_checkpoint_nor_model(
    lamps: TrainingScene, small_variant: Make, tmp_path: Path
) -> None:
    with pytest.raises(
        TrainingError, match=r"the sum of the weights is (nan|inf) at step 1: try a learning_rate"
    ):
        run([lamps], small_variant(output="radiance", steps=1, learning_rate=3e37), tmp_path)

    assert load_checkpoint(tmp_path / "checkpoints") is None
    assert not (tmp_path / "model.pt").exists()


def test_a_checkpoint_of_another_variant_is_refused(
    lamps: TrainingScene, small_variant: Make, tmp_path: Path
) -> None:
    run([lamps], small_variant(), tmp_path)
    saved = load_checkpoint(tmp_path / "checkpoints")

    with pytest.raises(
        TrainingError, match=r"step 6 was made with other settings of network, training: remove"
    ):
        run([lamps], small_variant(dropout=0.5, seed=1), tmp_path, resume=saved)


def test_a_gpu_that_is_not_there_is_refused_before_anything_is_written(
    lamps: TrainingScene, small_variant: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    with pytest.raises(UserError, match="sees no GPU"):
        run([lamps], small_variant(), tmp_path / "new", device="cuda")

    assert not (tmp_path / "new").exists()


def test_the_result_tells_loss_and_size(lamps: TrainingScene, small_variant: Make, tmp_path: Path) -> None:
    result = run([lamps], small_variant(), tmp_path)

    assert math.isfinite(result.final_loss)
    assert result.num_parameters == sum(value.numel() for value in weights(result.model_path).values())
    assert result.validation == {}
