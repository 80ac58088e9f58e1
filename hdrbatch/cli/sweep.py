"""``hdrbatch sweep``: train and compare variants."""

from typing import Annotated

import typer

from hdrbatch.cli.options import DEFAULT_STORE, ClusterOption, DryRunOption, StoreOption, WaitOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("sweep")(sweep)


def sweep(
    file: Annotated[str, typer.Argument(help="A sweep file, or the name of one in jobs/.")],
    only: Annotated[str, typer.Option("--only", help="Variants to take, as a pattern: 'ldr*'.")] = "*",
    cluster: ClusterOption = "local",
    store: StoreOption = DEFAULT_STORE,
    dry_run: DryRunOption = False,
    wait: WaitOption = True,
) -> None:
    """Train every variant of a sweep on a dataset, score it beside baselines, and compare.

    Runs only what is missing or changed. Example: hdrbatch sweep local-sweep --dry-run
    """
    from rich.console import Console

    from hdrbatch.cli.running import load_cluster, run_plan, show_plan
    from hdrbatch.cli.tables import comparison_table
    from hdrbatch.errors import UserError
    from hdrbatch.plan.sweep import check_dataset, plan_sweep, select_variants
    from hdrbatch.specs.load import find_spec, load_yaml
    from hdrbatch.specs.sweep import SweepSpec
    from hdrbatch.storage.address import open_store
    from hdrbatch.storage.datasets import load_dataset
    from hdrbatch.storage.models import load_comparison
    from hdrbatch.storage.receipts import current_result
    from hdrbatch.submit.join import with_finished_variants

    del wait
    spec = load_yaml(find_spec(file, "jobs", ".yaml"), SweepSpec)
    variants = select_variants(spec, only)
    opened = open_store(store)
    dataset = current_result(opened, "index_dataset", spec.dataset)
    if dataset is None:
        raise UserError(
            f"{file}: dataset {spec.dataset!r} is not in {opened.url}: "
            "make it with hdrbatch render, or name the store that has it with --store"
        )
    check_dataset(load_dataset(opened, spec.dataset), variants)
    plan = plan_sweep(spec, dataset, with_finished_variants(opened, spec, dataset, variants))
    where = load_cluster(cluster)
    if dry_run:
        show_plan(plan, opened, where)
        return
    run_plan(plan, opened, where)
    comparison = load_comparison(opened, spec.sweep)
    Console().print(comparison_table(comparison, f"sweep {spec.sweep} on dataset {spec.dataset}"))
