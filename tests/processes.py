"""Processes that tests start end with their test, and all of them with the test run.

Every process inherits a name from the environment of the test that started it. What bears the name after the
test is a leak: it is ended, and the test fails. A watchman outside ends what a killed run leaves.
"""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = "HDRBATCH_TEST"
RUN = uuid.uuid4().hex
RESOURCE_TRACKER = "multiprocessing.resource_tracker"
"""One that Python shares among the tests of a process; it ends with that."""
GRACE_S = 20.0
"""What a test has stopped has so long to end by itself."""


_started: list[str] = []


def _note_start(event: str, _arguments: tuple[object, ...]) -> None:
    if event in {"subprocess.Popen", "os.posix_spawn", "os.fork", "os.forkpty", "os.system"}:
        _started.append(event)


sys.addaudithook(_note_start)


def number_started() -> int:
    """How many processes this one has started; multiprocessing's spawn method raises no audit event."""
    return len(_started)


@contextmanager
def named(test: str) -> Iterator[None]:
    """Give what is started meanwhile the name of a test."""
    before = os.environ.get(NAME)
    os.environ[NAME] = f"{RUN}/{test}"
    try:
        yield
    finally:
        del os.environ[NAME]
        if before is not None:
            os.environ[NAME] = before


def started_by(name: str) -> dict[int, str]:
    """Command lines by process id of what runs under a name, or one that begins so."""
    wanted = f"{NAME}={name}".encode()
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
            if any(variable.startswith(wanted) for variable in variables):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if RESOURCE_TRACKER not in command:
                    found[int(folder.name)] = command.strip()[:300]
        except OSError:  # it has ended, or is another user's
            continue
    found.pop(os.getpid(), None)
    return found


def end_all(name: str, grace_s: float = GRACE_S) -> list[str]:
    """Wait for what runs under a name, kill what stays, and give the command lines of that."""
    deadline = time.monotonic() + grace_s
    while (left := started_by(name)) and time.monotonic() < deadline:
        time.sleep(0.05)
    killed = dict(left)
    while left:
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        killed |= left
        time.sleep(0.05)
        left = started_by(name)
    return list(killed.values())


@contextmanager
def watched() -> Iterator[None]:
    """Have everything of this run ended after it, also after one that was killed."""
    command = [sys.executable, "-S", "-E", __file__, RUN]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as watchman:
        yield
        watchman.communicate()


if __name__ == "__main__":
    sys.stdin.read()  # ends with the run
    end_all(sys.argv[1], grace_s=0.0)
