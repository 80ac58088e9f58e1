import math

import pytest
import torch

from hdrbatch.imaging.encoding import log_decode, log_encode
from hdrbatch.imaging.response import parse_response
from hdrbatch.imaging.sensor import Sensor
from hdrbatch.learning.inputs import (
    BRIGHTEST_RADIANCE,
    NetworkInput,
    encoded_prediction,
    middle_ev,
    network_input,
    num_input_channels,
    predicted_radiance,
    relative_exposures,
    untrusted,
)
from hdrbatch.specs.training import InputSpec

SRGB = parse_response("srgb")
BRACKET = (0.25, 1.0, 4.0)


def photos_of(radiance: float, exposures: tuple[float, ...]) -> torch.Tensor:
    """Noiseless photographs of a constant radiance, (1, N, 3, 4, 4)."""
    signal = torch.tensor([radiance * exposure for exposure in exposures]).clamp(0, 1)
    return SRGB.apply(signal)[None, :, None, None, None].expand(1, -1, 3, 4, 4)


def given(radiance: float, mode: str = "ldr") -> NetworkInput:
    exposures = (1.0,) if mode == "ldr" else BRACKET
    return network_input(photos_of(radiance, exposures), exposures, mode, SRGB, Sensor())  # type: ignore[arg-type]


def test_one_photograph_gives_its_own_values_and_its_linearisation_as_base() -> None:
    prepared = given(0.2)

    assert torch.equal(prepared.x_bchw[:, :3], photos_of(0.2, (1.0,))[:, 0])
    torch.testing.assert_close(prepared.base_bchw, torch.full((1, 3, 4, 4), 0.2))


def test_candidates_of_a_well_exposed_radiance_all_say_that_radiance() -> None:
    prepared = given(0.2, "candidates")

    torch.testing.assert_close(prepared.x_bchw[:, :9], log_encode(torch.full((1, 9, 4, 4), 0.2)))
    torch.testing.assert_close(prepared.base_bchw, torch.full((1, 3, 4, 4), 0.2))
    assert torch.equal(prepared.gate_bchw, torch.zeros(1, 3, 4, 4))


def test_candidates_stand_by_rising_exposure() -> None:
    prepared = given(10.0, "candidates")

    # All three are clipped: each candidate is 1 / exposure.
    expected = log_encode(torch.tensor([4.0, 1.0, 0.25]))
    torch.testing.assert_close(prepared.x_bchw[0, :9:3, 0, 0], expected)


@pytest.mark.parametrize(
    ("mode", "radiance"), [("ldr", 2.0), ("candidates", 8.0), ("ldr", 0.0), ("candidates", 0.0)]
)
def test_the_gate_is_open_where_the_shortest_is_clipped_or_the_longest_black(
    mode: str, radiance: float
) -> None:
    assert torch.equal(given(radiance, mode).gate_bchw, torch.ones(1, 3, 4, 4))


def test_the_gate_of_a_bracket_is_closed_where_only_the_longer_exposures_are_clipped() -> None:
    assert torch.equal(given(2.0, "candidates").gate_bchw, torch.zeros(1, 3, 4, 4))


def test_the_gate_is_a_smooth_ramp_at_both_ends_and_closed_between() -> None:
    codes = torch.arange(256) / 255

    gate = untrusted(shortest=codes, longest=codes)

    assert gate[0] == gate[1] == gate[255] == 1
    assert (gate[8:230] == 0).all()
    assert (gate[1:9].diff() <= 0).all()
    assert (gate[230:].diff() >= 0).all()
    assert gate.diff().abs().max() < 0.3


def test_a_colour_channel_is_judged_by_itself() -> None:
    red_clipped = torch.tensor([1.0, 0.5, 0.5])

    assert untrusted(shortest=red_clipped, longest=red_clipped).tolist() == [1, 0, 0]


@pytest.mark.parametrize("mode", ["ldr", "candidates"])
@pytest.mark.parametrize("radiance", [0.0, 1e-4, 0.18, 0.9, 3.0, 20.0])
def test_a_residual_of_zero_gives_the_base_to_the_bit(mode: str, radiance: float) -> None:
    prepared = given(radiance, mode)

    assert torch.equal(predicted_radiance(torch.zeros(1, 3, 4, 4), prepared, "residual"), prepared.base_bchw)


def test_a_residual_changes_nothing_where_the_gate_is_closed() -> None:
    prepared = given(0.2)

    assert torch.equal(
        predicted_radiance(torch.full((1, 3, 4, 4), 5.0), prepared, "residual"), prepared.base_bchw
    )


@pytest.mark.parametrize("output", ["radiance", "residual"])
def test_the_predicted_radiance_is_the_decoding_of_what_the_loss_sees(output: str) -> None:
    prepared = given(2.0)
    values = torch.linspace(0, 0.4, 48).reshape(1, 3, 4, 4)

    encoded = encoded_prediction(values, prepared, output)  # type: ignore[arg-type]

    torch.testing.assert_close(predicted_radiance(values, prepared, output), log_decode(encoded))  # type: ignore[arg-type]


def test_a_residual_of_one_stop_doubles_a_bright_radiance() -> None:
    one_stop = math.log(2) / math.log(5001)

    radiance = predicted_radiance(torch.full((1, 3, 4, 4), one_stop), given(2.0), "residual")

    torch.testing.assert_close(radiance, torch.full((1, 3, 4, 4), 2.0), rtol=1e-3, atol=0)


@pytest.mark.parametrize("output", ["radiance", "residual"])
@pytest.mark.parametrize("radiance", [0.0, 2.0])
def test_no_output_of_the_network_makes_radiance_negative_or_infinite(output: str, radiance: float) -> None:
    for value, expected in ((-1e4, 0.0), (1e4, BRIGHTEST_RADIANCE)):
        predicted = predicted_radiance(torch.full((1, 3, 4, 4), value), given(radiance), output)  # type: ignore[arg-type]
        assert torch.equal(predicted, torch.full((1, 3, 4, 4), expected))


def test_exposures_count_from_the_middle_photograph() -> None:
    inputs = InputSpec(mode="candidates", ev=(1, -3, -1))

    assert middle_ev(inputs) == -1
    assert relative_exposures(inputs) == (0.25, 1.0, 4.0)
    assert num_input_channels(inputs) == given(0.2, "candidates").x_bchw.shape[1]
    assert num_input_channels(InputSpec()) == given(0.2).x_bchw.shape[1]
