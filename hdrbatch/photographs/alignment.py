"""Alignment of hand-held brackets by whole pixels.

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

MAX_SHARE = 0.1
"""Maximum shift between neighbouring exposures, as a share of the shorter side; a shaking hand moves less."""
MAX_BITS = 9
"""Maximum bits of the searched shift: up to 2**bits pixels."""
MAX_DISAGREEMENT = 0.3
"""Maximum share of the bitmaps' decided pixels that differ after the shift; by chance half of them differ."""
WORTHWHILE = 0.93
"""Maximum disagreement after a shift, relative to that without a shift; otherwise noise would shift smooth
pictures by a pixel. Two real pairs whose camera moved by two and by seven pixels have 0.85 and 0.81."""
MIN_DECIDED = 0.01
"""Minimum share of pixels off the median in either photograph: flat pictures cannot be aligned."""
THRESHOLDS = (0.5, 0.7, 0.3, 0.85, 0.15, 0.95)
"""Shares of pixels below the threshold of the bitmaps, tried in this order: the median does not divide a
photograph that is mostly black or mostly clipped."""
INFORMATIVE_CODES = (8, 247)
"""Codes between which a threshold is informative, away from black and from clipping."""
DARK_MEDIAN, ENCODED_MEDIAN, MIN_POWER = 0.2, 0.4, 1 / 6
"""Median below which a photograph of more than 8 bits is encoded, its value then, and the minimum power."""
MIN_SIDE = 64
"""Minimum side, pixels: smaller pictures cannot be aligned, and the smallest crash OpenCV."""


@dataclass(frozen=True)
class Alignment:
    """Shifts of the photographs of a bracket, and the area that they then share.

    Attributes
    ----------
    shifts : tuple of (right, down)
        Pixels by which each photograph is moved to match the one of the middle exposure.
    width, height : int
        Size of the photographs.
    warnings : tuple of str
        Photographs that could not be aligned, by name; they get the shift of their neighbour.
    """

    shifts: tuple[tuple[int, int], ...]
    width: int
    height: int
    warnings: tuple[str, ...] = ()

    @property
    def crop(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of the area that all share, in pixels of the middle exposure."""
        rights, downs = zip(*self.shifts, strict=True)
        return (
            max(0, *rights),
            max(0, *downs),
            self.width + min(0, *rights),
            self.height + min(0, *downs),
        )

    def apply(self, photos: Sequence[npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
        """Crop each photograph to the area that all share.

        Parameters
        ----------
        photos : N arrays (H, W, ...), any dtype
            The aligned photographs, in the same order.

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

    Each photograph is compared with its neighbour in brightness, which is the most similar one, and the
    shifts are added up. Rotation and movement in the scene are not corrected.

    Parameters
    ----------
    photos : N arrays (H, W, 3), float32 in [0, 1], or uint8 or uint16 codes
        Encoded, of one size; their exposures need not be known.
    names : N texts
        Names of the photographs in warnings.

    Raises
    ------
    PhotoError
        If the photographs are not of one size.
    """
    height, width = photos[0].shape[:2]
    for photo, name in zip(photos, names, strict=True):
        if photo.shape[:2] != (height, width):
            raise PhotoError(
                f"{name} is {photo.shape[1]}x{photo.shape[0]} pixels and {names[0]} {width}x{height}; "
                "photographs to be aligned must have one size"
            )
    order = sorted(range(len(photos)), key=lambda index: _brightness(photos[index]))
    grey = [_grey(photo) for photo in photos]
    middle = darker_middle_index(len(order))
    shifts = [(0, 0)] * len(photos)
    warnings = []
    outwards = [*pairwise(order[middle::-1]), *pairwise(order[middle:])]
    for neighbour, index in outwards:
        shift = _shift(grey[neighbour], grey[index])
        if shift is None:
            warnings.append(
                f"{names[index]} could not be aligned with {names[neighbour]} (too little in common); omit "
                "it if the result shows double edges"
            )
        right, down = shift or (0, 0)
        shifts[index] = (shifts[neighbour][0] + right, shifts[neighbour][1] + down)
    return Alignment(tuple(shifts), width, height, tuple(warnings))


def _brightness(photo: npt.NDArray[Any]) -> float:
    """Return the mean value, relative to white, of every fourth pixel in both directions."""
    white = np.iinfo(photo.dtype).max if photo.dtype.kind == "u" else 1
    return float(photo[::4, ::4].mean()) / white


def _grey(photo: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Return grey values of 8 bits, reduced before channels are mixed to save memory.

    Dark photographs of more bits are encoded by a power that moves their median up: linear ones would be left
    with a dozen codes, in which bitmaps are noise.
    """
    if photo.dtype == np.uint8:
        codes = photo
    elif photo.dtype == np.uint16:
        signal = np.arange(65536) / 65535
        codes = np.round(255 * signal ** _power(photo[::4, ::4] / 65535)).astype(np.uint8)[photo]
    else:
        codes = np.round(255 * np.clip(photo, 0, 1) ** _power(photo[::4, ::4])).astype(np.uint8)
    grey: npt.NDArray[np.uint8] = cv2.cvtColor(np.ascontiguousarray(codes), cv2.COLOR_RGB2GRAY)
    return grey


def _power(values: npt.NDArray[Any]) -> float:
    """Return the power that moves a dark median to ``ENCODED_MEDIAN``; 1 for other photographs."""
    median = float(np.median(values))
    if not 0 < median < DARK_MEDIAN:
        return 1.0 if median > 0 else MIN_POWER
    return max(MIN_POWER, math.log(ENCODED_MEDIAN) / math.log(median))


def _shift(fixed: npt.NDArray[np.uint8], moved: npt.NDArray[np.uint8]) -> tuple[int, int] | None:
    """Return the shift (right, down) of a photograph; None if no plausible one fits.

    OpenCV's result is often a pixel off, so the best shift next to it is used, judged by all pixels.
    """
    if min(fixed.shape) < MIN_SIDE:
        return None
    largest = MAX_SHARE * min(fixed.shape)
    matcher = cv2.createAlignMTB(max_bits=min(math.ceil(math.log2(largest)), MAX_BITS))
    share = next(
        (share for share in THRESHOLDS if _is_informative(fixed, share) and _is_informative(moved, share)),
        None,
    )
    if share is None:
        return None
    padded = [_with_median_at(photo, share) for photo in (fixed, moved)]
    right, down = (int(part) for part in matcher.calculateShift(*padded))
    bitmaps = [[plane[: len(fixed)] for plane in matcher.computeBitmaps(photo)] for photo in padded]
    believed = max(abs(right), abs(down)) <= largest
    around = [(right + x, down + y) for y in (-1, 0, 1) for x in (-1, 0, 1)] if believed else []
    unmoved_off = _disagreement(bitmaps, (0, 0))
    off, best = min(((_disagreement(bitmaps, shift), shift) for shift in around), default=(1.0, (0, 0)))
    if min(off, unmoved_off) > MAX_DISAGREEMENT:
        return None
    return best if off < WORTHWHILE * unmoved_off else (0, 0)


def _is_informative(grey: npt.NDArray[np.uint8], share: float) -> bool:
    threshold = float(np.quantile(grey[::4, ::4], share))
    return INFORMATIVE_CODES[0] <= threshold <= INFORMATIVE_CODES[1]


def _with_median_at(grey: npt.NDArray[np.uint8], share: float) -> npt.NDArray[np.uint8]:
    """Append black or white rows, so that this share lies below the median, OpenCV's only threshold."""
    num_rows = round(abs(2 * share - 1) * len(grey))
    rows = np.full((num_rows, grey.shape[1]), 255 if share > 0.5 else 0, np.uint8)
    return np.concatenate([grey, rows])


def _disagreement(bitmaps: Sequence[Sequence[npt.NDArray[np.uint8]]], shift: tuple[int, int]) -> float:
    """Return the share of decided pixels in which two bitmaps differ after a shift; 1 if few are decided."""
    height, width = bitmaps[0][0].shape
    over = Alignment(((0, 0), shift), width, height)
    fixed, moved = over.apply([bitmap for bitmap, _ in bitmaps])
    # Decided in either: a dark photograph decides only bright pixels, which would always agree.
    either = np.logical_or(*over.apply([decided for _, decided in bitmaps]))
    num_decided = np.count_nonzero(either)
    if num_decided < MIN_DECIDED * either.size:
        return 1.0
    return np.count_nonzero((fixed != moved) & either) / num_decided
