"""White of a bracket: the codes of a full sensor, which may lie below the last code of its files."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.photo import Photo
from hdrbatch.photographs.piles import (
    FEWER_BITS,
    MIN_PILE,
    MIN_PROMINENCE,
    PILE_WIDTH,
    TOP_SHARE,
    Pile,
    Values,
    brightest,
    pile_of,
    proven_white,
    white_beside_others,
)

SAMPLED_PIXELS = 2**20
"""Pixels of each photograph that are examined."""
ORDINARY_FROM = 0.985
"""Share of the container's last code from which a white level is ordinary: nothing is changed then, since
merging and networks do not trust the values above 0.97 of it anyway."""
REACHED_FROM = 0.97
"""Share of the container's last code from which a photograph reaches white."""
CLIPPED_SHARE = 0.985
"""Share of a channel's white from which its values become the last code, so that all count as clipped."""
MIN_BLACK = 0.01
"""Minimum black level, relative to white, that is subtracted."""
VIDEO_RANGE = (16 / 255, 235 / 255)
"""Black and white of narrow-range video (ITU-R BT.601, BT.709)."""
VIDEO_BLACK_WITHIN = 6
"""Maximum difference of a bracket's darkest values from the black of video, in codes of 8 bits: JPEG scatters
them, and a scene need not have anything black."""


@dataclass(frozen=True)
class WhiteLevel:
    """Codes of white and black in a bracket's files.

    Attributes
    ----------
    white : three int
        Lowest code of a full sensor, for red, green and blue.
    black : int
        Code of no light.
    last_code : int
        Last code of the files, 255 or 65535.
    """

    white: tuple[int, int, int]
    black: int
    last_code: int

    @property
    def is_ordinary(self) -> bool:
        """Whether the files' own last code serves as white, and 0 as black."""
        return self.black == 0 and min(self.white) >= ORDINARY_FROM * self.last_code

    @property
    def text(self) -> str:
        """The codes in words."""
        codes = (
            str(self.white[0]) if len(set(self.white)) == 1 else "{}, {}, {} (R, G, B)".format(*self.white)
        )
        black = f", and black at {self.black}" if self.black else ""
        return f"white is taken at code {codes} of {self.last_code}{black}"

    def apply(self, photo: Photo, scale_white: int) -> Photo:
        """Return a photograph with 16-bit codes from black to ``scale_white``; clipped values become 65535.

        One code becomes white in all channels and photographs, since linear channels would otherwise change
        their colour.
        """
        codes = np.arange(self.last_code + 1)
        scaled = np.clip((codes - self.black) / (scale_white - self.black), 0, 1)
        table = np.rint(scaled * 65535).astype(np.uint16)
        result = np.empty(photo.codes.shape, np.uint16)
        for channel, white in enumerate(self.white):
            clipped_from = self.black + CLIPPED_SHARE * (white - self.black)
            result[..., channel] = np.where(codes >= clipped_from, 65535, table)[photo.codes[..., channel]]
        bits = min(photo.bits, math.ceil(math.log2(scale_white - self.black + 1)))
        return replace(photo, codes=result, quantised_bits=bits)


def apply_white_level(
    photos: Sequence[Photo], exposures: Sequence[float], names: Sequence[str], given: int | None = None
) -> tuple[list[Photo], WhiteLevel, list[str], list[str]]:
    """Find the white of a bracket and scale its codes, so that white is the last code.

    Parameters
    ----------
    photos : sequence of Photo
        Photographs of one kind.
    exposures : N positive numbers
        Relative exposures.
    names : N texts
        Names of the photographs in warnings.
    given : int or None
        White as the user states it; None finds it.

    Returns
    -------
    photos : list of Photo
        The photographs themselves if white is ordinary.
    white : WhiteLevel
    notes, warnings : lists of str
        What was changed, and what is doubtful.

    Raises
    ------
    PhotoError
        If the given white is not a code of the files.
    """
    last_code = 2 ** photos[0].bits - 1
    if any(2**photo.bits - 1 != last_code for photo in photos):
        if given is not None:
            raise PhotoError(
                f"--white {given}: the photographs have 8 and 16 bits, so that it is not one level; "
                "export all with the same number of bits"
            )
        photos = [_with_16_bits(photo) for photo in photos]
        last_code = 65535
    if given is not None:
        if not 0 < given <= last_code:
            raise PhotoError(
                f"--white {given}: not a code of these photographs; give a whole number from 1 to {last_code}"
            )
        level = WhiteLevel((given,) * 3, 0, last_code)
        return [level.apply(photo, given) for photo in photos], level, [f"{level.text}, as given"], []
    level, warnings = _found(photos, exposures, names, last_code)
    changed = [_level_of(photo, level) for photo in photos]
    if all(one.is_ordinary for one in changed):
        return list(photos), WhiteLevel((last_code,) * 3, 0, last_code), [], warnings
    lowest = min(changed, key=lambda one: sum(one.white))
    notes = [f"{lowest.text}, where {'the file states it' if level.is_ordinary else 'values pile up'}"]
    scale_white = max(max(one.white) for one in changed)
    scaled = [one.apply(photo, scale_white) for one, photo in zip(changed, photos, strict=True)]
    return scaled, lowest, notes, warnings


def _with_16_bits(photo: Photo) -> Photo:
    if photo.bits == 16:
        return photo
    return replace(photo, codes=photo.codes.astype(np.uint16) * np.uint16(257), quantised_bits=8)


def _level_of(photo: Photo, found: WhiteLevel) -> WhiteLevel:
    """Return the found level, or what the file states of a channel if that is lower."""
    if photo.white_codes is None:
        return found
    red, green, blue = (
        min(codes) for codes in zip(found.white, (round(code) for code in photo.white_codes), strict=True)
    )
    return replace(found, white=(red, green, blue))


def _found(
    photos: Sequence[Photo], exposures: Sequence[float], names: Sequence[str], last_code: int
) -> tuple[WhiteLevel, list[str]]:
    ordinary = WhiteLevel((last_code,) * 3, 0, last_code)
    height, width = photos[0].codes.shape[:2]
    step = max(1, math.ceil(math.sqrt(height * width / SAMPLED_PIXELS)))
    sampled = [_channels(photo, step) for photo in photos]
    order = sorted(range(len(photos)), key=lambda index: exposures[index])
    tops = [max(brightest(sample[channel]) for sample in sampled) for channel in range(3)]
    piles = [[pile_of(sample[channel], tops[channel]) for sample in sampled] for channel in range(3)]
    whites = [
        proven_white([sample[channel] for sample in sampled], piles[channel], exposures, order, last_code)
        for channel in range(3)
    ]
    if last_code == 65535:
        whites = [
            white_beside_others(sampled, piles, channel) if white is None else white
            for channel, white in enumerate(whites)
        ]
    found = [white for white in whites if white is not None and white < ORDINARY_FROM * last_code]
    if not found:
        return ordinary, _warnings(tops, piles, names, last_code)
    highest = max(white if white is not None else 0 for white in whites)
    # A channel that is nowhere full has the white of the others, unless it is brighter.
    if any(
        white is None and top > (1 + PILE_WIDTH) * highest for white, top in zip(whites, tops, strict=True)
    ):
        highest = last_code
    red, green, blue = (
        highest if white is None else last_code if white >= ORDINARY_FROM * last_code else white
        for white in whites
    )
    white = (red, green, blue)
    return WhiteLevel(white, _black(sampled, exposures, max(white), last_code), last_code), []


def _channels(photo: Photo, step: int) -> Values:
    """Return every step-th pixel in both directions as (3, N), contiguous for the many passes over it."""
    return np.ascontiguousarray(np.moveaxis(photo.codes[::step, ::step], -1, 0).reshape(3, -1))


def _black(sampled: Sequence[Values], exposures: Sequence[float], white: int, last_code: int) -> int:
    """Return the code of no light: where the dark ends of different exposures pile up, or that of video."""
    lows = [int(np.quantile(sample, 1 - TOP_SHARE, method="lower")) for sample in sampled]
    video_black, video_white = (share * last_code for share in VIDEO_RANGE)
    code_of_8_bits = last_code / 255
    if (
        abs(white - video_white) <= 1.5 * code_of_8_bits
        and abs(min(lows) - video_black) <= VIDEO_BLACK_WITHIN * code_of_8_bits
    ):
        return round(video_black)
    half = max(1, round(PILE_WIDTH * white / 2))
    piled = [
        index
        for index, (sample, low) in enumerate(zip(sampled, lows, strict=True))
        if low >= MIN_BLACK * white
        and np.count_nonzero(sample <= low + half)
        >= max(
            MIN_PILE * sample.size,
            MIN_PROMINENCE * np.count_nonzero((sample > low + 2 * half) & (sample <= low + 3 * half)),
        )
    ]
    if any(
        abs(lows[one] - lows[other]) <= half / 2
        and max(exposures[one], exposures[other]) >= 2 * min(exposures[one], exposures[other])
        for one, other in combinations(piled, 2)
    ):
        darkest = min(piled, key=lambda index: exposures[index])
        return int(np.median(sampled[darkest][sampled[darkest] <= lows[darkest] + half]))
    return 0


def _warnings(
    tops: Sequence[int], piles: Sequence[Sequence[Pile | None]], names: Sequence[str], last_code: int
) -> list[str]:
    """Return a warning if no photograph reaches the last code, which is then taken for white."""
    if max(tops) >= REACHED_FROM * last_code:
        return []
    piled = [pile.code for channel in piles for pile in channel if pile is not None]
    if len(names) == 1 and not piled:
        return []
    likely = next((str(2**bits - 1) for bits in FEWER_BITS if max(tops) < 2**bits < last_code), "CODE")
    code = max(piled) if piled else likely
    subject = f"{names[0]} does not reach" if len(names) == 1 else "no photograph reaches"
    reached = f"codes pile up at {max(piled)}" if piled else f"the brightest code is {max(tops)}"
    warning = (
        f"{subject} white: {reached}, and {last_code} is taken for white; if the camera is full below it, "
        f"highlights are too dark: give its level (--white {code})"
    )
    return [warning]
