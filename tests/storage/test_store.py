"""One set of tests for every store."""

import os

import pytest

from hdrbatch.errors import ObjectNotFoundError
from hdrbatch.storage.base import StoredObject
from hdrbatch.storage.folder import FolderStore
from hdrbatch.storage.s3 import MULTIPART_THRESHOLD_BYTES


def test_bytes_come_back(store):
    store.put_bytes("a/b", b"radiance")
    assert store.get_bytes("a/b") == b"radiance"


def test_a_file_comes_back(store, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(os.urandom(100_000))
    store.put_file("folder/file", source)
    store.get_file("folder/file", tmp_path / "new" / "copy")
    assert (tmp_path / "new" / "copy").read_bytes() == source.read_bytes()


def test_a_large_file_comes_back(store, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(os.urandom(MULTIPART_THRESHOLD_BYTES + 12345))
    store.put_file("large", source)
    store.get_file("large", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == source.read_bytes()


def test_a_put_replaces_what_was_there(store):
    store.put_bytes("key", b"long before")
    store.put_bytes("key", b"now")
    assert store.get_bytes("key") == b"now"


def test_objects_are_listed_by_prefix_with_sizes_in_order(store):
    for key in ("a/2", "a/1", "ab/1", "b/1"):
        store.put_bytes(key, key.encode())
    assert list(store.list("a/")) == [StoredObject("a/1", 3), StoredObject("a/2", 3)]
    assert [found.key for found in store.list("a")] == ["a/1", "a/2", "ab/1"]
    assert [found.key for found in store.list("")] == ["a/1", "a/2", "ab/1", "b/1"]
    assert list(store.list("c/")) == []
    assert [found.key for found in store.list("b/1")] == ["b/1"]


def test_a_prefix_may_end_inside_a_name(store):
    for key in ("receipts/kind/task@1.json", "receipts/kind/task@2.json", "receipts/kind/task2@1.json"):
        store.put_bytes(key, b"{}")
    assert [found.key for found in store.list("receipts/kind/task@")] == [
        "receipts/kind/task@1.json",
        "receipts/kind/task@2.json",
    ]


def test_what_is_not_there_is_an_error_when_read_and_none_when_deleted(store, tmp_path):
    with pytest.raises(ObjectNotFoundError, match="no/such"):
        store.get_bytes("no/such")
    with pytest.raises(ObjectNotFoundError, match="no/such"):
        store.get_file("no/such", tmp_path / "copy")
    store.delete("no/such")


def test_a_deleted_object_is_gone(store):
    store.put_bytes("key", b"x")
    store.delete("key")
    assert list(store.list("")) == []


def test_keys_with_signs_and_at_come_back(store):
    key = "receipts/render_exposure/local/interior-0001/ev+4@abc.json"
    store.put_bytes(key, b"x")
    assert [found.key for found in store.list("receipts/")] == [key]
    assert store.get_bytes(key) == b"x"


def test_many_objects_are_all_listed(store):
    # S3 lists a thousand at a time.
    how_many = 50 if isinstance(store, FolderStore) else 1100
    for number in range(how_many):
        store.put_bytes(f"many/{number:04d}", b"x")
    assert len(list(store.list("many/"))) == how_many


def test_a_usable_store_passes_its_check_and_keeps_nothing_of_it(store):
    store.check()
    assert list(store.list("")) == []
