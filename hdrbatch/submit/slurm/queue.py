"""Queries and commands to Slurm: sacct, squeue, scontrol, scancel, sbatch and sinfo.

The scheduler is a hint and the store is the truth: nothing read here makes a task done.
"""

import getpass
import random
import re
import shutil
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from hdrbatch.errors import SlurmError
from hdrbatch.submit.slurm.commands import run as _run

REQUEUE_TIMEOUT_S = 5.0
REQUEUE_DELAYS_S = (0.5, 1.0, 2.0, 4.0)
JOBS_PER_CALL = 200


class JobState(StrEnum):
    """State of an array element as far as Slurm reports it."""

    QUEUED = "queued"
    RUNNING = "running"
    ENDED = "ended"
    NODE_LOST = "node-lost"
    PREEMPTED = "preempted"
    MEMORY = "out-of-memory"
    TIME = "time-limit"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def is_active(self) -> bool:
        """Whether the element is queued or running."""
        return self in (JobState.QUEUED, JobState.RUNNING)


_WORDS: Mapping[JobState, str] = {
    JobState.QUEUED: "PENDING CONFIGURING REQUEUED REQUEUE_FED REQUEUE_HOLD RESV_DEL_HOLD",
    JobState.RUNNING: "RUNNING COMPLETING SUSPENDED STOPPED SIGNALING STAGE_OUT RESIZING",
    JobState.ENDED: "COMPLETED FAILED SPECIAL_EXIT",
    JobState.NODE_LOST: "NODE_FAIL BOOT_FAIL LAUNCH_FAILED REVOKED",
    JobState.PREEMPTED: "PREEMPTED",
    JobState.MEMORY: "OUT_OF_MEMORY",
    JobState.TIME: "TIMEOUT DEADLINE",
    JobState.CANCELLED: "CANCELLED",
}
_STATES = {word: state for state, words in _WORDS.items() for word in words.split()}


def state_of(word: str) -> JobState:
    """Parse a Slurm state such as ``CANCELLED by 1000``; an unknown one is JobState.UNKNOWN."""
    return _STATES.get(word.split(" ", maxsplit=1)[0].rstrip("+"), JobState.UNKNOWN)


def is_available() -> bool:
    """Whether this machine can reach a Slurm controller."""
    if shutil.which("sbatch") is None:
        return False
    try:
        return "UP" in _run("scontrol", "ping", timeout_s=5.0)
    except SlurmError:
        return False


@dataclass(frozen=True)
class SlurmSettings:
    """Name and limits of a cluster."""

    name: str
    max_array_size: int


def settings() -> SlurmSettings:
    """Read the cluster's settings; raise SlurmError if it does not answer."""
    text = _run("scontrol", "show", "config")
    found = dict(re.findall(r"^(\w+)\s*= (.*?)\s*$", text, re.MULTILINE))
    # Many clusters are called "cluster" or "linux": the controller's host tells them apart.
    host = re.search(r"^SlurmctldHost\[0\]\s*= ([^\s(]+)", text, re.MULTILINE)
    name = "@".join([found.get("ClusterName", ""), *([host[1]] if host else [])])
    return SlurmSettings(name, int(found.get("MaxArraySize", "1001")))


def cluster_name() -> str | None:
    """Return the name of the cluster that this machine can query, or None."""
    try:
        return settings().name
    except SlurmError:
        return None


def element_states(
    jobs: Sequence[str],
    *,
    accounting: bool,
    users: Collection[str] = (),
    names: Mapping[str, str] | None = None,
) -> dict[str, JobState]:
    """Return the states of all elements of jobs by id (``123_4``, or ``123`` if the job is not an array).

    For a live job, the queue takes precedence over accounting, which lags; jobs that neither reports are
    omitted.

    Parameters
    ----------
    accounting
        Whether to query sacct.
    users
        Owners of the jobs; this process's user if none is given.
    names
        Names of the jobs by id; a job of another name has reused the id and is ignored.

    Raises
    ------
    SlurmError
        If neither queue nor controller answers, so that live jobs are unknown.
    """
    states: dict[str, JobState] = {}
    for start in range(0, len(jobs), JOBS_PER_CALL):
        some = jobs[start : start + JOBS_PER_CALL]
        accounted = _states_by_accounting(some, names or {}) if accounting else {}
        living = _states_by_queue(some, users, names or {})
        # Accounting lags: a job that it calls active is live only if the queue or the controller knows it.
        claimed = {id_ for id_, state in accounted.items() if state.is_active or state is JobState.UNKNOWN}
        certain = (
            set() if living is None else _jobs_of({*accounted, *living}) - _jobs_of(claimed - living.keys())
        )
        living = (living or {}) | _states_by_controller(
            [job for job in some if job not in certain], names or {}
        )
        states |= accounted | dict.fromkeys(claimed, JobState.ENDED) | living
    return states


def _states_by_accounting(jobs: Sequence[str], names: Mapping[str, str]) -> dict[str, JobState]:
    try:
        text = _run("sacct", "-a", "-X", "-n", "-P", "-o", "jobid,state,jobname", "-j", ",".join(jobs))
    except SlurmError:
        return {}
    return dict(_rows(text, names))


def _states_by_queue(
    jobs: Sequence[str], users: Collection[str], names: Mapping[str, str]
) -> dict[str, JobState] | None:
    """Return the states of these users' jobs; None if the queue does not answer."""
    try:
        # Without -j, which fails completely if one job is no longer known.
        text = _run("squeue", *_of_users(users), "-h", "-r", "-t", "all", "-o", "%i|%T|%j")
    except SlurmError:
        return None
    wanted = set(jobs)
    return {id_: state for id_, state in _rows(text, names) if id_.split("_")[0] in wanted}


def _of_users(users: Collection[str]) -> list[str]:
    return ["--user", ",".join(sorted(users))] if users else ["--me"]


def pending_reasons(jobs: Collection[str], users: Collection[str]) -> Counter[str]:
    """Count Slurm's reasons why elements of jobs are pending; empty if the queue does not answer."""
    try:
        text = _run("squeue", *_of_users(users), "-h", "-r", "-t", "pending", "-o", "%F|%r")
    except SlurmError:
        return Counter()
    rows = (line.partition("|") for line in text.splitlines())
    return Counter(reason for job, _, reason in rows if job in jobs)


@dataclass(frozen=True)
class Usage:
    """What an element uses or used, in Slurm's words; what is not known is empty."""

    node: str
    elapsed: str
    peak_memory: str = ""

    def __str__(self) -> str:
        parts = [f"on {self.node}" if self.node else "", self.elapsed]
        return ", ".join(
            [part for part in parts if part] + [f"{self.peak_memory} of memory"] * bool(self.peak_memory)
        )


def usage_of(ids: Collection[str], *, accounting: bool, users: Collection[str] = ()) -> dict[str, Usage]:
    """Return node, elapsed time and peak memory of elements by id, as far as Slurm tells; never raises."""
    found: dict[str, Usage] = {}
    try:
        text = _run("squeue", *_of_users(users), "-h", "-r", "-t", "running", "-o", "%i|%N|%M")
    except SlurmError:
        text = ""
    for id_, node, elapsed in (line.split("|") for line in text.splitlines() if line.count("|") == 2):
        if id_ in ids:
            found[id_] = Usage(node, elapsed)
    if not accounting:
        return found
    try:
        text = _run("sacct", "-a", "-n", "-P", "-o", "jobid,nodelist,elapsed,maxrss", "-j", ",".join(ids))
    except SlurmError:
        return found
    for row, node, elapsed, memory in (line.split("|") for line in text.splitlines() if line.count("|") == 3):
        # The element comes first, then its steps, which alone have a memory.
        id_ = row.partition(".")[0]
        if id_ in ids:
            known = found.get(id_, Usage(node, elapsed))
            found[id_] = replace(known, peak_memory=max(known.peak_memory, memory, key=_kilobytes))
    return found


def _kilobytes(memory: str) -> float:
    """Convert Slurm's ``123K``, ``4.5G`` to a number; 0 if it is none."""
    match = re.fullmatch(r"([\d.]+)([KMGT]?)", memory)
    return float(match[1]) * 1024 ** ("KMGT".index(match[2]) if match[2] else -1) if match else 0.0


def _jobs_of(ids: Iterable[str]) -> set[str]:
    return {id_.partition("_")[0] for id_ in ids}


def _states_by_controller(jobs: Sequence[str], names: Mapping[str, str]) -> dict[str, JobState]:
    states: dict[str, JobState] = {}
    for job in jobs:
        try:
            text = _run("scontrol", "show", "job", "--oneliner", job)
        except SlurmError as error:
            if "Invalid job id" not in str(error):
                raise
            continue
        for line in text.splitlines():
            found = dict(re.findall(r"(\w+)=(\S*)", line))
            if "ArrayTaskId" in found:
                id_ = f"{found['ArrayJobId']}_[{found['ArrayTaskId']}]"
            else:
                id_ = found.get("JobId", job)
            row = f"{id_}|{found.get('JobState', '')}|{found.get('JobName', '')}"
            states |= dict(_rows(row, names))
    return states


def _rows(text: str, names: Mapping[str, str]) -> Iterator[tuple[str, JobState]]:
    for line in text.splitlines():
        id_, word, name = (*line.strip().split("|", 2), "", "")[:3]
        expected = names.get(id_.partition("_")[0])
        if id_ and (not name or expected in (None, name)):
            for one in expand_row_id(id_):
                yield one, state_of(word)


def expand_row_id(id_: str) -> Iterator[str]:
    """Yield the ids of the elements that Slurm lists in one row.

    >>> list(expand_row_id("7_[1-2,5%4]"))
    ['7_1', '7_2', '7_5']
    """
    job, bracket, ranges = id_.partition("_[")
    if not bracket:
        yield id_
        return
    for part in ranges.rstrip("]").partition("%")[0].split(","):
        first, _, last = part.partition("-")
        last, _, step = last.partition(":")
        # A truncated last part is not a number.
        if all(text.isdecimal() for text in (first, last or first, step or "1")):
            for index in range(int(first), int(last or first) + 1, int(step or 1)):
                yield f"{job}_{index}"


def jobs_named(names: Iterable[str], users: Collection[str] = ()) -> dict[str, str]:
    """Return the ids of queued jobs by name; raise SlurmError if the queue does not answer."""
    wanted = set(names)
    lines = _run("squeue", *_of_users(users), "-h", "-t", "all", "-o", "%F|%j").splitlines()
    return {name: job for job, _, name in (line.partition("|") for line in lines) if name in wanted}


def cancel(jobs: Sequence[str]) -> None:
    """Cancel jobs, ignoring those that have ended; raise SlurmError if Slurm does not answer."""
    for start in range(0, len(jobs), JOBS_PER_CALL):
        try:
            _run("scancel", *jobs[start : start + JOBS_PER_CALL])
        except SlurmError as error:
            if "Invalid job id" not in str(error):
                raise


def add_dependency(job: str, others: Sequence[str]) -> None:
    """Make a queued job wait for others too; a job that has started meanwhile is left alone."""
    try:
        _run("scontrol", "update", f"JobId={job}", f"Dependency=afterany:{':'.join(others)}")
    except SlurmError as error:
        if not re.search(r"no longer pending|Job/step already completing|Invalid job id", str(error)):
            raise


def requeue(job: str) -> None:
    """Requeue a running job, with retries, since many jobs may be requeued at the same time.

    Raises
    ------
    SlurmError
        If Slurm rejects it.
    """
    for delay_s in (*REQUEUE_DELAYS_S, None):
        try:
            _run("scontrol", "requeue", job, timeout_s=REQUEUE_TIMEOUT_S)
        except SlurmError:
            if delay_s is None:
                raise
            time.sleep(delay_s * random.uniform(0.5, 1.0))  # noqa: S311 (no secret)
        else:
            return


def partition_limit_min(partition: str | None) -> float | None:
    """Return the time limit in minutes of a partition, or of the default one; None if it is unknown."""
    try:
        listing = _run("sinfo", "-h", "-o", "%P|%l")
    except SlurmError:
        return None
    for line in listing.splitlines():
        name, _, limit = line.partition("|")
        if name.rstrip("*") == partition or (partition is None and name.endswith("*")):
            return _minutes(limit)
    return None


def _minutes(limit: str) -> float | None:
    """Convert Slurm's ``[days-][hours:]minutes:seconds`` to minutes; None if it is not a time."""
    days, dash, rest = limit.rpartition("-")
    parts = rest.split(":")
    if not all(part.isdecimal() for part in parts) or (dash and not days.isdecimal()):
        return None
    hours, minutes, seconds = (int(part) for part in ["0", "0", *parts][-3:])
    return int(days or 0) * 1440 + hours * 60 + minutes + seconds / 60


def should_continue(job: str) -> bool:
    """Whether Slurm keeps a job alive: it was not cancelled and has not hit its time limit."""
    try:
        return "JobState=RUNNING" in _run(
            "scontrol", "show", "job", "--oneliner", job, timeout_s=REQUEUE_TIMEOUT_S
        )
    except SlurmError:
        return False


def check_accounting() -> None:
    """Check that sacct answers; raise SlurmError if it does not."""
    try:
        _run("sacct", "-X", "-n", "-P", "-o", "jobid", "-S", "now-1minutes")
    except SlurmError as error:
        raise SlurmError(
            f"{error}; set accounting = false in the cluster file if this cluster has no accounting"
        ) from None


def test_submission(script: str, kept: Collection[str]) -> None:
    """Check that sbatch would accept a script; raise SlurmError with its reason if not.

    ``kept`` is as for :func:`without_job_environment`.
    """
    _run("sbatch", "--test-only", stdin=script, kept=kept)


def check_requeue() -> None:
    """Check that an element on this node could requeue itself; raise SlurmError if not."""
    if shutil.which("scontrol") is None:
        raise SlurmError(
            "scontrol is not in the PATH of jobs on this node, so an element can requeue itself neither at "
            "its time limit nor when it is preempted, and its tasks fail; add the folder of Slurm's commands "
            "to PATH before submitting, or set time_min above what the longest task takes"
        )
    _run("scontrol", "ping", timeout_s=REQUEUE_TIMEOUT_S)


def submit_limit() -> int | None:
    """Return how many jobs this user may have in the queue, by association and QOS; None if not known."""
    user = getpass.getuser()
    found: list[int] = []
    by_user = ["show", "assoc", "where", f"user={user}", "format=MaxSubmitJobs,DefaultQOS,QOS"]
    try:
        rows = [line.split("|") for line in _run("sacctmgr", "-n", "-P", *by_user).splitlines()]
        limits = _run("sacctmgr", "-n", "-P", "show", "qos", "format=Name,MaxSubmitJobsPU").splitlines()
    except SlurmError:
        return None
    of_qos = dict(line.split("|")[:2] for line in limits if "|" in line)
    for row in rows:
        # The limit of a QOS takes the place of the association's.
        default = row[1] if len(row) > 1 and row[1] else "normal"
        number = of_qos.get(default) or row[0]
        if not number.isdecimal():
            return None  # one of this user's associations has no limit
        found.append(int(number))
    return max(found, default=None) or None
