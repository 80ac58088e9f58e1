import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

from hdrbatch.imaging.encoding import log_decode, log_encode
from hdrbatch.imaging.response import GammaResponse, ResponseCurve, parse_response
from hdrbatch.imaging.sensor import Sensor
from hdrbatch.imaging.variance_merge import CAMERA, merge
from hdrbatch.learning.inputs import (
    MAX_RADIANCE,
    NetworkInput,
    channels_per_photo,
    channels_together,
    encoded_prediction,
    network_input,
    predicted_radiance,
    sensor_of,
    untrusted,
)
from hdrbatch.specs.simulated_camera import SensorSpec
from hdrbatch.specs.variant import InputSpec, NetworkSpec, VariantSpec

SRGB = parse_response("srgb")
ONE, BRACKET = (1.0,), (0.25, 1.0, 4.0)
PLAIN: dict[str, Any] = {"fusion": "stacked", "masks": False}
Make = Callable[..., VariantSpec]


def photos_of(radiance: float, exposures: tuple[float, ...], curve: ResponseCurve = SRGB) -> torch.Tensor:
    """Noiseless photographs of a constant radiance, (1, N, 3, 4, 4)."""
    signal = torch.tensor([radiance * exposure for exposure in exposures]).clamp(0, 1)
    return curve.apply(signal)[None, :, None, None, None].expand(1, -1, 3, 4, 4)


def given(
    photos_bnchw: torch.Tensor, exposures: tuple[float, ...], mode: str = "both", **network: Any
) -> NetworkInput:
    inputs = InputSpec.model_validate({"mode": mode})
    told = torch.tensor([exposures]).expand(len(photos_bnchw), -1)
    return network_input(photos_bnchw, told, inputs, NetworkSpec(**network), SRGB, Sensor())


def of_wall(radiance: float, exposures: tuple[float, ...] = BRACKET, **network: Any) -> NetworkInput:
    return given(photos_of(radiance, exposures), exposures, **network)


def test_photographs_are_given_as_they_are_encoded() -> None:
    photos = photos_of(0.2, BRACKET)

    assert torch.equal(given(photos, BRACKET, "photographs", **PLAIN).photos_bnkhw, photos)


def test_candidates_of_a_well_exposed_radiance_all_say_that_radiance() -> None:
    prepared = given(photos_of(0.2, BRACKET), BRACKET, "candidates", **PLAIN)

    torch.testing.assert_close(prepared.photos_bnkhw, log_encode(torch.full((1, 3, 3, 4, 4), 0.2)))


def test_candidates_stand_by_rising_exposure() -> None:
    prepared = given(photos_of(10.0, BRACKET), BRACKET, "candidates", **PLAIN)

    # All three are clipped: each candidate is 1 / exposure.
    expected = log_encode(torch.tensor([4.0, 1.0, 0.25]))
    torch.testing.assert_close(prepared.photos_bnkhw[0, :, 0, 0, 0], expected)


def test_both_are_the_photographs_and_then_the_candidates() -> None:
    photos = photos_of(0.3, BRACKET)
    both, encoded, candidates = (
        given(photos, BRACKET, mode, **PLAIN).photos_bnkhw for mode in ("both", "photographs", "candidates")
    )

    assert torch.equal(both, torch.cat([encoded, candidates], dim=2))


def test_with_attention_each_photograph_carries_its_stops_from_the_middle_one() -> None:
    prepared = given(photos_of(0.3, BRACKET), BRACKET, "photographs", fusion="attention", masks=False)

    assert prepared.photos_bnkhw.shape[2] == 4
    # In units of eight stops.
    assert prepared.photos_bnkhw[0, :, 3, 0, 0].tolist() == [-0.25, 0.0, 0.25]


def test_masks_show_where_each_photograph_is_clipped_or_black() -> None:
    prepared = given(photos_of(2.0, BRACKET), BRACKET, "photographs", fusion="stacked", masks=True)

    assert prepared.photos_bnkhw[0, :, 3:, 0, 0].tolist() == [[0.0] * 3, [1.0] * 3, [1.0] * 3]


def test_with_masks_base_gate_and_reach_are_inputs_too() -> None:
    prepared = of_wall(0.2, masks=True)

    expected = [log_encode(prepared.base_bchw), prepared.gate_bchw, prepared.reach_bchw]
    assert torch.equal(prepared.together_bkhw, torch.cat(expected, dim=1))
    assert of_wall(0.2, masks=False).together_bkhw.shape == (1, 0, 4, 4)


@pytest.mark.parametrize("mode", ["photographs", "candidates", "both"])
@pytest.mark.parametrize("fusion", ["stacked", "attention"])
@pytest.mark.parametrize("masks", [True, False])
def test_the_number_of_channels_is_known_beforehand(mode: str, fusion: str, masks: bool) -> None:
    inputs = InputSpec.model_validate({"mode": mode})
    network = NetworkSpec.model_validate({"fusion": fusion, "masks": masks})

    prepared = given(photos_of(0.2, BRACKET), BRACKET, mode, fusion=fusion, masks=masks)

    assert prepared.photos_bnkhw.shape == (1, 3, channels_per_photo(inputs, network), 4, 4)
    assert prepared.together_bkhw.shape == (1, channels_together(network), 4, 4)


def test_the_base_of_one_photograph_is_its_linearisation() -> None:
    photos = torch.rand(2, 1, 3, 4, 4, generator=torch.Generator().manual_seed(0))

    torch.testing.assert_close(given(photos, ONE).base_bchw, SRGB.invert(photos[:, 0]))


def test_the_base_of_a_bracket_is_its_merge() -> None:
    photos = torch.rand(2, 3, 3, 4, 4, generator=torch.Generator().manual_seed(0))

    base_bchw = given(photos, BRACKET).base_bchw

    expected = merge(photos.transpose(0, 1), BRACKET, SRGB, Sensor())
    torch.testing.assert_close(base_bchw, expected)


def test_each_bracket_of_a_batch_has_its_own_exposures_and_its_own_curve() -> None:
    photos = torch.rand(2, 3, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    exposures_bn = torch.tensor([[0.25, 1.0, 4.0], [0.5, 1.0, 8.0]])
    gammas = (1.8, 2.4)
    inputs, network = InputSpec(), NetworkSpec()

    curve = GammaResponse(torch.tensor(gammas)[:, None, None, None])
    together = network_input(photos, exposures_bn, inputs, network, curve, Sensor())

    for item, gamma in enumerate(gammas):
        one = slice(item, item + 1)
        alone = network_input(photos[one], exposures_bn[one], inputs, network, GammaResponse(gamma), Sensor())
        for name in ("photos_bnkhw", "together_bkhw", "base_bchw", "gate_bchw", "reach_bchw"):
            torch.testing.assert_close(getattr(together, name)[one], getattr(alone, name))


def test_real_photographs_are_trusted_less_towards_white() -> None:
    photos = photos_of(0.97, BRACKET)
    exposures, inputs, network = torch.tensor([BRACKET]), InputSpec(), NetworkSpec()

    strict = network_input(photos, exposures, inputs, network, SRGB, Sensor(), CAMERA).reach_bchw
    exact = network_input(photos, exposures, inputs, network, SRGB, Sensor()).reach_bchw

    assert (strict > 1.5 * exact).all()


@pytest.mark.parametrize(("exposures", "radiance"), [(ONE, 2.0), (BRACKET, 8.0), (ONE, 0.0), (BRACKET, 0.0)])
def test_gate_and_reach_are_open_where_the_shortest_is_clipped_or_the_longest_black(
    exposures: tuple[float, ...], radiance: float
) -> None:
    prepared = of_wall(radiance, exposures)

    assert torch.equal(prepared.gate_bchw, torch.ones(1, 3, 4, 4))
    assert torch.equal(prepared.reach_bchw, torch.ones(1, 3, 4, 4))


def test_the_gate_of_a_bracket_is_closed_where_only_the_longer_exposures_are_clipped() -> None:
    assert torch.equal(of_wall(2.0).gate_bchw, torch.zeros(1, 3, 4, 4))


def test_a_residual_changes_brightness_more_readily_than_colour() -> None:
    prepared, network = of_wall(2.0, ONE), NetworkSpec(output="residual")
    grey, coloured = torch.full((1, 3, 4, 4), 0.1), torch.zeros(1, 3, 4, 4)
    coloured[:, 0] = 0.3

    changes = [
        encoded_prediction(output, prepared, network) - log_encode(prepared.base_bchw)
        for output in (grey, coloured)
    ]

    torch.testing.assert_close(changes[0], grey)
    # Their means over the channels are the same; differences of a channel from the mean are damped.
    torch.testing.assert_close(changes[1].mean(dim=1), changes[0].mean(dim=1))
    torch.testing.assert_close(changes[1][:, 0], torch.full((1, 4, 4), 0.1 + 0.3 * 0.2))


def test_where_the_gate_is_closed_the_reach_is_a_few_standard_deviations_of_the_noise() -> None:
    quiet, noisy = (
        network_input(
            photos_of(0.2, BRACKET),
            torch.tensor([BRACKET]),
            InputSpec(),
            NetworkSpec(),
            SRGB,
            Sensor(full_well_e=full_well_e, bits=16),
        ).reach_bchw
        for full_well_e in (40000, 10000)
    )

    # Shot noise: twice the deviation at a quarter of the electrons.
    torch.testing.assert_close(noisy, 2 * quiet, rtol=0.02, atol=0)
    # By hand: the sum of 0.2 * (1/4 + 1 + 4) * 10000 electrons; read noise adds little.
    sigma = 0.2 / math.sqrt(0.2 * 5.25 * 10000)
    slope = 5000 / (1 + 5000 * 0.2) / math.log(5001)
    torch.testing.assert_close(noisy, torch.full_like(noisy, 3 * sigma * slope), rtol=0.05, atol=0)


def test_photographs_that_contradict_each_other_open_the_reach() -> None:
    agreeing, ghost = photos_of(0.2, BRACKET), photos_of(0.2, BRACKET).clone()
    ghost[:, 0] = photos_of(0.8, BRACKET)[:, 0]

    closed, opened = (given(photos, BRACKET).reach_bchw for photos in (agreeing, ghost))

    assert closed.max() < 0.02
    assert (opened > 5 * closed).all()


def test_the_gate_is_a_smooth_ramp_at_both_ends_and_closed_between() -> None:
    codes = torch.arange(256) / 255

    gate = untrusted(codes)

    assert gate[0] == gate[1] == gate[255] == 1
    assert (gate[8:230] == 0).all()
    assert (gate[1:9].diff() <= 0).all()
    assert (gate[230:].diff() >= 0).all()
    assert gate.diff().abs().max() < 0.3


def test_a_colour_channel_is_judged_by_itself() -> None:
    red_clipped = torch.tensor([1.0, 0.5, 0.5])

    assert untrusted(red_clipped).tolist() == [1, 0, 0]


@pytest.mark.parametrize("exposures", [ONE, BRACKET])
@pytest.mark.parametrize("radiance", [0.0, 1e-4, 0.18, 0.9, 3.0, 20.0])
def test_a_residual_of_zero_returns_the_base_bit_for_bit(
    exposures: tuple[float, ...], radiance: float
) -> None:
    prepared = of_wall(radiance, exposures)

    predicted = predicted_radiance(torch.zeros(1, 3, 4, 4), prepared, NetworkSpec(output="residual"))

    assert torch.equal(predicted, prepared.base_bchw)


def test_a_residual_changes_what_is_well_exposed_no_further_than_the_reach() -> None:
    prepared, network = of_wall(0.2), NetworkSpec(output="residual")

    encoded = encoded_prediction(torch.ones(1, 3, 4, 4), prepared, network)

    torch.testing.assert_close(encoded, log_encode(prepared.base_bchw) + prepared.reach_bchw)
    assert (predicted_radiance(torch.ones(1, 3, 4, 4), prepared, network) < 0.21).all()


@pytest.mark.parametrize("output", ["radiance", "residual"])
def test_the_predicted_radiance_is_the_decoding_of_what_the_loss_sees(output: str) -> None:
    network = NetworkSpec.model_validate({"output": output})
    prepared = of_wall(2.0, ONE)
    values = torch.linspace(0, 0.4, 48).reshape(1, 3, 4, 4)

    encoded = encoded_prediction(values, prepared, network)

    torch.testing.assert_close(predicted_radiance(values, prepared, network), log_decode(encoded))


def test_a_residual_of_one_stop_doubles_a_bright_radiance() -> None:
    one_stop = torch.full((1, 3, 4, 4), math.log(2) / math.log(5001))

    radiance = predicted_radiance(one_stop, of_wall(2.0, ONE), NetworkSpec(output="residual"))

    torch.testing.assert_close(radiance, torch.full((1, 3, 4, 4), 2.0), rtol=1e-3, atol=0)


@pytest.mark.parametrize("output", ["radiance", "residual"])
@pytest.mark.parametrize("radiance", [0.0, 2.0])
def test_no_output_of_the_network_makes_radiance_negative_or_infinite(output: str, radiance: float) -> None:
    network = NetworkSpec.model_validate({"output": output})
    for value, expected in ((-1e4, 0.0), (1e4, MAX_RADIANCE)):
        predicted = predicted_radiance(torch.full((1, 3, 4, 4), value), of_wall(radiance, ONE), network)
        assert torch.equal(predicted, torch.full((1, 3, 4, 4), expected))


def test_a_sensor_has_the_values_of_the_camera_spec() -> None:
    assert sensor_of(SensorSpec(full_well_e=1234, read_noise_e=5)) == Sensor(full_well_e=1234, read_noise_e=5)


def test_a_value_near_clipping_is_within_less_reach_where_another_channel_is_well_exposed() -> None:
    photos = torch.full((1, 1, 3, 8, 8), 0.98)
    nearly_clipped = given(photos, ONE)
    photos[:, :, 2] = 0.5
    partly_known = given(photos, ONE)

    assert nearly_clipped.reach_bchw[0, 0].min() > 0.8
    assert partly_known.reach_bchw[0, 0].max() < 0.3
    assert partly_known.reach_bchw[0, 2].max() < 0.05


def test_a_clipped_value_is_within_the_whole_reach_whatever_is_known_of_its_pixel() -> None:
    photos = torch.ones(1, 1, 3, 8, 8)
    photos[:, :, 2] = 0.5
    assert given(photos, ONE).reach_bchw[0, :2].tolist() == torch.ones(2, 8, 8).tolist()


def test_of_a_partly_known_pixel_what_lost_channels_have_above_the_known_counts_half() -> None:
    photos = torch.ones(1, 1, 3, 4, 4)
    photos[:, :, 2] = 0.9
    output, network = torch.full((1, 3, 4, 4), 2 * math.log(2) / math.log(5001)), NetworkSpec()

    red, _, blue = predicted_radiance(output, given(photos, ONE), network)[0, :, 0, 0].tolist()
    whole = predicted_radiance(output, given(torch.ones(1, 1, 3, 4, 4), ONE), network)

    torch.testing.assert_close(whole, torch.full_like(whole, 4.0), rtol=1e-3, atol=0)
    # 1.2 times blue is below saturation, the minimum of red: of the two stops above it, one is left.
    assert red == pytest.approx(2.0, rel=0.01)
    assert blue == pytest.approx(((0.9 + 0.055) / 1.055) ** 2.4, rel=0.02)


def test_photographs_that_contradict_each_other_are_corrected_as_the_loss_sees_it() -> None:
    photos = photos_of(0.1, BRACKET).clone()
    photos[:, 1] = 0.9  # something bright stood there for one exposure
    prepared, network = given(photos, BRACKET), NetworkSpec()
    assert prepared.gate_bchw.max() == 0
    assert prepared.reach_bchw.min() > 0.2
    output = torch.full((1, 3, 4, 4), 1.0)

    encoded = encoded_prediction(output, prepared, network)

    torch.testing.assert_close(
        predicted_radiance(output, prepared, network), log_decode(encoded), rtol=1e-4, atol=1e-6
    )


def test_black_channels_beside_a_known_one_are_not_held_back() -> None:
    photos = torch.zeros(1, 1, 3, 4, 4)
    photos[:, :, 2] = 0.05
    prepared, network = given(photos, ONE), NetworkSpec()
    output = torch.full((1, 3, 4, 4), 0.5)

    encoded = encoded_prediction(output, prepared, network)

    torch.testing.assert_close(
        predicted_radiance(output, prepared, network), log_decode(encoded), rtol=1e-4, atol=1e-6
    )
