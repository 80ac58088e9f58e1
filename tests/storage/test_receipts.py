import dataclasses

import pytest

from hdrbatch.errors import CorruptObjectError
from hdrbatch.kinds import Kind
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage import keys
from hdrbatch.storage.receipts import (
    Receipt,
    TaskRef,
    current_result,
    read_receipt,
    withdraw_receipts,
    write_receipt,
)
from hdrbatch.storage.transfer import upload
from hdrbatch.storage.verification import verify_receipts
from hdrbatch.submit.garbage import unreferenced

REF = TaskRef(Kind.RENDER_EXPOSURE, "set/scene/ev+0", "a" * 64)


SOME_FILE = FileEntry("datasets/set/file", 1, "0" * 64)


def receipt(ref=REF, files=(SOME_FILE,)):
    return Receipt(
        kind=ref.kind,
        task=ref.id,
        digest=ref.digest,
        files=tuple(files),
        versions={"python": "3"},
        host="here",
        wall_s=1.0,
        cpu_s=1.0,
        peak_memory_bytes=1,
        phases_s={"sampling": 0.5},
    )


def test_a_receipt_comes_back(store):
    write_receipt(store, receipt())
    assert read_receipt(store, REF) == receipt()
    assert current_result(store, REF.kind, REF.id) == REF


def test_a_damaged_receipt_is_an_error_and_stays(store):
    key = keys.receipt(REF.kind, REF.id, REF.digest)
    for damaged in (
        receipt(files=()).to_bytes(),
        b"{",
        b"[]",
        b'{"kind": "render_exposure"}',
        receipt().to_bytes()[:-20],
    ):
        store.put_bytes(key, damaged)
        with pytest.raises(CorruptObjectError, match=r"is damaged; hdrbatch store verify --repair"):
            read_receipt(store, REF)
        assert store.get_bytes(key) == damaged


def test_a_receipt_of_something_else_under_this_key_is_damaged(store):
    other = dataclasses.replace(receipt(), task="set/scene/ev+1")
    store.put_bytes(keys.receipt(REF.kind, REF.id, REF.digest), other.to_bytes())
    with pytest.raises(CorruptObjectError):
        read_receipt(store, REF)


def test_withdrawing_takes_all_receipts_of_a_task_and_none_of_another(store):
    older = TaskRef(REF.kind, REF.id, "b" * 64)
    neighbour = TaskRef(REF.kind, REF.id + "1", "b" * 64)
    for ref in (REF, older, neighbour):
        write_receipt(store, receipt(ref))
    withdraw_receipts(store, REF.kind, REF.id)
    assert read_receipt(store, older) is None
    assert read_receipt(store, REF) is None
    assert read_receipt(store, neighbour) is not None


def test_verification_finds_damaged_and_missing_files(store, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"radiance")
    entries = [upload(store, f"datasets/set/{name}", path) for name in ("whole", "changed", "gone")]
    write_receipt(store, receipt(files=entries))
    store.put_bytes("datasets/set/changed", b"radiancf")
    store.delete("datasets/set/gone")
    (verified,) = verify_receipts(store)
    assert verified.num_files == 3
    assert [line.partition(":")[0] for line in verified.damage] == [
        "datasets/set/changed",
        "datasets/set/gone",
    ]


def test_what_no_receipt_names_is_garbage(store, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"radiance")
    write_receipt(store, receipt(files=[upload(store, "datasets/set/named", path)]))
    upload(store, "datasets/set/unnamed", path)
    assert [found.key for found in unreferenced(store)] == ["datasets/set/unnamed"]
