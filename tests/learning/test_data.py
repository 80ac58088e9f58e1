from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from hdrbatch.errors import TrainingError
from hdrbatch.imaging.jpeg import jpeg_compressed
from hdrbatch.imaging.response import parse_response
from hdrbatch.learning import data
from hdrbatch.learning.data import BatchSource, drawn_camera, inverting_curve, random_bracket, random_stops
from hdrbatch.learning.photography import Batch
from hdrbatch.learning.training_radiance import SceneSet, TrainingScene
from hdrbatch.specs.simulated_camera import TrainingCameraSpec
from hdrbatch.specs.variant import InputSpec, VariantSpec

CPU = torch.device("cpu")
Make = Callable[..., VariantSpec]
Write = Callable[..., SceneSet]
LADDER = (-2.0, 0.0, 2.0)
THREE = {"ev": LADDER}
STILL_CAMERA = {"noise": False, "response": "linear"}
EVERYTHING: dict[str, Any] = {
    "inputs": {"brackets": "any", "ev": LADDER, "response": "known"},
    "camera": {
        "response": "varied",
        "jpeg_quality": (80, 95),
        "exposure_error_stops": 0.1,
        "misalignment_px": 3,
    },
    "batch": 4,
    "clipped_share": (0.02, 0.3),
}
"""All that a camera can vary."""


def wall(radiance: float, height: int = 24, width: int = 20) -> TrainingScene:
    return TrainingScene("wall", np.full((height, width, 3), radiance, dtype=np.float32))


def moving_wall() -> TrainingScene:
    """Each exposure sees another radiance, and the sharp picture another yet."""
    colours = {-2.0: 0.1, 0.0: 0.2, 2.0: 0.05}
    return TrainingScene(
        "moving", wall(0.15).reference_ev0, {ev: wall(v).reference_ev0 for ev, v in colours.items()}
    )


def noise_scene(side: int = 24, name: str = "noise") -> TrainingScene:
    return TrainingScene(name, np.random.default_rng(0).random((side, side, 3), dtype=np.float32))


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


def test_every_step_and_every_item_has_noise_of_its_own(small_variant: Make, written: Write) -> None:
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


def test_a_batch_that_cannot_be_shared_is_refused(small_variant: Make, written: Write) -> None:
    with pytest.raises(
        TrainingError,
        match=r"training.batch is 4, which 3 processes cannot share evenly: give a multiple of 3",
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

    # In order, as training asks; then out of order, which no batch made ahead fits.
    for step in (1, 2, 3, 9, 2):
        assert_same(ahead.batch(step), held.batch(step))


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


def test_no_scenes_are_refused(small_variant: Make, written: Write) -> None:
    with pytest.raises(TrainingError, match="no scene to train on: render more scenes, or hold out fewer"):
        BatchSource(written(), small_variant(), CPU)


def test_a_shift_that_leaves_nothing_of_a_picture_is_refused(small_variant: Make, written: Write) -> None:
    with pytest.raises(
        TrainingError, match=r"camera.misalignment_px is 10, too much for pictures of 20 pixels"
    ):
        BatchSource(written(wall(0.1)), small_variant(camera={"misalignment_px": 10}), CPU)


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

    # Stops count from the middle photograph, -3.5: the others are 1.5 off, nearest to -2 and 2.
    radiance = batch.photos_bnchw / batch.exposures_bn[:, :, None, None, None]
    seen = radiance * batch.ev0_per_unit_b111[:, None]
    torch.testing.assert_close(
        seen[:, :, 0, 0, 0], torch.tensor([0.1, 0.2, 0.05]).expand(2, 3), rtol=0.25, atol=0
    )


def test_motion_can_be_left_out(small_variant: Make, written: Write) -> None:
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
    # Every pixel has a value of its own, which tells where it comes from.
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
    # Of half of them it clips in the middle photograph, of half in the shortest, two stops below.
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
            for quality in range(40, 90)
            if torch.allclose(found, jpeg_compressed(photo, quality, channel_axis=0), atol=1e-4)
        }
        assert fitting & {60, 61, 62}
        qualities |= fitting & {60, 61, 62}
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


def test_a_single_photograph_of_a_moving_scene_is_taken_of_its_own_exposure(
    small_variant: Make, written: Write
) -> None:
    reference = noise_scene().reference_ev0
    moving = TrainingScene("moving", reference, {0.0: 3 * reference})
    variant = small_variant(inputs={"ev": (0.0,)}, ev_jitter=0, batch=4)

    prepared = BatchSource(written(moving), variant, CPU).prepare(1)

    (source,) = prepared.sources_nbchw
    torch.testing.assert_close(source, 3 * prepared.reference_bchw)
