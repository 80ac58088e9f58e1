"""What render, sweep and retry share: show a plan, or run it."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from hdrbatch.plan.task import Plan
    from hdrbatch.specs.cluster import ClusterSpec
    from hdrbatch.storage.base import Store
    from hdrbatch.storage.receipts import TaskRef

LOCAL_CLUSTER = "local"


def load_cluster(name: str) -> "ClusterSpec":
    """Read a cluster file by name or path; ``local`` without a file means the defaults."""
    from hdrbatch.errors import SpecError
    from hdrbatch.specs.cluster import ClusterSpec
    from hdrbatch.specs.load import find_spec, load_toml

    try:
        path = find_spec(name, str(Path("infra") / "clusters"), ".toml")
    except SpecError:
        if name == LOCAL_CLUSTER:
            return ClusterSpec()
        raise
    return load_toml(path, ClusterSpec)


def show_plan(plan: "Plan", store: "Store", cluster: "ClusterSpec") -> None:
    """Print stages, tasks, estimated core hours and bytes; what is done already is told apart."""
    from rich.console import Console
    from rich.filesize import decimal
    from rich.table import Table

    from hdrbatch.submit.join import done_tasks

    done = done_tasks(store, plan.tasks())
    table = Table(title=f"plan {plan.id}: nothing is submitted", title_justify="left")
    for column in ("stage", "tasks", "done", "to do", "core hours to do", "bytes to do"):
        table.add_column(column, justify="left" if column == "stage" else "right")
    total_cpu_s, total_bytes, total_todo = 0.0, 0, 0
    for stage in plan.stages:
        todo = [task for task in stage.tasks if task.ref not in done]
        cpu_s = sum(task.estimate.cpu_s for task in todo)
        num_bytes = sum(task.estimate.output_bytes for task in todo)
        total_cpu_s, total_bytes, total_todo = (
            total_cpu_s + cpu_s,
            total_bytes + num_bytes,
            total_todo + len(todo),
        )
        counts = (len(stage.tasks), len(stage.tasks) - len(todo), len(todo))
        table.add_row(stage.kind, *map(str, counts), f"{cpu_s / 3600:.2f}", decimal(num_bytes))
    num_tasks = sum(len(stage.tasks) for stage in plan.stages)
    table.add_section()
    counts = (num_tasks, num_tasks - total_todo, total_todo)
    table.add_row("all", *map(str, counts), f"{total_cpu_s / 3600:.2f}", decimal(total_bytes))
    console = Console()
    console.print(table)
    wall_h = total_cpu_s / 3600 / (cluster.num_workers() * cluster.threads_per_task)
    workers = f"{cluster.num_workers()} worker(s) of {cluster.threads_per_task} thread(s)"
    _tell_of_replaced(plan, store, done, console)
    console.print(f"about {wall_h:.2f} h on this machine with {workers}; store: {store.url}", soft_wrap=True)


def _tell_of_replaced(plan: "Plan", store: "Store", done: "set[TaskRef]", console: "Console") -> None:
    """Say what earlier results a plan writes over: a copied job that kept its name does so."""
    from hdrbatch.submit.join import replaced_results

    if replaced := replaced_results(store, plan, done):
        name = plan.name.partition("-")[2]
        console.print(
            f"warning: this replaces {len(replaced)} earlier result(s) of {name!r} that had other settings; "
            "to keep both, give the copy of the file a name of its own (dataset: or sweep:)",
            style="yellow",
            soft_wrap=True,
        )


def run_plan(plan: "Plan", store: "Store", cluster: "ClusterSpec") -> None:
    """Run what is missing of a plan and say how it went; leaves with exit code 1 where tasks failed."""
    from rich.console import Console

    from hdrbatch.plan.saved import save_plan
    from hdrbatch.submit.join import done_tasks
    from hdrbatch.submit.local import run_locally
    from hdrbatch.submit.progress import Progress
    from hdrbatch.submit.requirements import check_requirements

    console = Console(soft_wrap=True, highlight=False)
    tasks = list(plan.tasks())
    done = done_tasks(store, tasks)
    if len(done) == len(tasks):
        console.print(f"{plan.id}: nothing to do, all {len(tasks)} tasks are done (store: {store.url})")
        return
    store.check()
    check_requirements({task.kind for task in tasks if task.ref not in done})
    save_plan(store, plan)
    console.print(
        f"{plan.id}: {len(tasks) - len(done)} of {len(tasks)} tasks to do, {cluster.num_workers()} at a time"
    )
    _tell_of_replaced(plan, store, done, console)
    summary = run_locally(plan, store, cluster, Progress(console))
    console.print(f"{plan.id}: {summary.num_done} done, {summary.num_done_before} were done before", end="")
    if not summary.exit_code:
        console.print(f" (store: {store.url})")
        return
    console.print(f", {len(summary.failed)} failed, {len(summary.blocked)} left out")
    for name in summary.failed[:20]:
        console.print(f"  failed: {name}   (hdrbatch logs {plan.id} --task {name})")
    console.print("run the same command again to try what is missing")
    raise typer.Exit(summary.exit_code)
