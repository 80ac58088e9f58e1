"""The comparison of a sweep's variants (``comparison.json``): means, intervals and paired gains."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from hdrbatch.records.base import Record
from hdrbatch.records.scores import NETWORK, Scores


@dataclass(frozen=True)
class MeanInterval:
    """A mean over scenes with its interval; of scenes of a single origin both bounds are the mean."""

    mean: float
    low: float
    high: float
    num_scenes: int
    num_origins: int

    @property
    def half_width(self) -> float:
        """What to write after a plus-minus sign."""
        return (self.high - self.low) / 2


@dataclass(frozen=True)
class PairedDifference:
    """How much more one method scores than another on the same scenes, and how often.

    Attributes
    ----------
    difference : MeanInterval
        Of the differences scene by scene.
    won_share : float
        Share of the scenes where the first is ahead; a draw counts half.
    """

    difference: MeanInterval
    won_share: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval is on one side of zero; never with scenes of a single origin."""
        found = self.difference
        return found.num_origins > 1 and (found.low > 0 or found.high < 0)


class ComparisonRow(Record):
    """One line of a comparison's table: a method and the variant it was scored beside.

    Of a variant that was trained with several seeds, a scene's score is the mean over them; the least and
    the most of the seeds' means say how far they lie apart.
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
    """The baseline of the highest PU21-PSNR; None where there is none."""
    scored = [row for row in rows if row.method != NETWORK and row.mean.pu21_psnr is not None]
    return max(scored, key=lambda row: row.mean.pu21_psnr or 0.0, default=None)


class PairedGain(Record):
    """What a variant's network gains over another method on the same scenes, metric by metric.

    Positive is better, for errors too. Against a baseline ``against_variant`` is the variant itself; against
    another variant's network the scenes are those that both were tested on.
    """

    variant: str
    against_variant: str
    against_method: str
    metrics: Mapping[str, PairedDifference]


class ComparisonRecord(Record):
    """``comparison.json``: all variants of a sweep beside their baselines.

    ``groups`` are the names of the variants that answer one question, the first of each being what the
    others are compared with.
    """

    title: ClassVar[str] = "comparison"
    sweep: str
    dataset: str
    metric_settings: str
    rows: tuple[ComparisonRow, ...]
    groups: Mapping[str, tuple[str, ...]] = {}
    gains: tuple[PairedGain, ...] = ()

    def rows_of(self, variant: str) -> tuple[ComparisonRow, ...]:
        """The network's row, then its baselines'."""
        return tuple(row for row in self.rows if row.variant == variant)

    def grouped(self) -> Mapping[str, tuple[str, ...]]:
        """The groups; where there are none, all variants as one that is named as the sweep."""
        return self.groups or {self.sweep: tuple(dict.fromkeys(row.variant for row in self.rows))}

    def gain(self, variant: str, against_variant: str, against_method: str) -> PairedGain | None:
        """What the variant gains over a method; None where that was not compared."""
        wanted = (variant, against_variant, against_method)
        for found in self.gains:
            if (found.variant, found.against_variant, found.against_method) == wanted:
                return found
        return None
