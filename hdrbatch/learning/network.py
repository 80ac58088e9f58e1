"""The plain U-Net: 19 convolutions of 3x3 and 4 max-poolings at depth 4.

How the 19 are counted, for a depth of ``d`` poolings: two convolutions at each of the ``d + 1`` resolutions
on the way down, two at each of the ``d`` on the way up, and a last one that makes the output; ``4 d + 3`` in
all. The up-convolutions (transposed, 2x2, stride 2) are not among them.

Shape suffixes: b batch, c channels, h height, w width.

References
----------
Ronneberger, Fischer and Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation", 2015.
He, Zhang, Ren and Sun, "Delving Deep into Rectifiers", 2015.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional


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
        Probability with which a value at the bottleneck is dropped in training.
    zero_last : bool
        Start with a last layer of zeros, so that the untrained network answers 0 everywhere.
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
        dropout: float,
        zero_last: bool,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.depth = depth
        self.dropout = dropout
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
        self._initialise(zero_last=zero_last, generator=generator)

    def forward(self, x_bchw: Tensor, dropout_generator: torch.Generator | None = None) -> Tensor:
        """Map (B, in_channels, H, W) to (B, out_channels, H, W), for any H and W.

        Parameters
        ----------
        x_bchw : Tensor
            Input; its right and bottom edges are repeated up to a multiple of ``2**depth`` inside.
        dropout_generator : torch.Generator or None
            Where dropout draws from, on the input's device; needed when training with dropout.

        Raises
        ------
        ValueError
            When training with dropout but without a generator.
        """
        height, width = x_bchw.shape[-2:]
        multiple = 2**self.depth
        padding = (0, -width % multiple, 0, -height % multiple)
        features = functional.pad(x_bchw, padding, mode="replicate") if any(padding) else x_bchw

        skips = []
        for level, pool in enumerate(self.pool):
            features = self.down[level](features)
            skips.append(features)
            features = pool(features)
        features = self._drop(self.down[self.depth](features), dropout_generator)
        for enlarge, up, skip in zip(self.enlarge, self.up, reversed(skips), strict=True):
            features = up(torch.cat([skip, enlarge(features)], dim=1))
        output: Tensor = self.last(features)
        return output[..., :height, :width]

    def _drop(self, features: Tensor, generator: torch.Generator | None) -> Tensor:
        # torch's own dropout draws from the global generator; a resumed training could not repeat it.
        if not self.training or self.dropout == 0:
            return features
        if generator is None:
            raise ValueError("training with dropout needs a dropout_generator")
        kept = torch.rand(features.shape, generator=generator, device=features.device) >= self.dropout
        return features * kept / (1 - self.dropout)

    def _initialise(self, *, zero_last: bool, generator: torch.Generator) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
            elif isinstance(module, nn.ConvTranspose2d):
                # Kernel and stride are equal: every output sees each input channel once.
                nn.init.normal_(module.weight, std=module.in_channels**-0.5, generator=generator)
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.zeros_(_bias(module))
        if zero_last:
            nn.init.zeros_(self.last.weight)


def receptive_radius(depth: int) -> int:
    """Return how far, in pixels, an input pixel can lie from an output pixel that it influences.

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
