"""The store protocol: what a folder and S3 have in common."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hdrbatch.records.file_entry import FileEntry


@dataclass(frozen=True)
class StoredObject:
    """One object in a listing."""

    key: str
    num_bytes: int


class Store(Protocol):
    """Objects under keys. A put is atomic: a reader sees the whole object, the one before, or none.

    All methods raise StoreError where the store fails, and ObjectNotFoundError where a key that is read
    does not exist.
    """

    @property
    def url(self) -> str:
        """Address that opens the same store again; it never holds credentials."""
        ...

    def put_file(self, key: str, path: Path) -> FileEntry | None:
        """Store a file's bytes; its entry where the store has confirmed that it holds them, else None."""
        ...

    def put_bytes(self, key: str, data: bytes) -> None:
        """Store some bytes."""
        ...

    def get_file(self, key: str, path: Path) -> str | None:
        """Write an object's bytes to a new file; their SHA-256 where it was found on the way, else None."""
        ...

    def get_bytes(self, key: str) -> bytes:
        """Read an object."""
        ...

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """All objects whose key begins with the prefix, in order of key."""
        ...

    def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error."""
        ...

    def check(self) -> None:
        """Try that the store can be read and written; StoreAddressError with a remedy if it cannot."""
        ...
