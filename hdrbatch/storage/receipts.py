"""Receipts: a result is visible if and only if its receipt is."""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from hdrbatch.errors import CorruptObjectError, ObjectNotFoundError, StoreError
from hdrbatch.kinds import Kind
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store
from hdrbatch.storage.retrying import retried

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TaskRef:
    """Names one task and the result that is wanted of it."""

    kind: Kind
    id: str
    digest: str


@dataclass(frozen=True)
class Receipt:
    """What a finished task left behind, and what it took."""

    kind: Kind
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
        """As JSON text, with a checksum of all its values."""
        values = asdict(self)
        return json.dumps(values | {"checksum": _checksum(values)}, indent=1).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Receipt":
        """Inverse of :meth:`to_bytes`; raises ValueError where it is no receipt, or a damaged one."""
        try:
            values: dict[str, Any] = json.loads(data)
            # Receipts of version 0.1.0 have none; damage cannot take a checksum out of one that has.
            if (checksum := values.pop("checksum", None)) is not None and checksum != _checksum(values):
                raise ValueError("its checksum is not that of its content")
            values["files"] = tuple(FileEntry(**entry) for entry in values["files"])
            return cls(**values | {"kind": Kind(values["kind"])})
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a receipt: {error}") from error


def _checksum(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def read_receipt(store: Store, ref: TaskRef) -> Receipt | None:
    """The receipt of a result, or None where there is none.

    A damaged one is withdrawn on the way: a listing cannot tell it from a valid one. What came damaged
    once may be whole in the store, so it counts as damaged when the same bytes have come twice.

    Raises
    ------
    StoreError
        Where it comes differently each time.
    """
    key = keys.receipt(ref.kind, ref.id, ref.digest)
    wrong: list[bytes] = []

    def read() -> Receipt | None:
        try:
            data = store.get_bytes(key)
        except ObjectNotFoundError:
            return None
        receipt = _valid(data, ref)
        if receipt is None and data not in wrong:
            wrong.append(data)
            raise CorruptObjectError(f"{store.url}: the receipt {key} comes damaged")
        if receipt is None:
            _log.warning(
                "%s: the receipt %s is damaged: it is withdrawn, and its task will run again", store.url, key
            )
            store.delete(key)
        return receipt

    return retried(read)


def _valid(data: bytes, ref: TaskRef) -> Receipt | None:
    try:
        receipt = Receipt.from_bytes(data)
    except ValueError:
        return None
    return receipt if receipt.ref == ref and receipt.files else None


def write_receipt(store: Store, receipt: Receipt) -> None:
    """Make a result visible; read back, since everything rests on it."""
    key = keys.receipt(receipt.kind, receipt.task, receipt.digest)
    data = receipt.to_bytes()

    def write() -> None:
        try:
            store.put_bytes(key, data)
            is_back = store.get_bytes(key) == data
        except CorruptObjectError:
            is_back = False
        if not is_back:
            store.delete(key)
            raise CorruptObjectError(f"{store.url}: the receipt {key} does not come back as it was written")

    retried(write)


def withdraw_receipts(store: Store, kind: Kind, task_id: str) -> None:
    """Make every result of a task invisible, before its files are written over.

    Those of other digests name the same files, and one of this digest is not valid if it is made again.
    A listing has no checksum, and a key that came wrong deletes nothing: so until there are none.

    Raises
    ------
    StoreError
        Where some cannot be deleted.
    """
    prefix = keys.receipts_of_task(kind, task_id)

    def withdraw() -> None:
        found = [one.key for one in store.list(prefix)]
        for key in found:
            store.delete(key)
        if found and (left := [one.key for one in store.list(prefix)]):
            raise StoreError(f"{store.url}: cannot withdraw {left[0]}: it is still there")

    retried(withdraw)


def current_result(store: Store, kind: Kind, task_id: str) -> TaskRef | None:
    """The result of a task that the store holds now, of whatever digest."""
    prefix = keys.receipts_of_task(kind, task_id)
    for found in store.list(prefix):
        return TaskRef(kind, task_id, found.key[len(prefix) :].removesuffix(".json"))
    return None
