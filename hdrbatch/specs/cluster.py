"""Where tasks run: read from infra/clusters/NAME.toml."""

import os
from typing import Literal

from pydantic import Field, PositiveInt

from hdrbatch.specs.base import Spec


class ClusterSpec(Spec):
    """One machine for now: how many workers at once, with how many threads each."""

    scheduler: Literal["local"] = "local"
    threads_per_task: PositiveInt = 1
    workers: PositiveInt | Literal["auto"] = Field(
        "auto", description="tasks at a time; auto: the cores this process may use, divided by the threads"
    )
    scratch: str | None = Field(None, description="folder for temporary files; default: the system's")

    def num_workers(self) -> int:
        """Tasks to run at a time on this machine, one at least."""
        if self.workers == "auto":
            return max(1, len(os.sched_getaffinity(0)) // self.threads_per_task)
        return self.workers
