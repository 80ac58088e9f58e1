"""Tables that several commands print."""

from collections.abc import Mapping, Sequence

from rich.box import SIMPLE
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hdrbatch.records.comparison import ComparisonRecord, ComparisonRow, PairedDifference, best_baseline
from hdrbatch.records.scores import LOWER_IS_BETTER, NETWORK, BracketScores, RealEvaluationRecord

HEADINGS = {
    "psnr_l": "PSNR-L",
    "psnr_mu": "PSNR-mu",
    "pu21_psnr": "PU21",
    "pu21_psnr_corrected": "PU21 corr.",
    "ssim_mu": "SSIM-mu",
    "stops_clipped": "stops clip.",
}
"""Column headings, short enough for a table of 80 columns; rich drops columns that do not fit."""
BRACKET_HEADINGS = {
    "psnr_mu": "PSNR-mu",
    "pu21_psnr": "PU21",
    "pu21_psnr_corrected": "PU21 corr.",
    "stops_clipped": "stops clip.",
    "psnr_codes": "codes",
}
BRACKET_CAPTION = (
    "PSNR in dB. Against the merge of all: the method was given a subset. "
    "Against a photograph: its codes are compared."
)
CAPTION = (
    "PSNR in dB, mean \N{PLUS-MINUS SIGN} half of its 95 % interval. PU21 corr.: after fitting a tone curve. "
    "Stops clip.: error in stops where every input is clipped. Gain: difference to the best baseline by "
    "PU21, scene by scene; positive is better; * marks significant gains (95 % interval excludes zero)."
)


def comparison_table(comparison: ComparisonRecord, title: str) -> Group:
    """Return one table per group: each variant's network, its best baseline, and the gain over it."""
    groups = comparison.grouped()
    tables = []
    for group, variants in groups.items():
        table = scores_table(title if len(groups) == 1 else f"{title}: {group}", "variant")
        for variant in variants:
            _add_variant(table, comparison, variant)
        tables.append(table)
    tables[-1].caption = CAPTION
    return Group(*tables)


def plain_table(title: str | None = None) -> Table:
    """Return an empty table in the style of all commands that print results."""
    return Table(
        title=title,
        title_justify="left",
        caption_justify="left",
        box=SIMPLE,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )


def scores_table(title: str, first_column: str) -> Table:
    """Return an empty table with a column for each of the main metrics."""
    table = plain_table(title)
    table.add_column(first_column, overflow="fold", min_width=16)
    for heading in HEADINGS.values():
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _add_variant(table: Table, comparison: ComparisonRecord, variant: str) -> None:
    rows = {row.method: row for row in comparison.rows_of(variant)}
    network, baseline = rows.get(NETWORK), best_baseline(tuple(rows.values()))
    if network is not None:
        counts = f"{network.num_scenes} scene{'' if network.num_scenes == 1 else 's'}"
        seeds = f", {network.num_seeds} seeds" if network.num_seeds > 1 else ""
        table.add_row(
            Text(variant, style="bold").append(f"\n{counts}{seeds}", style="not bold"), *_means(network)
        )
    if baseline is not None:
        table.add_row(baseline.method, *_means(baseline), style="dim")
        gain = comparison.gain(variant, variant, baseline.method)
        table.add_row("gain", *_gains(gain.metrics if gain is not None else {}))
    table.add_section()


def _means(row: ComparisonRow) -> Sequence[str]:
    cells = []
    for metric in HEADINGS:
        value, interval = getattr(row.mean, metric), row.intervals.get(metric)
        half = f"\n\N{PLUS-MINUS SIGN}{_number(metric, interval.half_width)}" if interval is not None else ""
        cells.append("-" if value is None else _number(metric, value) + half)
    return cells


def _gains(metrics: Mapping[str, PairedDifference]) -> Sequence[str]:
    cells = []
    for metric in HEADINGS:
        if metric not in metrics:
            cells.append("-")
            continue
        found = metrics[metric]
        text = f"{found.difference.mean:+.{_decimals(metric)}f}"
        if not float(text):
            # A difference too small to display is rounding, even if it is significant.
            cells.append(text[1:])
            continue
        colour = "green" if found.difference.mean > 0 else "red"
        cells.append(f"[{colour}]{text}*[/{colour}]" if found.excludes_zero else text)
    return cells


def _number(metric: str, value: float) -> str:
    return f"{value:.{_decimals(metric)}f}"


def _decimals(metric: str) -> int:
    return 3 if metric == "ssim_mu" else 2


def bracket_table(record: RealEvaluationRecord) -> Group:
    """Return a table per test of a real bracket, with one row per method; the best is bold."""
    longest = max((len(row.method) for row in record.scores), default=0)
    parts: list[RenderableType] = [Text(f"{record.model} on real brackets", style="table.title")]
    tests = dict.fromkeys((row.bracket, row.test, row.given, row.against) for row in record.scores)
    for bracket, test, given, against in tests:
        rows = [
            row for row in record.scores if (row.bracket, row.test, row.against) == (bracket, test, against)
        ]
        count = f"{len(given)} photograph{'' if len(given) == 1 else 's'}"
        # One table per test, since the name of the test takes a whole line.
        table = plain_table()
        table.add_column("method", no_wrap=True, min_width=longest)
        for heading in BRACKET_HEADINGS.values():
            table.add_column(heading, justify="right", no_wrap=True, min_width=6)
        for row in rows:
            table.add_row(row.method, *_bracket_cells(row, rows))
        parts += [Text(f"{bracket}: {count}, against {against}", style="bold"), table]
    return Group(*parts, Text(BRACKET_CAPTION, style="table.caption"))


def _bracket_cells(row: BracketScores, rows: Sequence[BracketScores]) -> Sequence[Text]:
    cells = []
    for metric in BRACKET_HEADINGS:
        value = getattr(row, metric)
        known = [found for other in rows if (found := getattr(other, metric)) is not None]
        best = (min if metric in LOWER_IS_BETTER else max)(known, default=None)
        text = "-" if value is None else f"{value:.2f}"
        cells.append(Text.assemble((text, "bold" if value is not None and value == best else "")))
    return cells
