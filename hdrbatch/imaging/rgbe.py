"""Radiance as Radiance .hdr files (RGBE): written for programs without EXR, read from any program."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hdrbatch.errors import CorruptObjectError, MissingInputError, TaskError
from hdrbatch.imaging.exr import check_radiance
from hdrbatch.imaging.picture_size import size_problem
from hdrbatch.imaging.primaries import convert_to_rec709, primaries_of_chromaticities
from hdrbatch.imaging.rgbe_scanlines import decode_scanlines

MAGIC = (b"#?RADIANCE", b"#?RGBE")
RGBE_FORMAT, XYZE_FORMAT = "32-bit_rle_rgbe", "32-bit_rle_xyze"
EXPONENT_BIAS = 128 + 8


@dataclass(frozen=True, eq=False)
class HdrFile:
    """A picture from a Radiance file.

    Attributes
    ----------
    radiance : (H, W, 3) float32
        Scene-linear Rec.709, upright, divided by the exposure and the colour correction of the header.
    notes : tuple of str
        What was done to the stored values, for the user.
    """

    radiance: npt.NDArray[np.float32] = field(repr=False)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Header:
    """What the lines of a header state; ``scale`` divides the stored values, channel by channel."""

    axes: tuple[str, str]
    sizes: tuple[int, int]
    scale: tuple[float, float, float]
    chromaticities: tuple[float, ...] | None


def write_hdr(path: Path, radiance: npt.NDArray[np.float32]) -> None:
    """Write radiance as a Radiance .hdr file (RGBE), for programs that cannot read EXR.

    Lossy: a pixel's channels share one exponent, so values are accurate to about 1 % of the pixel's largest
    channel. Negative values become 0.

    Parameters
    ----------
    path : Path
        The file to write; an existing one is replaced.
    radiance : (H, W, 3) float32, scene-linear Rec.709, relative

    Raises
    ------
    TaskError
        If the array is not (H, W, 3) float32 or holds a value that is not finite.
    """
    check_radiance(path, radiance)
    if not np.all(np.isfinite(radiance)):
        raise TaskError(
            f"{path} cannot be written: RGBE has no code for the NaN or infinite values in the radiance"
        )
    import imageio.v3 as iio

    # imageio's default writer would be downloaded at run time; its OpenCV plugin is available.
    written = iio.imwrite("<bytes>", np.maximum(radiance, 0.0), plugin="opencv", extension=".hdr")
    path.write_bytes(written)


def read_hdr(path: Path) -> HdrFile:
    """Read a Radiance file in any of its eight orientations, with flat, old or new run-length encoding.

    The values are divided by every ``EXPOSURE`` and ``COLORCORR`` of the header, as the format defines:
    these were applied to them. ``PRIMARIES`` other than Rec.709's are converted.

    OpenCV and Blender ignore the orientation and these lines, so the file is decoded here.

    Raises
    ------
    MissingInputError
        If the file does not exist.
    CorruptObjectError
        If it is no Radiance file, is truncated, or holds XYZE or gamma-encoded values.

    References
    ----------
    Ward Larson, "Radiance File Formats" (1997), section "Picture files".
    """
    if not path.is_file():
        raise MissingInputError(f"there is no file {path}")
    data = path.read_bytes()
    try:
        header, begin = _header(data)
        codes = decode_scanlines(data, begin, header.sizes[0], header.sizes[1])
    except (ValueError, IndexError) as error:
        raise CorruptObjectError(f"{path} is not a readable Radiance file: {error}") from None
    notes = []
    exponents = codes[..., 3:].astype(np.int32) - EXPONENT_BIAS
    pixels = np.ldexp(codes[..., :3].astype(np.float32), exponents)
    pixels[codes[..., 3] == 0] = 0.0
    if header.scale != (1.0, 1.0, 1.0):
        pixels /= np.asarray(header.scale, np.float32)
        factors = sorted(set(header.scale))
        notes.append(
            f"its values were divided by its EXPOSURE and COLORCORR, {' to '.join(f'{f:g}' for f in factors)}"
        )
    radiance = np.ascontiguousarray(_upright(pixels, header.axes))
    if header.axes != ("-Y", "+X"):
        notes.append(f"it is stored as {' '.join(header.axes)} and was turned upright")
    primaries = primaries_of_chromaticities(header.chromaticities) if header.chromaticities else None
    if primaries is not None:
        convert_to_rec709(radiance, primaries)
        notes.append(f"its colours were converted from {primaries.name} to Rec.709")
    return HdrFile(radiance, tuple(notes))


def _upright(pixels: npt.NDArray[np.float32], axes: tuple[str, str]) -> npt.NDArray[np.float32]:
    """Bring rows as stored into rows from the top, columns from the left."""
    for axis, name in enumerate(axes):
        if name in ("+Y", "-X"):  # y counts from the bottom, x from the left
            pixels = np.flip(pixels, axis)
    return pixels if axes[0].endswith("Y") else np.swapaxes(pixels, 0, 1)


def _header(data: bytes) -> tuple[_Header, int]:
    """Parse the header and the resolution string; return it and the offset of the first scanline."""
    if not data.startswith(MAGIC):
        raise ValueError("it does not begin with #?RADIANCE or #?RGBE")
    end = data.find(b"\n\n")
    resolution_end = data.find(b"\n", end + 2)
    if end < 0 or resolution_end < 0:
        raise ValueError("its header has no end")
    lines = [
        (name.strip().upper(), value.strip())
        for line in data[:end].decode("latin-1").splitlines()[1:]
        for name, equals, value in [line.partition("=")]
        if equals and not line.startswith("#")
    ]
    _check_encoding(dict(lines))
    axes, sizes = _resolution(data[end + 2 : resolution_end].decode("latin-1"))
    primaries = [_numbers(name, value, 8) for name, value in lines if name == "PRIMARIES"]
    return _Header(axes, sizes, _scale(lines), primaries[-1] if primaries else None), resolution_end + 1


def _scale(lines: Sequence[tuple[str, str]]) -> tuple[float, float, float]:
    """Return the product of all exposures and colour corrections, which were applied to the values."""
    scale = np.ones(3)
    for name, value in lines:
        if name in ("EXPOSURE", "COLORCORR"):
            scale *= _numbers(name, value, 1 if name == "EXPOSURE" else 3)
    if not (np.isfinite(scale).all() and (scale > 0).all()):
        raise ValueError("its EXPOSURE or COLORCORR is not a positive number")
    red, green, blue = scale.tolist()
    return red, green, blue


def _check_encoding(stated: Mapping[str, str]) -> None:
    encoding = stated.get("FORMAT", RGBE_FORMAT)
    if encoding == XYZE_FORMAT:
        raise ValueError("it holds CIE XYZ (XYZE); convert it with ra_xyze -r")
    if encoding != RGBE_FORMAT:
        raise ValueError(f"its FORMAT is {encoding}, not {RGBE_FORMAT}")
    if _numbers("GAMMA", stated.get("GAMMA", "1"), 1) != (1.0,):
        raise ValueError(f"its GAMMA is {stated['GAMMA']}: it does not hold radiance; save it linear")


def _resolution(line: str) -> tuple[tuple[str, str], tuple[int, int]]:
    """Parse ``-Y 512 +X 1024``: the axis of the scanlines, the axis along them, and their sizes."""
    words = line.split()
    if len(words) != 4 or {word[-1:] for word in words[::2]} != {"X", "Y"}:
        raise ValueError(f"its resolution string is {line.strip()!r}, such as -Y 512 +X 1024 is valid")
    first, second = words[0], words[2]
    num_lines, length = int(words[1]), int(words[3])
    if not {first[:-1], second[:-1]} <= {"+", "-"} or num_lines < 1 or length < 1:
        raise ValueError(f"its resolution string is {line.strip()!r}, such as -Y 512 +X 1024 is valid")
    if problem := size_problem(length, num_lines):
        raise ValueError(problem)
    return (first, second), (num_lines, length)


def _numbers(name: str, text: str, count: int) -> tuple[float, ...]:
    try:
        values = tuple(float(word) for word in text.split())
    except ValueError:
        values = ()
    if len(values) != count:
        raise ValueError(f"its {name} is {text!r}, which is not {count} number(s)")
    return values
