"""``hdrbatch dataset``: show a dataset, verify it, and export it for other programs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hdrbatch.cli import suggestions
from hdrbatch.cli.options import DEFAULT_STORE, JsonOption, StoreOption

if TYPE_CHECKING:
    from hdrbatch.export.exporter import ExportRequest

app = typer.Typer(help="Datasets in a store.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="Name of a dataset.", autocompletion=suggestions.datasets)]


@app.command("show")
def show(
    name: NameArgument,
    pictures: Annotated[
        Path | None, typer.Option("--pictures", help="Folder for PNG plots of the statistics.")
    ] = None,
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Show the scenes of a dataset with statistics: dynamic range, clipped and black pixels.

    Example: hdrbatch dataset show local --pictures plots/
    """
    import json

    from hdrbatch.cli.overview import print_overview
    from hdrbatch.report.dataset_plots import write_plots
    from hdrbatch.report.summary import summary_of
    from hdrbatch.results.datasets import load_dataset
    from hdrbatch.storage.address import open_store
    from hdrbatch.submit.terminal import terminal

    index = load_dataset(open_store(store), name)
    summary = summary_of(index)
    written = write_plots(summary, pictures) if pictures is not None else ()
    if as_json:
        parts = {"statistics": summary.model_dump(mode="json"), "index": index.model_dump(mode="json")}
        print(json.dumps(parts, indent=1))
        return
    print_overview(index, summary, terminal())
    for path in written:
        print(f"wrote {path}")


@app.command("export")
def export(
    name: NameArgument,
    output: Annotated[
        Path,
        typer.Argument(
            help="Output folder: new, empty, or an earlier export of the same dataset, layout and EVs."
        ),
    ],
    layout: Annotated[
        str,
        typer.Option(
            "--layout",
            help="kalantari: three 16-bit TIFF photographs, exposure.txt and HDRImg.hdr, as most HDR codes "
            "read; linear-exr: unchanged EXR and PNG files with an index.",
        ),
    ],
    split: Annotated[str, typer.Option("--split", help="train, test or all.")] = "all",
    ev: Annotated[
        str | None,
        typer.Option(
            "--ev", help="Exposures: -2,0,2 or -5..4. Default: -2,0,2 for kalantari, all for linear-exr."
        ),
    ] = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Export a dataset for other programs; scenes that are already exported are skipped.

    Example: hdrbatch dataset export local sig17/ --layout kalantari --ev -2,0,2
    """
    from rich.progress import Progress

    from hdrbatch.submit.terminal import terminal

    request = _export_request(layout, output, split, ev)

    from hdrbatch.export.export_folder import INDEX
    from hdrbatch.export.exporter import export_dataset
    from hdrbatch.results.datasets import load_dataset
    from hdrbatch.storage.address import open_store

    opened = open_store(store)
    index = load_dataset(opened, name)
    with Progress(console=terminal(stderr=True), transient=True) as bars:
        bar = bars.add_task("exporting scenes", total=None)
        result = export_dataset(
            opened,
            index,
            request,
            on_progress=lambda done, total: bars.update(bar, completed=done, total=total),
        )
    print(f"{output}: {result.num_made} scene(s) written, {result.num_whole} skipped (already exported)")
    print(f"exposure and unit of every file: {output / INDEX}")
    if result.gone:
        print(
            f"warning: {len(result.gone)} scene(s) of an earlier export are no longer in the dataset, "
            f"such as {result.gone[0]}; delete their folders, or export to a new folder"
        )


def _export_request(layout: str, output: Path, split: str, ev: str | None) -> "ExportRequest":
    from hdrbatch.errors import SpecError, UserError
    from hdrbatch.export.exporter import LAYOUTS, SPLITS, ExportRequest
    from hdrbatch.specs.render_job import check_ev_ladder, parse_ev_ladder

    if layout not in LAYOUTS:
        raise UserError(f"--layout {layout}: use one of {', '.join(LAYOUTS)}")
    if split not in SPLITS:
        raise UserError(f"--split {split}: use one of {', '.join(SPLITS)}")
    try:
        ladder = check_ev_ladder(parse_ev_ladder(ev)) if ev is not None else None
    except ValueError as error:
        raise SpecError(f"--ev {ev}: {error}") from None
    return ExportRequest(layout=layout, output=output, split=SPLITS[split], ev=ladder)


@app.command("verify")
def verify(name: NameArgument, store: StoreOption = DEFAULT_STORE) -> None:
    """Verify every file of a dataset against its SHA-256.

    Example: hdrbatch dataset verify local
    """
    from rich.progress import track

    from hdrbatch.results.datasets import all_files, load_dataset
    from hdrbatch.storage.address import open_store
    from hdrbatch.storage.verification import find_damage

    opened = open_store(store)
    index = load_dataset(opened, name)
    files = all_files(opened, index)
    damaged = [
        found for file in track(files, "verifying", transient=True) if (found := find_damage(opened, file))
    ]
    for line in damaged:
        print(line)
    print(f"{name}: {len(files)} files read, {len(damaged)} damaged or missing")
    if damaged:
        print("do not delete files by hand; hdrbatch store verify --repair withdraws their receipts, "
              "and rerunning hdrbatch render regenerates them")  # fmt: skip
        raise typer.Exit(1)
