from collections.abc import Callable

import numpy as np
import pytest
import torch

from hdrbatch.errors import TrainingError
from hdrbatch.imaging.response import parse_response
from hdrbatch.learning.data import BatchSource, TrainingScene, photographed
from hdrbatch.specs.training import InputSpec, VariantSpec

CPU = torch.device("cpu")
Make = Callable[..., VariantSpec]


def wall(radiance: float, height: int = 24, width: int = 20) -> TrainingScene:
    return TrainingScene("wall", np.full((height, width, 3), radiance, dtype=np.float32))


def test_a_batch_depends_on_seed_and_step_alone(lamps: TrainingScene, small_variant: Make) -> None:
    straight = BatchSource([lamps], small_variant(), CPU)
    for step in range(1, 4):
        expected = straight.batch(step)
    resumed = BatchSource([lamps], small_variant(), CPU).batch(3)

    assert torch.equal(resumed.photos_bnchw, expected.photos_bnchw)
    assert torch.equal(resumed.reference_bchw, expected.reference_bchw)


def test_other_steps_and_other_seeds_give_other_batches(lamps: TrainingScene, small_variant: Make) -> None:
    first = BatchSource([lamps], small_variant(seed=0), CPU).batch(1).reference_bchw
    next_step = BatchSource([lamps], small_variant(seed=0), CPU).batch(2).reference_bchw
    next_seed = BatchSource([lamps], small_variant(seed=1), CPU).batch(1).reference_bchw

    assert not torch.equal(first, next_step)
    assert not torch.equal(first, next_seed)


def test_every_step_has_noise_of_its_own(small_variant: Make) -> None:
    source = BatchSource([wall(0.2)], small_variant(ev_jitter=0), CPU)

    first, second = (source.batch(step) for step in (1, 2))

    assert torch.equal(first.reference_bchw, second.reference_bchw)
    assert not torch.equal(first.photos_bnchw, second.photos_bnchw)


def test_a_batch_leaves_the_global_generators_alone(lamps: TrainingScene, small_variant: Make) -> None:
    torch_before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002

    BatchSource([lamps], small_variant(), CPU).batch(1)

    assert torch.equal(torch.get_rng_state(), torch_before)
    assert np.array_equal(np.random.get_state()[1], numpy_before)  # noqa: NPY002


def test_photographs_of_a_known_radiance_are_the_quantised_response(small_variant: Make) -> None:
    variant = small_variant(mode="candidates", noise=False, ev_jitter=0)

    batch = BatchSource([wall(0.1)], variant, CPU).batch(1)

    assert batch.exposures == (0.25, 1.0, 4.0)
    expected = parse_response("srgb").apply(torch.tensor([0.025, 0.1, 0.4]))
    codes = torch.round(expected * 255) / 255
    torch.testing.assert_close(batch.photos_bnchw, codes[None, :, None, None, None].expand(2, 3, 3, 16, 16))


def test_radiance_counts_in_the_middle_photographs_exposure(
    small_variant: Make, generator: torch.Generator
) -> None:
    inputs = InputSpec(mode="candidates", ev=(-3, -1, 1))
    variant = small_variant(noise=False).model_copy(update={"inputs": inputs})

    batch = photographed(wall(0.2).reference_ev0[None], variant, generator)

    torch.testing.assert_close(batch.reference_bchw.unique(), torch.tensor([0.1]))
    assert batch.exposures[1] == 1
    middle = torch.round(parse_response("srgb").apply(torch.tensor(0.1)) * 255) / 255
    torch.testing.assert_close(batch.photos_bnchw[:, 1].unique(), middle[None])


def test_jitter_is_uniform_within_its_bounds_and_scales_radiance_before_the_camera(
    small_variant: Make,
) -> None:
    source = BatchSource([wall(0.1)], small_variant(ev_jitter=2, noise=False, batch=8), CPU)

    batches = [source.batch(step) for step in range(40)]

    radiance = torch.cat([batch.reference_bchw[:, 0, 0, 0] for batch in batches])
    stops = torch.log2(radiance / 0.1)
    assert stops.abs().max() <= 2
    assert stops.mean().abs() < 0.25
    assert stops.std().item() == pytest.approx(4 / 12**0.5, rel=0.1)
    photo = batches[0].photos_bnchw[:, 0, 0, 0, 0]
    signal = batches[0].reference_bchw[:, 0, 0, 0]
    torch.testing.assert_close(photo, parse_response("srgb").apply(signal), atol=0.5 / 255, rtol=0)


def test_noise_is_drawn_anew_for_every_photograph_of_a_bracket(
    small_variant: Make, generator: torch.Generator
) -> None:
    variant = small_variant(mode="candidates")

    photos = photographed(wall(0.2).reference_ev0[None], variant, generator).photos_bnchw[0]

    spread = photos.std(dim=(1, 2, 3))
    assert (spread > 0).all()
    middle, longest = (photo.flatten() - photo.mean() for photo in photos[1:])
    assert abs(torch.corrcoef(torch.stack([middle, longest]))[0, 1]) < 0.1


def test_crops_are_flipped_and_turned_in_all_eight_ways(small_variant: Make) -> None:
    pixels = np.random.default_rng(0).random((16, 16, 3), dtype=np.float32)
    source = BatchSource([TrainingScene("noise", pixels)], small_variant(ev_jitter=0, batch=32), CPU)
    ways = [np.rot90(flipped, k) for flipped in (pixels, pixels[:, ::-1]) for k in range(4)]

    crops = source.batch(1).reference_bchw.permute(0, 2, 3, 1).numpy()

    seen = [[index for index, way in enumerate(ways) if np.array_equal(crop, way)] for crop in crops]
    assert all(len(found) == 1 for found in seen)
    assert {found[0] for found in seen} == set(range(8))


def test_crops_reach_every_corner_of_every_scene(small_variant: Make) -> None:
    rows, columns = np.mgrid[:20, :18].astype(np.float32) + 1
    scenes = [TrainingScene(str(k), np.stack([rows, columns, 0 * rows + k], axis=-1)) for k in range(3)]
    source = BatchSource(scenes, small_variant(ev_jitter=0, batch=16), CPU)

    batches = torch.cat([source.batch(step).reference_bchw for step in range(10)])

    assert (batches[:, 0].min(), batches[:, 0].max()) == (1, 20)
    assert (batches[:, 1].min(), batches[:, 1].max()) == (1, 18)
    assert set(batches[:, 2].unique().tolist()) == {0, 1, 2}


def test_crops_shrink_to_the_smallest_picture(small_variant: Make) -> None:
    source = BatchSource([wall(0.1), wall(0.1, height=9)], small_variant(crop=128), CPU)

    assert source.batch(1).photos_bnchw.shape == (2, 1, 3, 9, 9)


def test_no_scenes_are_refused(small_variant: Make) -> None:
    with pytest.raises(TrainingError, match="no scene to train on: render more scenes, or hold out fewer"):
        BatchSource([], small_variant(), CPU)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_reference_that_is_not_finite_is_refused_with_the_scenes_name(value: float) -> None:
    with pytest.raises(TrainingError, match=r"scene wall: 1440 value\(s\) of the reference are not finite"):
        wall(value)


def test_a_reference_of_the_wrong_shape_is_refused() -> None:
    with pytest.raises(TrainingError, match=r"scene flat: the reference has shape \(4, 4\)"):
        TrainingScene("flat", np.zeros((4, 4), dtype=np.float32))
