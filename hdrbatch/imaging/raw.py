"""Raw files, developed by LibRaw: linear, 16 bit, white balanced, upright.

Channels stay the camera's own, and only radiance is converted to Rec.709: LibRaw's matrix would mix a clipped
channel into the others, and clipping could no longer be detected.

rawpy itself is used and not imageio's plugin for it, which omits the camera's white balance, its matrix and
the exposure, and hides why a file cannot be developed.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import numpy.typing as npt

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.picture_size import size_problem
from hdrbatch.imaging.primaries import Primaries, as_matrix
from hdrbatch.imaging.tiff_pages import TIFF_STARTS, tiff_content

RAW_SUFFIXES = frozenset(
    {
        ".3fr", ".ari", ".arw", ".bay", ".bmq", ".cap", ".cine", ".cr2", ".cr3", ".crw", ".cs1", ".dc2",
        ".dcr", ".dcs", ".dng", ".drf", ".dsc", ".eip", ".erf", ".fff", ".gpr", ".ia", ".iiq", ".k25",
        ".kc2", ".kdc", ".mdc", ".mef", ".mfw", ".mos", ".mrw", ".nef", ".nrw", ".obm", ".orf", ".ori",
        ".pef", ".ptx", ".pxn", ".qtk", ".r3d", ".raf", ".raw", ".rdc", ".rw1", ".rw2", ".rwl", ".rwz",
        ".sr2", ".srf", ".srw", ".sti", ".x3f",
    }
)  # fmt: skip
"""Suffixes of the raw files that LibRaw reads; many look like TIFF and would be read as their thumbnail."""

RAW_STARTS = (
    b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"\0MRM", b"FOVb", b"II\x1a\0\0\0HEAPCCDR",
    b"ARRI",
)  # fmt: skip
"""First bytes of raw files that are not TIFF: Fujifilm, Olympus, Panasonic, Minolta, Sigma, Canon, ARRI."""
CR3_BRAND = b"ftypcrx "

XYZ_OF_REC709 = (
    (0.412453, 0.357580, 0.180423),
    (0.212671, 0.715160, 0.072169),
    (0.019334, 0.119193, 0.950227),
)
"""CIE XYZ under D65 of the Rec.709 primaries (ITU-R BT.709), as columns."""

MIN_FULL = 0.5
"""Minimum level of a full sensor, relative to the file's white level, that is believed."""

WhiteBalance = tuple[float, float, float, float]


@dataclass(frozen=True)
class DevelopedRaw:
    """A raw file as linear light.

    Attributes
    ----------
    codes : (H, W, 3) uint16
        Proportional to light; 65535 is the sensor's white level or above, channel by channel.
    primaries : Primaries
        Primaries of the camera.
    white_balance : four floats
        Multipliers of red, green, blue and the second green.
    white_codes : three floats or None
        Codes at which the sensor is full by its maker's notes, for red, green and blue; None if not stated.
    exposure_time_s, f_number, iso : float or None
        Exposure as the camera recorded it.
    """

    codes: npt.NDArray[np.uint16]
    primaries: Primaries
    white_balance: WhiteBalance
    white_codes: tuple[float, float, float] | None
    exposure_time_s: float | None
    f_number: float | None
    iso: float | None


def is_raw(path: Path, data: bytes) -> bool:
    """Return whether a file is a raw file, by its content or its suffix."""
    return (
        path.suffix.lower() in RAW_SUFFIXES
        or data.startswith(RAW_STARTS)
        or data[4:12] == CR3_BRAND
        or (data.startswith(TIFF_STARTS) and tiff_content(data).is_raw)
    )


def develop(path: Path, data: bytes, white_balance: WhiteBalance | None = None) -> DevelopedRaw:
    """Develop a raw file at its full size.

    Parameters
    ----------
    path : Path
        Name of the file in errors.
    data : bytes
        Content of the file.
    white_balance : four floats, or None
        That of another file of the same bracket; None uses the camera's.

    Raises
    ------
    PhotoError
        If rawpy is not installed, or the file cannot be developed.
    """
    rawpy = _rawpy(path)
    try:
        with rawpy.imread(io.BytesIO(data)) as raw:
            if raw.num_colors != 3:
                raise PhotoError(
                    f"{path} has {raw.num_colors} colour(s), not red, green and blue; "
                    "develop it to a 16-bit TIFF"
                )
            if problem := size_problem(raw.sizes.width, raw.sizes.height):
                raise PhotoError(f"{path} has {problem}")
            balance = white_balance or _white_balance(raw.camera_whitebalance, raw.daylight_whitebalance)
            codes = raw.postprocess(
                gamma=(1, 1),
                output_bps=16,
                output_color=rawpy.ColorSpace.raw,
                user_wb=list(balance),
                highlight_mode=rawpy.HighlightMode.Clip,
                no_auto_bright=True,
                # Otherwise each file is scaled to its own maximum, and a bracket's exposures are wrong.
                adjust_maximum_thr=0.0,
            )
            matrix = _to_rec709(raw.rgb_xyz_matrix, raw.color_matrix)
            taken = raw.other
            white_codes = full_codes(
                raw.camera_white_level_per_channel, raw.white_level, raw.black_level_per_channel, balance
            )
    except rawpy.LibRawError as error:
        raise PhotoError(
            f"{path} cannot be developed ({_message(error)}); copy it from the camera again, "
            "or develop it to a 16-bit TIFF"
        ) from error
    return DevelopedRaw(
        codes=codes,
        primaries=(
            Primaries("colours of a camera whose matrix is not known", None)
            if matrix is None
            else Primaries("the camera's own colours", as_matrix(matrix))
        ),
        white_balance=balance,
        white_codes=white_codes,
        exposure_time_s=_positive(taken.shutter_speed),
        f_number=_positive(taken.aperture),
        iso=_positive(taken.iso_speed),
    )


def full_codes(
    levels: Sequence[float] | None, white_level: float, blacks: Sequence[float], balance: WhiteBalance
) -> tuple[float, float, float] | None:
    """Return the developed codes of a full sensor, from the levels that the maker's notes state.

    Parameters
    ----------
    levels : four numbers or None
        Raw values at which red, green, blue and the second green are full; 0 if not stated.
    white_level : float
        Raw value that becomes the last code in the channel with the smallest multiplier.
    blacks : four numbers
        Raw values of no light.
    balance : four floats
        Multipliers of the channels.

    Returns
    -------
    red, green and blue, from 0 to 65535; None if a level is not stated or not plausible
    """
    if levels is None or len(levels) != 4:
        return None
    signals = [
        (level - black) / (white_level - black) if white_level > black else 0.0
        for level, black in zip(levels, blacks, strict=True)
    ]
    if min(signals) < MIN_FULL:
        return None
    red, green, blue, second_green = (
        65535 * min(1.0, signal * factor / min(balance))
        for signal, factor in zip(signals, balance, strict=True)
    )
    return red, min(green, second_green), blue


def _rawpy(path: Path) -> ModuleType:
    try:
        import rawpy
    except ImportError as error:
        raise PhotoError(
            f"{path} is a raw file, but rawpy, which reads raw files, is not installed; "
            "pip install 'hdrbatch[raw]', or develop it to a 16-bit TIFF"
        ) from error
    module: ModuleType = rawpy
    return module


def _white_balance(camera: list[float], daylight: list[float]) -> WhiteBalance:
    """Return the camera's multipliers, or those of daylight if the file has none."""
    red, green, blue, second_green = camera if min(camera[:3]) > 0 else daylight
    return red, green, blue, second_green if second_green > 0 else green


def _to_rec709(
    camera_of_xyz: npt.NDArray[np.float32], from_file: npt.NDArray[np.float32]
) -> npt.NDArray[np.float64] | None:
    """Return the matrix from white-balanced camera channels, from LibRaw's table or else the file's own.

    None if neither has one.
    """
    of_table = camera_of_xyz[:3].astype(np.float64)
    if abs(np.linalg.det(of_table)) > 1e-6:
        camera_of_rec709 = of_table @ np.asarray(XYZ_OF_REC709)
        matrix = np.linalg.inv(camera_of_rec709 / camera_of_rec709.sum(axis=1, keepdims=True))
    elif abs(np.linalg.det(from_file[:, :3])) > 1e-6:
        matrix = from_file[:, :3].astype(np.float64)
    else:
        return None
    normalised: npt.NDArray[np.float64] = matrix / matrix.sum(axis=1, keepdims=True)
    return normalised


def _positive(value: float) -> float | None:
    return float(value) if np.isfinite(value) and value > 0 else None


def _message(error: Exception) -> str:
    """Return LibRaw's message, which rawpy passes on as bytes."""
    first = error.args[0] if error.args else type(error).__name__
    return first.decode(errors="replace") if isinstance(first, bytes) else str(first)
