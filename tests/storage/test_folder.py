import os
import time

import pytest

from hdrbatch.errors import StoreAddressError, StoreError
from hdrbatch.storage.folder import TEMPORARY_PREFIX, FolderStore


@pytest.fixture
def folder(tmp_path):
    return FolderStore(tmp_path / "store")


@pytest.mark.parametrize("key", ["../outside", "a/../../b", "/etc/passwd", "", "a//b", "a/"])
def test_a_key_cannot_leave_the_folder(folder, key):
    with pytest.raises(StoreError, match="is not a valid key"):
        folder.put_bytes(key, b"x")


def test_a_writer_that_fails_leaves_the_old_object_and_no_temporary_file(folder, tmp_path):
    folder.put_bytes("key", b"old")
    with pytest.raises(StoreError, match="cannot write key"):
        folder.put_file("key", tmp_path / "missing")
    assert folder.get_bytes("key") == b"old"
    assert [path.name for path in folder.root.iterdir()] == ["key"]


def test_leftovers_of_killed_writers_are_not_listed_and_are_found(folder):
    folder.put_bytes("a/key", b"x")
    leftover = folder.root / "a" / f"{TEMPORARY_PREFIX}123"
    leftover.write_bytes(b"half")
    assert [found.key for found in folder.list("")] == ["a/key"]
    assert list(folder.leftovers(older_than_s=3600)) == []
    os.utime(leftover, (time.time() - 7200,) * 2)
    assert list(folder.leftovers(older_than_s=3600)) == []  # a store has no objects there
    ours = folder.root / "datasets" / leftover.name
    ours.parent.mkdir()
    leftover.rename(ours)
    assert list(folder.leftovers(older_than_s=3600)) == [ours]


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreAddressError, match="give a writable folder with --store"):
        FolderStore(tmp_path / "file" / "store").check()


def test_stored_files_have_the_usual_permissions(folder):
    folder.put_bytes("key", b"x")
    umask = os.umask(0)
    os.umask(umask)
    assert (folder.root / "key").stat().st_mode & 0o777 == 0o666 & ~umask
