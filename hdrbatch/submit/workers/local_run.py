"""Running a plan on this machine: one process per task, several at a time."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from hdrbatch.errors import HdrbatchError, InterruptedRunError
from hdrbatch.plan.task import Plan, Task
from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store
from hdrbatch.storage.lease import Lease
from hdrbatch.storage.receipts import TaskRef
from hdrbatch.submit.completion import done_tasks, withdraw_outdated
from hdrbatch.submit.failures import LOCAL_JOB, FailureNotes, clear_failures
from hdrbatch.submit.progress import Progress
from hdrbatch.submit.workers.launch import POLL_S, Launch, Worker, end_workers
from hdrbatch.submit.workers.scratch import scratch_folder
from hdrbatch.submit.workers.worker_exit import outcome_of
from hdrbatch.worker.outcome import Outcome

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOP_GRACE_S = 90.0
"""Seconds that a stopped worker gets for the chunk in flight or its checkpoint before it is killed."""

PROGRESS_INTERVAL_S = 2.0
"""Seconds between two updates of the workers' progress."""
LOG_END_BYTES = 2000


@dataclass
class RunSummary:
    """Counts and names of a run's done, failed and blocked tasks."""

    num_done_before: int = 0
    num_done: int = 0
    failed: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)


def run_locally(
    plan: Plan, store: Store, cluster: ClusterSpec, progress: Progress, lease: Lease | None = None
) -> RunSummary:
    """Run a plan's unfinished tasks.

    A task that fails does not stop the others; tasks that need it are blocked.

    Parameters
    ----------
    lease
        The lease on the plan's dataset or sweep, which shows others the tasks in progress.

    Raises
    ------
    InterruptedRunError
        After Ctrl-C or SIGTERM, or if another process has taken the lease over, when all workers have ended.
    """
    done = done_tasks(store, plan.tasks())
    withdraw_outdated(store, plan, done)
    clear_failures(store, plan.id)
    with progress.running(plan, done), _signals_as_interrupt(), scratch_folder(cluster, plan.id) as scratch:
        run = _Run(plan, store, cluster, progress, scratch, done)
        try:
            while run.waiting or run.workers:
                run.start_ready_tasks()
                run.collect_ended_workers()
                run.report_progress()
                if lease is not None:
                    lease.show_running([str(worker.tasks[0].name) for worker in run.workers])
                    if lease.is_lost:
                        raise InterruptedRunError(
                            f"{plan.id}: this process gave no sign of life for a while, and another one has "
                            "taken its place; finished results are kept; see hdrbatch status"
                        )
                time.sleep(POLL_S)
        except KeyboardInterrupt:
            with _handled(run.on_second_signal):
                progress.message(
                    "stopping: the workers finish the chunk in flight and save it (Ctrl-C again kills them)"
                )
                run.stop()
            raise InterruptedRunError(
                "interrupted; finished results are kept; rerun the same command to resume"
            ) from None
        finally:
            run.stop()
    return run.summary


class _Run:
    """State of one run: a task waits, then a worker runs it, then it is done or given up."""

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
        self.workers: list[Worker] = []
        self.summary = RunSummary(num_done_before=len(done))
        self.notes = FailureNotes(store, plan.id, LOCAL_JOB)
        self._impatient = False
        self._last_report_s = time.monotonic()

    def start_ready_tasks(self) -> None:
        """Start tasks whose needs are done while workers are free; block tasks whose needs failed."""
        for ref, task in list(self.waiting.items()):
            if len(self.workers) >= self.cluster.num_workers():
                return
            lost = [need for need in task.needs if need in self.given_up]
            if lost:
                del self.waiting[ref]
                self.given_up.add(ref)
                self.summary.blocked.append(str(task.name))
                self.progress.blocked(task, lost)
            elif self.unfinished.isdisjoint(task.needs):
                del self.waiting[ref]
                launch = Launch(
                    self.store.url, self.cluster, self.cluster.resources_of(task.kind), self.plan.id
                )
                self.workers.append(Worker(launch, [task], self.scratch))
                self.progress.started(task)

    def collect_ended_workers(self) -> None:
        """Note the outcomes of ended workers, and store their logs."""
        for worker in [worker for worker in self.workers if worker.poll() is not None]:
            self.workers.remove(worker)
            task, outcome = worker.tasks[0], outcome_of(worker, 0)
            self._keep(task, worker, outcome)
            if outcome.exit_code == 0:
                self.unfinished.discard(task.ref)
                self.summary.num_done += 1
                self.progress.finished(task)
            else:
                self.given_up.add(task.ref)
                self.summary.failed.append(str(task.name))
                log = worker.log_of(0).read_text(errors="replace").splitlines()
                # The end of a render's log is Blender's output, so the reason comes first.
                if reason := outcome.message.strip().partition("\n")[0]:
                    self.progress.message(f"{task.kind} {task.id}: {reason}")
                self.progress.failed(task, _ended(worker.exit_code), log)
            worker.close()

    def report_progress(self) -> None:
        """Show the last step that each running training has logged."""
        if time.monotonic() - self._last_report_s < PROGRESS_INTERVAL_S:
            return
        self._last_report_s = time.monotonic()
        for worker in self.workers:
            message = last_step(worker.log_of(0))
            if message is not None:
                self.progress.report(worker.tasks[0], message)

    def _keep(self, task: Task, worker: Worker, outcome: Outcome) -> None:
        try:
            self.store.put_file(keys.log(self.plan.id, task.kind, task.id), worker.log_of(0))
            self.notes.note(task, outcome)
        except HdrbatchError as error:
            self.progress.message(f"the log of {task.id} could not be stored: {error}")

    def stop(self) -> None:
        """Stop the workers and wait; kill those that do not end, or all on another Ctrl-C."""
        end_workers(self.workers, STOP_GRACE_S, lambda: self._impatient)
        for worker in self.workers:
            worker.close()
        self.workers.clear()

    def on_second_signal(self, number: int, frame: FrameType | None) -> None:
        """Handle a second signal while stopping: wait no longer."""
        del number, frame
        self._impatient = True


def last_step(log: Path) -> str | None:
    """Return the last line of a log that reports a step; None if there is none, or no log yet.

    Reads only the end of the file, since a training run writes thousands of lines.
    """
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - LOG_END_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return None
    return next((line for line in reversed(lines) if line.startswith(f"{keys.STEP_PREFIX} ")), None)


def _ended(exit_code: int) -> str:
    return f"was killed by signal {-exit_code}" if exit_code < 0 else f"failed with exit code {exit_code}"


@contextmanager
def _signals_as_interrupt() -> Iterator[None]:
    """Treat SIGTERM and SIGHUP as Ctrl-C, so that a closed terminal leaves nothing running."""
    with _handled(signal.default_int_handler):
        yield


@contextmanager
def _handled(handler: Callable[[int, FrameType | None], Any] | signal.Handlers) -> Iterator[None]:
    """Use a handler for the signals that stop a run, within the context."""
    previous = {number: signal.signal(number, handler) for number in _STOP_SIGNALS}
    try:
        yield
    finally:
        for number, earlier in previous.items():
            signal.signal(number, earlier)
