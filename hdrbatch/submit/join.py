"""A plan joined with the store: which of its tasks are done."""

from collections.abc import Iterable

from hdrbatch.plan.task import Task
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store
from hdrbatch.storage.receipts import TaskRef


def done_tasks(store: Store, tasks: Iterable[Task]) -> set[TaskRef]:
    """Those of the tasks that are done: the receipt is there, and so are all files that it must name.

    Two listings per folder and no reading, so that it is quick for 100,000 tasks.
    """
    tasks = list(tasks)
    receipts = {
        found.key for prefix in _prefixes(tasks) for found in store.list(prefix) if found.num_bytes > 0
    }
    folders = {_folder(output) for task in tasks for output in task.outputs}
    files = {found.key for folder in folders for found in store.list(folder)}
    return {
        task.ref
        for task in tasks
        if keys.receipt(task.kind, task.id, task.digest) in receipts and files.issuperset(task.outputs)
    }


def _prefixes(tasks: Iterable[Task]) -> set[str]:
    """Receipt prefixes that cover the tasks: ``receipts/<kind>/<first part of the id>``."""
    return {keys.receipts_of_kind(task.kind) + task.id.partition("/")[0] for task in tasks}


def _folder(key: str) -> str:
    """The dataset's or the sweep's folder that a key lies in."""
    return "/".join(key.split("/")[:2]) + "/"
