"""Smoke test of the render image: it runs during the build, which fails if this fails."""

import os
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import boto3

from hdrbatch.blender.rendering import render_image
from hdrbatch.blender.sampling import RenderSettings
from hdrbatch.blender.session import blender_version
from hdrbatch.scenes.build import build_scene

SIDE = 16

if find_spec("torch") is not None:
    sys.exit("torch is in the render image; it belongs only in the train image")
build_scene("outdoor", 1)
settings = RenderSettings(width=SIDE, height=SIDE, max_bounces=4, seed=0, num_threads=1)
with tempfile.TemporaryDirectory() as scratch:
    # Raises if the picture is black, not finite or of the wrong size.
    radiance = render_image(settings, 1, Path(scratch))
print(
    f"Blender {blender_version()}, boto3 {boto3.__version__}, mean radiance {radiance.mean():.3g}", flush=True
)
# Blender can hang in its own clean-up after a render.
os._exit(0)
