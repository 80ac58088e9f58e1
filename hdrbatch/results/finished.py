"""What a store's finished tasks left, read and verified."""

from collections.abc import Mapping

from hdrbatch.errors import CorruptObjectError, MissingInputError
from hdrbatch.records.dataset_index import DatasetScene
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store
from hdrbatch.storage.receipts import Receipt, current_result, read_receipt


def finished_tasks(store: Store, kind: str) -> list[str]:
    """Ids of all tasks of a kind that have a receipt."""
    prefix = keys.receipts_of_kind(kind)
    return sorted({found.key[len(prefix) :].rpartition("@")[0] for found in store.list(prefix)} - {""})


def receipt_of(store: Store, kind: str, task_id: str) -> Receipt:
    """The receipt of a task's result; raises MissingInputError where there is none that is valid."""
    ref = current_result(store, kind, task_id)
    receipt = read_receipt(store, ref) if ref is not None else None
    if receipt is None:
        raise MissingInputError(f"{store.url}: {kind} {task_id} has no valid receipt: run its command again")
    return receipt


def files_of(receipt: Receipt) -> Mapping[str, FileEntry]:
    """A receipt's files by key."""
    return {entry.key: entry for entry in receipt.files}


def indexed_file(entry: DatasetScene, key: str) -> FileEntry:
    """A scene's file in its dataset's index; raises MissingInputError where it has none."""
    try:
        return entry.file(key)
    except KeyError:
        raise MissingInputError(f"{key} is not in the dataset's index") from None


def read_verified(store: Store, entry: FileEntry) -> bytes:
    """Read an object and compare it with what its receipt or index says.

    Once, without the patience of a download: a person had better be told what is wrong than wait for it.

    Raises
    ------
    CorruptObjectError
        Where the bytes are not those that were stored.
    ObjectNotFoundError
        Where the object is gone.
    """
    data = store.get_bytes(entry.key)
    if not entry.is_of(data):
        raise CorruptObjectError(
            f"{entry.key} is not what was stored (its size or SHA-256 differs): "
            "hdrbatch store verify finds all such files"
        )
    return data


def read_named(store: Store, files: Mapping[str, FileEntry], key: str) -> bytes:
    """Read a file that a receipt must name, as :func:`read_verified` does."""
    if key not in files:
        raise MissingInputError(f"{key} is in no receipt")
    return read_verified(store, files[key])
