"""Receipts: a result is visible if and only if its receipt is stored."""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from hdrbatch.errors import CorruptObjectError, ObjectNotFoundError, StoreError
from hdrbatch.kinds import Kind
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store
from hdrbatch.storage.retrying import with_retries
from hdrbatch.stored_names import check_key, check_name

if TYPE_CHECKING:
    from pydantic import TypeAdapter

NUM_LISTINGS = 6
"""Listings that are awaited to show a new receipt."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TaskRef:
    """Reference to one task and the result expected of it; the digest is empty if it is not known yet."""

    kind: Kind
    id: str
    digest: str

    def __post_init__(self) -> None:
        check_key(self.id)
        if self.digest != "":
            check_name(self.digest)


@dataclass(frozen=True)
class Receipt:
    """Record of a finished task: its files, and the time and memory it used."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

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
            receipt = _parser().validate_python(values)
        except (TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"not a receipt: {error}") from error
        check_key(receipt.task)
        check_name(receipt.digest)
        return receipt


@cache
def _parser() -> "TypeAdapter[Receipt]":
    from pydantic import TypeAdapter

    return TypeAdapter(Receipt)


def _checksum(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def read_receipt(store: Store, ref: TaskRef) -> Receipt | None:
    """Return the receipt of a result, or None if there is none.

    Reading changes nothing: a receipt that cannot be read stays where it is. It counts as damaged only if two
    reads return the same damaged bytes; a single bad read may be a transfer error.

    Raises
    ------
    CorruptObjectError
        If the stored receipt is damaged; the message has the command that withdraws it.
    StoreError
        If the store cannot be read.
    """
    key = keys.receipt(ref.kind, ref.id, ref.digest)
    wrong: list[bytes] = []

    def read() -> Receipt | None:
        try:
            data = store.get_bytes(key)
        except ObjectNotFoundError:
            return None
        receipt = _valid(data, ref)
        if receipt is None:
            wrong.append(data)
            raise CorruptObjectError(
                f"{store.url}: receipt {key} is damaged; hdrbatch store verify --repair withdraws it, and "
                "the next run regenerates its files"
            )
        return receipt

    return with_retries(read, is_final=lambda _: bool(wrong) and wrong.count(wrong[-1]) > 1)


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
            stored = store.get_bytes(key)
        except ObjectNotFoundError:
            # Swallowed, or not visible yet: it is written once more.
            raise StoreError(f"{store.url}: receipt {key} is not there after it was written") from None
        except CorruptObjectError:
            stored = b""
        if stored != data:
            store.delete(key)
            raise CorruptObjectError(f"{store.url}: receipt {key} does not read back as it was written")

    with_retries(write)


def withdraw_receipts(store: Store, kind: Kind, task_id: str, *, known: str = "") -> None:
    """Make every result of a task invisible, before its files are overwritten.

    Receipts of other digests name the same files, and one of this digest is no longer valid if the task is
    rerun. Repeats until no receipt that was listed can be read: listings have no checksum and may lag, and a
    corrupted key deletes nothing.

    Parameters
    ----------
    known
        Digest of a receipt to withdraw even if no listing shows it.

    Raises
    ------
    StoreError
        If a receipt cannot be deleted.
    """
    prefix = keys.receipts_of_task(kind, task_id)
    own = {keys.receipt(kind, task_id, known)} if known else set()

    def withdraw() -> None:
        found = {one.key for one in store.list(prefix)}
        for key in found | own:
            store.delete(key)
        left = {one.key for one in store.list(prefix)} if found else set()
        for key in sorted(left | own):
            if _exists(store, key):
                raise StoreError(f"{store.url}: cannot withdraw {key}: it still exists")

    with_retries(withdraw)


def withdraw_other_receipts(store: Store, receipt: Receipt) -> None:
    """Withdraw receipts of a task's earlier results that were not listed before they were overwritten.

    Waits until a listing shows the new receipt: then it shows older ones too. A listing that never shows it
    is reported, since the result is complete all the same.

    Raises
    ------
    StoreError
        If the store cannot be listed, or a receipt cannot be deleted.
    """
    own = keys.receipt(receipt.kind, receipt.task, receipt.digest)
    prefix = keys.receipts_of_task(receipt.kind, receipt.task)
    listed: set[str] = set()

    def list_own() -> None:
        listed.update(one.key for one in store.list(prefix))
        if own not in listed:
            raise StoreError(f"{store.url}: cannot list {own} yet, which is stored")

    try:
        with_retries(list_own, num_tries=NUM_LISTINGS)
    except StoreError:
        if not listed and not _exists(store, own):
            raise
        _log.warning("%s: listings lag: they do not show %s, which is stored", store.url, own)
    for key in sorted(listed - {own}):
        store.delete(key)


def _exists(store: Store, key: str) -> bool:
    try:
        store.get_bytes(key)
    except ObjectNotFoundError:
        return False
    return True


def current_result(store: Store, kind: Kind, task_id: str) -> TaskRef | None:
    """Return the result of a task that the store holds now, whatever its digest, or None."""
    prefix = keys.receipts_of_task(kind, task_id)
    for found in store.list(prefix):
        digest = found.key[len(prefix) :].removesuffix(".json")
        if "/" not in digest:
            return TaskRef(kind, task_id, digest)
    return None
