"""Which of a plan's tasks are done, according to the store."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from hdrbatch.catalogue.scene import Scene
from hdrbatch.plan.render_plan import SceneTasks
from hdrbatch.plan.task import Plan, Task
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store
from hdrbatch.storage.receipts import TaskRef
from hdrbatch.storage.task_ids import owner_of

NUM_LISTINGS = 8


def tasks_with_receipts(store: Store, tasks: Iterable[Task]) -> set[TaskRef]:
    """Return the tasks that have a receipt.

    One listing per folder, fast enough for the status of 100,000 tasks.
    """
    tasks = list(tasks)
    receipts = _listed(store, _prefixes(tasks))
    return {task.ref for task in tasks if keys.receipt(task.kind, task.id, task.digest) in receipts}


def done_tasks(store: Store, tasks: Iterable[Task]) -> set[TaskRef]:
    """Return the tasks that need not run: their receipt and all files it must name exist.

    Two listings per folder; no file is read.
    """
    tasks = list(tasks)
    receipts = _listed(store, _prefixes(tasks))
    files = _listed(store, {_folder(output) for task in tasks for output in task.outputs})
    return {
        task.ref
        for task in tasks
        if keys.receipt(task.kind, task.id, task.digest) in receipts and files.issuperset(task.outputs)
    }


def with_finished_scenes(
    store: Store, planned: Sequence[SceneTasks], chosen: Collection[Scene]
) -> list[SceneTasks]:
    """Add a job's finished scenes to the chosen ones, so that the index keeps them."""
    wanted = set(chosen)
    others = [one.assembly for one in planned if one.scene not in wanted]
    done = done_tasks(store, others) if others else set()
    return [one for one in planned if one.scene in wanted or one.assembly.ref in done]


def with_finished_variants(
    store: Store, trainings: Mapping[str, Task], chosen: Collection[str]
) -> dict[str, Task]:
    """Add a sweep's finished variants to the chosen ones, so that the comparison keeps them."""
    others = [task for name, task in trainings.items() if name not in chosen]
    done = done_tasks(store, others) if others else set()
    return {name: task for name, task in trainings.items() if name in chosen or task.ref in done}


def replaced_results(store: Store, plan: Plan, done: set[TaskRef]) -> list[str]:
    """Find receipts of earlier results that the plan will overwrite: same tasks, other settings."""
    todo = [task for task in plan.tasks() if task.ref not in done]
    prefixes = {keys.receipts_of_task(task.kind, task.id) for task in todo}
    own = {keys.receipt(task.kind, task.id, task.digest) for task in todo}
    return [
        found.key
        for folder in sorted(_prefixes(todo))
        for found in store.list(folder)
        if found.key.rpartition("@")[0] + "@" in prefixes and found.key not in own
    ]


def withdraw_outdated(store: Store, plan: Plan, done: set[TaskRef]) -> None:
    """Withdraw outdated results of tasks that depend on others in the plan.

    Their inputs are about to be overwritten: an index must not keep naming files that no longer exist. A
    task without dependencies keeps its old result until its worker replaces it.
    """
    todo = {task.ref for task in plan.tasks()} - done
    waiting = [task for task in plan.tasks() if task.ref in todo and not todo.isdisjoint(task.needs)]
    prefixes = {keys.receipts_of_task(task.kind, task.id) for task in waiting}
    for folder in _prefixes(waiting):
        for found in list(store.list(folder)):
            if found.key.rpartition("@")[0] + "@" in prefixes:
                store.delete(found.key)


def _listed(store: Store, prefixes: Iterable[str]) -> set[str]:
    """Return the keys under prefixes, listed concurrently; empty objects are not hdrbatch's."""
    with ThreadPoolExecutor(NUM_LISTINGS) as listings:
        pages = listings.map(
            lambda prefix: [one.key for one in store.list(prefix) if one.num_bytes], prefixes
        )
        return {key for page in pages for key in page}


def _prefixes(tasks: Iterable[Task]) -> set[str]:
    """Return receipt prefixes that cover the tasks: ``receipts/<kind>/<first part of the id>``."""
    return {keys.receipts_of_kind(task.kind) + owner_of(task.id) for task in tasks}


def _folder(key: str) -> str:
    """Return the prefix of the dataset or sweep that a key belongs to."""
    return "/".join(key.split("/")[:2]) + "/"
