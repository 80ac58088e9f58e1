"""Files to and from the store, verified by our own SHA-256.

ETags and server-side checksums are not relied on: servers accept wrong ones, and an ETag is no hash after
a multipart upload.
"""

import hashlib
import logging
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hdrbatch.errors import CorruptObjectError, StoreAddressError, StoreError
from hdrbatch.records import FileEntry
from hdrbatch.storage.base import Store

NUM_TRIES = 4
FIRST_DELAY_S = 0.2

Result = TypeVar("Result")
_log = logging.getLogger(__name__)


def sha256_of_file(path: Path) -> str:
    """SHA-256 of a file's bytes, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def upload(store: Store, key: str, path: Path) -> FileEntry:
    """Store a file and read it back.

    Raises
    ------
    CorruptObjectError
        Where the store, asked again, still gives back other bytes.
    StoreError
        Where the store cannot be written.
    """
    entry = FileEntry(key, path.stat().st_size, sha256_of_file(path))

    def put() -> FileEntry:
        store.put_file(key, path)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            _get_verified(store, entry, Path(folder) / "back")
        return entry

    return _retried(put)


def download(store: Store, entry: FileEntry, path: Path) -> Path:
    """Fetch a file and check its size and hash; raises CorruptObjectError where they differ."""

    def get() -> Path:
        _get_verified(store, entry, path)
        return path

    return _retried(get)


def _get_verified(store: Store, entry: FileEntry, path: Path) -> None:
    store.get_file(entry.key, path)
    if path.stat().st_size != entry.num_bytes or sha256_of_file(path) != entry.sha256:
        path.unlink()
        raise CorruptObjectError(
            f"{store.url}: {entry.key} is not what was stored (its size or SHA-256 differs): "
            "run the command that made it again; hdrbatch store verify finds all such files"
        )


def _retried(action: Callable[[], Result]) -> Result:
    """Try again what may pass: a cut transfer, a busy server, a flipped bit."""
    delay_s = FIRST_DELAY_S
    for attempt in range(1, NUM_TRIES + 1):
        try:
            return action()
        except (StoreAddressError, FileNotFoundError):
            raise
        except StoreError as error:
            if attempt == NUM_TRIES:
                raise
            _log.warning("%s (trying again in %.1f s)", error, delay_s)
            time.sleep(delay_s)
            delay_s *= 3
    raise AssertionError("the loop returns or raises")
