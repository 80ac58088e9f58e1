"""Size and arithmetic of a variant's network, computed from its spec alone, since planning loads no torch.

The layers are those of ``hdrbatch.learning.network``; a test compares the two.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from hdrbatch.specs.variant import MAX_PHOTOS, InputSpec, NetworkSpec, VariantSpec

COLOURS = 3


@dataclass(frozen=True)
class Layer:
    """A convolution.

    Attributes
    ----------
    in_channels, out_channels : int
        Channels of each kernel.
    taps : int
        Number of values of a kernel.
    taps_used : int
        Number of these that contribute to one output value.
    per_pixel : float
        Output values per channel and pixel of the picture.
    """

    in_channels: int
    out_channels: int
    taps: int
    taps_used: int
    per_pixel: float

    @property
    def num_parameters(self) -> int:
        """Number of weights and biases."""
        return self.in_channels * self.out_channels * self.taps + self.out_channels

    @property
    def multiply_adds(self) -> float:
        """Multiply-adds of the forward pass, per pixel of the picture."""
        return self.in_channels * self.out_channels * self.taps_used * self.per_pixel


def num_parameters(variant: VariantSpec) -> int:
    """Return the number of weights and biases of a variant's network.

    >>> num_parameters(VariantSpec()) // 1_000_000
    31
    """
    return sum(layer.num_parameters for layer in _layers(variant, len(variant.inputs.ev)))


def multiply_adds_per_pixel(variant: VariantSpec) -> float:
    """Return the multiply-adds of the forward pass, per pixel of a training crop."""
    return sum(layer.multiply_adds for layer in _layers(variant, mean_num_photos(variant)))


def mean_num_photos(variant: VariantSpec) -> int:
    """Return the number of photographs of a bracket in training; the rounded mean if it is random.

    >>> mean_num_photos(VariantSpec(inputs=InputSpec(ev=(-1, 1))))
    2
    """
    if variant.inputs.brackets == "fixed":
        return len(variant.inputs.ev)
    # Larger numbers are drawn less often: with a share of 1 / number.
    return round(MAX_PHOTOS / sum(1 / count for count in range(1, MAX_PHOTOS + 1)))


def _layers(variant: VariantSpec, num_photos: int) -> Iterator[Layer]:
    network = variant.network
    per_photo, together = _channels_per_photo(variant.inputs, network), 9 if network.masks else 0
    if network.fusion == "attention":
        yield Layer(per_photo, network.width, 9, 9, num_photos)
        yield Layer(network.width, network.width, 1, 1, num_photos)
        yield from _unet(network.width + together, network)
    else:
        yield from _unet(num_photos * per_photo + together, network)


def _channels_per_photo(inputs: InputSpec, network: NetworkSpec) -> int:
    pixels = 2 * COLOURS if inputs.mode == "both" else COLOURS
    return pixels + (1 if network.fusion == "attention" else 0) + (COLOURS if network.masks else 0)


def _unet(in_channels: int, network: NetworkSpec) -> Iterator[Layer]:
    before = in_channels
    for level in range(network.depth + 1):
        width, per_pixel = network.width * 2**level, 0.25**level
        yield Layer(before, width, 9, 9, per_pixel)
        yield Layer(width, width, 9, 9, per_pixel)
        if level < network.depth:
            # On the way up: a transposed convolution with stride 2; each output uses one of its four taps.
            yield Layer(2 * width, width, 4, 1, per_pixel)
            yield Layer(2 * width, width, 9, 9, per_pixel)
            yield Layer(width, width, 9, 9, per_pixel)
        before = width
    yield Layer(network.width, COLOURS, 9, 9, 1)
