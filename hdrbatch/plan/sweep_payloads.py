"""Payloads of the tasks of a sweep; each class writes and reads a payload, an id and outputs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from hdrbatch.kinds import Kind
from hdrbatch.plan.task import Estimate, Task, make_task, read_payload
from hdrbatch.specs.variant import VariantSpec
from hdrbatch.storage import keys
from hdrbatch.storage.receipts import TaskRef
from hdrbatch.storage.task_ids import VariantName


@dataclass(frozen=True)
class TrainVariant:
    """Training and evaluation of one variant of a sweep."""

    kind: ClassVar = Kind.TRAIN_VARIANT
    sweep: str
    variant: str
    dataset: str
    spec: VariantSpec

    @property
    def task_id(self) -> str:
        """Task id."""
        return str(VariantName(self.sweep, self.variant))

    @property
    def outputs(self) -> tuple[str, ...]:
        """Keys of the output files that always exist; previews and TensorBoard files are next to them."""
        sweep, variant = self.sweep, self.variant
        return (
            keys.variant_config(sweep, variant),
            keys.per_scene_scores(sweep, variant),
            keys.metrics(sweep, variant),
            keys.model(sweep, variant),
            keys.evaluation(sweep, variant),
        )

    def payload(self) -> dict[str, Any]:
        """Return the payload as plain JSON values."""
        return {
            "sweep": self.sweep,
            "variant": self.variant,
            "dataset": self.dataset,
            "spec": self.spec.model_dump(mode="json"),
        }

    def task(self, estimate: Estimate, dataset: TaskRef) -> Task:
        """Return the task, which needs the index of its dataset."""
        return make_task(self.kind, self.task_id, self.payload(), self.outputs, estimate, (dataset,))

    @classmethod
    def of(cls, task: Task) -> "TrainVariant":
        """Read a task; raise TaskError if another version of hdrbatch wrote its payload."""
        return read_payload(task, cls._of)

    @classmethod
    def _of(cls, task: Task) -> "TrainVariant":
        values = task.payload
        spec = VariantSpec.model_validate_json(json.dumps(values["spec"]))
        return cls(values["sweep"], values["variant"], values["dataset"], spec)


@dataclass(frozen=True)
class CompareVariants:
    """Comparison of a sweep's variants.

    Attributes
    ----------
    variants : tuple of str
        Names of the compared variants.
    groups : mapping of str to tuple of str
        Variants of each group, by its name; the others are compared with the first.
    repeats : mapping of str to str
        Variants that repeat another one with a further seed, and the variant that they repeat.
    """

    kind: ClassVar = Kind.COMPARE_VARIANTS
    sweep: str
    dataset: str
    variants: tuple[str, ...]
    groups: Mapping[str, tuple[str, ...]]
    repeats: Mapping[str, str]

    @property
    def task_id(self) -> str:
        """Task id."""
        return self.sweep

    @property
    def outputs(self) -> tuple[str, ...]:
        """Key of the comparison."""
        return (keys.comparison(self.sweep),)

    def payload(self) -> dict[str, Any]:
        """Return the payload as plain JSON values."""
        return {
            "sweep": self.sweep,
            "dataset": self.dataset,
            "variants": list(self.variants),
            "groups": {group: list(members) for group, members in self.groups.items()},
            "repeats": dict(self.repeats),
        }

    def task(self, estimate: Estimate, needs: tuple[TaskRef, ...]) -> Task:
        """Return the task, which needs the training runs of its variants."""
        return make_task(self.kind, self.task_id, self.payload(), self.outputs, estimate, needs)

    @classmethod
    def of(cls, task: Task) -> "CompareVariants":
        """Read a task; raise TaskError if another version of hdrbatch wrote its payload."""
        return read_payload(task, cls._of)

    @classmethod
    def _of(cls, task: Task) -> "CompareVariants":
        values = task.payload
        groups = {group: tuple(members) for group, members in values["groups"].items()}
        return cls(
            values["sweep"], values["dataset"], tuple(values["variants"]), groups, dict(values["repeats"])
        )
