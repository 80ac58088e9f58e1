"""``hdrbatch init``: example jobs, sweeps and cluster files to edit."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("init")(init)


def init(
    folder: Annotated[Path, typer.Argument(help="Folder for the examples; created if missing.")] = Path(),
) -> None:
    """Copy the example jobs, sweeps and cluster files into a folder for editing.

    Existing files are never overwritten. Commands that run in this folder use its copies; elsewhere they
    use the originals.

    Example: hdrbatch init my-project
    """
    from hdrbatch.specs.examples import copy_examples
    from hdrbatch.submit.terminal import terminal

    console = terminal(soft_wrap=True)
    copied = copy_examples(folder)
    for path in copied.written:
        console.print(f"wrote {path}")
    for path in copied.skipped:
        console.print(f"skipped {path}: it already exists")
    enter = "" if folder.resolve() == Path.cwd() else f"cd {folder} && "
    console.print(
        f"next: {enter}hdrbatch render local --dry-run shows what jobs/local.yaml would render; "
        "edit it, and give its dataset its own name (dataset:)"
    )
