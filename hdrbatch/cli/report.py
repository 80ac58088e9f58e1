"""``hdrbatch report``: one HTML page about a store."""

from pathlib import Path
from typing import Annotated

import typer

from hdrbatch.cli.options import DEFAULT_STORE, StoreOption
from hdrbatch.cli.progress_bar import with_spinner


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report")(report)


def report(
    output: Annotated[Path, typer.Option("--output", "-o", help="The HTML file to write.")] = Path(
        "report.html"
    ),
    photos: Annotated[
        list[Path] | None,
        typer.Option(
            "--photos",
            help="Folder with results of hdrbatch reconstruct or merge; may be given several times.",
        ),
    ] = None,
    figures: Annotated[
        Path | None,
        typer.Option("--figures", help="Folder for PNG figures of the sweeps, one per group."),
    ] = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Write one self-contained HTML page: datasets, training curves, scores, real photographs.

    Example: hdrbatch report -o report.html --photos results/ --figures figures/
    """
    from hdrbatch.errors import PhotoError, UserError
    from hdrbatch.report.figures import write_sweep_figures
    from hdrbatch.report.marks import check_replaceable
    from hdrbatch.report.page import write_page
    from hdrbatch.storage.address import open_store
    from hdrbatch.storage.keys import RECEIPTS

    if output.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"-o {output}: the page is an HTML file; name it {output.with_suffix('.html')}")
    if missing := [folder for folder in photos or [] if not folder.is_dir()]:
        raise PhotoError(f"--photos {missing[0]}: the folder does not exist")
    check_replaceable(output, "-o")
    opened = open_store(store)
    if not photos and next(iter(opened.list(RECEIPTS)), None) is None:
        raise UserError(
            f"--store {opened.url}: there are no finished results to report; name another store, render a "
            "dataset with hdrbatch render, or show HDR pictures of photographs with --photos FOLDER"
        )
    with with_spinner("making the page"):
        write_page(opened, photos or [], output)
    print(f"wrote {output}")
    if figures is not None:
        for path in write_sweep_figures(opened, figures):
            print(f"wrote {path}")
