from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from hdrbatch.errors import UserError
from hdrbatch.imaging.encoding import log_decode
from hdrbatch.imaging.response import parse_response
from hdrbatch.imaging.sensor import Sensor
from hdrbatch.imaging.variance_merge import CAMERA, merge
from hdrbatch.ladder import middle_photo
from hdrbatch.learning.model import Model, build_network
from hdrbatch.learning.network import STEM_RADIUS, receptive_radius
from hdrbatch.learning.prediction import assumed_response, reconstruct, select_photos
from hdrbatch.specs.variant import InputSpec, VariantSpec

Make = Callable[..., VariantSpec]
ANY = InputSpec(brackets="any")
BRACKET = [0.25, 1.0, 4.0]
SRGB = parse_response("srgb")


def untrained(variant: VariantSpec) -> Model:
    """A network whose last layer is not zero, so that it changes its input."""
    network = build_network(variant).eval()
    generator = torch.Generator().manual_seed(0)
    torch.nn.init.normal_(network.unet.last.weight, std=0.05, generator=generator)
    if variant.network.fusion == "attention":
        torch.nn.init.normal_(network.score.weight, generator=generator)  # type: ignore[union-attr, arg-type]
    if variant.network.output == "radiance":
        # The code of middle grey: radiances are not all near 0.
        torch.nn.init.constant_(network.unet.last.bias, 0.8)  # type: ignore[arg-type]
    return Model(network, variant)


def photos(num: int, height: int, width: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(0)
    return np.round(rng.random((num, height, width, 3)) ** 0.5 * 255).astype(np.float32) / 255


@pytest.mark.parametrize("fusion", ["stacked", "attention"])
@pytest.mark.parametrize("output", ["radiance", "residual"])
@pytest.mark.parametrize("exposures", [[1.0], BRACKET])
def test_tiles_give_what_the_whole_picture_gives(
    small_variant: Make, fusion: str, output: str, exposures: list[float]
) -> None:
    inputs = {"ev": tuple(np.log2(exposures))}
    model = untrained(small_variant(inputs=inputs, network={"fusion": fusion, "output": output}))
    bracket = photos(len(exposures), height=101, width=138)

    whole = reconstruct(model, bracket, exposures, tile=1000)
    tiled = reconstruct(model, bracket, exposures, tile=32)

    assert whole.shape == (101, 138, 3)
    assert whole.dtype == np.float32
    np.testing.assert_allclose(tiled, whole, rtol=1e-4, atol=1e-6)


def test_lost_areas_of_a_large_picture_are_predicted_as_a_whole(
    small_variant: Make,
) -> None:
    alone = untrained(small_variant())
    model = replace(alone, picture_side=32)
    picture = photos(1, height=101, width=138) * np.float32(0.5)
    picture[0, 20:80, 30:110] = 1.0

    whole, tiled = (reconstruct(model, picture, [1.0], tile=tile) for tile in (1000, 32))

    np.testing.assert_allclose(tiled, whole, rtol=1e-4, atol=1e-6)
    without = reconstruct(alone, picture, [1.0])
    different = np.abs(whole - without).max(axis=-1) > 1e-4
    assert different[20:80, 30:110].mean() > 0.9
    assert not different[picture[0].max(axis=-1) < 0.85].any()
    nearly_as_large = replace(alone, picture_side=40)
    np.testing.assert_array_equal(reconstruct(nearly_as_large, picture, [1.0]), without)


class Stub(torch.nn.Module):
    """A network that returns one value per channel for large pictures, and another for small ones."""

    def __init__(self, large: tuple[float, ...], small: tuple[float, ...]) -> None:
        super().__init__()
        self.answers = torch.nn.Parameter(torch.tensor([large, small]))

    def forward(self, photos_bnkhw: torch.Tensor, together_bkhw: torch.Tensor) -> torch.Tensor:
        height, width = together_bkhw.shape[-2:]
        return self.answers[int(width < 50)][None, :, None, None].expand(1, 3, height, width)


def test_residual_changes_are_blended_and_not_raw_outputs(small_variant: Make) -> None:
    # Both change red by 0.28: by a share of the common change, and by one of red alone.
    network = Stub(large=(0.0, 0.6, 0.6), small=(0.525, 0.0, 0.0))
    alone = Model(network, small_variant())  # type: ignore[arg-type]
    red_lost = np.full((1, 96, 128, 3), 0.7, np.float32)
    red_lost[..., 0] = 1.0

    found, expected = (
        reconstruct(model, red_lost, [1.0]) for model in (replace(alone, picture_side=24), alone)
    )

    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert expected[0, 0, 0] > 1.2


def test_a_large_clipped_area_gets_the_change_of_the_downscaled_picture(small_variant: Make) -> None:
    network = Stub(large=(0.0, 0.0, 0.0), small=(0.1, 0.1, 0.1))
    model = Model(network, small_variant(), picture_side=24)  # type: ignore[arg-type]
    white = np.ones((1, 96, 128, 3), np.float32)

    radiance = reconstruct(model, white, [1.0])

    np.testing.assert_allclose(radiance, log_decode(torch.tensor(1.1)).item(), rtol=1e-4)


def test_black_areas_are_not_predicted_from_the_downscaled_picture(small_variant: Make) -> None:
    alone = untrained(small_variant())
    noise = (np.random.default_rng(0).random((1, 96, 128, 3)) < 0.3).astype(np.uint8)

    found, expected = (reconstruct(model, noise, [1.0]) for model in (replace(alone, picture_side=24), alone))

    np.testing.assert_array_equal(found, expected)


def test_photographs_of_other_types_are_rejected(small_variant: Make) -> None:
    with pytest.raises(UserError, match="of type float16; give float32"):
        reconstruct(untrained(small_variant()), np.zeros((1, 8, 8, 3), np.float16), [1.0])


def test_without_a_halo_tiles_would_have_seams(small_variant: Make) -> None:
    model = untrained(small_variant(network={"output": "radiance"}))
    picture = photos(1, 64, 64)

    seams = np.abs(
        reconstruct(model, picture, [1.0], tile=32, overlap=0) - reconstruct(model, picture, [1.0])
    )

    assert seams[:, 28:36].max() > 1e-3
    assert seams[:8, :8].max() < 1e-5


def test_the_network_never_sees_more_than_a_tile_with_its_halo(small_variant: Make) -> None:
    model = untrained(small_variant())
    seen: list[tuple[int, ...]] = []
    model.network.register_forward_pre_hook(lambda _, arguments: seen.append(tuple(arguments[0].shape[3:])))

    reconstruct(model, photos(1, 200, 150), [1.0], tile=32)

    largest = 32 + 2 * (receptive_radius(depth=2) + STEM_RADIUS + 2**2)
    assert len(seen) == 7 * 5
    assert max(max(shape) for shape in seen) <= largest


def test_progress_counts_the_tiles(small_variant: Make) -> None:
    calls: list[tuple[int, int]] = []

    reconstruct(
        untrained(small_variant()),
        photos(1, 40, 33),
        [1.0],
        tile=32,
        on_progress=lambda done, total: calls.append((done, total)),
    )

    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize("fusion", ["stacked", "attention"])
def test_an_untrained_residual_gives_the_linearised_photograph(small_variant: Make, fusion: str) -> None:
    variant = small_variant(network={"fusion": fusion})
    picture = photos(1, 20, 30)

    radiance = reconstruct(Model(build_network(variant), variant), picture, [1 / 60])

    np.testing.assert_allclose(radiance, SRGB.invert(picture[0]), rtol=1e-6)


@pytest.mark.parametrize("fusion", ["stacked", "attention"])
def test_an_untrained_residual_gives_the_merge(small_variant: Make, fusion: str) -> None:
    variant = small_variant(inputs={"ev": (-2, 0, 2)}, network={"fusion": fusion})
    bracket = photos(3, 20, 30)

    radiance = reconstruct(Model(build_network(variant), variant), bracket, [2.0, 8.0, 32.0])

    np.testing.assert_allclose(radiance, merge(bracket, BRACKET, SRGB, Sensor()), rtol=1e-5)


def test_real_photographs_are_merged_with_less_trust_towards_white(small_variant: Make) -> None:
    variant = small_variant(inputs={"ev": (-2, 0, 2)})
    bracket = photos(3, 20, 30)

    radiance = reconstruct(Model(build_network(variant), variant), bracket, BRACKET, trust=CAMERA)

    np.testing.assert_allclose(radiance, merge(bracket, BRACKET, SRGB, Sensor(), trust=CAMERA), rtol=1e-5)


def test_the_sensor_of_the_training_decides_the_weights_of_the_merge(small_variant: Make) -> None:
    variant = small_variant(inputs={"ev": (-2, 0, 2)}, camera={"full_well_e": 500, "read_noise_e": 20})
    bracket = photos(3, 20, 30)

    radiance = reconstruct(Model(build_network(variant), variant), bracket, BRACKET)

    expected = merge(bracket, BRACKET, SRGB, Sensor(full_well_e=500, read_noise_e=20))
    np.testing.assert_allclose(radiance, expected, rtol=1e-5)


def test_another_response_curve_can_be_given(small_variant: Make) -> None:
    variant = small_variant()
    picture = photos(1, 8, 8)

    radiance = reconstruct(
        Model(build_network(variant), variant), picture, [1.0], curve=parse_response("linear")
    )

    np.testing.assert_allclose(radiance, picture[0], rtol=1e-6)


@pytest.mark.parametrize(
    ("trained_with", "assumed"),
    [("srgb", "srgb"), ("gamma:2.2", "gamma:2.2"), ("known", "srgb"), ("calibrated", "srgb")],
)
def test_without_a_curve_the_one_of_the_training_is_assumed_or_srgb(trained_with: str, assumed: str) -> None:
    assert assumed_response(InputSpec(response=trained_with)).name == assumed


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_whole_codes_give_what_their_values_over_the_largest_give(
    small_variant: Make, dtype: type[Any]
) -> None:
    model = untrained(small_variant())
    codes = np.random.default_rng(0).integers(
        0, np.iinfo(dtype).max, (1, 16, 16, 3), endpoint=True, dtype=dtype
    )
    values = codes.astype(np.float32) / np.float32(np.iinfo(dtype).max)

    np.testing.assert_array_equal(reconstruct(model, codes, [1.0]), reconstruct(model, values, [1.0]))


@pytest.mark.parametrize("inputs", [{"ev": (-2, 0, 2)}, {"brackets": "any"}])
def test_neither_the_order_nor_the_unit_of_exposures_matters(
    small_variant: Make, inputs: dict[str, Any]
) -> None:
    model = untrained(small_variant(inputs=inputs))
    bracket = photos(3, 16, 16)

    rising = reconstruct(model, bracket, BRACKET)
    mixed = reconstruct(model, bracket[[2, 0, 1]], [4.0 / 512, 0.25 / 512, 1.0 / 512])

    np.testing.assert_array_equal(rising, mixed)


@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_a_model_for_any_bracket_takes_what_comes(small_variant: Make, count: int) -> None:
    model = untrained(small_variant(inputs={"brackets": "any"}))

    radiance = reconstruct(model, photos(count, 9, 11), [1.7**number for number in range(count)])

    assert radiance.shape == (9, 11, 3)
    assert np.isfinite(radiance).all()


def test_a_model_for_one_photograph_uses_the_middle_one(small_variant: Make) -> None:
    model = untrained(small_variant())
    bracket = photos(3, 16, 16)

    np.testing.assert_array_equal(
        reconstruct(model, bracket, [4.0, 0.25, 1.0]), reconstruct(model, bracket[2:], [1.0])
    )


@pytest.mark.parametrize(
    ("exposures", "middle"), [([1.0], 0), ([1.0, 4.0], 0), ([4.0, 1.0, 0.25], 1), ([8.0, 1.0, 2.0, 4.0], 2)]
)
def test_the_middle_photograph_of_an_even_number_is_the_shorter_of_the_two(
    exposures: list[float], middle: int
) -> None:
    assert middle_photo(exposures) == middle


@pytest.mark.parametrize(
    ("ev", "given", "chosen"),
    [
        ((-2, 0, 2), range(-5, 4), [2, 4, 6]),
        ((-2, 0, 2), (4, 1, 0, -1, -4), [3, 2, 1]),
        ((-2, 0, 2), (-4, -3, -2.5, -1), [0, 1, 3]),
        ((0,), (-2, 0, 2), [1]),
        # For an even number the shorter of the two is the middle one, in training as well.
        ((-1, 1), (3, 5), [0, 1]),
        ((-1, 1), (-3, -1, 1), [1, 2]),
        # The trained stops from the middle one are -2, -1, 1 and 4.
        ((-1, 1, 2, 0, 5), (-3, -2, -1, 0, 1, 2, 3, 4), [1, 2, 3, 4, 7]),
        # Fewer than in training but one at each side: the closest that keep their order.
        ((-4, 0, 4), (0, 1, -1), [2, 0, 1]),
    ],
)
def test_a_model_for_a_fixed_number_uses_those_nearest_to_its_training(
    ev: tuple[float, ...], given: Sequence[float], chosen: list[int]
) -> None:
    assert select_photos(InputSpec(ev=ev), [2.0**value for value in given]) == chosen


@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        ((0,), [0]),
        ((2, 0), [1, 0]),
        ((3, -1, 1, -3), [3, 1, 2, 0]),
        (range(9), list(range(9))),
        # With more than nine, nine around the middle one.
        (range(13), list(range(2, 11))),
        (range(12, -1, -1), list(range(10, 1, -1))),
        (range(10), list(range(9))),
    ],
)
def test_a_model_for_any_bracket_uses_all_photographs_up_to_nine(
    given: Sequence[float], chosen: list[int]
) -> None:
    assert select_photos(ANY, [2.0**value for value in given]) == chosen


def test_a_model_for_any_bracket_takes_two_of_one_exposure() -> None:
    assert sorted(select_photos(ANY, [1.0, 1.0, 2.0])) == [0, 1, 2]


def test_two_photographs_are_too_few_for_a_model_of_three(small_variant: Make) -> None:
    with pytest.raises(
        UserError,
        match=r"requires 3 photographs, 1 of them shorter and 1 longer than the middle one, but .* 2 with 2 "
        r"different exposure\(s\); use a larger bracket, or a model for any bracket or fewer photographs",
    ):
        reconstruct(untrained(small_variant(inputs={"ev": (-2, 0, 2)})), photos(2, 8, 8), [1.0, 2.0])


def test_three_photographs_of_two_exposures_are_too_few_as_well(small_variant: Make) -> None:
    with pytest.raises(UserError, match=r"has 3 with 2 different exposure\(s\); use a larger bracket"):
        reconstruct(untrained(small_variant(inputs={"ev": (-2, 0, 2)})), photos(3, 8, 8), [1.0, 1.0, 2.0])


def test_inconsistent_inputs_are_rejected(small_variant: Make) -> None:
    model = untrained(small_variant())
    one = photos(1, 8, 8)

    with pytest.raises(UserError, match=r"1 photograph\(s\) but 2 exposure"):
        reconstruct(model, one, [1.0, 2.0])
    with pytest.raises(UserError, match=r"0 photograph\(s\) but 0 exposure"):
        reconstruct(model, [], [])
    with pytest.raises(UserError, match=r"shapes \[\(4, 8, 3\), \(8, 8, 3\)\]; all must have one size"):
        reconstruct(model, [one[0], one[0][:4]], [1.0, 2.0])
    with pytest.raises(UserError, match=r"exposures \[0.0\]: each must be a positive number"):
        reconstruct(model, one, [0.0])
    with pytest.raises(UserError, match=r"tile 0 and overlap None"):
        reconstruct(model, one, [1.0], tile=0)
