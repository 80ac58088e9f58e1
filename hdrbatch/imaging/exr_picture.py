"""The picture that an OpenEXR file holds: its layer, its place in the display window, its primaries.

Whatever another program may have written is either read as the format defines it or rejected by name
(OpenEXR's "Technical Introduction" and "Standard OpenEXR Attributes").
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import OpenEXR

from hdrbatch.imaging.picture_size import size_problem
from hdrbatch.imaging.primaries import (
    ACES_AP0,
    REC709,
    Primaries,
    convert_to_rec709,
    luminance_weights,
    primaries_of_chromaticities,
)

COLOR_PARTS = ("rgba", "rgb", "beauty", "combined", "composite")
"""Names of the part, or the end of the layer's, that holds the picture itself, in order of preference."""
DEEP = (OpenEXR.deepscanline, OpenEXR.deeptile)

Plane = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class ExrPart:
    """One part of a file: its header, and its channels by name."""

    header: Mapping[str, Any]
    channels: Mapping[str, Plane]


@dataclass(frozen=True, eq=False)
class ExrPicture:
    """A picture from an OpenEXR file.

    Attributes
    ----------
    radiance : (H, W, 3) float32
        Scene-linear Rec.709, in the display window.
    notes : tuple of str
        What was done to the stored values, for the user.
    is_cube_map : bool
        Whether the file states that its picture is the faces of a cube.
    """

    radiance: npt.NDArray[np.float32] = field(repr=False)
    notes: tuple[str, ...] = ()
    is_cube_map: bool = False


def picture_of_parts(parts: Sequence[ExrPart]) -> ExrPicture:
    """Return the picture of a file's parts.

    Raises
    ------
    ValueError
        If there is no picture, or it is not clear which; the text says what there is.
    """
    part, prefix, note = _chosen(parts)
    header, notes = part.header, [note] if note else []
    primaries, stated = _primaries(header)
    names = _colour_names(part.channels, prefix)
    planes = [part.channels[name] for name in names]
    if names[-1][len(prefix) :].upper() == "BY":
        planes = _rgb_of_luminance_chroma(planes, _chromaticities(header) or REC709)
        notes.append("its luminance and chroma channels were converted to R, G and B")
    if len(planes) == 1:
        planes = planes * 3
        notes.append("it is grey: one channel for all colours")
    radiance: npt.NDArray[np.float32] = np.stack(planes, axis=-1).astype(np.float32, copy=False)
    radiance, cropped = _in_display_window(radiance, header)
    notes += cropped
    if primaries is not None:
        if primaries.to_rec709 is not None:
            notes.append(f"its colours were converted from {primaries.name} to Rec.709")
            convert_to_rec709(radiance, primaries)
        else:
            notes.append(f"its colours are in {primaries.name}, which is not known here; taken for Rec.709")
    elif stated:
        notes.append(stated)
    cube = header.get("envmap") == OpenEXR.ENVMAP_CUBE
    return ExrPicture(radiance, tuple(notes), is_cube_map=cube)


def _chosen(parts: Sequence[ExrPart]) -> tuple[ExrPart, str, str]:
    """Return the part and prefix of the channels that hold the picture, and a note if there were others."""
    found = [(part, prefix) for part in parts for prefix in _prefixes(part.channels)]
    if not found:
        names = ", ".join(sorted({name for part in parts for name in part.channels}))
        raise ValueError(f"no float channels R, G, B of one size; it has {names}")
    titles = [_title(part, prefix) for part, prefix in found]
    best = min(_preference(part, prefix) for part, prefix in found)
    first = [number for number, of in enumerate(found) if _preference(*of) == best]
    if len(first) > 1 and len({id(found[number][0]) for number in first}) == 1:
        several = ", ".join(titles[number] or "R, G, B" for number in first)
        raise ValueError(
            f"no layer that is the picture, but several that may be: {several}; save one of them"
        )
    part, prefix = found[first[0]]
    others = [title for title in titles if title != titles[first[0]]]
    if len(first) > 1:
        return part, prefix, f"it has several pictures ({', '.join(titles)}); {titles[first[0]]} was read"
    note = f"its layer {titles[first[0]]} was read, {', '.join(others)} ignored" if others and prefix else ""
    return part, prefix, note


def _preference(part: ExrPart, prefix: str) -> tuple[bool, int, bool]:
    """Rank a layer: plain channels first, then by the name of the layer, or of the part."""
    name = prefix.removesuffix(".").rpartition(".")[2] or str(part.header.get("name", ""))
    rank = COLOR_PARTS.index(name.lower()) if name.lower() in COLOR_PARTS else len(COLOR_PARTS)
    return prefix != "", rank, not prefix.startswith("Composite.")


def _title(part: ExrPart, prefix: str) -> str:
    return prefix.removesuffix(".") or str(part.header.get("name", ""))


def _prefixes(channels: Mapping[str, Plane]) -> list[str]:
    """Return the prefixes under which there are colours: R, G, B; Y, RY, BY; or Y alone."""
    all_prefixes = sorted({name[: -len(name.rpartition(".")[2])] for name in channels})
    return [prefix for prefix in all_prefixes if _colour_names(channels, prefix)]


def _colour_names(channels: Mapping[str, Plane], prefix: str) -> list[str]:
    """Return the names of the channels that make the colours of a layer, or none."""
    named = {
        name[len(prefix) :].upper(): name
        for name, plane in channels.items()
        if name.startswith(prefix) and plane.dtype.kind == "f"
    }
    if named.keys() >= set("RGB"):
        names = [named[colour] for colour in "RGB"]
        return names if len({channels[name].shape for name in names}) == 1 else []
    if named.keys() >= {"Y", "RY", "BY"}:
        return [named["Y"], named["RY"], named["BY"]]
    return [named["Y"]] if "Y" in named and not named.keys() & {"X", "Z"} else []


def _rgb_of_luminance_chroma(planes: Sequence[Plane], chromaticities: Sequence[float]) -> list[Plane]:
    """Return R, G, B of OpenEXR's luminance-chroma picture: RY is (R - Y) / Y, at every second pixel."""
    red_weight, green_weight, blue_weight = luminance_weights(chromaticities)
    y, ry, by = planes
    luminance = y.astype(np.float32)
    red = luminance * (1 + _upsampled(ry, y.shape))
    blue = luminance * (1 + _upsampled(by, y.shape))
    green = (luminance - red_weight * red - blue_weight * blue) / green_weight
    return [red, green.astype(np.float32), blue]


def _upsampled(plane: Plane, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Interpolate a plane that has every n-th pixel, the first included, to all pixels."""
    values = plane.astype(np.float32)
    for axis, size in enumerate(shape):
        step = -(-size // plane.shape[axis])
        position = np.minimum(np.arange(size) / step, plane.shape[axis] - 1)
        low = position.astype(int)
        high = np.minimum(low + 1, plane.shape[axis] - 1)
        share = (position - low).astype(np.float32).reshape([-1 if one == axis else 1 for one in (0, 1)])
        values = values.take(low, axis) * (1 - share) + values.take(high, axis) * share
    return values


def _in_display_window(
    stored: npt.NDArray[np.float32], header: Mapping[str, Any]
) -> tuple[npt.NDArray[np.float32], list[str]]:
    """Put the stored pixels into the display window, which is the picture; black where nothing is stored."""
    (left, top), _ = _window(header, "dataWindow")
    (display_left, display_top), (right, bottom) = _window(header, "displayWindow")
    width, height = right - display_left + 1, bottom - display_top + 1
    rows, columns = stored.shape[:2]
    if (left, top, columns, rows) == (display_left, display_top, width, height):
        return stored, []
    if problem := size_problem(width, height):
        raise ValueError(problem)
    x, y = left - display_left, top - display_top
    shown = stored[max(0, -y) : max(0, height - y), max(0, -x) : max(0, width - x)]
    picture = np.zeros((height, width, 3), np.float32)
    picture[max(0, y) : max(0, y) + len(shown), max(0, x) : max(0, x) + shown.shape[1]] = shown
    missing = 1 - shown.shape[0] * shown.shape[1] / (width * height)
    if not missing:
        return picture, [f"its {columns}x{rows} stored pixels were cropped to its {width}x{height} picture"]
    note = f"{missing:.1%} of its {width}x{height} picture is not stored (its data window is smaller): black"
    return picture, [note]


def stored_size(header: Mapping[str, Any]) -> tuple[int, int]:
    """Return the width and height of the pixels that a part stores."""
    (left, top), (right, bottom) = _window(header, "dataWindow")
    return right - left + 1, bottom - top + 1


def _window(header: Mapping[str, Any], name: str) -> tuple[tuple[int, int], tuple[int, int]]:
    (left, top), (right, bottom) = (tuple(map(int, corner)) for corner in header[name])
    return (left, top), (right, bottom)


def _chromaticities(header: Mapping[str, Any]) -> tuple[float, ...] | None:
    """Return the chromaticities that a header states, by themselves, by an interop ID, or by ACES' flag."""
    if (stated := header.get("chromaticities")) is not None:
        return tuple(map(float, stated))
    if interop := header.get("colorInteropID"):
        known = OpenEXR.colorInteropIDToChromaticities(str(interop))
        return None if known is None else tuple(map(float, known))
    return ACES_AP0 if header.get("acesImageContainerFlag") else None


def _primaries(header: Mapping[str, Any]) -> tuple[Primaries | None, str]:
    """Return the primaries, None for Rec.709's, and a note if the header states something not understood."""
    if (stated := _chromaticities(header)) is not None:
        return primaries_of_chromaticities(stated), ""
    interop = str(header.get("colorInteropID") or "unknown")
    if interop in ("unknown", "data"):
        return None, ""
    return None, f"its colour space {interop} is not known here; taken for linear Rec.709"
