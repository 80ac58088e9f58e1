"""Output of ``hdrbatch dataset show``: every scene, then statistics over all scenes."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from hdrbatch.cli.tables import plain_table
from hdrbatch.records.dataset_index import DatasetRecord
from hdrbatch.report.summary import DatasetSummary, Spread
from hdrbatch.submit.narrow_table import print_table

BAR_WIDTH = 40


def print_overview(index: DatasetRecord, summary: DatasetSummary, console: Console) -> None:
    """Print a dataset in readable form."""
    if not index.scenes:
        console.print(f"dataset {index.dataset} has no scenes")
        return
    print_table(console, _scenes(index))
    splits = ", ".join(f"{count} {split}" for split, count in summary.splits.items())
    console.print(f"{summary.num_scenes} scenes ({splits}); dynamic range in stops:\n", highlight=False)
    for line in _bars(summary, "\N{FULL BLOCK}" if console.encoding.startswith("utf") else "#"):
        console.print(line, highlight=False)
    console.print()
    print_table(console, _families(summary))
    print_table(console, _exposures(summary))


def _scenes(index: DatasetRecord) -> Table:
    table = plain_table(f"dataset {index.dataset}: stops and the share of clipped pixels by EV")
    for column in ("scene", "split", "stops"):
        table.add_column(column, no_wrap=True)
    evs = sorted({exposure.ev for entry in index.scenes for exposure in entry.scene.exposures})
    for ev in evs:
        table.add_column(f"{ev:+g}", justify="right")
    for entry in index.scenes:
        scene = entry.scene
        clipped = {exposure.ev: f"{exposure.clipped_fraction:.0%}" for exposure in scene.exposures}
        cells = (clipped.get(ev, "") for ev in evs)
        table.add_row(scene.id, scene.split, f"{scene.dynamic_range_stops:.1f}", *cells)
    return table


def _bars(summary: DatasetSummary, block: str) -> Iterator[str]:
    """Yield the histogram's lines; a bin with a scene gets a bar of at least one block."""
    bins = summary.stops_histogram
    labels = [f"{part.from_stops:g}-{part.to_stops:g}" for part in bins]
    most = max(part.num_scenes for part in bins)
    for label, part in zip(labels, bins, strict=True):
        length = -(-part.num_scenes * min(BAR_WIDTH, most) // most)
        yield f"{label:>{max(map(len, labels))}}  {block * length} {part.num_scenes}"


def _families(summary: DatasetSummary) -> Table:
    table = plain_table("scenes and dynamic range (stops) by family")
    table.add_column("family", no_wrap=True)
    for column in ("scenes", *summary.splits, "least", "median", "most"):
        table.add_column(column, justify="right", no_wrap=True)
    for family in summary.families:
        counts = (str(count) for count in (family.num_scenes, *family.splits.values()))
        table.add_row(family.family, *counts, *_stops(family.stops))
    assert summary.stops is not None
    table.add_section()
    counts = (str(count) for count in (summary.num_scenes, *summary.splits.values()))
    table.add_row("all", *counts, *_stops(summary.stops))
    return table


def _stops(spread: Spread) -> tuple[str, ...]:
    return tuple(f"{value:.1f}" for value in (spread.least, spread.median, spread.most))


def _exposures(summary: DatasetSummary) -> Table:
    table = plain_table("share of clipped and of black pixels by EV, over the scenes")
    table.add_column("", no_wrap=True)
    for exposure in summary.exposures:
        table.add_column(f"{exposure.ev:+g}", justify="right")
    for share in ("clipped", "black"):
        spreads = [getattr(exposure, f"{share}_fraction") for exposure in summary.exposures]
        for part in ("least", "median", "most"):
            table.add_row(f"{share}, {part}", *(_share(getattr(spread, part)) for spread in spreads))
        table.add_section()
    return table


def _share(value: float) -> str:
    """Format a share in percent; 0 % means no pixel and 100 % means every pixel."""
    if 0 < value < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= value < 1 else f"{value:.0%}"
