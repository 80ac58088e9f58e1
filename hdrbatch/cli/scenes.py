"""``hdrbatch scenes``: the catalogue, its previews, and your own scenes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hdrbatch.cli import suggestions
from hdrbatch.cli.options import JsonOption

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hdrbatch.catalogue.examined import Preview
    from hdrbatch.catalogue.scene import Scene
    from hdrbatch.cli.previews import PreviewSize
    from hdrbatch.specs.render_job import RenderJob

app = typer.Typer(help="The catalogue of scenes.", no_args_is_help=True)

JobArgument = Annotated[
    str, typer.Argument(help="A job file, or the name of one in jobs/.", autocompletion=suggestions.jobs)
]


@app.command("list")
def list_scenes(job: JobArgument = "render", as_json: JsonOption = False) -> None:
    """List a job's scenes with the statistics of their previews.

    Example: hdrbatch scenes list local
    """
    import json
    from dataclasses import asdict

    from rich.table import Table

    from hdrbatch.catalogue.examined import examined
    from hdrbatch.submit.narrow_table import print_table
    from hdrbatch.submit.terminal import terminal

    catalogue = _job(job).scenes.catalogue()
    previews = {scene: examined().get((scene.family, scene.seed)) for scene in catalogue if not scene.own}
    if as_json:
        rows = [
            {
                "id": scene.id,
                **asdict(scene),
                "preview": asdict(found) if (found := previews.get(scene)) else None,
            }
            for scene in catalogue
        ]
        print(json.dumps(rows, indent=1))
        return
    table = Table()
    for column in ("id", "split", "motion"):
        table.add_column(column, no_wrap=True)
    for column in ("stops", "clipped at EV 0", "at EV -4"):
        table.add_column(column, justify="right")
    for scene in catalogue:
        found = previews.get(scene)
        numbers = (
            (f"{found.stops:.1f}", f"{found.clipped_ev0:.0%}", f"{found.clipped_ev_4:.1%}")
            if found
            else ("?", "?", "?")
        )
        table.add_row(scene.id, scene.split, scene.motion, *numbers)
    print_table(terminal(), table)
    if any(found is None for found in previews.values()) or len(previews) < len(catalogue):
        print(f"?: not examined yet; render a preview with hdrbatch scenes preview {job}")
    num_excluded = _num_excluded(catalogue)
    if num_excluded:
        print(f"{num_excluded} seed(s) in between are excluded: their previews failed the checks")


@app.command("show")
def show(
    scene: Annotated[str, typer.Argument(help="Id of a scene: interior-0001.")],
    job: JobArgument = "render",
) -> None:
    """Show one scene of a job and the tasks that make it.

    Example: hdrbatch scenes show interior-0001 local
    """
    from hdrbatch.catalogue.selection import select
    from hdrbatch.kinds import Kind
    from hdrbatch.plan.render_plan import plan_render

    spec = _job(job)
    chosen = select(spec.scenes.catalogue(), scene)
    for one in chosen:
        print(
            f"{one.id}: family {one.family}, seed {one.seed}, split {one.split}, {one.motion}, "
            f"dataset {spec.dataset}"
        )
    for task in plan_render(spec, chosen).tasks():
        if task.kind is not Kind.INDEX_DATASET:
            print(f"  {task.kind:16} {task.id}  digest {task.digest[:12]}")


@app.command("preview")
def preview(
    job: JobArgument = "render",
    scenes: Annotated[
        str, typer.Option("--scenes", help="all, train, test, a number, or ids: interior-0001,street-0002.")
    ] = "all",
    out: Annotated[Path, typer.Option("--out", help="Folder for previews and contact sheets.")] = Path(
        "previews"
    ),
    width: Annotated[
        int, typer.Option(min=32, max=2048, help="Width in pixels; the height is three quarters of it.")
    ] = 160,
    samples: Annotated[int, typer.Option(min=1, max=4096, help="Samples per pixel.")] = 16,
    processes: Annotated[
        int | None, typer.Option(min=1, help="Number of parallel renders; default: one per core.")
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            help="Examine all scenes from scratch, replacing rejected ones, and write the table as CSV."
        ),
    ] = None,
) -> None:
    """Render small previews, check them, and arrange them on contact sheets, one per family.

    Finished, unchanged work is skipped. Example: hdrbatch scenes preview local --scenes 6
    """
    import os
    from contextlib import ExitStack

    from hdrbatch.catalogue.examined import ignoring_exclusions, to_csv
    from hdrbatch.catalogue.selection import select
    from hdrbatch.cli.previews import PreviewSize
    from hdrbatch.errors import UserError
    from hdrbatch.local_files import write_whole
    from hdrbatch.report.marks import check_replaceable

    size, num = PreviewSize(width, samples), processes or len(os.sched_getaffinity(0))
    spec = _job(job)
    found: dict[Scene, Preview] = {}
    failed: dict[Scene, str] = {}
    for family in sorted({one.family for one in select(spec.scenes.catalogue(), scenes)}):
        check_replaceable(_sheet(out, family), "--out")
    if table is not None and table.exists() and not table.read_bytes().startswith(to_csv([]).encode()):
        raise UserError(
            f"--table {table}: exists and is not such a table; name another file, or move it away"
        )
    with ExitStack() as stack:
        refused = stack.enter_context(ignoring_exclusions()) if table else set()
        while todo := [one for one in select(spec.scenes.catalogue(), scenes) if one not in found | failed]:
            _render_previews(todo, out, size, num, found, failed)
            refused |= {(one.family, one.seed) for one in found if found[one].rejection and not one.own}
            if table is None:
                break
    if table is not None:
        write_whole(table, to_csv(preview for scene, preview in found.items() if not scene.own))
    _write_sheets(out, found)
    _summarise(found, tell_skip=table is None)
    print(f"contact sheets: {out}/sheet-*.png")
    for scene, reason in failed.items():
        print(f"{scene.id} could not be rendered: {reason}")
    if failed:
        raise typer.Exit(1)


@app.command("inspect")
def inspect(
    folder: Annotated[Path, typer.Argument(help="A folder of .blend files.")],
    packed: Annotated[
        Path | None,
        typer.Option(help="Folder for copies with packed textures; the copies are inspected instead."),
    ] = None,
) -> None:
    """Inspect .blend files before a job renders them: cameras, missing textures, settings not applied.

    Scripts in the files are never run. Example: hdrbatch scenes inspect my-scenes
    """
    import json

    from hdrbatch.errors import UserError
    from hdrbatch.local_files import write_whole
    from hdrbatch.specs.user_scenes import INVENTORY

    if not folder.is_dir():
        raise UserError(f"{folder}: the folder does not exist")
    if not list(folder.glob("*.blend")):
        raise UserError(f"{folder}: there is no .blend file in it")
    target = (packed or folder) / INVENTORY
    if packed is None:
        inventory = _inventory(folder)
        write_whole(target, json.dumps(inventory, indent=1) + "\n")
    else:
        inventory = _pack(folder, packed, target)
    num_bad = 0
    for name, entry in inventory.items():
        print(f"{name}: {len(entry['cameras'])} camera(s) {', '.join(entry['cameras'])}")
        for problem in entry["problems"]:
            print(f"  {problem}")
        for note in entry["notes"]:
            print(f"  note: {note}")
        num_bad += bool(entry["problems"])
    print(f"{len(inventory)} file(s), {num_bad} of them cannot be rendered; written to {target}")
    if num_bad:
        raise typer.Exit(1)
    print(f"in a job file:  scenes: {{own: [{{folder: {packed or folder}, split: train}}]}}")


def _inventory(folder: Path, copies: Path | None = None) -> dict[str, Any]:
    """Let Blender inspect a folder in a process of its own, and write packed copies if a folder is given."""
    import json
    import subprocess
    import sys

    from hdrbatch.errors import UserError

    command = [
        sys.executable,
        "-m",
        "hdrbatch.scenes.inventory",
        str(folder),
        *([str(copies)] if copies else []),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(
            f"Blender could not inspect {folder} (exit {done.returncode}):\n{done.stderr[-2000:]}"
        )
    inventory: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
    return inventory


def _pack(folder: Path, packed: Path, target: Path) -> dict[str, Any]:
    """Write packed copies: beside their places, then the inventory that lists them, then rename them."""
    import json
    import tempfile

    from hdrbatch.errors import UserError
    from hdrbatch.local_files import TEMPORARY_PREFIX, why_not_writable, write_whole

    if packed.resolve() == folder.resolve():
        raise UserError(f"--packed {packed}: this is the inspected folder; give another one")
    if foreign := _foreign_copies(folder, packed, target):
        raise UserError(
            f"--packed {packed}: {foreign[0]} exists and is not from hdrbatch; name another folder, or "
            "move it away"
        )
    if reason := why_not_writable(packed):
        raise UserError(f"--packed {packed}: cannot be written: {reason}")
    packed.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=TEMPORARY_PREFIX, dir=packed) as staged:
        inventory = _inventory(folder, Path(staged))
        write_whole(target, json.dumps(inventory, indent=1) + "\n")
        for copy in sorted(Path(staged).glob("*.blend")):
            copy.replace(packed / copy.name)
    return inventory


def _foreign_copies(folder: Path, packed: Path, inventory: Path) -> list[Path]:
    """Return files that packed copies would replace and that the inventory next to them does not list."""
    import json

    try:
        listed = set(json.loads(inventory.read_text()))
    except (OSError, ValueError, TypeError):
        listed = set()
    copies = [packed / file.name for file in sorted(folder.glob("*.blend"))]
    return [copy for copy in copies if copy.exists() and copy.name not in listed]


def _job(name: str) -> "RenderJob":
    from hdrbatch.specs.examples import JOBS
    from hdrbatch.specs.load import find_spec, load_yaml
    from hdrbatch.specs.render_job import RenderJob

    return load_yaml(find_spec(name, JOBS, ".yaml"), RenderJob)


def _num_excluded(catalogue: "Sequence[Scene]") -> int:
    """Count the excluded seeds between those of the catalogue."""
    from hdrbatch.catalogue.examined import excluded_seeds

    spans: dict[tuple[str, str], tuple[int, int]] = {}
    for scene in catalogue:
        if scene.own:
            continue
        low, high = spans.get((scene.family, scene.split), (scene.seed, scene.seed))
        spans[scene.family, scene.split] = (min(low, scene.seed), max(high, scene.seed))
    return sum(
        any(low <= seed <= high for (of, _), (low, high) in spans.items() if of == family)
        for family, seed in excluded_seeds()
    )


def _render_previews(
    todo: "Sequence[Scene]",
    out: Path,
    size: "PreviewSize",
    num: int,
    found: "dict[Scene, Preview]",
    failed: "dict[Scene, str]",
) -> None:
    """Render previews with a progress bar, adding the results to ``found`` and ``failed``."""
    from rich.progress import track

    from hdrbatch.cli.previews import make_previews

    for scene, made in track(make_previews(todo, out, size, num), "previews", total=len(todo)):
        if isinstance(made, str):
            failed[scene] = made
        else:
            found[scene] = made


def _write_sheets(out: Path, found: "Mapping[Scene, Preview]") -> None:
    from PIL import Image

    from hdrbatch.cli.previews import metered_preview
    from hdrbatch.local_files import replacing
    from hdrbatch.report.gallery import Exhibit, contact_sheet
    from hdrbatch.report.marks import png_mark

    for family in sorted({scene.family for scene in found}):
        scenes = sorted((one for one in found if one.family == family), key=lambda one: one.id)
        exhibits = [
            Exhibit(
                f"{one.id}  {found[one].stops:.1f} stops{'' if one.motion == 'still' else ', ' + one.motion}",
                metered_preview(out, one),
                found[one].rejection,
            )
            for one in scenes
        ]
        with replacing(_sheet(out, family)) as temporary:
            Image.fromarray(contact_sheet(exhibits)).save(temporary, pnginfo=png_mark())


def _sheet(out: Path, family: str) -> Path:
    return out / f"sheet-{family}.png"


def _summarise(found: "Mapping[Scene, Preview]", *, tell_skip: bool) -> None:
    from statistics import median

    from rich.table import Table

    from hdrbatch.submit.narrow_table import print_table
    from hdrbatch.submit.terminal import terminal

    table = Table("family", title=f"{len(found)} previews", title_justify="left")
    for column in ("scenes", "rejected", "min stops", "median stops", "clipped at EV 0", "at EV -4"):
        table.add_column(column, justify="right")
    families = sorted({scene.family for scene in found})
    groups = [(family, [found[one] for one in found if one.family == family]) for family in families]
    for family, group in [*groups, ("all", list(found.values()))]:
        good = [one for one in group if not one.rejection]
        numbers = [str(len(group)), str(len(group) - len(good))]
        if good:
            numbers += [
                f"{min(one.stops for one in good):.1f}",
                f"{median(one.stops for one in good):.1f}",
                f"{median(one.clipped_ev0 for one in good):.0%}",
                f"{median(one.clipped_ev_4 for one in good):.1%}",
            ]
        table.add_row(family, *numbers)
    console = terminal(soft_wrap=True)
    print_table(console, table)
    refused = [(scene, one.rejection) for scene, one in found.items() if one.rejection]
    for scene, fault in refused:
        console.print(f"{scene.id}: {fault}", style="yellow")
    names = [f"{scene.family}:{scene.seed}" for scene, _ in refused if not scene.own]
    if names and tell_skip:
        console.print(f"to exclude them from a job:  scenes: {{skip: [{', '.join(map(repr, names))}]}}")
