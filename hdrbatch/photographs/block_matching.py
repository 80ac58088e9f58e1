"""Movement between two photographs of a scene, found by blocks that correlate.

Blocks of one photograph are searched in the other by normalised correlation, on which exposure and response
have little influence. Blocks that are clipped, black, or changed by the scene find arbitrary places. Those of
the still scene agree on one movement: their number and share say whether it is certain.

References
----------
Lewis: Fast normalized cross-correlation, 1995. Fischler and Bolles: Random sample consensus, 1981 (with all
pairs of blocks as samples, so that nothing is random).
"""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

COARSE_SIDE, FINE_SIDE = 500, 1000
"""Longer sides, in pixels, of the reduced photographs: for the search, and for its confirmation."""
MIN_SIDE = 64
"""Minimum side, pixels: smaller photographs have no blocks that could be told apart."""
MIN_REDUCTION = 1.5
"""Minimum factor of a reduction; photographs that are only a little larger are used as they are."""
COARSE_BLOCK, FINE_BLOCK = 40, 64
"""Sides of blocks, pixels; smaller photographs have smaller blocks, a fifth of the shorter side."""
MAX_BLOCKS, NUM_STRONGEST = 48, 32
"""Maximum number of blocks, to which time is proportional, and number of those with most texture among them,
which alone rise above the noise of a dark photograph. The others are spread over the picture."""
MAX_EXAMINED = 200
"""Maximum number of blocks whose texture is measured."""
MAX_SHARE = 0.1
"""Maximum shift between two photographs, as a share of the shorter side; a shaking hand moves less."""
MAX_TURN = 0.06
"""Maximum rotation in radians, and maximum relative difference of scale."""
MIN_TEXTURE = 0.7
"""Minimum standard deviation of a block of the signal; flatter ones are noise."""
MIN_CORRELATION = 0.3
MAX_AMBIGUITY = 0.9
"""Maximum unexplained variance at a block's best place, relative to that at its best place elsewhere."""
NEAR = 3
"""Pixels around the best place that are not elsewhere."""
MIN_UNEXPLAINED = 0.02
"""Share of variance that counts as unexplained anyway, so that copies do not differ by rounding."""
TOLERANCE = 1.5
"""Pixels by which a block may deviate from the movement with which it agrees."""
MIN_AGREEING, MIN_AGREEING_SHARE = 6, 0.5
"""Minimum number and share of blocks that agree, in the search and in its confirmation."""

MIN_UNMOVED_CORRELATION, MIN_UNMOVED_SHARE = 0.8, 0.9
"""Minimum correlation of blocks that match unmoved, and their minimum share."""

Levels = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8], npt.NDArray[np.uint8]]
"""A photograph at three sizes: for the search, for its confirmation, and whole."""


@dataclass(frozen=True)
class Movement:
    """Movement of a photograph that matches it to another: x + shift + turn and zoom around the centre.

    Attributes
    ----------
    right, down : float
        Shift of the centre, pixels.
    turn : float
        Rotation in radians, clockwise as displayed.
    zoom : float
        Relative difference of scale.
    """

    right: float
    down: float
    turn: float = 0.0
    zoom: float = 0.0


@dataclass(frozen=True)
class _Blocks:
    """Blocks that were found: places relative to the centre, shifts (right + i down), and correlations."""

    places: npt.NDArray[np.complex128]
    shifts: npt.NDArray[np.complex128]
    correlations: npt.NDArray[np.float64]


def levels(grey: npt.NDArray[np.uint8]) -> Levels:
    """Return a photograph, (H, W) encoded grey values, at three sizes."""
    return _reduced(grey, COARSE_SIDE), _reduced(grey, FINE_SIDE), grey


def movement(fixed: Levels, moved: Levels) -> Movement | None:
    """Return the movement that matches a photograph to another of its size; None if none is confirmed."""
    if min(fixed[2].shape) < MIN_SIDE:
        return None
    reach = math.ceil(MAX_SHARE * min(fixed[0].shape))
    found = _agreed(_search(fixed[0], moved[0], Movement(0, 0), COARSE_BLOCK, reach, is_distinct=True))
    if found is not None:
        factor = fixed[1].shape[1] / fixed[0].shape[1]
        reach = math.ceil(TOLERANCE * factor) + 1
        found = _agreed(_search(fixed[1], moved[1], _scaled(found, factor), FINE_BLOCK, reach))
    if found is None:
        return Movement(0, 0) if _is_unmoved(fixed[0], moved[0]) else None
    factor = fixed[2].shape[1] / fixed[1].shape[1]
    if factor == 1:
        return found
    found = _scaled(found, factor)
    # Full resolution may show nothing but noise and blur.
    return _agreed(_search(fixed[2], moved[2], found, FINE_BLOCK, math.ceil(factor) + 1)) or found


def _reduced(grey: npt.NDArray[np.uint8], side: int) -> npt.NDArray[np.uint8]:
    scale = max(grey.shape) / side
    if scale < MIN_REDUCTION:
        return grey
    size = (round(grey.shape[1] / scale), round(grey.shape[0] / scale))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _scaled(found: Movement, factor: float) -> Movement:
    return replace(found, right=found.right * factor, down=found.down * factor)


def _search(
    fixed: npt.NDArray[np.uint8],
    moved: npt.NDArray[np.uint8],
    expected: Movement,
    block: int,
    reach: int,
    *,
    is_distinct: bool = False,
) -> _Blocks:
    """Find blocks of one photograph in the other, at most ``reach`` pixels from where they are expected."""
    height, width = fixed.shape
    side = _block_side(fixed, block)
    centre = complex(width, height) / 2
    offset, gain = complex(expected.right, expected.down), complex(expected.zoom, expected.turn)
    found = []
    for x, y in _corners(fixed, side):
        place = complex(x + side / 2, y + side / 2) - centre
        shift = offset + gain * place
        # The block lies at its place less its shift.
        from_x, from_y = round(x - shift.real), round(y - shift.imag)
        left, top = max(0, from_x - reach), max(0, from_y - reach)
        window = moved[top : max(0, from_y + side + reach), left : max(0, from_x + side + reach)]
        if min(window.shape) < side + 2:
            continue
        match = _match(fixed[y : y + side, x : x + side], window, is_distinct=is_distinct)
        if match is not None:
            right, down, correlation = match
            found.append((place, complex(x - left - right, y - top - down), correlation))
    places, shifts, correlations = zip(*found, strict=True) if found else ((), (), ())
    return _Blocks(np.array(places, complex), np.array(shifts, complex), np.array(correlations, float))


def _is_unmoved(fixed: npt.NDArray[np.uint8], moved: npt.NDArray[np.uint8]) -> bool:
    """Return whether nearly all blocks correlate highly without any movement.

    This confirms smooth pictures, whose blocks have no distinct place: ramps, gentle waves that are clipped.
    """
    side = _block_side(fixed, COARSE_BLOCK)
    corners = _corners(fixed, side)
    pairs = ([_signal(grey[y : y + side, x : x + side]) for grey in (fixed, moved)] for x, y in corners)
    num = sum(float(_correlation(*pair)[0, 0]) >= MIN_UNMOVED_CORRELATION for pair in pairs)
    return num >= max(MIN_AGREEING, MIN_UNMOVED_SHARE * len(corners))


def _block_side(grey: npt.NDArray[np.uint8], side: int) -> int:
    return min(side, min(grey.shape) // 5)


def _corners(grey: npt.NDArray[np.uint8], side: int) -> list[tuple[int, int]]:
    """Return left and top of blocks that have texture, chosen from a grid."""
    height, width = grey.shape
    corners = [
        (int(x), int(y))
        for y in np.linspace(0, height - side, height // side).astype(int)
        for x in np.linspace(0, width - side, width // side).astype(int)
    ]
    corners = _evenly(corners, MAX_EXAMINED)
    textures = {
        (x, y): float(cv2.meanStdDev(_signal(grey[y : y + side, x : x + side]))[1][0, 0]) for x, y in corners
    }
    textured = [corner for corner in corners if textures[corner] >= MIN_TEXTURE]
    strongest = sorted(textured, key=lambda corner: -textures[corner])[:NUM_STRONGEST]
    others = [corner for corner in textured if corner not in strongest]
    return strongest + _evenly(others, MAX_BLOCKS - len(strongest))


def _evenly(corners: list[tuple[int, int]], max_num: int) -> list[tuple[int, int]]:
    if len(corners) <= max_num:
        return corners
    return [corners[index * len(corners) // max_num] for index in range(max_num)]


def _signal(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return square roots of the codes, scaled to 256: dark photographs differ in their lowest codes."""
    return np.asarray(cv2.LUT(grey, _ROOTS), np.float32)


_ROOTS = 16 * np.sqrt(np.arange(256, dtype=np.float32) + 1)


def _match(
    block: npt.NDArray[np.uint8], window: npt.NDArray[np.uint8], *, is_distinct: bool
) -> tuple[float, float, float] | None:
    """Return place (right, down), to a fraction of a pixel, and correlation of a block in a window."""
    found = _correlation(_signal(block), _signal(window))
    row, column = divmod(int(found.argmax()), found.shape[1])
    best = float(found[row, column])
    if best < MIN_CORRELATION or not (0 < row < found.shape[0] - 1 and 0 < column < found.shape[1] - 1):
        return None
    right = column + _vertex(found[row, column - 1 : column + 2])
    down = row + _vertex(found[row - 1 : row + 2, column])
    if is_distinct:
        found[max(0, row - NEAR) : row + NEAR + 1, max(0, column - NEAR) : column + NEAR + 1] = 0
        total = 1 + MIN_UNEXPLAINED
        if total - best**2 > MAX_AMBIGUITY * (total - float(found.max()) ** 2):
            return None
    return right, down, best


def _correlation(block: npt.NDArray[np.float32], window: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the normalised correlation of a block at each place of a window; 0 in flat places.

    OpenCV's own normalised one is arbitrary in flat places.
    """
    block = block - block.mean()
    window = window - window.mean()
    rows, columns = block.shape
    sums, squares = (
        plane[rows:, columns:] - plane[:-rows, columns:] - plane[rows:, :-columns] + plane[:-rows, :-columns]
        for plane in cv2.integral2(window, sdepth=cv2.CV_64F, sqdepth=cv2.CV_64F)
    )
    energy = squares - sums**2 / block.size
    textured = energy > block.size * MIN_TEXTURE**2
    norm = np.sqrt(np.where(textured, energy, 1) * max(float((block**2).sum()), 1e-6))
    return np.where(textured, cv2.matchTemplate(window, block, cv2.TM_CCORR) / norm, 0)


def _vertex(values: npt.NDArray[np.float64]) -> float:
    """Return the place of the maximum of a parabola through three values, relative to the middle one."""
    before, middle, after = (float(value) for value in values)
    curvature = before - 2 * middle + after
    return 0.5 * (before - after) / curvature if curvature < 0 else 0.0


def _agreed(blocks: _Blocks) -> Movement | None:
    """Return the movement on which most blocks agree; None if these are too few."""
    num = len(blocks.places)
    if num < MIN_AGREEING:
        return None
    first, second = np.triu_indices(num, 1)
    distance = blocks.places[first] - blocks.places[second]
    far = np.abs(distance) > 0.1 * np.abs(blocks.places).max()
    gains = (blocks.shifts[first] - blocks.shifts[second])[far] / distance[far]
    plausible = np.abs(gains) <= MAX_TURN
    # Shifts of single blocks come first: of equally good movements, the one without rotation is taken.
    gains = np.concatenate([np.zeros(num), gains[plausible]])
    samples = np.concatenate([np.arange(num), first[far][plausible]])
    offsets = blocks.shifts[samples] - gains * blocks.places[samples]
    residuals = np.abs(offsets[:, None] + gains[:, None] * blocks.places - blocks.shifts)
    num_agreeing = np.count_nonzero(residuals < TOLERANCE, axis=1)
    agreeing = residuals[int(num_agreeing.argmax())] < TOLERANCE
    offset, gain = _fitted(blocks, agreeing)
    agreeing = np.abs(offset + gain * blocks.places - blocks.shifts) < TOLERANCE
    if np.count_nonzero(agreeing) < max(MIN_AGREEING, MIN_AGREEING_SHARE * num):
        return None
    offset, gain = _fitted(blocks, agreeing)
    return Movement(offset.real, offset.imag, gain.imag, gain.real)


def _fitted(blocks: _Blocks, agreeing: npt.NDArray[np.bool_]) -> tuple[complex, complex]:
    """Fit shift, and turn and zoom, by weighted least squares; insignificant turn and zoom are zero."""
    weights = blocks.correlations[agreeing]
    places, shifts = blocks.places[agreeing], blocks.shifts[agreeing]
    place, shift = np.average(places, weights=weights), np.average(shifts, weights=weights)
    spread = float((weights * np.abs(places - place) ** 2).sum())
    if spread == 0:
        return complex(shift), 0j
    gain = (weights * (shifts - shift) * np.conj(places - place)).sum() / spread
    residuals = np.abs(shifts - shift - gain * (places - place))
    error = (math.sqrt(float((residuals**2).mean())) + 0.1) / math.sqrt(spread / float(weights.mean()))
    if abs(gain) < 3 * error:
        gain = 0j
    return complex(shift - gain * place), complex(gain)
