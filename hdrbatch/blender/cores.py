"""Cores visible to Blender while it is imported (without bpy, since this runs before its import)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def limited_to_cores(num_threads: int) -> Iterator[None]:
    """Limit the cores visible to this process while Blender is imported.

    Blender's scheduler (TBB) counts cores once, at its import. If it counts more than the one thread that
    Cycles then gets, a second thread spins and occupies a whole core during the render: the same picture
    took 7.1 CPU s instead of 3.6. After the block the process may use all its cores again.

    Parameters
    ----------
    num_threads : int
        Number of threads that will render.

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
