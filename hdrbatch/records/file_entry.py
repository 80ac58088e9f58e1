"""A file in a store, by key, size and digest."""

import hashlib
import re
from dataclasses import dataclass

from hdrbatch.stored_names import check_key

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class FileEntry:
    """One file in the store: its key, its size and the hash of its bytes.

    Raises
    ------
    UnsafeNameError
        If the key is not valid.
    ValueError
        If the size or the hash is not one.
    """

    key: str
    num_bytes: int
    sha256: str

    def __post_init__(self) -> None:
        check_key(self.key)
        if type(self.num_bytes) is not int or self.num_bytes < 0:
            raise ValueError(f"{self.key}: {self.num_bytes!r} is not a number of bytes")
        if not isinstance(self.sha256, str) or not _SHA256.fullmatch(self.sha256):
            raise ValueError(f"{self.key}: {self.sha256!r} is not a SHA-256 in hexadecimal digits")

    def matches(self, data: bytes) -> bool:
        """Return whether these are the file's bytes."""
        return len(data) == self.num_bytes and hashlib.sha256(data).hexdigest() == self.sha256
