"""Receipts: a result is visible if and only if its receipt is."""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from hdrbatch.errors import CorruptObjectError, ObjectNotFoundError
from hdrbatch.records import FileEntry
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TaskRef:
    """Names one task and the result that is wanted of it."""

    kind: str
    id: str
    digest: str


@dataclass(frozen=True)
class Receipt:
    """What a finished task left behind, and what it took."""

    kind: str
    task: str
    digest: str
    files: tuple[FileEntry, ...]
    versions: Mapping[str, str]
    host: str
    wall_s: float
    cpu_s: float
    peak_memory_bytes: int
    phases_s: Mapping[str, float]
    image_digest: str | None = None

    @property
    def ref(self) -> TaskRef:
        """The task and result it is for."""
        return TaskRef(self.kind, self.task, self.digest)

    def to_bytes(self) -> bytes:
        """As JSON text."""
        return json.dumps(asdict(self), indent=1).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Receipt":
        """Inverse of :meth:`to_bytes`; raises ValueError where it is no receipt."""
        try:
            values: dict[str, Any] = json.loads(data)
            values["files"] = tuple(FileEntry(**entry) for entry in values["files"])
            return cls(**values)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a receipt: {error}") from error


def read_receipt(store: Store, ref: TaskRef) -> Receipt | None:
    """The receipt of a result, or None where there is none.

    A damaged one is withdrawn on the way: a listing cannot tell it from a valid one.
    """
    key = keys.receipt(ref.kind, ref.id, ref.digest)
    try:
        receipt = Receipt.from_bytes(store.get_bytes(key))
        if receipt.ref == ref and receipt.files:
            return receipt
    except ObjectNotFoundError:
        return None
    except ValueError:
        pass
    _log.warning(
        "%s: the receipt %s is damaged: it is withdrawn, and its task will run again", store.url, key
    )
    store.delete(key)
    return None


def write_receipt(store: Store, receipt: Receipt) -> None:
    """Make a result visible; read back, since everything rests on it."""
    key = keys.receipt(receipt.kind, receipt.task, receipt.digest)
    data = receipt.to_bytes()
    store.put_bytes(key, data)
    if store.get_bytes(key) != data:
        store.delete(key)
        raise CorruptObjectError(f"{store.url}: the receipt {key} does not come back as it was written")


def withdraw_receipts(store: Store, kind: str, task_id: str) -> None:
    """Make every result of a task invisible, before its files are written over.

    Those of other digests name the same files, and one of this digest is not valid if it is made again.
    """
    for found in list(store.list(keys.receipts_of_task(kind, task_id))):
        store.delete(found.key)


def current_result(store: Store, kind: str, task_id: str) -> TaskRef | None:
    """The result of a task that the store holds now, of whatever digest."""
    prefix = keys.receipts_of_task(kind, task_id)
    for found in store.list(prefix):
        return TaskRef(kind, task_id, found.key[len(prefix) :].removesuffix(".json"))
    return None
