import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from hdrbatch.errors import TrainingError
from hdrbatch.learning.checkpoint import Best, Checkpoint, load_checkpoint, save_checkpoint
from tests.raised import raise_version


def state(step: int) -> Checkpoint:
    weights = {"layer.weight": torch.full((2, 2), float(step))}
    return Checkpoint(
        step, 0.5, {"training": {"seed": 0}}, weights, {"state": {}, "param_groups": []}, "{}\n"
    )


def step_of(folder: Path) -> int:
    loaded = load_checkpoint(folder)
    assert loaded is not None
    assert torch.equal(loaded.weights["layer.weight"], torch.full((2, 2), float(loaded.step)))
    return loaded.step


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder after checkpoints at steps 1, 2 and 3."""
    for step in (1, 2, 3):
        save_checkpoint(tmp_path, state(step))
    return tmp_path


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    saved = state(7)

    save_checkpoint(tmp_path, saved)
    loaded = load_checkpoint(tmp_path)

    assert loaded is not None
    assert torch.equal(loaded.weights.pop("layer.weight"), saved.weights.pop("layer.weight"))
    assert loaded == saved


def test_the_best_weights_so_far_are_saved_with_it(tmp_path: Path) -> None:
    best = Best(4, 0.125, {"layer.weight": torch.full((2, 2), 4.0)})

    save_checkpoint(tmp_path, replace(state(7), best=best))
    loaded = load_checkpoint(tmp_path)

    assert loaded is not None
    assert loaded.best is not None
    assert (loaded.step, loaded.best.step, loaded.best.loss) == (7, 4, 0.125)
    assert torch.equal(loaded.best.weights["layer.weight"], best.weights["layer.weight"])


def test_a_checkpoint_of_another_version_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raise_version(monkeypatch, "checkpoint")
    save_checkpoint(tmp_path, state(7))
    monkeypatch.undo()

    with pytest.raises(TrainingError, match=r"step-00000007.pt: written by another version .*; delete"):
        load_checkpoint(tmp_path)


def test_a_folder_without_checkpoints_has_none(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path) is None
    assert load_checkpoint(tmp_path / "not there") is None


def test_the_last_two_are_kept_and_the_newest_is_loaded(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == [
        "latest.json",
        "step-00000002.pt",
        "step-00000003.pt",
    ]
    assert step_of(folder) == 3


def test_saving_a_step_again_keeps_the_one_before_it(folder: Path) -> None:
    save_checkpoint(folder, state(3))

    assert [entry["step"] for entry in json.loads((folder / "latest.json").read_text())] == [3, 2]


@pytest.mark.parametrize("damage", ["flipped bit", "cut short", "missing"])
def test_a_damaged_checkpoint_is_skipped_with_a_warning(
    folder: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    newest = folder / "step-00000003.pt"
    content = bytearray(newest.read_bytes())
    if damage == "flipped bit":
        content[len(content) // 2] ^= 1
        newest.write_bytes(content)
    elif damage == "cut short":
        newest.write_bytes(content[:-10])
    else:
        newest.unlink()

    with caplog.at_level(logging.WARNING):
        assert step_of(folder) == 2

    assert "step-00000003.pt: the checkpoint is" in caplog.text


def test_a_crash_before_the_manifest_is_written_leaves_the_checkpoint_before(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(json, "dumps", crash)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(folder, state(4))

    assert step_of(folder) == 3


def test_damaged_checkpoints_alone_are_an_error_and_do_not_start_from_scratch(folder: Path) -> None:
    for path in folder.glob("*.pt"):
        path.write_bytes(b"")

    with pytest.raises(
        TrainingError, match=r"none of the 2 listed checkpoint\(s\) is intact; delete .* to start"
    ):
        load_checkpoint(folder)


def test_a_manifest_that_is_no_list_of_checkpoints_is_an_error(folder: Path) -> None:
    (folder / "latest.json").write_text('{"step": 3}')

    with pytest.raises(TrainingError, match=r"latest.json: not a list of checkpoints .*; delete"):
        load_checkpoint(folder)
