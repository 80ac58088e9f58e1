"""``hdrbatch render``: make a dataset."""

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
    app.command("render", no_args_is_help=False)(render)


def render(
    job: Annotated[str, typer.Argument(help="A job file, or the name of one in jobs/.")] = "render",
    scenes: Annotated[
        str, typer.Option("--scenes", help="all, train, test, a number, or ids: interior-0001,street-0002.")
    ] = "all",
    ev: Annotated[
        str | None, typer.Option("--ev", help="EV ladder instead of the job's: -5..4, or -4,0,4.")
    ] = None,
    cluster: ClusterOption = None,
    store: StoreOption = DEFAULT_STORE,
    dry_run: DryRunOption = False,
    wait: WaitOption = False,
    pack: PackOption = 1,
) -> None:
    """Render scenes at all exposures and assemble them into a dataset.

    Runs only what is missing or changed. Example: hdrbatch render local --scenes 4 --dry-run
    """
    from pydantic import ValidationError

    from hdrbatch.catalogue.selection import select
    from hdrbatch.errors import SpecError
    from hdrbatch.plan.render_plan import plan_render
    from hdrbatch.plan.user_files import store_own_files
    from hdrbatch.specs.examples import JOBS
    from hdrbatch.specs.load import find_spec, load_yaml
    from hdrbatch.specs.render_job import RenderJob
    from hdrbatch.storage.address import open_store
    from hdrbatch.submit.completion import with_finished_scenes
    from hdrbatch.submit.run import RunOptions, load_cluster, run_plan, show_plan

    spec = load_yaml(find_spec(job, JOBS, ".yaml"), RenderJob)
    if ev is not None:
        try:
            spec = spec.with_ev(ev)
        except (ValidationError, ValueError) as error:
            reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
            raise SpecError(f"--ev {ev}: {reason.removeprefix('Value error, ')}") from None
    chosen = select(spec.scenes.catalogue(), scenes)
    where = load_cluster(cluster)
    opened = open_store(store)
    wanted = with_finished_scenes(opened, spec, chosen)
    plan = plan_render(spec, wanted)
    if dry_run:
        show_plan(plan, opened, where)
    else:
        store_own_files(opened, wanted)
        run_plan(plan, opened, where, RunOptions(wait=wait, pack=pack))
