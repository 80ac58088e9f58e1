"""A plan joined with the store: which of its tasks are done."""

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
    """Those of the tasks that have a receipt: one listing per folder, for a status of 100,000 tasks."""
    tasks = list(tasks)
    receipts = _listed(store, _prefixes(tasks))
    return {task.ref for task in tasks if keys.receipt(task.kind, task.id, task.digest) in receipts}


def done_tasks(store: Store, tasks: Iterable[Task]) -> set[TaskRef]:
    """Those of the tasks that need not run: the receipt is there, and so are all files that it must name.

    Two listings per folder and no reading.
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
    """Add to the chosen scenes of a job those that are done, so that the index keeps them."""
    wanted = set(chosen)
    others = [one.assembly for one in planned if one.scene not in wanted]
    done = done_tasks(store, others) if others else set()
    return [one for one in planned if one.scene in wanted or one.assembly.ref in done]


def with_finished_variants(
    store: Store, trainings: Mapping[str, Task], chosen: Collection[str]
) -> dict[str, Task]:
    """Add to the chosen variants of a sweep those that are done, so that the comparison keeps them."""
    others = [task for name, task in trainings.items() if name not in chosen]
    done = done_tasks(store, others) if others else set()
    return {name: task for name, task in trainings.items() if name in chosen or task.ref in done}


def replaced_results(store: Store, plan: Plan, done: set[TaskRef]) -> list[str]:
    """Receipts of earlier results that the plan will write over: the same tasks with other settings."""
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
    """Withdraw earlier results of tasks that wait for others of the plan.

    What they were made from is about to be written over: an index, say, must not go on naming files that
    are not there any more. Results of tasks that wait for nothing stay until their worker has new ones.
    """
    todo = {task.ref for task in plan.tasks()} - done
    waiting = [task for task in plan.tasks() if task.ref in todo and not todo.isdisjoint(task.needs)]
    prefixes = {keys.receipts_of_task(task.kind, task.id) for task in waiting}
    for folder in _prefixes(waiting):
        for found in list(store.list(folder)):
            if found.key.rpartition("@")[0] + "@" in prefixes:
                store.delete(found.key)


def _listed(store: Store, prefixes: Iterable[str]) -> set[str]:
    """Keys under prefixes, asked for side by side; empty objects are none of ours."""
    with ThreadPoolExecutor(NUM_LISTINGS) as listings:
        pages = listings.map(
            lambda prefix: [one.key for one in store.list(prefix) if one.num_bytes], prefixes
        )
        return {key for page in pages for key in page}


def _prefixes(tasks: Iterable[Task]) -> set[str]:
    """Receipt prefixes that cover the tasks: ``receipts/<kind>/<first part of the id>``."""
    return {keys.receipts_of_kind(task.kind) + owner_of(task.id) for task in tasks}


def _folder(key: str) -> str:
    """The dataset's or the sweep's folder that a key lies in."""
    return "/".join(key.split("/")[:2]) + "/"
