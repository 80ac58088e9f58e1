"""Compare the locked packages with advisories that were downloaded: make advisories ADVISORIES=FILE calls it.

    python requirements/advisories.py FILE [LOCK ...]

FILE is a zip or a folder of JSON files in the OSV format, of which those of the ecosystem PyPI count. Nothing
is fetched. Exit codes: 0 nothing is affected, 1 something is, 2 a file cannot be read and nothing else is
affected.

References
----------
Open Source Vulnerability format, https://ossf.github.io/osv-schema/ (its evaluation algorithm).
"""

import json
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

FOLDER = Path(__file__).parent
ECOSYSTEM = "PyPI"
_RANGE_TYPES = ("ECOSYSTEM", "SEMVER")
"""A range of type GIT is of commits, which no lock names."""


class InputError(Exception):
    """A file that is not what it should be: FILE: what; remedy."""


@dataclass(frozen=True, order=True)
class Pin:
    """A package in the version that a lock file names."""

    package: str
    version: Version
    lock: str


@dataclass(frozen=True)
class Finding:
    """An advisory that affects a pin; ``fixed`` is the lowest later version without the fault, or None."""

    advisory: str
    pin: Pin
    fixed: Version | None


def read_pins(lock: Path) -> list[Pin]:
    """Return all pins of a lock file, whatever their markers; raise InputError if a line is none."""
    pins = []
    for line in re.sub(r"\\\n", " ", lock.read_text()).splitlines():
        text = line.partition("--hash=")[0].partition("#")[0].strip()
        if not text:
            continue
        try:
            requirement = Requirement(text)
            (specifier,) = requirement.specifier
            if specifier.operator not in ("==", "==="):
                raise ValueError(text)
            pins.append(Pin(canonicalize_name(requirement.name), Version(specifier.version), lock.name))
        except (InvalidRequirement, InvalidVersion, ValueError):
            raise InputError(f"{lock}: {text!r} is not a pin (NAME==VERSION); run make lock") from None
    return pins


def read_advisories(path: Path, problems: list[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the advisories of a zip or a folder with their places; files that hold none are problems."""
    if not path.exists():
        raise InputError(f"{path}: there is no such file or folder; name a zip or a folder of OSV files")
    for place, data in _files(path):
        try:
            advisory = json.loads(data)
            if not isinstance(advisory, dict) or not isinstance(advisory.get("id"), str):
                raise ValueError("it has no id")
        except (ValueError, RecursionError) as error:
            problems.append(f"{place}: not an advisory in the OSV format ({error}); download it again")
            continue
        yield place, advisory


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for file in sorted(path.rglob("*.json")):
            yield str(file), file.read_bytes()
        return
    try:
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if name.endswith(".json"):
                    yield f"{path}/{name}", archive.read(name)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, OSError) as error:
        raise InputError(f"{path}: not a whole zip file ({error}); download it again") from None


def affected_pins(advisory: Mapping[str, Any], pins: Sequence[Pin]) -> list[Finding]:
    """Return the pins that an advisory affects; none if it was withdrawn.

    Raises
    ------
    ValueError, TypeError, KeyError, AttributeError
        If it is not in the OSV format.
    """
    if advisory.get("withdrawn"):
        return []
    found: dict[Pin, set[Version]] = {}
    for affected in _affected_of_pypi(advisory):
        name = canonicalize_name(affected["package"]["name"])
        events = [_events(one) for one in affected.get("ranges", ()) if one["type"] in _RANGE_TYPES]
        listed = {_version_or_text(text) for text in affected.get("versions", ())}
        for pin in pins:
            if pin.package == name and (
                pin.version in listed or any(_is_in_range(pin.version, one) for one in events)
            ):
                fixes = {version for one in events for version, what in one if what == "fixed"}
                found.setdefault(pin, set()).update(version for version in fixes if version > pin.version)
    return [Finding(advisory["id"], pin, min(fixes, default=None)) for pin, fixes in found.items()]


def _affected_of_pypi(advisory: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [
        one
        for one in advisory.get("affected", ())
        if one.get("package", {}).get("ecosystem", "").partition(":")[0] == ECOSYSTEM
    ]


def _events(one_range: Mapping[str, Any]) -> list[tuple[Version, str]]:
    """Return the events of a range, sorted by version; "0" comes before every version."""
    events = []
    for event in one_range["events"]:
        for what, text in event.items():
            if what in ("introduced", "fixed", "last_affected"):
                events.append((Version("0.dev0") if text == "0" else Version(text), what))
    return sorted(events, key=lambda event: event[0])


def _is_in_range(version: Version, events: Sequence[tuple[Version, str]]) -> bool:
    is_affected = False
    for at, what in events:
        if what == "introduced" and version >= at:
            is_affected = True
        elif (what == "fixed" and version >= at) or (what == "last_affected" and version > at):
            is_affected = False
    return is_affected


def _version_or_text(text: str) -> Version | str:
    try:
        return Version(text)
    except InvalidVersion:
        return text  # older than PEP 440: no lock names it


def check(path: Path, locks: Sequence[Path]) -> int:
    """Print what is affected, and on standard error what could not be checked; return the exit code."""
    pins = sorted(pin for lock in locks for pin in read_pins(lock))
    problems: list[str] = []
    findings: list[Finding] = []
    num_advisories = 0
    for place, advisory in read_advisories(path, problems):
        try:
            num_advisories += bool(_affected_of_pypi(advisory))
            findings += affected_pins(advisory, pins)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            problems.append(f"{place}: not an advisory in the OSV format ({error!r}); download it again")
    if not num_advisories:
        problems.append(f"{path}: has no advisory of {ECOSYSTEM}; download those of that ecosystem")
    for line in _lines(findings):
        print(line)
    for problem in problems:
        print(problem, file=sys.stderr)
    num_pins = len({(pin.package, pin.version) for pin in pins})
    print(f"{num_pins} pins, {num_advisories} advisories of {ECOSYSTEM}, {len(_lines(findings))} matches")
    return 1 if findings else 2 if problems else 0


def _lines(findings: Sequence[Finding]) -> list[str]:
    """One line for each advisory, package and version: the same pin may stand in several locks."""
    locks: dict[tuple[str, str, Version], list[Finding]] = {}
    for one in findings:
        locks.setdefault((one.pin.package, one.advisory, one.pin.version), []).append(one)
    return [
        f"{advisory}  {package}  pinned {version}  fixed {same[0].fixed or 'in no version'}  "
        f"({', '.join(sorted({one.pin.lock for one in same}))})"
        for (package, advisory, version), same in sorted(locks.items())
    ]


def main(arguments: Sequence[str]) -> int:
    """Check the locks of this folder, or those that are named."""
    if not arguments or not arguments[0]:
        print("ADVISORIES: names no file; make advisories ADVISORIES=all.zip", file=sys.stderr)
        return 2
    locks = [Path(one) for one in arguments[1:]] or [*sorted(FOLDER.glob("*.lock")), FOLDER / "torch.txt"]
    try:
        return check(Path(arguments[0]), locks)
    except (InputError, OSError) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
