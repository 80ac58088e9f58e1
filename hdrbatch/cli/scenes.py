"""``hdrbatch scenes``: the catalogue, without Blender."""

from typing import Annotated

import typer

from hdrbatch.cli.options import JsonOption

app = typer.Typer(help="The catalogue of scenes.", no_args_is_help=True)

JobArgument = Annotated[str, typer.Argument(help="A job file, or the name of one in jobs/.")]


@app.command("list")
def list_scenes(job: JobArgument = "render", as_json: JsonOption = False) -> None:
    """List the scenes of a job: id, family, seed and split.

    Example: hdrbatch scenes list local
    """
    import json
    from dataclasses import asdict

    from rich.console import Console
    from rich.table import Table

    from hdrbatch.specs.load import find_spec, load_yaml
    from hdrbatch.specs.render import RenderJob

    catalogue = load_yaml(find_spec(job, "jobs", ".yaml"), RenderJob).scenes.catalogue()
    if as_json:
        print(json.dumps([{"id": scene.id, **asdict(scene)} for scene in catalogue], indent=1))
        return
    table = Table("id", "family", "seed", "split")
    for scene in catalogue:
        table.add_row(scene.id, scene.family, str(scene.seed), scene.split)
    Console().print(table)


@app.command("show")
def show(
    scene: Annotated[str, typer.Argument(help="Id of a scene: interior-0001.")],
    job: JobArgument = "render",
) -> None:
    """Show one scene of a job and the tasks that make it.

    Example: hdrbatch scenes show interior-0001 local
    """
    from hdrbatch.plan.render import plan_render
    from hdrbatch.scenes.catalogue import select
    from hdrbatch.specs.load import find_spec, load_yaml
    from hdrbatch.specs.render import RenderJob

    spec = load_yaml(find_spec(job, "jobs", ".yaml"), RenderJob)
    chosen = select(spec.scenes.catalogue(), scene)
    for one in chosen:
        print(f"{one.id}: family {one.family}, seed {one.seed}, split {one.split}, dataset {spec.dataset}")
    for task in plan_render(spec, chosen).tasks():
        if task.kind != "index_dataset":
            print(f"  {task.kind:16} {task.id}  digest {task.digest[:12]}")
