"""Files to and from the store, verified by our own SHA-256.

A file counts as stored once the store has confirmed the MD5 of the bytes it received, which is computed here
while they are sent, or else once it has been read back. A file counts as fetched once its SHA-256 matches its
entry.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from typing import TypeVar

from hdrbatch.errors import CorruptObjectError, ObjectNotFoundError, StoreError
from hdrbatch.local_files import sha256_of_file
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage.base import Store
from hdrbatch.storage.retrying import is_full_disk, with_retries

NUM_CONCURRENT = 8
"""Concurrent transfers of one call."""

NUM_EQUAL_ANSWERS = 3
"""Identical wrong downloads after which the stored object counts as damaged."""

Result = TypeVar("Result")


def is_intact(path: Path, entry: FileEntry) -> bool:
    """Return whether a file's bytes match its entry."""
    return path.stat().st_size == entry.num_bytes and sha256_of_file(path) == entry.sha256


def upload(store: Store, key: str, path: Path) -> FileEntry:
    """Store a file, and make sure that the store holds its bytes.

    Raises
    ------
    CorruptObjectError
        If the store still returns other bytes after retries.
    StoreError
        If the store cannot be written.
    """

    def put() -> FileEntry:
        confirmed = store.put_file(key, path)
        if confirmed is not None:
            return confirmed
        entry = FileEntry(key, path.stat().st_size, sha256_of_file(path))
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            try:
                _get_verified(store, entry, Path(folder) / "back")
            except ObjectNotFoundError:
                # Swallowed, or not visible yet: it is stored once more.
                raise StoreError(f"{store.url}: {key} is not there after it was written") from None
        return entry

    return with_retries(put)


def download(store: Store, entry: FileEntry, path: Path) -> Path:
    """Fetch a file and verify its size and hash.

    Raises
    ------
    CorruptObjectError
        If the same wrong bytes arrive repeatedly, so that the stored object is damaged, or if no attempt
        returns the right ones.
    StoreError
        If the store cannot be read, or the file cannot be written.
    """
    wrong: list[str] = []

    def is_final(error: StoreError) -> bool:
        return is_full_disk(error) or wrong.count(wrong[-1] if wrong else "") == NUM_EQUAL_ANSWERS

    def get() -> Path:
        _get_verified(store, entry, path, wrong)
        return path

    return with_retries(get, is_final=is_final)


def upload_all(store: Store, files: Mapping[str, Path]) -> tuple[FileEntry, ...]:
    """Upload several files concurrently.

    Parameters
    ----------
    files
        Files by key.

    Returns
    -------
    FileEntry, ...
        Sorted by key. The first error is raised once all transfers that had started have ended.
    """
    return run_concurrently([partial(upload, store, key, path) for key, path in sorted(files.items())])


def download_all(
    store: Store,
    files: Mapping[FileEntry, Path],
    fetch: Callable[[Store, FileEntry, Path], Path] = download,
) -> tuple[Path, ...]:
    """Download several files concurrently, directly or through a node's cache.

    Returns
    -------
    Path, ...
        Sorted by key; errors as in :func:`upload_all`.
    """
    in_order = sorted(files.items(), key=lambda item: item[0].key)
    return run_concurrently([partial(fetch, store, entry, path) for entry, path in in_order])


def run_concurrently(actions: Sequence[Callable[[], Result]]) -> tuple[Result, ...]:
    """Run actions concurrently; return their results in the same order, errors as in :func:`upload_all`."""
    with ThreadPoolExecutor(NUM_CONCURRENT, thread_name_prefix="transfer") as pool:
        futures = [pool.submit(action) for action in actions]
        wait(futures, return_when=FIRST_EXCEPTION)
        for future in futures:
            future.cancel()
    for future in futures:
        if not future.cancelled() and (error := future.exception()) is not None:
            raise error
    return tuple(future.result() for future in futures)


def _get_verified(store: Store, entry: FileEntry, path: Path, wrong: list[str] | None = None) -> None:
    """Fetch once; the hash of the bytes received, if it is wrong, is added to ``wrong``."""
    sha256 = store.get_file(entry.key, path) or sha256_of_file(path)
    if path.stat().st_size != entry.num_bytes or sha256 != entry.sha256:
        path.unlink()
        if wrong is not None:
            wrong.append(sha256)
        raise CorruptObjectError(
            f"{store.url}: {entry.key} does not match its recorded size or SHA-256; "
            "run hdrbatch store verify --repair, then rerun the command that made it"
        )
