"""Files to and from the store, verified by our own SHA-256.

A file counts as stored when the store has confirmed the MD5 of what it received, computed here from the
very bytes that were sent, or else when it has been read back. A file counts as fetched when its SHA-256 is
that of its entry.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from typing import TypeVar

from hdrbatch.errors import CorruptObjectError, StoreError
from hdrbatch.local_files import sha256_of_file
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage.base import Store
from hdrbatch.storage.retrying import is_full_disk, retried

NUM_AT_ONCE = 8
"""Transfers of one call at the same time."""

NUM_EQUAL_ANSWERS = 3
"""So often the same wrong bytes, and they are what is stored."""

Result = TypeVar("Result")


def is_whole(path: Path, entry: FileEntry) -> bool:
    """Whether a file has the bytes of its entry."""
    return path.stat().st_size == entry.num_bytes and sha256_of_file(path) == entry.sha256


def upload(store: Store, key: str, path: Path) -> FileEntry:
    """Store a file, and make sure that the store holds its bytes.

    Raises
    ------
    CorruptObjectError
        Where the store, asked again, still gives back other bytes.
    StoreError
        Where the store cannot be written.
    """

    def put() -> FileEntry:
        confirmed = store.put_file(key, path)
        if confirmed is not None:
            return confirmed
        entry = FileEntry(key, path.stat().st_size, sha256_of_file(path))
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            _get_verified(store, entry, Path(folder) / "back")
        return entry

    return retried(put)


def download(store: Store, entry: FileEntry, path: Path) -> Path:
    """Fetch a file and check its size and hash.

    Raises
    ------
    CorruptObjectError
        Where the same wrong bytes came again and again, so that they are what is stored, or others each time.
    StoreError
        Where the store cannot be read, or the file not be written.
    """
    wrong: list[str] = []

    def is_final(error: StoreError) -> bool:
        return is_full_disk(error) or wrong.count(wrong[-1] if wrong else "") == NUM_EQUAL_ANSWERS

    def get() -> Path:
        _get_verified(store, entry, path, wrong)
        return path

    return retried(get, is_final=is_final)


def upload_all(store: Store, files: Mapping[str, Path]) -> tuple[FileEntry, ...]:
    """Upload several files at once.

    Parameters
    ----------
    files
        Files by key.

    Returns
    -------
    FileEntry, ...
        In order of key. The first error is raised when all transfers that had begun have ended.
    """
    return at_once([partial(upload, store, key, path) for key, path in sorted(files.items())])


def download_all(
    store: Store,
    files: Mapping[FileEntry, Path],
    bring: Callable[[Store, FileEntry, Path], Path] = download,
) -> tuple[Path, ...]:
    """Download several files at once, or bring them through a node's cache.

    Returns
    -------
    Path, ...
        In order of key; errors as in :func:`upload_all`.
    """
    in_order = sorted(files.items(), key=lambda item: item[0].key)
    return at_once([partial(bring, store, entry, path) for entry, path in in_order])


def at_once(actions: Sequence[Callable[[], Result]]) -> tuple[Result, ...]:
    """Do things side by side; results in their order, errors as in :func:`upload_all`."""
    with ThreadPoolExecutor(NUM_AT_ONCE, thread_name_prefix="transfer") as pool:
        futures = [pool.submit(action) for action in actions]
        wait(futures, return_when=FIRST_EXCEPTION)
        for future in futures:
            future.cancel()
    for future in futures:
        if not future.cancelled() and (error := future.exception()) is not None:
            raise error
    return tuple(future.result() for future in futures)


def _get_verified(store: Store, entry: FileEntry, path: Path, wrong: list[str] | None = None) -> None:
    """Fetch once; the hash of what came, if it is wrong, is added to ``wrong``."""
    sha256 = store.get_file(entry.key, path) or sha256_of_file(path)
    if path.stat().st_size != entry.num_bytes or sha256 != entry.sha256:
        path.unlink()
        if wrong is not None:
            wrong.append(sha256)
        raise CorruptObjectError(
            f"{store.url}: {entry.key} is not what was stored (its size or SHA-256 differs): "
            "hdrbatch store verify --repair finds such files, and the command that made them does so again"
        )
