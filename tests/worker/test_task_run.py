"""Written files are read back, and existing ones verified, before a result counts."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from hdrbatch.errors import CorruptObjectError
from hdrbatch.kinds import Kind
from hdrbatch.plan.task import Estimate, make_task
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage import keys
from hdrbatch.storage import retrying as retry
from hdrbatch.storage.folder import FolderStore
from hdrbatch.storage.receipts import Receipt, TaskRef, current_result, read_receipt, write_receipt
from hdrbatch.storage.transfer import upload, upload_all
from hdrbatch.storage.verification import verify_receipts
from hdrbatch.worker import registry, task_run
from hdrbatch.worker.stop import StopRequest
from hdrbatch.worker.usage import Usage

REF = TaskRef(Kind.INDEX_DATASET, "set", "a" * 64)
RECEIPT = Receipt(
    REF.kind, REF.id, REF.digest, (FileEntry("datasets/set/x", 1, "0" * 64),), {}, "", 1, 1, 1, {}
)


class ForgetfulStore(FolderStore):
    """A folder store that stores other bytes than it is given."""

    def __init__(self, root, damage, num_bad=1_000):
        super().__init__(root)
        self.damage = damage
        self.num_bad = num_bad
        self.num_puts = 0

    def put_bytes(self, key, data):
        super().put_bytes(key, self._kept(data))

    def put_file(self, key, path):
        super().put_bytes(key, self._kept(path.read_bytes()))

    def _kept(self, data):
        self.num_puts += 1
        return self.damage(data) if self.num_puts <= self.num_bad else data


def cut_short(data):
    return data[:-1]


def one_bit_flipped(data):
    return data[:-1] + bytes([data[-1] ^ 1])


DAMAGES = pytest.mark.parametrize("damage", [cut_short, one_bit_flipped])


@DAMAGES
def test_a_receipt_that_does_not_come_back_is_an_error_and_is_not_left_visible(damage, tmp_path):
    store = ForgetfulStore(tmp_path / "store", damage)
    with pytest.raises(
        CorruptObjectError, match="index_dataset/set@a.* does not read back as it was written"
    ):
        write_receipt(store, RECEIPT)
    assert list(store.list("")) == []
    assert current_result(store, REF.kind, REF.id) is None


def test_an_older_receipt_that_is_read_back_counts_as_not_written(tmp_path):
    class StaleStore(FolderStore):
        def get_bytes(self, key):
            super().get_bytes(key)
            return b"what was there before"

    store = StaleStore(tmp_path / "store")
    with pytest.raises(CorruptObjectError):
        write_receipt(store, RECEIPT)
    assert list(store.list(keys.RECEIPTS)) == []


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source"
    path.write_bytes(b"radiance")
    return path


@DAMAGES
def test_an_upload_that_was_damaged_on_its_way_is_made_again(damage, tmp_path, source):
    store = ForgetfulStore(tmp_path / "store", damage, num_bad=2)
    upload(store, "key", source)
    assert store.get_bytes("key") == b"radiance"
    assert store.num_puts == 3


@DAMAGES
def test_an_upload_that_never_comes_back_whole_is_an_error(damage, tmp_path, source):
    store = ForgetfulStore(tmp_path / "store", damage)
    with pytest.raises(CorruptObjectError, match="key does not match its recorded size or SHA-256"):
        upload(store, "key", source)
    assert store.num_puts == retry.NUM_TRIES
    assert [path.name for path in tmp_path.iterdir() if path.name != "store"] == ["source"]


OUTPUTS = ("datasets/set/dataset.json", "datasets/set/deep/er/picture")
TASK = make_task(Kind.INDEX_DATASET, "set", {"dataset": "set"}, OUTPUTS, Estimate(1, 1))


class MadeUpKind:
    """A kind of task whose outputs are a text, with a callback for what happens while it runs."""

    image = "render"
    is_reproducible = True

    def __init__(self, text, meanwhile=lambda: None):
        self.text = text
        self.meanwhile = meanwhile
        self.num_runs = 0

    def run(self, context):
        self.num_runs += 1
        for key in context.task.outputs:
            context.output_file(key).write_bytes(self.text)
        self.meanwhile()


@pytest.fixture
def run_as(folder_store, tmp_path, monkeypatch):
    """Run the task as a kind in a scratch folder of its own: ``run_as(kind, "name")`` gives the receipt."""

    def run(kind, name):
        with monkeypatch.context() as patched:
            patched.setattr(task_run, "task_kind", lambda _: kind)
            scratch = tmp_path / name
            scratch.mkdir()
            computed = task_run.compute(
                folder_store, TASK, scratch, machine=task_run.Machine(), stop=StopRequest(), is_first=True
            )
            return computed if isinstance(computed, Receipt) else task_run.publish(computed)

    return run


def contents(store):
    return {store.get_bytes(key) for key in OUTPUTS}


def test_a_task_with_its_receipt_and_whole_files_is_not_run_again(folder_store, run_as):
    first, again = MadeUpKind(b"first"), MadeUpKind(b"again")
    receipt = run_as(first, "first")
    assert run_as(again, "second") == receipt
    assert (first.num_runs, again.num_runs) == (1, 0)
    assert contents(folder_store) == {b"first"}


@pytest.mark.parametrize("key", OUTPUTS)
@pytest.mark.parametrize("damage", ["cut short", "longer", "empty", "gone"])
def test_a_task_with_a_receipt_and_a_file_of_another_size_is_run_again(key, damage, folder_store, run_as):
    run_as(MadeUpKind(b"first"), "first")
    if damage == "gone":
        folder_store.delete(key)
    else:
        folder_store.put_bytes(key, {"cut short": b"firs", "longer": b"first!", "empty": b""}[damage])
    again = MadeUpKind(b"again")
    receipt = run_as(again, "second")
    assert again.num_runs == 1
    assert contents(folder_store) == {b"again"}
    assert read_receipt(folder_store, TASK.ref) == receipt
    assert [verified.damage for verified in verify_receipts(folder_store)] == [()]


def test_a_worker_whose_twin_finished_meanwhile_drops_its_own_result(folder_store, run_as):
    twin = MadeUpKind(b"twin")
    receipts = []
    ours = MadeUpKind(b"ours, later", meanwhile=lambda: receipts.append(run_as(twin, "twin")))
    receipt = run_as(ours, "ours")
    assert (ours.num_runs, twin.num_runs) == (1, 1)
    assert [receipt] == receipts
    assert contents(folder_store) == {b"twin"}
    assert read_receipt(folder_store, TASK.ref) == receipt
    assert [verified.damage for verified in verify_receipts(folder_store)] == [()]


def test_a_twin_whose_files_are_damaged_does_not_stand(folder_store, run_as):
    def twin_with_a_cut_file():
        run_as(MadeUpKind(b"twin"), "twin")
        folder_store.put_bytes(OUTPUTS[1], b"twi")

    run_as(MadeUpKind(b"ours", meanwhile=twin_with_a_cut_file), "ours")
    assert contents(folder_store) == {b"ours"}
    assert [verified.damage for verified in verify_receipts(folder_store)] == [()]


def test_a_result_of_another_digest_is_invisible_before_its_files_are_written_over(
    folder_store, run_as, monkeypatch
):
    older = TaskRef(TASK.kind, TASK.id, "b" * 64)
    write_receipt(folder_store, Receipt(*vars(older).values(), RECEIPT.files, {}, "", 1, 1, 1, {}))
    visible = []

    def watched(store, files):
        visible.append(current_result(store, TASK.kind, TASK.id))
        return upload_all(store, files)

    monkeypatch.setattr(task_run, "upload_all", watched)
    run_as(MadeUpKind(b"new"), "new")
    assert visible == [None]
    assert current_result(folder_store, TASK.kind, TASK.id) == TASK.ref


def test_twins_that_publish_at_once_end_with_one_result_and_both_with_its_receipt(
    folder_store, tmp_path, monkeypatch
):
    kind = registry.TaskKind(Kind.INDEX_DATASET, "render", is_reproducible=False)
    monkeypatch.setitem(registry._KINDS, Kind.INDEX_DATASET, kind)
    put_file, together = folder_store.put_file, threading.Barrier(3)

    def slowly(key, path):
        time.sleep(0.2)
        put_file(key, path)

    monkeypatch.setattr(folder_store, "put_file", slowly)

    def run(name):
        twin = MadeUpKind(name.encode())
        scratch = tmp_path / name
        scratch.mkdir()
        context = task_run.TaskContext(
            TASK, folder_store, scratch, num_threads=1, stop=StopRequest(), usage=Usage(is_first=True)
        )
        twin.run(context)
        together.wait(60)
        return task_run.publish(task_run.TaskOutput(context, context.finished_outputs()))

    with ThreadPoolExecutor(3) as pool:
        receipts = list(pool.map(run, ["one", "twin", "other"]))
    assert receipts == [read_receipt(folder_store, TASK.ref)] * 3
    assert len(contents(folder_store)) == 1
    assert [verified.damage for verified in verify_receipts(folder_store)] == [()]
    assert list(folder_store.list(keys.LEASES)) == []
