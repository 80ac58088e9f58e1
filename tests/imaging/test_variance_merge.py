import numpy as np
import pytest

from hdrbatch.errors import UserError
from hdrbatch.imaging.candidates import clipped, hdr_candidate
from hdrbatch.imaging.response import GammaResponse, SigmoidResponse, parse_response
from hdrbatch.imaging.sensor import Sensor, normal_noise, photograph
from hdrbatch.imaging.variance_merge import (
    CAMERA,
    EXACT,
    Trust,
    merge,
    merge_with_variance,
    signal_variance,
)
from tests.imaging.predicted_variance import predicted_variance

CURVES = ["linear", "srgb", "gamma:2.2", "sigmoid:0.9,0.6"]
LADDER = 2.0 ** np.arange(-5, 5)


def _radiance(stops_from: float, stops_to: float, shape: tuple[int, ...] = (64, 64, 3)) -> np.ndarray:
    return np.exp2(np.random.default_rng(3).uniform(stops_from, stops_to, shape)).astype(np.float32)


def _bracket(radiance: np.ndarray, curve, sensor: Sensor, *, noisy: bool, exposures=LADDER) -> np.ndarray:
    rng = np.random.default_rng(7)
    photos = []
    for exposure in exposures:
        shot, read = normal_noise(radiance.shape, rng)
        photos.append(photograph(radiance, exposure, sensor, curve, shot * noisy, read * noisy))
    return np.stack(photos)


@pytest.mark.parametrize("name", CURVES)
def test_a_ladder_without_noise_merges_back_within_its_quantisation(name, to_array):
    """A photograph's value stands for every signal that rounds to it.

    So candidate i is off by at most d_i, the wider half of that interval divided by exposure i, and the
    merge, a mean with weights w_i, by at most sum(w_i d_i) / sum(w_i).
    """
    curve, sensor = parse_response(name), Sensor()
    radiance = _radiance(-9, 4.9)
    photos = _bracket(radiance, curve, sensor, noisy=False)
    merged = np.asarray(merge(to_array(photos), LADDER, curve, sensor))

    half_code = 0.5 / 255
    weighted_bound, weight_sum = 0.0, 0.0
    for photo, exposure in zip(photos.astype(np.float64), LADDER, strict=True):
        signal = curve.invert(photo)
        widest = np.maximum(
            curve.invert(photo + half_code) - signal, signal - curve.invert(photo - half_code)
        )
        weight = exposure**2 / signal_variance(radiance * exposure, curve, sensor) * ~clipped(photo)
        weighted_bound += weight * widest / exposure
        weight_sum += weight
    bound = weighted_bound / weight_sum
    assert np.log2(radiance.max() / radiance.min()) > 13
    # Weights come from an estimate and not from the truth as the bound's do: 5 % and float rounding.
    assert np.all(np.abs(merged - radiance) <= 1.05 * bound + 1e-6 * radiance)
    # The bound is meaningful: codes at EV +4 are this fine.
    assert np.median(bound / radiance) < 0.01
    assert merged.dtype == np.float32


@pytest.mark.parametrize("name", CURVES)
def test_a_noisy_ladder_merges_to_the_predicted_variance_without_bias(name):
    curve, sensor = parse_response(name), Sensor(full_well_e=5000, read_noise_e=6)
    radiance = _radiance(-7, 4.5, (128, 128, 3))
    merged = merge(_bracket(radiance, curve, sensor, noisy=True), LADDER, curve, sensor)
    sigmas = (merged - radiance) / np.sqrt(predicted_variance(radiance, LADDER, curve, sensor))
    assert np.abs(sigmas).max() < 6
    assert np.sqrt(np.mean(sigmas**2)) == pytest.approx(1, abs=0.05)
    assert np.mean(sigmas) == pytest.approx(0, abs=0.03)


def test_the_predicted_variance_is_shot_plus_read_plus_rounding(to_array):
    sensor = Sensor(full_well_e=1000, read_noise_e=5, bits=8)
    signal = to_array(np.asarray([0.0, 0.25, 1.0]))
    rounding = 1 / 255**2 / 12
    # In the dark, shot noise is at least one electron.
    expected = np.asarray([1 + 25, 250 + 25, 1000 + 25]) / 1000**2 + rounding
    np.testing.assert_allclose(
        np.asarray(signal_variance(signal, parse_response("linear"), sensor)), expected
    )
    # gamma 2: signal = encoded**2 has the slope 2 * encoded, and at either end that of the code cut in half.
    slopes = np.asarray([0.5 / 255, 2 * 0.5, 2 - 0.5 / 255])
    expected = np.asarray([1 + 25, 250 + 25, 1000 + 25]) / 1000**2 + slopes**2 * rounding
    np.testing.assert_allclose(
        np.asarray(signal_variance(signal, parse_response("gamma:2"), sensor)), expected
    )


def test_merging_beats_the_best_single_photograph():
    curve, sensor = parse_response("srgb"), Sensor(full_well_e=2000)
    radiance = _radiance(-6, -5)
    photos = _bracket(radiance, curve, sensor, noisy=True)
    merged_error = np.std(merge(photos, LADDER, curve, sensor) / radiance)
    best_error = min(
        np.std(hdr_candidate(p, e, curve) / radiance)
        for p, e in zip(photos, LADDER, strict=True)
        if p.max() < 0.99
    )
    assert merged_error < 0.85 * best_error


def test_clipping_is_judged_channel_by_channel(to_array):
    radiance = np.full((4, 4, 3), 0.02, np.float32)
    radiance[..., 0] = 20.0
    curve, sensor = parse_response("srgb"), Sensor()
    photos = _bracket(radiance, curve, sensor, noisy=False)
    merged = np.asarray(merge(to_array(photos), LADDER, curve, sensor))
    np.testing.assert_allclose(merged, radiance, rtol=0.02)


def test_where_all_are_clipped_the_shortest_exposure_is_used(to_array):
    photos = to_array(np.ones((3, 2, 2, 3), np.float32))
    merged = merge(photos, [4.0, 0.25, 1.0], parse_response("srgb"), Sensor())
    np.testing.assert_allclose(np.asarray(merged), 4.0, rtol=1e-6)


class _LiftedResponse:
    """A curve whose black is not zero, as calibration finds."""

    name = "lifted"

    def apply(self, linear):
        return parse_response("linear").apply((linear - 0.01) / 0.99)

    def invert(self, encoded):
        return 0.01 + 0.99 * encoded


def test_where_all_are_black_the_longest_exposure_is_used(to_array):
    photos = to_array(np.zeros((3, 2, 2, 3), np.float32))
    merged = merge(photos, [1.0, 4.0, 0.25], _LiftedResponse(), Sensor())
    np.testing.assert_allclose(np.asarray(merged), 0.01 / 4, rtol=1e-5)
    assert np.all(np.asarray(merge(photos, [1.0, 4.0, 0.25], parse_response("srgb"), Sensor())) == 0)


def test_numpy_and_torch_merge_alike_in_any_layout():
    torch = pytest.importorskip("torch", reason="torch is not installed: nothing to compare with")
    curve, sensor = parse_response("srgb"), Sensor()
    photos = _bracket(_radiance(-9, 6), curve, sensor, noisy=True)
    ours = merge(photos, LADDER, curve, sensor)
    theirs = merge(torch.from_numpy(photos).permute(0, 3, 1, 2), torch.from_numpy(LADDER), curve, sensor)
    assert theirs.dtype == torch.float32
    np.testing.assert_allclose(theirs.permute(1, 2, 0).numpy(), ours, rtol=1e-5)


def test_a_merge_stays_on_the_device_of_the_photographs():
    torch = pytest.importorskip("torch", reason="torch is not installed: there are no devices")
    merged = merge(torch.zeros((2, 3, 4, 4), device="meta"), [1.0, 2.0], parse_response("srgb"), Sensor())
    assert merged.device.type == "meta"


def test_a_list_of_photographs_merges_like_their_stack():
    curve, sensor = parse_response("srgb"), Sensor()
    photos = _bracket(_radiance(-5, 3), curve, sensor, noisy=True)
    before = photos.copy()
    np.testing.assert_array_equal(
        merge(list(photos), LADDER, curve, sensor), merge(photos, LADDER, curve, sensor)
    )
    np.testing.assert_array_equal(photos, before)


def test_a_merge_in_blocks_is_the_merge_in_one(to_array, monkeypatch):
    curve, sensor = parse_response("srgb"), Sensor()
    photos = _bracket(_radiance(-9, 6, (37, 16, 3)), curve, sensor, noisy=True)
    whole = np.asarray(merge(to_array(photos), LADDER, curve, sensor))
    monkeypatch.setattr("hdrbatch.imaging.variance_merge.BLOCK_VALUES", 5 * 16 * 3)
    np.testing.assert_allclose(np.asarray(merge(to_array(photos), LADDER, curve, sensor)), whole, rtol=1e-6)


def test_fading_out_keeps_a_wrong_shoulder_from_the_result():
    true_curve, assumed_curve, sensor = (
        parse_response("sigmoid:0.9,0.6"),
        parse_response("gamma:1.4"),
        Sensor(),
    )
    radiance = np.linspace(0.12, 0.26, 3 * 500, dtype=np.float32).reshape(50, 10, 3)
    exposures = [0.25, 1.0, 4.0]
    photos = _bracket(radiance, true_curve, sensor, noisy=False, exposures=exposures)
    hard = merge(photos, exposures, assumed_curve, sensor).ravel()
    faded = merge(photos, exposures, assumed_curve, sensor, trust=CAMERA).ravel()
    assert np.abs(np.diff(faded)).max() < np.abs(np.diff(hard)).max() / 3


def test_jpeg_artefacts_in_clipped_surfaces_are_excluded_for_real_photographs(to_array):
    """A clipped surface after JPEG: 255 with 254 here and there; the shortest photograph clips as well."""
    photos = to_array(
        (np.asarray([[255, 255, 222], [254, 252, 254], [255, 254, 255]]) / 255).astype(np.float32)
    )
    curve, sensor = parse_response("srgb"), Sensor()
    merged = np.asarray(merge(photos, [1 / 8, 1.0, 8.0], curve, sensor, trust=CAMERA))
    np.testing.assert_allclose(merged, [8, 8, 8 * float(curve.invert(np.asarray(222 / 255)))], rtol=1e-5)


def test_one_photograph_merges_to_its_candidate(to_array):
    photo = to_array(np.linspace(0, 1, 256, dtype=np.float32).reshape(1, 16, 16))
    curve = parse_response("srgb")
    merged = merge(photo, [2.0], curve, Sensor())
    np.testing.assert_allclose(np.asarray(merged), np.asarray(hdr_candidate(photo[0], 2.0, curve)), rtol=1e-5)


def test_an_ideal_sensor_without_read_noise_divides_by_nothing():
    photos = np.zeros((2, 3, 3, 3), np.float32)
    photos[1] = 1 / 255
    merged = merge(photos, [1.0, 2.0], parse_response("gamma:4"), Sensor(read_noise_e=0.0))
    assert np.all(np.isfinite(merged))


@pytest.mark.parametrize("trust", [EXACT, CAMERA])
@pytest.mark.parametrize("name", CURVES)
def test_the_radiance_that_comes_with_its_variance_is_that_of_the_merge(name, trust, to_array):
    curve, sensor = parse_response(name), Sensor()
    photos = to_array(_bracket(_radiance(-9, 7), curve, sensor, noisy=True))
    merged = merge_with_variance(list(photos), [float(e) for e in LADDER], curve, sensor, trust=trust)
    expected = np.asarray(merge(photos, LADDER, curve, sensor, trust=trust))
    np.testing.assert_allclose(np.asarray(merged.radiance), expected, rtol=1e-6)
    assert np.asarray(merged.variance).shape == expected.shape


@pytest.mark.parametrize("name", CURVES)
def test_if_photographs_agree_the_variance_is_that_of_the_noise(name, to_array):
    """Photographs scatter about their mean by chi-squared: n - 1 on average, which is added to the one."""
    curve, sensor = parse_response(name), Sensor(full_well_e=5000, read_noise_e=6)
    exposures = [0.5, 1.0, 2.0]
    radiance = _radiance(-4, -1.5, (128, 128, 3))
    photos = _bracket(radiance, curve, sensor, noisy=True, exposures=exposures)
    found = np.asarray(merge_with_variance(list(to_array(photos)), exposures, curve, sensor).variance)
    predicted = predicted_variance(radiance, exposures, curve, sensor)
    assert np.mean(found / predicted) == pytest.approx(3, rel=0.05)
    assert np.all(found > 0.8 * predicted)
    # Without noise nothing but the rounding to codes scatters.
    still = _bracket(radiance, curve, sensor, noisy=False, exposures=exposures)
    calm = np.asarray(merge_with_variance(list(to_array(still)), exposures, curve, sensor).variance)
    assert 0.95 < np.median(calm / predicted) < 1.2


def test_one_photograph_has_the_variance_of_its_noise():
    curve, sensor = parse_response("srgb"), Sensor()
    radiance = _radiance(-4, -1)
    (photo,) = _bracket(radiance, curve, sensor, noisy=True, exposures=[1.0])
    merged = merge_with_variance([photo], [1.0], curve, sensor)
    predicted = predicted_variance(merged.radiance, [1.0], curve, sensor)
    np.testing.assert_allclose(merged.variance, predicted, rtol=1e-4)


def test_the_variance_grows_by_the_square_of_how_far_a_photograph_contradicts(to_array):
    curve, sensor = parse_response("linear"), Sensor(bits=16)
    exposures, radiance = [0.5, 1.0, 2.0], np.full((4, 4, 3), 0.2, np.float32)
    photos = _bracket(radiance, curve, sensor, noisy=False, exposures=exposures)
    agreeing = np.asarray(merge_with_variance(list(to_array(photos)), exposures, curve, sensor).variance)
    grown = []
    for ghost in (0.22, 0.24):
        photos[2, :2] = ghost * 2.0
        variance = np.asarray(merge_with_variance(list(to_array(photos)), exposures, curve, sensor).variance)
        np.testing.assert_allclose(variance[2:], agreeing[2:], rtol=1e-6)
        grown.append((variance[:2] - agreeing[:2]).mean())
        # Two photographs show 0.2 with 3 parts of the exposure, one shows the ghost with 4 of 7 parts.
        offset = ghost - 0.2
        expected = offset**2 * (3 / 7 * 4 / 7)
        np.testing.assert_allclose(variance[:2] - agreeing[:2], expected, rtol=0.25)
    assert grown[1] == pytest.approx(4 * grown[0], rel=0.15)


def test_the_variance_is_infinite_where_no_value_is_trusted(to_array):
    photos = np.full((2, 2, 3), 0.5, np.float32)
    photos[:, 0] = 1.0
    found = merge_with_variance(list(to_array(photos)), [0.5, 1.0], parse_response("srgb"), Sensor())
    variance = np.asarray(found.variance)
    assert np.all(np.isinf(variance[0]))
    assert np.all(np.isfinite(variance[1]))
    np.testing.assert_allclose(np.asarray(found.radiance)[0], 2.0, rtol=1e-6)


@pytest.mark.parametrize(
    ("curve", "names"),
    [
        (GammaResponse(np.asarray([1.8, 2.4]).reshape(2, 1, 1, 1)), ["gamma:1.8", "gamma:2.4"]),
        (
            SigmoidResponse(
                np.asarray([0.8, 1.0]).reshape(2, 1, 1, 1), np.asarray([0.5, 0.7]).reshape(2, 1, 1, 1)
            ),
            ["sigmoid:0.8,0.5", "sigmoid:1.0,0.7"],
        ),
    ],
    ids=["gamma", "sigmoid"],
)
def test_each_bracket_of_a_batch_is_merged_as_it_is_alone(curve, names, to_array):
    """Each has its own exposures and its own camera; some pixels are clipped or black in all."""
    sensor = Sensor()
    # The shortest and longest photographs of the last two brackets have different indices.
    brackets = [[0.25, 1.0, 4.0], [8.0, 0.5, 2.0]]
    photos = np.stack(
        [
            _bracket(_radiance(-12, 5, (16, 16, 3)), parse_response(name), sensor, noisy=True, exposures=e)
            for name, e in zip(names, brackets, strict=True)
        ],
        axis=1,
    )
    photos[:, :, 0] = 0.0
    photos[:, :, 1] = 1.0
    exposures = to_array(np.asarray(brackets, np.float32)).T
    together = merge_with_variance(
        list(to_array(photos)), [exposure[:, None, None, None] for exposure in exposures], curve, sensor
    )
    for item, (name, alone) in enumerate(zip(names, brackets, strict=True)):
        expected = merge_with_variance(list(to_array(photos[:, item])), alone, parse_response(name), sensor)
        for part in ("radiance", "variance"):
            found = np.asarray(getattr(together, part))
            assert found.dtype == np.float32
            np.testing.assert_allclose(found[item], np.asarray(getattr(expected, part)), rtol=1e-4)


def test_numpy_and_torch_return_the_same_variance():
    torch = pytest.importorskip("torch", reason="torch is not installed: nothing to compare with")
    curve, sensor = parse_response("srgb"), Sensor()
    photos = _bracket(_radiance(-9, 7), curve, sensor, noisy=True)
    exposures = [float(exposure) for exposure in LADDER]
    ours = merge_with_variance(list(photos), exposures, curve, sensor).variance
    theirs = merge_with_variance(list(torch.from_numpy(photos)), exposures, curve, sensor).variance
    np.testing.assert_allclose(theirs.numpy(), ours, rtol=1e-3)


@pytest.mark.parametrize(
    ("photos", "exposures", "words"),
    [
        (np.zeros((2, 2, 2, 3), np.float32), [1.0], "2 photographs but 1 exposures"),
        (np.zeros((1, 2, 2, 3), np.float32), [0.0], r"the exposures \[0.0\] are not all positive"),
        (np.zeros((1, 2, 2, 3), np.float32), [float("nan")], "not all positive"),
        ([], [], "there are no photographs to merge"),
    ],
)
def test_invalid_or_missing_exposures_are_rejected(photos, exposures, words):
    with pytest.raises(UserError, match=words):
        merge(photos, exposures, parse_response("srgb"), Sensor())


@pytest.mark.parametrize(("fade_from", "clipped_from"), [(0.9, 1.0), (0.9, 0.8), (-0.1, 0.9)])
def test_an_invalid_trust_is_rejected(fade_from, clipped_from):
    with pytest.raises(UserError, match=r"give 0 <= fade_from <= clipped_from <= 0\.9980"):
        Trust(fade_from, clipped_from)
