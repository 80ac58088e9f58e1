"""``hdrbatch status``, ``logs``, ``retry`` and ``cancel``: commands for a plan that was run or submitted."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from hdrbatch.cli import suggestions
from hdrbatch.cli.options import (
    DEFAULT_STORE,
    ClusterOption,
    JsonOption,
    PackOption,
    StoreOption,
    WaitOption,
)

if TYPE_CHECKING:
    from rich.console import Console

    from hdrbatch.storage.base import Store
    from hdrbatch.storage.task_ids import TaskName
    from hdrbatch.submit.status import PlanStatus

PlanArgument = Annotated[
    str | None,
    typer.Argument(
        help="Id of a plan; default: the only plan (status shows all).", autocompletion=suggestions.plans
    ),
]
NUM_SHOWN = 10


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("status")(status)
    app.command("logs")(logs)
    app.command("retry")(retry)
    app.command("cancel")(cancel)


def status(
    plan: PlanArgument = None, store: StoreOption = DEFAULT_STORE, as_json: JsonOption = False
) -> None:
    """Show which of a plan's tasks are done, running, queued or failed, and why.

    A task is done once its receipt is written, whatever the scheduler says. Works from any machine that can
    reach the store; running and queued tasks are shown only if the cluster can be queried from here. The exit
    code is 1 if a task has failed.

    Example: hdrbatch status --store s3://bucket/project
    """
    import json

    from hdrbatch.storage.address import open_store
    from hdrbatch.submit.terminal import terminal

    opened = open_store(store)
    found = _statuses(opened, [plan] if plan else None)
    if as_json:
        print(json.dumps([_as_json(opened, one) for one in found], indent=1))
        raise typer.Exit(_exit_code(found))
    if not found:
        print(f"{opened.url} has no plans yet; create one with hdrbatch render or hdrbatch sweep")
        return
    console = terminal()
    for one in sorted(found, key=lambda one: not one.is_done):
        if one.is_done and plan is None:
            console.print(f"{one.plan_id}: all {len(one.states)} tasks are done", soft_wrap=True)
            continue
        _print_table(one, console)
        _print_details(opened, one, console)
    raise typer.Exit(_exit_code(found))


def _exit_code(found: "list[PlanStatus]") -> int:
    """Return 1 if a task of any plan has failed, else 0."""
    return int(any(one.failed_groups() for one in found))


def _print_table(status: "PlanStatus", console: "Console") -> None:
    """Print the number of tasks in each phase, stage by stage; empty phases are omitted."""
    from rich.table import Table

    from hdrbatch.submit.narrow_table import print_table
    from hdrbatch.submit.status import Phase

    counts = status.counts()
    shown = [phase for phase in Phase if phase is Phase.DONE or any(one[phase] for one in counts.values())]
    table = Table("stage", "tasks", *map(str, shown), title=status.plan_id, title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for kind, one in counts.items():
        numbers = [str(one[phase]) if one[phase] or phase is Phase.DONE else "" for phase in shown]
        table.add_row(kind, str(one.total()), *numbers)
    print_table(console, table)


def _print_details(store: "Store", status: "PlanStatus", console: "Console") -> None:
    """Print failures by cause with the end of one log each, then the other unfinished tasks."""
    from hdrbatch.submit.status import Phase, pending_reasons_of

    if status.scheduler_note:
        console.print(f"{status.plan_id}: {status.scheduler_note}", style="yellow", soft_wrap=True)
    if reasons := pending_reasons_of(status):
        shown = ", ".join(f"{reason} ({number})" for reason, number in reasons.most_common(NUM_SHOWN))
        console.print(f"queued because (Slurm): {shown}", soft_wrap=True)
    _print_elements(store, status, console)
    waiting = [state.name for state in status.states if state.phase in (Phase.NOT_SUBMITTED, Phase.UNKNOWN)]
    for name in waiting[:NUM_SHOWN]:
        console.print(f"not done: {name}")
    if waiting[NUM_SHOWN:]:
        console.print(f"and {len(waiting) - NUM_SHOWN} more")
    _print_next_steps(status, console)


def _print_elements(store: "Store", status: "PlanStatus", console: "Console") -> None:
    """Print running tasks, and failures by cause with the end of a log, each with what it uses or used."""
    from rich.text import Text

    from hdrbatch.submit.status import Phase, explanation, usage_of

    groups = status.failed_groups()
    running = [state for state in status.states if state.phase is Phase.RUNNING][:NUM_SHOWN]
    usage = usage_of([*running, *(group[0] for group in groups[:NUM_SHOWN])])
    for state in running:
        if state.element_id in usage:
            console.print(f"running: {state.name} ({usage[state.element_id]})", soft_wrap=True)
    for group in groups[:NUM_SHOWN]:
        message, log = explanation(store, status, group[0])
        others = f" and {len(group) - 1} more" if group[1:] else ""
        cause = Text(f"{group[0].cause}", style="bold red")
        console.print(cause.append(f": {group[0].name}{others}", style="not bold default"), soft_wrap=True)
        console.print(f"  {message}", soft_wrap=True)
        if group[0].element_id in usage:
            console.print(f"  {usage[group[0].element_id]!s}", soft_wrap=True)
        for line in log:
            console.print(f"  | {line}", soft_wrap=True)
    if groups[NUM_SHOWN:]:
        console.print(f"and {len(groups) - NUM_SHOWN} more causes; --json shows them all")


def _print_next_steps(status: "PlanStatus", console: "Console") -> None:
    """Suggest the commands that rerun unfinished tasks."""
    from hdrbatch.submit.failures import Cause
    from hdrbatch.submit.status import Phase

    left = [one for one in status.states if one.phase in (Phase.FAILED, Phase.NOT_SUBMITTED)]
    by_force = [one for one in left if one.cause is Cause.BAD_INPUT]
    if status.is_active or not left:
        return
    if len(by_force) < len(left):
        console.print(f"hdrbatch retry {status.plan_id} reruns them", soft_wrap=True)
    if by_force:
        console.print(
            f"after fixing the input, rerun tasks with bad input with "
            f"hdrbatch retry {status.plan_id} --force",
            soft_wrap=True,
        )


def _as_json(store: "Store", status: "PlanStatus") -> "dict[str, object]":
    from hdrbatch.submit.status import Phase, explanation, usage_of

    counts = status.counts()
    usage = usage_of([group[0] for group in status.failed_groups()])
    return {
        "plan": status.plan_id,
        "num_tasks": {kind: count.total() for kind, count in counts.items()},
        "num_done": {kind: count[Phase.DONE] for kind, count in counts.items()},
        "phases": {
            kind: {str(phase): number for phase, number in count.items()} for kind, count in counts.items()
        },
        "failures": [
            {
                "cause": str(group[0].cause),
                "message": explanation(store, status, group[0])[0],
                **({"usage": str(used)} if (used := usage.get(group[0].element_id)) else {}),
                "tasks": [state.name for state in group],
            }
            for group in status.failed_groups()
        ],
        "jobs": [one.job for one in status.submissions if one.job is not None],
        "scheduler": status.scheduler_note,
        "missing": status.missing(),
    }


def _statuses(store: "Store", plan_ids: list[str] | None) -> "list[PlanStatus]":
    """Return the status of the named plans, or of all; among all, damaged plans are only reported."""
    from hdrbatch.errors import UserError
    from hdrbatch.plan.stored_plans import load_plan, saved_plan_ids
    from hdrbatch.submit.status import plan_status

    found = []
    for plan_id in saved_plan_ids(store) if plan_ids is None else plan_ids:
        try:
            found.append(plan_status(store, load_plan(store, plan_id)))
        except UserError as error:
            if plan_ids is not None:
                raise
            print(error, file=sys.stderr)
    return found


def logs(
    plan: PlanArgument = None,
    task: Annotated[str | None, typer.Option("--task", help="Name of one task, as KIND/ID.")] = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Print the logs of a plan's unfinished tasks, or of one task.

    A running task's log is uploaded every minute. Until then, Slurm's own log is shown.

    Example: hdrbatch logs --task render_exposure/local/interior-0001/ev+0
    """
    from hdrbatch.errors import UserError
    from hdrbatch.plan.stored_plans import load_plan
    from hdrbatch.storage.address import open_store
    from hdrbatch.submit.status import Phase, logs_of, plan_status

    opened = open_store(store)
    chosen = load_plan(opened, plan or _only_plan(opened, task))
    status = plan_status(opened, chosen)
    selected = [
        state for state in status.states if (state.name == task if task else state.phase is not Phase.DONE)
    ]
    num_printed = 0
    for state, log in logs_of(opened, status, selected):
        print(f"==> {state.name} <==")
        print(log)
        num_printed += 1
    if task and not num_printed:
        phases = ", ".join(str(state.phase) for state in selected)
        known = f"the task is {phases}" if phases else "it has no such task"
        raise UserError(f"plan {chosen.id} has no log of {task}; {known}")
    if not task and not num_printed:
        state_of_all = (
            f"{len(selected)} unfinished task(s) have no log" if selected else "every task that ran is done"
        )
        print(f"{chosen.id}: {state_of_all}; --task KIND/ID shows the log of one")


def retry(
    plan: PlanArgument = None,
    cluster: ClusterOption = None,
    store: StoreOption = DEFAULT_STORE,
    wait: WaitOption = False,
    pack: PackOption = 1,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Also rerun tasks that failed on bad input, and tasks that may still be running elsewhere.",
        ),
    ] = False,
) -> None:
    """Rerun a plan's unfinished tasks according to the cause of their failure.

    Tasks that failed, were preempted or lost their node are retried; tasks that hit their time limit resume
    from what they saved; tasks that ran out of memory get twice as much, up to the cluster file's
    max_memory_gb; tasks with bad input need --force. If the plan was submitted with other settings than
    those of your cluster file, the differences are shown.

    Example: hdrbatch retry render-local-0123456789
    """
    from hdrbatch.errors import UserError
    from hdrbatch.plan.stored_plans import is_outdated, load_plan
    from hdrbatch.storage.address import open_store
    from hdrbatch.submit.run import RunOptions, load_cluster, run_plan, show_differences

    opened = open_store(store)
    chosen = load_plan(opened, plan or _only_plan(opened))
    if is_outdated(chosen):
        raise UserError(
            f"{chosen.id} was planned by a version of hdrbatch with different results; rerun the command "
            f"that created it ({chosen.command}), which plans again and keeps what would be the same"
        )
    where = load_cluster(cluster)
    show_differences(chosen.id, opened, where)
    options = RunOptions(wait=wait, pack=pack, bad_input=force, unknown=force)
    raise typer.Exit(run_plan(chosen, opened, where, options).exit_code)


def cancel(
    plan: PlanArgument = None,
    store: StoreOption = DEFAULT_STORE,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Count tasks on a cluster that cannot be queried from here as cancelled; make sure that "
            "they have ended.",
        ),
    ] = False,
) -> None:
    """Cancel a plan's queued and running tasks; finished results are kept.

    Example: hdrbatch cancel render-local-0123456789
    """
    from hdrbatch.plan.stored_plans import load_plan
    from hdrbatch.storage.address import open_store
    from hdrbatch.submit.cancel import cancel_plan, check_not_local, forget_elsewhere

    opened = open_store(store)
    chosen = load_plan(opened, plan or _only_plan(opened))
    plan_id = chosen.id
    if force and (num_forgotten := forget_elsewhere(opened, plan_id)):
        print(f"{plan_id}: {num_forgotten} array(s) on other clusters count as cancelled")
    check_not_local(opened, chosen)
    cancelled = cancel_plan(opened, plan_id)
    for cluster in cancelled.elsewhere:
        print(
            f"{plan_id}: tasks on cluster {cluster} were not cancelled; run hdrbatch cancel there",
            file=sys.stderr,
        )
    if not cancelled.num_arrays:
        print(f"{plan_id}: no task is queued or running")
        return
    print(f"{plan_id}: {cancelled.num_elements} element(s) of {cancelled.num_arrays} array(s) cancelled")
    print(f"saved progress is kept; hdrbatch retry {plan_id} resumes from it")


def _task_name(text: str) -> "TaskName":
    from hdrbatch.errors import UserError
    from hdrbatch.storage.task_ids import TaskName

    try:
        return TaskName.parse(text)
    except ValueError as error:
        raise UserError(f"--task {text}: {error}") from None


def _only_plan(store: "Store", task: str | None = None) -> str:
    """Return the id of the store's only plan, or of the only one that has a log of the task."""
    from hdrbatch.errors import UserError
    from hdrbatch.plan.stored_plans import saved_plan_ids
    from hdrbatch.storage import keys

    ids = saved_plan_ids(store)
    if task and len(ids) > 1:
        name = _task_name(task)
        ids = [one for one in ids if any(store.list(keys.log(one, name.kind, name.id)))] or ids
    if len(ids) != 1:
        raise UserError(
            f"name one of the plans of {store.url}: {', '.join(ids)}"
            if ids
            else f"{store.url} has no plans yet"
        )
    return ids[0]
