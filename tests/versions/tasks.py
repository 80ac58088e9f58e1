"""Tasks run in this process, and what they make."""

from collections.abc import Iterator
from pathlib import Path

from hdrbatch.plan.task import Task
from hdrbatch.storage.base import Store
from hdrbatch.worker.stop import StopRequest
from hdrbatch.worker.task_run import Machine, TaskOutput, compute, publish

Parts = Iterator[tuple[str, bytes]]
"""The parts of a golden output: names, and bytes that must be the same each time."""


def computed(store: Store, task: Task, scratch: Path) -> TaskOutput:
    """Run a task that has no result yet; one thread, so that sums are taken in one order."""
    scratch.mkdir(parents=True, exist_ok=True)
    made = compute(store, task, scratch, machine=Machine(num_threads=1), stop=StopRequest(), is_first=True)
    assert isinstance(made, TaskOutput)
    return made


def finished(store: Store, task: Task, scratch: Path) -> TaskOutput:
    """Run a task and publish its result, so that others can read it."""
    made = computed(store, task, scratch)
    publish(made)
    return made


def parts_of(made: TaskOutput) -> Parts:
    """The files of a result; TensorBoard's have the time in them."""
    for key, path in sorted(made.outputs.items()):
        if "/tensorboard/" not in key:
            yield key, path.read_bytes()
