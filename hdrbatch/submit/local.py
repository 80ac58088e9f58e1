"""Running a plan on this machine: one process per task, a few at a time."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from hdrbatch.errors import HdrbatchError, InterruptedRunError, UserError
from hdrbatch.plan.task import Plan, Task
from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store
from hdrbatch.storage.receipts import TaskRef
from hdrbatch.submit.join import done_tasks, withdraw_outdated
from hdrbatch.submit.progress import Progress

POLL_S = 0.03
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOP_GRACE_S = 30.0
"""How long a stopped worker may take to save its checkpoint before it is killed."""


@dataclass
class RunSummary:
    """How a run ended."""

    num_done_before: int = 0
    num_done: int = 0
    failed: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 when everything is done, 1 when something is not."""
        return 1 if self.failed or self.blocked else 0


def run_locally(plan: Plan, store: Store, cluster: ClusterSpec, progress: Progress) -> RunSummary:
    """Run what is not done of a plan.

    A task that fails does not stop the others; tasks that need it are left out and named.

    Raises
    ------
    InterruptedRunError
        After Ctrl-C or SIGTERM, when all workers have ended.
    """
    done = done_tasks(store, plan.tasks())
    withdraw_outdated(store, plan, done)
    with progress.running(plan, done), _signals_as_interrupt(), _scratch_folder(cluster, plan.id) as scratch:
        run = _Run(plan, store, cluster, progress, scratch, done)
        try:
            while run.waiting or run.workers:
                run.start_ready_tasks()
                run.collect_ended_workers()
                time.sleep(POLL_S)
        except KeyboardInterrupt:
            with _handled(run.be_impatient):
                progress.message("stopping: the workers save what they can (Ctrl-C again kills them)")
                run.stop()
            raise InterruptedRunError(
                "interrupted: nothing that was finished is lost; run the same command again to go on"
            ) from None
        finally:
            run.stop()
    return run.summary


@dataclass(frozen=True)
class _Worker:
    task: Task
    process: subprocess.Popen[bytes]
    folder: Path

    @property
    def log(self) -> Path:
        return self.folder / "log"


class _Run:
    """State of one run: a task is waiting, then a worker's, then done or given up."""

    def __init__(
        self,
        plan: Plan,
        store: Store,
        cluster: ClusterSpec,
        progress: Progress,
        scratch: Path,
        done: set[TaskRef],
    ) -> None:
        self.plan, self.store, self.cluster, self.progress = plan, store, cluster, progress
        self.scratch = scratch
        self.waiting = {task.ref: task for task in plan.tasks() if task.ref not in done}
        self.unfinished = set(self.waiting)
        self.given_up: set[TaskRef] = set()
        self.workers: list[_Worker] = []
        self.summary = RunSummary(num_done_before=len(done))
        self._impatient = False

    def start_ready_tasks(self) -> None:
        """Fill the free places with tasks whose needs are done; drop those whose needs never will be."""
        for ref, task in list(self.waiting.items()):
            if len(self.workers) >= self.cluster.num_workers():
                return
            lost = [need for need in task.needs if need in self.given_up]
            if lost:
                del self.waiting[ref]
                self.given_up.add(ref)
                self.summary.blocked.append(f"{task.kind}/{task.id}")
                self.progress.blocked(task, lost)
            elif self.unfinished.isdisjoint(task.needs):
                del self.waiting[ref]
                self.workers.append(self._start(task))
                self.progress.started(task)

    def _start(self, task: Task) -> _Worker:
        folder = Path(tempfile.mkdtemp(dir=self.scratch))
        threads = str(self.cluster.threads_per_task)
        command = [sys.executable, "-m", "hdrbatch.worker", "--store", self.store.url, "--plan", self.plan.id]
        command += ["--task", f"{task.kind}/{task.id}", "--scratch", str(folder), "--threads", threads]
        command += ["--parent", str(os.getpid())]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # TMPDIR, since Blender leaves a folder of its own there that nothing else removes.
                env=os.environ | {"OMP_NUM_THREADS": threads, "PYTHONNOUSERSITE": "1", "TMPDIR": str(folder)},
                # Its own session: Ctrl-C on the terminal reaches this process alone, which then decides.
                start_new_session=True,
            )
        return _Worker(task, process, folder)

    def collect_ended_workers(self) -> None:
        """Note how ended workers ended, and keep their logs."""
        for worker in [worker for worker in self.workers if worker.process.poll() is not None]:
            self.workers.remove(worker)
            task, exit_code = worker.task, worker.process.returncode
            self._keep_log(worker)
            if exit_code == 0:
                self.unfinished.discard(task.ref)
                self.summary.num_done += 1
                self.progress.finished(task)
            else:
                self.given_up.add(task.ref)
                self.summary.failed.append(f"{task.kind}/{task.id}")
                self.progress.failed(task, exit_code, worker.log.read_text(errors="replace"))
            shutil.rmtree(worker.folder, ignore_errors=True)

    def _keep_log(self, worker: _Worker) -> None:
        task = worker.task
        try:
            self.store.put_file(keys.log(self.plan.id, task.kind, task.id), worker.log)
        except HdrbatchError as error:
            self.progress.message(f"the log of {task.id} could not be stored: {error}")

    def stop(self) -> None:
        """Ask the workers to stop, wait, and kill those that do not; another Ctrl-C kills at once."""
        for worker in self.workers:
            _signal(worker, signal.SIGTERM)
        deadline = time.monotonic() + STOP_GRACE_S
        while any(worker.process.poll() is None for worker in self.workers):
            if self._impatient or time.monotonic() > deadline:
                for worker in self.workers:
                    _signal(worker, signal.SIGKILL)
            time.sleep(POLL_S)
        self.workers.clear()

    def be_impatient(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal that comes while stopping: wait no longer."""
        del number, frame
        self._impatient = True


def _signal(worker: _Worker, number: signal.Signals) -> None:
    """Send a signal to a worker and its children."""
    with suppress(ProcessLookupError):
        os.killpg(worker.process.pid, number)


@contextmanager
def _signals_as_interrupt() -> Iterator[None]:
    """Treat SIGTERM and SIGHUP as Ctrl-C, so that a closed terminal leaves nothing running."""
    with _handled(signal.default_int_handler):
        yield


@contextmanager
def _handled(handler: Callable[[int, FrameType | None], Any] | signal.Handlers) -> Iterator[None]:
    """Handle the signals that stop a run in this way, inside."""
    previous = {number: signal.signal(number, handler) for number in _STOP_SIGNALS}
    try:
        yield
    finally:
        for number, earlier in previous.items():
            signal.signal(number, earlier)


@contextmanager
def _scratch_folder(cluster: ClusterSpec, plan_id: str) -> Iterator[Path]:
    """A folder for temporary files; those that killed runs on this machine left behind are removed first."""
    base = Path(cluster.scratch or tempfile.gettempdir()) / f"hdrbatch-{os.getuid()}"
    host = os.uname().nodename
    folder = base / f"{plan_id}@{host}.{os.getpid()}"
    try:
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        for leftover in base.glob(f"*@{host}.*"):
            pid = leftover.name.rpartition(".")[2]
            if pid.isdecimal() and not Path(f"/proc/{pid}").exists():
                shutil.rmtree(leftover, ignore_errors=True)
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{base}: temporary files cannot be written there ({error.strerror}): "
            "set TMPDIR, or scratch in the cluster file, to a folder on a local disk"
        ) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
