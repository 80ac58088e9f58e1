import hashlib
import io
import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from hdrbatch.errors import TrainingError
from hdrbatch.learning.checkpoint import Best, Checkpoint, load_checkpoint, save_checkpoint
from hdrbatch.learning.model import build_network
from hdrbatch.specs.variant import VariantSpec
from tests.learning.forgeries import forged
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


@pytest.mark.parametrize(
    "entry",
    [
        {"file": "../../step-00000003.pt"},
        {"file": "/etc/passwd"},
        {"file": None},
        {"file": "step-00000003.pt/x"},
        {"more": 1},
        3,
        None,
    ],
)
def test_a_manifest_that_names_other_files_is_an_error(folder: Path, entry: Any) -> None:
    manifest = folder / "latest.json"
    (first, *_) = json.loads(manifest.read_text())
    changed = first | entry if isinstance(entry, dict) else entry
    manifest.write_text(json.dumps([changed]))

    with pytest.raises(TrainingError, match=r"latest.json: not a list of checkpoints .*; delete"):
        load_checkpoint(folder)


@pytest.fixture
def trained(tmp_path: Path, small_variant: Callable[..., VariantSpec]) -> tuple[Path, VariantSpec]:
    """A folder with checkpoints of a variant at steps 1 and 2."""
    variant = small_variant(network={"width": 2, "depth": 1})
    network = build_network(variant)
    optimizer = torch.optim.Adam(network.parameters())
    for step in (1, 2):
        for parameter in network.parameters():
            parameter.grad = torch.ones_like(parameter)
        optimizer.step()
        saved = Checkpoint(
            step,
            0.5,
            variant.model_dump(mode="json"),
            dict(network.state_dict()),
            optimizer.state_dict(),
            '{"step": 1, "loss": 0.5}\n',
            Best(1, 0.25, dict(network.state_dict())),
        )
        save_checkpoint(tmp_path, saved)
    return tmp_path, variant


def resigned(folder: Path, content: bytes) -> None:
    """Replace the newest checkpoint, and its hash in the manifest."""
    manifest = folder / "latest.json"
    entries = json.loads(manifest.read_text())
    entries[0] |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (folder / entries[0]["file"]).write_bytes(content)
    manifest.write_text(json.dumps(entries))


@pytest.mark.parametrize("seed", range(100))
def test_a_forged_checkpoint_with_its_hash_is_used_only_if_it_can_be(
    trained: tuple[Path, VariantSpec], seed: int
) -> None:
    folder, variant = trained
    resigned(folder, forged((folder / "step-00000002.pt").read_bytes(), seed))

    try:
        loaded = load_checkpoint(folder, variant)
    except TrainingError as error:
        assert "written by another version" in str(error)  # noqa: PT017 (the version itself was forged)
        return

    assert loaded is not None
    network = build_network(variant)
    network.load_state_dict(loaded.weights)
    optimizer = torch.optim.Adam(network.parameters())
    optimizer.load_state_dict(loaded.optimizer)
    assert loaded.best is not None or loaded.step == 2
    assert all(bool(torch.isfinite(value).all()) for value in loaded.weights.values())


@pytest.mark.parametrize("change", [{"step": 10**6}, {"variant": {}}, {"metrics": "[1]\n"}])
def test_a_checkpoint_of_something_else_gives_way_to_the_one_before_it(
    trained: tuple[Path, VariantSpec], change: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    folder, variant = trained
    state = torch.load(folder / "step-00000002.pt", weights_only=True) | change
    buffer = io.BytesIO()
    torch.save(state, buffer)
    resigned(folder, buffer.getvalue())

    loaded = load_checkpoint(folder, variant)

    assert loaded is not None
    assert loaded.step == 1
    assert "step-00000002.pt: the checkpoint cannot be used: it" in caplog.text
