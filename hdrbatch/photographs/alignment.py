"""Alignment of hand-held brackets by whole pixels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from hdrbatch.errors import PhotoError
from hdrbatch.ladder import darker_middle_index
from hdrbatch.photographs.block_matching import Levels, Movement, levels, movement

MAX_REFERENCES = 3
"""Maximum number of photographs with which one is compared until a movement is confirmed."""
MAX_UNALIGNED, MAX_UNALIGNED_SHARE = 2.0, 0.0025
"""Maximum displacement in the corners without a warning, the larger of pixels and a share of the longer side.
Alignment by whole pixels corrects neither rotation nor a difference of scale."""
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
        Photographs, by name, that could not be aligned, which get the shift of their neighbour, or that are
        rotated.
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


@dataclass(frozen=True)
class _Placed:
    """A photograph moved onto the one of middle exposure; confirmed if blocks agree all the way to it."""

    movement: Movement
    is_confirmed: bool


def align(photos: Sequence[npt.NDArray[Any]], names: Sequence[str]) -> Alignment:
    """Find the shifts of a bracket's photographs against the one of middle brightness.

    Each photograph is compared with its neighbour in brightness, which is the most similar one, and the
    movements are added up. If a movement is not confirmed, photographs nearer to the middle are tried.
    Rotation and movement in the scene are not corrected; rotation, and what is not confirmed, is warned of.

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
    grey = [levels(_grey(photo)) for photo in photos]
    middle = darker_middle_index(len(order))
    placed = {order[middle]: _Placed(Movement(0, 0), is_confirmed=True)}
    warnings = []
    for outwards in (order[middle::-1], order[middle:]):
        for position, index in enumerate(outwards[1:], 1):
            inner = outwards[position - 1 :: -1] if position > 1 else outwards[:1]
            placed[index] = _place(grey, index, inner, placed)
            warnings += _doubts(
                placed[index], names[index], names[inner[0]], names[order[middle]], (width, height)
            )
    shifts = tuple(
        (round(placed[index].movement.right), round(placed[index].movement.down))
        for index in range(len(photos))
    )
    return Alignment(shifts, width, height, tuple(warnings))


def _place(grey: Sequence[Levels], index: int, inner: Sequence[int], placed: dict[int, _Placed]) -> _Placed:
    """Return where a photograph lies, by the photographs between it and the middle one, nearest first."""
    confirmed = [other for other in inner if placed[other].is_confirmed]
    for other in confirmed[:MAX_REFERENCES]:
        found = movement(grey[other], grey[index])
        if found is not None:
            return _Placed(_sum(placed[other].movement, found), is_confirmed=True)
    neighbour = placed[inner[0]]
    found = None if neighbour.is_confirmed else movement(grey[inner[0]], grey[index])
    return _Placed(_sum(neighbour.movement, found or Movement(0, 0)), is_confirmed=False)


def _sum(one: Movement, other: Movement) -> Movement:
    return Movement(
        one.right + other.right, one.down + other.down, one.turn + other.turn, one.zoom + other.zoom
    )


def _doubts(place: _Placed, name: str, neighbour: str, middle: str, size: tuple[int, int]) -> list[str]:
    """Return the warning about a photograph that is not, or not well, aligned."""
    if not place.is_confirmed:
        what = f"could not be aligned with {neighbour} (too little in common)"
    else:
        turned, scaled = abs(math.degrees(place.movement.turn)), 100 * abs(place.movement.zoom)
        left = math.hypot(place.movement.turn, place.movement.zoom) * math.hypot(*size) / 2
        if left <= max(MAX_UNALIGNED, MAX_UNALIGNED_SHARE * max(size)):
            return []
        what = (
            f"is rotated by {turned:.1f} degrees and scaled by {scaled:.1f} % against {middle}, which is not "
            f"corrected (up to {left:.0f} pixels in the corners)"
        )
    return [f"{name} {what}; omit it if the result shows double edges"]


def _brightness(photo: npt.NDArray[Any]) -> float:
    """Return the mean value, relative to white, of every fourth pixel in both directions."""
    white = np.iinfo(photo.dtype).max if photo.dtype.kind == "u" else 1
    return float(photo[::4, ::4].mean()) / white


def _grey(photo: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Return grey values of 8 bits, reduced before channels are mixed to save memory.

    Dark photographs of more bits are encoded by a power that moves their median up: linear ones would be left
    with a dozen codes, in which blocks are noise.
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
