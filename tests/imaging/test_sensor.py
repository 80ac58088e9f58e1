import numpy as np
import pytest

from hdrbatch.errors import UserError
from hdrbatch.imaging.response import parse_response
from hdrbatch.imaging.sensor import Sensor, normal_noise, photograph

LINEAR = parse_response("linear")
FINE = Sensor(bits=16)


def _constant(value: float, shape: tuple[int, ...] = (200, 200, 3)) -> np.ndarray:
    return np.full(shape, value, np.float32)


def test_without_noise_a_photograph_is_the_rounded_curve_of_signal(to_array):
    radiance = np.linspace(0, 2, 3000, dtype=np.float32).reshape(100, 10, 3)
    none = to_array(np.zeros_like(radiance))
    curve = parse_response("srgb")
    photo = np.asarray(photograph(to_array(radiance), 0.25, Sensor(), curve, none, none))
    expected = np.rint(curve.apply(radiance.astype(np.float64) / 4) * 255)
    np.testing.assert_allclose(photo * 255, expected, atol=1e-4)
    assert photo.dtype == np.float32


def test_one_ev_doubles_the_signal(to_array):
    radiance = to_array(_constant(0.1))
    none = to_array(_constant(0.0))
    dark = photograph(radiance, 2.0**0, FINE, LINEAR, none, none)
    bright = photograph(radiance, 2.0**1, FINE, LINEAR, none, none)
    np.testing.assert_allclose(np.asarray(bright), 2 * np.asarray(dark), atol=2 / 65535)


def test_each_picture_of_a_batch_can_have_its_own_exposure(to_array):
    radiance = _constant(0.1, (3, 4, 4, 3))
    none = to_array(np.zeros_like(radiance))
    exposures = np.asarray([1.0, 2.0, 4.0]).reshape(3, 1, 1, 1)
    photo = np.asarray(photograph(to_array(radiance), exposures, FINE, LINEAR, none, none))
    np.testing.assert_allclose(photo[:, 0, 0, 0], [0.1, 0.2, 0.4], atol=1 / 65535)
    assert photo.dtype == np.float32


@pytest.mark.parametrize("level", [0.01, 0.25, 0.9])
def test_the_variance_is_shot_plus_read_noise(level):
    sensor = Sensor(full_well_e=5000, read_noise_e=10, bits=16)
    shot, read = normal_noise((200, 200, 3), np.random.default_rng(0))
    photo = photograph(_constant(level), 1.0, sensor, LINEAR, shot, read)
    assert photo.mean(dtype=np.float64) == pytest.approx(level, rel=2e-3)
    assert photo.var(dtype=np.float64) * 5000**2 == pytest.approx(level * 5000 + 10**2, rel=0.03)


def test_the_well_clips_after_shot_noise_and_before_read_noise():
    minus_ten_sigma = _constant(-10.0, (1, 1, 3))
    none = _constant(0.0, (1, 1, 3))
    sensor = Sensor(full_well_e=10000, read_noise_e=20, bits=16)
    # 1.05 full wells minus ten sigma of shot noise falls below saturation ...
    by_shot = photograph(_constant(1.05, (1, 1, 3)), 1.0, sensor, LINEAR, minus_ten_sigma, none)
    assert by_shot[0, 0, 0] == pytest.approx(1.05 - 10 * np.sqrt(1.05 * 10000) / 10000, abs=1e-4)
    # ... but however bright, read noise starts from the full well.
    by_read = photograph(_constant(1e6, (1, 1, 3)), 1.0, sensor, LINEAR, none, minus_ten_sigma)
    assert by_read[0, 0, 0] == pytest.approx(1 - 10 * 20 / 10000, abs=1e-4)


def test_extreme_radiance_saturates_or_is_black_and_nothing_is_nan(to_array):
    radiance = np.asarray([2.5e6, 3e38, np.inf, -5.0, 0.0], np.float32)
    shot = to_array(np.full_like(radiance, -3.0))
    none = to_array(np.zeros_like(radiance))
    photo = np.asarray(photograph(to_array(radiance), 2.0**4, Sensor(), parse_response("srgb"), shot, none))
    np.testing.assert_array_equal(photo, [1, 1, 1, 0, 0])


@pytest.mark.parametrize("bits", [1, 8, 12])
def test_values_are_whole_codes(bits):
    shot, read = normal_noise((50, 50, 3), np.random.default_rng(0))
    radiance = np.random.default_rng(1).random((50, 50, 3), dtype=np.float32)
    photo = photograph(radiance, 1.0, Sensor(bits=bits), parse_response("srgb"), shot, read)
    codes = photo.astype(np.float64) * (2**bits - 1)
    np.testing.assert_allclose(codes, np.rint(codes), atol=1e-3)
    assert photo.min() >= 0
    assert photo.max() <= 1


@pytest.mark.parametrize("name", ["linear", "srgb", "gamma:2.2", "sigmoid:0.9,0.6"])
def test_numpy_and_torch_take_the_same_photograph(name):
    torch = pytest.importorskip("torch", reason="torch is not installed: nothing to compare with")
    radiance = np.exp2(np.random.default_rng(0).uniform(-12, 2, (100, 100, 3))).astype(np.float32)
    shot, read = normal_noise(radiance.shape, np.random.default_rng(1))
    curve = parse_response(name)
    ours = photograph(radiance, 2.0, Sensor(), curve, shot, read)
    theirs = photograph(
        torch.from_numpy(radiance), 2.0, Sensor(), curve, torch.from_numpy(shot), torch.from_numpy(read)
    ).numpy()
    # A value that lies on the edge between two codes may be rounded either way.
    assert np.abs(ours - theirs).max() <= 1 / 255 + 1e-6
    assert np.mean(np.abs(ours - theirs) > 1e-6) < 1e-4


def test_photographs_stay_on_the_device_of_the_radiance():
    torch = pytest.importorskip("torch", reason="torch is not installed: there are no devices")
    radiance = torch.zeros((2, 3, 4, 4), device="meta")
    photo = photograph(radiance, np.ones((2, 1, 1, 1)), Sensor(), parse_response("srgb"), radiance, radiance)
    assert photo.device.type == "meta"
    assert photo.dtype == torch.float32


def test_the_same_generator_gives_the_same_noise_and_seed_0_is_a_seed():
    first = normal_noise((4, 4, 3), np.random.default_rng(0))
    again = normal_noise((4, 4, 3), np.random.default_rng(0))
    other = normal_noise((4, 4, 3), np.random.default_rng(1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first[0], first[1])
    assert first[0].dtype == np.float32


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"full_well_e": 0.0}, "full_well_e of the sensor is 0.0; give a positive number"),
        ({"full_well_e": float("nan")}, "full_well_e of the sensor is nan"),
        ({"read_noise_e": -1.0}, "read_noise_e of the sensor is -1.0; give 0 or more"),
        ({"bits": 0}, "bits of the sensor is 0; give a whole number from 1 to 16"),
        ({"bits": 8.0}, "bits of the sensor is 8.0"),
        ({"bits": 17}, "bits of the sensor is 17"),
    ],
)
def test_an_impossible_sensor_is_rejected(settings, words):
    with pytest.raises(UserError, match=words):
        Sensor(**settings)
