"""The status of a plan: receipts, noted failures, and the scheduler's report about the rest."""

import getpass
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from hdrbatch.errors import ObjectNotFoundError, SlurmError, TasksFailedError
from hdrbatch.local_files import open_regular
from hdrbatch.plan.task import Plan, Task
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store
from hdrbatch.storage.lease import EXPIRY_S, Ticket, lease_holder
from hdrbatch.storage.receipts import TaskRef
from hdrbatch.submit.completion import tasks_with_receipts
from hdrbatch.submit.failures import LOCAL_JOB, Cause, Failure, failures_of_plan, read_message
from hdrbatch.submit.slurm import queue
from hdrbatch.submit.slurm.queue import JobState
from hdrbatch.submit.submissions import Submission, latest_elements, submissions_of_plan

NUM_LOGS_READ = 200
"""Maximum number of Slurm logs to read, of elements that ended without a noted failure."""
LOG_TAIL_BYTES = 4096
LOG_TAIL_LINES = 8

_LOG_PATTERNS: Mapping[Cause, re.Pattern[str]] = {
    Cause.MEMORY: re.compile(r"exceeded memory limit|oom.kill|Out Of Memory", re.IGNORECASE),
    Cause.TIME: re.compile(r"DUE TO TIME LIMIT"),
    Cause.NODE_LOST: re.compile(r"DUE TO NODE FAILURE"),
    Cause.PREEMPTED: re.compile(r"DUE TO PREEMPTION"),
}
"""Patterns of Slurm's messages in an element's log, used if nothing else gives the cause."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Characters that control a terminal, or the direction of writing; line feeds, returns and tabs remain."""

_INTERNAL_LINE = re.compile(
    r"submitit [A-Z]+ |Traceback |  File |    |"
    + re.escape(f"{TasksFailedError.__module__}.{TasksFailedError.__name__}")
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
    """Phase of a task; only a receipt makes it done."""

    DONE = "done"
    RUNNING = "running"
    QUEUED = "queued"
    FAILED = "failed"
    NOT_SUBMITTED = "not submitted"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class TaskState:
    """State of one task; ``cause`` is set if it failed, ``failure`` if the failure was noted."""

    task: Task
    phase: Phase
    cause: Cause | None = None
    failure: Failure | None = None
    submission: Submission | None = None
    element: int | None = None

    @property
    def name(self) -> str:
        """Name of the task in commands: ``kind/id``."""
        return str(self.task.name)

    @property
    def element_id(self) -> str | None:
        """Slurm's id of the element that runs or ran the task; None if there is none."""
        if self.submission is None or self.element is None:
            return None
        return self.submission.element_id(self.element)


@dataclass(frozen=True)
class PlanStatus:
    """Status of a plan: the state of every task, by position."""

    plan: Plan
    plan_id: str
    states: Sequence[TaskState]
    submissions: Sequence[Submission]
    scheduler_note: str
    """One sentence about what the scheduler could not report; empty if nothing is missing."""

    @property
    def is_done(self) -> bool:
        """Whether every task is done."""
        return all(state.phase is Phase.DONE for state in self.states)

    @property
    def is_active(self) -> bool:
        """Whether any task is queued or running."""
        return any(state.phase in (Phase.RUNNING, Phase.QUEUED) for state in self.states)

    @property
    def done(self) -> set[TaskRef]:
        """The tasks that are done."""
        return {state.task.ref for state in self.states if state.phase is Phase.DONE}

    def counts(self) -> dict[str, Counter[Phase]]:
        """Return the number of tasks in each phase, by kind in the plan's order."""
        found: dict[str, Counter[Phase]] = {stage.kind: Counter() for stage in self.plan.stages}
        for state in self.states:
            found[state.task.kind][state.phase] += 1
        return found

    def missing(self) -> list[str]:
        """Return the names, ``kind/id``, of the tasks that are not done."""
        return [state.name for state in self.states if state.phase is not Phase.DONE]

    def failed_groups(self) -> list[list[TaskState]]:
        """Group failed tasks by kind, cause and message, largest group first."""
        groups: dict[tuple[str, Cause | None, str], list[TaskState]] = {}
        for state in self.states:
            if state.phase is Phase.FAILED:
                fingerprint = state.failure.fingerprint if state.failure else ""
                groups.setdefault((state.task.kind, state.cause, fingerprint), []).append(state)
        return sorted(groups.values(), key=len, reverse=True)


def plan_status(
    store: Store, plan: Plan, done: set[TaskRef] | None = None, *, knows_runs: bool = True
) -> PlanStatus:
    """Determine the state of a plan's tasks from the store and the scheduler.

    Works from any machine that can reach the store; the scheduler is queried only if this machine belongs to
    the cluster that tasks were submitted to.

    Parameters
    ----------
    done
        Tasks that are done, if the caller has already checked receipts and files; None checks receipts only.
    knows_runs
        Whether a process that runs the plan without a scheduler counts; not for that process itself.
    """
    plan_id = plan.id
    submissions = submissions_of_plan(store, plan_id)
    # The scheduler is queried before the receipts: a task that it reports as ended has its receipt by then.
    report = _ask(submissions)
    failures = failures_of_plan(store, plan_id)
    tasks = list(plan.tasks())
    if done is None:
        done = tasks_with_receipts(store, tasks)
    latest = latest_elements(submissions)
    run = local_run(store, plan) if knows_runs else None
    resolver = _StateResolver(report, run)
    states = []
    for position, task in enumerate(tasks):
        if task.ref in done:
            states.append(TaskState(task, Phase.DONE))
            continue
        submission, element = latest.get(position, (None, None))
        states.append(resolver.state(task, failures.get(str(task.name)), submission, element))
    note = report.note if run is None else _note_of_a_run(run)
    return PlanStatus(plan, plan_id, states, submissions, note)


def local_run(store: Store, plan: Plan) -> Ticket | None:
    """Return the ticket of the process that runs a plan without a scheduler, or None.

    One on another machine may have died; then rerunning the plan takes its place.
    """
    ticket = lease_holder(store, plan.name)
    return ticket if ticket is not None and (ticket.plan, ticket.purpose) == (plan.id, "run") else None


def _note_of_a_run(run: Ticket) -> str:
    if run.is_alive_here:
        return f"run by {run.holder}, without a scheduler"
    return (
        f"run by {run.holder}, without a scheduler; if that has died, rerunning the command resumes, after "
        f"{EXPIRY_S:.0f} s without a sign of life"
    )


@dataclass(frozen=True)
class _SchedulerReport:
    """The scheduler's report on jobs; only clusters in ``asked`` were queried."""

    states: Mapping[str, JobState] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    note: str = ""


def _ask(submissions: Sequence[Submission]) -> _SchedulerReport:
    clusters = {submission.cluster for submission in submissions}
    if not clusters:
        return _SchedulerReport()
    here = queue.cluster_name()
    others = sorted(clusters - {here})
    note = ""
    if others:
        of_them = next(one for one in submissions if one.cluster == others[0])
        note = (
            f"cluster {others[0]} cannot be queried from here (tasks were submitted on {of_them.host}); "
            "its tasks without receipt or noted failure are unknown"
        )
    if here not in clusters:
        return _SchedulerReport(note=note)
    asked = [one for one in submissions if one.cluster == here and one.job is not None]
    accounting = any(one.accounting for one in asked)
    try:
        states = states_of(asked, accounting=accounting)
    except SlurmError as error:
        return _SchedulerReport(
            note=f"the scheduler does not answer ({error}); tasks without receipt or noted failure are "
            "unknown"
        )
    return _SchedulerReport(states, frozenset({here} if here else ()), note)


def states_of(submissions: Sequence[Submission], *, accounting: bool) -> dict[str, JobState]:
    """Query Slurm for the states of arrays submitted here; raise SlurmError if it does not answer."""
    jobs = {one.job: one.name for one in submissions if one.job is not None}
    users = {one.user for one in submissions}
    return queue.element_states(list(jobs), accounting=accounting, users=users, names=jobs)


def usage_of(states: Sequence[TaskState]) -> Mapping[str | None, queue.Usage]:
    """Return node, elapsed time and peak memory of tasks' elements by id, as far as Slurm here knows them."""
    submitted = [(state.element_id, state.submission) for state in states if state.submission]
    if not submitted:
        return {}
    here = queue.cluster_name()
    ids = {id_: one for id_, one in submitted if id_ is not None and one.cluster == here}
    if not ids:
        return {}
    accounting = any(one.accounting for one in ids.values())
    users = {one.user for one in ids.values()}
    found = queue.usage_of(list(ids), accounting=accounting, users=users)
    return {id_: found[id_] for id_ in found}


def pending_reasons_of(status: PlanStatus) -> Counter[str]:
    """Count Slurm's reasons why queued tasks are pending, such as ``Dependency`` or ``Resources``."""
    queued = [state.submission for state in status.states if state.phase is Phase.QUEUED and state.submission]
    if not queued:
        return Counter()
    return queue.pending_reasons({one.job for one in queued if one.job}, {one.user for one in queued})


class _StateResolver:
    """Resolver of a task's state from all sources; the store wins over the scheduler."""

    def __init__(self, report: _SchedulerReport, run: Ticket | None) -> None:
        self._report, self._run = report, run
        self._running = frozenset(run.running if run is not None else ())
        self._num_logs_left = NUM_LOGS_READ

    def state(
        self, task: Task, failure: Failure | None, submission: Submission | None, element: int | None
    ) -> TaskState:
        if self._run is not None:
            if failure is not None and failure.job == LOCAL_JOB:
                return TaskState(task, Phase.FAILED, failure.cause, failure)
            return TaskState(task, Phase.RUNNING if str(task.name) in self._running else Phase.QUEUED)
        if submission is None or element is None:
            if failure is None:
                return TaskState(task, Phase.NOT_SUBMITTED)
            return TaskState(task, Phase.FAILED, failure.cause, failure)
        id_ = submission.element_id(element)
        if failure is not None and failure.job not in (id_, LOCAL_JOB):
            failure = None  # of an earlier submission
        # Two clusters may use the same ids.
        is_asked = submission.cluster in self._report.asked
        slurm_state = self._report.states.get(id_) if is_asked and id_ is not None else None
        phase, cause = self._resolve(slurm_state, failure, submission, element)
        return TaskState(task, phase, cause, failure if phase is Phase.FAILED else None, submission, element)

    def _resolve(
        self, slurm_state: JobState | None, failure: Failure | None, submission: Submission, element: int
    ) -> tuple[Phase, Cause | None]:
        cause: Cause | None = None
        if slurm_state is JobState.QUEUED:
            return Phase.QUEUED, None
        # If an element has several tasks, only one was running when it ran out of memory.
        if slurm_state is JobState.MEMORY and (failure is None or len(submission.elements[element]) == 1):
            cause = Cause.MEMORY
        elif failure is not None:
            cause = failure.cause
        elif slurm_state is JobState.RUNNING:
            return Phase.RUNNING, None
        elif submission.is_cancelled:
            cause = Cause.CANCELLED
        elif slurm_state is not None and slurm_state in _CAUSES:
            cause = _CAUSES[slurm_state]
        elif slurm_state is JobState.UNKNOWN:
            return Phase.UNKNOWN, None
        elif self._has_ended(slurm_state, submission):
            cause = self._cause_from_log(submission, element)
        return (Phase.UNKNOWN, None) if cause is None else (Phase.FAILED, cause)

    def _has_ended(self, slurm_state: JobState | None, submission: Submission) -> bool:
        """Whether a job has ended: Slurm reports its end, or does not know this user's job any more."""
        is_known_here = submission.cluster in self._report.asked and submission.job is not None
        return is_known_here and (slurm_state is not None or submission.user == getpass.getuser())

    def _cause_from_log(self, submission: Submission, element: int) -> Cause:
        """Find the cause in an element's own log, if this machine shares its folder."""
        if self._num_logs_left == 0:
            return Cause.UNKNOWN
        self._num_logs_left -= 1
        text = tail_of(Path(submission.log_path(element)))
        found = {cause: list(pattern.finditer(text)) for cause, pattern in _LOG_PATTERNS.items()}
        last = max(((hits[-1].start(), cause) for cause, hits in found.items() if hits), default=None)
        return last[1] if last is not None else Cause.UNKNOWN


def tail_of(path: Path) -> str:
    """Return the end of a regular file; empty if it cannot be read."""
    try:
        # Its name comes out of the store.
        with open_regular(path) as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - LOG_TAIL_BYTES))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def explanation(store: Store, status: PlanStatus, state: TaskState) -> tuple[str, list[str]]:
    """Return a failed task's message, in one line, and the end of its log."""
    if state.failure is not None:
        message = printable(read_message(store, status.plan_id, state.failure))
    else:
        message = _EXPLANATIONS.get(state.cause or Cause.UNKNOWN, "")
    return message, log_of(store, status.plan_id, state).splitlines()[-LOG_TAIL_LINES:]


def logs_of(store: Store, status: PlanStatus, states: Iterable[TaskState]) -> Iterator[tuple[TaskState, str]]:
    """Yield the tasks that have a log, each with its log."""
    stored = {found.key for found in store.list(keys.logs(status.plan_id))}
    for state in states:
        log = ""
        if keys.log(status.plan_id, state.task.kind, state.task.id) in stored:
            log = log_of(store, status.plan_id, state)
        elif state.phase in (Phase.RUNNING, Phase.FAILED, Phase.UNKNOWN):
            log = printable(_slurm_log(state))
        if log:
            yield state, log


def log_of(store: Store, plan_id: str, state: TaskState) -> str:
    """Return a task's log, else the end of Slurm's own if this machine shares the folder, else nothing."""
    try:
        log = store.get_bytes(keys.log(plan_id, state.task.kind, state.task.id)).decode(errors="replace")
    except ObjectNotFoundError:
        log = ""
    return printable(log or _slurm_log(state))


def printable(text: str) -> str:
    """Return a text without the characters that control a terminal, which others may have put into it."""
    return _CONTROL.sub("?", text)


def _slurm_log(state: TaskState) -> str:
    if state.submission is None or state.element is None:
        return ""
    lines = tail_of(Path(state.submission.log_path(state.element))).splitlines()
    return "\n".join(line for line in lines if not _INTERNAL_LINE.match(line))


_EXPLANATIONS: Mapping[Cause, str] = {
    Cause.NODE_LOST: "its node was lost",
    Cause.PREEMPTED: "it was preempted and not requeued",
    Cause.MEMORY: "it ran out of memory",
    Cause.TIME: "it hit its time limit",
    Cause.CANCELLED: "it was cancelled",
    Cause.UNKNOWN: "its job ended without an error message or a receipt",
}
