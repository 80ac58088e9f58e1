"""The U-Net: 19 convolutions of 3x3 and 4 max-poolings at depth 4, and two ways to feed it photographs.

How the 19 are counted, for a depth of ``d`` poolings: two convolutions at each of the ``d + 1`` resolutions
on the way down, two at each of the ``d`` on the way up, and a last one for the output; ``4 d + 3`` in all.
The up-convolutions (transposed, 2x2, stride 2) are not counted.

Stacked, the channels of all photographs are concatenated, and the number of photographs is fixed. With
attention, one stem extracts features from each photograph; a softmax over the photographs weighs them for
each pixel and channel, so that any number of photographs in any order gives an input of one size.

Shape suffixes: b batch, n photographs, k channels of one photograph, c channels, h height, w width.

References
----------
Ronneberger, Fischer and Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation", 2015.
He, Zhang, Ren and Sun, "Delving Deep into Rectifiers", 2015.
Yan et al., "Attention-guided network for ghost-free high dynamic range imaging", 2019: weighing photographs.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

Generators = Sequence[torch.Generator]
"""One generator for each item of a batch, so that an item's random numbers do not depend on its batch."""

STEM_RADIUS = 1
"""Pixels by which the stem of attention adds to the receptive radius."""


class UNet(nn.Module):
    """Encoder and decoder with skip connections; no normalisation layers, so radiometry passes unchanged.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of input and output.
    width : int
        Channels at full resolution; doubled at each pooling.
    depth : int
        Number of poolings.
    dropout : float
        Probability that a value is dropped in training.
    dropout_at : str
        ``bottleneck``, ``decoder`` (after each of its resolutions) or ``everywhere`` (all but the input).
    zero_last : bool
        Whether the last layer starts with zeros, so that the untrained network returns 0 everywhere.
    generator : torch.Generator
        Source of the He initialisation, on the CPU.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        width: int,
        depth: int,
        dropout: float = 0.0,
        dropout_at: str = "bottleneck",
        zero_last: bool,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.depth = depth
        self.dropout = dropout
        self.dropout_at = dropout_at
        widths = [width * 2**level for level in range(depth + 1)]
        self.down = nn.ModuleList(
            _two_convolutions(before, after)
            for before, after in zip([in_channels, *widths[:-1]], widths, strict=True)
        )
        self.pool = nn.ModuleList(nn.MaxPool2d(2) for _ in range(depth))
        self.enlarge = nn.ModuleList(
            nn.ConvTranspose2d(2 * fine, fine, kernel_size=2, stride=2) for fine in reversed(widths[:-1])
        )
        self.up = nn.ModuleList(_two_convolutions(2 * fine, fine) for fine in reversed(widths[:-1]))
        self.last = nn.Conv2d(width, out_channels, kernel_size=3, padding=1)
        initialise(self, generator)
        if zero_last:
            nn.init.zeros_(self.last.weight)

    def forward(self, x_bchw: Tensor, dropout_generators: Generators | None = None) -> Tensor:
        """Map (B, in_channels, H, W) to (B, out_channels, H, W), for any H and W.

        Parameters
        ----------
        x_bchw : Tensor
            Input; its right and bottom edges are padded to a multiple of ``2**depth`` internally.
        dropout_generators : B generators or None
            Generators of the dropout, on the input's device; required when training with dropout.

        Raises
        ------
        ValueError
            If the network trains with dropout but without a generator for each item.
        """
        height, width = x_bchw.shape[-2:]
        multiple = 2**self.depth
        padding = (0, -width % multiple, 0, -height % multiple)
        features = functional.pad(x_bchw, padding, mode="replicate") if any(padding) else x_bchw

        skips = []
        for level, pool in enumerate(self.pool):
            features = self._drop(self.down[level](features), "encoder", dropout_generators)
            skips.append(features)
            features = pool(features)
        features = self._drop(self.down[self.depth](features), "bottleneck", dropout_generators)
        for enlarge, up, skip in zip(self.enlarge, self.up, reversed(skips), strict=True):
            features = up(torch.cat([skip, enlarge(features)], dim=1))
            features = self._drop(features, "decoder", dropout_generators)
        output: Tensor = self.last(features)
        return output[..., :height, :width]

    def _drop(self, features: Tensor, place: str, generators: Generators | None) -> Tensor:
        # torch's own dropout draws from the global generator, which a resumed training run could not repeat.
        if not self.training or self.dropout == 0 or self.dropout_at not in (place, "everywhere"):
            return features
        if generators is None or len(generators) != len(features):
            raise ValueError("training with dropout needs a generator for each item of the batch")
        drawn = [torch.rand(features.shape[1:], generator=g, device=features.device) for g in generators]
        return features * (torch.stack(drawn) >= self.dropout) / (1 - self.dropout)


class StackedUNet(nn.Module):
    """A U-Net on the concatenated channels of a fixed number of photographs."""

    def __init__(self, unet: UNet) -> None:
        super().__init__()
        self.unet = unet

    def forward(
        self, photos_bnkhw: Tensor, together_bkhw: Tensor, dropout_generators: Generators | None = None
    ) -> Tensor:
        """Map separate and joint channels of photographs to (B, 3, H, W)."""
        stacked = torch.cat([photos_bnkhw.flatten(1, 2), together_bkhw], dim=1)
        output: Tensor = self.unet(stacked, dropout_generators)
        return output


class AttentionUNet(nn.Module):
    """A U-Net on features of the photographs, weighed pixel by pixel: any number of them, in any order.

    Parameters
    ----------
    channels_per_photo : int
        Channels of the stem's input.
    width : int
        Channels of the features.
    unet : UNet
        The U-Net on the features and the channels of the photographs together.
    generator : torch.Generator
        Source of the stem's initialisation.
    """

    def __init__(self, channels_per_photo: int, width: int, unet: UNet, generator: torch.Generator) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(channels_per_photo, width, 3, padding=1), nn.ReLU(inplace=True))
        self.score = nn.Conv2d(width, width, 1)
        self.unet = unet
        initialise(self.stem, generator)
        # At first all photographs count alike.
        nn.init.zeros_(self.score.weight)
        nn.init.zeros_(_bias(self.score))

    def forward(
        self, photos_bnkhw: Tensor, together_bkhw: Tensor, dropout_generators: Generators | None = None
    ) -> Tensor:
        """Map separate and joint channels of photographs to (B, 3, H, W)."""
        batch, count = photos_bnkhw.shape[:2]
        features = self.stem(photos_bnkhw.flatten(0, 1))
        weights = self.score(features).unflatten(0, (batch, count)).softmax(dim=1)
        fused = (weights * features.unflatten(0, (batch, count))).sum(dim=1)
        output: Tensor = self.unet(torch.cat([fused, together_bkhw], dim=1), dropout_generators)
        return output


def initialise(module: nn.Module, generator: torch.Generator) -> None:
    """Draw the weights of all convolutions (He et al. 2015); biases are zero."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu", generator=generator)
        elif isinstance(part, nn.ConvTranspose2d):
            # Kernel and stride are equal: every output sees each input channel once.
            nn.init.normal_(part.weight, std=part.in_channels**-0.5, generator=generator)
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.zeros_(_bias(part))


def receptive_radius(depth: int) -> int:
    """Return the maximum distance, in pixels, between an input of the U-Net and an output that it influences.

    Two convolutions reach two pixels of their own resolution; each resolution but the coarsest has them on
    the way down and on the way up; the last convolution adds one pixel, and pooling blocks at most
    ``2**depth - 1``.

    >>> receptive_radius(3), receptive_radius(4)
    (52, 108)
    """
    coarsest: int = 2**depth
    return 2 * 2 * (coarsest - 1) + 2 * coarsest + 1 + (coarsest - 1)


def _two_convolutions(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1),
        nn.ReLU(inplace=True),
    )


def _bias(module: nn.Conv2d | nn.ConvTranspose2d) -> Tensor:
    assert module.bias is not None
    return module.bias
