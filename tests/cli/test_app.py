"""How a command ends: errors become one line and an exit code, whatever the terminal can show."""

import os
import subprocess
import sys

import pytest

from hdrbatch.cli import app
from hdrbatch.errors import UserError


@pytest.mark.parametrize("place", ["argument", "output", "folder", "working directory"])
def test_a_name_that_is_not_utf_8_is_refused_by_name(tmp_path, place):
    bad = os.fsdecode(b"ph\xffoto")
    arguments = {
        "argument": ["merge", f"{bad}.jpg", "b.jpg", "-o", "x.exr"],
        "output": ["merge", "a.jpg", "b.jpg", "-o", f"{bad}.exr"],
        "folder": ["merge", "photos", "-o", "x.exr"],
        "working directory": ["merge", "a.jpg", "b.jpg", "-o", "x.exr"],
    }[place]
    folder = tmp_path / bad if place == "working directory" else tmp_path
    folder.mkdir(exist_ok=True)
    if place == "folder":
        (tmp_path / "photos").mkdir()
        (tmp_path / "photos" / f"{bad}.jpg").write_bytes(b"x")
    command = [sys.executable, "-m", "hdrbatch", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    said = done.stderr.decode()
    assert done.returncode == 2, said
    assert "foto" in said
    assert "rename the file" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("error", "code", "expected"),
    [
        (UserError("a: b; c"), 2, "hdrbatch: a: b; c\n"),
        (MemoryError(), 1, "hdrbatch: not enough memory; "),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
            1,
            "not enough",
        ),
        (OSError(28, "No space left on device", "/x/y"), 1, "hdrbatch: /x/y: No space left on device\n"),
        (OSError("odd"), 1, "hdrbatch: odd\n"),
    ],
)
def test_errors_are_one_line_with_an_exit_code(monkeypatch, capsys, error, code, expected):
    def fail():
        raise error

    monkeypatch.setattr(app, "app", fail)
    monkeypatch.setattr(sys, "argv", ["hdrbatch"])
    with pytest.raises(SystemExit) as leaving:
        app.main()
    assert leaving.value.code == code
    assert expected in capsys.readouterr().err


def test_a_fault_of_the_program_is_not_hidden(monkeypatch):
    def fail():
        raise RuntimeError("a fault")

    monkeypatch.setattr(app, "app", fail)
    monkeypatch.setattr(sys, "argv", ["hdrbatch"])
    with pytest.raises(RuntimeError, match="a fault"):
        app.main()


def test_a_terminal_without_letters_beyond_ascii_ends_nothing(tmp_path):
    command = [sys.executable, "-m", "hdrbatch", "status", "--store", str(tmp_path / "Zürich ✓")]
    ascii_only = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, env=os.environ | ascii_only, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert rb"Z\xfcrich \u2713" in done.stdout
