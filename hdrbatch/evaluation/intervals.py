"""Confidence intervals of means over test scenes and of paired differences.

Scenes are resampled with replacement, and the percentiles of the resampled means are the interval (Efron,
Tibshirani: An introduction to the bootstrap, 1993, the percentile interval). Scenes of one origin, such as
views of one panorama, are resampled together (the cluster bootstrap: Davison, Hinkley: Bootstrap methods and
their application, 1997): they are similar, and count as little more than one. The seed is fixed, so the same
scores give the same interval.
"""

from collections.abc import Sequence

import numpy as np

from hdrbatch.records.comparison import MeanInterval, PairedDifference

NUM_RESAMPLES = 10_000
SEED = 20_210_405
COVERAGE = 0.95
METHOD = (
    f"Intervals: {COVERAGE:.0%}, percentile bootstrap of the mean, {NUM_RESAMPLES:,} resamples of the "
    "scenes, views of one panorama together."
)
"""Description of the intervals for a report."""
BLOCK_VALUES = 2**21
"""Values drawn at a time, so that memory does not grow with the number of scenes."""


def mean_interval(values: Sequence[float], origins: Sequence[str] | None = None) -> MeanInterval:
    """Return the mean of scenes' scores with its interval.

    Parameters
    ----------
    values
        One score per scene, at least one.
    origins
        Origin of each scene; scenes of one origin are resampled together. None means that all origins differ.

    Examples
    --------
    >>> found = mean_interval([1.0, 2.0, 3.0])
    >>> found.mean, found.num_scenes, found.low < 2 < found.high
    (2.0, 3, True)
    """
    if not values:
        raise ValueError("there are no scores to average")
    scores = np.asarray(values, dtype=np.float64)
    _, cluster = np.unique(np.arange(scores.size) if origins is None else origins, return_inverse=True)
    totals, sizes = np.bincount(cluster, weights=scores), np.bincount(cluster)
    rng = np.random.default_rng(SEED)
    per_block = max(1, BLOCK_VALUES // sizes.size)
    means = []
    for done in range(0, NUM_RESAMPLES, per_block):
        drawn = rng.integers(0, sizes.size, (min(per_block, NUM_RESAMPLES - done), sizes.size))
        means.append(totals[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))
    tail = (1 - COVERAGE) / 2
    low, high = np.quantile(np.concatenate(means), [tail, 1 - tail])
    return MeanInterval(float(scores.mean()), float(low), float(high), scores.size, sizes.size)


def paired_difference(
    first: Sequence[float], second: Sequence[float], origins: Sequence[str] | None = None
) -> PairedDifference:
    """Compare two methods' scores of the same scenes, in the same order.

    Examples
    --------
    >>> found = paired_difference([3.0, 5.0, 4.5], [2.0, 4.0, 4.0])
    >>> found.won_share, found.excludes_zero
    (1.0, True)
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} scores cannot be paired with {len(second)}")
    differences = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    won = float(np.mean((differences > 0) + 0.5 * (differences == 0)))
    return PairedDifference(mean_interval(differences.tolist(), origins), won)
