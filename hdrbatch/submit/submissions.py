"""Record of a plan's submitted arrays in the store.

Any machine can query them, and no task is submitted twice.
"""

import getpass
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from hdrbatch.errors import ObjectNotFoundError
from hdrbatch.kinds import Kind
from hdrbatch.records.base import Record
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store


class Submission(Record):
    """One submitted array: the tasks of its elements, and its cluster and job.

    ``elements`` are positions of tasks in the plan. ``job`` is None until sbatch has answered; the array may
    already be in the queue under its ``name``. ``folder`` has Slurm's own logs.
    """

    name: str
    stage: Kind
    elements: tuple[tuple[int, ...], ...]
    job: str | None
    cluster: str
    accounting: bool
    folder: str
    host: str
    user: str
    submitted_at: str
    memory_gb: float | None
    spec: str
    """The cluster file's content as JSON, for a retry without --cluster."""
    is_cancelled: bool = False

    @property
    def key_name(self) -> str:
        """Name of the object in the store; names sort by time."""
        return f"{self.submitted_at}-{self.name}.json"

    def element_id(self, number: int) -> str | None:
        """Return Slurm's id of an element; an array of one element is a plain job."""
        if self.job is None or len(self.elements) == 1:
            return self.job
        return f"{self.job}_{number}"

    def log_path(self, number: int) -> str:
        """Return the path of an element's log, written by Slurm and submitit."""
        return f"{self.folder}/{self.element_id(number)}_0_log.out"


def put_submission(store: Store, plan_id: str, submission: Submission) -> None:
    """Store a submission, replacing an earlier version of it."""
    store.put_bytes(keys.submissions(plan_id) + submission.key_name, submission.to_bytes())


def delete_submission(store: Store, plan_id: str, submission: Submission) -> None:
    """Delete the submission of an array that was never created."""
    store.delete(keys.submissions(plan_id) + submission.key_name)


def submissions_of_plan(store: Store, plan_id: str) -> list[Submission]:
    """Return all arrays of a plan, sorted by time."""
    found = []
    for entry in list(store.list(keys.submissions(plan_id))):
        with suppress(ObjectNotFoundError):  # deleted since it was listed
            found.append(Submission.model_validate_json(store.get_bytes(entry.key)))
    return found


def latest_elements(submissions: Sequence[Submission]) -> dict[int, tuple[Submission, int]]:
    """Return the latest array and element of every submitted position of the plan."""
    newest: dict[int, tuple[Submission, int]] = {}
    for submission in submissions:
        for number, positions in enumerate(submission.elements):
            for position in positions:
                newest[position] = (submission, number)
    return newest


def submitter_fields() -> Mapping[str, str]:
    """Return the fields of a submission that record who submits it and when."""
    return {
        "host": os.uname().nodename,
        "user": getpass.getuser(),
        "submitted_at": datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ"),
    }
