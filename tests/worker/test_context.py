"""Inputs of a task: fetched concurrently, verified, and through the node's cache if there is one."""

import threading

import pytest

from hdrbatch.errors import CorruptObjectError
from hdrbatch.kinds import Kind
from hdrbatch.plan.task import Estimate, make_task
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage import retrying as retry
from hdrbatch.storage.cache import NodeCache
from hdrbatch.storage.folder import FolderStore
from hdrbatch.storage.transfer import upload
from hdrbatch.worker.context import TaskContext
from hdrbatch.worker.stop import StopRequest
from hdrbatch.worker.usage import Usage
from tests.waiting import PATIENCE_S

TASK = make_task(Kind.INDEX_DATASET, "d", {}, ("datasets/d/dataset.json",), Estimate(1, 1))


class CountingStore(FolderStore):
    """Store that counts downloads; with a meeting, each download waits for the others."""

    num_downloads = 0
    meeting = None

    def get_file(self, key, path):
        self.num_downloads += 1
        if self.meeting is not None:
            self.meeting.wait(timeout=PATIENCE_S)
        return super().get_file(key, path)


@pytest.fixture
def store(tmp_path):
    return CountingStore(tmp_path / "store")


@pytest.fixture
def entries(store, tmp_path):
    found = []
    for number in range(4):
        path = tmp_path / f"{number}"
        path.write_bytes(b"radiance" * (number + 1))
        found.append(upload(store, f"datasets/d/{number}", path))
    store.num_downloads = 0
    return found


def context(store, scratch, cache=None):
    return TaskContext(
        TASK, store, scratch, num_threads=1, stop=StopRequest(), usage=Usage(is_first=False), cache=cache
    )


def test_inputs_are_fetched_side_by_side_and_once(store, entries, tmp_path):
    task = context(store, tmp_path / "scratch")
    store.meeting = threading.Barrier(4)  # broken, and an error, where one waits for the others in vain
    task.fetch_all(entries)
    assert [task.fetch(entry).read_bytes() for entry in entries] == [b"radiance" * n for n in (1, 2, 3, 4)]
    assert store.num_downloads == 4
    assert task.usage.phases_s()["inputs"] > 0


def test_inputs_of_a_second_task_come_from_the_node_s_cache(store, entries, tmp_path):
    cache = NodeCache(tmp_path / "cache", 1 << 20)
    context(store, tmp_path / "first", cache).fetch_all(entries)
    second = context(store, tmp_path / "second", cache)
    second.fetch_all(entries)
    assert second.fetch(entries[3]).read_bytes() == b"radiance" * 4
    assert store.num_downloads == 4


def test_a_damaged_input_among_others_is_an_error(store, entries, tmp_path, monkeypatch):
    monkeypatch.setattr(retry, "FIRST_DELAY_S", 0.0)
    wrong = FileEntry(entries[0].key, entries[0].num_bytes, "0" * 64)
    with pytest.raises(CorruptObjectError):
        context(store, tmp_path / "scratch").fetch_all([wrong, *entries[1:]])
