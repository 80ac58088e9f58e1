"""The status of a plan, from its receipts."""

from collections.abc import Mapping
from dataclasses import dataclass

from hdrbatch.plan.task import Plan
from hdrbatch.storage.base import Store
from hdrbatch.submit.join import done_tasks


@dataclass(frozen=True)
class PlanStatus:
    """Tasks of a plan, by kind: how many, and how many have a valid receipt."""

    plan: str
    num_tasks: Mapping[str, int]
    num_done: Mapping[str, int]
    missing: tuple[str, ...]
    """``kind/id`` of the tasks that are not done."""

    @property
    def is_done(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


def plan_status(store: Store, plan: Plan) -> PlanStatus:
    """Join a plan with the receipts in its store; a task without one is not done, whatever else is said."""
    done = done_tasks(store, plan.tasks())
    return PlanStatus(
        plan=plan.id,
        num_tasks={stage.kind: len(stage.tasks) for stage in plan.stages},
        num_done={stage.kind: sum(task.ref in done for task in stage.tasks) for stage in plan.stages},
        missing=tuple(f"{task.kind}/{task.id}" for task in plan.tasks() if task.ref not in done),
    )
