"""The node's cache: once per node, never wrong, never too large, never in the way."""

import errno
import logging
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hdrbatch.errors import CorruptObjectError, ObjectNotFoundError, StoreError
from hdrbatch.storage.cache import NodeCache
from hdrbatch.storage.folder import FolderStore
from hdrbatch.storage.transfer import upload

ROOT = Path(__file__).parents[2]


class CountingStore(FolderStore):
    """A folder that counts its reads, which may take a while."""

    def __init__(self, root, delay_s=0.0):
        super().__init__(root)
        self.delay_s = delay_s
        self.reads = []

    def get_file(self, key, path):
        self.reads.append(key)
        time.sleep(self.delay_s)
        super().get_file(key, path)


@pytest.fixture
def store(tmp_path):
    return CountingStore(tmp_path / "store")


@pytest.fixture
def cache(tmp_path):
    return NodeCache(tmp_path / "cache", 1_000)


@pytest.fixture
def stored(store, tmp_path):
    """Store a file of a given size: ``stored("name", 100)`` returns its entry."""

    def stored(name, num_bytes):
        path = tmp_path / "source"
        path.write_bytes(os.urandom(num_bytes))
        entry = upload(store, name, path)
        store.reads.clear()
        return entry

    return stored


def cached(cache):
    return {path.name for path in (cache.folder / "objects").iterdir()}


def test_a_file_is_downloaded_once_and_linked_read_only(store, cache, stored, tmp_path):
    entry = stored("file", 100)
    first = cache.fetch(store, entry, tmp_path / "a" / "file")
    second = cache.fetch(store, entry, tmp_path / "b" / "file")
    assert first.read_bytes() == second.read_bytes() == store.get_bytes("file")
    assert store.reads == ["file"]
    assert first.samefile(second)
    assert first.stat().st_mode & 0o777 == 0o444
    assert list((cache.folder / "incoming").iterdir()) == []


def test_tasks_that_start_at_once_download_once(store, stored, tmp_path):
    entry = stored("file", 100)
    store.delay_s = 0.3

    def task(number):
        path = tmp_path / f"task-{number}" / "file"
        return NodeCache(tmp_path / "cache", 1_000).fetch(store, entry, path).read_bytes()

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(task, range(10))) == {store.get_bytes("file")}
    assert store.reads == ["file"]


FETCH = """
import sys, time
from pathlib import Path
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage.cache import NodeCache
from hdrbatch.storage.folder import FolderStore

class SlowStore(FolderStore):
    def get_file(self, key, path):
        path.write_bytes(b"half")
        print("downloading", flush=True)
        time.sleep(60)

entry = FileEntry("file", int(sys.argv[3]), sys.argv[4])
NodeCache(Path(sys.argv[1]), 1_000).fetch(SlowStore(Path(sys.argv[2])), entry, Path(sys.argv[5]))
"""


def killed_in_mid_download(cache, store, entry, path):
    arguments = [cache.folder, store.root, entry.num_bytes, entry.sha256, path]
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(FETCH), *map(str, arguments)], stdout=subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout.readline() == b"downloading\n"
    return process


def test_a_writer_that_is_killed_holds_nobody_up_and_leaves_nothing(store, cache, stored, tmp_path):
    entry = stored("file", 100)
    process = killed_in_mid_download(cache, store, entry, tmp_path / "theirs")
    ours = threading.Thread(target=cache.fetch, args=(store, entry, tmp_path / "ours"))
    ours.start()
    ours.join(timeout=0.5)
    assert ours.is_alive()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    ours.join(timeout=20)
    assert (tmp_path / "ours").read_bytes() == store.get_bytes("file")
    assert list((cache.folder / "incoming").iterdir()) == []
    assert cached(cache) == {entry.sha256}


def test_leftovers_of_killed_writers_of_other_files_are_removed_and_running_downloads_are_not(
    store, cache, stored, tmp_path
):
    killed, running, wanted = (stored(name, 100) for name in ("killed", "running", "wanted"))
    first = killed_in_mid_download(cache, store, killed, tmp_path / "1")
    second = killed_in_mid_download(cache, store, running, tmp_path / "2")
    try:
        first.kill()
        first.wait()
        assert len(list((cache.folder / "incoming").iterdir())) == 2
        cache.fetch(store, wanted, tmp_path / "wanted")
        assert [path.name for path in (cache.folder / "incoming").iterdir()] == [running.sha256]
    finally:
        second.kill()
        second.wait()
        for process in (first, second):
            process.stdout.close()


@pytest.mark.parametrize("damage", [b"", b"x" * 100, b"x" * 99])
def test_a_damaged_file_in_the_cache_is_never_handed_on(damage, store, cache, stored, tmp_path):
    entry = stored("file", 100)
    cache.fetch(store, entry, tmp_path / "first").unlink()
    inside = cache.folder / "objects" / entry.sha256
    inside.chmod(0o644)
    inside.write_bytes(damage)
    assert cache.fetch(store, entry, tmp_path / "second").read_bytes() == store.get_bytes("file")
    assert store.reads == ["file", "file"]
    assert cache.fetch(store, entry, tmp_path / "third").read_bytes() == store.get_bytes("file")
    assert store.reads == ["file", "file"]


@pytest.mark.skipif(os.getuid() == 0, reason="root may write into read-only files")
def test_a_task_cannot_write_into_its_input(store, cache, stored, tmp_path):
    path = cache.fetch(store, stored("file", 100), tmp_path / "file")
    with pytest.raises(PermissionError):
        path.write_bytes(b"x")


def test_what_was_used_longest_ago_goes_first(store, cache, stored, tmp_path):
    entries = {name: stored(name, 400) for name in ("first", "second", "third")}
    for name in ("first", "second"):
        cache.fetch(store, entries[name], tmp_path / name)
        time.sleep(0.02)
    cache.fetch(store, entries["first"], tmp_path / "again")
    time.sleep(0.02)
    cache.fetch(store, entries["third"], tmp_path / "third")
    assert cached(cache) == {entries["first"].sha256, entries["third"].sha256}
    # Who had it keeps it.
    assert (tmp_path / "second").read_bytes() == store.get_bytes("second")


def test_a_file_as_large_as_the_cache_comes_in_and_a_larger_one_goes_past_it(store, cache, stored, tmp_path):
    small, full, larger = stored("small", 10), stored("full", 1_000), stored("larger", 1_001)
    cache.fetch(store, small, tmp_path / "small")
    cache.fetch(store, full, tmp_path / "full")
    assert cached(cache) == {full.sha256}
    assert cache.fetch(store, larger, tmp_path / "larger").stat().st_size == 1_001
    assert cached(cache) == {full.sha256}


def test_many_at_once_in_a_small_cache_get_what_they_asked_for(store, cache, stored, tmp_path):
    entries = [stored(f"file-{number}", 300) for number in range(12)]

    def task(number):
        entry = entries[number % 12]
        path = NodeCache(cache.folder, 1_000).fetch(store, entry, tmp_path / f"task-{number}")
        return path.read_bytes() == store.get_bytes(entry.key)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(task, range(60)))
    assert sum(path.stat().st_size for path in (cache.folder / "objects").iterdir()) <= 1_000


@pytest.mark.parametrize("code", [errno.EXDEV, errno.EPERM, errno.EMLINK])
def test_where_links_are_refused_files_are_copied_and_looked_at(
    code, store, cache, stored, tmp_path, monkeypatch
):
    entry = stored("file", 100)

    def refused(source, path):
        if not Path(source).exists():
            raise FileNotFoundError(source)
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", refused)
    for name in ("first", "second"):
        path = cache.fetch(store, entry, tmp_path / name)
        assert path.read_bytes() == store.get_bytes("file")
        assert path.stat().st_nlink == 1
    assert store.reads == ["file"]


def test_errors_of_the_store_pass_unchanged_and_leave_nothing(store, cache, stored, tmp_path):
    entry = stored("file", 100)
    store.put_bytes("file", b"x" * 100)
    with pytest.raises(CorruptObjectError, match="file does not match its recorded size or SHA-256"):
        cache.fetch(store, entry, tmp_path / "file")
    store.delete("file")
    with pytest.raises(ObjectNotFoundError, match="there is no file"):
        cache.fetch(store, entry, tmp_path / "file")
    assert not (tmp_path / "file").exists()
    assert cached(cache) == set()
    assert list((cache.folder / "incoming").iterdir()) == []


@pytest.fixture
def tiny_disk(tmp_path):
    """A real file system of 1 MB."""
    if os.getuid() != 0:
        pytest.skip("only root can mount a small file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small file system cannot be mounted: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_cache_on_a_full_disk_is_gone_past_with_one_warning(store, stored, tmp_path, tiny_disk, caplog):
    cache = NodeCache(tiny_disk / "cache", 10**9)
    entries = [stored(f"file-{number}", 700_000) for number in range(3)]
    (tiny_disk / "ballast").write_bytes(bytes(500_000))
    with caplog.at_level(logging.WARNING):
        for entry in entries:
            path = cache.fetch(store, entry, tmp_path / "task" / entry.key)
            assert path.read_bytes() == store.get_bytes(entry.key)
    warnings = [record.message for record in caplog.records if "cannot be used" in record.message]
    assert len(warnings) == 1
    assert "No space left" in warnings[0]
    assert cached(cache) == set()
    assert list((cache.folder / "incoming").iterdir()) == []
    # With room again it is a cache again.
    (tiny_disk / "ballast").unlink()
    store.reads.clear()
    for name in ("first", "second"):
        cache.fetch(store, entries[0], tmp_path / name)
    assert store.reads == [entries[0].key]


def test_an_s3_download_to_a_full_disk_is_said_at_once_and_caching_goes_past_it(
    s3_store, stored, store, tmp_path, tiny_disk, monkeypatch
):
    source = tmp_path / "source"
    source.write_bytes(os.urandom(2_000_000))
    entry = upload(s3_store, "file", source)
    monkeypatch.setattr("hdrbatch.storage.retrying.FIRST_DELAY_S", 60.0)
    with pytest.raises(StoreError, match="No space left"):
        NodeCache(tiny_disk / "cache", 10**9).fetch(s3_store, entry, tiny_disk / "file")
    path = NodeCache(tiny_disk / "cache", 10**9).fetch(s3_store, entry, tmp_path / "file")
    assert path.read_bytes() == source.read_bytes()


def test_a_store_on_a_full_disk_refuses_and_keeps_what_it_had(tmp_path, tiny_disk, monkeypatch):
    monkeypatch.setattr("hdrbatch.storage.retrying.FIRST_DELAY_S", 60.0)
    store = FolderStore(tiny_disk / "store")
    source = tmp_path / "source"
    source.write_bytes(os.urandom(600_000))
    entry = upload(store, "first", source)
    source.write_bytes(os.urandom(600_000))
    with pytest.raises(StoreError, match="cannot write .*: No space left"):
        upload(store, "second", source)
    with pytest.raises(StoreError, match="cannot write .*: No space left"):
        upload(store, "first", source)
    assert [found.key for found in store.list("")] == ["first"]
    assert entry.matches(store.get_bytes("first"))
    assert [path.name for path in store.root.iterdir()] == ["first"]


def test_a_cache_that_may_not_be_made_is_gone_past(store, stored, tmp_path, caplog):
    (tmp_path / "file").write_bytes(b"")
    entry = stored("file", 100)
    cache = NodeCache(tmp_path / "file" / "cache", 1_000)
    with caplog.at_level(logging.WARNING):
        path = cache.fetch(store, entry, tmp_path / "out")
    assert path.read_bytes() == store.get_bytes("file")
    assert "cannot be used ([Errno 20] Not a directory" in caplog.text
