"""Record of a plan's submitted arrays in the store.

Any machine can query them, and no task is submitted twice.
"""

import getpass
import json
import logging
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from pydantic import AfterValidator, Field, NonNegativeInt, StringConstraints, ValidationError

from hdrbatch.errors import CorruptObjectError, ObjectNotFoundError
from hdrbatch.kinds import Kind
from hdrbatch.records.base import PlainText, Record, StoredName, parse_record
from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store

_log = logging.getLogger(__name__)


def _folder(text: str) -> str:
    path = PurePosixPath(text)
    if not text.isprintable() or not path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{ascii(text)[:100]} is not the absolute path of a folder")
    return text


def _job(text: str | None) -> str | None:
    if text is not None and not re.fullmatch(r"[0-9]{1,18}", text):
        raise ValueError(f"{ascii(text)[:100]} is not the id of a job")
    return text


Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.][A-Za-z0-9_.@+-]*$")]
"""One argument of Slurm's commands."""


class Submission(Record):
    """One submitted array: the tasks of its elements, and its cluster and job.

    ``elements`` are positions of tasks in the plan. ``job`` is None until sbatch has answered; the array may
    already be in the queue under its ``name``. ``folder`` has Slurm's own logs.
    """

    title = "submission"
    name: Word
    stage: Kind
    elements: Annotated[tuple[tuple[NonNegativeInt, ...], ...], Field(min_length=1)]
    job: Annotated[str | None, AfterValidator(_job)]
    cluster: PlainText
    accounting: bool
    folder: Annotated[str, AfterValidator(_folder)]
    host: PlainText
    user: Word
    submitted_at: StoredName
    memory_gb: float | None
    spec: str
    """The cluster file's content as JSON: what a retry compares its own with."""
    is_cancelled: bool = False
    number: NonNegativeInt | None = None
    """Place in the order of a plan's submissions; None if an earlier version submitted it."""

    @property
    def key_name(self) -> str:
        """Name of the object in the store; names sort in the order of submission, whatever any clock says."""
        number = "" if self.number is None else f"n{self.number:08d}-"
        return f"{number}{self.submitted_at}-{self.name}.json"

    def element_id(self, number: int) -> str | None:
        """Return Slurm's id of an element; an array of one element is a plain job."""
        if self.job is None or len(self.elements) == 1:
            return self.job
        return f"{self.job}_{number}"

    def log_path(self, number: int) -> str:
        """Return the path of an element's log, written by Slurm and submitit."""
        return f"{self.folder}/{self.element_id(number)}_0_log.out"


_NUMBERED = re.compile(r"n([0-9]{8})-")
FOLDER_MARKER = "hdrbatch-submission"
"""File in the folder of a submission: only a folder that has it is ever deleted."""


def folder_mark(plan_id: str, name: str) -> str:
    """Return the content of the marker in the folder of a submission."""
    return f"{plan_id} {name}\n"


def mark_folder(plan_id: str, submission: Submission) -> None:
    """Mark the folder of a submission on this machine as such."""
    (Path(submission.folder) / FOLDER_MARKER).write_text(folder_mark(plan_id, submission.name))


def put_submission(store: Store, plan_id: str, submission: Submission) -> None:
    """Store a submission, replacing an earlier version of it."""
    store.put_bytes(keys.submissions(plan_id) + submission.key_name, submission.to_bytes())


def next_number(store: Store, plan_id: str) -> int:
    """Return the number of a plan's next submission; the lease on the plan makes it unique."""
    prefix = keys.submissions(plan_id)
    found = (_NUMBERED.match(entry.key.removeprefix(prefix)) for entry in store.list(prefix))
    return max((int(match[1]) for match in found if match), default=0) + 1


def delete_submission(store: Store, plan_id: str, submission: Submission) -> None:
    """Delete the submission of an array that was never created."""
    store.delete(keys.submissions(plan_id) + submission.key_name)


def submissions_of_plan(store: Store, plan_id: str) -> list[Submission]:
    """Return all arrays of a plan, in the order of submission; one that cannot be read is reported."""
    found = []
    for entry in list(store.list(keys.submissions(plan_id))):
        try:
            found.append(parse_record(store.get_bytes(entry.key), entry.key, Submission))
        except ObjectNotFoundError:
            continue  # deleted since it was listed
        except CorruptObjectError as error:
            _log.warning("%s: %s; it is skipped", store.url, first_line(str(error)))
    return found


def first_line(text: str) -> str:
    """Return the first line of a text."""
    return text.partition("\n")[0]


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


def differing_settings(submission: Submission, cluster: ClusterSpec) -> list[str]:
    """Return how a cluster file differs from the one of a submission: ``container.runtime: 'podman', ...``.

    Whoever can write to the store can change a submission, so its settings are shown and never used.
    """
    mine = json.loads(cluster.model_dump_json())
    try:
        stored = json.loads(ClusterSpec.model_validate_json(submission.spec).model_dump_json())
    except ValidationError:
        try:
            stored = json.loads(submission.spec)
        except ValueError:
            stored = None
        if not isinstance(stored, dict):
            return ["the cluster file that the submission names cannot be read"]
    here, there = dict(_settings(mine)), dict(_settings(stored))
    return [
        f"{key}: {there.get(key)!a}, here {here.get(key)!a}"
        for key in dict.fromkeys([*here, *there])
        if here.get(key) != there.get(key)
    ]


def _settings(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values of a cluster file by their keys, those of a table as ``table.key``; unset ones not."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _settings(value, f"{prefix}{key}.")
        elif value is not None:
            yield f"{prefix}{key}", value
