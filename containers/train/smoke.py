"""Smoke test of the train image: it runs during the build, which fails if this fails."""

import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import boto3
import numpy as np
import torch

from hdrbatch.learning.loop import Reporting, train
from hdrbatch.learning.model import load_model
from hdrbatch.learning.training_radiance import SceneSet, TrainingScene
from hdrbatch.specs.variant import NetworkSpec, TrainingSpec, VariantSpec

if find_spec("bpy") is not None:
    sys.exit("bpy is in the train image; it belongs only in the render image")
ramp_hw3 = np.linspace(0.01, 4.0, 16 * 16 * 3, dtype=np.float32).reshape(16, 16, 3)
variant = VariantSpec(
    network=NetworkSpec(width=4, depth=1),
    training=TrainingSpec(steps=1, batch=1, crop=16, validation_scenes=0),
)
with tempfile.TemporaryDirectory() as directory:
    # Raises if the loss is not finite.
    result = train(
        SceneSet.write(Path(directory) / "training.f32", [TrainingScene("ramp", ramp_hw3)]),
        SceneSet.write(Path(directory) / "validation.f32", []),
        variant,
        Path(directory),
        device="cpu",
        num_threads=1,
        resume=None,
        reporting=Reporting(),
    )
    load_model(result.model_path, torch.device("cpu"))
print(
    f"torch {torch.__version__} (CUDA {torch.version.cuda}), boto3 {boto3.__version__}, "
    f"best step {result.best_step}"
)
