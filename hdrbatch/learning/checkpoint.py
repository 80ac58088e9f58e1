"""Checkpoints: everything that a training run needs to resume as if it had never stopped.

A folder holds the last two checkpoints and ``latest.json``, which lists them, newest first, with their
SHA-256. ``latest.json`` is written last, so every file that it lists is complete. No generator's state is
saved: the random numbers of a step depend on its number alone (``hdrbatch.learning.randomness``).
"""

import hashlib
import io
import json
import logging
import math
import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hdrbatch.errors import TrainingError
from hdrbatch.learning.model import build_network
from hdrbatch.learning.weights import check_adam, check_weights, read_torch
from hdrbatch.local_files import write_whole
from hdrbatch.provenance.versions import version_of
from hdrbatch.specs.variant import VariantSpec

MANIFEST = "latest.json"
_FILE_NAME = re.compile(r"step-[0-9]{8,12}\.pt")
NUM_KEPT = 2

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Best:
    """The best weights on the validation scenes so far, reached after ``step`` steps."""

    step: int
    loss: float
    weights: dict[str, Tensor]


@dataclass(frozen=True)
class Checkpoint:
    """The state of a training run after ``step`` steps.

    Attributes
    ----------
    step : int
        Optimisation steps done.
    loss : float
        The last recorded loss.
    variant : dict
        The variant as JSON values, so that a checkpoint of another variant is rejected.
    weights, optimizer : dict
        State dictionaries.
    metrics : str
        The lines of metrics.jsonl so far, so that each step appears once in the resumed file.
    best : Best or None
        None before the first validation.
    """

    step: int
    loss: float
    variant: dict[str, Any]
    weights: dict[str, Tensor]
    optimizer: dict[str, Any]
    metrics: str
    best: Best | None = None


@dataclass(frozen=True)
class _Entry:
    """One line of the manifest."""

    file: str
    step: int
    size: int
    sha256: str


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint, then the manifest; delete all but the last two; return the manifest's path."""
    buffer = io.BytesIO()
    best = vars(checkpoint.best) if checkpoint.best is not None else None
    torch.save({"version": version_of("checkpoint"), **vars(checkpoint), "best": best}, buffer)
    content = buffer.getvalue()
    name = f"step-{checkpoint.step:08d}.pt"
    newest = _Entry(name, checkpoint.step, len(content), hashlib.sha256(content).hexdigest())
    manifest = folder / MANIFEST
    older = [entry for entry in _entries(manifest) if entry.file != name] if manifest.exists() else []
    kept = [newest, *older][:NUM_KEPT]

    write_whole(folder / name, content, durable=True)
    write_whole(manifest, json.dumps([asdict(entry) for entry in kept], indent=1), durable=True)
    for file in folder.glob("step-*.pt"):
        if file.name not in {entry.file for entry in kept}:
            file.unlink()
    return manifest


def is_checkpoint_file(name: str) -> bool:
    """Return whether a file of this name may belong to a folder of checkpoints."""
    return name == MANIFEST or _FILE_NAME.fullmatch(name) is not None


def load_checkpoint(folder: Path, variant: VariantSpec | None = None) -> Checkpoint | None:
    """Return the newest checkpoint of a folder that can be used, or None if there is none.

    A missing or damaged checkpoint, or one that does not fit the variant, is skipped with a warning.

    Parameters
    ----------
    variant
        The variant that is trained: names, shapes and values of all tensors are checked against its network.
        None checks what needs no network.

    Raises
    ------
    TrainingError
        If checkpoints are listed but none can be used.
    """
    manifest = folder / MANIFEST
    if not manifest.exists():
        return None
    entries = _entries(manifest)
    for entry in entries:
        path = folder / entry.file
        if not path.is_file():
            log.warning("%s: the checkpoint is missing; trying the one before it", path)
            continue
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != entry.sha256:
            log.warning("%s: the checkpoint is damaged (SHA-256 differs); trying the one before it", path)
            continue
        try:
            state = read_torch(content)
            if not isinstance(state, dict) or not all(isinstance(name, str) for name in state):
                raise ValueError("it is not a dictionary")
            version = state.pop("version", None)
            if type(version) is not int:
                raise ValueError("it has no version")
            if version == version_of("checkpoint"):
                return _checked(state, variant)
        # Tensors in the place of plain values raise the latter two when they are compared.
        except (ValueError, TypeError, RuntimeError) as error:
            log.warning("%s: the checkpoint cannot be used: %s; trying the one before it", path, error)
            continue
        raise TrainingError(
            f"{path}: written by another version of hdrbatch; delete {folder} to start from scratch"
        )
    raise TrainingError(
        f"{manifest}: none of the {len(entries)} listed checkpoint(s) is intact; "
        f"delete {folder} to start from scratch"
    )


def _checked(state: dict[str, Any], variant: VariantSpec | None) -> Checkpoint:
    """Return the checkpoint in a file; raise ValueError if a value is missing or cannot be one."""
    wanted = {field.name for field in fields(Checkpoint)}
    if different := sorted(wanted ^ set(state)):
        raise ValueError(f"its values are not those of a checkpoint ({different[0][:80]})")
    best = state.pop("best")
    if best is not None:
        if not isinstance(best, dict) or set(best) != {field.name for field in fields(Best)}:
            raise ValueError("its best weights are incomplete")
        best = Best(**best)
        _check_step(best.step, best.loss, best.weights)
    checkpoint = Checkpoint(**state, best=best)
    _check_step(checkpoint.step, checkpoint.loss, checkpoint.weights)
    if not isinstance(checkpoint.metrics, str) or not isinstance(checkpoint.variant, dict):
        raise ValueError("its metrics or its variant are damaged")
    if not isinstance(checkpoint.optimizer, dict):
        raise ValueError("its optimiser's state is damaged")
    if variant is not None:
        _check_fits(checkpoint, variant)
    return checkpoint


def _check_step(step: object, loss: object, weights: object) -> None:
    # Before the first recorded step, the loss is not a number.
    if type(step) is not int or step < 0 or type(loss) is not float:
        raise ValueError("its step or its loss is damaged")
    if not isinstance(weights, dict) or not all(isinstance(value, Tensor) for value in weights.values()):
        raise ValueError("its weights are damaged")


def _check_fits(checkpoint: Checkpoint, variant: VariantSpec) -> None:
    requested = variant.model_dump(mode="json")
    if different := sorted(key for key in requested if requested[key] != checkpoint.variant.get(key)):
        raise ValueError(f"it was made with other settings of {', '.join(different)}")
    best = checkpoint.best
    if checkpoint.step > variant.training.steps or (best is not None and best.step > checkpoint.step):
        raise ValueError("its step lies after the end of the training run")
    if best is not None and not math.isfinite(best.loss):
        raise ValueError("its best loss is not finite")
    network = build_network(variant)
    check_weights(checkpoint.weights, network.state_dict())
    if best is not None:
        check_weights(best.weights, network.state_dict())
    check_adam(checkpoint.optimizer, torch.optim.Adam(network.parameters()))
    if not _are_metrics(checkpoint.metrics):
        raise ValueError("its metrics are damaged")


def _are_metrics(text: str) -> bool:
    """Return whether a text is lines of JSON, each with a step and numbers by name."""
    try:
        lines = [json.loads(line) for line in text.splitlines()]
    except (ValueError, RecursionError):
        return False
    return all(
        isinstance(line, dict)
        and type(line.get("step")) is int
        and all(type(value) in (int, float) for value in line.values())
        for line in lines
    )


def _entries(manifest: Path) -> list[_Entry]:
    try:
        entries = [_Entry(**entry) for entry in json.loads(manifest.read_bytes())]
        for entry in entries:
            if not isinstance(entry.file, str) or not _FILE_NAME.fullmatch(entry.file):
                raise ValueError(f"{str(entry.file)[:80]!r} is not the name of a checkpoint")
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise TrainingError(
            f"{manifest}: not a list of checkpoints ({error}); delete {manifest.parent} to start from scratch"
        ) from error
    return entries
