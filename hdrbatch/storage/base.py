"""The store protocol: what folders and S3 have in common."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hdrbatch.errors import UnsafeNameError
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.stored_names import check_key, is_hidden

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StoredObject:
    """One object in a listing."""

    key: str
    num_bytes: int


def is_listed(url: str, key: str) -> bool:
    """Return whether a key that a store holds belongs in its listings.

    Hidden files and the markers of folders are nobody's results. A key that could lead a path out of its
    folder is reported and skipped.
    """
    is_marker = key.endswith("/")
    try:
        check_key(key.removesuffix("/"))
    except UnsafeNameError as error:
        _log.warning("%s: an object is skipped: %s", url, error)
        return False
    return not is_marker and not is_hidden(key)


class Store(Protocol):
    """Objects under keys. A put is atomic: a reader sees the complete object, the previous one, or none.

    All methods raise StoreError if the store fails, UnsafeNameError if a key is not a valid one, and
    ObjectNotFoundError if a key to be read does not exist. Listings have valid keys only.
    """

    @property
    def url(self) -> str:
        """Address that opens the same store again; it never holds credentials."""
        ...

    def put_file(self, key: str, path: Path) -> FileEntry | None:
        """Store a file's bytes; return its entry if the store has confirmed that it holds them, else None."""
        ...

    def put_bytes(self, key: str, data: bytes) -> None:
        """Store some bytes."""
        ...

    def get_file(self, key: str, path: Path) -> str | None:
        """Write an object's bytes to a new file; return their SHA-256 if it was computed, else None."""
        ...

    def get_bytes(self, key: str) -> bytes:
        """Read an object."""
        ...

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Yield all objects whose key begins with the prefix, sorted by key."""
        ...

    def delete(self, key: str) -> None:
        """Delete an object; a missing one is not an error."""
        ...

    def check(self) -> None:
        """Check that the store can be read and written; raise StoreAddressError with a remedy otherwise."""
        ...
