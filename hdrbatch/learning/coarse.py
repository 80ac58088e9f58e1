"""The picture downscaled to the training size: large clipped areas are filled from it.

A network has learned from pictures of one size. In a photograph of 24 megapixels a clipped window is wider
than its receptive field: the network would fill it from the rim, with nothing in the middle. So clipped
areas are first predicted in a downscaled picture, where the network sees all of each one. Only areas too
small to be visible there are filled at full size.

Shape suffixes: b batch, n photographs sorted by exposure, c colour channels, h height, w width.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

MIN_REDUCTION = 3.0
"""Size ratio to the training pictures below which a picture is predicted at full size only."""
MIN_SHARE = 1e-3
"""Lower bound of the clipped share by which changes are divided, so that the result stays finite."""
SMOOTHING = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)
"""Filter along rows and columns: it removes the pixel-to-pixel pattern that transposed convolutions leave."""

Photo = NDArray[np.float32] | NDArray[np.uint8] | NDArray[np.uint16]


def downscaled(photos: Sequence[Photo], side: int) -> list[Photo] | None:
    """Return photographs with a shorter side of ``side`` pixels, or None if they are not much larger."""
    height, width = photos[0].shape[:2]
    factor = min(height, width) / side
    if factor < MIN_REDUCTION:
        return None
    size = (round(width / factor), round(height / factor))
    return [cv2.resize(photo, size, interpolation=cv2.INTER_AREA) for photo in photos]


class CoarseChange:
    """The network's change of the downscaled picture, available at any part of the full picture.

    Parameters
    ----------
    change_bchw : (1, 3, h, w) Tensor
        From ``residual_change``.
    clipped_bchw : (1, 3, h, w) Tensor
        1 where the downscaled photographs are clipped; the change is used only there.
    height, width : int
        Size of the full picture.
    """

    def __init__(self, change_bchw: Tensor, clipped_bchw: Tensor, height: int, width: int) -> None:
        self._weighted = _smoothed(torch.cat([change_bchw * clipped_bchw, clipped_bchw], dim=1))
        self._height, self._width = height, width

    def blended(self, change_bchw: Tensor, clipped_bchw: Tensor, seen: tuple[slice, slice]) -> Tensor:
        """Replace the change at full size by the coarse one where a part of the picture is clipped.

        Parameters
        ----------
        change_bchw, clipped_bchw : (1, 3, H, W) Tensor
            Change and clipping of the part, at full size.
        seen : two slices
            Rows and columns of the part.
        """
        rows, columns = (
            (torch.arange(part.start, part.stop, device=change_bchw.device) + 0.5) * 2 / size - 1
            for part, size in zip(seen, (self._height, self._width), strict=True)
        )
        places = torch.stack(torch.meshgrid(columns, rows, indexing="xy"), dim=-1)[None]
        weighted, share = functional.grid_sample(
            self._weighted, places.float(), mode="bilinear", padding_mode="border", align_corners=False
        ).chunk(2, dim=1)
        # A downscaled pixel at the rim of a clipped area is half clipped; the coarse change fully counts.
        coarse_share = clipped_bchw * (2 * share).clamp(max=1.0)
        return torch.lerp(change_bchw, weighted / share.clamp(min=MIN_SHARE), coarse_share)


def _smoothed(values_bkhw: Tensor) -> Tensor:
    channels = values_bkhw.shape[1]
    taps = torch.tensor(SMOOTHING, device=values_bkhw.device)
    padded = functional.pad(values_bkhw, (len(taps) // 2,) * 4, mode="replicate")
    along_rows = functional.conv2d(padded, taps.expand(channels, 1, 1, -1), groups=channels)
    return functional.conv2d(along_rows, taps[:, None].expand(channels, 1, -1, 1), groups=channels)
