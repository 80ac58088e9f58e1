"""What a plan would do, and which earlier results it would overwrite."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from hdrbatch.plan.task import Plan
    from hdrbatch.specs.cluster import ClusterSpec
    from hdrbatch.storage.base import Store
    from hdrbatch.storage.receipts import TaskRef


def show_plan(plan: "Plan", store: "Store", cluster: "ClusterSpec", pack: int = 1) -> None:
    """Print stages, tasks, estimated core hours and bytes, with finished tasks listed separately."""
    from rich.filesize import decimal
    from rich.table import Table

    from hdrbatch.plan.packing import packed_cpu_s
    from hdrbatch.submit.completion import done_tasks
    from hdrbatch.submit.narrow_table import print_table
    from hdrbatch.submit.terminal import terminal

    done = done_tasks(store, plan.tasks())
    is_local = cluster.scheduler == "local"
    table = Table(title=f"plan {plan.id}: nothing is submitted", title_justify="left")
    for column in ("stage", "tasks", "done", "to do", "core hours to do", "bytes to do"):
        table.add_column(column, justify="left" if column == "stage" else "right")
    total_cpu_s, total_bytes, total_todo = 0.0, 0, 0
    for stage in plan.stages:
        todo = [task for task in stage.tasks if task.ref not in done]
        cpu_s = packed_cpu_s(todo, 1 if is_local else pack)
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
    console = terminal()
    print_table(console, table)
    warn_about_replaced(plan, store, done, console)
    if is_local:
        wall_h = total_cpu_s / 3600 / (cluster.num_workers() * cluster.threads_per_task)
        workers = f"{cluster.num_workers()} worker(s) of {cluster.threads_per_task} thread(s)"
        where = f"about {wall_h:.2f} h on this machine with {workers}"
        if pack > 1:
            where += ", one process per task (--pack applies to Slurm only)"
    else:
        packed = f" of {pack} tasks each" if pack > 1 else ""
        where = (
            f"Slurm, {cluster.parallelism} elements{packed} at a time, "
            f"containers: {cluster.container.runtime}"
        )
    console.print(f"{where}; store: {store.url}", soft_wrap=True)


def warn_about_replaced(plan: "Plan", store: "Store", done: "set[TaskRef]", console: "Console") -> None:
    """Warn if a plan overwrites earlier results, as a copied job file that kept its name does."""
    from hdrbatch.submit.completion import replaced_results

    if replaced := replaced_results(store, plan, done):
        name = plan.name.partition("-")[2]
        console.print(
            f"warning: this overwrites {len(replaced)} earlier result(s) of {name!r}, made with other "
            "settings or by other code; to keep both, give the copied file its own name (dataset: or sweep:)",
            style="yellow",
            soft_wrap=True,
        )
