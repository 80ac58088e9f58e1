"""Sampling of a picture: size, light paths, and the share of the samples that one render computes."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hdrbatch.errors import UserError

if TYPE_CHECKING:
    from hdrbatch.specs.render_job import Device, Engine

MIN_SIDE = 4
"""Minimum width and height in pixels that Blender accepts."""
MAX_SIDE = 65536
MAX_BOUNCES = 1024
MAX_SEED = 2**31 - 1
MAX_SAMPLES = 2**24
"""Maximum length of Cycles' sampling sequence."""
CHUNK_PIXEL_SAMPLES = 3_000_000
"""Pixels times samples in one call of Blender, at most: 12 to 17 CPU s, up to 0.5 of them the call's own.

The sums of floats, and so the last bits of a picture, depend on it: a change of it is recorded as other
results of `render_exposure`.
"""


def _require(valid: bool, name: str, value: object, range_text: str) -> None:
    if not valid:
        raise UserError(f"{name} is {value!r}; it must be {range_text}.")


@dataclass(frozen=True)
class RenderSettings:
    """Settings that all renders of one scene share.

    Parameters
    ----------
    width, height : int
        Size of the picture in pixels.
    max_bounces : int
        Longest light path. Four bounces lose about 3 % of the light of a sunlit room, twelve are enough.
    seed : int
        Seed of the sampling sequence, the same for all subsets of a picture.
    num_threads : int or None
        Render threads; None uses every core available to this process. Pixels do not depend on it.
    engine : str
        `cycles`, or `eevee`, which rasterises: its light is an approximation, its values end at 65504, and
        it does not take part in subsets: each of them is the same picture.
    device : str
        Device that Cycles computes on. Pixels differ in rounding between kinds of device.
    denoised : bool
        Whether the picture is denoised with albedo and normal, for previews only: denoised pictures are
        biased and are not part of a subset.

    Raises
    ------
    UserError
        If a value is out of range.
    """

    width: int
    height: int
    max_bounces: int = 12
    seed: int = 0
    num_threads: int | None = None
    engine: "Engine" = "cycles"
    device: "Device" = "cpu"
    denoised: bool = False

    def __post_init__(self) -> None:
        for name, side in (("width", self.width), ("height", self.height)):
            _require(MIN_SIDE <= side <= MAX_SIDE, name, side, f"between {MIN_SIDE} and {MAX_SIDE} pixels")
        _require(
            0 <= self.max_bounces <= MAX_BOUNCES,
            "max_bounces",
            self.max_bounces,
            f"between 0 and {MAX_BOUNCES}",
        )
        _require(0 <= self.seed <= MAX_SEED, "seed", self.seed, f"between 0 and {MAX_SEED}")
        if self.num_threads is not None:
            _require(
                1 <= self.num_threads <= 1024, "num_threads", self.num_threads, "between 1 and 1024, or None"
            )

    def chunks(self, subset: "SampleSubset") -> tuple["SampleSubset", ...]:
        """Return the pieces of a subset to render one by one; EEVEE cannot resume from a sample."""
        return subset.chunks(self.width, self.height) if self.engine == "cycles" else (subset,)


@dataclass(frozen=True)
class SampleSubset:
    """One of several disjoint, equally long parts of one sampling sequence, or a chunk of such a part.

    The mean of the renders of all parts equals one render of the whole sequence, up to float rounding.

    Parameters
    ----------
    index : int
        Index of the part, from 0.
    num_subsets : int
        Number of parts that the sequence is divided into.
    samples : int
        Samples per pixel to render: those of the part, or fewer for a chunk of it.
    begin : int
        Samples of the part that come before a chunk.
    part_samples : int or None
        Samples per pixel of each part; None uses `samples`: this is a whole part.

    Raises
    ------
    UserError
        If a value is out of range.

    Examples
    --------
    >>> subset = SampleSubset(index=2, num_subsets=10, samples=16)
    >>> subset.offset, subset.total_samples
    (32, 160)
    >>> [(chunk.offset, chunk.samples) for chunk in subset.chunks(width=640, height=480)]
    [(32, 8), (40, 8)]
    """

    index: int
    num_subsets: int
    samples: int
    begin: int = 0
    part_samples: int | None = None

    def __post_init__(self) -> None:
        _require(self.samples >= 1, "samples", self.samples, "at least 1")
        _require(self.num_subsets >= 1, "num_subsets", self.num_subsets, "at least 1")
        _require(
            0 <= self.index < self.num_subsets,
            "index",
            self.index,
            f"between 0 and {self.num_subsets - 1}, since there are {self.num_subsets} subsets",
        )
        _require(
            0 <= self.begin <= self._length - self.samples,
            "begin",
            self.begin,
            f"between 0 and {self._length - self.samples}, since each part has {self._length} samples",
        )
        _require(
            self.total_samples <= MAX_SAMPLES,
            "num_subsets * samples",
            self.total_samples,
            f"at most {MAX_SAMPLES}, the length of the sampling sequence",
        )

    @property
    def _length(self) -> int:
        return self.samples if self.part_samples is None else self.part_samples

    @property
    def offset(self) -> int:
        """First sample to render in the sequence."""
        return self.index * self._length + self.begin

    @property
    def total_samples(self) -> int:
        """Samples per pixel of all parts together."""
        return self.num_subsets * self._length

    def chunks(self, width: int, height: int) -> tuple["SampleSubset", ...]:
        """Divide into the pieces that are rendered one by one, as equal as whole samples allow.

        They depend only on the picture's size and the samples, so they are the same on every machine.

        Parameters
        ----------
        width, height : int
            Size of the picture in pixels.
        """
        longest = max(1, CHUNK_PIXEL_SAMPLES // (width * height))
        num_chunks = -(-self.samples // longest)
        bounds = [number * self.samples // num_chunks for number in range(num_chunks + 1)]
        return tuple(
            replace(self, samples=end - begin, begin=self.begin + begin, part_samples=self._length)
            for begin, end in pairwise(bounds)
        )


@dataclass(frozen=True)
class SampleSum:
    """Sum of the first chunks of a subset.

    Parameters
    ----------
    samples : int
        Samples per pixel in the sum.
    radiance : (H, W, 3) float64
        Sum of their radiance, scene-linear Rec.709, relative.
    """

    samples: int
    radiance: NDArray[np.float64]

    @classmethod
    def of(cls, mean: NDArray[np.float32], samples: int) -> "SampleSum":
        """Build the sum of one render from its mean radiance (H, W, 3); `mean` returns that exactly."""
        return cls(samples, mean.astype(np.float64) * samples)

    def __add__(self, other: "SampleSum") -> "SampleSum":
        return SampleSum(self.samples + other.samples, self.radiance + other.radiance)

    def mean(self) -> NDArray[np.float32]:
        """Return the mean radiance, (H, W, 3)."""
        return (self.radiance / self.samples).astype(np.float32)
