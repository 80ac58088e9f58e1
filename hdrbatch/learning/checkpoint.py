"""Checkpoints: everything that a training run needs to resume as if it had never stopped.

A folder holds the last two checkpoints and ``latest.json``, which lists them, newest first, with their
SHA-256. ``latest.json`` is written last, so every file that it lists is complete. No generator's state is
saved: the random numbers of a step depend on its number alone (``hdrbatch.learning.randomness``).
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


def load_checkpoint(folder: Path) -> Checkpoint | None:
    """Return the newest intact checkpoint of a folder, or None if there is none.

    A missing or damaged checkpoint is skipped with a warning.

    Raises
    ------
    TrainingError
        If checkpoints are listed but none is intact.
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
                f"{path}: written by another version of hdrbatch; delete {folder} to start from scratch"
            )
        best = state.pop("best")
        return Checkpoint(**state, best=Best(**best) if best is not None else None)
    raise TrainingError(
        f"{manifest}: none of the {len(entries)} listed checkpoint(s) is intact; "
        f"delete {folder} to start from scratch"
    )


def _entries(manifest: Path) -> list[_Entry]:
    try:
        return [_Entry(**entry) for entry in json.loads(manifest.read_bytes())]
    except (ValueError, TypeError) as error:
        raise TrainingError(
            f"{manifest}: not a list of checkpoints ({error}); delete {manifest.parent} to start from scratch"
        ) from error
