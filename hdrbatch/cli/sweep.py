"""``hdrbatch sweep``: train and compare variants."""

from typing import Annotated

import typer

from hdrbatch.cli import suggestions
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
        from hdrbatch.cli.variants import key_tables
        from hdrbatch.submit.terminal import terminal

        console = terminal()
        for table in key_tables():
            console.print(table)
        raise typer.Exit


def sweep(
    file: Annotated[
        str,
        typer.Argument(help="A sweep file, or the name of one in jobs/.", autocompletion=suggestions.jobs),
    ],
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            help="Pattern of variants or groups to train: 'basic*'; may be given several times.",
        ),
    ] = None,
    _keys: Annotated[
        bool,
        typer.Option(
            "--keys",
            callback=_show_keys,
            is_eager=True,
            help="List every key that a sweep can set, and exit.",
        ),
    ] = False,
    cluster: ClusterOption = None,
    store: StoreOption = DEFAULT_STORE,
    dry_run: DryRunOption = False,
    wait: WaitOption = False,
    pack: PackOption = 1,
    after: Annotated[
        str | None,
        typer.Option(
            "--after",
            autocompletion=suggestions.plans,
            help="Id of a submitted render plan; train on its dataset once it is done.",
        ),
    ] = None,
) -> None:
    """Train every variant of a sweep on a dataset, score it alongside baselines, and compare.

    Finished, unchanged work is skipped. Example: hdrbatch sweep local-sweep --dry-run
    """
    from hdrbatch.cli.tables import comparison_table
    from hdrbatch.cli.variants import shared_settings_note, variant_tables
    from hdrbatch.errors import TasksFailedError
    from hdrbatch.evaluation.partial_comparison import compare_trained
    from hdrbatch.results.trained_models import load_comparison
    from hdrbatch.storage.address import open_store
    from hdrbatch.submit.dry_run import show_plan
    from hdrbatch.submit.preparation import prepare_sweep
    from hdrbatch.submit.run import RunOptions, load_cluster, run_plan
    from hdrbatch.submit.terminal import terminal

    console = terminal()
    opened = open_store(store)
    # A dry run must work before the dataset is rendered.
    prepared = prepare_sweep(opened, file, only or ["*"], after, dataset_may_be_missing=dry_run)
    spec, plan = prepared.spec, prepared.plan
    where = load_cluster(cluster)
    if prepared.dataset_is_missing:
        console.print(
            f"dataset {spec.dataset!r} is not in {opened.url}; the variants' requirements are not checked",
            style="yellow",
            soft_wrap=True,
        )
    if prepared.dataset_is_outdated:
        console.print(
            f"warning: dataset {spec.dataset!r} was made by a version of hdrbatch with different results; "
            "rerun hdrbatch render to regenerate what would differ",
            style="yellow",
            soft_wrap=True,
        )
    if dry_run:
        show_plan(plan, opened, where, pack)
        for table in variant_tables(spec, plan):
            console.print(table)
    if same := shared_settings_note(spec, plan):
        console.print(same, soft_wrap=True)
    if dry_run:
        return
    result = run_plan(plan, opened, where, RunOptions(wait=wait, pack=pack, after=prepared.after))
    if result.is_done:
        comparison = load_comparison(opened, spec.sweep)
        console.print(comparison_table(comparison, f"sweep {spec.sweep} on dataset {spec.dataset}"))
    elif result.exit_code == TasksFailedError.exit_code:
        partial, missing = compare_trained(opened, next(iter(plan.stages[-1].tasks)))
        if partial is not None:
            title = f"sweep {spec.sweep} on dataset {spec.dataset}, without {', '.join(missing)}"
            console.print(comparison_table(partial, title))
    raise typer.Exit(result.exit_code)
