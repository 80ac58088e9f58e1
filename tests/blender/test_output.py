import os
import subprocess
import sys
from pathlib import Path

import pytest

from hdrbatch.blender.output import output_to, tail_of

# In a process of its own: pytest's capture gives Python and C two different standard outputs.
PROGRAM = """
import ctypes, os, sys
from pathlib import Path
from hdrbatch.blender.output import output_to
print("before")
with output_to(Path(sys.argv[1])):
    print("from Python")
    ctypes.CDLL(None).puts(b"from C, still in its buffer")
    os.write(1, b"from the system\\n")
print("after")
"""


def test_what_python_and_c_write_goes_to_the_log_and_not_to_the_terminal(tmp_path):
    log = tmp_path / "log"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(log)],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout == "before\nafter\n"
    assert sorted(log.read_text().splitlines()) == [
        "from C, still in its buffer",
        "from Python",
        "from the system",
    ]


def test_the_log_grows_and_its_end_can_be_had(tmp_path):
    log = tmp_path / "log"
    for number in range(5):
        with output_to(log):
            os.write(1, f"line {number}\n".encode())
    assert tail_of(log, 2) == "line 3\nline 4"
    assert tail_of(tmp_path / "absent") == ""


def test_the_terminal_is_back_after_an_error(tmp_path, capfd):
    with pytest.raises(ValueError, match="inside"), output_to(tmp_path / "log"):
        raise ValueError("inside")
    os.write(1, b"back\n")
    assert capfd.readouterr().out == "back\n"
