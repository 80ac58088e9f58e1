"""The command line in the test's own process: what a separate process would print, without its start-up."""

import contextlib
import io
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from unittest.mock import patch

import typer.main

_get_command = cache(typer.main.get_command)
"""Building the command line takes longer than many a command; a process of its own does it only once."""


def run_in_process(
    arguments: tuple[str, ...], environment: dict[str, str], folder: Path
) -> subprocess.CompletedProcess[str]:
    """Call the command line's main function; gives exit code, output and errors as a process would."""
    from hdrbatch.cli.app import main

    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with (
        patch.dict(os.environ, environment),
        patch.object(typer.main, "get_command", _get_command),
        patch.object(sys, "argv", ["hdrbatch", *arguments]),
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
            code = 0
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else 0 if leaving.code is None else 1
    texts = [stream.buffer.getvalue().decode() for stream in (out, err)]
    return subprocess.CompletedProcess(["hdrbatch", *arguments], code, *texts)
