"""One element of an array, on its node: runs its tasks in a worker and saves progress and logs.

This is what submitit pickles: plain data, found by import. Its results are in the store, so that it can
restart on another node from the same pickle.
"""

import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import submitit
from submitit.core.utils import UncompletedJobError
from submitit.helpers import DelayedSubmission
from submitit.slurm.slurm import SlurmJobEnvironment

from hdrbatch.errors import HdrbatchError, InterruptedRunError, SetUpError, TasksFailedError, UserError
from hdrbatch.kinds import Kind
from hdrbatch.plan.task import Task
from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.storage import keys
from hdrbatch.storage.address import open_store
from hdrbatch.submit.failures import TIME_LIMIT_ERROR, FailureNotes
from hdrbatch.submit.slurm import queue
from hdrbatch.submit.workers.launch import POLL_S, Launch, Worker, end_workers, node_name
from hdrbatch.submit.workers.scratch import scratch_folder
from hdrbatch.submit.workers.worker_exit import outcome_of
from hdrbatch.worker.outcome import Outcome

SAVE_MARGIN_S = 30.0
"""Seconds reserved, of the time between Slurm's warning and the end, for logs and the requeue."""
CANCEL_GRACE_S = 20.0
"""Seconds that a worker gets to save on cancellation; Slurm kills it after KillWait, 30 s by default."""
STORE_GRACE_S = 8.0
"""Seconds for uploading logs before a requeue, which must not wait for a slow store."""
OWN_SIGNAL_S = 5.0
"""Seconds by which the starter may notice Slurm's signal later than its worker."""
MAX_INTERRUPTIONS = 3
"""Maximum restarts of a task whose worker was stopped by something other than Slurm."""
LOG_INTERVAL_S = 60.0
"""Seconds between two uploads of a running task's log."""
FIRST_LOG_S = 10.0
"""Seconds before the first upload of a running task's log."""


class Element:
    """Callable that submitit runs on a node.

    Parameters
    ----------
    store_url, plan_id
        Store and plan of the tasks; the address never has credentials.
    cluster_json
        The cluster file's content as JSON.
    stage
        Kind of the element's tasks.
    """

    def __init__(self, store_url: str, plan_id: str, cluster_json: str, stage: Kind) -> None:
        self.store_url, self.plan_id, self.cluster_json, self.stage = store_url, plan_id, cluster_json, stage
        self._run: ElementRun | None = None

    def __call__(self, tasks_json: str) -> None:
        """Run tasks, given as JSON lines; raise TasksFailedError if any fails."""
        _prepare_checkpoints()
        cluster = ClusterSpec.model_validate_json(self.cluster_json)
        tasks = [Task.from_json(json.loads(line)) for line in tasks_json.splitlines()]
        try:
            with scratch_folder(cluster, f"{self.plan_id}-{job_id()}") as scratch:
                self._run = ElementRun(self, cluster, tasks, scratch)
                signal.signal(signal.SIGTERM, self._run.on_terminate)
                self._run.run()
        except UserError as error:
            if self._run is None:  # rejected before the run could note anything
                notes = FailureNotes(open_store(self.store_url), self.plan_id, job_id())
                for task in tasks:
                    notes.note(task, Outcome.of(error))
            raise

    def checkpoint(self, tasks_json: str) -> DelayedSubmission:
        """Stop the worker, which saves its progress; submitit then requeues the same element."""
        # One signal is enough; a second checkpoint would find the first one's file half written.
        signal.signal(signal.SIGUSR2, signal.SIG_IGN)
        if self._run is not None:
            delay_s = ClusterSpec.model_validate_json(self.cluster_json).signal_delay_s
            self._run.stop(max(delay_s - SAVE_MARGIN_S, delay_s / 2))
        again = Element(self.store_url, self.plan_id, self.cluster_json, self.stage)
        return DelayedSubmission(again, tasks_json)


def _prepare_checkpoints() -> None:
    """Make sure that submitit can requeue this element."""
    if "SUBMITIT_FOLDER" in os.environ:
        # Left by a starter that was killed while writing; submitit would refuse to overwrite it.
        pickle = submitit.JobEnvironment().paths.submitted_pickle
        pickle.with_suffix(f"{pickle.suffix}.save_tmp").unlink(missing_ok=True)

    def requeue(environment: SlurmJobEnvironment, countdown: int) -> None:
        environment.paths.submitted_pickle.chmod(0o600)
        queue.requeue(environment.job_id)
        job = environment.job_id
        print(f"Requeued job {job}; it may hit its time limit {countdown} more time(s)", flush=True)

    # submitit tries once, but a controller does not answer a thousand preempted elements at once.
    SlurmJobEnvironment._requeue = requeue  # type: ignore[assignment]  # noqa: SLF001


def job_id() -> str:
    """Return Slurm's id of this element: ``123_4`` in an array, else ``123``."""
    array = os.environ.get("SLURM_ARRAY_JOB_ID")
    if array:
        return f"{array}_{os.environ['SLURM_ARRAY_TASK_ID']}"
    return os.environ.get("SLURM_JOB_ID", str(os.getpid()))


class ElementRun:
    """State of one element's run: its remaining tasks, and the worker that runs them."""

    def __init__(self, element: Element, cluster: ClusterSpec, tasks: Sequence[Task], scratch: Path) -> None:
        self._tasks, self._scratch = list(tasks), scratch
        self._plan_id = element.plan_id
        self._store = open_store(element.store_url)
        if not list(self._store.list(keys.plan(element.plan_id))):
            raise SetUpError(
                f"{self._store.url} has no plan {element.plan_id} on {node_name()}: this is not the "
                "store of the submitting machine; use a folder that all nodes share, or S3"
            )
        self._launch = Launch(element.store_url, cluster, cluster.resources_of(element.stage), job_id())
        self._notes = FailureNotes(self._store, element.plan_id, job_id())
        self._worker: Worker | None = None
        self._is_stopping = False
        self._failed: list[str] = []
        self._settled: set[str] = set()
        self._num_interruptions: Counter[str] = Counter()

    def run(self) -> None:
        """Run all tasks; a task that crashes its worker does not stop the tasks after it.

        Raises
        ------
        TasksFailedError
            If any task failed; the message names them.
        """
        left = list(self._tasks)
        try:
            for task in left:
                self._notes.clear(task)
            while left:
                left = self._run_worker(left)
        except Exception as error:
            outcome = Outcome.of(error)
            if isinstance(error, UncompletedJobError):  # raised by submitit if it does not requeue any more
                outcome = Outcome(HdrbatchError.exit_code, TIME_LIMIT_ERROR, str(error))
            for task in self._tasks:
                if task.digest not in self._settled:
                    self._note(task, outcome)
            raise
        if self._failed:
            names = ", ".join(self._failed[:5])
            raise TasksFailedError(f"{len(self._failed)} of {len(self._tasks)} failed: {names}")

    def _run_worker(self, tasks: Sequence[Task]) -> list[Task]:
        """Run tasks in one worker; return the tasks that remain."""
        self._worker = Worker(self._launch, tasks, self._scratch)
        try:
            self._follow(self._worker)
            return self._collect(self._worker)
        finally:
            end_workers([self._worker], CANCEL_GRACE_S)
            self._worker.close()

    def _follow(self, worker: Worker) -> None:
        """Wait for the worker's end, uploading its log at intervals."""
        last_s = time.monotonic() + FIRST_LOG_S - LOG_INTERVAL_S
        while worker.poll() is None:
            time.sleep(POLL_S)
            if time.monotonic() - last_s > LOG_INTERVAL_S:
                last_s = time.monotonic()
                current = max((n for n in range(len(worker.tasks)) if worker.has_started(n)), default=0)
                self._keep_log(worker, current)
        if worker.exit_code == InterruptedRunError.exit_code:
            # Slurm's signal stopped the worker; the same signal is about to reach this process and end it.
            time.sleep(OWN_SIGNAL_S)

    def _collect(self, worker: Worker) -> list[Task]:
        """Note the outcomes of an ended worker's tasks; return the tasks that remain."""
        silent = [n for n in range(len(worker.tasks)) if worker.outcome(n) is None]
        begun = [n for n in silent if worker.has_started(n)]
        # Tasks without an outcome: the last one started crashed the worker, or the worker never started.
        blamed = begun[-1:] or silent
        left = []
        for number, task in enumerate(worker.tasks):
            if number in silent and number not in blamed:
                left.append(task)
                continue
            outcome = outcome_of(worker, number)
            self._keep_log(worker, number)
            if outcome.exit_code != InterruptedRunError.exit_code:
                self._note(task, outcome)
            elif self._may_restart(task):
                left.append(task)
            else:
                message = f"stopped {MAX_INTERRUPTIONS + 1} times by something other than Slurm"
                self._note(task, Outcome(HdrbatchError.exit_code, outcome.error, message))
        return left

    def _may_restart(self, task: Task) -> bool:
        """Whether an interrupted task is restarted here, at most MAX_INTERRUPTIONS times."""
        self._num_interruptions[task.digest] += 1
        return self._num_interruptions[task.digest] <= MAX_INTERRUPTIONS

    def _note(self, task: Task, outcome: Outcome) -> None:
        name = str(task.name)
        ended = (
            "done" if outcome.exit_code == 0 else f"{outcome.error} ({outcome.exit_code}): {outcome.message}"
        )
        print(f"{name}: {ended}", flush=True)
        self._settled.add(task.digest)
        if outcome.exit_code != 0:
            self._failed.append(name)
        try:
            self._notes.note(task, outcome)
        except HdrbatchError as error:
            print(f"{name}: its failure could not be noted: {error}", flush=True)

    def _keep_log(self, worker: Worker, number: int) -> None:
        task, log = worker.tasks[number], worker.log_of(number)
        try:
            self._store.put_file(keys.log(self._plan_id, task.kind, task.id), log)
        except (HdrbatchError, OSError) as error:
            print(f"{task.id}: its log could not be stored: {error}", flush=True)

    def stop(self, grace_s: float) -> None:
        """Stop the worker, which saves its progress, and wait until it ends."""
        self._is_stopping = True
        if self._worker is None:
            return
        end_workers([self._worker], grace_s)
        # In a thread, since the following requeue must not wait for a store that does not answer.
        keeping = threading.Thread(target=self._collect, args=(self._worker,), daemon=True)
        keeping.start()
        keeping.join(STORE_GRACE_S)

    def on_terminate(self, number: int, frame: FrameType | None) -> None:
        """Handle SIGTERM: the job is cancelled, or preempted without an earlier warning."""
        del number, frame
        if self._is_stopping:
            return
        self.stop(CANCEL_GRACE_S)
        if queue.should_continue(job_id()):
            print(
                "received SIGTERM while Slurm keeps the job alive; requeued to resume from here", flush=True
            )
            queue.requeue(job_id())
        sys.exit(InterruptedRunError.exit_code)
