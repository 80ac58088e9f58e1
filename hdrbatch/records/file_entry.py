"""A file in a store, by key, size and digest."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class FileEntry:
    """One file in the store: its key, its size and the hash of its bytes."""

    key: str
    num_bytes: int
    sha256: str

    def matches(self, data: bytes) -> bool:
        """Return whether these are the file's bytes."""
        return len(data) == self.num_bytes and hashlib.sha256(data).hexdigest() == self.sha256
