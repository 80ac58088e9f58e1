from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from hdrbatch.learning.training_radiance import SceneSet, TrainingScene
from hdrbatch.specs.simulated_camera import TrainingCameraSpec
from hdrbatch.specs.variant import InputSpec, NetworkSpec, TrainingSpec, VariantSpec

NOTHING: Mapping[str, Any] = {}


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def lamps() -> TrainingScene:
    """Round soft-edged lamps, up to 8 times saturation at EV 0, in front of a dim wall with a gradient."""
    rows, columns = np.mgrid[:48, :64].astype(np.float32)
    luminance = 0.05 + 0.3 * columns / 64
    for top, left in ((12, 15), (30, 40), (18, 55)):
        luminance += 8.0 * np.exp(-((rows - top) ** 2 + (columns - left) ** 2) / 18.0)
    tint = np.array([1.0, 0.9, 0.7], dtype=np.float32)
    return TrainingScene("lamps", (luminance[..., None] * tint).astype(np.float32))


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., SceneSet]:
    """Write scenes to a new set."""
    number = count()
    return lambda *scenes: SceneSet.write(tmp_path / f"scenes-{next(number)}.f32", scenes)


@pytest.fixture
def small_variant() -> Callable[..., VariantSpec]:
    """Return a variant that trains in milliseconds; further keywords are those of the training."""

    def make(
        *,
        inputs: Mapping[str, Any] = NOTHING,
        network: Mapping[str, Any] = NOTHING,
        camera: Mapping[str, Any] = NOTHING,
        **training: Any,
    ) -> VariantSpec:
        quick = {
            "steps": 6,
            "batch": 2,
            "crop": 16,
            "learning_rate": 1e-3,
            "log_every": 1,
            "ev_jitter": 0.5,
            "clipped_share": None,
        }
        return VariantSpec(
            inputs=InputSpec.model_validate(inputs),
            network=NetworkSpec.model_validate({"width": 4, "depth": 2, **network}),
            training=TrainingSpec.model_validate({**quick, **training}),
            camera=TrainingCameraSpec.model_validate(camera),
        )

    return make


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(3)
