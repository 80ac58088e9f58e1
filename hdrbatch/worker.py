"""The worker: tasks in, receipts out.

    python -m hdrbatch.worker --store URL --tasks FILE --scratch DIR        as it is started
    python -m hdrbatch.worker --store URL --plan PLAN --task KIND/ID --scratch DIR      one by hand

Exit codes: 0 the receipts are there, 1 a task failed, 2 bad arguments or input, 75 stopped from outside and
safe to run again.
"""

import argparse
import json
import logging
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hdrbatch.errors import CorruptObjectError, HdrbatchError, InterruptedRunError, SetUpError, UserError
from hdrbatch.plan.saved import load_plan
from hdrbatch.plan.task import Plan, Task, remade
from hdrbatch.storage.address import open_store
from hdrbatch.storage.base import Store
from hdrbatch.storage.cache import NodeCache
from hdrbatch.storage.receipts import Receipt, read_receipt, withdraw_receipts, write_receipt
from hdrbatch.storage.transfer import upload_all
from hdrbatch.storage.verification import damage
from hdrbatch.tasks.context import TaskContext
from hdrbatch.tasks.outcome import Outcome, TaskFolder
from hdrbatch.tasks.registry import repeats, task_kind
from hdrbatch.tasks.stop import StopRequest, stop_with_lifeline
from hdrbatch.tasks.usage import Usage, installed_versions, peak_memory_bytes

UPLOAD_GRACE_S = 20.0
"""How long the end of a stopped worker may wait for an earlier task's upload."""

NUM_PUBLICATIONS = 3

_log = logging.getLogger("hdrbatch.worker")


@dataclass(frozen=True)
class Machine:
    """What tasks may use here; no part of any digest."""

    num_threads: int = 1
    device: str = "cpu"
    cache: NodeCache | None = None


def run_task(
    store: Store, task: Task, scratch: Path, *, num_threads: int, stop: StopRequest, is_first: bool = True
) -> Receipt:
    """Run one task unless its result is there already, and publish what it made.

    Parameters
    ----------
    scratch
        An empty folder on this machine that the caller removes.
    num_threads
        Threads that the task may use; no part of its digest.
    stop
        Becomes true when the task is asked to stop.
    is_first
        Whether it is the first task of this process.

    Raises
    ------
    InterruptedRunError
        Where the task stopped because it was asked to.
    HdrbatchError
        Where it failed.
    """
    computed = compute(store, task, scratch, machine=Machine(num_threads), stop=stop, is_first=is_first)
    return computed if isinstance(computed, Receipt) else publish(computed)


@dataclass(frozen=True)
class Computed:
    """A task's files, made and not stored yet."""

    context: TaskContext
    outputs: Mapping[str, Path]


def compute(
    store: Store, task: Task, scratch: Path, *, machine: Machine, stop: StopRequest, is_first: bool
) -> Computed | Receipt:
    """Make a task's files; its receipt, where it is done already."""
    if (done := _finished(store, task)) is not None:
        _log.info("already done: %s %s", task.kind, task.id)
        return done
    _check_that_it_fits(task)
    context = TaskContext(
        task,
        store,
        scratch,
        num_threads=machine.num_threads,
        stop=stop,
        usage=Usage(is_first=is_first),
        device=machine.device,
        cache=machine.cache,
    )
    task_kind(task.kind).run(context)
    return Computed(context, context.finished_outputs())


def publish(computed: Computed) -> Receipt:
    """Make a result visible once, whole, or not at all.

    Results of the same task are withdrawn first, since they name the same files; then the files go up; the
    receipt is last.
    """
    context = computed.context
    task, store = context.task, context.store
    # A twin of this task may have finished meanwhile: its result stands, ours is dropped.
    if (done := _finished(store, task)) is not None:
        context.discard()
        return done
    receipt = _published(computed)
    if not repeats(task):
        # A twin on a node that was thought lost may have written its files after ours: then ours go up again.
        for _ in range(NUM_PUBLICATIONS):
            if not _is_damaged(store, receipt):
                break
            receipt = _published(computed)
        else:
            if _is_damaged(store, receipt):
                withdraw_receipts(store, task.kind, task.id)
                raise CorruptObjectError(
                    f"{task.kind} {task.id}: somebody keeps writing over its files: does it run elsewhere?"
                )
    context.discard()
    return receipt


def _is_damaged(store: Store, receipt: Receipt) -> bool:
    return any(damage(store, entry) for entry in receipt.files)


def _published(computed: Computed) -> Receipt:
    """Write the files, and the receipt last."""
    context = computed.context
    task, store, usage = context.task, context.store, context.usage
    with usage.phase("upload"):
        withdraw_receipts(store, task.kind, task.id)
        files = upload_all(store, computed.outputs)
    receipt = Receipt(
        kind=task.kind,
        task=task.id,
        digest=task.digest,
        files=files,
        versions=installed_versions(),
        host=os.uname().nodename,
        wall_s=round(usage.wall_s(), 3),
        cpu_s=round(usage.cpu_s(), 3),
        peak_memory_bytes=peak_memory_bytes(),
        phases_s=usage.phases_s(),
        image_digest=os.environ.get("HDRBATCH_IMAGE_DIGEST"),
    )
    write_receipt(store, receipt)
    return receipt


def _finished(store: Store, task: Task) -> Receipt | None:
    """The task's receipt, if every file that it names is there with its size."""
    receipt = read_receipt(store, task.ref)
    if receipt is None:
        return None
    folder = os.path.commonpath([entry.key for entry in receipt.files])
    sizes = {found.key: found.num_bytes for found in store.list(folder)}
    return receipt if all(sizes.get(entry.key) == entry.num_bytes for entry in receipt.files) else None


def _check_that_it_fits(task: Task) -> None:
    """Refuse a task that this image is not for, or that another version of the code has planned."""
    wanted, image = task_kind(task.kind).image, os.environ.get("HDRBATCH_IMAGE")
    if image and image != wanted:
        raise SetUpError(
            f"{task.kind} runs in the {wanted} image, and this is the {image} image: "
            "check render and train under [container] in the cluster file"
        )
    if remade(task).digest != task.digest:
        raise SetUpError(
            f"{task.kind} {task.id} was planned by another version of hdrbatch, whose results differ: "
            "build the images anew (make images), or install the same version everywhere, and submit again"
        )


class Pack:
    """Tasks that one process runs one after the other; one's files go up while the next one runs."""

    def __init__(self, store: Store, tasks: Sequence[Task], scratch: Path, machine: Machine) -> None:
        self.store, self.tasks, self.scratch, self.machine = store, tasks, scratch, machine
        self.outcomes: list[Outcome] = []
        self._pending: list[Future[None]] = []

    def run(self) -> int:
        """Run what can be run; returns the exit code."""
        resumes = all(task_kind(task.kind).resumes for task in self.tasks)
        with (
            ThreadPoolExecutor(max_workers=1, thread_name_prefix="upload") as uploads,
            StopRequest.on_signals(exit_at_once=not resumes, before_exit=self._finish_uploads) as stop,
        ):
            for number, task in enumerate(self.tasks):
                if stop.requested:
                    self.outcomes.append(Outcome.of(InterruptedRunError("stopped before it began")))
                    break
                self._run(number, task, stop, uploads)
            wait(self._pending)  # while signals are still listened to
        failed = [outcome.exit_code for outcome in self.outcomes if outcome.exit_code]
        return (
            InterruptedRunError.exit_code
            if InterruptedRunError.exit_code in failed
            else max(failed, default=0)
        )

    def _run(self, number: int, task: Task, stop: StopRequest, uploads: ThreadPoolExecutor) -> None:
        folder = TaskFolder.numbered(self.scratch, number)
        folder.scratch.mkdir(parents=True)
        with _output_to(folder.log):
            try:
                computed = compute(
                    self.store, task, folder.scratch, machine=self.machine, stop=stop, is_first=number == 0
                )
            except Exception as error:  # noqa: BLE001 (whatever it was, it is told, and the next task runs)
                self._end(folder, error)
                return
        wait(self._pending)  # one on its way at a time: scratch holds the files of two tasks and no more
        self._pending = [uploads.submit(self._publish, folder, computed)]

    def _publish(self, folder: TaskFolder, computed: Computed | Receipt) -> None:
        try:
            receipt = publish(computed) if isinstance(computed, Computed) else computed
        except Exception as error:  # noqa: BLE001 (as above)
            self._end(folder, error)
        else:
            with folder.log.open("a") as log:
                log.write(_done(receipt) + "\n")
            self._end(folder, None)

    def _end(self, folder: TaskFolder, error: Exception | None) -> None:
        outcome = Outcome(0) if error is None else Outcome.of(error)
        if error is not None:
            with folder.log.open("a") as log:
                log.write(_told(error))
        self.outcomes.append(outcome)
        outcome.write(folder.outcome)
        shutil.rmtree(folder.scratch, ignore_errors=True)

    def _finish_uploads(self) -> None:
        wait(self._pending, timeout=UPLOAD_GRACE_S)


def _done(receipt: Receipt) -> str:
    return f"done: {receipt.kind}/{receipt.task}: {len(receipt.files)} file(s) in {receipt.wall_s:.1f} s"


def _told(error: Exception) -> str:
    """An error as it stands in the log; with its traceback where nobody has foreseen it."""
    if isinstance(error, HdrbatchError):
        return f"ERROR {type(error).__name__}: {error}\n"
    record = logging.LogRecord(
        "", logging.ERROR, "", 0, "unexpected error", None, (type(error), error, error.__traceback__)
    )
    return logging.Formatter("ERROR %(message)s").format(record) + "\n"


@contextmanager
def _output_to(path: Path) -> Iterator[None]:
    """Write what this process prints, Blender's part included, to a file while inside."""
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run tasks as a process; returns the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        if options.lifeline is not None:
            stop_with_lifeline(options.lifeline)
        store = open_store(options.store)
        if options.tasks is not None:
            cache = NodeCache(options.cache, int(options.cache_gb * 1e9)) if options.cache else None
            machine = Machine(options.threads, options.device, cache)
            return Pack(store, read_tasks(options.tasks), options.scratch, machine).run()
        task = _find_task(load_plan(store, options.plan), options.task)
        with StopRequest.on_signals(exit_at_once=not task_kind(task.kind).resumes) as stop:
            receipt = run_task(store, task, options.scratch, num_threads=options.threads, stop=stop)
            _log.info("%s", _done(receipt))
    except HdrbatchError as error:
        _log.error("%s: %s", type(error).__name__, error)
        return error.exit_code
    except Exception:  # noqa: BLE001 (the process ends here: log whatever it was)
        _log.exception("unexpected error")
        return HdrbatchError.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hdrbatch.worker", description="Run tasks of a plan.")
    parser.add_argument("--store", required=True, help="folder or s3://bucket/prefix")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--tasks", type=Path, help="file with the tasks, one as JSON in each line")
    what.add_argument("--task", metavar="KIND/ID", help="one task of --plan")
    parser.add_argument("--plan", help="id of a plan in the store")
    parser.add_argument("--scratch", required=True, type=Path, help="empty folder for temporary files")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N")
    parser.add_argument("--cache", type=Path, help="the node's cache of inputs")
    parser.add_argument("--cache-gb", type=float, default=10.0)
    parser.add_argument("--lifeline", type=Path, help="stop when nobody holds the lock on this file any more")
    return parser


def read_tasks(path: Path) -> list[Task]:
    """The tasks of a file, one in each line; raises UserError where it holds something else."""
    try:
        return [Task.from_json(json.loads(line)) for line in path.read_text().splitlines()]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"--tasks {path}: cannot be read as tasks: {error}") from None


def _find_task(plan: Plan, name: str) -> Task:
    for task in plan.tasks():
        if f"{task.kind}/{task.id}" == name:
            return task
    raise UserError(f"plan {plan.id} has no task {name!r}")


if __name__ == "__main__":
    exit_code = main()
    logging.shutdown()
    sys.stdout.flush()
    # Blender can hang in its own clean-up after a render: leave without it, with the true code.
    os._exit(exit_code)
