"""Moving and misaligned scenes."""

import numpy as np
import pytest
import torch

from hdrbatch.learning.data import BatchSource
from hdrbatch.learning.training_radiance import TrainingScene
from tests.learning.data.walls import CPU, STILL_CAMERA, THREE, Make, Write, moving_wall, noise_scene, wall


def test_photographs_of_a_moving_scene_show_its_exposures_and_the_reference_the_sharp_picture(
    small_variant: Make, written: Write
) -> None:
    variant = small_variant(inputs=THREE, camera=STILL_CAMERA, ev_jitter=0)

    batch = BatchSource(written(moving_wall()), variant, CPU).batch(1)

    assert (batch.reference_bchw == 0.15).all()
    # Radiance times exposure: 0.1 / 4, 0.2, 0.05 * 4.
    expected = torch.round(torch.tensor([0.025, 0.2, 0.2]) * 255) / 255
    torch.testing.assert_close(batch.photos_bnchw[:, :, 0, 0, 0], expected.expand(2, 3))


def test_the_nearest_exposure_of_a_moving_scene_is_taken_whatever_the_jitter(
    small_variant: Make, written: Write
) -> None:
    inputs = {"ev": (-5.0, -3.5, -2.0)}
    variant = small_variant(inputs=inputs, camera=STILL_CAMERA, ev_jitter=0.5)

    batch = BatchSource(written(moving_wall()), variant, CPU).batch(1)

    # Stops count from the middle photograph, -3.5: the others are 1.5 off, closest to -2 and 2.
    radiance = batch.photos_bnchw / batch.exposures_bn[:, :, None, None, None]
    seen = radiance * batch.ev0_per_unit_b111[:, None]
    torch.testing.assert_close(
        seen[:, :, 0, 0, 0], torch.tensor([0.1, 0.2, 0.05]).expand(2, 3), rtol=0.25, atol=0
    )


def test_motion_can_be_switched_off(small_variant: Make, written: Write) -> None:
    camera = {**STILL_CAMERA, "motion": False}
    variant = small_variant(inputs={"ev": (0.0, 1.0)}, camera=camera, ev_jitter=0)

    batch = BatchSource(written(moving_wall()), variant, CPU).batch(1)

    assert batch.photos_bnchw[0, :, 0, 0, 0].tolist() == pytest.approx([0.15, 0.3], abs=0.5 / 255)


def test_still_and_moving_scenes_share_a_batch(small_variant: Make, written: Write) -> None:
    variant = small_variant(inputs=THREE, camera=STILL_CAMERA, ev_jitter=0, batch=16)

    batch = BatchSource(written(moving_wall(), wall(0.12)), variant, CPU).batch(1)

    moving = batch.reference_bchw[:, 0, 0, 0] == 0.15
    assert 0 < moving.sum() < 16
    for is_moving, signals in ((moving, [0.025, 0.2, 0.2]), (~moving, [0.03, 0.12, 0.48])):
        found = batch.photos_bnchw[is_moving][:, :, 0, 0, 0]
        expected = torch.round(torch.tensor(signals) * 255) / 255
        torch.testing.assert_close(found, expected.expand_as(found))


def test_misalignment_shifts_all_photographs_but_the_middle_one(small_variant: Make, written: Write) -> None:
    # Every pixel has a unique value, which shows where it comes from.
    places = (np.arange(28 * 28, dtype=np.float32).reshape(28, 28, 1) + 1) / 1000 * np.ones(3, np.float32)
    variant = small_variant(
        inputs={"ev": (-0.5, 0.0, 0.5)}, camera={"misalignment_px": 4}, ev_jitter=0, batch=8
    )
    source = BatchSource(written(TrainingScene("places", places)), variant, CPU)

    shifts = []
    for step in range(12):
        prepared = source.prepare(step)
        before, middle, after = prepared.sources_nbchw
        assert torch.equal(middle, prepared.reference_bchw)
        for shifted in (before, after):
            difference = torch.round((shifted - middle)[:, 0] * 1000)
            # A shift is the same all over the crop.
            assert (difference == difference[:, :1, :1]).all()
            shifts += [divmod(int(value) + 4 + 4 * 28, 28) for value in difference[:, 0, 0]]

    rows, columns = np.asarray(shifts).T - 4
    assert set(rows) == set(columns) == set(range(-4, 5))


def test_a_moving_scene_is_misaligned_as_well(small_variant: Make, written: Write) -> None:
    exposures = {ev: noise_scene().reference_ev0 * factor for ev, factor in ((-2.0, 2), (0.0, 3), (2.0, 4))}
    scene = TrainingScene("moving", noise_scene().reference_ev0, exposures)
    variant = small_variant(inputs=THREE, camera={"misalignment_px": 3}, ev_jitter=0, batch=4)

    prepared = BatchSource(written(scene), variant, CPU).prepare(1)

    before, middle, after = prepared.sources_nbchw
    torch.testing.assert_close(middle, 3 * prepared.reference_bchw)
    for shifted, factor in ((before, 2), (after, 4)):
        assert not torch.allclose(shifted, factor * prepared.reference_bchw)
        assert shifted.min() < 0.1 * factor
        assert 0.5 * factor < shifted.max() <= factor


def test_a_single_photograph_of_a_moving_scene_is_taken_of_its_own_exposure(
    small_variant: Make, written: Write
) -> None:
    reference = noise_scene().reference_ev0
    moving = TrainingScene("moving", reference, {0.0: 3 * reference})
    variant = small_variant(inputs={"ev": (0.0,)}, ev_jitter=0, batch=4)

    prepared = BatchSource(written(moving), variant, CPU).prepare(1)

    (source,) = prepared.sources_nbchw
    torch.testing.assert_close(source, 3 * prepared.reference_bchw)
