from itertools import pairwise

import pytest
import torch
from torch import nn

from hdrbatch.learning.network import UNet, receptive_radius


def unet(generator: torch.Generator, **changes: object) -> UNet:
    settings: dict[str, object] = {"width": 4, "depth": 2, "dropout": 0.0, "zero_last": False}
    return UNet(3, 3, generator=generator, **{**settings, **changes})  # type: ignore[arg-type]


def test_a_depth_of_4_has_19_convolutions_of_3x3_4_poolings_and_4_up_convolutions(
    generator: torch.Generator,
) -> None:
    modules = list(unet(generator, depth=4).modules())

    convolutions = [module for module in modules if isinstance(module, nn.Conv2d)]
    assert len(convolutions) == 19
    assert {module.kernel_size for module in convolutions} == {(3, 3)}
    assert sum(isinstance(module, nn.MaxPool2d) for module in modules) == 4
    assert sum(isinstance(module, nn.ConvTranspose2d) for module in modules) == 4


def test_all_modules_take_part_in_the_output(generator: torch.Generator) -> None:
    network = unet(generator, depth=3)

    network(torch.rand(1, 3, 16, 16, generator=generator)).sum().backward()

    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_the_seeds_network_at_width_64_has_the_number_of_weights_that_its_layers_add_up_to(
    generator: torch.Generator,
) -> None:
    def convolution(before: int, after: int, side: int = 3) -> int:
        return before * after * side**2 + after

    widths = [64, 128, 256, 512, 1024]
    expected = convolution(3, 64) + convolution(64, 64) + convolution(64, 3)
    for fine, coarse in pairwise(widths):
        expected += convolution(fine, coarse) + convolution(coarse, coarse)
        expected += convolution(coarse, fine, side=2) + convolution(2 * fine, fine) + convolution(fine, fine)

    assert sum(parameter.numel() for parameter in unet(generator, width=64, depth=4).parameters()) == expected


@pytest.mark.parametrize(("height", "width"), [(1, 1), (5, 7), (16, 16), (17, 33)])
def test_any_size_goes_in_and_comes_out(generator: torch.Generator, height: int, width: int) -> None:
    output = unet(generator, depth=4)(torch.rand(2, 3, height, width))

    assert output.shape == (2, 3, height, width)
    assert torch.isfinite(output).all()


def test_padding_repeats_the_right_and_bottom_edge(generator: torch.Generator) -> None:
    network = unet(generator)
    x = torch.rand(1, 3, 10, 9, generator=generator)
    padded = torch.cat([x, *[x[..., -1:]] * 3], dim=3)
    padded = torch.cat([padded, *[padded[..., -1:, :]] * 2], dim=2)

    torch.testing.assert_close(network(x), network(padded)[..., :10, :9])


def test_a_last_layer_of_zeros_answers_zero_and_can_still_learn(generator: torch.Generator) -> None:
    network = unet(generator, zero_last=True)

    output = network(torch.rand(1, 3, 16, 16))
    (output - 1).abs().sum().backward()

    assert torch.equal(output, torch.zeros_like(output))
    assert network.last.weight.grad is not None
    assert network.last.weight.grad.abs().sum() > 0


def test_the_generator_alone_decides_the_weights() -> None:
    first, same, other = (unet(torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    x = torch.rand(1, 3, 8, 8)

    assert torch.equal(first(x), same(x))
    assert not torch.equal(first(x), other(x))


def test_skip_connections_carry_the_input_past_the_bottleneck(generator: torch.Generator) -> None:
    network = unet(generator, depth=2)
    x = torch.rand(1, 3, 16, 16, generator=generator)
    for parameter in network.down[-1].parameters():
        nn.init.zeros_(parameter)

    assert network(x).std() > 0
    for parameter in network.down[0].parameters():
        nn.init.zeros_(parameter)
    assert network(x).std() == 0


def test_initial_weights_keep_the_scale_of_the_signal(generator: torch.Generator) -> None:
    network = unet(generator, width=32, depth=2)
    coarse = torch.randn(4, 64, 8, 8, generator=generator)

    assert network(torch.randn(4, 3, 32, 32, generator=generator)).std().item() == pytest.approx(1.5, rel=0.6)
    assert network.enlarge[1](coarse).std().item() == pytest.approx(1, rel=0.2)


def test_dropout_acts_in_training_alone_and_its_generator_decides_what_is_dropped(
    generator: torch.Generator,
) -> None:
    network = unet(generator, dropout=0.5)
    x = torch.rand(1, 3, 16, 16, generator=generator)

    def in_training(seed: int) -> torch.Tensor:
        return network.train()(x, torch.Generator().manual_seed(seed))

    assert torch.equal(in_training(1), in_training(1))
    assert not torch.equal(in_training(1), in_training(2))
    assert torch.equal(network.eval()(x), network(x))


def test_dropout_keeps_the_mean_of_what_it_drops_from(generator: torch.Generator) -> None:
    network = unet(generator, dropout=0.25).train()

    dropped = network._drop(torch.ones(1, 64, 64, 64), generator)

    assert dropped.mean() == pytest.approx(1, abs=0.01)
    assert (dropped == 0).float().mean() == pytest.approx(0.25, abs=0.01)


def test_training_with_dropout_but_no_generator_is_refused(generator: torch.Generator) -> None:
    with pytest.raises(ValueError, match="dropout_generator"):
        unet(generator, dropout=0.5).train()(torch.rand(1, 3, 8, 8))


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_no_input_beyond_the_receptive_radius_matters_and_the_radius_is_not_much_too_large(
    generator: torch.Generator, depth: int
) -> None:
    network = unet(generator, depth=depth, width=2).double()
    radius = receptive_radius(depth)
    side = 2 * radius + 3 * 2**depth
    x = torch.rand(1, 3, side, side, dtype=torch.float64, generator=generator, requires_grad=True)

    reach = 0
    for centre in range(radius, radius + 2**depth):
        (gradient,) = torch.autograd.grad(network(x)[0, :, centre, centre].sum(), x)
        touched = gradient.abs().sum(dim=(0, 1)).nonzero()
        reach = max(reach, int((touched - centre).abs().max()))

    assert radius - 2**depth <= reach <= radius
