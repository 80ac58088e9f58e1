"""``hdrbatch sweep``: train and compare variants."""

from typing import TYPE_CHECKING, Annotated

import typer

from hdrbatch.cli.options import (
    DEFAULT_STORE,
    ClusterOption,
    DryRunOption,
    PackOption,
    StoreOption,
    WaitOption,
)

if TYPE_CHECKING:
    from hdrbatch.plan.dataset_requirements import DatasetOutline
    from hdrbatch.specs.sweep_spec import SweepSpec
    from hdrbatch.storage.base import Store
    from hdrbatch.storage.receipts import TaskRef


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("sweep")(sweep)


def _show_keys(wanted: bool) -> None:
    if wanted:
        from rich.console import Console

        from hdrbatch.cli.variants import key_tables

        console = Console()
        for table in key_tables():
            console.print(table)
        raise typer.Exit


def sweep(
    file: Annotated[str, typer.Argument(help="A sweep file, or the name of one in jobs/.")],
    only: Annotated[
        str, typer.Option("--only", help="Variants or groups to take, as a pattern: 'basic*'.")
    ] = "*",
    _keys: Annotated[
        bool,
        typer.Option(
            "--keys",
            callback=_show_keys,
            is_eager=True,
            help="List every key that a sweep can set, and stop.",
        ),
    ] = False,
    cluster: ClusterOption = None,
    store: StoreOption = DEFAULT_STORE,
    dry_run: DryRunOption = False,
    wait: WaitOption = False,
    pack: PackOption = 1,
    after: Annotated[
        str | None,
        typer.Option("--after", help="Id of a submitted render plan whose dataset this is to train on."),
    ] = None,
) -> None:
    """Train every variant of a sweep on a dataset, score it beside baselines, and compare.

    Runs only what is missing or changed. Example: hdrbatch sweep local-sweep --dry-run
    """
    from rich.console import Console

    from hdrbatch.cli.tables import comparison_table
    from hdrbatch.cli.variants import trained_once, variant_tables
    from hdrbatch.kinds import Kind
    from hdrbatch.plan.dataset_requirements import check_dataset
    from hdrbatch.plan.sweep_plan import plan_sweep, select_variants
    from hdrbatch.results.trained_models import load_comparison
    from hdrbatch.specs.examples import JOBS
    from hdrbatch.specs.load import find_spec, load_yaml
    from hdrbatch.specs.sweep_spec import SweepSpec
    from hdrbatch.storage.address import open_store
    from hdrbatch.storage.receipts import TaskRef, current_result
    from hdrbatch.submit.completion import with_finished_variants
    from hdrbatch.submit.run import RunOptions, load_cluster, run_plan, show_plan

    console = Console()
    spec = load_yaml(find_spec(file, JOBS, ".yaml"), SweepSpec)
    variants = select_variants(spec, only)
    opened = open_store(store)
    where = load_cluster(cluster)
    jobs: list[str] = []
    if dry_run and after is None and current_result(opened, Kind.INDEX_DATASET, spec.dataset) is None:
        # What a sweep would cost is asked before its dataset is made.
        console.print(
            f"dataset {spec.dataset!r} is not in {opened.url}: whether it has what the variants ask for is "
            "not checked",
            style="yellow",
            soft_wrap=True,
        )
        dataset = TaskRef(Kind.INDEX_DATASET, spec.dataset, digest="")
    else:
        dataset, outline, jobs = _dataset(opened, spec, file, after)
        check_dataset(outline, variants)
    plan = plan_sweep(spec, dataset, with_finished_variants(opened, spec, dataset, variants))
    if dry_run:
        show_plan(plan, opened, where)
        for table in variant_tables(spec, plan):
            console.print(table)
    if same := trained_once(spec, plan):
        console.print(same, soft_wrap=True)
    if not dry_run and run_plan(plan, opened, where, RunOptions(wait=wait, pack=pack, after=jobs)):
        comparison = load_comparison(opened, spec.sweep)
        console.print(comparison_table(comparison, f"sweep {spec.sweep} on dataset {spec.dataset}"))


def _dataset(
    store: "Store", spec: "SweepSpec", file: str, after: str | None
) -> "tuple[TaskRef, DatasetOutline, list[str]]":
    """The index task of the sweep's dataset, what the dataset has, and jobs that make it first."""
    from hdrbatch.errors import UserError
    from hdrbatch.kinds import Kind
    from hdrbatch.plan.dataset_requirements import DatasetOutline
    from hdrbatch.plan.saved import load_plan
    from hdrbatch.results.datasets import load_dataset
    from hdrbatch.storage.receipts import current_result
    from hdrbatch.submit.status import Phase, plan_status

    if after is None:
        dataset = current_result(store, Kind.INDEX_DATASET, spec.dataset)
        if dataset is None:
            raise UserError(
                f"{file}: dataset {spec.dataset!r} is not in {store.url}: make it with hdrbatch render, name "
                "the store that has it with --store, or the plan that is making it with --after"
            )
        return dataset, DatasetOutline.of_record(load_dataset(store, spec.dataset)), []
    plan = load_plan(store, after)
    outline = DatasetOutline.of_plan(plan)
    if outline.dataset != spec.dataset:
        raise UserError(
            f"--after {after}: it makes dataset {outline.dataset!r}, and {file} wants {spec.dataset!r}"
        )
    index = next(state for state in plan_status(store, plan).states if state.task.kind is Kind.INDEX_DATASET)
    if index.phase is Phase.DONE:
        return index.task.ref, outline, []
    if index.phase not in (Phase.QUEUED, Phase.RUNNING) or index.submission is None:
        raise UserError(
            f"--after {after}: its dataset is neither done nor being made: hdrbatch status {after} says why, "
            f"and hdrbatch retry {after} goes on with it"
        )
    return index.task.ref, outline, [index.submission.job or ""]
