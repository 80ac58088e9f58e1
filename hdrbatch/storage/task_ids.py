"""Ids of tasks: how they are written, and what they say.

A task's id is a path, so that receipts of one dataset or sweep lie below one prefix: ``dataset/scene/ev`` of
a render, ``dataset/scene`` of an assembly, ``sweep/variant`` of a training, and the bare name of a dataset or
a sweep of what gathers them.
"""

from dataclasses import dataclass

from hdrbatch.kinds import Kind
from hdrbatch.storage import keys


def exposure_id(dataset: str, scene: str, ev: float) -> str:
    """Id of the render of one exposure.

    >>> exposure_id("local", "street-0002", -2.0)
    'local/street-0002/ev-2'
    """
    return f"{dataset}/{scene}/{keys.ev_name(ev)}"


def scene_id(dataset: str, scene: str) -> str:
    """Id of the assembly of one scene.

    >>> scene_id("local", "street-0002")
    'local/street-0002'
    """
    return f"{dataset}/{scene}"


def owner_of(task_id: str) -> str:
    """The dataset or the sweep that a task's id belongs to.

    >>> owner_of("local/street-0002/ev-2")
    'local'
    """
    return task_id.partition("/")[0]


@dataclass(frozen=True)
class VariantName:
    """A variant of a sweep; as text ``sweep/variant``, which is the id of its training."""

    sweep: str
    variant: str

    def __str__(self) -> str:
        return f"{self.sweep}/{self.variant}"

    @classmethod
    def parse(cls, text: str) -> "VariantName":
        """Read ``sweep/variant``; raises ValueError if one of the names is missing.

        >>> VariantName.parse("laptop/plain").variant
        'plain'
        """
        sweep, _, variant = text.partition("/")
        if not sweep or not variant:
            raise ValueError(f"{text!r} is no name of a variant: write SWEEP/VARIANT")
        return cls(sweep, variant)


@dataclass(frozen=True)
class TaskName:
    """A task of a plan as commands take it and logs show it: ``kind/id``."""

    kind: Kind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.id}"

    @classmethod
    def parse(cls, text: str) -> "TaskName":
        """Read ``kind/id``; raises ValueError if there is no such kind, or no id.

        >>> TaskName.parse("assemble_scene/local/street-0002").id
        'local/street-0002'
        """
        kind, _, task_id = text.partition("/")
        if kind not in tuple(Kind) or not task_id:
            raise ValueError(
                f"{text!r} is no name of a task: write KIND/ID, the kind one of {', '.join(Kind)}"
            )
        return cls(Kind(kind), task_id)
