"""Pictures on the page: loaded small, encoded as JPEG, embedded as data URIs."""

import base64
import io
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from hdrbatch.errors import CorruptObjectError
from hdrbatch.imaging.damage import DAMAGE
from hdrbatch.imaging.exr import read_exr
from hdrbatch.imaging.photo import read_photo
from hdrbatch.imaging.picture_size import opened_image
from hdrbatch.report.markup import Markup, tag

JPEG_QUALITY = 85
DISPLAY_GAMMA = 2.2

Pixels = NDArray[np.uint8]
"""(H, W, 3), RGB, encoded for display or by a camera's response."""
Radiance = NDArray[np.float32]
"""(H, W, 3), scene-linear Rec.709."""


@dataclass(frozen=True)
class Picture:
    """A picture as it is embedded in a page."""

    data_uri: str
    width: int
    height: int


def embedded(pixels: Pixels, max_side: int) -> Picture:
    """Encode a picture, scaled down so that no side is longer than ``max_side`` pixels."""
    small = scaled(pixels, max_side)
    buffer = io.BytesIO()
    Image.fromarray(small).save(buffer, format="JPEG", quality=JPEG_QUALITY, optimize=True)
    text = base64.b64encode(buffer.getvalue()).decode("ascii")
    return Picture(f"data:image/jpeg;base64,{text}", width=small.shape[1], height=small.shape[0])


def scaled(pixels: NDArray[np.generic], max_side: int) -> NDArray:  # type: ignore[type-arg]
    """Scale a picture down by averaging so that no side is longer than ``max_side``; never enlarge it."""
    factor = max_side / max(pixels.shape[:2])
    if factor >= 1:
        return pixels
    size = (max(1, round(pixels.shape[1] * factor)), max(1, round(pixels.shape[0] * factor)))
    result: NDArray[np.generic] = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return result


def photo_from_bytes(data: bytes) -> Pixels:
    """Decode a photograph or preview from a store.

    Raises
    ------
    CorruptObjectError
        If it is not a picture.
    """
    try:
        with opened_image(io.BytesIO(data), ("PNG",)) as image:
            pixels: Pixels = np.asarray(image.convert("RGB"))
            return pixels
    except (OSError, SyntaxError, ValueError) as error:
        raise CorruptObjectError(f"the bytes are not a picture: {error}") from error


def radiance_from_bytes(data: bytes) -> Radiance:
    """Decode an EXR from a store; raise CorruptObjectError if it is not one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "radiance.exr"
        path.write_bytes(data)
        return read_exr(path)


def small_photo(path: Path, max_side: int) -> Pixels:
    """Read a user's photograph upright and small.

    A JPEG is decoded at a fraction of its size, which for many megapixels is several times as fast.

    Raises
    ------
    PhotoError
        If the file does not exist or is not a readable photograph.
    """
    if path.suffix.lower() in (".jpg", ".jpeg"):
        try:
            return _drafted_jpeg(path, max_side)
        except DAMAGE:
            pass  # read_photo reports what is wrong, or reads a file that only has a JPEG's name
    codes: Pixels = np.rint(scaled(read_photo(path).pixels, max_side) * 255).astype(np.uint8)
    return codes


def _drafted_jpeg(path: Path, max_side: int) -> Pixels:
    with opened_image(path, ("JPEG",)) as image:
        image.draft("RGB", (max_side, max_side))
        upright = ImageOps.exif_transpose(image).convert("RGB")
    small: Pixels = scaled(np.asarray(upright), max_side)
    return small


def shown_at(radiance: Radiance, ev: float) -> Pixels:
    """Show radiance as a photograph at some exposure: clipped at 1, encoded by a gamma of 2.2.

    Parameters
    ----------
    radiance : (H, W, 3) float32
        1.0 just saturates the picture at EV 0. NaN is shown as black.
    ev : float
        Exposure in stops.
    """
    signal = np.nan_to_num(radiance, nan=0.0) * np.float32(2.0**ev)
    codes: Pixels = np.rint(np.clip(signal, 0, 1) ** (1 / DISPLAY_GAMMA) * 255).astype(np.uint8)
    return codes


def figure(picture: Picture, alt: str, *caption: str, class_: str | None = None) -> Markup:
    """Build a picture with its caption; a click enlarges it."""
    return tag("figure", enlargeable(picture, alt), tag("figcaption", *caption), class_=class_)


def enlargeable(picture: Picture, alt: str) -> Markup:
    """Build a picture in a button, which the page's script enlarges."""
    image = tag("img", src=picture.data_uri, alt=alt, width=picture.width, height=picture.height)
    return tag("button", image, type="button", class_="enlarge", title="enlarge")
