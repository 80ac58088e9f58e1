"""Tables of scores: means alongside baselines, and scene by scene."""

from collections.abc import Iterator, Mapping, Sequence

from hdrbatch.records.comparison import ComparisonRecord, ComparisonRow, PairedDifference, best_baseline
from hdrbatch.records.scores import (
    LOWER_IS_BETTER,
    MAIN_METRICS,
    METRIC_TITLES,
    NETWORK,
    EvaluationRecord,
    Scores,
    best_scores,
)
from hdrbatch.report.markup import Markup, joined, table, tag
from hdrbatch.report.wording import counted, share_text

UNDEFINED = "\N{EN DASH}"
UP, DOWN = "\N{UPWARDS ARROW}", "\N{DOWNWARDS ARROW}"

Best = Mapping[str, float | None]


def comparison_table(comparison: ComparisonRecord, variants: Sequence[str]) -> Markup:
    """Build a table of variants with their baselines, and below each its network's gain over the best one."""
    body: list[Markup] = []
    for variant in variants:
        rows = comparison.rows_of(variant)
        best = best_scores([row.mean for row in rows])
        for row in rows:
            heads = (tag("th", row.variant, scope="row"), tag("td", row.method, class_="words"))
            cells = (*heads, tag("td", _counts(row)), *_mean_cells(row, best))
            body.append(tag("tr", *cells, class_="first" if row is rows[0] else None))
        if (baseline := best_baseline(rows)) is not None:
            body.append(_gain_row(variant, baseline.method, comparison))
    return table({"variant": None, "method": "words", "scenes": None} | metric_heads(), body)


def first_of_group_table(comparison: ComparisonRecord, variants: Sequence[str]) -> Markup | None:
    """Build a table of the networks' gains over the group's first one, on common scenes; None if alone."""
    first, *others = variants
    body = []
    for variant in others:
        gain = comparison.gain(variant, first, NETWORK)
        if gain is not None and gain.metrics:
            num_scenes = max(found.difference.num_scenes for found in gain.metrics.values())
            cells = (_gain_cell(gain.metrics.get(name)) for name in MAIN_METRICS)
            heads = (tag("th", variant, scope="row"), tag("td", str(num_scenes)))
            body.append(tag("tr", *heads, *cells))
    if not body:
        return None
    return table({f"gain over {first}": None, "scenes": None} | metric_heads(), body)


def scene_table(evaluation: EvaluationRecord) -> Markup:
    """Build a collapsed table of the scores of one variant and its baselines on every test scene."""
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
    """Return the main metrics' titles, with an arrow in the direction that is better."""
    return {f"{METRIC_TITLES[name]} {DOWN if name in LOWER_IS_BETTER else UP}": None for name in MAIN_METRICS}


def score_text(value: float | None) -> str:
    """Format a score: two decimals, four below 1."""
    if value is None:
        return UNDEFINED
    text = f"{value:.4f}" if abs(value) < 1 else f"{value:.2f}"
    return text.replace("-", "\N{MINUS SIGN}")


def _counts(row: ComparisonRow) -> str:
    return f"{row.num_scenes}, {row.num_seeds} seeds" if row.num_seeds > 1 else str(row.num_scenes)


def _gain_row(variant: str, baseline: str, comparison: ComparisonRecord) -> Markup:
    gain = comparison.gain(variant, variant, baseline)
    metrics = gain.metrics if gain is not None else {}
    heads = (
        tag("th", variant, scope="row"),
        tag("td", f"gain over the {baseline}", colspan=2, class_="words"),
    )
    return tag("tr", *heads, *(_gain_cell(metrics.get(name)) for name in MAIN_METRICS), class_="gain")


def _gain_cell(gain: PairedDifference | None) -> Markup:
    """Show the mean difference with its interval and the share of scenes won; coloured if significant."""
    if gain is None:
        return tag("td", UNDEFINED)
    found = gain.difference
    kind = None
    if gain.excludes_zero and _signed(found.mean) != "0":
        kind = "better" if found.mean > 0 else "worse"
    interval = f"{_signed(found.low)} to {_signed(found.high)}, won {share_text(gain.won_share)}"
    return tag("td", _signed(found.mean), tag("small", interval), class_=kind)


def _signed(value: float) -> str:
    text = score_text(value)
    if not text.strip("0.\N{MINUS SIGN}"):
        return "0"
    return f"+{text}" if value > 0 else text


def _mean_cells(row: ComparisonRow, best: Best) -> Iterator[Markup]:
    for name in MAIN_METRICS:
        value, interval = getattr(row.mean, name), row.intervals.get(name)
        parts = [_emphasised(value, best[name])]
        if interval is not None:
            parts.append(tag("small", f"{score_text(interval.low)} to {score_text(interval.high)}"))
        if row.least_of_seeds is not None and row.most_of_seeds is not None and value is not None:
            least, most = (
                score_text(getattr(ends, name)) for ends in (row.least_of_seeds, row.most_of_seeds)
            )
            parts.append(tag("small", f"seeds {least} to {most}"))
        yield tag("td", *parts)


def _cells(scores: Scores, best: Best) -> Iterator[Markup]:
    for name in MAIN_METRICS:
        yield tag("td", _emphasised(getattr(scores, name), best[name]))


def _emphasised(value: float | None, best: float | None) -> Markup:
    text = score_text(value)
    return tag("strong", text) if value is not None and value == best else joined([text])
