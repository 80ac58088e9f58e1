import json
import subprocess
import sys

import pytest

HEAVY = ("bpy", "torch", "boto3", "numpy", "cv2", "matplotlib")

SHOW_MODULES = """
import contextlib, io, json, sys
sys.argv = ["hdrbatch", *{arguments}]
from hdrbatch.cli.app import app
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    app()
print(json.dumps([name for name in {heavy} if name in sys.modules]))
"""


def loaded(*arguments, heavy=HEAVY):
    code = SHOW_MODULES.format(arguments=list(arguments), heavy=list(heavy))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["render", "--help"], ["store", "serve", "--help"]]
)
def test_help_loads_nothing_heavy(arguments):
    assert loaded(*arguments) == []


def test_planning_on_a_folder_loads_neither_bpy_nor_torch_nor_boto3(tmp_path):
    heavy = ("bpy", "torch", "boto3")
    assert loaded("render", "local", "--dry-run", "--store", str(tmp_path / "store"), heavy=heavy) == []
    assert loaded("status", "--store", str(tmp_path / "store"), heavy=heavy) == []


def commands():
    from typer.main import get_command

    from hdrbatch.cli.app import app

    def walk(command, path):
        if hasattr(command, "commands"):
            for name, inner in command.commands.items():
                yield from walk(inner, [*path, name])
        else:
            yield path, command

    return list(walk(get_command(app), []))


@pytest.mark.parametrize(
    ("path", "command"), commands(), ids=lambda value: "-".join(value) if isinstance(value, list) else ""
)
def test_every_command_has_help_with_an_example(path, command):
    assert f"Example: hdrbatch {' '.join(path)}" in command.help
