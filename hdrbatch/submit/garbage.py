"""Objects of a store that nothing refers to, and folders of finished submissions on this machine."""

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hdrbatch.errors import UserError
from hdrbatch.kinds import Kind
from hdrbatch.local_files import open_regular
from hdrbatch.plan.stored_plans import load_plan, saved_plan_ids
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store, StoredObject
from hdrbatch.storage.receipts import Receipt
from hdrbatch.storage.task_ids import VariantName, owner_of
from hdrbatch.submit.completion import done_tasks, tasks_with_receipts
from hdrbatch.submit.submissions import FOLDER_MARKER, Submission, folder_mark, submissions_of_plan
from hdrbatch.worker.registry import task_kind

_log = logging.getLogger(__name__)


def check_is_store(store: Store) -> None:
    """Raise UserError if there is neither a plan nor a receipt: then it is no store, or another one."""
    for prefix in (keys.PLANS, keys.RECEIPTS):
        if any(True for _ in store.list(prefix)):
            return
    raise UserError(f"{store.url} has neither plans nor receipts; name the store with --store")


def unreferenced(store: Store) -> Iterator[StoredObject]:
    """Yield objects of datasets and sweeps that no receipt names: never finished, or outdated.

    Saved progress that an unfinished task of a stored plan could resume from is kept. So is everything that
    an unreadable receipt or plan may name. A running task has objects without a receipt too, so use this only
    while nothing is running.

    Raises
    ------
    UserError
        If there is neither a plan nor a receipt.
    """
    check_is_store(store)
    kept = _resumable(store)
    named: set[str] = set()
    for found in list(store.list(keys.RECEIPTS)):
        try:
            named |= {entry.key for entry in Receipt.from_bytes(store.get_bytes(found.key)).files}
        except ValueError as error:
            _, _, task_id = found.key.removeprefix(keys.RECEIPTS).partition("/")
            owner = owner_of(task_id.partition("@")[0])
            _log.warning("%s: %s: %s; all files of %s are kept", store.url, found.key, error, owner)
            kept += (f"{keys.DATASETS}{owner}/", f"{keys.SWEEPS}{owner}/")
    for prefix in (keys.DATASETS, keys.SWEEPS, keys.PROGRESS):
        for found in list(store.list(prefix)):
            if found.key not in named and not found.key.startswith(kept):
                yield found


def _resumable(store: Store) -> tuple[str, ...]:
    """Return the prefixes of progress saved by planned, unfinished tasks."""
    saved: list[str] = []
    for plan_id in saved_plan_ids(store):
        try:
            tasks = [task for task in load_plan(store, plan_id).tasks() if task_kind(task.kind).resumes]
        except UserError as error:
            # What its tasks have saved is unknown, so nothing of this kind may be declared garbage.
            _log.warning("%s; all saved progress and everything of sweeps is kept", error)
            saved += [keys.PROGRESS, keys.SWEEPS]
            continue
        done = done_tasks(store, tasks)
        for task in tasks:
            if task.ref in done:
                continue
            saved.append(keys.progress(task.kind, task.id, task.digest))
            if task.kind is Kind.TRAIN_VARIANT and "/" in task.id:
                name = VariantName.parse(task.id)
                saved.append(keys.checkpoints_folder(name.sweep, name.variant, task.digest))
    return tuple(saved)


@dataclass(frozen=True)
class LogFolder:
    """A folder on this machine with Slurm's logs and pickles of one array; ``reason`` is why it is kept."""

    path: Path
    reason: str = ""


def finished_log_folders(store: Store) -> Iterator[LogFolder]:
    """Yield folders on this machine with pickles and Slurm's logs of arrays whose plan is done.

    Their names come out of the store, which others may write to. Only a folder that this user's own
    submission has made and marked may be deleted; others are yielded with the reason to keep them.
    """
    for plan_id in saved_plan_ids(store):
        folders = {
            path: one for one in submissions_of_plan(store, plan_id) if (path := Path(one.folder)).is_dir()
        }
        if not folders:
            continue
        try:
            tasks = list(load_plan(store, plan_id).tasks())
        except UserError as error:
            _log.warning("%s; the logs of its arrays are kept", error)
            continue
        if len(tasks_with_receipts(store, tasks)) == len(tasks):
            yield from (
                LogFolder(path, reason_to_keep(one, plan_id)) for path, one in sorted(folders.items())
            )


def reason_to_keep(submission: Submission, plan_id: str) -> str:
    """Return why the folder of a submission must not be deleted; empty if it may be."""
    folder = Path(submission.folder)
    if folder.parts[-2:] != (plan_id, submission.name):
        return "its name is not that of a submission"
    try:
        if folder.resolve() != folder:
            return "a symbolic link leads there"
        if folder.stat().st_uid != os.getuid():
            return "it belongs to another user"
        with open_regular(folder / FOLDER_MARKER) as marker:
            status = os.fstat(marker.fileno())
            mark = folder_mark(plan_id, submission.name).encode()
            is_marked = status.st_uid == os.getuid() and marker.read(len(mark) + 1) == mark
    except OSError:
        is_marked = False
    return "" if is_marked else "no submission of yours has marked it; if it is one, delete it by hand"
