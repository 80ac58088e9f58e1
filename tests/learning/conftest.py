from collections.abc import Callable

import numpy as np
import pytest
import torch

from hdrbatch.learning.data import TrainingScene
from hdrbatch.specs.camera import CameraSpec
from hdrbatch.specs.training import InputSpec, NetworkSpec, TrainingSpec, VariantSpec


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def lamps() -> TrainingScene:
    """Round lamps with soft edges, up to 8 times what saturates EV 0, before a dim wall with a gradient."""
    rows, columns = np.mgrid[:48, :64].astype(np.float32)
    luminance = 0.05 + 0.3 * columns / 64
    for top, left in ((12, 15), (30, 40), (18, 55)):
        luminance += 8.0 * np.exp(-((rows - top) ** 2 + (columns - left) ** 2) / 18.0)
    tint = np.array([1.0, 0.9, 0.7], dtype=np.float32)
    return TrainingScene("lamps", (luminance[..., None] * tint).astype(np.float32))


@pytest.fixture
def small_variant() -> Callable[..., VariantSpec]:
    """Make a variant that trains in milliseconds; keywords of the training, network and inputs change it."""

    def make(
        *,
        mode: str = "ldr",
        output: str = "residual",
        dropout: float = 0.0,
        noise: bool = True,
        **training: float,
    ) -> VariantSpec:
        settings = {
            "steps": 6,
            "batch": 2,
            "crop": 16,
            "learning_rate": 1e-3,
            "log_every": 1,
            "ev_jitter": 0.5,
        }
        return VariantSpec(
            inputs=InputSpec.model_validate({"mode": mode, "ev": (0,) if mode == "ldr" else (-2, 0, 2)}),
            network=NetworkSpec.model_validate(
                {"width": 4, "depth": 2, "dropout": dropout, "output": output}
            ),
            training=TrainingSpec.model_validate({**settings, **training}),
            camera=CameraSpec(noise=noise),
        )

    return make


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(3)
