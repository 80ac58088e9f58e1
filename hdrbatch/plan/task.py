"""Plans, stages and tasks: plain data with digests."""

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError

from hdrbatch.errors import TaskError
from hdrbatch.kinds import Kind
from hdrbatch.provenance.versions import version_of, version_of_family
from hdrbatch.storage.receipts import TaskRef
from hdrbatch.storage.task_ids import TaskName
from hdrbatch.stored_names import check_key, check_name

Payload = TypeVar("Payload")


def canonical_json(value: object) -> str:
    """Return JSON with one spelling for equal values, so that it can be hashed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def sha256_of(value: object) -> str:
    """Return the SHA-256 of a JSON value, as hex."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


@dataclass(frozen=True)
class Estimate:
    """Estimated cost of a task, for the dry run; it is not part of the digest.

    Attributes
    ----------
    cpu_s : float
        CPU seconds of the task alone in a process.
    output_bytes : int
        Size of its files.
    shared_cpu_s : mapping of str to float
        Parts of ``cpu_s`` that a process pays once for tasks that follow each other, by what they are for.
    """

    cpu_s: float
    output_bytes: int
    shared_cpu_s: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """One unit of work.

    ``digest`` covers everything that decides the result: the payload, the digests of the tasks whose
    outputs are read, and the recorded version of the code. ``outputs`` are the store keys that it must fill;
    it may add others, which its receipt then names.
    """

    kind: Kind
    id: str
    payload: Mapping[str, Any]
    needs: tuple[TaskRef, ...]
    outputs: tuple[str, ...]
    estimate: Estimate
    digest: str

    @property
    def name(self) -> TaskName:
        """``kind/id``, as in commands and logs."""
        return TaskName(self.kind, self.id)

    @property
    def ref(self) -> TaskRef:
        """Reference to this task, as other tasks name it."""
        return TaskRef(self.kind, self.id, self.digest)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "kind": self.kind,
            "id": self.id,
            "payload": dict(self.payload),
            "needs": [[need.kind, need.id, need.digest] for need in self.needs],
            "outputs": list(self.outputs),
            "estimate": [self.estimate.cpu_s, self.estimate.output_bytes, dict(self.estimate.shared_cpu_s)],
            "digest": self.digest,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Task":
        """Inverse of :meth:`to_json`; raise ValueError, KeyError or TypeError if it is not a task."""
        ref = TaskRef(Kind(values["kind"]), values["id"], values["digest"])
        if not isinstance(values["payload"], dict):
            raise ValueError(f"the payload of {ref.id} is not a mapping")
        return cls(
            kind=ref.kind,
            id=ref.id,
            payload=values["payload"],
            needs=tuple(TaskRef(Kind(kind), *rest) for kind, *rest in values["needs"]),
            outputs=tuple(check_key(key) for key in values["outputs"]),
            estimate=_estimate(*values["estimate"]),
            digest=ref.digest,
        )


def _estimate(cpu_s: Any, output_bytes: Any, shared_cpu_s: Any = None) -> Estimate:
    """Return a stored estimate; raise TypeError or ValueError if it is none."""
    if shared_cpu_s is None:  # an earlier version's
        shared_cpu_s = {}
    if not isinstance(shared_cpu_s, dict):
        raise TypeError("an estimate is not one of CPU seconds and bytes")
    numbers = (cpu_s, output_bytes, *shared_cpu_s.values())
    if not all(type(number) in (int, float) and math.isfinite(number) for number in numbers):
        raise ValueError("an estimate has values that are not numbers")
    return Estimate(cpu_s, output_bytes, shared_cpu_s)


def make_task(
    kind: Kind,
    task_id: str,
    payload: Mapping[str, Any],
    outputs: tuple[str, ...],
    estimate: Estimate,
    needs: tuple[TaskRef, ...] = (),
) -> Task:
    """Build a task and compute its digest."""
    digest = sha256_of(
        {
            "kind": kind,
            "id": task_id,
            "version": _version(kind, payload),
            "payload": payload,
            "needs": [[need.kind, need.id, need.digest] for need in needs],
            "outputs": outputs,
        }
    )
    return Task(kind, task_id, payload, needs, outputs, estimate, digest)


def _version(kind: Kind, payload: Mapping[str, Any]) -> list[int]:
    """Version of the code that decides a task's result: its kind's, and for a render also its family's."""
    if kind is Kind.RENDER_EXPOSURE:
        return [version_of(kind), version_of_family(payload["family"])]
    return [version_of(kind)]


def with_current_digest(task: Task) -> Task:
    """Rebuild a task from its parts; its digest differs if this code has another version."""
    return make_task(task.kind, task.id, task.payload, task.outputs, task.estimate, task.needs)


@dataclass(frozen=True)
class Stage:
    """Tasks of one kind that may run in parallel; stages follow one another."""

    kind: Kind
    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class Plan:
    """Stages in order. The id is the job's name and a hash of all digests: the same plan, the same id."""

    name: str
    stages: tuple[Stage, ...]

    @property
    def id(self) -> str:
        """Name of the plan in the store and on the command line."""
        return f"{self.name}-{sha256_of([task.digest for task in self.tasks()])[:10]}"

    @property
    def command(self) -> str:
        """The command that makes such plans."""
        makes_dataset = any(stage.kind is Kind.INDEX_DATASET for stage in self.stages)
        return "hdrbatch render" if makes_dataset else "hdrbatch sweep"

    def tasks(self) -> Iterator[Task]:
        """All tasks, stage by stage."""
        for stage in self.stages:
            yield from stage.tasks

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "name": self.name,
            "stages": [
                {"kind": stage.kind, "tasks": [task.to_json() for task in stage.tasks]}
                for stage in self.stages
            ],
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Plan":
        """Inverse of :meth:`to_json`; raise ValueError, KeyError or TypeError if it is not a plan."""
        stages = tuple(
            Stage(Kind(stage["kind"]), tuple(Task.from_json(task) for task in stage["tasks"]))
            for stage in values["stages"]
        )
        for stage in stages:
            if any(task.kind is not stage.kind for task in stage.tasks):
                raise ValueError(f"stage {stage.kind} has tasks of another kind")
        return cls(check_name(values["name"]), stages)


def read_payload(task: Task, read: Callable[[Task], Payload]) -> Payload:
    """Read a task's payload; raise TaskError if another version of hdrbatch wrote it."""
    try:
        return read(task)
    except (KeyError, TypeError, ValueError, AttributeError, ValidationError) as error:
        raise TaskError(
            f"the payload of {task.name} was written by another version of hdrbatch ({error}); "
            "rerun the command that submitted it"
        ) from None
