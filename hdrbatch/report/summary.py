"""Statistics of a dataset, from its index alone: dynamic range, clipped and black shares, counts."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import get_args

from hdrbatch.catalogue.scene import Split
from hdrbatch.records.base import Record
from hdrbatch.records.dataset_index import DatasetRecord, SceneRecord

BIN_WIDTHS = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Bin widths of the histogram to choose from, in stops."""
MAX_BINS = 16


class Spread(Record):
    """Minimum, median and maximum of some values."""

    least: float
    median: float
    most: float


class FamilySummary(Record):
    """The scenes of a family: their number by split, and their dynamic range in stops."""

    family: str
    num_scenes: int
    splits: Mapping[str, int]
    stops: Spread


class ExposureSummary(Record):
    """Photographs at one EV: shares of clipped and of black pixels over the scenes."""

    ev: float
    num_scenes: int
    clipped_fraction: Spread
    black_fraction: Spread


class StopsBin(Record):
    """Scenes whose dynamic range is at least ``from_stops`` and below ``to_stops``."""

    from_stops: float
    to_stops: float
    num_scenes: int
    families: Mapping[str, int]


class DatasetSummary(Record):
    """Statistics of a dataset; ``stops`` is None if it has no scenes."""

    dataset: str
    num_scenes: int
    splits: Mapping[str, int]
    stops: Spread | None
    stops_histogram: tuple[StopsBin, ...]
    families: tuple[FamilySummary, ...]
    exposures: tuple[ExposureSummary, ...]


def summary_of(index: DatasetRecord) -> DatasetSummary:
    """Summarise a dataset; families sorted by name, exposures from dark to bright."""
    scenes = [entry.scene for entry in index.scenes]
    return DatasetSummary(
        dataset=index.dataset,
        num_scenes=len(scenes),
        splits=_splits(scenes),
        stops=_spread(_stops(scenes)) if scenes else None,
        stops_histogram=_histogram(scenes),
        families=tuple(_families(scenes)),
        exposures=tuple(_exposures(scenes)),
    )


def _splits(scenes: Sequence[SceneRecord]) -> dict[str, int]:
    return {split: sum(scene.split == split for scene in scenes) for split in get_args(Split)}


def _stops(scenes: Iterable[SceneRecord]) -> list[float]:
    return [scene.dynamic_range_stops for scene in scenes]


def _spread(values: Sequence[float]) -> Spread:
    return Spread(least=min(values), median=statistics.median(values), most=max(values))


def _families(scenes: Sequence[SceneRecord]) -> Iterable[FamilySummary]:
    for family in sorted({scene.family for scene in scenes}):
        of_family = [scene for scene in scenes if scene.family == family]
        yield FamilySummary(
            family=family,
            num_scenes=len(of_family),
            splits=_splits(of_family),
            stops=_spread(_stops(of_family)),
        )


def _exposures(scenes: Sequence[SceneRecord]) -> Iterable[ExposureSummary]:
    exposures = [exposure for scene in scenes for exposure in scene.exposures]
    for ev in sorted({exposure.ev for exposure in exposures}):
        at_ev = [exposure for exposure in exposures if exposure.ev == ev]
        yield ExposureSummary(
            ev=ev,
            num_scenes=len(at_ev),
            clipped_fraction=_spread([exposure.clipped_fraction for exposure in at_ev]),
            black_fraction=_spread([exposure.black_fraction for exposure in at_ev]),
        )


def _histogram(scenes: Sequence[SceneRecord]) -> tuple[StopsBin, ...]:
    """Return bins without gaps from minimum to maximum, as narrow as MAX_BINS allows."""
    if not scenes:
        return ()
    least, most = min(_stops(scenes)), max(_stops(scenes))
    width = next((w for w in BIN_WIDTHS if _num_bins(least, most, w) <= MAX_BINS), BIN_WIDTHS[-1])
    first = math.floor(least / width)
    bins = []
    for number in range(first, first + _num_bins(least, most, width)):
        inside = [scene for scene in scenes if math.floor(scene.dynamic_range_stops / width) == number]
        families = sorted({scene.family for scene in inside})
        bins.append(
            StopsBin(
                from_stops=number * width,
                to_stops=(number + 1) * width,
                num_scenes=len(inside),
                families={family: sum(scene.family == family for scene in inside) for family in families},
            )
        )
    return tuple(bins)


def _num_bins(least: float, most: float, width: float) -> int:
    return math.floor(most / width) - math.floor(least / width) + 1
