"""Showing and running a plan, for render, sweep and retry."""

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from hdrbatch.plan.task import Plan
    from hdrbatch.specs.cluster import ClusterSpec
    from hdrbatch.storage.base import Store
    from hdrbatch.storage.lease import Lease
    from hdrbatch.storage.receipts import TaskRef

LOCAL_CLUSTER = "local"
SLURM_CLUSTER = "slurm"
CLUSTER_VARIABLE = "HDRBATCH_CLUSTER"
"""Environment variable with the cluster that is used if none is given."""
NUM_SHOWN = 20


def load_cluster(name: str | None, console: "Console | None" = None) -> "ClusterSpec":
    """Read a cluster file by name or path; ``local`` and ``slurm`` without a file mean the defaults.

    Parameters
    ----------
    name : str or None
        None means the one that ``HDRBATCH_CLUSTER`` names. If that is not set either, Slurm is used if it is
        available, and otherwise this machine.
    console : Console or None
        Where to report that Slurm was chosen; None reports on standard error.

    Raises
    ------
    SpecError
        If there is no such file, or it is not valid.
    """
    from hdrbatch.errors import SpecError
    from hdrbatch.specs.cluster import ClusterSpec
    from hdrbatch.specs.examples import CLUSTERS
    from hdrbatch.specs.load import find_spec, load_toml
    from hdrbatch.submit.slurm import queue
    from hdrbatch.submit.terminal import terminal

    if name is None:
        name = os.environ.get(CLUSTER_VARIABLE)
    if not name:
        name = SLURM_CLUSTER if queue.is_available() else LOCAL_CLUSTER
        if name == SLURM_CLUSTER:
            console = console or terminal(stderr=True, soft_wrap=True)
            console.print(
                "using Slurm on this machine with its defaults and no container; name a cluster file with "
                "--cluster, or use --cluster local"
            )
    try:
        path = find_spec(name, CLUSTERS, ".toml")
    except SpecError:
        if name == LOCAL_CLUSTER:
            return ClusterSpec()
        if name == SLURM_CLUSTER:
            return ClusterSpec(scheduler="slurm")
        raise
    return load_toml(path, ClusterSpec)


def show_differences(plan_id: str, store: "Store", cluster: "ClusterSpec") -> None:
    """Print how a cluster file differs from the one that a plan was last submitted with."""
    from hdrbatch.submit.submissions import differing_settings, submissions_of_plan
    from hdrbatch.submit.terminal import terminal

    submissions = submissions_of_plan(store, plan_id)
    differences = differing_settings(submissions[-1], cluster) if submissions else []
    if differences:
        last = submissions[-1]
        console = terminal(soft_wrap=True)
        console.print(
            f"{plan_id}: last submitted by {last.user!a} on {last.host!a} with other settings; yours are "
            "used, --cluster names another file:",
            style="yellow",
        )
        for difference in differences:
            console.print(f"  {difference}")


@dataclass(frozen=True)
class RunOptions:
    """Options of a run: whether to wait for its end, tasks per element, and jobs that must end first.

    With ``bad_input``, tasks that failed on bad input are retried; with ``unknown``, tasks that may still be
    running elsewhere.
    """

    wait: bool = False
    pack: int = 1
    after: "Sequence[str]" = ()
    bad_input: bool = True
    unknown: bool = False


@dataclass(frozen=True)
class RunResult:
    """Outcome of a plan that was run or submitted.

    Attributes
    ----------
    plan_id : str
        Id of the plan, as for ``hdrbatch status``.
    num_tasks, num_done : int
        Number of tasks in the whole plan, and of those that are done, including earlier runs.
    failed, blocked : tuple of str
        Names (``KIND/ID``) of the tasks that failed, and of those that were blocked by a failed one.
    jobs : tuple of str
        Slurm's ids of the submitted jobs.
    is_submitted : bool
        Whether the plan was submitted without waiting for its end.
    """

    plan_id: str
    num_tasks: int
    num_done: int
    failed: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    is_submitted: bool = False

    @property
    def is_done(self) -> bool:
        """Whether all tasks are done."""
        return self.num_done == self.num_tasks

    @property
    def exit_code(self) -> int:
        """Exit code: 1 if the run has ended with unfinished tasks, else 0."""
        return 0 if self.is_done or self.is_submitted else 1


def run_plan(
    plan: "Plan",
    store: "Store",
    cluster: "ClusterSpec",
    options: RunOptions = RunOptions(),
    console: "Console | None" = None,
) -> RunResult:
    """Run or submit a plan's unfinished tasks, showing progress on the console (default: standard output).

    Raises
    ------
    UserError
        If some of its tasks, or of another plan of the same dataset or sweep, are queued or running
        elsewhere, nothing can be submitted, or a run on this machine is not started from the main thread.
    InterruptedRunError
        After Ctrl-C.
    """
    from hdrbatch.submit.active_plan import active_plan
    from hdrbatch.submit.completion import done_tasks
    from hdrbatch.submit.dry_run import warn_about_replaced
    from hdrbatch.submit.terminal import terminal

    console = console or terminal(soft_wrap=True)
    tasks = list(plan.tasks())
    done = done_tasks(store, tasks)
    if len(done) == len(tasks):
        return _up_to_date(plan, store, console)
    store.check()
    is_local = cluster.scheduler == "local"
    with active_plan(plan, store, console, is_local=is_local, force=options.unknown) as lease:
        # Another process may have finished it while this one waited.
        done = done_tasks(store, tasks)
        if len(done) == len(tasks):
            return _up_to_date(plan, store, console)
        warn_about_replaced(plan, store, done, console)
        if is_local:
            _check_not_running_elsewhere(plan, store, done, options)
            return _run_here(plan, store, cluster, done, console, lease)
        result = _submit(plan, store, cluster, options, done, console)
    return _follow(plan, store, result.jobs, console) if options.wait else result


def _up_to_date(plan: "Plan", store: "Store", console: "Console") -> RunResult:
    num_tasks = sum(1 for _ in plan.tasks())
    console.print(f"{plan.id} is up to date: all {num_tasks} tasks are done (store: {store.url})")
    return RunResult(plan.id, num_tasks, num_tasks)


def _check_not_running_elsewhere(
    plan: "Plan", store: "Store", done: "set[TaskRef]", options: RunOptions
) -> None:
    """Refuse to run tasks here that are queued or may be running on a cluster."""
    from hdrbatch.errors import UserError
    from hdrbatch.submit.status import Phase, plan_status

    states = plan_status(store, plan, done, knows_runs=False).states
    elsewhere = [one for one in states if one.phase in (Phase.QUEUED, Phase.RUNNING, Phase.UNKNOWN)]
    if elsewhere and not options.unknown:
        submission = elsewhere[0].submission
        where = submission.cluster if submission else "a cluster"
        raise UserError(
            f"{plan.id}: {len(elsewhere)} task(s) are queued or may be running on {where}; continue there, "
            f"cancel them there, or run hdrbatch retry {plan.id} --cluster local --force to run them here "
            "as well"
        )


def _run_here(
    plan: "Plan",
    store: "Store",
    cluster: "ClusterSpec",
    done: "set[TaskRef]",
    console: "Console",
    lease: "Lease",
) -> RunResult:
    from hdrbatch.errors import UserError
    from hdrbatch.plan.stored_plans import save_plan
    from hdrbatch.submit.progress import Progress
    from hdrbatch.submit.workers.launch import required_image
    from hdrbatch.submit.workers.local_run import run_locally
    from hdrbatch.worker.requirements import check_requirements

    if threading.current_thread() is not threading.main_thread():
        raise UserError(
            f"{plan.id}: a run on this machine handles Ctrl-C, which only the main thread can; start it from "
            "the main thread, or in a process of its own"
        )
    kinds = {task.kind for task in plan.tasks() if task.ref not in done}
    if cluster.container.runtime == "none":
        check_requirements(kinds)
    for kind in kinds:
        required_image(cluster, kind)
    save_plan(store, plan)
    num_tasks = sum(len(stage.tasks) for stage in plan.stages)
    console.print(
        f"{plan.id}: {num_tasks - len(done)} of {num_tasks} tasks to do, {cluster.num_workers()} at a time"
    )
    summary = run_locally(plan, store, cluster, Progress(console), lease)
    console.print(
        f"{plan.id}: {summary.num_done} done, {summary.num_done_before} skipped (already done)", end=""
    )
    num_done = summary.num_done_before + summary.num_done
    result = RunResult(plan.id, num_tasks, num_done, tuple(summary.failed), tuple(summary.blocked))
    if result.is_done:
        console.print(f" (store: {store.url})")
        return result
    console.print(f", {len(summary.failed)} failed, {len(summary.blocked)} blocked")
    for name in summary.failed[:NUM_SHOWN]:
        console.print(f"  failed: {name}   (hdrbatch logs {plan.id} --task {name})")
    console.print("rerun the same command to retry unfinished tasks")
    return result


def _submit(
    plan: "Plan",
    store: "Store",
    cluster: "ClusterSpec",
    options: RunOptions,
    done: "set[TaskRef]",
    console: "Console",
) -> RunResult:
    from hdrbatch.errors import UserError
    from hdrbatch.submit.cancel import cancel_unanswered
    from hdrbatch.submit.retry import select_tasks
    from hdrbatch.submit.slurm import commands, queue
    from hdrbatch.submit.slurm.arrays import SubmissionRequest, submit_plan
    from hdrbatch.submit.status import plan_status

    if ignored := commands.ignored_variables(cluster.sbatch_variables):
        console.print(
            f"{', '.join(ignored)} in this shell: not passed to sbatch, since it would override the cluster "
            "file; name it under sbatch_variables there, or use a key such as account",
            style="yellow",
        )
    status = plan_status(store, plan, done)
    unanswered = [
        one for one in status.submissions if one.job is None and one.cluster == queue.cluster_name()
    ]
    if unanswered:
        cancel_unanswered(store, plan.id, unanswered)
        status = plan_status(store, plan, done)
    selection = select_tasks(status, cluster, bad_input=options.bad_input, unknown=options.unknown)
    if selection.num_active:
        console.print(
            f"{plan.id}: {selection.num_active} task(s) are already queued or running", style="yellow"
        )
    for reason, names in selection.not_submitted.items():
        console.print(f"{len(names)} task(s) not submitted, e.g. {names[0]}: {reason}", style="yellow")
    jobs: tuple[str, ...] = ()
    if selection.positions:
        request = SubmissionRequest(
            selection.positions, selection.jobs_of, selection.memory_gb, options.pack, options.after
        )
        submitted = submit_plan(plan, store, cluster, done, request)
        jobs = tuple(one.job for one in submitted if one.job is not None)
        num_elements = sum(len(one.elements) for one in submitted)
        arrays = ", ".join(f"{one.stage} {one.job}" for one in submitted[:NUM_SHOWN])
        packed = "" if options.pack == 1 else f" in {num_elements} packs"
        console.print(
            f"{plan.id}: {len(selection.positions)} task(s){packed} submitted to {submitted[0].cluster}, "
            f"containers: {cluster.container.runtime}; jobs: {arrays}"
        )
    elif selection.not_submitted and not selection.num_active:
        raise UserError(f"{plan.id}: nothing was submitted")
    if not options.wait:
        console.print(f"hdrbatch status {plan.id} --store '{store.url}' shows progress from any machine")
    return RunResult(plan.id, len(status.states), len(done), jobs=jobs, is_submitted=True)


def _follow(plan: "Plan", store: "Store", jobs: tuple[str, ...], console: "Console") -> RunResult:
    from hdrbatch.errors import InterruptedRunError
    from hdrbatch.submit.follow import follow
    from hdrbatch.submit.progress import Progress
    from hdrbatch.submit.status import Phase

    try:
        status = follow(plan, store, Progress(console))
    except KeyboardInterrupt:
        raise InterruptedRunError(
            f"submitted tasks keep running; hdrbatch status {plan.id} shows progress, "
            f"hdrbatch cancel {plan.id} stops them"
        ) from None
    missing = status.missing()
    console.print(
        f"{plan.id}: {len(status.states) - len(missing)} done, {len(missing)} not done (store: {store.url})"
    )
    failed = tuple(state.name for state in status.states if state.phase is Phase.FAILED)
    blocked = tuple(name for name in missing if name not in set(failed))
    num_done = len(status.states) - len(missing)
    result = RunResult(plan.id, len(status.states), num_done, failed, blocked, jobs)
    if result.is_done:
        return result
    console.print(
        f"{len(failed)} failed; hdrbatch status {plan.id} groups them by cause, "
        f"hdrbatch retry {plan.id} retries them"
    )
    return result
