"""Which tasks of a plan to resubmit, by the cause of their failure."""

from dataclasses import dataclass, field

from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.submit.failures import Cause
from hdrbatch.submit.status import Phase, PlanStatus, TaskState

MEMORY_FACTOR = 2.0


@dataclass
class Selection:
    """Positions of tasks to submit, memory for those that need more, and tasks not submitted with reasons."""

    positions: list[int] = field(default_factory=list)
    memory_gb: dict[int, float] = field(default_factory=dict)
    jobs_of: dict[int, str] = field(default_factory=dict)
    not_submitted: dict[str, list[str]] = field(default_factory=dict)
    """Names of tasks that are not submitted, by reason."""

    @property
    def num_active(self) -> int:
        """Number of tasks that are already queued or running."""
        return len(self.jobs_of)


def select_tasks(
    status: PlanStatus, cluster: ClusterSpec, *, bad_input: bool = False, unknown: bool = False
) -> Selection:
    """Select the tasks of a plan to submit.

    Tasks that lost their node, were preempted or cancelled, lacked an input or access to the store, or failed
    otherwise, are retried.
    A task that ran out of memory gets twice as much, up to the cluster's maximum, if memory is requested at
    all; a task that hit its time limit resumes from its saved progress. Tasks with bad input fail again
    unless the input was fixed, so they are selected only with ``bad_input``. Tasks that may still be running
    elsewhere could run twice, so they are selected only with ``unknown``.
    """
    selection = Selection()
    position_of = {state.task.ref: position for position, state in enumerate(status.states)}
    given_up: set[int] = set()
    for position, state in enumerate(status.states):
        if state.phase is Phase.DONE:
            continue
        if state.phase in (Phase.RUNNING, Phase.QUEUED):
            if state.submission is not None:  # else a process runs it without a scheduler
                selection.jobs_of[position] = state.submission.job or ""
            continue
        reason = _reason_not_to_submit(state, cluster, bad_input=bad_input, unknown=unknown)
        if reason is None and any(position_of.get(need) in given_up for need in state.task.needs):
            reason = "it needs a task that is not submitted"
        if reason is not None:
            given_up.add(position)
            selection.not_submitted.setdefault(reason, []).append(state.name)
            continue
        selection.positions.append(position)
        if state.cause is Cause.MEMORY and (more := more_memory_gb(state, cluster)) is not None:
            selection.memory_gb[position] = more
    return selection


def _reason_not_to_submit(
    state: TaskState, cluster: ClusterSpec, *, bad_input: bool, unknown: bool
) -> str | None:
    if state.phase is Phase.UNKNOWN and not unknown:
        return (
            "it may still be running and cannot be checked from here; "
            "hdrbatch retry --force submits it anyway"
        )
    if state.cause is Cause.BAD_INPUT and not bad_input:
        return "its input was rejected (see hdrbatch status); fix it, then use hdrbatch retry --force"
    if state.cause is Cause.MEMORY:
        given = _given_gb(state, cluster)
        by_file = cluster.resources_of(state.task.kind).memory_gb or 0.0
        if given is not None and given >= max(cluster.max_memory_gb, by_file):
            bound = f"max_memory_gb ({cluster.max_memory_gb:g})"
            return f"it ran out of {given:g} GB of memory; raise {bound}, or make the task smaller"
    return None


def _given_gb(state: TaskState, cluster: ClusterSpec) -> float | None:
    submitted = state.submission.memory_gb if state.submission is not None else None
    return submitted or cluster.resources_of(state.task.kind).memory_gb


def more_memory_gb(state: TaskState, cluster: ClusterSpec) -> float | None:
    """Return the memory for a task that ran out of it; None if the cluster file requests no memory."""
    given = _given_gb(state, cluster)
    if given is None:
        return None
    by_file = cluster.resources_of(state.task.kind).memory_gb or 0.0
    return max(min(given * MEMORY_FACTOR, cluster.max_memory_gb), by_file)
