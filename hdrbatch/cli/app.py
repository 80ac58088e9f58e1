"""The ``hdrbatch`` command: gathers the command groups and turns errors into exit codes."""

import os
import sys
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
from hdrbatch.errors import HdrbatchError, InterruptedRunError
from hdrbatch.redaction import redacted

app = typer.Typer(
    name="hdrbatch",
    help="Render Blender scenes into HDR training sets, train U-Nets on them, "
    "and turn photographs into HDR pictures.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
    try:
        app()
    except SystemExit as leaving:
        # Typer exits with 130 on Ctrl-C, and both Typer and rich with 1 if a reader has closed the pipe.
        if leaving.code == 130:
            _leave_interrupted()
        sys.exit(_written(0 if isinstance(leaving.__context__, BrokenPipeError) else leaving.code))
    except HdrbatchError as error:
        print(f"hdrbatch: {redacted(str(error))}", file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            sys.exit(_written(0))
        where = f"{error.filename}: " if error.filename else ""
        print(f"hdrbatch: {where}{error.strerror or error}", file=sys.stderr)
        sys.exit(HdrbatchError.exit_code)
    except KeyboardInterrupt:
        _leave_interrupted()


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
