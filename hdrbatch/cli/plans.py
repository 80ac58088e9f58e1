"""``hdrbatch status``, ``logs`` and ``retry``: what became of a plan."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from hdrbatch.cli.options import DEFAULT_STORE, ClusterOption, JsonOption, StoreOption

if TYPE_CHECKING:
    from hdrbatch.storage.base import Store
    from hdrbatch.submit.status import PlanStatus

PlanArgument = Annotated[
    str | None, typer.Argument(help="Id of a plan; default: the only one, or all for status.")
]
NUM_SHOWN = 10


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("status")(status)
    app.command("logs")(logs)
    app.command("retry")(retry)


def status(
    plan: PlanArgument = None, store: StoreOption = DEFAULT_STORE, as_json: JsonOption = False
) -> None:
    """Show how many tasks of a plan are done, from their receipts.

    Works from any machine that reaches the store. Example: hdrbatch status --store s3://bucket/project
    """
    import json

    from rich.console import Console
    from rich.table import Table

    from hdrbatch.storage.address import open_store

    opened = open_store(store)
    found = _statuses(opened, [plan] if plan else None)
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=1))
        return
    if not found:
        print(f"no plan was ever run on {opened.url}")
        return
    table = Table("plan", "stage", "done", "tasks")
    for one in found:
        for kind, num_tasks in one.num_tasks.items():
            table.add_row(one.plan, kind, str(one.num_done[kind]), str(num_tasks))
        table.add_section()
    console = Console()
    console.print(table)
    for one in found:
        for name in one.missing[:NUM_SHOWN]:
            console.print(f"not done: {name}", highlight=False)
        if one.missing[NUM_SHOWN:]:
            console.print(f"and {len(one.missing) - NUM_SHOWN} more; hdrbatch retry {one.plan} runs them")


def _statuses(store: "Store", plan_ids: list[str] | None) -> "list[PlanStatus]":
    """Status of the plans named, or of all; of all, those that are damaged are only told of."""
    from hdrbatch.errors import UserError
    from hdrbatch.plan.saved import load_plan, saved_plan_ids
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
    task: Annotated[str | None, typer.Option("--task", help="Only this task, as KIND/ID.")] = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Print the logs of a plan's tasks that are not done, or of one task.

    Example: hdrbatch logs --task render_exposure/local/interior-0001/ev+0
    """
    from hdrbatch.errors import ObjectNotFoundError, UserError
    from hdrbatch.plan.saved import load_plan
    from hdrbatch.storage import keys
    from hdrbatch.storage.address import open_store
    from hdrbatch.submit.status import plan_status

    opened = open_store(store)
    chosen = load_plan(opened, plan or _only_plan(opened, task))
    names = [task] if task else list(plan_status(opened, chosen).missing)
    num_printed = 0
    for name in names:
        kind, _, task_id = name.partition("/")
        try:
            log = opened.get_bytes(keys.log(chosen.id, kind, task_id))
        except ObjectNotFoundError:
            continue
        print(f"==> {name} <==")
        print(log.decode(errors="replace"))
        num_printed += 1
    if task and not num_printed:
        raise UserError(f"there is no log of {task} under plan {chosen.id}: hdrbatch status lists its tasks")
    if not task and not num_printed:
        state = (
            f"{len(names)} task(s) are not done and left no log" if names else "every task that ran is done"
        )
        print(f"{chosen.id}: {state}; --task KIND/ID shows the log of one")


def retry(
    plan: PlanArgument = None, cluster: ClusterOption = "local", store: StoreOption = DEFAULT_STORE
) -> None:
    """Run what is missing of a plan that was run before.

    Example: hdrbatch retry render-local-0123456789
    """
    from hdrbatch.cli.running import load_cluster, run_plan
    from hdrbatch.plan.saved import load_plan
    from hdrbatch.storage.address import open_store

    opened = open_store(store)
    run_plan(load_plan(opened, plan or _only_plan(opened)), opened, load_cluster(cluster))


def _only_plan(store: "Store", task: str | None = None) -> str:
    """The store's only plan, or the only one that has a log of the task."""
    from hdrbatch.errors import UserError
    from hdrbatch.plan.saved import saved_plan_ids
    from hdrbatch.storage import keys

    ids = saved_plan_ids(store)
    if task and len(ids) > 1:
        kind, _, task_id = task.partition("/")
        ids = [one for one in ids if any(True for _ in store.list(keys.log(one, kind, task_id)))] or ids
    if len(ids) != 1:
        raise UserError(f"name a plan: {store.url} has {', '.join(ids) or 'none'}")
    return ids[0]
