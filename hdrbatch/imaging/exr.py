"""Radiance as OpenEXR files: written with 32-bit floats, read from any program.

A stored file that cannot be read raises ``CorruptObjectError`` (``MissingInputError`` if it is missing);
radiance that must not be written raises ``TaskError``.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import OpenEXR

from hdrbatch.errors import CorruptObjectError, MissingInputError, TaskError
from hdrbatch.imaging.exr_picture import DEEP, ExrPart, ExrPicture, picture_of_parts, stored_size
from hdrbatch.imaging.picture_size import size_problem


def write_exr(path: Path, radiance: npt.NDArray[np.float32]) -> None:
    """Write radiance as an OpenEXR file: 32-bit float, ZIP, channels R, G, B.

    The same radiance gives the same bytes. Every float is read back unchanged.

    Parameters
    ----------
    path : Path
        The file to write; an existing one is replaced.
    radiance : (H, W, 3) float32, scene-linear Rec.709, relative

    Raises
    ------
    TaskError
        If the array is not (H, W, 3) float32.
    """
    check_radiance(path, radiance)
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    with OpenEXR.File(header, {"RGB": np.ascontiguousarray(radiance)}) as file:
        file.write(str(path))


def read_exr(path: Path) -> npt.NDArray[np.float32]:
    """Read the picture of an OpenEXR file, written by this program or another; see `read_exr_picture`.

    Returns
    -------
    (H, W, 3) float32, scene-linear Rec.709; as stored if the file states no other primaries
    """
    return read_exr_picture(path).radiance


def read_exr_picture(path: Path) -> ExrPicture:
    """Read the picture of an OpenEXR file, with notes on what was done to the stored values.

    16-bit floats are widened; alpha and other channels are ignored, so R, G and B are premultiplied as the
    format stores them. Without plain channels R, G, B, those of the layer ``Combined`` or of the only layer
    (``ViewLayer.Combined.R`` and so on) are used; luminance and chroma (Y, RY, BY) and grey (Y) are
    converted. The picture is the display window, black where the data window stores nothing. Primaries other
    than Rec.709's are converted and their white is adapted, by
    :func:`hdrbatch.imaging.primaries.primaries_of_chromaticities`.

    Raises
    ------
    MissingInputError
        If the file does not exist.
    CorruptObjectError
        If it is not an OpenEXR file, is truncated, is deep, or has no such channels.
    """
    parts = _exr_parts(path)
    try:
        return picture_of_parts(parts)
    except ValueError as error:
        raise CorruptObjectError(f"{path} has {error}") from None


def read_exr_layer(path: Path, layer: str) -> npt.NDArray[np.float32]:
    """Read three channels of one layer of a multilayer OpenEXR file, in the order R, G, B or X, Y, Z.

    Parameters
    ----------
    path : Path
        The file.
    layer : str
        End of the layer's name: ``Denoising Albedo`` of ``ViewLayer.Denoising Albedo.R``.

    Returns
    -------
    (H, W, 3) float32, as stored

    Raises
    ------
    MissingInputError
        If the file does not exist.
    CorruptObjectError
        If it cannot be read, or has no such layer.
    """
    for part in _exr_parts(path):
        planes = {
            name.rpartition(".")[2]: plane for name, plane in part.channels.items() if f"{layer}." in name
        }
        for names in ("RGB", "XYZ"):
            if planes.keys() >= set(names):
                return np.stack([planes[name] for name in names], axis=-1).astype(np.float32, copy=False)
    raise CorruptObjectError(f"{path} has no layer {layer!r}")


def _exr_parts(path: Path) -> list[ExrPart]:
    if not path.is_file():
        raise MissingInputError(f"there is no file {path}")
    try:
        with OpenEXR.File(str(path), header_only=True) as file:
            deep = any(part.header.get("type") in DEEP for part in file.parts)
            for part in file.parts:
                if problem := size_problem(*stored_size(part.header)):
                    raise ValueError(problem)
        if not deep:
            with OpenEXR.File(str(path), separate_channels=True) as file:
                # A truncated file opens with a warning on stdout and without parts.
                parts = [
                    ExrPart(dict(part.header), {name: one.pixels for name, one in part.channels.items()})
                    for part in file.parts
                ]
    except (RuntimeError, ValueError) as error:
        raise CorruptObjectError(f"{path} is not a readable OpenEXR file: {error}") from error
    if deep:
        raise CorruptObjectError(f"{path} holds deep pixels, several at each place; flatten it")
    if not parts:
        raise CorruptObjectError(
            f"{path} is truncated: its pixels cannot be read; regenerate or fetch it again"
        )
    return parts


def check_radiance(path: Path, radiance: npt.NDArray[np.float32]) -> None:
    """Raise TaskError unless an array can be written as radiance: (H, W, 3) float32, not empty."""
    if radiance.ndim != 3 or radiance.shape[2] != 3 or radiance.dtype != np.float32 or radiance.size == 0:
        raise TaskError(
            f"{path} cannot be written: radiance is (H, W, 3) float32, not {radiance.shape} {radiance.dtype}"
        )
