"""Values of a bracket for calibrating its curve: smooth patches that are well exposed in two photographs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

PATCH = 4
"""Side of a patch, pixels: its mean has a quarter of the noise, and a shift by a pixel hardly changes it."""
MAX_RANGE = 0.1
"""Maximum difference within a patch, in encoded values: beyond it the mean of the codes is not the code of
the mean, and a small shift of the camera shows."""
WELL_EXPOSED = (8.5 / 255, 246.5 / 255)
"""Codes between which a value counts: beyond them noise is cut off, or patches are partly clipped."""
MAX_PATCHES = 60_000
NUM_BINS = 32
ROUGH_GAMMA = 2.2
"""Gamma for estimating radiance, only to spread the selected patches over it."""


@dataclass(frozen=True)
class Samples:
    """Patches of all photographs, those of all three channels in one row.

    The gain of a channel is part of the radiance, which calibration does not know anyway.

    Attributes
    ----------
    encoded : (N, K) float32
        Mean value of patch k in photograph n.
    well_exposed : (N, K) bool
        Whether the patch is well exposed; at least two photographs are in every column.
    """

    encoded: npt.NDArray[np.float32]
    well_exposed: npt.NDArray[np.bool_]

    @property
    def num_patches(self) -> int:
        """Number of patches."""
        return int(self.encoded.shape[1])

    def codes(self) -> npt.NDArray[np.uint8]:
        """Return (N, K) 8-bit codes; values that are not well exposed become 0 or 255."""
        codes = np.round(self.encoded * 255)
        beyond = np.where(self.encoded > 0.5, 255, 0)
        return np.where(self.well_exposed, codes, beyond).astype(np.uint8)

    def spread(self, exposures: Sequence[float], num_patches: int) -> "Samples":
        """Select at most ``num_patches`` that cover the range of radiance as evenly as possible."""
        signal = np.maximum(self.encoded, WELL_EXPOSED[0]) ** ROUGH_GAMMA
        stops = np.log2(signal / np.asarray(exposures, np.float32)[:, None])
        guess = np.sum(stops, axis=0, where=self.well_exposed) / np.count_nonzero(self.well_exposed, axis=0)
        edges = np.linspace(guess.min(), guess.max(), NUM_BINS + 1)[1:-1]
        bins = np.digitize(guess, edges)
        # Shuffled with a fixed seed, so that neighbours in the picture are not chosen together.
        shuffled = np.random.default_rng(0).permutation(self.num_patches)
        rank_in_bin = np.empty(self.num_patches, np.int64)
        for number in range(NUM_BINS):
            members = shuffled[bins[shuffled] == number]
            rank_in_bin[members] = np.arange(len(members))
        chosen = np.argsort(rank_in_bin, kind="stable")[:num_patches]
        return Samples(self.encoded[:, chosen], self.well_exposed[:, chosen])


def bracket_samples(photos: Sequence[npt.NDArray[np.float32]]) -> Samples:
    """Return the patches of a bracket that are smooth and well exposed in at least two photographs.

    Parameters
    ----------
    photos : N arrays (H, W, 3) float32 in [0, 1]
        Encoded, of one size.
    """
    patches = [_patches(photo) for photo in photos]
    means = np.stack([mean for mean, _ in patches])
    smooth = np.stack([spread < MAX_RANGE for _, spread in patches])
    well_exposed = (means > WELL_EXPOSED[0]) & (means < WELL_EXPOSED[1])
    usable = np.all(smooth | ~well_exposed, axis=0) & (np.count_nonzero(well_exposed, axis=0) >= 2)
    return Samples(means[:, usable], well_exposed[:, usable])


def _patches(photo: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return mean, and maximum minus minimum, of patches on a grid, which is coarser in large photographs."""
    height, width = photo.shape[:2]
    num_rows, num_columns = height // PATCH, width // PATCH
    step = PATCH * max(1, round((num_rows * num_columns / MAX_PATCHES) ** 0.5))
    rows, columns = (height - PATCH) // step + 1, (width - PATCH) // step + 1
    if height < PATCH or width < PATCH:
        return np.empty(0, np.float32), np.empty(0, np.float32)
    pixels = [
        photo[down::step, right::step][:rows, :columns] for down in range(PATCH) for right in range(PATCH)
    ]
    total, low, high = pixels[0].copy(), pixels[0].copy(), pixels[0].copy()
    for values in pixels[1:]:
        total += values
        np.minimum(low, values, out=low)
        np.maximum(high, values, out=high)
    return total.ravel() / np.float32(PATCH**2), (high - low).ravel()
