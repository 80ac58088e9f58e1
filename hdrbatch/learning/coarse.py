"""The whole picture at the size that the network was trained on: what large clipped areas are filled from.

A network knows light in pictures of the size it has seen. In a photograph of 24 megapixels a clipped window
is wider than its receptive field: it would be filled from the rim, with nothing in the middle. So what is
clipped is predicted in a reduced picture first, where the network sees it whole, and only what is too small
to be seen there is filled at full size.

Shape suffixes: b batch, n photographs by rising exposure, c colour channels, h height, w width.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

LEAST_REDUCTION = 3.0
"""Pictures that are larger than those of training by less are predicted at their own size alone."""
LEAST_SHARE = 1e-3
"""Keeps the mean of changes that mean something finite where there are none."""
SMOOTHING = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)
"""Along rows and columns: it takes out what alternates from pixel to pixel, as transposed convolutions do."""

Photo = NDArray[np.float32] | NDArray[np.uint8] | NDArray[np.uint16]


def reduced(photos: Sequence[Photo], side: int) -> list[Photo] | None:
    """Reduce photographs to a shorter side of ``side`` pixels; None where they are not much larger."""
    height, width = photos[0].shape[:2]
    factor = min(height, width) / side
    if factor < LEAST_REDUCTION:
        return None
    size = (round(width / factor), round(height / factor))
    return [cv2.resize(photo, size, interpolation=cv2.INTER_AREA) for photo in photos]


class CoarseChange:
    """The change that the network wants in the reduced picture, to be looked up at any part of the picture.

    Parameters
    ----------
    change_bchw : (1, 3, h, w) Tensor
        As ``wanted_change`` gives it.
    clipped_bchw : (1, 3, h, w) Tensor
        1 where the reduced photographs are clipped: elsewhere the change is of something else.
    height, width : int
        Of the whole picture.
    """

    def __init__(self, change_bchw: Tensor, clipped_bchw: Tensor, height: int, width: int) -> None:
        self._weighted = _smoothed(torch.cat([change_bchw * clipped_bchw, clipped_bchw], dim=1))
        self._height, self._width = height, width

    def blended(self, change_bchw: Tensor, clipped_bchw: Tensor, seen: tuple[slice, slice]) -> Tensor:
        """Put the coarse change in the place of the full one, where a part of the picture is clipped.

        Parameters
        ----------
        change_bchw, clipped_bchw : (1, 3, H, W) Tensor
            Of the part at full size.
        seen : two slices
            Its rows and columns.
        """
        rows, columns = (
            (torch.arange(part.start, part.stop, device=change_bchw.device) + 0.5) * 2 / size - 1
            for part, size in zip(seen, (self._height, self._width), strict=True)
        )
        places = torch.stack(torch.meshgrid(columns, rows, indexing="xy"), dim=-1)[None]
        weighted, share = functional.grid_sample(
            self._weighted, places.float(), mode="bilinear", padding_mode="border", align_corners=False
        ).chunk(2, dim=1)
        # At the rim of what is clipped half of the reduced pixel is: there the coarse change counts fully.
        coarse_share = clipped_bchw * (2 * share).clamp(max=1.0)
        return torch.lerp(change_bchw, weighted / share.clamp(min=LEAST_SHARE), coarse_share)


def _smoothed(values_bkhw: Tensor) -> Tensor:
    channels = values_bkhw.shape[1]
    taps = torch.tensor(SMOOTHING, device=values_bkhw.device)
    padded = functional.pad(values_bkhw, (len(taps) // 2,) * 4, mode="replicate")
    along_rows = functional.conv2d(padded, taps.expand(channels, 1, 1, -1), groups=channels)
    return functional.conv2d(along_rows, taps[:, None].expand(channels, 1, -1, 1), groups=channels)
