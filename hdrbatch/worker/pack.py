"""The tasks of one worker process, one after the other."""

import logging
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext
from pathlib import Path

from hdrbatch.errors import HdrbatchError, InterruptedRunError, UserError
from hdrbatch.plan.task import Task
from hdrbatch.redaction import redacted
from hdrbatch.storage.base import Store
from hdrbatch.storage.receipts import Receipt
from hdrbatch.worker.outcome import Outcome, TaskFolder
from hdrbatch.worker.registry import task_kind
from hdrbatch.worker.stop import StopRequest
from hdrbatch.worker.task_run import Machine, TaskOutput, compute, publish

UPLOAD_GRACE_S = 20.0
"""Seconds that a stopped worker waits for an earlier task's upload before it exits."""


class Pack:
    """Tasks that one process runs one after the other; each one's files are uploaded while the next one runs.

    Parameters
    ----------
    store
        Store that inputs come from and results go to.
    tasks
        Tasks to run, in order.
    scratch
        An empty folder on this machine; each task gets a `TaskFolder` in it.
    machine
        Resources that tasks may use here.
    to_files : bool
        Whether each task's output goes to the log in its folder instead of this process's own output.
    """

    def __init__(
        self, store: Store, tasks: Sequence[Task], scratch: Path, machine: Machine, *, to_files: bool = True
    ) -> None:
        self.store, self.tasks, self.scratch, self.machine = store, tasks, scratch, machine
        self.to_files = to_files
        self.outcomes: list[Outcome] = []
        self._pending: list[Future[None]] = []

    def run(self) -> int:
        """Run all tasks, whatever becomes of single ones; return the exit code."""
        resumes = all(task_kind(task.kind).resumes for task in self.tasks)
        with (
            ThreadPoolExecutor(max_workers=1, thread_name_prefix="upload") as uploads,
            StopRequest.on_signals(exit_at_once=not resumes, before_exit=self._finish_uploads) as stop,
        ):
            for number, task in enumerate(self.tasks):
                if stop.requested:
                    self.outcomes.append(Outcome.of(InterruptedRunError("stopped before it started")))
                    break
                self._run(number, task, stop, uploads)
            wait(self._pending)  # while signals are still handled
        failed = [outcome.exit_code for outcome in self.outcomes if outcome.exit_code]
        return (
            InterruptedRunError.exit_code
            if InterruptedRunError.exit_code in failed
            else max(failed, default=0)
        )

    def _run(self, number: int, task: Task, stop: StopRequest, uploads: ThreadPoolExecutor) -> None:
        folder = TaskFolder.numbered(self.scratch, number)
        try:
            folder.scratch.mkdir(parents=True)
        except FileExistsError:
            raise UserError(
                f"--scratch {self.scratch} holds files of an earlier run; give an empty folder"
            ) from None
        with _output_to(folder.log) if self.to_files else nullcontext():
            try:
                computed = compute(
                    self.store, task, folder.scratch, machine=self.machine, stop=stop, is_first=number == 0
                )
            except Exception as error:  # noqa: BLE001 (any error is logged, and the next task runs)
                self._end(folder, error)
                return
        wait(self._pending)  # one upload at a time: scratch holds the files of at most two tasks
        self._pending = [uploads.submit(self._publish, folder, computed)]

    def _publish(self, folder: TaskFolder, computed: TaskOutput | Receipt) -> None:
        try:
            receipt = publish(computed) if isinstance(computed, TaskOutput) else computed
        except Exception as error:  # noqa: BLE001 (as above)
            self._end(folder, error)
        else:
            self._log(folder, _done(receipt) + "\n")
            self._end(folder, None)

    def _end(self, folder: TaskFolder, error: Exception | None) -> None:
        outcome = Outcome(0) if error is None else Outcome.of(error)
        if error is not None:
            self._log(folder, _error_text(error))
        self.outcomes.append(outcome)
        outcome.write(folder.outcome)
        shutil.rmtree(folder.scratch, ignore_errors=True)

    def _log(self, folder: TaskFolder, text: str) -> None:
        if not self.to_files:
            sys.stderr.write(text)
            return
        with folder.log.open("a") as log:
            log.write(text)

    def _finish_uploads(self) -> None:
        wait(self._pending, timeout=UPLOAD_GRACE_S)


def _done(receipt: Receipt) -> str:
    return f"done: {receipt.kind}/{receipt.task}: {len(receipt.files)} file(s) in {receipt.wall_s:.1f} s"


def _error_text(error: Exception) -> str:
    """Format an error for the log, with a traceback if the error is unexpected."""
    if isinstance(error, HdrbatchError):
        return f"ERROR {type(error).__name__}: {redacted(str(error))}\n"
    record = logging.LogRecord(
        "", logging.ERROR, "", 0, "unexpected error", None, (type(error), error, error.__traceback__)
    )
    return redacted(logging.Formatter("ERROR %(message)s").format(record)) + "\n"


@contextmanager
def _output_to(path: Path) -> Iterator[None]:
    """Redirect the output of this process, including Blender's, to a file within the context."""
    sys.stdout.flush()
    saved = [os.dup(1), os.dup(2)]
    try:
        with path.open("ab", buffering=0) as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        yield
    finally:
        sys.stdout.flush()
        for number, handle in enumerate(saved, 1):
            os.dup2(handle, number)
            os.close(handle)
