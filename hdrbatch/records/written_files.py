"""Files that a command wrote for a user: which they are, and which of them it may replace.

A record next to the files lists each with size and SHA-256. A file that no record lists, or that has changed
since, is a user's: it is never overwritten and never deleted. Files are written beside their places, then
listed as to come, then renamed, and the final record is written last; a kill at any moment leaves files that
a record lists, and the same command may be rerun.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from hdrbatch.local_files import TEMPORARY_PREFIX, sha256_of_file
from hdrbatch.records.base import Record


def _file_name(name: str) -> str:
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise ValueError(f"{ascii(name)[:100]} is not the name of a file")
    return name


class WrittenFile(Record):
    """A file that was written: its name in the folder of its record, its size and its SHA-256."""

    name: Annotated[str, AfterValidator(_file_name)]
    num_bytes: int
    sha256: str

    @classmethod
    def of(cls, path: Path, name: str) -> "WrittenFile":
        """Return the entry of a file that will have another name."""
        return cls(name=name, num_bytes=path.stat().st_size, sha256=sha256_of_file(path))

    def is_at(self, path: Path) -> bool:
        """Return whether a path holds these bytes."""
        try:
            return path.stat().st_size == self.num_bytes and sha256_of_file(path) == self.sha256
        except OSError:
            return False


class WrittenFiles(Record):
    """The files of one command; ``unfinished`` while some may be missing or those of an earlier run."""

    files: tuple[WrittenFile, ...]
    unfinished: bool = False


def own_files(paths: Sequence[Path], listed: Sequence[WrittenFile]) -> set[Path]:
    """Return those of the paths that hold what is listed for them, or nothing at all (an empty file)."""
    return {
        path
        for path in paths
        if any(one.name == path.name and (_is_empty(path) or one.is_at(path)) for one in listed)
    }


def first_foreign(paths: Sequence[Path], listed: Sequence[WrittenFile]) -> Path | None:
    """Return the first of the paths that exists and must not be replaced."""
    existing = [path for path in paths if path.exists() or path.is_symlink()]
    own = own_files(existing, listed)
    return next((path for path in existing if path not in own), None)


@contextmanager
def replacing_all(
    paths: Sequence[Path],
    record: Path,
    before: Sequence[WrittenFile],
    content: Callable[[tuple[WrittenFile, ...]], bytes],
) -> Iterator[Mapping[Path, Path]]:
    """Write several files so that a kill at any moment leaves only files that the record lists.

    Parameters
    ----------
    paths : sequence of Path
        The files to write, all in one folder, which is created if missing. The caller has checked that they
        may be replaced.
    record : Path
        The record next to them.
    before : sequence of WrittenFile
        Files of an earlier run. Those that are not written again and have not changed are deleted.
    content : callable
        Returns the final record of the files written.

    Yields
    ------
    dict of Path to Path
        For each path, where the block writes it. If the block raises, nothing has changed.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    record.parent.mkdir(parents=True, exist_ok=True)
    # Names that a rerun uses again, so that a kill leaves nothing that stays.
    places = {path: path.with_name(f"{TEMPORARY_PREFIX}{path.name}") for path in (*paths, record)}
    try:
        yield places
        files = tuple(WrittenFile.of(places[path], path.name) for path in paths)
        to_come = WrittenFiles(files=(*before, *files), unfinished=True)
        _write(record, places[record], to_come.to_bytes())
        for path in paths:
            places[path].replace(path)
        for one in before:
            old = record.with_name(one.name)
            if old not in places and one.is_at(old):
                old.unlink()
        _write(record, places[record], content(files))
    finally:
        for place in places.values():
            place.unlink(missing_ok=True)


def listed_in(record: Path) -> tuple[WrittenFile, ...] | None:
    """Return the files that a record of :class:`WrittenFiles` lists; None if it is missing or not one."""
    try:
        return WrittenFiles.model_validate_json(record.read_bytes()).files
    except (OSError, ValueError):
        return None


def _write(path: Path, place: Path, content: bytes) -> None:
    """Write a file beside its place and rename it once its bytes are on the disk."""
    with place.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    place.replace(path)


def _is_empty(path: Path) -> bool:
    try:
        return path.is_file() and path.stat().st_size == 0
    except OSError:
        return False
