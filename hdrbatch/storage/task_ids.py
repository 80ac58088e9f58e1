"""Task ids: building and parsing them.

A task's id is a path, so that the receipts of one dataset or sweep share one prefix: ``dataset/scene/ev`` for
a render, ``dataset/scene`` for an assembly, ``sweep/variant`` for a training run, and the name of the dataset
or sweep for the task that indexes or compares it.
"""

from dataclasses import dataclass

from hdrbatch.kinds import Kind
from hdrbatch.storage import keys


def exposure_id(dataset: str, scene: str, ev: float) -> str:
    """Return the id of the render of one exposure.

    >>> exposure_id("local", "street-0002", -2.0)
    'local/street-0002/ev-2'
    """
    return f"{dataset}/{scene}/{keys.ev_name(ev)}"


def scene_id(dataset: str, scene: str) -> str:
    """Return the id of the assembly of one scene.

    >>> scene_id("local", "street-0002")
    'local/street-0002'
    """
    return f"{dataset}/{scene}"


def owner_of(task_id: str) -> str:
    """Return the name of the dataset or sweep that a task's id belongs to.

    >>> owner_of("local/street-0002/ev-2")
    'local'
    """
    return task_id.partition("/")[0]


@dataclass(frozen=True)
class VariantName:
    """A variant of a sweep; as text ``sweep/variant``, which is the id of its training task."""

    sweep: str
    variant: str

    def __str__(self) -> str:
        return f"{self.sweep}/{self.variant}"

    @classmethod
    def parse(cls, text: str) -> "VariantName":
        """Parse ``sweep/variant``; raise ValueError if one of the names is missing.

        >>> VariantName.parse("laptop/plain").variant
        'plain'
        """
        sweep, _, variant = text.partition("/")
        if not sweep or not variant:
            raise ValueError(f"{text!r} is not the name of a variant; write SWEEP/VARIANT")
        return cls(sweep, variant)


@dataclass(frozen=True)
class TaskName:
    """A task of a plan as commands accept it and logs show it: ``kind/id``."""

    kind: Kind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.id}"

    @classmethod
    def parse(cls, text: str) -> "TaskName":
        """Parse ``kind/id``; raise ValueError if the kind is unknown or the id is missing.

        >>> TaskName.parse("assemble_scene/local/street-0002").id
        'local/street-0002'
        """
        kind, _, task_id = text.partition("/")
        if kind not in tuple(Kind) or not task_id:
            raise ValueError(
                f"{text!r} is not the name of a task; write KIND/ID, with one of the kinds {', '.join(Kind)}"
            )
        return cls(Kind(kind), task_id)
