"""How often real brackets, cropped and rotated against each other, are aligned wrongly, and silently so.

The brackets are those in shared/real and shared/brackets beside the checkout, scaled to 1000 pixels. Each
photograph is cropped at a random place, and all but the middle one are rotated around their centre.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from hdrbatch.imaging.photo import read_photo
from hdrbatch.ladder import darker_middle_index
from hdrbatch.photographs.alignment import align

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
SIDE = 1000
"""Pixels of the longer side; pictures that are at most a tenth larger keep their size."""
DISPLACEMENTS = (0.005, 0.01, 0.02, 0.03)
"""Maximum displacements in each direction from the original, as shares of the shorter side."""
ANGLES = (0.0, 0.3, 1.0)
"""Rotations in degrees, of random sign."""
NUM_DRAWS = 3
MAX_ERROR = 2
"""Pixels by which a shift may be wrong in either direction."""
ORIGINAL_SHIFTS = {
    "gateway-arch": ((0, 0), (0, 0), (-3, 0), (-4, 0)),
    "bonsai": ((3, 2), (0, 1), (0, 0), (0, 0), (0, 0)),
    "lamps": ((1, 0), (1, 0), (1, 0), (0, 0), (0, 0), (0, 0), (-1, 0), (-1, 0), (-1, 0)),
    "living-room": ((1, 0), *[(0, 0)] * 8),
}
"""Shifts (right, down) of the originals to one of them, in pixels at ``SIDE``, within a pixel: those by which
squares of 64 pixels correlate best, summed over the picture, in an exhaustive search. Others need none."""


@dataclass(frozen=True)
class Trial:
    """Photographs with known shifts (N, 2) and angles (N,), in pixels and degrees, on one scale for all."""

    photos: list[npt.NDArray[np.uint8]]
    shifts: npt.NDArray[np.int64]
    angles: npt.NDArray[np.float64]

    @property
    def middle(self) -> int:
        """The photograph to which the others are aligned."""
        order = sorted(range(len(self.photos)), key=lambda index: float(self.photos[index][::4, ::4].mean()))
        return order[darker_middle_index(len(order))]

    def are_wrong(self, shifts: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Return which shifts (N, 2) are wrong by more than ``MAX_ERROR``."""
        true = self.shifts - self.shifts[self.middle]
        return np.asarray(np.abs(np.asarray(shifts) - true).max(axis=1) > MAX_ERROR)


@dataclass
class Count:
    """Photographs other than the middle ones, and what became of them."""

    num: int = 0
    wrong: int = 0
    wrong_silent: int = 0
    warned_right: int = 0
    rotated: int = 0
    rotated_silent: int = 0
    align_s: float = 0.0

    def __str__(self) -> str:
        return f"{self.wrong} ({self.wrong_silent})/{self.warned_right}"


def run() -> None:
    """Print counts for each bracket, displacement and rotation, their sums, and the CPU seconds."""
    table = Table(
        title=f"photographs wrong by more than {MAX_ERROR} pixels (of these silent)/warned but right"
    )
    table.add_column("bracket")
    for angle in ANGLES:
        for displacement in DISPLACEMENTS:
            table.add_column(f"{displacement:.1%} {angle:g}°", justify="right")
    sums: dict[tuple[float, float], Count] = {}
    for name, photos in brackets():
        cells = []
        for angle in ANGLES:
            for displacement in DISPLACEMENTS:
                total = sums.setdefault((angle, displacement), Count())
                cells.append(_count(name, photos, displacement, angle, total))
        table.add_row(name, *cells)
    table.add_row("all", *map(str, sums.values()))
    table.add_row("of", *(str(one.num) for one in sums.values()))
    Console(width=200).print(table)
    for angle in ANGLES:
        counts = [count for (turned, _), count in sums.items() if turned == angle]
        num = sum(one.num for one in counts)
        wrong, silent = sum(one.wrong for one in counts), sum(one.wrong_silent for one in counts)
        print(
            f"rotated by {angle:g} degrees: {wrong / num:.1%} of {num} wrong, {silent / num:.1%} silently; "
            f"{sum(one.warned_right for one in counts) / num:.1%} warned of but right"
        )
        if rotated := sum(one.rotated for one in counts):
            unnamed = sum(one.rotated_silent for one in counts)
            print(f"  {unnamed / rotated:.1%} of {rotated} rotated ones unnamed")
    seconds, num = sum(one.align_s for one in sums.values()), sum(one.num for one in sums.values())
    print(f"{1000 * seconds / num:.0f} CPU ms for each photograph")


def brackets() -> Iterator[tuple[str, list[npt.NDArray[np.uint8]]]]:
    """Yield name and photographs of each bracket, scaled."""
    for folder in sorted([*(SHARED / "real").iterdir(), *(SHARED / "brackets").iterdir()]):
        if folder.is_dir():
            yield folder.name, bracket(folder)


def bracket(folder: Path) -> list[npt.NDArray[np.uint8]]:
    """Return the photographs of a folder, scaled to ``SIDE``, in the order of their names."""
    paths = sorted(path for path in folder.iterdir() if path.suffix in (".jpg", ".png"))
    return [_scaled(read_photo(path).codes) for path in paths]


def trial(
    name: str,
    photos: Sequence[npt.NDArray[np.uint8]],
    displacement: float,
    angle_degrees: float,
    rng: np.random.Generator,
) -> Trial:
    """Crop each photograph of a bracket at a random place, and rotate all but the middle one."""
    height, width = photos[0].shape[:2]
    reach = round(displacement * min(height, width))
    margin = reach + int(np.ceil(np.radians(angle_degrees) * max(height, width) / 2)) + 1
    middle = Trial(list(photos), np.zeros((0, 2), int), np.zeros(0)).middle
    offsets = rng.integers(-reach, reach + 1, (len(photos), 2))
    angles = angle_degrees * rng.choice([-1.0, 1.0], len(photos))
    angles[middle] = 0
    size = (width - 2 * margin, height - 2 * margin)
    moved = []
    for index, (photo, (right, down)) in enumerate(zip(photos, offsets, strict=True)):
        if angles[index]:
            centre = ((width - 1) / 2 + float(right), (height - 1) / 2 + float(down))
            matrix = cv2.getRotationMatrix2D(centre, float(angles[index]), 1)
            matrix[:, 2] -= (margin + right, margin + down)
            moved.append(np.asarray(cv2.warpAffine(photo, matrix, size, flags=cv2.INTER_LINEAR), np.uint8))
        else:
            cut = photo[margin + down :, margin + right :]
            moved.append(np.ascontiguousarray(cut[: size[1], : size[0]]))
    shifts = offsets + np.array(ORIGINAL_SHIFTS.get(name, [(0, 0)] * len(photos)))
    return Trial(moved, shifts, angles)


def _count(
    name: str, photos: list[npt.NDArray[np.uint8]], displacement: float, angle: float, total: Count
) -> str:
    own = Count()
    names = [f"photo{index}.jpg" for index in range(len(photos))]
    for draw in range(NUM_DRAWS):
        rng = np.random.default_rng([draw, round(displacement * 1000), round(angle * 10)])
        one = trial(name, photos, displacement, angle, rng)
        begin = time.process_time()
        found = align(one.photos, names)
        seconds = time.process_time() - begin
        wrong = one.are_wrong(found.shifts)
        own.align_s += seconds
        total.align_s += seconds
        for index in set(range(len(photos))) - {one.middle}:
            named = any(warning.startswith(names[index]) for warning in found.warnings)
            rotated = one.angles[index] != one.angles[one.middle]
            for count in (own, total):
                count.num += 1
                count.wrong += wrong[index]
                count.wrong_silent += wrong[index] and not named
                count.warned_right += named and not wrong[index]
                count.rotated += rotated
                count.rotated_silent += rotated and not named
    return str(own)


def _scaled(codes: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    scale = SIDE / max(codes.shape[:2])
    if scale > 1 / 1.1:
        return np.asarray(codes, np.uint8)
    size = (round(codes.shape[1] * scale), round(codes.shape[0] * scale))
    return np.asarray(cv2.resize(codes, size, interpolation=cv2.INTER_AREA), np.uint8)
