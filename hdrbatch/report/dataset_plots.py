"""Plots of a dataset's statistics: dynamic range by family, clipped and black shares by exposure."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from hdrbatch.report.markup import Markup, joined
from hdrbatch.report.plots import INK, SERIES_1, SERIES_2, Plot, page_plot, write_pngs
from hdrbatch.report.summary import DatasetSummary, FamilySummary
from hdrbatch.report.wording import counted, stops_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_INCHES = 4.8
ALL_INCHES, FAMILY_INCHES, MARGIN_INCHES = 1.1, 0.34, 0.75
"""Heights of the histograms of all scenes and of one family, and of the margins."""
MAX_TICKS = 12
SHARES_SIZE_INCHES = (WIDTH_INCHES, 2.9)


def plots_of(summary: DatasetSummary) -> Iterator[Plot]:
    """Yield the plots that the summary has data for."""
    if summary.stops is not None:
        yield Plot(
            "stops",
            f"Dynamic range of {counted(summary.num_scenes, 'scene')} of {summary.dataset} by family: "
            f"median {summary.stops.median:.1f} stops",
            (WIDTH_INCHES, MARGIN_INCHES + ALL_INCHES + FAMILY_INCHES * len(summary.families)),
            lambda figure, colours: _draw_stops(figure, colours, summary),
        )
    if summary.exposures:
        yield Plot(
            "clipped-and-black",
            f"Shares of clipped and black pixels of {summary.dataset} by exposure: "
            "median, minimum and maximum",
            SHARES_SIZE_INCHES,
            lambda figure, colours: _draw_shares(figure.subplots(), colours, summary),
        )


def page_plots(summary: DatasetSummary) -> Markup:
    """Draw all plots as parts of a page."""
    prefix = f"dataset-{summary.dataset}"
    return joined(
        page_plot(plot.draw, plot.size_inches, f"{prefix}-{plot.name}", plot.label)
        for plot in plots_of(summary)
    )


def write_plots(summary: DatasetSummary, folder: Path) -> tuple[Path, ...]:
    """Write all plots as PNG files.

    Raises
    ------
    UserError
        If the folder cannot be written.
    """
    return write_pngs(plots_of(summary), folder, "--pictures")


def _draw_stops(figure: "Figure", colours: dict[str, str], summary: DatasetSummary) -> None:
    """Draw a histogram of all scenes and below it one of each family, on a common axis of stops."""
    assert summary.stops is not None
    heights = [ALL_INCHES, *(FAMILY_INCHES for _ in summary.families)]
    all_axes, *family_axes = figure.subplots(len(heights), sharex=True, height_ratios=heights, squeeze=False)[
        :, 0
    ]
    lefts = [part.from_stops for part in summary.stops_histogram]
    widths = [part.to_stops - part.from_stops for part in summary.stops_histogram]
    counts = [part.num_scenes for part in summary.stops_histogram]
    _bars(all_axes, colours, lefts, widths, counts, summary.stops.median)
    all_axes.set_title(f"all {counted(summary.num_scenes, 'scene')}", loc="left", fontsize=8)
    all_axes.set_ylabel("scenes")
    all_axes.yaxis.get_major_locator().set_params(integer=True, nbins=4)
    most = max((count for part in summary.stops_histogram for count in part.families.values()), default=1)
    for axes, family in zip(family_axes, summary.families, strict=True):
        of_family = [part.families.get(family.family, 0) for part in summary.stops_histogram]
        _bars(axes, colours, lefts, widths, of_family, family.stops.median)
        axes.set_ylim(0, most * 1.1)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_ylabel(family.family, rotation=0, ha="right", va="center")
        axes.text(1.0, 0.5, _family_text(family), transform=axes.transAxes, va="center", fontsize=6.5)
    edges = [*lefts, lefts[-1] + widths[-1]]
    family_axes[-1].set_xticks(edges[:: 1 + len(edges) // MAX_TICKS])
    family_axes[-1].set_xlabel("dynamic range, stops (line: median)")


def _family_text(family: FamilySummary) -> str:
    return f" {counted(family.num_scenes, 'scene')}\n median {family.stops.median:.1f}"


def _bars(
    axes: "Axes",
    colours: dict[str, str],
    lefts: list[float],
    widths: list[float],
    counts: list[int],
    median: float,
) -> None:
    axes.bar(lefts, counts, widths, align="edge", color=colours[SERIES_1], edgecolor="none", alpha=0.75)
    axes.axvline(median, color=colours[SERIES_2], linewidth=1.5)


def _draw_shares(axes: "Axes", colours: dict[str, str], summary: DatasetSummary) -> None:
    """Draw the median as a line, and the range from minimum to maximum as a ribbon."""
    evs = [exposure.ev for exposure in summary.exposures]
    for name, colour, marker in (("clipped", SERIES_2, "o"), ("black", SERIES_1, "s")):
        spreads = [getattr(exposure, f"{name}_fraction") for exposure in summary.exposures]
        least, median, most = (
            [100 * getattr(spread, part) for spread in spreads] for part in ("least", "median", "most")
        )
        axes.fill_between(evs, least, most, color=colours[colour], alpha=0.2, linewidth=0)
        axes.plot(evs, median, color=colours[colour], linewidth=1.5, marker=marker, markersize=3, label=name)
    axes.set_ylim(0, 100)
    axes.set_xticks(evs, [stops_text(ev) for ev in evs])
    axes.set_xlabel("exposure, EV")
    axes.set_ylabel("share of pixels, %")
    axes.grid(visible=True, color=colours[INK], alpha=0.1, linewidth=0.5)
    # Above the axes, since a ribbon may fill any corner inside.
    axes.legend(
        frameon=False,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=2,
        borderaxespad=0.2,
        title="line: median scene; ribbon: minimum to maximum",
        title_fontsize=7,
        alignment="left",
    )
