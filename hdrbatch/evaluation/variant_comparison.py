"""Comparison of a sweep's variants with their baselines and each other: means, intervals, paired gains."""

from collections.abc import Iterator, Mapping, Sequence

from hdrbatch.evaluation.intervals import METHOD, mean_interval, paired_difference
from hdrbatch.evaluation.scene_scores import SceneMeans, mean_over_seeds, mean_scores
from hdrbatch.records.comparison import ComparisonRecord, ComparisonRow, PairedDifference, PairedGain
from hdrbatch.records.scores import LOWER_IS_BETTER, METRIC_TITLES, NETWORK, EvaluationRecord

DEPENDS_ON_INPUTS = frozenset({"stops_clipped", "stops_mid", "stops_dark"})
"""Metrics measured on different pixels for different inputs, so not comparable between such variants."""


def compare(
    sweep: str,
    evaluations: Sequence[EvaluationRecord],
    groups: Mapping[str, Sequence[str]] | None = None,
    repeats: Mapping[str, str] | None = None,
) -> ComparisonRecord:
    """Compute means with intervals, and differences on the same scenes.

    Parameters
    ----------
    sweep
        Name for the record.
    evaluations
        One per trained variant.
    groups
        Variants of each group by the group's name; those without an evaluation are omitted.
    repeats
        Variants that repeat another one with a further seed, mapped to the name of that one.
    """
    repeats = repeats or {}
    by_variant: dict[str, list[EvaluationRecord]] = {}
    for evaluation in evaluations:
        by_variant.setdefault(repeats.get(evaluation.variant, evaluation.variant), []).append(evaluation)
    scores = {name: mean_over_seeds(seeds) for name, seeds in by_variant.items()}
    origins = {row.scene: row.origin or row.scene for found in evaluations for row in found.scenes}
    present = {
        group: tuple(name for name in names if name in by_variant) for group, names in (groups or {}).items()
    }
    record = ComparisonRecord(
        sweep=sweep,
        dataset=evaluations[0].dataset,
        metric_settings=f"{evaluations[0].metric_settings} {METHOD}",
        rows=tuple(
            row for name, seeds in by_variant.items() for row in _rows(name, seeds, scores[name], origins)
        ),
        groups={group: names for group, names in present.items() if names},
    )
    return record.model_copy(update={"gains": tuple(_gains(record, by_variant, scores, origins))})


def _rows(
    variant: str,
    seeds: Sequence[EvaluationRecord],
    scores: Mapping[str, SceneMeans],
    origins: Mapping[str, str],
) -> Iterator[ComparisonRow]:
    for method, scenes in scores.items():
        of_seeds = [evaluation.mean(method) for evaluation in seeds]
        known = {
            metric: {scene: value for scene, row in scenes.items() if (value := row[metric]) is not None}
            for metric in METRIC_TITLES
        }
        yield ComparisonRow(
            variant=variant,
            num_inputs=len(seeds[0].input_ev),
            method=method,
            num_scenes=len(scenes),
            mean=mean_scores(scenes.values()),
            intervals={
                metric: mean_interval(list(values.values()), [origins[scene] for scene in values])
                for metric, values in known.items()
                if values
            },
            num_seeds=len(seeds),
            least_of_seeds=mean_scores((s.model_dump() for s in of_seeds), min) if len(seeds) > 1 else None,
            most_of_seeds=mean_scores((s.model_dump() for s in of_seeds), max) if len(seeds) > 1 else None,
        )


def _gains(
    record: ComparisonRecord,
    by_variant: Mapping[str, Sequence[EvaluationRecord]],
    scores: Mapping[str, Mapping[str, SceneMeans]],
    origins: Mapping[str, str],
) -> Iterator[PairedGain]:
    """Yield the gain of every network over each of its baselines, and over the first network of its group."""
    for variant, methods in scores.items():
        for method in methods:
            if method != NETWORK and NETWORK in methods:
                gained = _paired(methods[NETWORK], methods[method], frozenset(), origins)
                yield PairedGain(
                    variant=variant, against_variant=variant, against_method=method, metrics=gained
                )
    seen: set[tuple[str, str]] = set()
    for first, *others in (record.groups or record.grouped()).values():
        for variant in others:
            if (variant, first) in seen or variant == first:
                continue
            seen.add((variant, first))
            same_inputs = set(by_variant[variant][0].input_ev) == set(by_variant[first][0].input_ev)
            omitted = frozenset() if same_inputs else DEPENDS_ON_INPUTS
            gained = _paired(scores[variant][NETWORK], scores[first][NETWORK], omitted, origins)
            yield PairedGain(variant=variant, against_variant=first, against_method=NETWORK, metrics=gained)


def _paired(
    ours: SceneMeans, theirs: SceneMeans, omitted: frozenset[str], origins: Mapping[str, str]
) -> dict[str, PairedDifference]:
    """Return differences of the metrics that both have on some scenes; positive if ours is better."""
    found = {}
    for metric in METRIC_TITLES:
        sign = -1.0 if metric in LOWER_IS_BETTER else 1.0
        pairs = [
            (sign * mine, sign * other, origins[scene])
            for scene, row in ours.items()
            if scene in theirs
            and (mine := row[metric]) is not None
            and (other := theirs[scene][metric]) is not None
        ]
        if pairs and metric not in omitted:
            first, second, shared = zip(*pairs, strict=True)
            found[metric] = paired_difference(first, second, shared)
    return found
