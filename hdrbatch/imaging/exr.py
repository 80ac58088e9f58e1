"""Radiance as OpenEXR files: written with 32-bit floats, read from any program.

A stored file that cannot be read raises ``CorruptObjectError`` (``MissingInputError`` if it is missing);
radiance that must not be written raises ``TaskError``.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import OpenEXR

from hdrbatch.errors import CorruptObjectError, MissingInputError, TaskError


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
    """Read an OpenEXR file with channels R, G, B, written by this program or another.

    16-bit floats are widened; alpha and other channels are ignored; the channels of a single layer
    (``ViewLayer.Combined.R`` and so on) are used if there are no plain ones.

    Returns
    -------
    (H, W, 3) float32, as stored

    Raises
    ------
    MissingInputError
        If the file does not exist.
    CorruptObjectError
        If it is not an OpenEXR file, is truncated, or has no such channels.
    """
    parts = _exr_parts(path)
    for channels in parts:
        planes = _colour_planes(channels)
        if planes is not None:
            radiance: npt.NDArray[np.float32] = np.stack(planes, axis=-1).astype(np.float32, copy=False)
            return radiance
    found = ", ".join(sorted({name for channels in parts for name in channels}))
    raise CorruptObjectError(f"{path} has no float channels R, G, B of one size; it has {found}")


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
    for channels in _exr_parts(path):
        planes = {name.rpartition(".")[2]: plane for name, plane in channels.items() if f"{layer}." in name}
        for names in ("RGB", "XYZ"):
            if planes.keys() >= set(names):
                return np.stack([planes[name] for name in names], axis=-1).astype(np.float32, copy=False)
    raise CorruptObjectError(f"{path} has no layer {layer!r}")


def _exr_parts(path: Path) -> list[dict[str, npt.NDArray[np.float32]]]:
    if not path.is_file():
        raise MissingInputError(f"there is no file {path}")
    try:
        with OpenEXR.File(str(path), separate_channels=True) as file:
            # A truncated file opens with a warning on stdout and without parts.
            parts = [{name: channel.pixels for name, channel in part.channels.items()} for part in file.parts]
    except (RuntimeError, ValueError) as error:
        raise CorruptObjectError(f"{path} is not a readable OpenEXR file: {error}") from error
    if not parts:
        raise CorruptObjectError(
            f"{path} is truncated: its pixels cannot be read; regenerate or fetch it again"
        )
    return parts


def _colour_planes(channels: dict[str, npt.NDArray[Any]]) -> list[npt.NDArray[Any]] | None:
    """Return R, G, B, plain or of the only layer with them; None unless they are floats of one size."""
    prefixes = sorted(name[:-1] for name in channels if name == "R" or name.endswith(".R"))
    prefix = "" if "" in prefixes else prefixes[0] if len(prefixes) == 1 else None
    if prefix is None or any(prefix + colour not in channels for colour in "RGB"):
        return None
    planes = [channels[prefix + colour] for colour in "RGB"]
    if any(plane.dtype.kind != "f" or plane.shape != planes[0].shape for plane in planes):
        return None
    return planes


def check_radiance(path: Path, radiance: npt.NDArray[np.float32]) -> None:
    """Raise TaskError unless an array can be written as radiance: (H, W, 3) float32, not empty."""
    if radiance.ndim != 3 or radiance.shape[2] != 3 or radiance.dtype != np.float32 or radiance.size == 0:
        raise TaskError(
            f"{path} cannot be written: radiance is (H, W, 3) float32, not {radiance.shape} {radiance.dtype}"
        )
