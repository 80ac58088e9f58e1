"""Tables that several commands print."""

from rich.box import SIMPLE
from rich.table import Table

from hdrbatch.records import ComparisonRecord, best_scores

HEADINGS = {
    "psnr_l": "PSNR-L",
    "psnr_mu": "PSNR-mu",
    "pu21_psnr": "PU21",
    "ssim_mu": "SSIM-mu",
    "stops_clipped": "stops",
}
"""Short, so that a table fits into 80 columns."""


def comparison_table(comparison: ComparisonRecord, title: str) -> Table:
    """Variants and their baselines with every metric; the best of a variant's rows is bold."""
    table = Table(
        title=title,
        caption="PSNR in dB; stops: error where every input photograph is clipped",
        title_justify="left",
        caption_justify="left",
        box=SIMPLE,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for column in ("variant", "method"):
        table.add_column(column, overflow="fold")
    for column in ("scenes", *HEADINGS.values()):
        table.add_column(column, justify="right", no_wrap=True)
    for variant in dict.fromkeys(row.variant for row in comparison.rows):
        rows = [row for row in comparison.rows if row.variant == variant]
        best = best_scores([row.mean for row in rows])
        for row in rows:
            cells = [_cell(value, best[name]) for name, value in row.mean.model_dump().items()]
            table.add_row(row.variant, row.method, str(row.num_scenes), *cells)
        table.add_section()
    return table


def _cell(value: float | None, best: float | None) -> str:
    if value is None:
        return "-"
    text = f"{value:.4f}" if abs(value) < 1 else f"{value:.2f}"
    return f"[bold]{text}[/bold]" if value == best else text
