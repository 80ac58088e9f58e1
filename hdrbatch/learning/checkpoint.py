"""Checkpoints: everything that a training needs to go on as if it had never stopped.

A folder holds the last two, and ``latest.json`` that names them, newest first, with their SHA-256; it is
written last, so that whatever it names is whole. No generator's state is kept: what a step draws depends on
its number alone (``hdrbatch.learning.randomness``).
"""

import hashlib
import io
import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hdrbatch.errors import TrainingError
from hdrbatch.local_files import write_whole
from hdrbatch.provenance.versions import version_of

MANIFEST = "latest.json"
NUM_KEPT = 2

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Best:
    """The weights that did best on the validation scenes so far, after ``step`` steps."""

    step: int
    loss: float
    weights: dict[str, Tensor]


@dataclass(frozen=True)
class Checkpoint:
    """The state of a training after ``step`` steps.

    Attributes
    ----------
    step : int
        Optimisation steps done.
    loss : float
        The last that was recorded.
    variant : dict
        The variant in JSON's terms, to refuse resuming another one's training.
    weights, optimizer : dict
        State dictionaries.
    metrics : str
        The lines of metrics.jsonl so far, so that a resumed file holds each step once.
    best : Best or None
        None where nothing was validated yet.
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
    """Write a checkpoint, then the manifest, then remove all but the last two; return the manifest's path."""
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


def load_checkpoint(folder: Path) -> Checkpoint | None:
    """Return the newest whole checkpoint of a folder, or None when none was ever written there.

    One that is missing or damaged is passed over, with a warning, for the one before it.

    Raises
    ------
    TrainingError
        When checkpoints were written but none is whole.
    """
    manifest = folder / MANIFEST
    if not manifest.exists():
        return None
    entries = _entries(manifest)
    for entry in entries:
        path = folder / entry.file
        if not path.exists():
            log.warning("%s: the checkpoint is missing; trying the one before it", path)
            continue
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != entry.sha256:
            log.warning("%s: the checkpoint is damaged (SHA-256 differs); trying the one before it", path)
            continue
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        if state.pop("version") != version_of("checkpoint"):
            raise TrainingError(
                f"{path}: written by another version of hdrbatch: remove {folder} to start anew"
            )
        best = state.pop("best")
        return Checkpoint(**state, best=Best(**best) if best is not None else None)
    raise TrainingError(
        f"{manifest} names {len(entries)} checkpoint(s), but none of them is whole: "
        f"remove {folder} to start anew"
    )


def _entries(manifest: Path) -> list[_Entry]:
    try:
        return [_Entry(**entry) for entry in json.loads(manifest.read_bytes())]
    except (ValueError, TypeError) as error:
        raise TrainingError(
            f"{manifest}: not a list of checkpoints ({error}): remove {manifest.parent} to start anew"
        ) from error
