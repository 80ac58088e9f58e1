"""Receipts: a result is visible if and only if its receipt is stored."""

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
from hdrbatch.storage.retrying import with_retries

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TaskRef:
    """Reference to one task and the result expected of it."""

    kind: Kind
    id: str
    digest: str


@dataclass(frozen=True)
class Receipt:
    """Record of a finished task: its files, and the time and memory it used."""

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
        """The task and the result that this receipt is for."""
        return TaskRef(self.kind, self.task, self.digest)

    def to_bytes(self) -> bytes:
        """Return the receipt as JSON text, with a checksum of all its values."""
        values = asdict(self)
        return json.dumps(values | {"checksum": _checksum(values)}, indent=1).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Receipt":
        """Parse the output of :meth:`to_bytes`; raise ValueError if it is not a receipt or is damaged."""
        try:
            values: dict[str, Any] = json.loads(data)
            # Receipts of version 0.1.0 have no checksum; damage cannot remove it from one that has.
            if (checksum := values.pop("checksum", None)) is not None and checksum != _checksum(values):
                raise ValueError("its checksum does not match its content")
            values["files"] = tuple(FileEntry(**entry) for entry in values["files"])
            return cls(**values | {"kind": Kind(values["kind"])})
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a receipt: {error}") from error


def _checksum(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def read_receipt(store: Store, ref: TaskRef) -> Receipt | None:
    """Return the receipt of a result, or None if there is none.

    A damaged receipt is withdrawn, because a listing cannot distinguish it from a valid one. It counts as
    damaged only if two reads return the same damaged bytes; a single bad read may be a transfer error.

    Raises
    ------
    StoreError
        If every read returns different bytes.
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
            raise CorruptObjectError(f"{store.url}: receipt {key} was damaged when read")
        if receipt is None:
            _log.warning(
                "%s: receipt %s is damaged; it is withdrawn, and its task will be rerun", store.url, key
            )
            store.delete(key)
        return receipt

    return with_retries(read)


def _valid(data: bytes, ref: TaskRef) -> Receipt | None:
    try:
        receipt = Receipt.from_bytes(data)
    except ValueError:
        return None
    return receipt if receipt.ref == ref and receipt.files else None


def write_receipt(store: Store, receipt: Receipt) -> None:
    """Write a receipt and read it back, since every result depends on it."""
    key = keys.receipt(receipt.kind, receipt.task, receipt.digest)
    data = receipt.to_bytes()

    def write() -> None:
        try:
            store.put_bytes(key, data)
            is_stored = store.get_bytes(key) == data
        except CorruptObjectError:
            is_stored = False
        if not is_stored:
            store.delete(key)
            raise CorruptObjectError(f"{store.url}: receipt {key} does not read back as it was written")

    with_retries(write)


def withdraw_receipts(store: Store, kind: Kind, task_id: str) -> None:
    """Make every result of a task invisible, before its files are overwritten.

    Receipts of other digests name the same files, and one of this digest is no longer valid if the task is
    rerun. Repeats until a listing shows no receipt: listings have no checksum, and a corrupted key deletes
    nothing.

    Raises
    ------
    StoreError
        If a receipt cannot be deleted.
    """
    prefix = keys.receipts_of_task(kind, task_id)

    def withdraw() -> None:
        found = [one.key for one in store.list(prefix)]
        for key in found:
            store.delete(key)
        if found and (left := [one.key for one in store.list(prefix)]):
            raise StoreError(f"{store.url}: cannot withdraw {left[0]}: it still exists")

    with_retries(withdraw)


def current_result(store: Store, kind: Kind, task_id: str) -> TaskRef | None:
    """Return the result of a task that the store holds now, whatever its digest, or None."""
    prefix = keys.receipts_of_task(kind, task_id)
    for found in store.list(prefix):
        return TaskRef(kind, task_id, found.key[len(prefix) :].removesuffix(".json"))
    return None
