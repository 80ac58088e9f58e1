"""Prediction of one HDR picture from photographs of any size and number, tile by tile.

A tile is predicted with a halo around it, and the halo is cut off. With a halo of the network's receptive
radius every pixel is predicted from the same pixels as in the whole picture, so there are no seams to hide.
If pictures are much larger than those of training, a residual network first predicts a downscaled copy
(``hdrbatch.learning.coarse``).

Shape suffixes: n photographs sorted by exposure, h height, w width, c colour channels.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hdrbatch.errors import UserError
from hdrbatch.imaging.response import ResponseCurve, parse_response
from hdrbatch.imaging.variance_merge import EXACT, Trust
from hdrbatch.ladder import by_exposure, middle_photo
from hdrbatch.learning.coarse import CoarseChange, Photo, downscaled
from hdrbatch.learning.inputs import (
    NetworkInput,
    changed_radiance,
    network_input,
    predicted_radiance,
    residual_change,
    sensor_of,
)
from hdrbatch.learning.model import Model
from hdrbatch.learning.network import STEM_RADIUS, receptive_radius
from hdrbatch.specs.variant import MAX_PHOTOS, InputSpec

TILE_BYTES = 1.2e9
FLOATS_PER_WIDTH, FLOATS_PER_PHOTO = 14, 50
"""Values in memory per pixel of a tile, for each channel of the first level and for each photograph
(from peak memory at widths 16 and 64)."""


@torch.inference_mode()
def reconstruct(
    model: Model,
    photos: Sequence[Photo],
    exposures: Sequence[float],
    *,
    curve: ResponseCurve | None = None,
    trust: Trust = EXACT,
    tile: int | None = None,
    overlap: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> NDArray[np.float32]:
    """Predict the radiance behind photographs.

    Besides the photographs and the result, only one tile is in memory at a time.

    Parameters
    ----------
    model : Model
        From ``load_model``; the prediction is computed on the device of its network.
    photos : N arrays (H, W, 3), or one (N, H, W, 3)
        Encoded, float32 in [0, 1] or integer codes (uint8, uint16), in any order. The model uses those that
        ``select_photos`` returns.
    exposures : N positive numbers
        Relative exposures in any common unit, such as 2**EV or time * ISO / f-number**2.
    curve : ResponseCurve or None
        The photographs' response; None uses the one that the model was trained to assume.
    trust : Trust
        ``EXACT`` for photographs of the simulated camera, ``CAMERA`` for real ones.
    tile : int or None
        Side of a tile without its halo, pixels; rounded up to a multiple of ``2**depth``. None uses the
        largest, up to 512, that keeps a tile's memory near 1.2 GB.
    overlap : int or None
        Width of the halo, pixels, rounded up in the same way. None uses the receptive radius, with which the
        result matches that of the untiled picture; less is faster, but can leave faint seams.
    on_progress : callable or None
        Called with the number of tiles done and the total.

    Returns
    -------
    (H, W, 3) float32, scene-linear
        Radiance in units of the middle photograph's exposure (`ladder.middle_photo`): 1.0 just saturates it.

    Raises
    ------
    UserError
        If photographs and exposures differ in number, or are too few for the model.
    """
    _check_inputs(photos, exposures)
    if (tile is not None and tile < 1) or (overlap is not None and overlap < 0):
        raise UserError(
            f"tile {tile} and overlap {overlap}: use a tile of at least 1 and an overlap of at least 0"
        )
    spec, depth = model.variant, model.variant.network.depth
    chosen = select_photos(spec.inputs, exposures)
    relative = [float(exposures[index] / exposures[middle_photo(exposures)]) for index in chosen]
    curve = curve if curve is not None else assumed_response(spec.inputs)
    sensor = sensor_of(spec.camera)
    device = next(model.network.parameters()).device
    model.network.eval()

    height, width = photos[0].shape[:2]
    used = [photos[index] for index in chosen]
    small = None
    if spec.network.output == "residual" and model.picture_side is not None:
        small = downscaled(used, model.picture_side)
    halo = receptive_radius(depth) + STEM_RADIUS if overlap is None else overlap
    tile = tile_side(spec.network.width, len(chosen), halo) if tile is None else tile
    tile, halo = _multiple(tile, 2**depth), _multiple(halo, 2**depth)
    exposures_bn = torch.tensor([relative], dtype=torch.float32, device=device)
    total = sum(_num_tiles(picture[0], tile) for picture in (used, small) if picture is not None)
    done = 0

    def seen_in_tiles(pictures: Sequence[Photo]) -> Iterator[tuple[_Tile, NetworkInput, Tensor]]:
        nonlocal done
        height, width = pictures[0].shape[:2]
        for part in _tiles(height, width, tile, halo):
            photos_nhwc = np.stack([_unit(picture[part.seen]) for picture in pictures])
            photos_bnchw = torch.from_numpy(photos_nhwc).to(device).permute(0, 3, 1, 2)[None]
            given = network_input(photos_bnchw, exposures_bn, spec.inputs, spec.network, curve, sensor, trust)
            yield part, given, model.network(given.photos_bnkhw, given.together_bkhw)
            done += 1
            if on_progress is not None:
                on_progress(done, total)

    coarse = None
    if small is not None:
        change_bchw, clipped_bchw = torch.empty(2, 1, 3, *small[0].shape[:2], device=device)
        for part, given, output in seen_in_tiles(small):
            change_bchw[..., *part.kept] = residual_change(output)[..., *part.kept_of_seen]
            clipped_bchw[..., *part.kept] = given.clipped_bchw[..., *part.kept_of_seen]
        coarse = CoarseChange(change_bchw, clipped_bchw, height, width)
    radiance_hwc = np.empty((height, width, 3), dtype=np.float32)
    for part, given, output in seen_in_tiles(used):
        if coarse is None:
            predicted = predicted_radiance(output, given, spec.network)
        else:
            change = coarse.blended(residual_change(output), given.clipped_bchw, part.seen)
            predicted = changed_radiance(change, given)
        radiance_hwc[part.kept] = predicted[0].permute(1, 2, 0).cpu().numpy()[part.kept_of_seen]
    return radiance_hwc


def tile_side(width: int, num_photos: int, halo: int) -> int:
    """Return the side of a tile whose prediction takes about ``TILE_BYTES``, from 64 to 512 pixels.

    >>> tile_side(16, 3, 53), tile_side(64, 3, 109)
    (512, 317)
    """
    floats_per_pixel = FLOATS_PER_WIDTH * width + FLOATS_PER_PHOTO * num_photos
    seen = math.sqrt(TILE_BYTES / (4 * floats_per_pixel))
    return max(64, min(512, int(seen) - 2 * halo))


def assumed_response(inputs: InputSpec) -> ResponseCurve:
    """Return the response that a model assumes for photographs that state none; sRGB if it expects one."""
    known = inputs.response in ("known", "calibrated")
    return parse_response("srgb" if known else inputs.response)


def select_photos(inputs: InputSpec, exposures: Sequence[float]) -> list[int]:
    """Return the indices of the photographs that a model uses, in ascending order of exposure.

    A model for any bracket uses all of them, or nine around the middle one. A model for a fixed number uses
    the middle one and, around it, those whose distances from it, in stops, are closest to those in training.

    Raises
    ------
    UserError
        If there are too few different exposures for the model.

    Examples
    --------
    >>> select_photos(InputSpec(ev=(-2, 0, 2)), [2.0**ev for ev in range(-4, 5)])
    [2, 4, 6]
    >>> select_photos(InputSpec(brackets="any"), [4.0, 1.0])
    [1, 0]
    """
    order, middle = by_exposure(exposures), middle_photo(exposures)
    place = order.index(middle)
    if inputs.brackets == "any":
        below, above = order[:place], order[place + 1 :]
        return [*below[-(MAX_PHOTOS // 2) :], middle, *above[: MAX_PHOTOS // 2]]
    wanted = [ev - inputs.middle_ev for ev in sorted(inputs.ev)]
    shorter = [stops for stops in wanted if stops < 0]
    longer = [stops for stops in wanted if stops > 0]
    stops_of = {index: float(np.log2(exposures[index] / exposures[middle])) for index in order}
    darker = [index for index in order[:place] if stops_of[index] < 0]
    brighter = [index for index in order[place + 1 :] if stops_of[index] > 0]
    if len(darker) < len(shorter) or len(brighter) < len(longer):
        num = len(wanted)
        raise UserError(
            f"the model requires {num} photographs, {len(shorter)} of them shorter and {len(longer)} longer "
            f"than the middle one, but the bracket has {len(exposures)} with "
            f"{len(set(stops_of.values()))} different exposure(s); use a larger bracket, or a model for any "
            "bracket or fewer photographs"
        )
    return [*_nearest(darker, shorter, stops_of), middle, *_nearest(brighter, longer, stops_of)]


def _nearest(among: list[int], wanted: list[float], stops_of: dict[int, float]) -> tuple[int, ...]:
    """Return the photographs whose stops are closest to the wanted ones, in the same order."""
    return min(
        combinations(among, len(wanted)),
        key=lambda chosen: sum(
            abs(stops_of[index] - stops) for index, stops in zip(chosen, wanted, strict=True)
        ),
    )


@dataclass(frozen=True)
class _Tile:
    """A part of the picture: the region that the network sees, and the region that is kept."""

    seen: tuple[slice, slice]
    kept: tuple[slice, slice]

    @property
    def kept_of_seen(self) -> tuple[slice, slice]:
        rows, columns = (
            slice(kept.start - seen.start, kept.stop - seen.start)
            for kept, seen in zip(self.kept, self.seen, strict=True)
        )
        return rows, columns


def _tiles(height: int, width: int, tile: int, halo: int) -> Iterator[_Tile]:
    # Tiles begin at multiples of 2**depth, so that the poolings' blocks are those of the whole picture.
    for top in range(0, height, tile):
        for left in range(0, width, tile):
            starts, sizes = (top, left), (height, width)
            kept = [slice(start, min(start + tile, size)) for start, size in zip(starts, sizes, strict=True)]
            seen = [
                slice(max(0, start - halo), min(start + tile + halo, size))
                for start, size in zip(starts, sizes, strict=True)
            ]
            yield _Tile(seen=(seen[0], seen[1]), kept=(kept[0], kept[1]))


def _num_tiles(picture: Photo, tile: int) -> int:
    height, width = picture.shape[:2]
    return math.ceil(height / tile) * math.ceil(width / tile)


def _check_inputs(photos: Sequence[Photo], exposures: Sequence[float]) -> None:
    shapes = {photo.shape for photo in photos}
    if len(photos) != len(exposures) or not len(photos):
        raise UserError(
            f"there are {len(photos)} photograph(s) but {len(exposures)} exposure(s); "
            "give at least one photograph, and one exposure for each"
        )
    if len(shapes) > 1 or any(len(shape) != 3 or shape[2] != 3 or 0 in shape for shape in shapes):
        raise UserError(
            f"photographs have the shapes {sorted(shapes)}; all must have one size (height, width, 3)"
        )
    if any(photo.dtype not in (np.float32, np.uint8, np.uint16) for photo in photos):
        raise UserError(
            f"photographs are of type {photos[0].dtype}; give float32 in [0, 1], uint8 or uint16 codes"
        )
    if not all(np.isfinite(exposure) and exposure > 0 for exposure in exposures):
        raise UserError(f"exposures {list(exposures)}: each must be a positive number")


def _multiple(value: int, of: int) -> int:
    return -(-value // of) * of


def _unit(photo: Photo) -> NDArray[np.float32]:
    if photo.dtype.kind == "u":
        return photo.astype(np.float32) / np.float32(256**photo.dtype.itemsize - 1)
    return photo.astype(np.float32)
