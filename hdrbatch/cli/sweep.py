"""``hdrbatch sweep``: train and compare variants."""

from typing import Annotated

import typer

from hdrbatch.cli.options import (
    DEFAULT_STORE,
    ClusterOption,
    DryRunOption,
    PackOption,
    StoreOption,
    WaitOption,
)


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
        list[str] | None,
        typer.Option(
            "--only",
            help="Variants or groups to take, as a pattern: 'basic*'; may be given several times.",
        ),
    ] = None,
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
    from hdrbatch.results.trained_models import load_comparison
    from hdrbatch.storage.address import open_store
    from hdrbatch.submit.preparation import prepare_sweep
    from hdrbatch.submit.run import RunOptions, load_cluster, run_plan, show_plan

    console = Console()
    opened = open_store(store)
    # What a sweep would cost is asked before its dataset is made.
    prepared = prepare_sweep(opened, file, only or ["*"], after, dataset_may_be_missing=dry_run)
    spec, plan = prepared.spec, prepared.plan
    where = load_cluster(cluster)
    if prepared.dataset_is_missing:
        console.print(
            f"dataset {spec.dataset!r} is not in {opened.url}: whether it has what the variants ask for is "
            "not checked",
            style="yellow",
            soft_wrap=True,
        )
    if dry_run:
        show_plan(plan, opened, where, pack)
        for table in variant_tables(spec, plan):
            console.print(table)
    if same := trained_once(spec, plan):
        console.print(same, soft_wrap=True)
    if dry_run:
        return
    result = run_plan(plan, opened, where, RunOptions(wait=wait, pack=pack, after=prepared.after))
    if result.is_done:
        comparison = load_comparison(opened, spec.sweep)
        console.print(comparison_table(comparison, f"sweep {spec.sweep} on dataset {spec.dataset}"))
    raise typer.Exit(result.exit_code)
