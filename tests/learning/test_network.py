from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from torch import nn

from hdrbatch.learning.network import STEM_RADIUS, AttentionUNet, StackedUNet, UNet, receptive_radius


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


def generators(*seeds: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed) for seed in seeds]


@pytest.mark.parametrize("place", ["bottleneck", "decoder", "everywhere"])
def test_dropout_acts_in_training_alone_and_its_generators_decide_what_is_dropped(
    generator: torch.Generator, place: str
) -> None:
    network = unet(generator, dropout=0.5, dropout_at=place)
    x = torch.rand(2, 3, 16, 16, generator=generator)

    def in_training(*seeds: int) -> torch.Tensor:
        return network.train()(x, generators(*seeds))

    assert torch.equal(in_training(1, 2), in_training(1, 2))
    assert not torch.equal(in_training(1, 2), in_training(3, 4))
    assert torch.equal(network.eval()(x), network(x))


@pytest.mark.parametrize("place", ["bottleneck", "everywhere"])
def test_what_an_item_drops_does_not_depend_on_the_others_of_its_batch(
    generator: torch.Generator, place: str
) -> None:
    network = unet(generator, dropout=0.5, dropout_at=place).train()
    x = torch.rand(3, 3, 16, 16, generator=generator)

    together = network(x, generators(1, 2, 3))

    torch.testing.assert_close(network(x[2:], generators(3))[0], together[2])
    assert not torch.allclose(network(x[2:], generators(1))[0], together[2])


@pytest.mark.parametrize(
    ("place", "encoder", "bottleneck", "decoder"),
    [("bottleneck", 0, 1, 0), ("decoder", 0, 0, 3), ("everywhere", 3, 1, 3)],
)
def test_dropout_acts_at_the_requested_layers(
    generator: torch.Generator, place: str, encoder: int, bottleneck: int, decoder: int
) -> None:
    network = unet(generator, depth=3, dropout=0.5, dropout_at=place).train()
    # Input of the next layer, for a positive input: values are zero where they were dropped.
    for parameter in network.parameters():
        nn.init.constant_(parameter, 0.01)
    dropped: list[tuple[str, bool]] = []

    def watch(name: str) -> Callable[..., None]:
        return lambda _, arguments: dropped.append((name, bool((arguments[0] == 0).any())))

    for pool in network.pool:
        pool.register_forward_pre_hook(watch("encoder"))
    for number, enlarge in enumerate(network.enlarge):
        enlarge.register_forward_pre_hook(watch("decoder" if number else "bottleneck"))
    network.last.register_forward_pre_hook(watch("decoder"))
    network(torch.ones(1, 3, 32, 32), generators(0))

    counts = Counter(name for name, is_dropped in dropped if is_dropped)
    assert (counts["encoder"], counts["bottleneck"], counts["decoder"]) == (encoder, bottleneck, decoder)


def test_dropout_keeps_the_mean_of_what_it_drops_from(generator: torch.Generator) -> None:
    network = unet(generator, dropout=0.25).train()

    dropped = network._drop(torch.ones(1, 64, 64, 64), "bottleneck", [generator])

    assert dropped.mean() == pytest.approx(1, abs=0.01)
    assert (dropped == 0).float().mean() == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("given", [None, generators(1)])
def test_training_with_dropout_but_not_a_generator_for_each_item_is_rejected(
    generator: torch.Generator, given: list[torch.Generator] | None
) -> None:
    with pytest.raises(ValueError, match="dropout needs a generator for each item"):
        unet(generator, dropout=0.5).train()(torch.rand(2, 3, 8, 8), given)


def attention(generator: torch.Generator, *, scored: bool = True) -> AttentionUNet:
    """An attention network on photographs of 5 channels and 2 channels together."""
    network = AttentionUNet(5, 4, unet_of(6, generator), generator).eval()
    if scored:
        nn.init.normal_(network.score.weight, generator=generator)
    return network


def unet_of(in_channels: int, generator: torch.Generator) -> UNet:
    return UNet(in_channels, 3, width=4, depth=2, zero_last=False, generator=generator)


def test_attention_takes_any_number_of_photographs_in_any_order(generator: torch.Generator) -> None:
    network = attention(generator)
    together = torch.rand(2, 2, 16, 16, generator=generator)
    for count in range(1, 10):
        photos = torch.rand(2, count, 5, 16, 16, generator=generator)

        output = network(photos, together)

        assert output.shape == (2, 3, 16, 16)
        torch.testing.assert_close(network(photos.flip(1), together), output)


def test_a_photograph_twice_says_no_more_than_once(generator: torch.Generator) -> None:
    network = attention(generator)
    photos = torch.rand(1, 2, 5, 16, 16, generator=generator)
    together = torch.rand(1, 2, 16, 16, generator=generator)

    twice = network(torch.cat([photos, photos], dim=1), together)

    torch.testing.assert_close(twice, network(photos, together))


def test_at_first_all_photographs_count_alike_and_then_as_their_scores_say(
    generator: torch.Generator,
) -> None:
    network = attention(generator, scored=False)
    photos = torch.rand(1, 3, 5, 8, 8, generator=generator)
    seen: list[torch.Tensor] = []
    network.unet.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0]))
    together = torch.rand(1, 2, 8, 8, generator=generator)

    with torch.no_grad():
        network(photos, together)
        torch.testing.assert_close(seen[-1][:, :4], network.stem(photos[0]).mean(dim=0, keepdim=True))
        assert torch.equal(seen[-1][:, 4:], together)
        nn.init.constant_(network.score.weight, 1000.0)
        network(photos, together)

    # A score of a thousand times the features' sum leaves only the photograph with the largest sum.
    features = network.stem(photos[0])
    largest = features.sum(dim=1, keepdim=True).argmax(dim=0, keepdim=True).expand(1, 4, 8, 8)
    torch.testing.assert_close(seen[-1][:, :4], features.gather(0, largest), atol=1e-2, rtol=1e-2)


def test_every_photograph_and_every_weight_of_attention_takes_part(generator: torch.Generator) -> None:
    network = attention(generator).train()
    photos = torch.rand(1, 3, 5, 16, 16, generator=generator, requires_grad=True)

    network(photos, torch.rand(1, 2, 16, 16)).square().sum().backward()

    assert photos.grad is not None
    assert (photos.grad.abs().sum(dim=(0, 2, 3, 4)) > 0).all()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        # A constant added to all scores changes no share.
        assert name == "score.bias" or parameter.grad.abs().sum() > 0, name


def test_stacked_channels_stand_photograph_by_photograph_with_what_they_say_together_last(
    generator: torch.Generator,
) -> None:
    network = StackedUNet(unet_of(17, generator)).eval()
    photos = torch.rand(1, 3, 5, 16, 16, generator=generator)
    together = torch.rand(1, 2, 16, 16, generator=generator)

    expected = network.unet(torch.cat([*photos.unbind(1), together], dim=1))

    assert torch.equal(network(photos, together), expected)
    assert not torch.allclose(network(photos.flip(1), together), expected)


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


def test_the_stem_of_attention_reaches_one_pixel_further(generator: torch.Generator) -> None:
    network = attention(generator).double()
    radius = receptive_radius(2) + STEM_RADIUS
    side = 2 * radius + 12
    photos = torch.rand(1, 2, 5, side, side, dtype=torch.float64, generator=generator, requires_grad=True)
    together = torch.zeros(1, 2, side, side, dtype=torch.float64)

    reach = 0
    for centre in range(radius, radius + 4):
        (gradient,) = torch.autograd.grad(network(photos, together)[0, :, centre, centre].sum(), photos)
        touched = gradient.abs().sum(dim=(0, 1, 2)).nonzero()
        reach = max(reach, int((touched - centre).abs().max()))

    assert radius - 4 <= reach <= radius
