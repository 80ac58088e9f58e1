"""Redirection of Blender's standard output, which no flag silences: 47 lines for a tiny render."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STDOUT = 1


@contextmanager
def output_to(log: Path) -> Iterator[None]:
    """Append everything that this process writes to file descriptor 1 inside the block to a log.

    This affects the whole process, so other threads should not print meanwhile.
    """
    libc = ctypes.CDLL(None)
    sys.stdout.flush()
    libc.fflush(None)
    terminal = os.dup(_STDOUT)
    try:
        with log.open("ab") as stream:
            os.dup2(stream.fileno(), _STDOUT)
        yield
    finally:
        sys.stdout.flush()
        # Blender writes through C's buffer: unflushed, its lines would appear on the terminal after all.
        libc.fflush(None)
        os.dup2(terminal, _STDOUT)
        os.close(terminal)


def tail_of(log: Path, num_lines: int = 12) -> str:
    """Return the last lines of a log for an error message; empty if there is no log."""
    if not log.is_file():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-num_lines:])
