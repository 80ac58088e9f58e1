"""How a picture is sampled: its size, its light paths and the share of the samples that one render takes."""

from dataclasses import dataclass

from hdrbatch.errors import UserError

MIN_SIDE = 4
"""Blender refuses smaller pictures."""
MAX_SIDE = 65536
MAX_BOUNCES = 1024
MAX_SEED = 2**31 - 1
MAX_SAMPLES = 2**24
"""The longest sampling sequence that Cycles has."""


def _require(valid: bool, name: str, value: object, range_text: str) -> None:
    if not valid:
        raise UserError(f"{name} is {value!r}; it must be {range_text}.")


@dataclass(frozen=True)
class RenderSettings:
    """What every render of one scene has in common.

    Parameters
    ----------
    width, height : int
        Size of the picture in pixels.
    max_bounces : int
        Longest light path. Four bounces lose about 3 % of the light of a sunlit room, twelve are enough.
    seed : int
        Seed of the sampling sequence, the same for all subsets of a picture.
    num_threads : int or None
        Threads to render with; None takes every core that this process may use. Pixels do not depend on it.

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


@dataclass(frozen=True)
class SampleSubset:
    """One of several disjoint, equally long parts of one sampling sequence.

    The mean of the renders of all parts is, to float rounding, one render of the whole sequence.

    Parameters
    ----------
    index : int
        Which part, from 0.
    num_subsets : int
        How many parts the sequence is cut into.
    samples : int
        Samples per pixel of each part.

    Raises
    ------
    UserError
        If a value is out of range.

    Examples
    --------
    >>> subset = SampleSubset(index=2, num_subsets=10, samples=16)
    >>> subset.offset, subset.total_samples
    (32, 160)
    """

    index: int
    num_subsets: int
    samples: int

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
            self.total_samples <= MAX_SAMPLES,
            "num_subsets * samples",
            self.total_samples,
            f"at most {MAX_SAMPLES}, the length of the sampling sequence",
        )

    @property
    def offset(self) -> int:
        """First sample of this part in the sequence."""
        return self.index * self.samples

    @property
    def total_samples(self) -> int:
        """Samples per pixel of all parts together."""
        return self.num_subsets * self.samples
