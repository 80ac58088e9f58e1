"""Estimated cost of tasks if a process runs several of them, one after the other."""

from collections.abc import Mapping, Sequence

from hdrbatch.plan.task import Task


def packed_cpu_s(tasks: Sequence[Task], pack: int) -> float:
    """CPU seconds of tasks of which every ``pack`` in a row share a process.

    What a task shares with the one before it in its process is paid once: the process's start, and of the
    exposures of one scene the scene.
    """
    total_cpu_s = 0.0
    before: Mapping[str, float] = {}
    for number, task in enumerate(tasks):
        shared = task.estimate.shared_cpu_s
        paid = before if number % pack else {}
        total_cpu_s += task.estimate.cpu_s - sum(cpu_s for name, cpu_s in shared.items() if name in paid)
        before = shared
    return total_cpu_s
