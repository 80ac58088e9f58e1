"""Random cameras."""

import numpy as np
import pytest
import torch

from hdrbatch.imaging.jpeg import jpeg_compressed
from hdrbatch.imaging.response import parse_response
from hdrbatch.learning.data import BatchSource, drawn_camera, inverting_curve
from hdrbatch.learning.training_radiance import TrainingScene
from hdrbatch.specs.simulated_camera import TrainingCameraSpec
from hdrbatch.specs.variant import InputSpec
from tests.learning.data.walls import CPU, THREE, Make, Write, wall


def test_exposure_errors_change_what_is_stated_and_nothing_else(
    lamps: TrainingScene, small_variant: Make, written: Write
) -> None:
    scenes = written(lamps)
    true, stated = (
        BatchSource(scenes, small_variant(inputs=THREE, camera={"exposure_error_stops": error}, batch=8), CPU)
        for error in (0.0, 0.3)
    )

    errors = []
    for step in range(20):
        exact, batch = true.batch(step), stated.batch(step)
        assert torch.equal(batch.photos_bnchw, exact.photos_bnchw)
        assert torch.equal(batch.reference_bchw, exact.reference_bchw)
        assert (batch.exposures_bn[:, 1] == 1).all()
        assert (batch.exposures_bn.diff(dim=1) > 0).all()
        errors.append(torch.log2(batch.exposures_bn / exact.exposures_bn)[:, ::2])
    # The error of a ratio is that of two photographs.
    assert torch.cat(errors).std().item() == pytest.approx(0.3 * 2**0.5, rel=0.15)


def test_jpeg_is_applied_with_a_quality_of_its_range(
    lamps: TrainingScene, small_variant: Make, written: Write
) -> None:
    scenes = written(lamps)
    camera = {"jpeg_quality": (60, 62)}
    plain = BatchSource(scenes, small_variant(batch=1), CPU)
    compressed = BatchSource(scenes, small_variant(batch=1, camera=camera), CPU)

    qualities = set()
    for step in range(1, 13):
        found, photo = compressed.batch(step).photos_bnchw[0, 0], plain.batch(step).photos_bnchw[0, 0]
        fitting = {
            quality
            for quality in (60, 61, 62)
            if torch.allclose(found, jpeg_compressed(photo, quality, channel_axis=0), atol=1e-4)
        }
        assert fitting
        qualities |= fitting
    assert qualities == {60, 61, 62}


def test_varied_curves_differ_between_the_items_of_a_batch_and_between_steps(
    small_variant: Make, written: Write
) -> None:
    variant = small_variant(camera={"response": "varied", "noise": False}, ev_jitter=0, batch=6)
    source = BatchSource(written(wall(0.2)), variant, CPU)

    codes = [source.batch(step).photos_bnchw[:, 0, 0, 0, 0] for step in range(10)]

    assert max(len(found.unique()) for found in codes) >= 5
    assert len({tuple(found.tolist()) for found in codes}) > 3


def test_one_camera_draws_nothing() -> None:
    rng = np.random.default_rng(0)

    camera = drawn_camera(rng, TrainingCameraSpec(), 3)

    assert camera.curves is None
    assert camera.jpeg_quality is None
    assert rng.random() == np.random.default_rng(0).random()


@pytest.mark.parametrize("told", ["known", "calibrated"])
def test_a_known_response_is_the_cameras_own_and_any_other_is_assumed(told: str) -> None:
    own = parse_response("gamma:1.9")

    assert inverting_curve(InputSpec(response=told), own) is own
    assert inverting_curve(InputSpec(response="gamma:2.2"), own) == parse_response("gamma:2.2")
