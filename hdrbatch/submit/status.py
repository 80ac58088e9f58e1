"""The status of a plan: its receipts, what failed, and what the scheduler says of the rest."""

import getpass
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from hdrbatch.errors import ObjectNotFoundError, SlurmError
from hdrbatch.plan.task import Plan, Task
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store
from hdrbatch.storage.receipts import TaskRef
from hdrbatch.submit.completion import tasks_with_receipts
from hdrbatch.submit.failures import LOCAL_JOB, Cause, Failure, failures_of_plan, read_message
from hdrbatch.submit.slurm import queue
from hdrbatch.submit.slurm.queue import JobState
from hdrbatch.submit.submissions import Submission, newest_elements, submissions_of_plan

NUM_LOGS_READ = 200
"""Of elements that ended without a word, so many of Slurm's own logs are looked at."""
LOG_TAIL_BYTES = 4096
LOG_TAIL_LINES = 8

_EVIDENCE: Mapping[Cause, re.Pattern[str]] = {
    Cause.MEMORY: re.compile(r"exceeded memory limit|oom.kill|Out Of Memory", re.IGNORECASE),
    Cause.TIME: re.compile(r"DUE TO TIME LIMIT"),
    Cause.NODE_LOST: re.compile(r"DUE TO NODE FAILURE"),
    Cause.PREEMPTED: re.compile(r"DUE TO PREEMPTION"),
}
"""What Slurm writes into an element's log where neither accounting nor the element itself can tell."""

_INTERNAL_LINE = re.compile(
    r"submitit [A-Z]+ |Traceback |  File |    |" + re.escape("hdrbatch.submit.slurm.element.Tasks")
)
"""Lines of an element's log that are about the element's program and not about its task."""

_CAUSES: Mapping[JobState, Cause] = {
    JobState.NODE_LOST: Cause.NODE_LOST,
    JobState.PREEMPTED: Cause.PREEMPTED,
    JobState.MEMORY: Cause.MEMORY,
    JobState.TIME: Cause.TIME,
    JobState.CANCELLED: Cause.CANCELLED,
}


class Phase(StrEnum):
    """Where a task is. Only a receipt makes it done."""

    DONE = "done"
    RUNNING = "running"
    QUEUED = "queued"
    FAILED = "failed"
    NOT_SUBMITTED = "not submitted"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class TaskState:
    """One task's state. ``cause`` is there where it failed; ``failure`` where somebody noted it."""

    task: Task
    phase: Phase
    cause: Cause | None = None
    failure: Failure | None = None
    submission: Submission | None = None
    element: int | None = None

    @property
    def name(self) -> str:
        """``kind/id``, as commands take it."""
        return str(self.task.name)


@dataclass(frozen=True)
class PlanStatus:
    """Every task of a plan with its state, by position."""

    plan: Plan
    plan_id: str
    states: Sequence[TaskState]
    submissions: Sequence[Submission]
    scheduler_note: str
    """What the scheduler could not be asked, in a sentence; empty where there is nothing to say."""

    @property
    def is_done(self) -> bool:
        """Whether every task has its receipt."""
        return all(state.phase is Phase.DONE for state in self.states)

    @property
    def is_active(self) -> bool:
        """Whether something of it runs or waits in a queue."""
        return any(state.phase in (Phase.RUNNING, Phase.QUEUED) for state in self.states)

    @property
    def done(self) -> set[TaskRef]:
        """The tasks that are done."""
        return {state.task.ref for state in self.states if state.phase is Phase.DONE}

    def counts(self) -> dict[str, Counter[Phase]]:
        """How many tasks of each kind are in each phase, in the plan's order."""
        found: dict[str, Counter[Phase]] = {stage.kind: Counter() for stage in self.plan.stages}
        for state in self.states:
            found[state.task.kind][state.phase] += 1
        return found

    def missing(self) -> list[str]:
        """``kind/id`` of the tasks that are not done."""
        return [state.name for state in self.states if state.phase is not Phase.DONE]

    def failed_groups(self) -> list[list[TaskState]]:
        """Failed tasks of one kind, cause and message together, the largest group first."""
        groups: dict[tuple[str, Cause | None, str], list[TaskState]] = {}
        for state in self.states:
            if state.phase is Phase.FAILED:
                fingerprint = state.failure.fingerprint if state.failure else ""
                groups.setdefault((state.task.kind, state.cause, fingerprint), []).append(state)
        return sorted(groups.values(), key=len, reverse=True)


def plan_status(store: Store, plan: Plan, done: set[TaskRef] | None = None) -> PlanStatus:
    """Join a plan with what its store and the scheduler tell.

    Works wherever the store is reached; the scheduler is asked only where this machine belongs to the cluster
    that something was submitted to.

    Parameters
    ----------
    done
        Tasks that are done, where the caller has looked already, for their files too; else those that have a
        receipt.
    """
    plan_id = plan.id
    submissions = submissions_of_plan(store, plan_id)
    # The scheduler before the receipts: what has just ended there has its receipt by now.
    answer = _ask(submissions)
    failures = failures_of_plan(store, plan_id)
    tasks = list(plan.tasks())
    if done is None:
        done = tasks_with_receipts(store, tasks)
    newest = newest_elements(submissions)
    judge = _Judge(answer)
    states = []
    for position, task in enumerate(tasks):
        if task.ref in done:
            states.append(TaskState(task, Phase.DONE))
            continue
        submission, element = newest.get(position, (None, None))
        states.append(judge.state(task, failures.get(str(task.name)), submission, element))
    return PlanStatus(plan, plan_id, states, submissions, answer.note)


@dataclass(frozen=True)
class _Answer:
    """What the scheduler says of jobs; of other clusters than those ``asked`` nothing is known."""

    states: Mapping[str, JobState] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    note: str = ""


def _ask(submissions: Sequence[Submission]) -> _Answer:
    clusters = {submission.cluster for submission in submissions}
    if not clusters:
        return _Answer()
    here = queue.cluster_name()
    others = sorted(clusters - {here})
    note = ""
    if others:
        of_them = next(one for one in submissions if one.cluster == others[0])
        note = (
            f"cluster {others[0]} cannot be asked from here (it was submitted on {of_them.host}): "
            "what has neither receipt nor failure there is unknown"
        )
    if here not in clusters:
        return _Answer(note=note)
    asked = [one for one in submissions if one.cluster == here and one.job is not None]
    accounting = any(one.accounting for one in asked)
    try:
        states = states_of(asked, accounting=accounting)
    except SlurmError as error:
        return _Answer(
            note=f"the scheduler does not answer ({error}): what has neither receipt nor failure is unknown"
        )
    return _Answer(states, frozenset({here} if here else ()), note)


def states_of(submissions: Sequence[Submission], *, accounting: bool) -> dict[str, JobState]:
    """What Slurm says of arrays that it was given here; raises SlurmError where it does not answer."""
    jobs = {one.job: one.name for one in submissions if one.job is not None}
    users = {one.user for one in submissions}
    return queue.element_states(list(jobs), accounting=accounting, users=users, names=jobs)


def reasons_to_wait(status: PlanStatus) -> Counter[str]:
    """Why what is queued waits, in Slurm's words: a dependency, resources, or that it is held."""
    queued = [state.submission for state in status.states if state.phase is Phase.QUEUED and state.submission]
    if not queued:
        return Counter()
    return queue.waiting_reasons({one.job for one in queued if one.job}, {one.user for one in queued})


class _Judge:
    """Decides a task's state from everything that is known; of two that disagree the store is right."""

    def __init__(self, answer: _Answer) -> None:
        self._answer = answer
        self._num_logs_left = NUM_LOGS_READ

    def state(
        self, task: Task, failure: Failure | None, submission: Submission | None, element: int | None
    ) -> TaskState:
        if submission is None or element is None:
            if failure is None:
                return TaskState(task, Phase.NOT_SUBMITTED)
            return TaskState(task, Phase.FAILED, failure.cause, failure)
        id_ = submission.element_id(element)
        if failure is not None and failure.job not in (id_, LOCAL_JOB):
            failure = None  # of an earlier submission
        # Two clusters give the same ids.
        is_asked = submission.cluster in self._answer.asked
        told = self._answer.states.get(id_) if is_asked and id_ is not None else None
        phase, cause = self._verdict(told, failure, submission, element)
        return TaskState(task, phase, cause, failure if phase is Phase.FAILED else None, submission, element)

    def _verdict(
        self, told: JobState | None, failure: Failure | None, submission: Submission, element: int
    ) -> tuple[Phase, Cause | None]:
        cause: Cause | None = None
        if told is JobState.QUEUED:
            return Phase.QUEUED, None
        # Of several tasks of an element, only one ran when Slurm ended it for memory.
        if told is JobState.MEMORY and (failure is None or len(submission.elements[element]) == 1):
            cause = Cause.MEMORY
        elif failure is not None:
            cause = failure.cause
        elif told is JobState.RUNNING:
            return Phase.RUNNING, None
        elif submission.is_cancelled:
            cause = Cause.CANCELLED
        elif told is not None and told in _CAUSES:
            cause = _CAUSES[told]
        elif told is JobState.UNKNOWN:
            return Phase.UNKNOWN, None
        elif self._is_over(told, submission):
            cause = self._evidence(submission, element)
        return (Phase.UNKNOWN, None) if cause is None else (Phase.FAILED, cause)

    def _is_over(self, told: JobState | None, submission: Submission) -> bool:
        """Whether a job has ended: Slurm says so, or does not know it, if it is not hiding another's."""
        is_known_here = submission.cluster in self._answer.asked and submission.job is not None
        return is_known_here and (told is not None or submission.user == getpass.getuser())

    def _evidence(self, submission: Submission, element: int) -> Cause:
        """What an element's own log tells of its end; it is read where this machine shares the folder."""
        if self._num_logs_left == 0:
            return Cause.UNKNOWN
        self._num_logs_left -= 1
        text = tail_of(Path(submission.log_path(element)))
        found = {cause: list(pattern.finditer(text)) for cause, pattern in _EVIDENCE.items()}
        last = max(((hits[-1].start(), cause) for cause, hits in found.items() if hits), default=None)
        return last[1] if last is not None else Cause.UNKNOWN


def tail_of(path: Path) -> str:
    """The end of a file; empty where it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - LOG_TAIL_BYTES))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def explanation(store: Store, status: PlanStatus, state: TaskState) -> tuple[str, list[str]]:
    """What a failed task said, in a line, and the end of its log."""
    if state.failure is not None:
        message = read_message(store, status.plan_id, state.failure)
    else:
        message = _EXPLANATIONS.get(state.cause or Cause.UNKNOWN, "")
    return message, log_of(store, status.plan_id, state).splitlines()[-LOG_TAIL_LINES:]


def logs_of(store: Store, status: PlanStatus, states: Iterable[TaskState]) -> Iterator[tuple[TaskState, str]]:
    """Logs of those tasks that have one."""
    stored = {found.key for found in store.list(keys.logs(status.plan_id))}
    for state in states:
        log = ""
        if keys.log(status.plan_id, state.task.kind, state.task.id) in stored:
            log = log_of(store, status.plan_id, state)
        elif state.phase in (Phase.RUNNING, Phase.FAILED, Phase.UNKNOWN):
            log = _slurms_log(state)
        if log:
            yield state, log


def log_of(store: Store, plan_id: str, state: TaskState) -> str:
    """A task's log; else the end of Slurm's own, where this machine shares the folder; else nothing."""
    try:
        log = store.get_bytes(keys.log(plan_id, state.task.kind, state.task.id)).decode(errors="replace")
    except ObjectNotFoundError:
        log = ""
    return log or _slurms_log(state)


def _slurms_log(state: TaskState) -> str:
    if state.submission is None or state.element is None:
        return ""
    lines = tail_of(Path(state.submission.log_path(state.element))).splitlines()
    return "\n".join(line for line in lines if not _INTERNAL_LINE.match(line))


_EXPLANATIONS: Mapping[Cause, str] = {
    Cause.NODE_LOST: "its node was lost",
    Cause.PREEMPTED: "it was preempted and not queued again",
    Cause.MEMORY: "it took more memory than it was given",
    Cause.TIME: "it came to its time limit",
    Cause.CANCELLED: "it was cancelled",
    Cause.UNKNOWN: "its job ended without a word and without a receipt",
}
