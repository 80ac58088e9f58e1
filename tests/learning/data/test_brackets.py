"""Random exposures."""

import numpy as np
import pytest
from numpy.typing import NDArray

from hdrbatch.learning import data
from hdrbatch.learning.data import BatchSource, random_bracket, random_stops
from hdrbatch.learning.training_radiance import TrainingScene
from hdrbatch.specs.simulated_camera import TrainingCameraSpec
from hdrbatch.specs.variant import InputSpec, VariantSpec
from tests.learning.data.walls import CPU, EVERYTHING, LADDER, THREE, Make, Write


def drawn_evs(seed: int, variant: VariantSpec, middles_b: NDArray[np.float64]) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    stops_bn = random_stops(rng, variant.inputs, len(middles_b))
    return random_bracket(rng, variant, stops_bn, middles_b).evs_bn


def test_any_bracket_has_one_to_nine_photographs_of_rising_exposure(small_variant: Make) -> None:
    variant = small_variant(inputs={"brackets": "any", "ev": (-1.0, 1.0)}, ev_jitter=1, batch=3)

    middles_b = np.asarray([-1.0, 0.0, 2.0])
    brackets = [drawn_evs(seed, variant, middles_b) for seed in range(300)]

    counts = [evs_bn.shape[1] for evs_bn in brackets]
    assert set(counts) == set(range(1, 10))
    assert counts.count(1) > counts.count(3) > counts.count(9)
    for evs_bn in brackets:
        assert evs_bn.shape[0] == 3
        assert (np.diff(evs_bn, axis=1) > 0.1).all()
        assert (evs_bn[:, -1] - evs_bn[:, 0] < 14).all()
    found_b = np.mean([evs_bn[:, (evs_bn.shape[1] - 1) // 2] for evs_bn in brackets], axis=0)
    np.testing.assert_allclose(found_b, middles_b, atol=0.15)
    widths = [evs_bn[:, -1] - evs_bn[:, 0] for evs_bn in brackets if evs_bn.shape[1] == 3]
    assert np.std(np.concatenate(widths)) > 0.5


def test_any_brackets_are_photographed(lamps: TrainingScene, small_variant: Make, written: Write) -> None:
    source = BatchSource(written(lamps), small_variant(**EVERYTHING), CPU)

    batches = [source.batch(step) for step in range(30)]

    counts = {batch.photos_bnchw.shape[1] for batch in batches}
    assert len(counts) > 4
    for batch in batches:
        num_photos = batch.photos_bnchw.shape[1]
        assert batch.exposures_bn.shape == (4, num_photos)
        assert (batch.exposures_bn[:, (num_photos - 1) // 2] == 1).all()
        assert (batch.exposures_bn.diff(dim=1) >= 0).all()
        brightness = batch.photos_bnchw.mean(dim=(2, 3, 4))
        assert (brightness.diff(dim=1) > -0.05).all()


def test_fixed_brackets_are_those_of_the_inputs_by_rising_exposure(small_variant: Make) -> None:
    variant = small_variant(inputs={"ev": (4.0, -1.0, 0.0)}, ev_jitter=0)

    rng = np.random.default_rng(0)

    stops_bn = random_stops(rng, variant.inputs, 2)
    found = random_bracket(rng, variant, stops_bn, np.asarray([0.0, -2.5]))

    np.testing.assert_array_equal(found.evs_bn, [[-1, 0, 4], [-3.5, -2.5, 1.5]])
    np.testing.assert_array_equal(found.errors_bn, 0)


def test_the_bracket_of_a_test_is_that_of_the_inputs_whatever_training_draws() -> None:
    inputs = InputSpec(brackets="any", ev=(2.0, -2.0))

    found = data.tested_bracket(
        np.random.default_rng(0), inputs, TrainingCameraSpec(exposure_error_stops=0.2)
    )

    np.testing.assert_array_equal(found.evs_bn, [[-2, 2]])
    assert (found.errors_bn != 0).all()


def test_half_of_the_crops_are_exposed_so_that_a_share_of_their_scene_clips(
    small_variant: Make, written: Write
) -> None:
    # Brightness is spread evenly up to 1 in one scene and up to 2 in the other.
    scenes = []
    for brightness in (1.0, 2.0):
        pixels = np.random.default_rng(0).permutation(np.linspace(0, brightness, 24 * 20)).reshape(24, 20, 1)
        scenes.append(TrainingScene("lit", (pixels * np.ones(3)).astype(np.float32)))
    variant = small_variant(inputs=THREE, ev_jitter=0, batch=8, clipped_share=(0.1, 0.4))
    source = BatchSource(written(*scenes), variant, CPU)

    prepared = [source.prepare(step) for step in range(60)]

    middles = np.concatenate([one.bracket.middle_evs_b for one in prepared])
    by_share = middles[middles != 0]
    assert len(by_share) / len(middles) == pytest.approx(0.5, abs=0.06)
    # In half of them it clips in the middle photograph, in half in the shortest, two stops below.
    middle_levels = 2.0**-by_share
    in_the_shortest = middle_levels < 0.5
    assert in_the_shortest.mean() == pytest.approx(0.5, abs=0.08)
    # A tenth lies above 0.9 or 1.8, and four tenths above 0.6 or 1.2.
    for levels in (middle_levels[~in_the_shortest], 4 * middle_levels[in_the_shortest]):
        assert levels.min() >= 0.59
        assert 0.9 < levels.max() <= 1.81
        assert ((levels > 0.91) & (levels < 1.19)).sum() == 0
    for one in prepared:
        np.testing.assert_allclose(one.bracket.stops_from_middle_bn, [LADDER] * 8, atol=1e-12)
