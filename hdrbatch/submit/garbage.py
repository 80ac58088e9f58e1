"""Objects of a store that nothing refers to."""

from collections.abc import Iterator
from pathlib import Path

from hdrbatch.kinds import Kind
from hdrbatch.plan.stored_plans import load_plan, saved_plan_ids
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store, StoredObject
from hdrbatch.storage.receipts import Receipt
from hdrbatch.storage.task_ids import VariantName
from hdrbatch.submit.completion import done_tasks, tasks_with_receipts
from hdrbatch.submit.submissions import submissions_of_plan
from hdrbatch.worker.registry import task_kind


def unreferenced(store: Store) -> Iterator[StoredObject]:
    """Yield objects of datasets and sweeps that no receipt names: never finished, or outdated.

    Saved progress that an unfinished task of a stored plan could resume from is kept. A running task has
    objects without a receipt too, so use this only while nothing is running.

    Raises
    ------
    UserError
        If a stored plan is damaged.
    """
    resumable = _resumable(store)
    named: set[str] = set()
    for found in list(store.list(keys.RECEIPTS)):
        try:
            named |= {entry.key for entry in Receipt.from_bytes(store.get_bytes(found.key)).files}
        except ValueError:
            continue
    for prefix in (keys.DATASETS, keys.SWEEPS, keys.PROGRESS):
        for found in list(store.list(prefix)):
            if found.key not in named and not found.key.startswith(resumable):
                yield found


def _resumable(store: Store) -> tuple[str, ...]:
    """Return the prefixes of progress saved by planned, unfinished tasks."""
    saved: list[str] = []
    for plan_id in saved_plan_ids(store):
        # A damaged plan raises: its saved progress is unknown, so nothing may be declared garbage.
        tasks = [task for task in load_plan(store, plan_id).tasks() if task_kind(task.kind).resumes]
        done = done_tasks(store, tasks)
        for task in tasks:
            if task.ref in done:
                continue
            saved.append(keys.progress(task.kind, task.id, task.digest))
            if task.kind is Kind.TRAIN_VARIANT:
                name = VariantName.parse(task.id)
                saved.append(keys.checkpoints_folder(name.sweep, name.variant, task.digest))
    return tuple(saved)


def finished_log_folders(store: Store) -> Iterator[Path]:
    """Yield folders on this machine with pickles and Slurm's logs of arrays whose plan is done."""
    for plan_id in saved_plan_ids(store):
        # These folders will be deleted, and others may write to the store: accept only hdrbatch's names.
        folders = {
            folder
            for one in submissions_of_plan(store, plan_id)
            if (folder := Path(one.folder)).parts[-2:] == (plan_id, one.name)
        }
        existing = sorted(folder for folder in folders if folder.is_dir())
        if existing:
            tasks = list(load_plan(store, plan_id).tasks())
            if len(tasks_with_receipts(store, tasks)) == len(tasks):
                yield from existing
