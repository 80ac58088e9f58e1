"""JPEG compression of a photograph without a file, for NumPy arrays and torch tensors alike.

Only the lossy steps are done, so there is no entropy coding.

References
----------
ITU-T T.81 (1992): the discrete cosine transform (A.3.3) and the quantisation tables (Annex K.1), scaled by
quality as libjpeg does. ITU-T T.871 (2011): the colour transform of JFIF, BT.601 with full range.
"""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from array_api_compat import array_namespace, device

from hdrbatch.errors import UserError
from hdrbatch.imaging.array_namespace import Array

BLOCK = 8
LUMINANCE_STEPS = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)
CHROMINANCE_STEPS = np.full((BLOCK, BLOCK), 99)
CHROMINANCE_STEPS[:4, :4] = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]]


def jpeg_compressed(
    photo: Array,
    quality: int,
    *,
    channel_axis: int = -1,
    subsampling: Literal["4:2:0", "4:4:4"] = "4:2:0",
) -> Array:
    """Return a photograph as it would be read back from a JPEG file.

    Torch must multiply matrices in full float32 here: call it outside of autocast.

    Parameters
    ----------
    photo : array (H, W, 3) with ``channel_axis`` -1, or (..., 3, H, W) with -3, or any like them
        Encoded values in [0, 1], of any height and width; rounded to 8 bits first. The last two axes apart
        from the channels are the picture's.
    quality : int
        1 to 100, as libjpeg counts it.
    channel_axis : int
        Axis of red, green and blue.
    subsampling : str
        ``4:2:0`` stores colour at half the width and height, as most cameras do; ``4:4:4`` in full.

    Returns
    -------
    array of the photograph's shape, dtype and device
        Values in [0, 1], each a whole multiple of 1/255.

    Raises
    ------
    UserError
        If quality or subsampling is none of these.
    """
    if not (isinstance(quality, int) and 1 <= quality <= 100):
        raise UserError(f"JPEG quality {quality!r} is not valid; give a whole number from 1 to 100")
    if subsampling not in ("4:2:0", "4:4:4"):
        raise UserError(f"JPEG subsampling {subsampling!r} is not known; use 4:2:0 or 4:4:4")
    xp = array_namespace(photo)
    codes = _rounded(xp.moveaxis(photo, channel_axis, 0) * 255.0)
    red, green, blue = codes[0, ...], codes[1, ...], codes[2, ...]
    luma = _rounded(0.299 * red + 0.587 * green + 0.114 * blue)
    blueness = _rounded(128.0 - 0.168735892 * red - 0.331264108 * green + 0.5 * blue)
    redness = _rounded(128.0 + 0.5 * red - 0.418687589 * green - 0.081312411 * blue)
    luma = _through_blocks(luma, scaled_steps(LUMINANCE_STEPS, quality))
    coarse = scaled_steps(CHROMINANCE_STEPS, quality)
    if subsampling == "4:2:0":
        blueness, redness = (
            _enlarged(_through_blocks(_halved(plane), coarse), luma.shape) for plane in (blueness, redness)
        )
    else:
        blueness, redness = _through_blocks(blueness, coarse), _through_blocks(redness, coarse)
    blueness, redness = blueness - 128.0, redness - 128.0
    planes = [
        luma + 1.402 * redness,
        luma - 0.344136286 * blueness - 0.714136286 * redness,
        luma + 1.772 * blueness,
    ]
    return xp.moveaxis(_rounded(xp.stack(planes)) / 255.0, 0, channel_axis)


def scaled_steps(steps: npt.NDArray[np.int_], quality: int) -> npt.NDArray[np.int_]:
    """Scale a table of quantisation steps by quality, from 1 to 255, as libjpeg does."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    scaled: npt.NDArray[np.int_] = np.clip((steps * percent + 50) // 100, 1, 255)
    return scaled


def _through_blocks(plane: Array, steps: npt.NDArray[np.int_]) -> Array:
    """Transform blocks of 8x8, round their coefficients to whole steps, and transform them back."""
    xp = array_namespace(plane)
    cosines = _to_library_of(_cosines(), plane)
    table = _to_library_of(steps, plane)[:, None, :]
    *batch, height, width = plane.shape
    padded = _padded(plane - 128.0, -height % BLOCK, -width % BLOCK)
    blocks = xp.reshape(padded, (*batch, padded.shape[-2] // BLOCK, BLOCK, padded.shape[-1] // BLOCK, BLOCK))
    transformed = _both_ways(blocks, cosines, cosines.T)
    stored = xp.round(transformed / table) * table
    back = xp.reshape(_both_ways(stored, cosines.T, cosines), padded.shape)
    return _rounded(back[..., :height, :width] + 128.0)


def _both_ways(blocks: Array, left: Array, right: Array) -> Array:
    """Multiply blocks (..., rows, 8, columns, 8) from the left down rows, from the right along columns."""
    xp = array_namespace(blocks)
    shape = blocks.shape
    along_rows = xp.matmul(left, xp.reshape(blocks, (*shape[:-2], shape[-2] * shape[-1])))
    return xp.matmul(xp.reshape(along_rows, shape), right)


def _cosines() -> npt.NDArray[np.float64]:
    """Return the orthonormal transform of eight values, a row for each frequency."""
    frequency, position = np.mgrid[0:BLOCK, 0:BLOCK]
    cosines: npt.NDArray[np.float64] = np.cos((2 * position + 1) * frequency * np.pi / (2 * BLOCK)) / 2
    cosines[0] /= np.sqrt(2)
    return cosines


def _halved(plane: Array) -> Array:
    """Average 2x2 values; an odd last row or column counts twice."""
    padded = _padded(plane, plane.shape[-2] % 2, plane.shape[-1] % 2)
    rows = padded[..., 0::2, :] + padded[..., 1::2, :]
    return _rounded((rows[..., 0::2] + rows[..., 1::2]) / 4.0)


def _enlarged(plane: Array, shape: tuple[int, ...]) -> Array:
    """Double height and width as libjpeg does: three parts of the nearest value, one of the next."""
    xp = array_namespace(plane)
    for axis in (-2, -1):
        moved = xp.moveaxis(plane, axis, -1)
        before = xp.concat([moved[..., :1], moved[..., :-1]], axis=-1)
        after = xp.concat([moved[..., 1:], moved[..., -1:]], axis=-1)
        pairs = xp.stack([(3 * moved + before) / 4.0, (3 * moved + after) / 4.0], axis=-1)
        plane = xp.moveaxis(xp.reshape(pairs, (*moved.shape[:-1], 2 * moved.shape[-1])), -1, axis)
    return _rounded(plane[..., : shape[-2], : shape[-1]])


def _padded(plane: Array, num_rows: int, num_columns: int) -> Array:
    """Repeat the last row and the last column, as libjpeg fills its blocks."""
    xp = array_namespace(plane)
    if num_rows:
        plane = xp.concat([plane, *[plane[..., -1:, :]] * num_rows], axis=-2)
    if num_columns:
        plane = xp.concat([plane, *[plane[..., -1:]] * num_columns], axis=-1)
    return plane


def _rounded(codes: Array) -> Array:
    xp = array_namespace(codes)
    return xp.clip(xp.round(codes), 0.0, 255.0)


def _to_library_of(table: npt.NDArray[Any], plane: Array) -> Array:
    """Return a table with a plane's library, dtype and device."""
    return array_namespace(plane).asarray(table, dtype=plane.dtype, device=device(plane))
