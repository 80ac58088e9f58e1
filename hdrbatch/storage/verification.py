"""Verification of stored files against their receipts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hdrbatch.errors import ObjectNotFoundError, StoreError
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
    unreadable: tuple[str, ...] = ()
    """Files that could not be read: nothing is known about them."""


def verify_receipts(store: Store) -> Iterator[VerifiedReceipt]:
    """Verify every file that any receipt names, and users' files, whose names are their hashes."""
    for found in list(store.list(keys.RECEIPTS)):
        try:
            receipt = Receipt.from_bytes(store.get_bytes(found.key))
        except ObjectNotFoundError:
            continue  # withdrawn since it was listed
        except ValueError as error:
            yield VerifiedReceipt(found.key, 0, (f"{found.key}: {error}",))
        except StoreError as error:
            yield VerifiedReceipt(found.key, 0, (), (str(error),))
        else:
            yield _verified(store, found.key, receipt.files)
    for found in list(store.list(keys.USER_FILES)):
        sha256 = found.key.removeprefix(keys.USER_FILES).partition(".")[0]
        try:
            entry = FileEntry(found.key, found.num_bytes, sha256)
        except ValueError:
            yield VerifiedReceipt(found.key, 1, (), (f"{found.key}: its name is no SHA-256; it is skipped",))
        else:
            yield _verified(store, found.key, (entry,))


def _verified(store: Store, key: str, files: Iterable[FileEntry]) -> VerifiedReceipt:
    damage, unreadable, num_files = [], [], 0
    for entry in files:
        num_files += 1
        try:
            line = find_damage(store, entry)
        except StoreError as error:
            unreadable.append(str(error))
        else:
            damage += [line] if line is not None else []
    return VerifiedReceipt(key, num_files, tuple(damage), tuple(unreadable))
