"""Test photographs as cameras take them that nobody calibrated: every scene has a camera of its own.

The camera of a scene is the same for all variants, so that they compare.
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


def photographed_by_a_real_camera(
    scene: str, reference_ev0: NDArray[np.float32], inputs: InputSpec
) -> EvaluationScene:
    """Photograph a scene with a response curve, JPEG and errors of the stated times drawn by its name.

    Parameters
    ----------
    scene : str
        Its id.
    reference_ev0 : (H, W, 3) float32, EV 0 units
    inputs : InputSpec
        The exposures.
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
