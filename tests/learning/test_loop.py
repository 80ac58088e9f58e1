import json
import math
import multiprocessing
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from hdrbatch.errors import InterruptedRunError, TrainingError, UserError
from hdrbatch.learning import loop
from hdrbatch.learning.checkpoint import Checkpoint, load_checkpoint
from hdrbatch.learning.loop import Reporting, TrainingResult, learning_rate_at, train
from hdrbatch.learning.model import build_network, load_model
from hdrbatch.learning.training_radiance import SceneSet, TrainingScene
from hdrbatch.specs.variant import TrainingSpec, VariantSpec

Make = Callable[..., VariantSpec]
Write = Callable[..., SceneSet]
LADDER = (-2.0, 0.0, 2.0)
PLAIN: dict[str, Any] = {"inputs": {"mode": "photographs"}, "network": {"fusion": "stacked", "masks": False}}
THREE: dict[str, Any] = {"inputs": {"ev": LADDER}, "network": {"fusion": "stacked", "dropout": 0.5}}
EVERYTHING: dict[str, Any] = {
    "inputs": {"ev": LADDER, "brackets": "any", "response": "known"},
    "network": {"dropout": 0.3, "dropout_at": "everywhere"},
    "camera": {
        "response": "varied",
        "jpeg_quality": (80, 95),
        "exposure_error_stops": 0.1,
        "misalignment_px": 2,
    },
    "clipped_share": (0.02, 0.3),
    "schedule": "cosine",
}
"""All that a training can draw."""


@pytest.fixture
def scenes(lamps: TrainingScene, written: Write) -> SceneSet:
    """The lamps, and the same in motion."""
    exposures = {ev: lamps.reference_ev0 * (1 + 0.1 * ev) for ev in LADDER}  # type: ignore[operator]
    return written(lamps, TrainingScene("moving", lamps.reference_ev0, exposures))  # type: ignore[arg-type]


@pytest.fixture
def none(written: Write) -> SceneSet:
    return written()


def run(
    scenes: SceneSet,
    variant: VariantSpec,
    directory: Path,
    validation: SceneSet,
    *,
    resume: Checkpoint | None = None,
    device: str = "cpu",
    num_processes: int = 1,
    **reporting: Any,
) -> TrainingResult:
    return train(
        scenes,
        validation,
        variant,
        directory,
        device=device,
        num_threads=1,
        num_processes=num_processes,
        resume=resume,
        reporting=Reporting(**reporting),
    )


def stop_after(steps: int) -> Callable[[], bool]:
    asked = iter(range(1000))
    return lambda: next(asked) >= steps


def weights(path: Path) -> dict[str, torch.Tensor]:
    return load_model(path, torch.device("cpu")).network.state_dict()


def lines(path: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def saved_in(directory: Path) -> Checkpoint:
    saved = load_checkpoint(directory / "checkpoints")
    assert saved is not None
    return saved


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


@pytest.mark.parametrize(
    "settings", [PLAIN, THREE, {}, EVERYTHING], ids=["plain", "three", "default", "everything"]
)
def test_a_resumed_training_is_the_uninterrupted_one_to_the_bit(
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


def scripted(losses: list[float]) -> Callable[..., dict[str, float]]:
    """A validation that finds these losses, one after the other."""
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


def test_a_finished_training_that_runs_again_gives_the_same_files(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path
) -> None:
    first = run(scenes, small_variant(), tmp_path / "a", scenes)
    saved = load_checkpoint(tmp_path / "a" / "checkpoints")

    again = run(scenes, small_variant(), tmp_path / "b", scenes, resume=saved)

    assert again.model_path.read_bytes() == first.model_path.read_bytes()
    assert again.metrics_path.read_bytes() == first.metrics_path.read_bytes()


def test_a_training_that_is_stopped_says_where_and_leaves_a_checkpoint(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path
) -> None:
    manifests: list[Path] = []

    with pytest.raises(InterruptedRunError, match=r"stopped after step 2 of 6: run the same command again"):
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


def test_a_loss_that_is_not_finite_ends_the_training_with_the_step_and_a_remedy(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path
) -> None:
    variant = small_variant(network={"output": "radiance"}, steps=50, learning_rate=1e30)

    with pytest.raises(
        TrainingError, match=r"the loss is (nan|inf) at step \d+: try a learning_rate below 1e\+30"
    ):
        run(scenes, variant, tmp_path, none)


def test_weights_that_the_last_step_broke_reach_neither_checkpoint_nor_model(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path
) -> None:
    with pytest.raises(
        TrainingError, match=r"the sum of the weights is (nan|inf) at step 1: try a learning_rate"
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
def test_too_little_memory_is_told_with_what_to_lower(
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
        match=r"too little memory for batches of 2 crops of 16 pixels at width 4: lower training.batch, "
        r"training.crop or network.width, or ask for a larger machine",
    ):
        run(scenes, small_variant(), tmp_path, none)


def test_other_errors_of_a_step_are_not_taken_for_a_lack_of_memory(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> torch.Tensor:
        raise RuntimeError("the driver is gone")

    monkeypatch.setattr(loop.Training, "step", fail)

    with pytest.raises(RuntimeError, match="the driver is gone"):
        run(scenes, small_variant(), tmp_path, none)


def test_no_scenes_are_refused(none: SceneSet, small_variant: Make, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no scene to train on"):
        run(none, small_variant(), tmp_path, none)


def test_a_checkpoint_of_another_variant_is_refused(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path
) -> None:
    run(scenes, small_variant(), tmp_path, none)
    saved = load_checkpoint(tmp_path / "checkpoints")

    with pytest.raises(
        TrainingError, match=r"step 6 was made with other settings of network, training: remove"
    ):
        run(scenes, small_variant(network={"dropout": 0.5}, seed=1), tmp_path, none, resume=saved)


def test_a_gpu_that_is_not_there_is_refused_before_anything_is_written(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    with pytest.raises(UserError, match="sees no GPU"):
        run(scenes, small_variant(), tmp_path / "new", none, device="cuda")

    assert not (tmp_path / "new").exists()


def test_the_result_tells_the_size_of_the_network_and_the_model_the_size_of_its_pictures(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path
) -> None:
    result = run(scenes, small_variant(), tmp_path, none)

    assert result.num_parameters == sum(value.numel() for value in weights(result.model_path).values())
    assert result.validation == {}
    assert load_model(result.model_path, torch.device("cpu")).picture_side == min(scenes.size(0))


def flat(weights: dict[str, torch.Tensor]) -> torch.Tensor:
    return torch.cat([value.flatten() for value in weights.values()])


def assert_within_rounding(found: Path, expected: Path, variant: VariantSpec) -> None:
    """Weights of two models differ by little of what training has moved them.

    By more where the gradient is divided by the error: Adam takes steps of one size, however small it is.
    """
    most = 1e-3 if variant.training.loss == "psnr" else 1e-4
    moved = flat(weights(expected)) - flat(build_network(variant).state_dict())
    assert moved.norm() > 0.05
    assert (flat(weights(found)) - flat(weights(expected))).norm() < most * moved.norm()


@pytest.mark.parametrize("loss", ["psnr", "mu"])
def test_two_processes_train_what_one_does_within_rounding(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path, loss: str
) -> None:
    # JPEG would turn a difference in rounding into one of a whole step.
    settings = {**EVERYTHING, "camera": {**EVERYTHING["camera"], "jpeg_quality": None}}
    variant = small_variant(**settings, batch=4, loss=loss)

    one = run(scenes, variant, tmp_path / "one", none)
    two = run(scenes, variant, tmp_path / "two", none, num_processes=2)

    assert_within_rounding(two.model_path, one.model_path, variant)
    assert multiprocessing.active_children() == []


def test_two_processes_stop_together_and_go_on_to_what_one_trains(
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

    with pytest.raises(TrainingError, match=r"the loss is (nan|inf) at step \d+: try a learning_rate below"):
        run(scenes, variant, tmp_path, none, num_processes=2)

    assert multiprocessing.active_children() == []


def test_a_batch_that_processes_cannot_share_is_refused(
    scenes: SceneSet, none: SceneSet, small_variant: Make, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match="training.batch is 3, which 2 processes cannot share evenly"):
        run(scenes, small_variant(batch=3), tmp_path, none, num_processes=2)

    assert multiprocessing.active_children() == []
