"""What was submitted of a plan, in the store: any machine can ask, and nothing is submitted twice."""

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
    """One array: which tasks its elements run, and where it went.

    ``elements`` are positions of tasks in the plan. ``job`` is None until sbatch has answered: then the array
    may be in the queue all the same, under its ``name``. ``folder`` has Slurm's own logs.
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
    """The cluster file's content as JSON, for a retry that names none."""
    is_cancelled: bool = False

    @property
    def key_name(self) -> str:
        """Sorts by time."""
        return f"{self.submitted_at}-{self.name}.json"

    def element_id(self, number: int) -> str | None:
        """Slurm's id of an element; an array of one is no array."""
        if self.job is None or len(self.elements) == 1:
            return self.job
        return f"{self.job}_{number}"

    def log_path(self, number: int) -> str:
        """Where Slurm and submitit write what an element's launcher says."""
        return f"{self.folder}/{self.element_id(number)}_0_log.out"


def put_submission(store: Store, plan_id: str, submission: Submission) -> None:
    """Store it, in the place of what was there under its name."""
    store.put_bytes(keys.submissions(plan_id) + submission.key_name, submission.to_bytes())


def delete_submission(store: Store, plan_id: str, submission: Submission) -> None:
    """Forget an array that never came into being."""
    store.delete(keys.submissions(plan_id) + submission.key_name)


def submissions_of_plan(store: Store, plan_id: str) -> list[Submission]:
    """All arrays of a plan in the order of time."""
    found = []
    for entry in list(store.list(keys.submissions(plan_id))):
        with suppress(ObjectNotFoundError):  # withdrawn since it was listed
            found.append(Submission.model_validate_json(store.get_bytes(entry.key)))
    return found


def newest_elements(submissions: Sequence[Submission]) -> dict[int, tuple[Submission, int]]:
    """For every position in the plan that was ever submitted, the newest array and element that has it."""
    newest: dict[int, tuple[Submission, int]] = {}
    for submission in submissions:
        for number, positions in enumerate(submission.elements):
            for position in positions:
                newest[position] = (submission, number)
    return newest


def here_and_now() -> Mapping[str, str]:
    """Who submits, and when: fields of a submission."""
    return {
        "host": os.uname().nodename,
        "user": getpass.getuser(),
        "submitted_at": datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ"),
    }
