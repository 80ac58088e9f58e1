"""One task, run: its files made, then published, the receipt last."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hdrbatch.errors import CorruptObjectError, SetUpError
from hdrbatch.plan.task import Task, remade
from hdrbatch.storage.base import Store
from hdrbatch.storage.cache import NodeCache
from hdrbatch.storage.receipts import Receipt, read_receipt, withdraw_receipts, write_receipt
from hdrbatch.storage.transfer import upload_all
from hdrbatch.storage.verification import find_damage
from hdrbatch.worker.context import TaskContext
from hdrbatch.worker.registry import repeats, task_kind
from hdrbatch.worker.stop import StopRequest
from hdrbatch.worker.usage import Usage, installed_versions, peak_memory_bytes

NUM_PUBLICATIONS = 3

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Machine:
    """What tasks may use here; no part of any digest."""

    num_threads: int = 1
    device: str = "cpu"
    cache: NodeCache | None = None


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
    return any(find_damage(store, entry) for entry in receipt.files)


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
