"""What a store holds that nothing refers to."""

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
    """Objects of datasets and sweeps that no receipt names: never finished, or outdated.

    What a training or a render of a saved plan would go on from is kept. A task that is running has
    objects without a receipt too, so this is for a store that is at rest.

    Raises
    ------
    UserError
        Where a saved plan is damaged.
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
    """Prefixes of what tasks have saved that are planned and not done."""
    saved: list[str] = []
    for plan_id in saved_plan_ids(store):
        # A damaged plan raises: what it would resume from is not known, so nothing may be called garbage.
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
    """Folders on this machine with pickles and Slurm's logs of arrays of plans that are done."""
    for plan_id in saved_plan_ids(store):
        # They are going to be deleted: only what we have named, whatever a store that others write to says.
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
