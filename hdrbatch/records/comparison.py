"""The comparison of a sweep's variants (``comparison.json``): means, intervals and paired gains."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from hdrbatch.records.base import Record
from hdrbatch.records.scores import NETWORK, Scores

NO_GROUP = "variants without a group"


@dataclass(frozen=True)
class MeanInterval:
    """A mean over scenes with its interval; if all scenes have one origin, both bounds are the mean."""

    mean: float
    low: float
    high: float
    num_scenes: int
    num_origins: int

    @property
    def half_width(self) -> float:
        """Number to write after a plus-minus sign."""
        return (self.high - self.low) / 2


@dataclass(frozen=True)
class PairedDifference:
    """Paired difference between two methods on the same scenes, and how often the first wins.

    Attributes
    ----------
    difference : MeanInterval
        Mean of the differences scene by scene.
    won_share : float
        Share of the scenes where the first method is ahead; a draw counts half.
    """

    difference: MeanInterval
    won_share: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval excludes zero; always false if all scenes have one origin."""
        found = self.difference
        return found.num_origins > 1 and (found.low > 0 or found.high < 0)


class ComparisonRow(Record):
    """One row of a comparison's table: a method, and the variant it was scored alongside.

    For a variant that was trained with several seeds, a scene's score is the mean over them; the minimum and
    the maximum of the seeds' means show their spread.
    """

    variant: str
    num_inputs: int
    method: str
    num_scenes: int
    mean: Scores
    intervals: Mapping[str, MeanInterval] = {}
    num_seeds: int = 1
    least_of_seeds: Scores | None = None
    most_of_seeds: Scores | None = None


def best_baseline(rows: Sequence[ComparisonRow]) -> ComparisonRow | None:
    """Return the baseline with the highest PU21-PSNR, or None if there is no baseline."""
    scored = [row for row in rows if row.method != NETWORK and row.mean.pu21_psnr is not None]
    return max(scored, key=lambda row: row.mean.pu21_psnr or 0.0, default=None)


class PairedGain(Record):
    """Gain of a variant's network over another method on the same scenes, metric by metric.

    Positive is better, for errors too. If the other method is a baseline, ``against_variant`` is the variant
    itself; if it is another variant's network, the scenes are those that both were tested on.
    """

    variant: str
    against_variant: str
    against_method: str
    metrics: Mapping[str, PairedDifference]


class ComparisonRecord(Record):
    """``comparison.json``: all variants of a sweep alongside their baselines.

    ``groups`` are the names of the variants that answer one question; the others of a group are compared with
    its first one.
    """

    title: ClassVar[str] = "comparison"
    sweep: str
    dataset: str
    metric_settings: str
    rows: tuple[ComparisonRow, ...]
    groups: Mapping[str, tuple[str, ...]] = {}
    gains: tuple[PairedGain, ...] = ()

    def rows_of(self, variant: str) -> tuple[ComparisonRow, ...]:
        """Return the network's row, then those of its baselines."""
        return tuple(row for row in self.rows if row.variant == variant)

    def grouped(self) -> Mapping[str, tuple[str, ...]]:
        """Return the groups, after the variants that are in none of them.

        If there are no groups, all variants are one, named after the sweep.
        """
        variants = tuple(dict.fromkeys(row.variant for row in self.rows))
        if not self.groups:
            return {self.sweep: variants}
        grouped = {name for members in self.groups.values() for name in members}
        alone = tuple(name for name in variants if name not in grouped)
        return {NO_GROUP: alone, **self.groups} if alone else self.groups

    def gain(self, variant: str, against_variant: str, against_method: str) -> PairedGain | None:
        """Return a variant's gain over a method, or None if the two were not compared."""
        requested = (variant, against_variant, against_method)
        for found in self.gains:
            if (found.variant, found.against_variant, found.against_method) == requested:
                return found
        return None
