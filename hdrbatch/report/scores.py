"""Tables of scores: means beside baselines, and scene by scene."""

from collections.abc import Iterator, Mapping, Sequence

from hdrbatch.records import (
    LOWER_IS_BETTER,
    METRIC_TITLES,
    NETWORK,
    ComparisonRecord,
    ComparisonRow,
    EvaluationRecord,
    Scores,
    best_scores,
)
from hdrbatch.report.markup import Markup, joined, table, tag
from hdrbatch.report.wording import counted

UNDEFINED = "\N{EN DASH}"
UP, DOWN = "\N{UPWARDS ARROW}", "\N{DOWNWARDS ARROW}"

Best = Mapping[str, float | None]


def gains(rows: Sequence[ComparisonRow]) -> dict[str, float | None]:
    """How much better a variant's network is than its best baseline, metric by metric.

    Positive is better for every metric. None where a metric is not defined, or without baselines.
    """
    network = best_scores([row.mean for row in rows if row.method == NETWORK])
    baseline = best_scores([row.mean for row in rows if row.method != NETWORK])
    return {name: _gain(name, network[name], baseline[name]) for name in METRIC_TITLES}


def comparison_table(comparison: ComparisonRecord) -> Markup:
    """All variants of a sweep with their baselines, and under each what the network gained."""
    body: list[Markup] = []
    for variant in dict.fromkeys(row.variant for row in comparison.rows):
        rows = [row for row in comparison.rows if row.variant == variant]
        best = best_scores([row.mean for row in rows])
        for row in rows:
            heads = (tag("th", row.variant, scope="row"), tag("td", row.method, class_="words"))
            cells = (*heads, tag("td", str(row.num_scenes)), *_cells(row.mean, best))
            body.append(tag("tr", *cells, class_="first" if row is rows[0] else None))
        body.append(_gain_row(variant, rows))
    return table({"variant": None, "method": "words", "scenes": None} | metric_heads(), body)


def scene_table(evaluation: EvaluationRecord) -> Markup:
    """The scores of one variant and its baselines on every test scene, folded away."""
    body: list[Markup] = []
    for scene in dict.fromkeys(entry.scene for entry in evaluation.scenes):
        entries = [entry for entry in evaluation.scenes if entry.scene == scene]
        best = best_scores([entry.scores for entry in entries])
        for entry in entries:
            heads = (tag("th", scene, scope="row"), tag("td", entry.method, class_="words"))
            cells = (*heads, *_cells(entry.scores, best))
            body.append(tag("tr", *cells, class_="first" if entry is entries[0] else None))
    num_scenes = len({entry.scene for entry in evaluation.scenes})
    summary = tag("summary", f"{evaluation.variant}: scores of {counted(num_scenes, 'test scene')}")
    return tag("details", summary, table({"scene": None, "method": "words"} | metric_heads(), body))


def metric_heads() -> dict[str, None]:
    """The metrics' titles with an arrow that says which way is better."""
    return {
        f"{title} {DOWN if name in LOWER_IS_BETTER else UP}": None for name, title in METRIC_TITLES.items()
    }


def score_text(value: float | None) -> str:
    """Write a score: two decimals, four below 1."""
    if value is None:
        return UNDEFINED
    text = f"{value:.4f}" if abs(value) < 1 else f"{value:.2f}"
    return text.replace("-", "\N{MINUS SIGN}")


def _gain(name: str, network: float | None, baseline: float | None) -> float | None:
    if network is None or baseline is None:
        return None
    return baseline - network if name in LOWER_IS_BETTER else network - baseline


def _gain_row(variant: str, rows: Sequence[ComparisonRow]) -> Markup:
    cells = (_gain_cell(gain) for gain in gains(rows).values())
    heads = (
        tag("th", variant, scope="row"),
        tag("td", "gain over the best baseline", colspan=2, class_="words"),
    )
    return tag("tr", *heads, *cells, class_="gain")


def _gain_cell(gain: float | None) -> Markup:
    if gain is None:
        return tag("td", UNDEFINED)
    if gain == 0:
        return tag("td", "0")
    text = score_text(gain)
    return tag("td", f"+{text}" if gain > 0 else text, class_="better" if gain > 0 else "worse")


def _cells(scores: Scores, best: Best) -> Iterator[Markup]:
    for name in METRIC_TITLES:
        value = getattr(scores, name)
        text = score_text(value)
        yield tag("td", tag("strong", text) if value is not None and value == best[name] else joined([text]))
