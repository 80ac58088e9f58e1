"""How many workers run at once, what waits for them, and what becomes of them: real workers, cheap tasks.

An index of no scenes is the cheapest real task; one that needs a task that never ran fails.
"""

import io
import os
import signal
import subprocess

import pytest
from rich.console import Console

from hdrbatch.errors import StoreAddressError
from hdrbatch.kinds import Kind
from hdrbatch.plan.stored_plans import save_plan
from hdrbatch.plan.task import Estimate, Plan, Stage, make_task
from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.storage import keys
from hdrbatch.storage.folder import FolderStore
from hdrbatch.storage.receipts import TaskRef
from hdrbatch.submit.completion import done_tasks
from hdrbatch.submit.progress import Progress
from hdrbatch.submit.workers.local_run import run_locally

NEVER_RUN = TaskRef(Kind.ASSEMBLE_SCENE, "nowhere/outdoor-0001", "0" * 64)
TIMEOUT_S = 60


@pytest.fixture(autouse=True)
def no_endless_run():
    """A run that waits for ever fails its test instead of stopping them all."""

    def expire(number, frame):
        raise TimeoutError(f"the run did not end within {TIMEOUT_S} s")

    previous = signal.signal(signal.SIGALRM, expire)
    signal.alarm(TIMEOUT_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, previous)


def index(name, *needs):
    payload = {"dataset": name, "scenes": []}
    return make_task(Kind.INDEX_DATASET, name, payload, (keys.dataset_index(name),), Estimate(1, 1), needs)


def plan_of(*tasks):
    return Plan("made-up", (Stage(Kind.INDEX_DATASET, tasks),))


class CountingProgress(Progress):
    """Counts the workers that have started and not ended, and their processes."""

    def __init__(self, output):
        super().__init__(Console(file=output, width=200))
        self.num_running = 0
        self.most_running = 0
        self.most_processes = 0
        self.order = []

    def started(self, task):
        super().started(task)
        self.order.append(f"+{task.id}")
        self.num_running += 1
        self.most_running = max(self.most_running, self.num_running)
        self.most_processes = max(self.most_processes, len(worker_processes()))

    def finished(self, task):
        super().finished(task)
        self.order.append(f"-{task.id}")
        self.num_running -= 1

    def failed(self, task, exit_code, log):
        super().failed(task, exit_code, log)
        self.order.append(f"-{task.id}")
        self.num_running -= 1


def worker_processes():
    """Command lines of this process's workers that are alive."""
    listing = subprocess.run(
        ["ps", "--ppid", str(os.getpid()), "-o", "args="], capture_output=True, text=True, check=False
    )
    return [line for line in listing.stdout.splitlines() if "hdrbatch.worker" in line]


def run(plan, store, tmp_path, *, workers, progress=None):
    save_plan(store, plan)
    output = io.StringIO()
    progress = progress or CountingProgress(output)
    cluster = ClusterSpec(scratch=str(tmp_path / "scratch"), workers=workers)
    return run_locally(plan, store, cluster, progress), progress, output


@pytest.mark.parametrize("workers", [1, 2])
def test_as_many_workers_run_at_once_as_the_cluster_says_and_never_more(workers, folder_store, tmp_path):
    plan = plan_of(*(index(f"set{number}") for number in range(4)))
    summary, progress, _ = run(plan, folder_store, tmp_path, workers=workers)
    assert (summary.num_done, summary.failed, summary.blocked) == (4, [], [])
    assert progress.most_running == workers
    assert progress.most_processes <= workers
    assert worker_processes() == []


def test_a_task_starts_only_when_all_that_it_needs_is_done(folder_store, tmp_path):
    first, second = index("first"), index("second")
    last = index("last", first.ref, second.ref)
    # Its scenes do not exist, so the last one cannot pass; when it starts is what counts.
    _, progress, _ = run(plan_of(last, first, second), folder_store, tmp_path, workers=3)
    assert progress.order.index("+last") > max(
        progress.order.index("-first"), progress.order.index("-second")
    )


def test_what_needs_a_failed_task_is_left_out_and_so_is_what_needs_that(folder_store, tmp_path):
    failing, whole = index("failing", NEVER_RUN), index("whole")
    waiting = index("waiting", whole.ref, failing.ref)
    waiting_longer = index("waiting-longer", waiting.ref)
    plan = plan_of(failing, whole, waiting, waiting_longer)
    summary, progress, output = run(plan, folder_store, tmp_path, workers=2)
    assert summary.failed == ["index_dataset/failing"]
    assert summary.blocked == ["index_dataset/waiting", "index_dataset/waiting-longer"]
    assert summary.num_done == 1
    assert not {"+waiting", "+waiting-longer"} & set(progress.order)
    assert done_tasks(folder_store, plan.tasks()) == {whole.ref}
    shown = output.getvalue()
    assert "index_dataset waiting is blocked: it needs failing" in shown
    assert "index_dataset waiting-longer is blocked: it needs waiting" in shown


class StoreWithoutLogs(FolderStore):
    """A folder whose logs cannot be written, as when credentials have expired in this process."""

    def put_file(self, key, path):
        if key.startswith(keys.LOGS):
            raise StoreAddressError("403 ExpiredToken")
        super().put_file(key, path)


def test_logs_that_cannot_be_stored_are_told_of_and_stop_nothing(tmp_path):
    store = StoreWithoutLogs(tmp_path / "store")
    failing = index("failing", NEVER_RUN)
    plan = plan_of(failing, index("one"), index("two"), index("three"))
    summary, _, output = run(plan, store, tmp_path, workers=2)
    assert (summary.num_done, summary.failed) == (3, ["index_dataset/failing"])
    assert "the log of one could not be stored: 403 ExpiredToken" in output.getvalue()
    assert "MissingInputError" in output.getvalue()  # the end of the log is shown all the same
    assert worker_processes() == []
    assert not list((tmp_path / "scratch").rglob("log"))


def test_an_unexpected_error_leaves_no_worker_and_no_scratch_behind(folder_store, tmp_path):
    class BrokenProgress(CountingProgress):
        def started(self, task):
            super().started(task)
            if task.id == "two":
                assert worker_processes()
                raise RuntimeError("the terminal is gone")

    plan = plan_of(index("one"), index("two"))
    with pytest.raises(RuntimeError, match="the terminal is gone"):
        run(plan, folder_store, tmp_path, workers=2, progress=BrokenProgress(io.StringIO()))
    assert worker_processes() == []
    assert not list((tmp_path / "scratch").glob("*/*"))
