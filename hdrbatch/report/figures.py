"""A figure for each group of variants: the score of every network alongside its own baselines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any, TypeAlias

from hdrbatch.errors import UserError
from hdrbatch.kinds import Kind
from hdrbatch.records.comparison import ComparisonRecord, ComparisonRow, best_baseline
from hdrbatch.records.scores import NETWORK
from hdrbatch.report.markup import Markup
from hdrbatch.report.plots import INK, SERIES_1, SERIES_2, Draw, Plot, page_plot, write_pngs
from hdrbatch.report.wording import listed
from hdrbatch.results.finished import finished_tasks
from hdrbatch.results.trained_models import load_comparison
from hdrbatch.storage.base import Store

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_INCHES, ROW_INCHES, MARGIN_INCHES = 7.4, 0.36, 1.05
PANELS = {
    "pu21_psnr": "PU21-PSNR (dB): further right is better",
    "stops_clipped": "error where clipped (stops): further left is better",
}
MIN_GAIN = 0.005
"""Smallest gain that counts, in dB or stops; smaller differences are rounding, even if significant."""
MAX_LINE_LENGTH = 24
"""Maximum number of letters of a variant's name in one line."""
DASHES: tuple[Any, ...] = ("solid", (0, (2.2, 1.2)), (0, (0.8, 0.8)), (0, (4, 1, 1, 1)))
"""Line styles of the baselines' marks, in order of the baselines' first appearance."""

Dashes: TypeAlias = dict[str, Any]
"""Line styles of matplotlib by baseline."""


@dataclass(frozen=True)
class AnswerFigure(Plot):
    """The figure of one group of variants."""

    group: str


def answer_figures(comparison: ComparisonRecord) -> Iterator[AnswerFigure]:
    """Yield a figure for each group that has a network's scores."""
    for group, names in comparison.grouped().items():
        variants = [name for name in names if any(row.method == NETWORK for row in comparison.rows_of(name))]
        if variants:
            yield AnswerFigure(
                name=f"{comparison.sweep}-{group}".replace(" ", "-")
                if comparison.groups
                else comparison.sweep,
                group=group,
                label=_label(comparison, group, variants),
                size_inches=(WIDTH_INCHES, MARGIN_INCHES + ROW_INCHES * len(variants)),
                draw=_drawing(comparison, variants),
            )


def page_figure(figure: AnswerFigure) -> Markup:
    """Draw a figure as part of a page."""
    return page_plot(figure.draw, figure.size_inches, f"answer-{figure.name}", figure.label)


def write_figures(comparison: ComparisonRecord, folder: Path) -> tuple[Path, ...]:
    """Write a comparison's figures as PNG files, named by sweep and group.

    Raises
    ------
    UserError
        If the folder cannot be written.
    """
    return write_pngs(answer_figures(comparison), folder, "--figures")


def write_sweep_figures(store: Store, folder: Path) -> tuple[Path, ...]:
    """Write the figures of every compared sweep of a store.

    Raises
    ------
    UserError
        If no sweep is compared yet, or the folder cannot be written.
    StoreError, MissingInputError
        If a comparison is damaged or missing.
    """
    sweeps = finished_tasks(store, Kind.COMPARE_VARIANTS)
    if not sweeps:
        raise UserError(f"--figures {folder}: {store.url} has no compared sweep; hdrbatch sweep makes one")
    return tuple(path for sweep in sweeps for path in write_figures(load_comparison(store, sweep), folder))


def _label(comparison: ComparisonRecord, group: str, variants: Sequence[str]) -> str:
    networks = [_row(comparison, name, NETWORK) for name in variants]
    scored = [row for row in networks if row is not None and row.mean.pu21_psnr is not None]
    text = f"Scores of {listed(variants)} alongside their baselines ({group})"
    if not scored:
        return text
    best = max(scored, key=lambda row: row.mean.pu21_psnr or 0.0)
    return f"{text}: {best.variant} has the highest PU21-PSNR, {best.mean.pu21_psnr:.2f} dB"


def _drawing(comparison: ComparisonRecord, variants: Sequence[str]) -> Draw:
    def draw(figure: "Figure", colours: dict[str, str]) -> None:
        axes = figure.subplots(1, len(PANELS), sharey=True)
        dashes = _dashes(comparison, variants)
        for panel, metric in zip(axes, PANELS, strict=True):
            for place, variant in enumerate(variants):
                _draw_baselines(panel, colours, comparison, variant, place, metric, dashes)
                _draw_network(panel, colours, comparison, variant, place, metric)
            panel.set_title(PANELS[metric], loc="left", fontsize=8)
            panel.grid(visible=True, axis="x", color=colours[INK], alpha=0.12, linewidth=0.5)
            panel.tick_params(axis="y", length=0)
            panel.margins(x=0.06)
        axes[0].set_yticks(range(len(variants)), [_wrapped(variant) for variant in variants])
        axes[0].set_ylim(len(variants) - 0.5, -0.5)
        _draw_legend(figure, colours, dashes)

    return draw


def _dashes(comparison: ComparisonRecord, variants: Sequence[str]) -> Dashes:
    """Assign a line style to each baseline."""
    methods = dict.fromkeys(row.method for name in variants for row in comparison.rows_of(name))
    methods.pop(NETWORK, None)
    return {method: DASHES[number % len(DASHES)] for number, method in enumerate(methods)}


def _draw_network(
    axes: "Axes",
    colours: dict[str, str],
    comparison: ComparisonRecord,
    variant: str,
    place: int,
    metric: str,
) -> None:
    """Draw a dot with its interval; hollow if the gain over the best baseline is not significant."""
    row = _row(comparison, variant, NETWORK)
    value = getattr(row.mean, metric) if row is not None else None
    if row is None or value is None:
        return
    if interval := row.intervals.get(metric):
        axes.plot([interval.low, interval.high], [place, place], color=colours[SERIES_1], linewidth=1.6)
    if row.least_of_seeds is not None and row.most_of_seeds is not None:
        ends = [getattr(row.least_of_seeds, metric), getattr(row.most_of_seeds, metric)]
        axes.plot(ends, [place + 0.2] * 2, color=colours[SERIES_1], linewidth=0.7, marker="|", markersize=3)
    fill_colour = colours[SERIES_1] if _is_significant(comparison, variant, metric) else "none"
    axes.plot(
        [value],
        [place],
        color=colours[SERIES_1],
        marker="o",
        markersize=5.5,
        markerfacecolor=fill_colour,
        zorder=3,
    )


def _draw_baselines(
    axes: "Axes",
    colours: dict[str, str],
    comparison: ComparisonRecord,
    variant: str,
    place: int,
    metric: str,
    dashes: Dashes,
) -> None:
    """Draw a vertical mark for each baseline, and the interval of the best one as a band behind it."""
    best = best_baseline(comparison.rows_of(variant))
    if best is not None and (interval := best.intervals.get(metric)):
        axes.fill_between(
            [interval.low, interval.high],
            place - 0.32,
            place + 0.32,
            color=colours[SERIES_2],
            alpha=0.16,
            linewidth=0,
        )
    for row in comparison.rows_of(variant):
        value = getattr(row.mean, metric)
        if row.method != NETWORK and value is not None:
            axes.plot(
                [value, value],
                [place - 0.32, place + 0.32],
                color=colours[SERIES_2],
                linewidth=1.4,
                linestyle=dashes[row.method],
            )


def _draw_legend(figure: "Figure", colours: dict[str, str], dashes: Dashes) -> None:
    from matplotlib.lines import Line2D

    dot: dict[str, Any] = {"color": colours[SERIES_1], "marker": "o", "markersize": 5}
    handles = [
        Line2D([], [], linewidth=1.6, label="network, 95 % interval", **dot),
        Line2D([], [], linewidth=0, markerfacecolor="none", label="network, gain not significant", **dot),
        *(
            Line2D([], [], color=colours[SERIES_2], linewidth=1.4, linestyle=dash, label=method)
            for method, dash in dashes.items()
        ),
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=3, frameon=False, fontsize=7)


def _is_significant(comparison: ComparisonRecord, variant: str, metric: str) -> bool:
    best = best_baseline(comparison.rows_of(variant))
    gain = comparison.gain(variant, variant, best.method) if best is not None else None
    if gain is None or metric not in gain.metrics:
        return False
    found = gain.metrics[metric]
    return found.excludes_zero and abs(found.difference.mean) > MIN_GAIN


def _row(comparison: ComparisonRecord, variant: str, method: str) -> ComparisonRow | None:
    return next((row for row in comparison.rows_of(variant) if row.method == method), None)


def _wrapped(name: str) -> str:
    return fill(name, MAX_LINE_LENGTH)
