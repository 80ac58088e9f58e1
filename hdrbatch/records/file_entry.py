"""A file in a store, by key, size and digest."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class FileEntry:
    """One file in the store: where, how large, and which bytes."""

    key: str
    num_bytes: int
    sha256: str

    def is_of(self, data: bytes) -> bool:
        """Whether these are the bytes."""
        return len(data) == self.num_bytes and hashlib.sha256(data).hexdigest() == self.sha256
