"""Plain scenes to photograph."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from hdrbatch.learning.training_radiance import SceneSet, TrainingScene
from hdrbatch.specs.variant import VariantSpec

CPU = torch.device("cpu")


Make = Callable[..., VariantSpec]


Write = Callable[..., SceneSet]


LADDER = (-2.0, 0.0, 2.0)


THREE = {"ev": LADDER}


STILL_CAMERA = {"noise": False, "response": "linear"}


EVERYTHING: dict[str, Any] = {
    "inputs": {"brackets": "any", "ev": LADDER, "response": "known"},
    "camera": {
        "response": "varied",
        "jpeg_quality": (80, 95),
        "exposure_error_stops": 0.1,
        "misalignment_px": 3,
    },
    "batch": 4,
    "clipped_share": (0.02, 0.3),
}
"""Every setting that a camera can vary."""


def wall(radiance: float, height: int = 24, width: int = 20) -> TrainingScene:
    return TrainingScene("wall", np.full((height, width, 3), radiance, dtype=np.float32))


def moving_wall() -> TrainingScene:
    """A scene with a different radiance in each exposure and in the reference."""
    colours = {-2.0: 0.1, 0.0: 0.2, 2.0: 0.05}
    return TrainingScene(
        "moving", wall(0.15).reference_ev0, {ev: wall(v).reference_ev0 for ev, v in colours.items()}
    )


def noise_scene(side: int = 24, name: str = "noise") -> TrainingScene:
    return TrainingScene(name, np.random.default_rng(0).random((side, side, 3), dtype=np.float32))
