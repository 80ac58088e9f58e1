"""The pictures in a TIFF container: which one is the photograph, and whether it is a raw file.

Raw files of most makers are TIFFs whose first picture is a thumbnail. The photograph is in a SubIFD, or in
data that only the maker's notes describe.
"""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hdrbatch.imaging.damage import DAMAGE

TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""First bytes of a TIFF in either byte order; those with a plus are BigTIFF."""
MOSAIC, LINEAR_RAW = 32803, 34892
"""Values of PhotometricInterpretation for values of a sensor (DNG 1.7)."""
REDUCED, MASK = 1, 4
"""Bits of NewSubfileType."""
OLD_REDUCED = 2
"""Value of SubfileType, the older tag."""
MAX_DEPTH = 2


@dataclass(frozen=True)
class TiffPicture:
    """A picture in a TIFF container, by its tags."""

    width: int
    height: int
    photometric: int
    is_reduced: bool
    is_mask: bool

    @property
    def num_pixels(self) -> int:
        """Number of pixels."""
        return self.width * self.height


@dataclass(frozen=True)
class TiffContent:
    """Pictures of a TIFF container, the first one first, and whether a maker or DNG is named."""

    pictures: tuple[TiffPicture, ...]
    names_a_camera: bool

    @property
    def is_raw(self) -> bool:
        """Whether a picture has values of a sensor, in a file of a camera."""
        return self.names_a_camera and any(
            picture.photometric in (MOSAIC, LINEAR_RAW) for picture in self.pictures
        )

    @property
    def why_first_is_not_the_photograph(self) -> str | None:
        """The reason if the first picture is not the photograph; None if it is, or there is none."""
        if not self.pictures:
            return None
        first = self.pictures[0]
        if first.is_reduced or first.is_mask:
            return "starts with a thumbnail or a mask"
        larger = max(self.pictures, key=lambda picture: picture.num_pixels)
        if larger.num_pixels > first.num_pixels:
            return (
                f"starts with a picture of {first.width}x{first.height} pixels, but has one of "
                f"{larger.width}x{larger.height}"
            )
        return None


def tiff_content(data: bytes) -> TiffContent:
    """Read the tags of all pictures in a TIFF container, as far as they can be read."""
    import tifffile

    pictures: list[TiffPicture] = []
    names_a_camera = False
    with quiet_tifffile():
        try:
            with tifffile.TiffFile(io.BytesIO(data)) as file:
                for page in file.pages:
                    tags = getattr(page, "tags", None) or page.aspage().tags
                    names_a_camera |= "DNGVersion" in tags or "Make" in tags
                    pictures += _pictures(page.aspage(), MAX_DEPTH)
        except DAMAGE:
            pass  # what was read so far is enough to reject the file; decoding finds the damage
    return TiffContent(tuple(pictures), names_a_camera)


@contextmanager
def quiet_tifffile() -> Iterator[None]:
    """Keep tifffile from logging on the terminal what it finds wrong; our errors say it."""
    logger = logging.getLogger("tifffile")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _pictures(page: Any, depth: int) -> Iterator[TiffPicture]:
    """Yield a page and the pictures in its SubIFDs."""

    def number(name: str, default: int) -> int:
        value = page.tags.valueof(name, default)
        return int(value[0] if isinstance(value, tuple) else value)

    kind = number("NewSubfileType", 0)
    yield TiffPicture(
        width=number("ImageWidth", 0),
        height=number("ImageLength", 0),
        photometric=number("PhotometricInterpretation", -1),
        is_reduced=bool(kind & REDUCED) or number("SubfileType", 1) == OLD_REDUCED,
        is_mask=bool(kind & MASK),
    )
    if depth and "SubIFDs" in page.tags:
        for child in page.pages or ():
            yield from _pictures(child.aspage(), depth - 1)
