"""The ``hdrbatch`` command: gathers the command groups and turns errors into exit codes."""

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from hdrbatch.cli import (
    dataset,
    doctor,
    evaluate,
    init,
    merge,
    models,
    photograph,
    plans,
    reconstruct,
    render,
    report,
    scenes,
    store,
    sweep,
)
from hdrbatch.cli.interruption import interruption_message
from hdrbatch.cli.repeated_options import refuse_repeats
from hdrbatch.errors import HdrbatchError, InterruptedRunError, UserError
from hdrbatch.local_files import is_utf8
from hdrbatch.redaction import redacted

app = typer.Typer(
    name="hdrbatch",
    help="Render Blender scenes into HDR training sets, train U-Nets on them, "
    "and turn photographs into HDR pictures.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

TORCH_OUT_OF_MEMORY = ("can't allocate memory", "out of memory")
"""What torch says in a RuntimeError."""


def _show_version(wanted: bool) -> None:
    if wanted:
        from hdrbatch.worker.usage import installed_versions

        versions = installed_versions()
        shown = {"Python": "python", "bpy": "bpy", "torch": "torch"}
        others = [f"{name} {versions[key]}" for name, key in shown.items() if key in versions]
        print(f"hdrbatch {versions['hdrbatch']} ({', '.join(others)})")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_show_version,
            is_eager=True,
            help="Show the versions of hdrbatch and Python, and of bpy and torch if they are installed.",
        ),
    ] = False,
) -> None:
    """Parse the options in front of the command's name."""


for module in (init, render, sweep, plans, models, evaluate, photograph, reconstruct, merge, report, doctor):
    module.register(app)
app.add_typer(scenes.app, name="scenes")
app.add_typer(dataset.app, name="dataset")
app.add_typer(store.app, name="store")
refuse_repeats(app)


def main() -> None:
    """Run the command line; exit codes: 0 done, 1 something failed, 2 bad input, 75 interrupted."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a letter shows its number; nothing ends for it.
            stream.reconfigure(errors="backslashreplace")
    try:
        _check_names([*sys.argv[1:], str(Path.cwd())])
        app()
    except SystemExit as leaving:
        # Typer exits with 130 on Ctrl-C, and both Typer and rich with 1 if a reader has closed the pipe.
        if leaving.code == 130:
            _leave_interrupted()
        sys.exit(_written(0 if isinstance(leaving.__context__, BrokenPipeError) else leaving.code))
    except BrokenPipeError:
        sys.exit(_written(0))
    except KeyboardInterrupt:
        _leave_interrupted()
    except (HdrbatchError, OSError, MemoryError, RuntimeError) as error:
        if (message := _message(error)) is None:
            raise
        print(f"hdrbatch: {message}", file=sys.stderr)
        sys.exit(error.exit_code if isinstance(error, HdrbatchError) else HdrbatchError.exit_code)


def _message(error: Exception) -> str | None:
    """Return what a user reads of an error; None for a fault of the program."""
    if isinstance(error, HdrbatchError):
        return redacted(str(error))
    if isinstance(error, OSError):
        return (
            f"{error.filename}: {error.strerror or error}" if error.filename else error.strerror or str(error)
        )
    if isinstance(error, MemoryError) or any(words in str(error) for words in TORCH_OUT_OF_MEMORY):
        return "not enough memory; close other programs, or give it smaller pictures or a larger machine"
    return None


def _check_names(names: Sequence[str]) -> None:
    """Refuse names that are not UTF-8: records are JSON, and could not name such a file."""
    for name in names:
        if not is_utf8(name):
            shown = os.fsencode(name).decode(errors="backslashreplace")
            raise UserError(f"{shown}: the name is not UTF-8; rename the file or folder")


def _leave_interrupted() -> NoReturn:
    print(f"hdrbatch: {interruption_message(sys.argv[1:])}", file=sys.stderr)
    sys.exit(InterruptedRunError.exit_code)


def _written(code: str | int | None) -> str | int | None:
    """Write what is left of the output; return the exit code, which is 0 if nobody reads it any more."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would try again when it exits, and report it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code
