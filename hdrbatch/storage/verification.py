"""Verification of stored files against their receipts."""

from collections.abc import Iterator
from dataclasses import dataclass

from hdrbatch.errors import ObjectNotFoundError
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store
from hdrbatch.storage.receipts import Receipt


def find_damage(store: Store, entry: FileEntry) -> str | None:
    """Return one line about a stored file's damage, or None if it is intact."""
    try:
        data = store.get_bytes(entry.key)
    except ObjectNotFoundError:
        return f"{entry.key}: missing"
    if len(data) != entry.num_bytes:
        return f"{entry.key}: {len(data)} bytes, but its receipt states {entry.num_bytes}"
    return None if entry.matches(data) else f"{entry.key}: its SHA-256 does not match its receipt"


@dataclass(frozen=True)
class VerifiedReceipt:
    """A receipt's key, the number of files it names, and their damage.

    For a user's file it is the key of the file itself: once deleted, the next render uploads it again.
    """

    key: str
    num_files: int
    damage: tuple[str, ...]


def verify_receipts(store: Store) -> Iterator[VerifiedReceipt]:
    """Verify every file that any receipt names, and users' files, whose names are their hashes."""
    for found in list(store.list(keys.RECEIPTS)):
        try:
            receipt = Receipt.from_bytes(store.get_bytes(found.key))
        except ValueError as error:
            yield VerifiedReceipt(found.key, 0, (f"{found.key}: {error}",))
            continue
        wrong = tuple(line for entry in receipt.files if (line := find_damage(store, entry)))
        yield VerifiedReceipt(found.key, len(receipt.files), wrong)
    for found in list(store.list(keys.USER_FILES)):
        sha256 = found.key.removeprefix(keys.USER_FILES).partition(".")[0]
        line = find_damage(store, FileEntry(found.key, found.num_bytes, sha256))
        yield VerifiedReceipt(found.key, 1, (line,) if line else ())
