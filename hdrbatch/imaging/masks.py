"""Masks of the pixels that a scene's input photographs clip, show well, or leave dark."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hdrbatch.imaging.candidates import CLIPPED_FROM, black
from hdrbatch.imaging.statistics import luminance

Photo = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

DARK_BELOW = 8 / 255
"""Luminance of the codes below which a photograph counts as dark: rounding alone costs tenths of a stop."""


@dataclass(frozen=True)
class InputMasks:
    """The pixels of a scene, divided by its input photographs.

    Every pixel is in exactly one mask: a clipped pixel counts as clipped even if it is dark.

    Attributes
    ----------
    clipped, mid, dark : (H, W) bool
        Pixels that are clipped, well exposed, and almost black.
    """

    clipped: Mask
    mid: Mask
    dark: Mask


def input_masks(
    photos: Sequence[Photo], exposures: Sequence[float], clipped_from: float = CLIPPED_FROM
) -> InputMasks:
    """Divide a scene's pixels by its input photographs.

    Parameters
    ----------
    photos : N arrays (H, W, 3) in [0, 1]
        Encoded, in any order.
    exposures : N positive numbers
        Relative exposures.
    clipped_from : float
        Value that counts as clipped: JPEG leaves less than the top code in clipped surfaces.
    """
    lost = clipped_in_every(photos, exposures, clipped_from)
    dark = dark_in_every(photos, exposures) & ~lost
    return InputMasks(clipped=lost, mid=~(lost | dark), dark=dark)


def clipped_in_every(
    photos: Sequence[Photo], exposures: Sequence[float], clipped_from: float = CLIPPED_FROM
) -> Mask:
    """Return the mask (H, W) of pixels that even the shortest photograph clips in a channel."""
    shortest = photos[int(np.argmin(exposures))]
    return np.asarray(np.any(shortest >= clipped_from, axis=-1))


def dark_in_every(photos: Sequence[Photo], exposures: Sequence[float]) -> Mask:
    """Return the mask (H, W) of pixels that are dark, or black in all channels, even in the longest one."""
    longest = photos[int(np.argmax(exposures))]
    is_black = np.all(black(longest), axis=-1)
    return np.asarray((luminance(longest) < DARK_BELOW) | is_black)
