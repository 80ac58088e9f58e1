"""Ctrl-C says what was kept, in every command."""

import subprocess
import sys

import pytest
import typer

from hdrbatch.cli.app import app
from hdrbatch.cli.interruption import KEPT, interruption_message

INTERRUPTED = """
import os, signal, sys
import hdrbatch.cli.app as cli
from hdrbatch.cli import {module}
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
sys.argv = ["hdrbatch", *{arguments!r}]
import hdrbatch.{place} as place
place.{name} = lambda *a, **k: os.kill(os.getpid(), signal.SIGINT)
cli.main()
"""


def commands(group, prefix=""):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield prefix + name


def test_every_command_says_what_it_keeps():
    assert set(commands(typer.main.get_command(app))) == set(KEPT)


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        (["merge", "a.jpg", "-o", "b.exr"], "its result is complete or as it was before"),
        (["dataset", "export", "local", "out"], "exported scenes are kept"),
        (["store", "gc"], "stays deleted"),
        ([], "nothing was changed"),
    ],
)
def test_the_message_is_the_command_s(arguments, kept):
    assert interruption_message(arguments).startswith("interrupted; ")
    assert kept in interruption_message(arguments)


@pytest.mark.parametrize(
    ("arguments", "place", "name"),
    [
        (["report", "-o", "page.html"], "report.marks", "check_replaceable"),
        (["photograph", "sunset", "-o", "out"], "imaging.response", "parse_response"),
    ],
)
def test_an_interrupted_command_ends_with_75_and_its_message(tmp_path, arguments, place, name):
    code = INTERRUPTED.format(module="report", arguments=arguments, place=place, name=name)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 75
    assert f"hdrbatch: {interruption_message(arguments)}\n" in done.stderr
