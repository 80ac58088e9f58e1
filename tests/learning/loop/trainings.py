"""A small training run and its results."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from hdrbatch.learning.checkpoint import Checkpoint, load_checkpoint
from hdrbatch.learning.loop import Reporting, TrainingResult, train
from hdrbatch.learning.model import load_model
from hdrbatch.learning.training_radiance import SceneSet
from hdrbatch.specs.variant import VariantSpec

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
"""Every setting that makes training draw random numbers."""


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
