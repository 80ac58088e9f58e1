"""Whether stored files are what their receipts say."""

from collections.abc import Iterator
from dataclasses import dataclass

from hdrbatch.errors import ObjectNotFoundError
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store
from hdrbatch.storage.receipts import Receipt


def damage(store: Store, entry: FileEntry) -> str | None:
    """What is wrong with a stored file, in a line; None where it is whole."""
    try:
        data = store.get_bytes(entry.key)
    except ObjectNotFoundError:
        return f"{entry.key}: missing"
    if len(data) != entry.num_bytes:
        return f"{entry.key}: {len(data)} bytes where its receipt says {entry.num_bytes}"
    return None if entry.is_of(data) else f"{entry.key}: its SHA-256 is not that of its receipt"


@dataclass(frozen=True)
class VerifiedReceipt:
    """A receipt's key, how many files it names, and what is wrong with them.

    Of a user's own file it is the file's own key: withdrawn, the next render stores it again.
    """

    key: str
    num_files: int
    damage: tuple[str, ...]


def verify_receipts(store: Store) -> Iterator[VerifiedReceipt]:
    """Re-hash every file that any receipt names, and users' own files, whose names are their hashes."""
    for found in list(store.list(keys.RECEIPTS)):
        try:
            receipt = Receipt.from_bytes(store.get_bytes(found.key))
        except ValueError as error:
            yield VerifiedReceipt(found.key, 0, (f"{found.key}: {error}",))
            continue
        wrong = tuple(line for entry in receipt.files if (line := damage(store, entry)))
        yield VerifiedReceipt(found.key, len(receipt.files), wrong)
    for found in list(store.list(keys.OWN_FILES)):
        sha256 = found.key.removeprefix(keys.OWN_FILES).partition(".")[0]
        line = damage(store, FileEntry(found.key, found.num_bytes, sha256))
        yield VerifiedReceipt(found.key, 1, (line,) if line else ())
