"""Scores of a variant scene by scene: as a CSV table, and averaged over several seeds."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import TypeAlias

from hdrbatch.records.scores import METRIC_TITLES, EvaluationRecord, Scores

SceneMeans: TypeAlias = Mapping[str, Mapping[str, float | None]]
"""Scores by scene and metric; None where a metric is not defined."""


def per_scene_csv(record: EvaluationRecord) -> str:
    """Return a table with one line per scene and method, with every metric."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["scene", "method", *METRIC_TITLES])
    for row in record.scenes:
        scores = row.scores.model_dump()
        writer.writerow([row.scene, row.method, *(scores[metric] for metric in METRIC_TITLES)])
    return table.getvalue()


def mean_over_seeds(seeds: Sequence[EvaluationRecord]) -> dict[str, SceneMeans]:
    """Return each method's scores by scene, averaged over the seeds that a variant was trained with.

    Only scenes that every seed was tested on count.
    """
    found: dict[str, SceneMeans] = {}
    for method in seeds[0].methods:
        by_seed = [
            {row.scene: row.scores.model_dump() for row in evaluation.scenes if row.method == method}
            for evaluation in seeds
        ]
        shared = [scene for scene in by_seed[0] if all(scene in rows for rows in by_seed)]
        found[method] = {scene: mean_scores(rows[scene] for rows in by_seed).model_dump() for scene in shared}
    return found


def mean_scores(
    rows: Iterable[Mapping[str, float | None]], of: Callable[[Sequence[float]], float] = fmean
) -> Scores:
    """Return the mean (or another function ``of``) of every metric over the rows where it is defined."""
    known: dict[str, list[float]] = {metric: [] for metric in METRIC_TITLES}
    for row in rows:
        for metric, values in known.items():
            if (value := row[metric]) is not None:
                values.append(value)
    return Scores(**{metric: of(values) if values else None for metric, values in known.items()})
