"""The worker: one task in, its receipt out.

    python -m hdrbatch.worker --store URL --plan PLAN --task KIND/ID --scratch DIR

Exit codes: 0 the receipt is there, 1 the task failed, 2 bad arguments, 75 stopped from outside and safe
to run again.
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from hdrbatch.errors import HdrbatchError, UserError
from hdrbatch.plan.saved import load_plan
from hdrbatch.plan.task import Plan, Task
from hdrbatch.storage.address import open_store
from hdrbatch.storage.base import Store
from hdrbatch.storage.receipts import Receipt, read_receipt, withdraw_receipts, write_receipt
from hdrbatch.storage.transfer import upload
from hdrbatch.tasks.context import TaskContext
from hdrbatch.tasks.registry import task_kind
from hdrbatch.tasks.stop import StopRequest, stop_with_parent
from hdrbatch.tasks.usage import Usage, cpu_s, installed_versions, peak_memory_bytes

_log = logging.getLogger("hdrbatch.worker")


def run_task(store: Store, task: Task, scratch: Path, *, num_threads: int, stop: StopRequest) -> Receipt:
    """Run one task unless its result is there already.

    The order makes the result visible once, whole, or not at all: results of the same task are
    withdrawn first, since they name the same files; then the files go up and are read back;
    the receipt is last.

    Parameters
    ----------
    scratch
        An empty folder on this machine that the caller removes.
    num_threads
        Threads that the task may use; no part of its digest.
    stop
        Becomes true when the task is asked to stop.

    Raises
    ------
    InterruptedRunError
        Where the task stopped because it was asked to.
    HdrbatchError
        Where it failed.
    """
    if (done := _finished(store, task)) is not None:
        _log.info("already done: %s %s", task.kind, task.id)
        return done
    usage = Usage()
    context = TaskContext(task, store, scratch, num_threads=num_threads, stop=stop, usage=usage)
    task_kind(task.kind).run(context)
    outputs = context.finished_outputs()
    # A twin of this task may have finished meanwhile: its result stands, ours is dropped.
    if (done := _finished(store, task)) is not None:
        return done
    with usage.phase("upload"):
        withdraw_receipts(store, task.kind, task.id)
        files = tuple(upload(store, key, path) for key, path in sorted(outputs.items()))
    receipt = Receipt(
        kind=task.kind,
        task=task.id,
        digest=task.digest,
        files=files,
        versions=installed_versions(),
        host=os.uname().nodename,
        wall_s=round(usage.wall_s(), 3),
        cpu_s=round(cpu_s(), 3),
        peak_memory_bytes=peak_memory_bytes(),
        phases_s=usage.phases_s(),
        image_digest=os.environ.get("HDRBATCH_IMAGE_DIGEST"),
    )
    write_receipt(store, receipt)
    context.discard()
    return receipt


def _finished(store: Store, task: Task) -> Receipt | None:
    """The task's receipt, if every file that it names is there with its size."""
    receipt = read_receipt(store, task.ref)
    if receipt is None:
        return None
    folder = os.path.commonpath([entry.key for entry in receipt.files])
    sizes = {found.key: found.num_bytes for found in store.list(folder)}
    return receipt if all(sizes.get(entry.key) == entry.num_bytes for entry in receipt.files) else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one task as a process; returns the exit code."""
    parser = argparse.ArgumentParser(prog="hdrbatch.worker", description="Run one task of a plan.")
    parser.add_argument("--store", required=True, help="folder or s3://bucket/prefix")
    parser.add_argument("--plan", required=True, help="id of a plan in the store")
    parser.add_argument("--task", required=True, metavar="KIND/ID")
    parser.add_argument("--scratch", required=True, type=Path, help="empty folder for temporary files")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--parent", type=int, metavar="PID", help="stop when this process ends")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        store = open_store(options.store)
        task = _find_task(load_plan(store, options.plan), options.task)
        with StopRequest.on_signals(exit_at_once=not task_kind(task.kind).resumes) as stop:
            if options.parent is not None:
                stop_with_parent(options.parent)
            receipt = run_task(store, task, options.scratch, num_threads=options.threads, stop=stop)
    except HdrbatchError as error:
        _log.error("%s: %s", type(error).__name__, error)
        return error.exit_code
    except Exception:  # noqa: BLE001 (the process ends here: log whatever it was)
        _log.exception("unexpected error in %s", options.task)
        return HdrbatchError.exit_code
    _log.info("done: %s: %d file(s) in %.1f s", options.task, len(receipt.files), receipt.wall_s)
    return 0


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
