"""The cores that Blender believes it has (no bpy here: this comes before it)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def limited_to_cores(num_threads: int) -> Iterator[None]:
    """Let this process see no more cores than it has threads, for as long as Blender is being imported.

    Blender's scheduler (TBB) counts cores once, at its import. Where it counts more than the one thread that
    Cycles is then given, a second thread waits by spinning and takes a whole core for the time of the render:
    7.1 CPU s instead of 3.6 were measured for the same picture. After the block the process may use all its
    cores again.

    Parameters
    ----------
    num_threads : int
        Threads that will render.

    Examples
    --------
    >>> with limited_to_cores(1):
    ...     import bpy  # doctest: +SKIP
    """
    allowed = os.sched_getaffinity(0)
    # Processes that start together should not all be imported on the same core.
    cores = sorted(allowed)
    first = os.getpid() % len(cores)
    os.sched_setaffinity(0, (cores[first:] + cores[:first])[:num_threads])
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
