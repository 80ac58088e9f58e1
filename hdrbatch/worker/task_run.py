"""Run one task: produce its files, upload them, and write the receipt last."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hdrbatch.errors import CorruptObjectError, SetUpError
from hdrbatch.plan.task import Task, with_current_digest
from hdrbatch.storage.base import Store
from hdrbatch.storage.cache import NodeCache
from hdrbatch.storage.lease import Lease, Ticket
from hdrbatch.storage.receipts import (
    Receipt,
    read_receipt,
    withdraw_other_receipts,
    withdraw_receipts,
    write_receipt,
)
from hdrbatch.storage.transfer import upload_all
from hdrbatch.storage.verification import find_damage
from hdrbatch.worker.context import TaskContext
from hdrbatch.worker.registry import is_reproducible, task_kind
from hdrbatch.worker.stop import StopRequest
from hdrbatch.worker.usage import Usage, installed_versions, peak_memory_bytes

NUM_PUBLICATIONS = 3

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Machine:
    """Resources that tasks may use here; not part of any digest."""

    num_threads: int = 1
    device: str = "cpu"
    cache: NodeCache | None = None


@dataclass(frozen=True)
class TaskOutput:
    """A task's files before they are uploaded."""

    context: TaskContext
    outputs: Mapping[str, Path]


def compute(
    store: Store, task: Task, scratch: Path, *, machine: Machine, stop: StopRequest, is_first: bool
) -> TaskOutput | Receipt:
    """Produce a task's files, or return its receipt if it is already done."""
    if (done := _valid_receipt(store, task)) is not None:
        _log.info("already done: %s %s", task.kind, task.id)
        return done
    _check_image_and_version(task)
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
    return TaskOutput(context, context.finished_outputs())


def publish(computed: TaskOutput) -> Receipt:
    """Publish a result atomically.

    Earlier receipts of the task are withdrawn first, because they name the same files; then the files are
    uploaded; the receipt is written last. Two processes that ran the same training do so one after the other,
    and the second one keeps the first one's result.
    """
    task, store = computed.context.task, computed.context.store
    if is_reproducible(task):
        return _publish(computed)
    ticket = Ticket.of_this_process(str(task.name), "publication")
    with Lease(store, f"publication/{task.kind}/{task.id}", ticket, on_held=_wait_for):
        return _publish(computed)


def _wait_for(ticket: Ticket) -> None:
    _log.info("waiting for %s, which publishes the same result", ticket.holder)


def _publish(computed: TaskOutput) -> Receipt:
    context = computed.context
    task, store = context.task, context.store
    # Another worker may have finished the same task meanwhile: its result is kept, ours is dropped.
    if (done := _valid_receipt(store, task)) is not None:
        context.discard()
        return done
    receipt = _published(computed)
    if not is_reproducible(task):
        # A worker on a node that was thought lost may have written its files after ours: upload ours again.
        for _ in range(NUM_PUBLICATIONS):
            if not _is_damaged(store, receipt):
                break
            receipt = _published(computed)
        else:
            if _is_damaged(store, receipt):
                withdraw_receipts(store, task.kind, task.id)
                raise CorruptObjectError(
                    f"{task.kind} {task.id}: another process keeps overwriting its files; "
                    "is the task running elsewhere?"
                )
    context.discard()
    return receipt


def _is_damaged(store: Store, receipt: Receipt) -> bool:
    return any(find_damage(store, entry) for entry in receipt.files)


def _published(computed: TaskOutput) -> Receipt:
    """Upload the files, then write the receipt."""
    context = computed.context
    task, store, usage = context.task, context.store, context.usage
    with usage.phase("upload"):
        withdraw_receipts(store, task.kind, task.id, known=task.digest)
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
    withdraw_other_receipts(store, receipt)
    return receipt


def _valid_receipt(store: Store, task: Task) -> Receipt | None:
    """Return the task's receipt if every file that it names exists with its size, else None."""
    try:
        receipt = read_receipt(store, task.ref)
    except CorruptObjectError as error:
        _log.warning("%s; the task runs now, and replaces it", error)
        return None
    if receipt is None:
        return None
    folder = os.path.commonpath([entry.key for entry in receipt.files])
    sizes = {found.key: found.num_bytes for found in store.list(folder)}
    return receipt if all(sizes.get(entry.key) == entry.num_bytes for entry in receipt.files) else None


def _check_image_and_version(task: Task) -> None:
    """Reject a task that needs another image, or that was planned by code with different results."""
    expected, image = task_kind(task.kind).image, os.environ.get("HDRBATCH_IMAGE")
    if image and image != expected:
        raise SetUpError(
            f"{task.kind} runs in the {expected} image, and this is the {image} image; "
            "check render and train under [container] in the cluster file"
        )
    if with_current_digest(task).digest != task.digest:
        raise SetUpError(
            f"{task.kind} {task.id} was planned by a version of hdrbatch with different results; rerun "
            "hdrbatch render or hdrbatch sweep; on a cluster, first rebuild the images (make images) or "
            "install the same version everywhere"
        )
