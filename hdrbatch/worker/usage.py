"""Time and memory used by a task, and how the time is divided."""

import os
import platform
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_MEASURED_PACKAGES = (
    *("hdrbatch", "numpy", "bpy", "torch", "OpenEXR", "opencv-python-headless"),
    *("pillow", "imageio", "tifffile"),
)


class Usage:
    """Time and memory used by one task; phases accumulate under their names, in seconds of wall time.

    Parameters
    ----------
    is_first
        Whether the task is the first of its process: then the process's start-up counts too.
    """

    def __init__(self, *, is_first: bool = True) -> None:
        now = time.clock_gettime(time.CLOCK_BOOTTIME)
        self._started_s = process_start_s() if is_first else now
        self._cpu_before_s = 0.0 if is_first else process_cpu_s()
        self._phases_s: dict[str, float] = {"start": now - self._started_s}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the time spent within the context to a phase."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self._phases_s[name] = self._phases_s.get(name, 0.0) + time.perf_counter() - begin

    def wall_s(self) -> float:
        """Return the seconds since the task started."""
        return time.clock_gettime(time.CLOCK_BOOTTIME) - self._started_s

    def cpu_s(self) -> float:
        """Return the CPU seconds of this process and its children since the task started."""
        return process_cpu_s() - self._cpu_before_s

    def phases_s(self) -> dict[str, float]:
        """Return the seconds per phase, rounded to milliseconds."""
        return {name: round(seconds, 3) for name, seconds in self._phases_s.items()}


def process_start_s() -> float:
    """Return the time at which this process started, on the boot clock, before the interpreter's start-up."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    return int(fields[19]) / os.sysconf("SC_CLK_TCK")


def process_cpu_s() -> float:
    """Return the CPU seconds of this process and its children so far."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def peak_memory_bytes() -> int:
    """Return the maximum resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def installed_versions() -> dict[str, str]:
    """Return the versions of the packages that decide results; those not installed are omitted."""
    return dict(_installed_versions())


@cache
def _installed_versions() -> dict[str, str]:
    """Read them once in a process: some packages describe themselves at length."""
    versions = {"python": platform.python_version()}
    for package in _MEASURED_PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions
