"""Damaged files for the command line: jobs, cluster files, pictures and stored objects that are not right.

Each attempt damages one file, calls one command in this process, and judges how it ends. The same seed gives
the same attempts.
"""

import random
import shutil
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from tests.in_process import run_in_process

HANGS_AFTER_S = 60
ODD_WORDS = (
    *(
        "null",
        "~",
        "true",
        "no",
        "-1",
        "0",
        "1e308",
        "1e999",
        ".nan",
        ".inf",
        "-.inf",
        "9" * 40,
        "0x1F",
        "0o7",
    ),
    *(
        "[]",
        "{}",
        "[[]]",
        "{a: {b: c}}",
        "'",
        '"',
        "- ",
        ":",
        "&a [*a]",
        "*a",
        "!!python/name:os.system",
        "|",
        ">",
    ),
    *(
        "2026-11-28",
        "2020-13-45",
        "!!int x",
        "12:30:00",
        "../../etc/passwd",
        "/",
        "\\",
        "..",
        ".",
        "%s",
        "{0}",
        "[bold]",
        "\x1b[31m",
    ),
    *("é", "\u202e", "\U0001f4a5", "\0", "\t", "\r", "\n", " ", "a" * 5000, "<script>", "$(id)", "`id`", "-"),
)
ODD_JSON = (
    "null",
    "true",
    "-1",
    "1e999",
    "NaN",
    "[]",
    "{}",
    '""',
    '"../.."',
    '"\\u0000"',
    "9" * 40,
    "[[[[]]]]",
    "1.5",
)


def damaged_bytes(data: bytes, chance: random.Random) -> bytes:
    """Data with bits turned, a part cut off, left out, repeated, or overwritten."""
    if not data:
        return b"\0"
    # Headers decide most, and are short.
    end = len(data) if chance.random() < 0.5 else min(len(data), 512)
    start = chance.randrange(end)
    length = min(chance.choice((1, 2, 4, 16, 256, 4096)), len(data) - start)
    piece = data[start : start + length]
    match chance.randrange(6):
        case 0:
            out = bytearray(data)
            for _ in range(chance.choice((1, 1, 2, 8, 64))):
                out[chance.randrange(end)] ^= 1 << chance.randrange(8)
            return bytes(out)
        case 1:
            return data[:start]
        case 2:
            return data[:start] + data[start + length :]
        case 3:
            return data[: start + length] + piece + data[start + length :]
        case 4:
            return (
                data[:start] + chance.choice((b"\0", b"\xff", b"\x7f\xff")) * length + data[start + length :]
            )
        case _:
            return data[:start] + chance.randbytes(length) + data[start + length :]


def damaged_text(data: bytes, chance: random.Random) -> bytes:
    """A text with one value or line changed for an odd one; now and then its bytes are damaged instead."""
    if chance.random() < 0.2:
        return damaged_bytes(data, chance)
    lines = data.decode().split("\n")
    number = chance.randrange(len(lines))
    line = lines[number]
    match chance.randrange(7):
        case 0:
            del lines[number]
        case 1:
            lines.insert(number, line)
        case 2:
            lines[number] = chance.choice(("  ", "\t", "- ", "# ")) + line
        case 3:
            lines[number] = line.lstrip()
        case _:
            between = chance.choice([place for place, letter in enumerate(line) if letter in ":=,[{"] or [0])
            head, tail = line[: between + 1], line[between + 1 :]
            lines[number] = head + " " + chance.choice(ODD_WORDS) + chance.choice(("", "", tail))
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def damaged_json(data: bytes, chance: random.Random) -> bytes:
    """JSON with one value changed for an odd one, or its bytes damaged."""
    text = data.decode()
    places = [place for place, letter in enumerate(text) if letter in ":[,"]
    if not places or chance.random() < 0.3:
        return damaged_bytes(data, chance)
    start = chance.choice(places) + 1
    end = min((place for letter in ",]}" if (place := text.find(letter, start)) >= 0), default=len(text))
    return (text[:start] + chance.choice(ODD_JSON) + text[end:]).encode()


@dataclass(frozen=True)
class Subject:
    """A file that is damaged, and the command that reads it.

    ``command`` gives the arguments for the damaged file; ``exit_codes`` are those that it may end with.
    ``names_file``: a refusal has the file's name in it.
    """

    kind: str
    original: Path
    damage: Callable[[bytes, random.Random], bytes]
    command: Callable[[Path], tuple[str, ...]]
    exit_codes: tuple[int, ...] = (0, 2)
    names_file: bool = True


@dataclass(frozen=True)
class Fault:
    """What is wrong with how a command ended, and how to see it again."""

    kind: str
    what: str
    arguments: tuple[str, ...]
    details: str


class HangError(BaseException):
    """A command takes too long; no ``except Exception`` catches it."""


@contextmanager
def _limited(seconds: int) -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise HangError

    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("only the main thread is told of alarms")
    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def attempt(subject: Subject, seed: int, store: Path, folder: Path) -> Fault | None:
    """Damage a subject's file, in place, and call its command; the file is as before afterwards."""
    original = subject.original.read_bytes()
    damaged = subject.damage(original, random.Random(f"{subject.kind} {seed}"))
    arguments = subject.command(subject.original)
    environment = {"HDRBATCH_STORE": str(store), "HDRBATCH_CLUSTER": "local", "COLUMNS": "200"}
    subject.original.write_bytes(damaged)
    try:
        with _limited(HANGS_AFTER_S):
            done = run_in_process(arguments, environment, folder)
    except HangError:
        return Fault(subject.kind, f"no end after {HANGS_AFTER_S} s", arguments, "")
    except Exception as error:  # noqa: BLE001 - it is what is looked for
        trace = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in trace if "site-packages" not in frame.filename][-1]
        place = f"{Path(ours.filename).name}:{ours.lineno}"
        return Fault(
            subject.kind, f"traceback: {type(error).__name__} at {place}", arguments, str(error)[:300]
        )
    finally:
        subject.original.write_bytes(original)
        shutil.rmtree(folder / "out", ignore_errors=True)
    said = done.stdout + done.stderr
    if "Traceback (most recent call last)" in said:
        return Fault(subject.kind, "traceback in the output", arguments, said[-300:])
    if done.returncode not in subject.exit_codes:
        return Fault(subject.kind, f"exit code {done.returncode}", arguments, said[-300:])
    if done.returncode and subject.names_file and subject.original.name not in said:
        return Fault(subject.kind, "the refusal does not name the file", arguments, said[-300:])
    return None
