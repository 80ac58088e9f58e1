"""``hdrbatch merge``: a bracket of real photographs to an HDR picture, without a network."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("merge")(merge)


def merge(
    photos: Annotated[list[Path], typer.Argument(help="Photographs of one scene, in any order.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The EXR file to write.")],
    times: Annotated[
        str | None, typer.Option("--times", help="Exposure times in seconds instead of EXIF's: 1/30,1/4,2.5.")
    ] = None,
    response: Annotated[
        str,
        typer.Option(
            "--response",
            help="Response curve of the camera: srgb, gamma:2.2, sigmoid:0.9,0.6; debevec or robertson "
            "measure it; auto: sRGB, or the gamma that fits.",
        ),
    ] = "auto",
    align: Annotated[bool, typer.Option(help="Shift the photographs onto each other.")] = True,
    hdr: Annotated[bool, typer.Option("--hdr", help="Write a Radiance .hdr file as well.")] = False,
    tone_map: Annotated[
        str, typer.Option("--tone-map", help="Preview by reinhard, gamma, drago or mantiuk.")
    ] = "reinhard",
) -> None:
    """Merge a bracket into one HDR picture, without a network; a preview (.png) is written beside it.

    Example: hdrbatch merge a.jpg b.jpg c.jpg -o scene.exr
    """
    from rich.console import Console
    from rich.progress import Progress

    from hdrbatch.cli.photographs import check_photographs, check_response, parse_times
    from hdrbatch.tasks.merging import MergeRequest, merge_files

    check_photographs(photos, output, tone_map)
    check_response(response)
    request = MergeRequest(
        photos=tuple(photos),
        output=output,
        times_s=parse_times(times),
        response=response,
        align=align,
        write_hdr=hdr,
        tone_mapping=tone_map,
    )
    console = Console(soft_wrap=True, highlight=False)
    request.refuse_to_overwrite()
    if request.is_done():
        console.print(f"{output}: nothing to do, it was merged from these photographs before")
        return
    with Progress(console=console, transient=True) as bars:
        bar = bars.add_task("merging", total=None)
        record = merge_files(
            request,
            on_progress=lambda done, total: bars.update(bar, completed=done, total=total),
            on_note=console.print,
        )
    merged = ", ".join(
        f"{photo.name} ({ev:+.2f} EV)" for photo, ev in zip(photos, record.exposures_ev, strict=True)
    )
    console.print(f"merged {merged}")
    console.print(
        f"response curve: {record.response}" + (" (--response names another)" if response == "auto" else "")
    )
    for warning in record.warnings:
        console.print(f"warning: {warning}", style="yellow")
    for path in request.results():
        console.print(f"wrote {path}")
