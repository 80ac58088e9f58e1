"""What of a plan is submitted again, by the class of its failure."""

from dataclasses import dataclass, field

from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.submit.failures import Cause
from hdrbatch.submit.status import Phase, PlanStatus, TaskState

MEMORY_FACTOR = 2.0


@dataclass
class Choice:
    """Positions to submit, memory for those that get more, and what is left out and why."""

    positions: list[int] = field(default_factory=list)
    memory_gb: dict[int, float] = field(default_factory=dict)
    jobs_of: dict[int, str] = field(default_factory=dict)
    refused: dict[str, list[str]] = field(default_factory=dict)
    """Names of tasks by the reason why they are not submitted."""

    @property
    def num_active(self) -> int:
        """Tasks that are in the queue or run already."""
        return len(self.jobs_of)


def choose(
    status: PlanStatus, cluster: ClusterSpec, *, bad_input: bool = False, unknown: bool = False
) -> Choice:
    """Choose what to submit of a plan.

    Lost nodes, preemption, cancelling, missing inputs and failures of other kinds are tried again; out of
    memory with twice the memory, up to the cluster's bound, where it is asked for at all; a time limit goes
    on from what was saved. What a user got wrong fails again, unless it was mended (``bad_input``), and what
    may be running somewhere would run twice (``unknown``): both only where it is said.
    """
    choice = Choice()
    position_of = {state.task.ref: position for position, state in enumerate(status.states)}
    given_up: set[int] = set()
    for position, state in enumerate(status.states):
        if state.phase is Phase.DONE:
            continue
        if state.phase in (Phase.RUNNING, Phase.QUEUED):
            assert state.submission is not None
            choice.jobs_of[position] = state.submission.job or ""
            continue
        reason = _reason_against(state, cluster, bad_input=bad_input, unknown=unknown)
        if reason is None and any(position_of.get(need) in given_up for need in state.task.needs):
            reason = "it needs a task that is left out"
        if reason is not None:
            given_up.add(position)
            choice.refused.setdefault(reason, []).append(state.name)
            continue
        choice.positions.append(position)
        if state.cause is Cause.MEMORY and (more := more_memory_gb(state, cluster)) is not None:
            choice.memory_gb[position] = more
    return choice


def _reason_against(state: TaskState, cluster: ClusterSpec, *, bad_input: bool, unknown: bool) -> str | None:
    if state.phase is Phase.UNKNOWN and not unknown:
        return "nobody can be asked whether it still runs (hdrbatch retry --force submits it all the same)"
    if state.cause is Cause.BAD_INPUT and not bad_input:
        return "its input is refused, as hdrbatch status shows: mend that, then retry with --force"
    if state.cause is Cause.MEMORY:
        given = _given_gb(state, cluster)
        by_file = cluster.resources_of(state.task.kind).memory_gb or 0.0
        if given is not None and given >= max(cluster.max_memory_gb, by_file):
            bound = f"max_memory_gb ({cluster.max_memory_gb:g})"
            return f"it ran out of {given:g} GB of memory: raise {bound}, or make the task smaller"
    return None


def _given_gb(state: TaskState, cluster: ClusterSpec) -> float | None:
    submitted = state.submission.memory_gb if state.submission is not None else None
    return submitted or cluster.resources_of(state.task.kind).memory_gb


def more_memory_gb(state: TaskState, cluster: ClusterSpec) -> float | None:
    """What a task that ran out of memory gets next; None on a cluster where memory is not asked for."""
    given = _given_gb(state, cluster)
    if given is None:
        return None
    by_file = cluster.resources_of(state.task.kind).memory_gb or 0.0
    return max(min(given * MEMORY_FACTOR, cluster.max_memory_gb), by_file)
