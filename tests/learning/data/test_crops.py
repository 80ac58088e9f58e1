"""Positions of crops, and their brightness."""

import numpy as np
import pytest
import torch

from hdrbatch.errors import TrainingError
from hdrbatch.imaging.response import parse_response
from hdrbatch.learning.data import BatchSource
from hdrbatch.learning.training_radiance import TrainingScene
from tests.learning.data.walls import CPU, THREE, Make, Write, wall


def test_jitter_is_uniform_within_its_bounds_and_scales_radiance_before_the_camera(
    small_variant: Make, written: Write
) -> None:
    variant = small_variant(camera={"noise": False}, ev_jitter=2, batch=8)
    source = BatchSource(written(wall(0.1)), variant, CPU)

    batches = [source.batch(step) for step in range(40)]

    radiance = torch.cat([batch.reference_bchw[:, 0, 0, 0] for batch in batches])
    stops = torch.log2(radiance / 0.1)
    assert stops.abs().max() <= 2
    assert stops.mean().abs() < 0.25
    assert stops.std().item() == pytest.approx(4 / 12**0.5, rel=0.1)
    photo = batches[0].photos_bnchw[:, 0, 0, 0, 0]
    signal = batches[0].reference_bchw[:, 0, 0, 0]
    torch.testing.assert_close(photo, parse_response("srgb").apply(signal), atol=0.5 / 255, rtol=0)


def test_jitter_leaves_the_stops_between_photographs(small_variant: Make, written: Write) -> None:
    batch = BatchSource(written(wall(0.1)), small_variant(inputs=THREE, ev_jitter=2), CPU).batch(1)

    torch.testing.assert_close(batch.exposures_bn, torch.tensor([[0.25, 1.0, 4.0]] * 2))


def test_crops_are_flipped_and_turned_in_all_eight_ways(small_variant: Make, written: Write) -> None:
    pixels = np.random.default_rng(0).random((16, 16, 3), dtype=np.float32)
    source = BatchSource(written(TrainingScene("noise", pixels)), small_variant(ev_jitter=0, batch=32), CPU)
    ways = [np.rot90(flipped, k) for flipped in (pixels, pixels[:, ::-1]) for k in range(4)]

    crops = source.batch(1).reference_bchw.permute(0, 2, 3, 1).numpy()

    seen = [[index for index, way in enumerate(ways) if np.array_equal(crop, way)] for crop in crops]
    assert all(len(found) == 1 for found in seen)
    assert {found[0] for found in seen} == set(range(8))


@pytest.mark.parametrize("margin", [0, 2])
def test_crops_reach_every_corner_of_every_scene_but_for_the_margin_of_misalignment(
    small_variant: Make, written: Write, margin: int
) -> None:
    rows, columns = np.mgrid[:24, :22].astype(np.float32) + 1
    scenes = [TrainingScene(str(k), np.stack([rows, columns, 0 * rows + k], axis=-1)) for k in range(3)]
    variant = small_variant(ev_jitter=0, batch=16, camera={"misalignment_px": margin})
    source = BatchSource(written(*scenes), variant, CPU)

    batches = torch.cat([source.batch(step).reference_bchw for step in range(10)])

    assert (batches[:, 0].min(), batches[:, 0].max()) == (1 + margin, 24 - margin)
    assert (batches[:, 1].min(), batches[:, 1].max()) == (1 + margin, 22 - margin)
    assert set(batches[:, 2].unique().tolist()) == {0, 1, 2}


def test_crops_shrink_to_the_smallest_picture(small_variant: Make, written: Write) -> None:
    scenes = written(wall(0.1), wall(0.1, height=9))

    assert BatchSource(scenes, small_variant(crop=128), CPU).batch(1).photos_bnchw.shape == (2, 1, 3, 9, 9)
    shifted = small_variant(crop=128, camera={"misalignment_px": 2})
    assert BatchSource(scenes, shifted, CPU).batch(1).photos_bnchw.shape == (2, 1, 3, 5, 5)


def test_no_scenes_are_rejected(small_variant: Make, written: Write) -> None:
    with pytest.raises(TrainingError, match="no scene to train on; render more scenes, or hold out fewer"):
        BatchSource(written(), small_variant(), CPU)


def test_a_shift_that_leaves_nothing_of_a_picture_is_rejected(small_variant: Make, written: Write) -> None:
    with pytest.raises(
        TrainingError,
        match=r"camera.misalignment_px: 10 is too much for pictures of 20 pixels; use less than 10",
    ):
        BatchSource(written(wall(0.1)), small_variant(camera={"misalignment_px": 10}), CPU)
