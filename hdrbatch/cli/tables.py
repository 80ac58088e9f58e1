"""Tables that several commands print."""

from collections.abc import Sequence

from rich.table import Table

from hdrbatch.records import LOWER_IS_BETTER, METRIC_TITLES, ComparisonRecord, Scores


def comparison_table(comparison: ComparisonRecord) -> Table:
    """Variants and their baselines with every metric; the best of a variant's rows is bold."""
    table = Table(title=f"sweep {comparison.sweep} on dataset {comparison.dataset}", title_justify="left")
    for column in ("variant", "method", "scenes", *METRIC_TITLES.values()):
        table.add_column(column, justify="left" if column in ("variant", "method") else "right")
    for variant in dict.fromkeys(row.variant for row in comparison.rows):
        rows = [row for row in comparison.rows if row.variant == variant]
        best = best_scores([row.mean for row in rows])
        for row in rows:
            cells = [_cell(value, best[name]) for name, value in row.mean.model_dump().items()]
            table.add_row(row.variant, row.method, str(row.num_scenes), *cells)
        table.add_section()
    return table


def best_scores(scores: Sequence[Scores]) -> dict[str, float | None]:
    """The best value of every metric."""
    best: dict[str, float | None] = {}
    for name in METRIC_TITLES:
        values = [value for row in scores if (value := getattr(row, name)) is not None]
        choose = min if name in LOWER_IS_BETTER else max
        best[name] = choose(values) if values else None
    return best


def _cell(value: float | None, best: float | None) -> str:
    if value is None:
        return "-"
    text = f"{value:.4f}" if abs(value) < 1 else f"{value:.2f}"
    return f"[bold]{text}[/bold]" if value == best else text
