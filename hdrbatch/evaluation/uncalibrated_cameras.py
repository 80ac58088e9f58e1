"""Test photographs by uncalibrated cameras: every scene has its own random camera.

The camera of a scene is the same for all variants, so that they can be compared.
"""

import hashlib

import numpy as np
import torch
from numpy.typing import NDArray

from hdrbatch.evaluation.evaluation_scene import EvaluationScene
from hdrbatch.imaging.variance_merge import CAMERA
from hdrbatch.learning.data import drawn_camera, tested_bracket
from hdrbatch.learning.photography import photographed
from hdrbatch.learning.randomness import Stream, numpy_generator, torch_generator
from hdrbatch.specs.simulated_camera import REAL_CAMERAS
from hdrbatch.specs.variant import InputSpec

CPU = torch.device("cpu")


def photograph_with_random_camera(
    scene: str, reference_ev0: NDArray[np.float32], inputs: InputSpec
) -> EvaluationScene:
    """Photograph a scene with a response curve, JPEG and errors of the stated times drawn from its name.

    Parameters
    ----------
    scene : str
        Id of the scene.
    reference_ev0 : (H, W, 3) float32, EV 0 units
        Ground truth.
    inputs : InputSpec
        Its EVs are the exposures.
    """
    seed = int.from_bytes(hashlib.sha256(scene.encode()).digest()[:4], "big")
    rng = numpy_generator(seed, Stream.TEST_CAMERA)
    camera, bracket = drawn_camera(rng, REAL_CAMERAS, 1), tested_bracket(rng, inputs, REAL_CAMERAS)
    noise = torch_generator(seed, Stream.TEST_NOISE, device=CPU)
    radiance_bchw = torch.from_numpy(np.ascontiguousarray(reference_ev0.transpose(2, 0, 1)))[None]
    batch = photographed(radiance_bchw, [radiance_bchw], bracket, camera, REAL_CAMERAS, [noise])
    assert camera.curves is not None
    return EvaluationScene(
        scene,
        tuple(float(ev) for ev in bracket.evs_bn[0]),
        [photo.permute(1, 2, 0).contiguous().numpy() for photo in batch.photos_bnchw[0]],
        reference_ev0,
        camera.curves.single(),
        tuple(float(exposure) for exposure in bracket.stated_exposures_bn[0]),
        CAMERA,
    )
