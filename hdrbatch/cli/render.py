"""``hdrbatch render``: render a dataset."""

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
    app.command("render", no_args_is_help=False)(render)


def render(
    job: Annotated[
        str, typer.Argument(help="A job file, or the name of one in jobs/.", autocompletion=suggestions.jobs)
    ] = "render",
    scenes: Annotated[
        str, typer.Option("--scenes", help="all, train, test, a number, or ids: interior-0001,street-0002.")
    ] = "all",
    ev: Annotated[
        str | None, typer.Option("--ev", help="EV ladder, instead of the job's: -5..4, or -4,0,4.")
    ] = None,
    cluster: ClusterOption = None,
    store: StoreOption = DEFAULT_STORE,
    dry_run: DryRunOption = False,
    wait: WaitOption = False,
    pack: PackOption = 1,
) -> None:
    """Render scenes at all exposures and assemble them into a dataset.

    Finished, unchanged work is skipped. Example: hdrbatch render local --scenes 4 --dry-run
    """
    from hdrbatch.plan.user_files import upload_user_files
    from hdrbatch.storage.address import open_store
    from hdrbatch.submit.dry_run import show_plan
    from hdrbatch.submit.preparation import prepare_render
    from hdrbatch.submit.run import RunOptions, load_cluster, run_plan

    opened = open_store(store)
    prepared = prepare_render(opened, job, scenes, ev)
    where = load_cluster(cluster)
    if dry_run:
        show_plan(prepared.plan, opened, where, pack)
        return
    upload_user_files(opened, prepared.scenes)
    result = run_plan(prepared.plan, opened, where, RunOptions(wait=wait, pack=pack))
    raise typer.Exit(result.exit_code)
