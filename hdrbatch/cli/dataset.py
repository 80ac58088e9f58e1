"""``hdrbatch dataset``: what a dataset holds, and whether it is whole."""

from typing import Annotated

import typer

from hdrbatch.cli.options import DEFAULT_STORE, JsonOption, StoreOption

app = typer.Typer(help="Datasets in a store.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="Name of a dataset.")]


@app.command("show")
def show(name: NameArgument, store: StoreOption = DEFAULT_STORE, as_json: JsonOption = False) -> None:
    """Show the scenes of a dataset with their dynamic range and what is clipped.

    Example: hdrbatch dataset show local
    """
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    from hdrbatch.storage.address import open_store
    from hdrbatch.storage.datasets import load_dataset

    index = load_dataset(open_store(store), name)
    if as_json:
        print(index.to_bytes().decode(), end="")
        return
    title = f"dataset {name}: stops and the share of clipped pixels by EV"
    table = Table(title=title, title_justify="left", box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    for column in ("scene", "split", "stops"):
        table.add_column(column, no_wrap=True)
    for exposure in index.scenes[0].scene.exposures:
        table.add_column(f"{exposure.ev:+g}", justify="right")
    for entry in index.scenes:
        scene = entry.scene
        clipped = (f"{exposure.clipped_fraction:.0%}" for exposure in scene.exposures)
        table.add_row(scene.id, scene.split, f"{scene.dynamic_range_stops:.1f}", *clipped)
    Console().print(table)


@app.command("verify")
def verify(name: NameArgument, store: StoreOption = DEFAULT_STORE) -> None:
    """Read every file of a dataset again and compare it with its SHA-256.

    Example: hdrbatch dataset verify local
    """
    from rich.progress import track

    from hdrbatch.storage.address import open_store
    from hdrbatch.storage.datasets import load_dataset
    from hdrbatch.storage.verification import damage

    opened = open_store(store)
    index = load_dataset(opened, name)
    files = [file for entry in index.scenes for file in entry.files]
    damaged = [found for file in track(files, "verifying", transient=True) if (found := damage(opened, file))]
    for line in damaged:
        print(line)
    print(f"{name}: {len(files)} files read, {len(damaged)} damaged or missing")
    if damaged:
        print("delete nothing by hand: hdrbatch store verify --repair withdraws their receipts, "
              "and the next hdrbatch render makes them again")  # fmt: skip
        raise typer.Exit(1)
