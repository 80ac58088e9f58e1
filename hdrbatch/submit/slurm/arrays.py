"""Submission of a plan's stages to Slurm as arrays, through submitit."""

import io
import json
import re
import secrets
import shlex
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from submitit import SlurmExecutor
from submitit.core.utils import FailedJobError, FailedSubmissionError

from hdrbatch.errors import SlurmError, SubmissionError, UserError
from hdrbatch.kinds import Kind
from hdrbatch.plan.stored_plans import save_plan
from hdrbatch.plan.task import Plan, Task
from hdrbatch.specs.cluster import DEFAULT_TIME_MIN, ClusterSpec, Resources
from hdrbatch.storage.base import Store
from hdrbatch.storage.receipts import TaskRef
from hdrbatch.submit.completion import withdraw_outdated
from hdrbatch.submit.slurm import commands, queue
from hdrbatch.submit.slurm.element import Element
from hdrbatch.submit.slurm.job_folder import logs_folder, make_job_folder, make_logs_folder
from hdrbatch.submit.submissions import (
    Submission,
    delete_submission,
    mark_folder,
    next_number,
    put_submission,
    submitter_fields,
)
from hdrbatch.submit.workers.launch import required_image
from hdrbatch.submit.workers.private_folder import make_files_private
from hdrbatch.worker.registry import task_kind

MAX_FRESH_STARTS = 3
"""Maximum requeues of an element whose tasks cannot resume, since each one starts from scratch."""
RETRY_DELAYS_S = (1.0, 5.0, 15.0)
_ENVIRONMENT = {"export": "ALL"}
"""Jobs get the submitting shell's environment, with the store's credentials, whatever a site's default is."""
_TRANSIENT = re.compile(
    r"Unable to contact|Socket timed out|Zero Bytes|Connection (refused|reset)|Transport endpoint"
    r"|temporarily|Resource temporarily|try again|Slurm backup controller|Could not make sense",
    re.IGNORECASE,
)
"""Transient errors of sbatch, after which the same submission may succeed."""
_SUBMIT_LIMIT = re.compile(r"Submit\w*Limit|job submit limit|MaxSubmit|GrpSubmit", re.IGNORECASE)
"""Errors of sbatch if a user has too many jobs in the queue."""


@dataclass(frozen=True)
class SubmissionRequest:
    """Tasks of a plan to submit, and how.

    Parameters
    ----------
    positions
        Positions in the plan of tasks to submit.
    jobs_of
        Job ids of tasks that are already queued and that others may need, by position.
    memory_gb
        Memory for some tasks, by position, that overrides the cluster file's.
    pack
        Tasks per element.
    after
        Jobs of other plans that must have ended first.
    """

    positions: Collection[int]
    jobs_of: Mapping[int, str] = field(default_factory=dict)
    memory_gb: Mapping[int, float] = field(default_factory=dict)
    pack: int = 1
    after: Sequence[str] = ()


def submit_plan(
    plan: Plan, store: Store, cluster: ClusterSpec, done: set[TaskRef], request: SubmissionRequest
) -> list[Submission]:
    """Submit tasks of a plan, stage by stage; return the arrays.

    A stage waits until the jobs that its tasks need have ended, successfully or not: a task that lacks an
    input fails with a message, and the others continue.

    Raises
    ------
    UserError
        If Slurm would reject a stage's parameters, the cluster file names no image, or others could change
        what the jobs run; nothing is submitted.
    SubmissionError
        If Slurm fails midway; accepted arrays stay queued, and rerunning the command submits the rest.
    """
    commands.check_commands()
    settings = queue.settings()
    max_size = cluster.max_array_size or settings.max_array_size
    limit = queue.submit_limit() if cluster.accounting else None
    if limit is not None:
        # An array that exceeds it can never be submitted, however empty the queue is.
        max_size = min(max_size, limit)
    tasks = list(plan.tasks())
    by_stage: dict[Kind, list[int]] = {}
    for position in sorted(request.positions):
        by_stage.setdefault(tasks[position].kind, []).append(position)
    for stage in by_stage:
        check_stage(stage, cluster)
    make_logs_folder(cluster)
    save_plan(store, plan)
    withdraw_outdated(store, plan, done)
    submitter = _Submitter(plan.id, tasks, store, cluster, settings.name, max_size)
    jobs_of = dict(request.jobs_of)
    position_of = {task.ref: position for position, task in enumerate(tasks)}
    for stage, positions in by_stage.items():
        needed = _jobs_needed(tasks, positions, position_of, jobs_of)
        for memory_gb, some in _by_memory(positions, request.memory_gb).items():
            for submission in submitter.submit(
                stage, some, request.pack, sorted({*needed, *request.after}), memory_gb
            ):
                assert submission.job is not None
                jobs_of |= {
                    position: submission.job for element in submission.elements for position in element
                }
    _add_dependencies_to_queued(tasks, request, position_of, jobs_of)
    return submitter.submissions


def _jobs_needed(
    tasks: Sequence[Task],
    positions: Iterable[int],
    position_of: Mapping[TaskRef, int],
    jobs_of: Mapping[int, str],
) -> set[str]:
    """Return the queued jobs that run what the tasks need."""
    return {
        jobs_of[position_of[need]]
        for position in positions
        for need in tasks[position].needs
        if need in position_of and position_of[need] in jobs_of
    }


def _add_dependencies_to_queued(
    tasks: Sequence[Task],
    request: SubmissionRequest,
    position_of: Mapping[TaskRef, int],
    jobs_of: Mapping[int, str],
) -> None:
    """Make queued arrays also wait for the newly submitted jobs that they need."""
    waiting: dict[str, list[int]] = {}
    for position, job in request.jobs_of.items():
        waiting.setdefault(job, []).append(position)
    new = {jobs_of[position] for position in request.positions}
    for job, positions in waiting.items():
        needed = _jobs_needed(tasks, positions, position_of, jobs_of)
        if not needed.isdisjoint(new):
            queue.add_dependency(job, sorted({*needed, *request.after}))


def _by_memory(positions: Sequence[int], memory_gb: Mapping[int, float]) -> dict[float | None, list[int]]:
    groups: dict[float | None, list[int]] = {}
    for position in positions:
        groups.setdefault(memory_gb.get(position), []).append(position)
    return groups


def chunks(elements: Sequence[tuple[int, ...]], max_size: int) -> list[Sequence[tuple[int, ...]]]:
    """Split elements into as few arrays as possible, of nearly equal size."""
    num_arrays = -(-len(elements) // max_size)
    bounds = [len(elements) * number // num_arrays for number in range(num_arrays + 1)]
    return [elements[start:end] for start, end in pairwise(bounds)]


def packs(positions: Sequence[int], size: int) -> list[tuple[int, ...]]:
    """Group positions into elements of ``size`` tasks each."""
    return [tuple(positions[start : start + size]) for start in range(0, len(positions), size)]


def check_stage(stage: Kind, cluster: ClusterSpec) -> None:
    """Check that sbatch would accept a stage, so that a plan is submitted completely or not at all.

    Raises
    ------
    UserError
        If it would not; the message has sbatch's reason.
    """
    required_image(cluster, stage)
    resources = cluster.resources_of(stage)
    parameters = {
        "time": resources.time_min or DEFAULT_TIME_MIN,
        **_ENVIRONMENT,
        **slurm_parameters(resources),
    }
    limit_min = queue.partition_limit_min(resources.partition)
    if limit_min is not None and (resources.time_min or DEFAULT_TIME_MIN) > limit_min:
        raise UserError(
            f"stage {stage} requests {resources.time_min or DEFAULT_TIME_MIN} min, but partition "
            f"{resources.partition or '(the default one)'} allows at most {limit_min:g}, so it would stay "
            "queued forever; lower time_min, or name another partition"
        )
    lines = [f"#SBATCH {shlex.quote(flag)}" for flag in flags(parameters)]
    try:
        queue.test_submission("\n".join(["#!/bin/sh", *lines, "true\n"]), cluster.sbatch_variables)
    except SlurmError as error:
        if _TRANSIENT.search(str(error)):
            raise
        raise UserError(
            f"Slurm would reject stage {stage}: {error}; check [resources] "
            f"and [stages.{stage}] in the cluster file (sinfo lists "
            "partitions, sacctmgr show assoc user=$USER the accounts)"
        ) from None


def _remedy(reason: str, num_elements: int) -> str:
    """Return what to do about an array that sbatch rejected."""
    if not _SUBMIT_LIMIT.search(reason):
        return "rerun the same command to submit the rest"
    limit = queue.submit_limit()
    known = "a limited number of jobs" if limit is None else f"at most {limit} jobs"
    size = max(1, num_elements // 2 if limit is None else min(limit, num_elements - 1))
    return (
        f"each element counts as a job, and you may have {known} in the queue (sacctmgr show assoc "
        f"user=$USER, sacctmgr show qos): use --pack N to run N tasks per element, or set max_array_size = "
        f"{size} in the cluster file; then rerun the same command, and again whenever jobs have ended, to "
        "submit the rest"
    )


def flags(parameters: Mapping[str, str | int | bool]) -> list[str]:
    """Return parameters as command-line options."""
    return [f"--{name}" if value is True else f"--{name}={value}" for name, value in parameters.items()]


def slurm_parameters(resources: Resources, memory_gb: float | None = None) -> dict[str, str | int | bool]:
    """Return sbatch's parameters by their long names, without the time."""
    memory_gb = memory_gb or resources.memory_gb
    named = {
        "partition": resources.partition,
        "account": resources.account,
        "qos": resources.qos,
        "constraint": resources.constraint,
        "mem": None if memory_gb is None else f"{round(memory_gb * 1024)}M",
        "cpus-per-task": resources.num_threads,
        "gpus-per-node": None if resources.gpu_options() else resources.gpus or None,
        **(resources.sbatch or {}),
    }
    return {name: value for name, value in named.items() if value is not None}


class _Submitter:
    """Submitter of one plan's arrays; ``submissions`` are those that Slurm accepted."""

    def __init__(
        self,
        plan_id: str,
        tasks: Sequence[Task],
        store: Store,
        cluster: ClusterSpec,
        cluster_name: str,
        max_size: int,
    ) -> None:
        self._plan_id, self._tasks, self._store, self._cluster = plan_id, tasks, store, cluster
        self._cluster_name, self._max_size = cluster_name, max_size
        self.submissions: list[Submission] = []

    def submit(
        self, stage: Kind, positions: Sequence[int], pack: int, after: Sequence[str], memory_gb: float | None
    ) -> list[Submission]:
        arrays = chunks(packs(positions, pack), self._max_size)
        parallelism = max(1, self._cluster.parallelism // len(arrays))
        taken = []
        for elements in arrays:
            taken.append(self._submit_array(stage, elements, after, memory_gb, parallelism))
            self.submissions.append(taken[-1])
        return taken

    def _submit_array(
        self,
        stage: Kind,
        elements: Sequence[tuple[int, ...]],
        after: Sequence[str],
        memory_gb: float | None,
        parallelism: int,
    ) -> Submission:
        """Submit one array; if sbatch's answer is lost, cancel it by name before submitting it again."""
        for delay_s in (*RETRY_DELAYS_S, None):
            submission = self._new_submission(stage, elements, memory_gb)
            make_job_folder(self._cluster, Path(submission.folder))
            mark_folder(self._plan_id, submission)
            # Stored before sbatch is called: if this process is killed then, the array is found by name.
            put_submission(self._store, self._plan_id, submission)
            try:
                job = self._call_sbatch(submission, after, parallelism)
            except (FailedJobError, FailedSubmissionError, OSError) as error:
                self._cancel_unanswered(submission)
                reason = str(error).strip() or type(error).__name__
                if delay_s is None or not _TRANSIENT.search(reason):
                    raise SubmissionError(
                        f"Slurm rejected {len(elements)} element(s) of stage {stage}: {reason}; "
                        f"{len(self.submissions)} array(s) were submitted before; "
                        f"{_remedy(reason, len(elements))}"
                    ) from None
                time.sleep(delay_s)
            else:
                taken = submission.model_copy(update={"job": job})
                put_submission(self._store, self._plan_id, taken)
                return taken
        raise AssertionError("the loop returns or raises")

    def _new_submission(
        self, stage: Kind, elements: Sequence[tuple[int, ...]], memory_gb: float | None
    ) -> Submission:
        name = f"{self._plan_id}-{stage}-{secrets.token_hex(4)}"
        return Submission(
            name=name,
            stage=stage,
            elements=tuple(elements),
            job=None,
            cluster=self._cluster_name,
            accounting=self._cluster.accounting,
            spec=self._cluster.model_dump_json(exclude_unset=True),
            folder=str(logs_folder(self._cluster) / self._plan_id / name),
            memory_gb=memory_gb or self._cluster.resources_of(stage).memory_gb,
            number=next_number(self._store, self._plan_id),
            **submitter_fields(),
        )

    def _call_sbatch(self, submission: Submission, after: Sequence[str], parallelism: int) -> str:
        stage, resources = submission.stage, self._cluster.resources_of(submission.stage)
        additional = {"requeue": True, **_ENVIRONMENT, **slurm_parameters(resources, submission.memory_gb)}
        if after:
            additional["dependency"] = "afterany:" + ":".join(after)
        max_timeouts = self._cluster.max_timeouts
        if not task_kind(stage).resumes:
            max_timeouts = min(max_timeouts, MAX_FRESH_STARTS)
        executor = SlurmExecutor(submission.folder, max_num_timeout=max_timeouts)
        executor.update_parameters(
            job_name=submission.name,
            time=resources.time_min or DEFAULT_TIME_MIN,
            signal_delay_s=self._cluster.signal_delay_s,
            array_parallelism=parallelism,
            stderr_to_stdout=True,
            wckey=None,
            # Since Slurm 22.05, srun does not inherit this from the job.
            srun_args=[f"--cpus-per-task={resources.num_threads}"],
            additional_parameters=additional,
        )
        element = Element(
            self._store.url, self._plan_id, self._cluster.model_dump_json(exclude_unset=True), stage
        )
        texts = [
            "\n".join(json.dumps(self._tasks[position].to_json()) for position in positions)
            for positions in submission.elements
        ]
        # submitit prints its errors to stderr before it raises them.
        kept = self._cluster.sbatch_variables
        with redirect_stderr(io.StringIO()), commands.without_job_environment(kept):
            jobs = executor.map_array(element, texts)
        make_files_private(Path(submission.folder))
        return jobs[0].job_id.partition("_")[0]

    def _cancel_unanswered(self, submission: Submission) -> None:
        """Cancel an array for which sbatch did not answer, and delete its submission."""
        try:
            found = queue.jobs_named([submission.name])
            queue.cancel(list(found.values()))
        except SlurmError:
            return  # the submission stays stored, and is cancelled by the next run
        delete_submission(self._store, self._plan_id, submission)
