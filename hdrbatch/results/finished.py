"""Results of a store's finished tasks, read and verified."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from hdrbatch.errors import CorruptObjectError, MissingInputError
from hdrbatch.kinds import Kind
from hdrbatch.records.base import RecordType, parse_record
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store
from hdrbatch.storage.receipts import Receipt, current_result, read_receipt


@dataclass(frozen=True)
class FinishedTask:
    """A task that is done: its receipt, and the files that the receipt lists."""

    store: Store
    receipt: Receipt

    @cached_property
    def files(self) -> Mapping[str, FileEntry]:
        """The receipt's files by key."""
        return {entry.key: entry for entry in self.receipt.files}

    def entry(self, key: str) -> FileEntry:
        """Find a file by its key; raise MissingInputError if the receipt does not list it."""
        try:
            return self.files[key]
        except KeyError:
            raise MissingInputError(f"{key} is in no receipt; rerun the command that makes it") from None

    def read(self, key: str) -> bytes:
        """Read a file, as :func:`read_verified` does."""
        return read_verified(self.store, self.entry(key))

    def record(self, key: str, record: type[RecordType]) -> RecordType:
        """Read a file that is a record; raise CorruptObjectError if it is not a valid one."""
        return parse_record(self.read(key), key, record)


def finished_task(store: Store, kind: Kind, task_id: str) -> FinishedTask:
    """Find a task's result; raise MissingInputError if it has no valid receipt."""
    ref = current_result(store, kind, task_id)
    receipt = read_receipt(store, ref) if ref is not None else None
    if receipt is None:
        raise MissingInputError(f"{store.url}: {kind} {task_id} has no valid receipt; rerun its command")
    return FinishedTask(store, receipt)


def finished_tasks(store: Store, kind: Kind) -> list[str]:
    """Return the ids of all tasks of a kind that have a receipt."""
    prefix = keys.receipts_of_kind(kind)
    return sorted({found.key[len(prefix) :].rpartition("@")[0] for found in store.list(prefix)} - {""})


def read_verified(store: Store, entry: FileEntry) -> bytes:
    """Read an object and verify it against its receipt or index.

    Reads once, without retries: an interactive command should report damage at once.

    Raises
    ------
    CorruptObjectError
        If the bytes do not match the recorded size and SHA-256.
    ObjectNotFoundError
        If the object does not exist.
    """
    data = store.get_bytes(entry.key)
    if not entry.matches(data):
        raise CorruptObjectError(
            f"{entry.key} does not match its recorded size or SHA-256; "
            "hdrbatch store verify lists all damaged files"
        )
    return data
