"""The stored sum of a render's samples: it is read back, or rejected and the render starts from scratch."""

import json
import logging

import numpy as np
import pytest

from hdrbatch.blender.sampling import SampleSum
from hdrbatch.errors import InterruptedRunError, StoreAddressError
from hdrbatch.kinds import Kind
from hdrbatch.plan.task import Estimate, make_task
from hdrbatch.storage import keys
from hdrbatch.storage.folder import FolderStore
from hdrbatch.worker.context import TaskContext
from hdrbatch.worker.saved_samples import StoredProgress
from hdrbatch.worker.stop import StopRequest
from hdrbatch.worker.usage import Usage

SHAPE = (4, 6, 3)
DONE = SampleSum(24, np.random.default_rng(2).lognormal(0, 9, SHAPE))


def context_of(store, folder, seed=1, stop=None):
    payload = {"family": "outdoor", "seed": seed}
    task = make_task(Kind.RENDER_EXPOSURE, "set/outdoor-0001/ev+0", payload, ("a",), Estimate(1, 1))
    return TaskContext(task, store, folder, num_threads=1, stop=stop or StopRequest(), usage=Usage())


def progress_of(context, **changes):
    usual = {
        "total_samples": 64,
        "valid_samples": range(8, 64, 8),
        "shape": SHAPE,
        "made_by": "Blender 4.5",
    }
    return StoredProgress(context, **(usual | changes))


@pytest.fixture
def context(folder_store, tmp_path):
    return context_of(folder_store, tmp_path / "scratch")


def test_a_stored_sum_comes_back_to_the_bit_on_another_machine(store, tmp_path, caplog):
    progress_of(context_of(store, tmp_path / "one")).after_chunk(DONE)
    with caplog.at_level(logging.INFO):
        loaded = progress_of(context_of(store, tmp_path / "two")).load()
    assert loaded.samples == 24
    assert loaded.radiance.tobytes() == DONE.radiance.tobytes()
    assert "resuming from sample 24 of 64" in caplog.text


def test_there_is_one_object_whose_key_names_the_task_and_its_digest(folder_store, context):
    for samples in (8, 16, 24):
        progress_of(context).after_chunk(SampleSum(samples, DONE.radiance))
    task = context.task
    assert [found.key for found in folder_store.list("")] == [
        f"progress/render_exposure/set/outdoor-0001/ev+0@{task.digest}"
    ]
    assert progress_of(context).load().samples == 24


def test_nothing_stored_is_a_start_from_nothing(context, caplog):
    assert progress_of(context).load() is None
    assert caplog.text == ""


DAMAGES = {
    "a flipped bit in the sum": lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
    "a flipped bit in the count": lambda data: data.replace(b'"samples": 24', b'"samples": 16'),
    "cut short": lambda data: data[:-100],
    "empty": lambda data: b"",
    "something else": lambda data: b"<html>\n<body>\n</html>",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_sum_is_not_gone_on_from_and_told_of(damage, folder_store, context, caplog):
    progress = progress_of(context)
    progress.after_chunk(DONE)
    folder_store.put_bytes(progress.key, DAMAGES[damage](folder_store.get_bytes(progress.key)))
    assert progress_of(context).load() is None
    assert (
        "cannot be used; the render starts from scratch: it is damaged (its SHA-256 differs)" in caplog.text
    )


@pytest.mark.parametrize(
    "change",
    [{"shape": (6, 4, 3)}, {"made_by": "Blender 4.6"}, {"valid_samples": (16, 32)}],
    ids=["another size", "another Blender", "other chunks"],
)
def test_a_sum_of_another_render_is_not_gone_on_from(change, context, caplog):
    progress_of(context).after_chunk(DONE)
    assert progress_of(context, **change).load() is None
    assert "it belongs to another render" in caplog.text


def test_a_sum_of_another_task_is_not_gone_on_from(folder_store, context, tmp_path, caplog):
    other = progress_of(context_of(folder_store, tmp_path / "other", seed=2))
    other.after_chunk(DONE)
    mine = progress_of(context)
    assert mine.load() is None
    folder_store.put_bytes(mine.key, folder_store.get_bytes(other.key))
    assert mine.load() is None
    assert "it belongs to another render" in caplog.text


class StoreThatFlipsOnce(FolderStore):
    """The first read of every object comes back damaged."""

    def __init__(self, root):
        super().__init__(root)
        self.read = set()

    def get_bytes(self, key):
        data = super().get_bytes(key)
        if key in self.read:
            return data
        self.read.add(key)
        return data[:-1] + bytes([data[-1] ^ 1])


def test_a_sum_damaged_on_its_way_is_read_again(tmp_path):
    store = StoreThatFlipsOnce(tmp_path / "store")
    progress_of(context_of(store, tmp_path / "one")).after_chunk(DONE)
    assert progress_of(context_of(store, tmp_path / "two")).load().samples == 24


class ClosedStore(FolderStore):
    """Neither reads nor writes, as when credentials have expired."""

    def put_file(self, key, path):
        raise StoreAddressError("403 ExpiredToken")

    def get_bytes(self, key):
        raise StoreAddressError("403 ExpiredToken")


def test_a_store_that_fails_costs_the_progress_and_not_the_render(tmp_path, caplog):
    context = context_of(ClosedStore(tmp_path / "store"), tmp_path / "scratch")
    progress = progress_of(context)
    assert progress.load() is None
    progress.after_chunk(DONE)
    assert "the progress could not be stored; rendering continues: 403 ExpiredToken" in caplog.text
    assert list(context.working_folder().iterdir()) == []
    context.stop.request()
    with pytest.raises(InterruptedRunError, match="0 of 64 samples are stored"):
        progress.after_chunk(DONE)


def test_a_stop_comes_after_the_sum_is_stored(context):
    context.stop.request()
    with pytest.raises(InterruptedRunError, match="24 of 64 samples are stored; rerun the same command"):
        progress_of(context).after_chunk(DONE)
    assert progress_of(context).load().samples == 24


def test_a_run_that_is_stopped_before_its_first_chunk_says_what_an_earlier_one_stored(context):
    progress_of(context).after_chunk(DONE)
    later = progress_of(context)
    later.load()
    later.stop_if_requested()
    context.stop.request()
    with pytest.raises(InterruptedRunError, match="24 of 64"):
        later.stop_if_requested()


def test_the_sum_is_removed_with_what_is_of_no_use_once_the_receipt_is_there(folder_store, context):
    progress = progress_of(context)
    progress.after_chunk(DONE)
    context.discard()
    assert list(folder_store.list(keys.PROGRESS)) == []


def test_a_render_of_one_chunk_asks_nothing_of_the_store(tmp_path):
    context = context_of(None, tmp_path)
    progress = progress_of(context, valid_samples=())
    assert progress.load() is None
    progress.stop_if_requested()
    context.discard()


def test_what_is_stored_can_be_told_from_its_first_lines(folder_store, context):
    progress = progress_of(context)
    progress.after_chunk(DONE)
    header = json.loads(folder_store.get_bytes(progress.key).split(b"\n")[1])
    assert header == {
        "format": "hdrbatch render progress 1",
        "task": context.task.digest,
        "shape": [4, 6, 3],
        "made_by": "Blender 4.5",
        "samples": 24,
    }
