"""How many pixels a picture may have: a header of a few bytes can promise terabytes."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import IO

from PIL import Image

DEFAULT_MAX_MEGAPIXELS = 1000.0
VARIABLE = "HDRBATCH_MAX_MEGAPIXELS"
"""Environment variable with another bound."""

_lock = RLock()


def size_problem(width: int, height: int) -> str | None:
    """Return what is wrong with a stated size; None if a picture may have it.

    >>> size_problem(6000, 4000)
    >>> size_problem(2**20, 2**20)
    '1048576 x 1048576 pixels in its header; at most 1000 megapixels are read (HDRBATCH_MAX_MEGAPIXELS)'
    """
    if width < 1 or height < 1:
        return f"{width} x {height} pixels in its header"
    bound = _max_megapixels()
    if width * height <= bound * 1e6:
        return None
    return f"{width} x {height} pixels in its header; at most {bound:g} megapixels are read ({VARIABLE})"


class PictureSizeError(ValueError):
    """A picture that states more pixels than are read."""


@contextmanager
def without_pillows_bound() -> Iterator[None]:
    """Lift Pillow's own bound, which a telephone's panorama exceeds, for one thread at a time."""
    with _lock:
        before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before


@contextmanager
def opened_image(source: Path | IO[bytes], formats: Sequence[str] | None = None) -> Iterator[Image.Image]:
    """Open a picture with Pillow under the bound of this module, in place of Pillow's own.

    Raises
    ------
    PictureSizeError
        If its header states too many pixels, before any is decoded.
    OSError
        As Pillow.
    """
    with without_pillows_bound():
        image = Image.open(source, formats=None if formats is None else tuple(formats))
    with image:
        if problem := size_problem(*image.size):
            raise PictureSizeError(problem)
        yield image


def _max_megapixels() -> float:
    try:
        return max(0.0, float(os.environ.get(VARIABLE, DEFAULT_MAX_MEGAPIXELS)))
    except ValueError:
        return DEFAULT_MAX_MEGAPIXELS
