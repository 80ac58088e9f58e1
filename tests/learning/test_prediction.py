from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from hdrbatch.errors import UserError
from hdrbatch.imaging.response import parse_response
from hdrbatch.learning.model import Model, build_network
from hdrbatch.learning.network import receptive_radius
from hdrbatch.learning.prediction import chosen_photos, middle_photo, reconstruct
from hdrbatch.specs.training import InputSpec, VariantSpec

Make = Callable[..., VariantSpec]
CANDIDATES = InputSpec(mode="candidates", ev=(-2, 0, 2))


def untrained(variant: VariantSpec) -> Model:
    """A network whose last layer is not zero, so that it changes what it is given."""
    network = build_network(variant).eval()
    torch.nn.init.normal_(network.last.weight, std=0.05, generator=torch.Generator().manual_seed(0))
    if variant.network.output == "radiance":
        torch.nn.init.constant_(
            network.last.bias, 0.8
        )  # The code of middle grey: radiances are not all near 0.
    return Model(network, variant)


def photos(num: int, height: int, width: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(0)
    return np.round(rng.random((num, height, width, 3)) ** 0.5 * 255).astype(np.float32) / 255


@pytest.mark.parametrize("mode", ["ldr", "candidates"])
@pytest.mark.parametrize("output", ["radiance", "residual"])
def test_tiles_give_what_the_whole_picture_gives(small_variant: Make, mode: str, output: str) -> None:
    model = untrained(small_variant(mode=mode, output=output))
    bracket = photos(1 if mode == "ldr" else 3, height=101, width=138)
    exposures = [1.0] if mode == "ldr" else [0.25, 1.0, 4.0]

    whole = reconstruct(model, bracket, exposures, tile=1000)
    tiled = reconstruct(model, bracket, exposures, tile=32)

    assert whole.shape == (101, 138, 3)
    assert whole.dtype == np.float32
    np.testing.assert_allclose(tiled, whole, rtol=1e-4, atol=1e-6)


def test_without_a_halo_tiles_would_have_seams(small_variant: Make) -> None:
    model = untrained(small_variant(output="radiance"))
    picture = photos(1, 64, 64)

    seams = np.abs(
        reconstruct(model, picture, [1.0], tile=32, overlap=0) - reconstruct(model, picture, [1.0])
    )

    assert seams[:, 28:36].max() > 1e-3
    assert seams[:8, :8].max() < 1e-5


def test_the_network_never_sees_more_than_a_tile_with_its_halo(small_variant: Make) -> None:
    model = untrained(small_variant())
    seen: list[tuple[int, ...]] = []
    model.network.register_forward_pre_hook(lambda _, arguments: seen.append(tuple(arguments[0].shape[2:])))

    reconstruct(model, photos(1, 200, 150), [1.0], tile=32)

    largest = 32 + 2 * (receptive_radius(depth=2) + 2**2)
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


def test_an_untrained_residual_gives_the_linearised_photograph(small_variant: Make) -> None:
    variant = small_variant()
    picture = photos(1, 20, 30)

    radiance = reconstruct(Model(build_network(variant), variant), picture, [1 / 60])

    np.testing.assert_allclose(radiance, parse_response("srgb").invert(picture[0]), rtol=1e-6)


def test_another_response_curve_can_be_given(small_variant: Make) -> None:
    variant = small_variant()
    picture = photos(1, 8, 8)

    radiance = reconstruct(
        Model(build_network(variant), variant), picture, [1.0], curve=parse_response("linear")
    )

    np.testing.assert_array_equal(radiance, picture[0])


def test_8_bit_photographs_give_what_their_values_over_255_give(small_variant: Make) -> None:
    model = untrained(small_variant())
    picture = photos(1, 16, 16)
    codes = np.round(picture * 255).astype(np.uint8)

    np.testing.assert_array_equal(reconstruct(model, codes, [1.0]), reconstruct(model, picture, [1.0]))


def test_neither_the_order_nor_the_unit_of_exposures_matters(small_variant: Make) -> None:
    model = untrained(small_variant(mode="candidates"))
    bracket = photos(3, 16, 16)

    rising = reconstruct(model, bracket, [0.25, 1.0, 4.0])
    falling = reconstruct(model, bracket[::-1], [4.0 / 512, 1.0 / 512, 0.25 / 512])

    np.testing.assert_array_equal(rising, falling)


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


def test_from_a_longer_bracket_the_trained_spacing_is_chosen() -> None:
    assert chosen_photos(CANDIDATES, [2.0**ev for ev in (-5, -4, -3, -2, -1, 0, 1, 2, 3)]) == [2, 4, 6]


def test_from_a_bracket_of_other_spacing_the_nearest_is_chosen() -> None:
    assert chosen_photos(CANDIDATES, [2.0**ev for ev in (4, 1, 0, -1, -4)]) == [3, 2, 1]
    assert chosen_photos(CANDIDATES, [2.0**ev for ev in (-4, -3, -2.5, -1)]) == [0, 1, 3]


def test_two_photographs_are_too_few_for_a_model_of_three(small_variant: Make) -> None:
    with pytest.raises(
        UserError, match=r"takes 3 photographs and 2 came: give a bracket of at least 3, or a model"
    ):
        reconstruct(untrained(small_variant(mode="candidates")), photos(2, 8, 8), [1.0, 2.0])


def test_three_photographs_of_one_exposure_are_no_bracket(small_variant: Make) -> None:
    with pytest.raises(
        UserError, match=r"\[1.0, 1.0, 2.0\]: the model needs exposures below and above the middle"
    ):
        reconstruct(untrained(small_variant(mode="candidates")), photos(3, 8, 8), [1.0, 1.0, 2.0])


def test_what_does_not_fit_together_is_refused(small_variant: Make) -> None:
    model = untrained(small_variant())
    one = photos(1, 8, 8)

    with pytest.raises(UserError, match=r"1 photograph\(s\) came with 2 exposure"):
        reconstruct(model, one, [1.0, 2.0])
    with pytest.raises(UserError, match=r"0 photograph\(s\) came with 0 exposure"):
        reconstruct(model, [], [])
    with pytest.raises(UserError, match=r"photographs of one size .* these are \[\(4, 8, 3\), \(8, 8, 3\)\]"):
        reconstruct(model, [one[0], one[0][:4]], [1.0, 2.0])
    with pytest.raises(UserError, match=r"exposures \[0.0\]: each must be a positive number"):
        reconstruct(model, one, [0.0])
    with pytest.raises(UserError, match=r"tile 0 and overlap None"):
        reconstruct(model, one, [1.0], tile=0)
