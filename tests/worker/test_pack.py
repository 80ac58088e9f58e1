"""Several tasks in one worker: one's files go up while the next one runs, and each ends for itself."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from hdrbatch.errors import InterruptedRunError, StoreAddressError, UserError
from hdrbatch.kinds import Kind
from hdrbatch.plan.dataset_payloads import RenderExposure
from hdrbatch.plan.task import Estimate
from hdrbatch.specs.render_job import RenderSpec
from hdrbatch.storage import keys
from hdrbatch.storage.folder import FolderStore
from hdrbatch.storage.receipts import TaskRef, read_receipt
from hdrbatch.storage.verification import find_damage
from hdrbatch.submit.completion import done_tasks
from hdrbatch.worker import pack as pack_module
from hdrbatch.worker import registry, task_run
from hdrbatch.worker.command import read_tasks
from hdrbatch.worker.outcome import Outcome, TaskFolder
from hdrbatch.worker.pack import Pack
from hdrbatch.worker.task_run import Machine
from tests.submit.fake_slurm.plans import index
from tests.waiting import PATIENCE_S, wait_until

NEVER_RUN = TaskRef(Kind.ASSEMBLE_SCENE, "nowhere/outdoor-0001", "0" * 64)


@pytest.fixture
def begun(monkeypatch):
    """Gives for each task's id an event that comes when the task begins to run."""
    events = {name: threading.Event() for name in ("one", "two", "three")}
    compute = pack_module.compute

    def telling(store, task, *arguments, **more):
        events[task.id].set()
        return compute(store, task, *arguments, **more)

    monkeypatch.setattr(pack_module, "compute", telling)
    return events


class WatchedStore(FolderStore):
    """A folder whose uploads do something first."""

    def __init__(self, path, before_upload):
        super().__init__(path)
        self.before_upload = before_upload

    def put_file(self, key, path):
        self.before_upload(key)
        super().put_file(key, path)


def run(store, scratch, *tasks):
    """Run a pack; gives its exit code and how its tasks ended."""
    exit_code = Pack(store, tasks, scratch, Machine()).run()
    return exit_code, [Outcome.read(TaskFolder.numbered(scratch, n).outcome) for n in range(len(tasks))]


def log(scratch, number):
    return TaskFolder.numbered(scratch, number).log.read_text()


def test_files_of_a_task_go_up_while_the_next_one_runs(tmp_path, scratch, begun):
    overlapped = []

    def wait_for_the_second(key):
        if key == keys.dataset_index("one"):
            overlapped.append(begun["two"].wait(PATIENCE_S))

    store = WatchedStore(tmp_path / "store", wait_for_the_second)
    tasks = [index("one"), index("two")]
    assert run(store, scratch, *tasks) == (0, [Outcome(0), Outcome(0)])
    assert overlapped == [True]
    assert done_tasks(store, tasks) == {task.ref for task in tasks}


def test_scratch_holds_the_files_of_two_tasks_at_most(tmp_path, scratch, begun):
    held = []

    def count(key):
        if not key.startswith(keys.RECEIPTS):
            time.sleep(0.05)
            held.append(len(list(scratch.glob("task-*/scratch"))))

    run(WatchedStore(tmp_path / "store", count), scratch, index("one"), index("two"), index("three"))
    assert len(held) == 3
    assert max(held) == 2
    assert list(scratch.glob("task-*/scratch")) == []


def test_an_upload_that_fails_fails_its_own_task_alone(tmp_path, scratch):
    def refuse(key):
        if key == keys.dataset_index("one"):
            raise StoreAddressError("403 ExpiredToken")

    store = WatchedStore(tmp_path / "store", refuse)
    tasks = [index("one"), index("two")]
    exit_code, outcomes = run(store, scratch, *tasks)
    assert exit_code == 2
    assert outcomes == [Outcome(2, "StoreAddressError", "403 ExpiredToken"), Outcome(0)]
    assert done_tasks(store, tasks) == {tasks[1].ref}
    assert "ERROR StoreAddressError: 403 ExpiredToken" in log(scratch, 0)
    assert "done: index_dataset/two" in log(scratch, 1)


def test_a_task_that_fails_does_not_stop_the_next_one(folder_store, scratch):
    tasks = [index("one", NEVER_RUN), index("two")]
    exit_code, outcomes = run(folder_store, scratch, *tasks)
    assert (exit_code, outcomes[0].error, outcomes[1]) == (1, "MissingInputError", Outcome(0))
    assert done_tasks(folder_store, tasks) == {tasks[1].ref}


def test_an_error_that_nobody_foresaw_is_told_with_its_traceback(tmp_path, scratch):
    def break_down(key):
        raise ZeroDivisionError("by nought")

    exit_code, (outcome,) = run(WatchedStore(tmp_path / "store", break_down), scratch, index("one"))
    assert (exit_code, outcome) == (1, Outcome(1, "ZeroDivisionError", "by nought"))
    assert "Traceback (most recent call last)" in log(scratch, 0)


def test_what_is_done_is_not_run_again(folder_store, scratch, tmp_path):
    run(folder_store, scratch, index("one"))
    before = folder_store.get_bytes(keys.receipt("index_dataset", "one", index("one").digest))
    (tmp_path / "again").mkdir()
    assert run(folder_store, tmp_path / "again", index("one")) == (0, [Outcome(0)])
    assert folder_store.get_bytes(keys.receipt("index_dataset", "one", index("one").digest)) == before


class TwinStore(FolderStore):
    """A folder in which a twin's file comes right after each of the first receipts, with other bytes."""

    def __init__(self, path, num_late):
        super().__init__(path)
        self.num_late = num_late

    def put_bytes(self, key, data):
        super().put_bytes(key, data)
        if key.startswith(keys.RECEIPTS) and self.num_late:
            self.num_late -= 1
            file = keys.dataset_index("one")
            super().put_bytes(file, bytes(len(self.get_bytes(file))))


@pytest.mark.parametrize("num_late", [0, 1, task_run.NUM_PUBLICATIONS])
def test_a_receipt_names_what_is_there_though_a_twin_wrote_other_bytes_last(
    num_late, tmp_path, scratch, monkeypatch
):
    kind = registry.TaskKind(Kind.INDEX_DATASET, "render", is_reproducible=False)
    monkeypatch.setitem(registry._KINDS, Kind.INDEX_DATASET, kind)
    store = TwinStore(tmp_path / "store", num_late)
    assert run(store, scratch, index("one")) == (0, [Outcome(0)])
    receipt = read_receipt(store, index("one").ref)
    assert [find_damage(store, entry) for entry in receipt.files] == [None]
    assert store.num_late == 0


def test_trainings_alone_are_made_with_other_bytes_every_time():
    assert [name for name, kind in registry._KINDS.items() if not kind.is_reproducible] == ["train_variant"]


@pytest.mark.parametrize(
    ("changes", "repeats"),
    [
        ({}, True),
        ({"render": RenderSpec(engine="eevee")}, False),
        ({"render": RenderSpec(device="optix")}, False),
        ({"denoised": True}, False),
    ],
)
def test_renders_by_cycles_on_a_cpu_are_the_same_bytes_everywhere(changes, repeats):
    work = RenderExposure("set", "street-0001", 0.0, "street", 1, RenderSpec(), subset=0, num_subsets=1)
    task = replace(work, **changes).task(Estimate(1, 1))
    assert registry.is_reproducible(task) is repeats


def test_what_each_task_prints_is_in_its_own_log(folder_store, scratch, begun, monkeypatch):
    compute = pack_module.compute

    def printing(store, task, *arguments, **more):
        print(f"python says {task.id}", flush=True)
        os.system(f"echo a child says {task.id}")
        return compute(store, task, *arguments, **more)

    monkeypatch.setattr(pack_module, "compute", printing)
    run(folder_store, scratch, index("one"), index("two"))
    for number, name, other in ((0, "one", "two"), (1, "two", "one")):
        assert f"a child says {name}" in log(scratch, number)
        assert f"says {other}" not in log(scratch, number)


def test_tasks_are_read_from_a_file_and_something_else_is_refused(tmp_path):
    path = tmp_path / "tasks"
    tasks = [index("one"), index("two", NEVER_RUN)]
    path.write_text("".join(json.dumps(task.to_json()) + "\n" for task in tasks))
    assert read_tasks(path) == tasks
    for text in ("{", "[]", '{"kind": 1}'):
        path.write_text(text)
        with pytest.raises(UserError, match="not a list of tasks"):
            read_tasks(path)
    with pytest.raises(UserError, match="not a list of tasks"):
        read_tasks(tmp_path / "none")


# --- stopped from outside, in a process of its own

PACK = """\
import os, sys, time
from pathlib import Path
import hdrbatch.storage.folder as folder
import hdrbatch.tasks.index_dataset as kind
from hdrbatch.errors import InterruptedRunError
from hdrbatch.kinds import Kind
from hdrbatch.worker import registry
from hdrbatch.worker.pack import Pack
from hdrbatch.worker.task_run import Machine
from tests.submit.fake_slurm.plans import index

store, scratch, resumes, *names = sys.argv[1:]
run, put = kind.run, folder.FolderStore.put_file
kind_of_index = registry.TaskKind(Kind.INDEX_DATASET, "render", resumes=resumes == "resumes")
registry._KINDS[Kind.INDEX_DATASET] = kind_of_index

def slow_run(context):
    if context.task.id == "slow":
        Path(scratch, "begun").touch()
        for _ in range(2000):
            time.sleep(0.01)
            if context.stop.requested:
                raise InterruptedRunError("saved")
    run(context)

def slow_put(self, key, path):
    if key.endswith("last-upload/dataset.json"):
        Path(scratch, "begun").touch()
        time.sleep(0.5)
    if key.endswith("first/dataset.json"):
        while not Path(scratch, "begun").exists():
            time.sleep(0.01)
        time.sleep(0.5)
    put(self, key, path)

kind.run, folder.FolderStore.put_file = slow_run, slow_put
tasks = [index(name) for name in names]
code = Pack(folder.FolderStore(Path(store)), tasks, Path(scratch), Machine()).run()
sys.stdout.flush()
os._exit(code)
"""


def stopped_pack(store, scratch, resumes, *names):
    """Stop a pack while its task ``slow`` runs; gives its exit code."""
    command = [sys.executable, "-c", PACK, store.url, str(scratch), resumes, *names]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as process:
        wait_until((scratch / "begun").exists)
        process.send_signal(signal.SIGTERM)
        return process.wait(timeout=PATIENCE_S)


@pytest.mark.parametrize("resumes", ["resumes", "ends at once"])
def test_what_is_on_its_way_up_arrives_before_a_stopped_pack_ends(resumes, folder_store, scratch):
    exit_code = stopped_pack(folder_store, scratch, resumes, "first", "slow", "last")
    assert exit_code == InterruptedRunError.exit_code
    assert done_tasks(folder_store, [index("first"), index("slow"), index("last")]) == {index("first").ref}
    assert not TaskFolder.numbered(scratch, 2).log.exists()


@pytest.mark.parametrize("resumes", ["resumes", "ends at once"])
def test_the_last_upload_arrives_before_a_stopped_pack_ends(resumes, folder_store, scratch):
    exit_code = stopped_pack(folder_store, scratch, resumes, "last-upload")
    assert exit_code in (0, InterruptedRunError.exit_code)
    assert done_tasks(folder_store, [index("last-upload")]) == {index("last-upload").ref}


def test_a_stop_counts_more_than_a_failure(folder_store, scratch, monkeypatch):
    """The element resumes later; a failed task has its own outcome."""
    computed = iter([UserError("bad"), InterruptedRunError("saved")])

    def fail(*arguments, **more):
        raise next(computed)

    monkeypatch.setattr(pack_module, "compute", fail)
    exit_code, outcomes = run(folder_store, scratch, index("one"), index("two"))
    assert exit_code == InterruptedRunError.exit_code
    assert [outcome.exit_code for outcome in outcomes] == [2, 75]
