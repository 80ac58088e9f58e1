"""Noted failures of a plan in the store: one small object per task, whose key carries the cause."""

import hashlib
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

from hdrbatch.errors import (
    InterruptedRunError,
    MissingInputError,
    ObjectNotFoundError,
    SetUpError,
    StoreAccessError,
    StoreAddressError,
    UserError,
)
from hdrbatch.plan.task import Task
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store
from hdrbatch.worker.outcome import Outcome

MEMORY_ERROR = "MemoryError"
"""Error class for lack of host memory; more host memory does not fix a GPU that ran out."""

TIME_LIMIT_ERROR = "TimeLimitError"
"""Stands for the error class of a task that hit its time limit too often."""
LOCAL_JOB = "local"
"""Stands for the job id of tasks that run without a scheduler."""

NUM_KEY_PARTS = 3
"""Parts of a note's name: cause, fingerprint, job."""
_log = logging.getLogger(__name__)


class Cause(StrEnum):
    """Cause of a task's failure, which decides what retry does."""

    NODE_LOST = "node-lost"
    PREEMPTED = "preempted"
    MEMORY = "out-of-memory"
    TIME = "time-limit"
    CANCELLED = "cancelled"
    INPUT_MISSING = "input-missing"
    STORE_ACCESS = "store-access"
    BAD_INPUT = "bad-input"
    SET_UP = "set-up"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Failure:
    """Failure of one task; ``fingerprint`` is equal for messages that differ only in names and numbers."""

    kind: str
    task: str
    cause: Cause
    job: str
    fingerprint: str

    @property
    def name(self) -> str:
        """Name of the task in commands: ``kind/id``."""
        return f"{self.kind}/{self.task}"

    def key(self, plan_id: str) -> str:
        """Return the key under which the failure is stored."""
        prefix = keys.failures_of_task(plan_id, self.kind, self.task)
        return f"{prefix}{self.cause}.{self.fingerprint}.{self.job}.json"


def failures_of_plan(store: Store, plan_id: str) -> dict[str, Failure]:
    """Return the failures noted for a plan by ``kind/id``, from one listing; other objects are reported."""
    prefix = keys.failures(plan_id)
    found: dict[str, Failure] = {}
    for entry in store.list(prefix):
        name, _, rest = entry.key[len(prefix) :].rpartition("@")
        kind, _, task = name.partition("/")
        parts = rest.removesuffix(".json").split(".")
        if not task or len(parts) != NUM_KEY_PARTS:
            _log.warning("%s: %s is not the note of a failure; it is skipped", store.url, entry.key)
            continue
        cause, fingerprint, job = parts
        known = Cause(cause) if cause in set(Cause) else Cause.UNKNOWN  # a newer version may know more
        found[name] = Failure(kind, task, known, job, fingerprint)
    return found


def clear_failures(store: Store, plan_id: str) -> None:
    """Clear all noted failures of a plan, whose unfinished tasks are about to be rerun."""
    for found in list(store.list(keys.failures(plan_id))):
        store.delete(found.key)


def read_message(store: Store, plan_id: str, failure: Failure) -> str:
    """Return a failed task's message; empty if the task has been restarted since it was listed."""
    key = failure.key(plan_id)
    try:
        values = json.loads(store.get_bytes(key))
        error, message = str(values["error"]), str(values["message"])
    except ObjectNotFoundError:
        return ""
    except (ValueError, TypeError, KeyError, RecursionError):
        return f"the note {key} is damaged"
    return f"{error}: {message}" if error else message


class FailureNotes:
    """Writer of one plan's failure notes, used by the starter of its workers.

    Parameters
    ----------
    job
        Id of the array element in Slurm, or ``local``.
    """

    def __init__(self, store: Store, plan_id: str, job: str) -> None:
        self._store, self._plan_id, self._job = store, plan_id, job

    def note(self, task: Task, outcome: Outcome) -> None:
        """Note how a task ended, unless it is done or was interrupted.

        Raises
        ------
        StoreError
            If the store cannot be written.
        """
        if outcome.exit_code in (0, InterruptedRunError.exit_code):
            return
        failure = Failure(task.kind, task.id, cause_of(outcome), self._job, _fingerprint(task, outcome))
        self._store.put_bytes(failure.key(self._plan_id), json.dumps(asdict(outcome)).encode())

    def clear(self, task: Task) -> None:
        """Clear earlier notes of a task that is about to be rerun."""
        for found in list(self._store.list(keys.failures_of_task(self._plan_id, task.kind, task.id))):
            self._store.delete(found.key)


_CAUSES: Mapping[str, Cause] = {
    MEMORY_ERROR: Cause.MEMORY,
    TIME_LIMIT_ERROR: Cause.TIME,
    MissingInputError.__name__: Cause.INPUT_MISSING,
    StoreAccessError.__name__: Cause.STORE_ACCESS,
    StoreAddressError.__name__: Cause.STORE_ACCESS,
    SetUpError.__name__: Cause.SET_UP,
}
"""Causes that the class of the error states."""


def cause_of(outcome: Outcome) -> Cause:
    """Return the cause of a failure."""
    otherwise = Cause.BAD_INPUT if outcome.exit_code == UserError.exit_code else Cause.FAILED
    return _CAUSES.get(outcome.error, otherwise)


def _fingerprint(task: Task, outcome: Outcome) -> str:
    text = outcome.message
    for part in sorted((task.id, *task.id.split("/")), key=len, reverse=True):
        text = text.replace(part, "TASK")
    text = re.sub(r"/\S+", "PATH", text)
    text = re.sub(r"([0-9a-f]{6,}|\d+)(\.\d+)?", "N", text)
    return hashlib.sha256(f"{outcome.error}: {text}".encode()).hexdigest()[:8]
