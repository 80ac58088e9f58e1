"""Determinism of batches, and their shares in several processes."""

from typing import Any

import numpy as np
import pytest
import torch

from hdrbatch.errors import TrainingError
from hdrbatch.learning.data import BatchSource
from hdrbatch.learning.photography import Batch
from hdrbatch.learning.training_radiance import SceneSet, TrainingScene
from tests.learning.data.walls import CPU, EVERYTHING, Make, Write, moving_wall, noise_scene, wall


def assert_same(first: Batch, second: Batch) -> None:
    assert torch.equal(first.photos_bnchw, second.photos_bnchw)
    assert torch.equal(first.exposures_bn, second.exposures_bn)
    assert torch.equal(first.reference_bchw, second.reference_bchw)
    assert torch.equal(first.ev0_per_unit_b111, second.ev0_per_unit_b111)


@pytest.mark.parametrize("settings", [{}, EVERYTHING], ids=["plain", "everything"])
def test_a_batch_depends_on_seed_and_step_alone(
    lamps: TrainingScene, small_variant: Make, written: Write, settings: dict[str, Any]
) -> None:
    scenes, variant = written(lamps, moving_wall()), small_variant(**settings)
    straight = BatchSource(scenes, variant, CPU)
    for step in range(1, 6):
        expected = straight.batch(step)

    assert_same(BatchSource(scenes, variant, CPU).batch(5), expected)


def test_other_steps_and_other_seeds_give_other_batches(
    lamps: TrainingScene, small_variant: Make, written: Write
) -> None:
    scenes = written(lamps)
    first = BatchSource(scenes, small_variant(seed=0), CPU).batch(1).reference_bchw
    next_step = BatchSource(scenes, small_variant(seed=0), CPU).batch(2).reference_bchw
    next_seed = BatchSource(scenes, small_variant(seed=1), CPU).batch(1).reference_bchw

    assert not torch.equal(first, next_step)
    assert not torch.equal(first, next_seed)


def test_every_step_and_every_item_has_its_own_noise(small_variant: Make, written: Write) -> None:
    source = BatchSource(written(wall(0.2)), small_variant(ev_jitter=0), CPU)

    first, second = (source.batch(step) for step in (1, 2))

    assert torch.equal(first.reference_bchw, second.reference_bchw)
    assert not torch.equal(first.photos_bnchw, second.photos_bnchw)
    assert not torch.equal(first.photos_bnchw[0], first.photos_bnchw[1])


def test_a_batch_leaves_the_global_generators_alone(
    lamps: TrainingScene, small_variant: Make, written: Write
) -> None:
    torch_before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002

    BatchSource(written(lamps), small_variant(**EVERYTHING), CPU).batch(1)

    assert torch.equal(torch.get_rng_state(), torch_before)
    assert np.array_equal(np.random.get_state()[1], numpy_before)  # noqa: NPY002


@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize("settings", [{"batch": 4}, EVERYTHING], ids=["plain", "everything"])
def test_the_shares_of_all_processes_are_the_batch_of_one(
    lamps: TrainingScene, small_variant: Make, written: Write, count: int, settings: dict[str, Any]
) -> None:
    scenes, variant = written(lamps, moving_wall(), noise_scene()), small_variant(**settings)
    sources = [BatchSource(scenes, variant, CPU, rank=rank, num_processes=count) for rank in range(count)]
    whole = BatchSource(scenes, variant, CPU)

    for step in (1, 2, 3):
        expected, shares = whole.batch(step), [source.batch(step) for source in sources]
        for name in ("photos_bnchw", "exposures_bn", "reference_bchw", "ev0_per_unit_b111"):
            assert torch.equal(torch.cat([getattr(share, name) for share in shares]), getattr(expected, name))
        inverted = [share.curve.invert(share.photos_bnchw[:, 0]) for share in shares]
        torch.testing.assert_close(torch.cat(inverted), expected.curve.invert(expected.photos_bnchw[:, 0]))


def test_a_batch_that_cannot_be_shared_is_rejected(small_variant: Make, written: Write) -> None:
    with pytest.raises(
        TrainingError,
        match=r"training.batch: 3 processes cannot share a batch of 4 evenly; use a multiple of 3",
    ):
        BatchSource(written(wall(0.1)), small_variant(batch=4), CPU, num_processes=3)


@pytest.mark.parametrize("settings", [{}, EVERYTHING], ids=["plain", "everything"])
def test_radiance_that_the_device_cannot_hold_gives_the_same_batches(
    lamps: TrainingScene,
    small_variant: Make,
    written: Write,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, Any],
) -> None:
    scenes, variant = written(lamps, moving_wall()), small_variant(**settings)
    held = BatchSource(scenes, variant, CPU)
    monkeypatch.setattr(SceneSet, "load", lambda *_: False)
    # There is no memory to pin without a GPU.
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: tensor)
    ahead = BatchSource(scenes, variant, CPU)

    # In order, as in training; then out of order, so that the batch prepared ahead is not the next one.
    for step in (1, 2, 3, 9, 2):
        assert_same(ahead.batch(step), held.batch(step))
