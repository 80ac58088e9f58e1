"""Photographs of a hand that moved a little, brought over each other by whole pixels.

References
----------
Ward: Fast, robust image registration for compositing high dynamic range photographs from hand-held
exposures, 2003 (median threshold bitmaps). OpenCV's implementation.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from hdrbatch.errors import PhotoError
from hdrbatch.ladder import darker_middle_index

LARGEST_SHARE = 0.1
"""Largest shift between neighbouring exposures, as a share of the shorter side; more is no trembling hand."""
MOST_BITS = 9
"""Of the shift that is searched for: up to 2**bits pixels."""
LARGEST_DISAGREEMENT = 0.3
"""Share of the bitmaps' decided pixels that may differ after the shift: half of them do by chance."""
WORTHWHILE = 0.93
"""Of the disagreement without a shift, that may be left after it: smooth pictures are else moved by a pixel
for their noise. Two real pairs whose camera moved by two and by seven pixels are left with 0.85 and 0.81."""
LEAST_DECIDED = 0.01
"""Share of the pixels that must be off the median in either photograph: flat pictures cannot be aligned."""
THRESHOLDS = (0.5, 0.7, 0.3, 0.85, 0.15, 0.95)
"""Shares of the pixels below the threshold of the bitmaps, tried in this order: the median of a photograph
that is mostly black or mostly clipped parts nothing."""
TELLING_CODES = (8, 247)
"""Codes that a threshold lies between, away from what is cut off."""
SMALLEST_SIDE = 64
"""Pixels: less cannot be aligned, and the smallest pictures crash OpenCV."""


@dataclass(frozen=True)
class Alignment:
    """How the photographs of a bracket are shifted, and what they then have in common.

    Attributes
    ----------
    shifts : tuple of (right, down)
        By how many pixels each photograph is moved to lie on the one of the middle exposure.
    width, height : int
        Size of the photographs.
    warnings : tuple of str
        Photographs that were not aligned, by name; they stay where their neighbour is put.
    """

    shifts: tuple[tuple[int, int], ...]
    width: int
    height: int
    warnings: tuple[str, ...] = ()

    @property
    def crop(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of what all have in common, in pixels of the middle exposure."""
        rights, downs = zip(*self.shifts, strict=True)
        return (
            max(0, *rights),
            max(0, *downs),
            self.width + min(0, *rights),
            self.height + min(0, *downs),
        )

    def apply(self, photos: Sequence[npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
        """Cut from each photograph what all have in common.

        Parameters
        ----------
        photos : N arrays (H, W, ...), any dtype
            Those that were aligned, in that order.

        Returns
        -------
        N views of one size
        """
        left, top, right, bottom = self.crop
        return [
            photo[top - down : bottom - down, left - to_right : right - to_right]
            for photo, (to_right, down) in zip(photos, self.shifts, strict=True)
        ]


def align(photos: Sequence[npt.NDArray[Any]], names: Sequence[str]) -> Alignment:
    """Find the shifts of a bracket's photographs against the one of middle brightness.

    Each photograph is compared with its neighbour in brightness, with which it shares most, and the shifts
    are added up. Turns and movement in the scene are not mended.

    Parameters
    ----------
    photos : N arrays (H, W, 3), float32 in [0, 1], or uint8 or uint16 codes
        Encoded, of one size; their exposures need not be known.
    names : N texts
        What to call them in warnings.

    Raises
    ------
    PhotoError
        If the photographs are not of one size.
    """
    height, width = photos[0].shape[:2]
    for photo, name in zip(photos, names, strict=True):
        if photo.shape[:2] != (height, width):
            raise PhotoError(
                f"{name} is {photo.shape[1]}x{photo.shape[0]} pixels and {names[0]} {width}x{height}: "
                "photographs to be aligned must have one size"
            )
    grey = [_grey(photo) for photo in photos]
    order = sorted(range(len(photos)), key=lambda index: float(grey[index].mean()))
    middle = darker_middle_index(len(order))
    shifts = [(0, 0)] * len(photos)
    warnings = []
    outwards = [*pairwise(order[middle::-1]), *pairwise(order[middle:])]
    for neighbour, index in outwards:
        shift = _shift(grey[neighbour], grey[index])
        if shift is None:
            warnings.append(
                f"{names[index]} could not be aligned with {names[neighbour]}: they have too little in "
                "common; leave it out if the result shows double edges"
            )
        right, down = shift or (0, 0)
        shifts[index] = (shifts[neighbour][0] + right, shifts[neighbour][1] + down)
    return Alignment(tuple(shifts), width, height, tuple(warnings))


def _grey(photo: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Bring to 8 bits before anything else is made of a large photograph."""
    if photo.dtype == np.uint16:
        codes = (photo >> 8).astype(np.uint8)
    else:
        codes = photo if photo.dtype == np.uint8 else np.round(photo * 255).astype(np.uint8)
    grey: npt.NDArray[np.uint8] = cv2.cvtColor(np.ascontiguousarray(codes), cv2.COLOR_RGB2GRAY)
    return grey


def _shift(fixed: npt.NDArray[np.uint8], moved: npt.NDArray[np.uint8]) -> tuple[int, int] | None:
    """Find how far a photograph is to be moved, (right, down); None if nothing within reason fits.

    What OpenCV finds is often a pixel off: the best of its neighbours is taken, by all pixels.
    """
    if min(fixed.shape) < SMALLEST_SIDE:
        return None
    largest = LARGEST_SHARE * min(fixed.shape)
    matcher = cv2.createAlignMTB(max_bits=min(math.ceil(math.log2(largest)), MOST_BITS))
    share = next((share for share in THRESHOLDS if _tells(fixed, share) and _tells(moved, share)), None)
    if share is None:
        return None
    padded = [_with_median_at(photo, share) for photo in (fixed, moved)]
    right, down = (int(part) for part in matcher.calculateShift(*padded))
    bitmaps = [[plane[: len(fixed)] for plane in matcher.computeBitmaps(photo)] for photo in padded]
    believed = max(abs(right), abs(down)) <= largest
    around = [(right + x, down + y) for y in (-1, 0, 1) for x in (-1, 0, 1)] if believed else []
    unmoved_off = _disagreement(bitmaps, (0, 0))
    off, best = min(((_disagreement(bitmaps, shift), shift) for shift in around), default=(1.0, (0, 0)))
    if min(off, unmoved_off) > LARGEST_DISAGREEMENT:
        return None
    return best if off < WORTHWHILE * unmoved_off else (0, 0)


def _tells(grey: npt.NDArray[np.uint8], share: float) -> bool:
    threshold = float(np.quantile(grey[::4, ::4], share))
    return TELLING_CODES[0] <= threshold <= TELLING_CODES[1]


def _with_median_at(grey: npt.NDArray[np.uint8], share: float) -> npt.NDArray[np.uint8]:
    """Append black or white rows, so that the median, OpenCV's only threshold, has this share below it."""
    num_rows = round(abs(2 * share - 1) * len(grey))
    rows = np.full((num_rows, grey.shape[1]), 255 if share > 0.5 else 0, np.uint8)
    return np.concatenate([grey, rows])


def _disagreement(bitmaps: Sequence[Sequence[npt.NDArray[np.uint8]]], shift: tuple[int, int]) -> float:
    """Give the share of decided pixels in which two bitmaps differ after a shift; 1 if few are decided."""
    height, width = bitmaps[0][0].shape
    over = Alignment(((0, 0), shift), width, height)
    fixed, moved = over.apply([bitmap for bitmap, _ in bitmaps])
    # Decided in either: a dark photograph decides only for what is bright, and that would always agree.
    either = np.logical_or(*over.apply([decided for _, decided in bitmaps]))
    num_decided = np.count_nonzero(either)
    if num_decided < LEAST_DECIDED * either.size:
        return 1.0
    return np.count_nonzero((fixed != moved) & either) / num_decided
