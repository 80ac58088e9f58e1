"""``hdrbatch reconstruct``: real photographs to an HDR picture."""

from pathlib import Path
from typing import Annotated

import typer

from hdrbatch.cli.options import DEFAULT_STORE, StoreOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("reconstruct")(reconstruct)


def reconstruct(
    photos: Annotated[list[Path], typer.Argument(help="Photographs of one scene, in any order.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The EXR file to write.")],
    model: Annotated[
        str | None,
        typer.Option(
            "--model", help="Model file, or SWEEP/VARIANT in the store; default: the best that fits."
        ),
    ] = None,
    times: Annotated[
        str | None, typer.Option("--times", help="Exposure times in seconds instead of EXIF's: 1/30,1/4,2.5.")
    ] = None,
    response: Annotated[
        str | None,
        typer.Option("--response", help="Response curve of the camera: srgb, gamma:2.2, sigmoid:0.9,0.6."),
    ] = None,
    hdr: Annotated[bool, typer.Option("--hdr", help="Write a Radiance .hdr file as well.")] = False,
    tone_map: Annotated[
        str, typer.Option("--tone-map", help="Preview by reinhard, gamma, drago or mantiuk.")
    ] = "reinhard",
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Make one HDR picture from one photograph or a bracket; a preview (.png) is written beside it.

    Example: hdrbatch reconstruct a.jpg b.jpg c.jpg -o scene.exr
    """
    import tempfile

    from rich.console import Console
    from rich.progress import Progress

    from hdrbatch.errors import PhotoError
    from hdrbatch.imaging.response import parse_response
    from hdrbatch.imaging.tonemapping import OPERATORS
    from hdrbatch.storage.address import open_store
    from hdrbatch.storage.models import fetch_model, weakness
    from hdrbatch.submit.requirements import check_requirements

    if output.suffix.lower() != ".exr":
        raise PhotoError(f"-o {output}: the result is an EXR file: call it {output.with_suffix('.exr')}")
    if missing := [photo for photo in photos if not photo.is_file()]:
        what = "is a folder: name the photographs in it" if missing[0].is_dir() else "there is no such file"
        raise PhotoError(f"{missing[0]}: {what}")
    if tone_map not in OPERATORS:
        raise PhotoError(f"--tone-map {tone_map}: use one of {', '.join(OPERATORS)}")
    if response is not None:
        parse_response(response)
    times_s = _parse_times(times)
    check_requirements({"train_variant"})
    console = Console(soft_wrap=True, highlight=False)
    opened = open_store(store)
    with tempfile.TemporaryDirectory() as folder:
        name, model_file = fetch_model(opened, model, len(photos), Path(folder))

        from hdrbatch.learning.reconstruction import ReconstructionRequest, reconstruct_files

        request = ReconstructionRequest(
            photos=tuple(photos),
            output=output,
            model_name=name,
            model_file=model_file,
            times_s=times_s,
            response=response,
            write_hdr=hdr,
            tone_mapping=tone_map,
        )
        request.refuse_to_overwrite()
        if request.is_done():
            console.print(
                f"{output}: nothing to do, it was made from these photographs with this model before"
            )
            return
        with Progress(console=console, transient=True) as bars:
            bar = bars.add_task("reconstructing", total=None)
            record = reconstruct_files(
                request, on_progress=lambda done, total: bars.update(bar, completed=done, total=total)
            )
    used = ", ".join(f"{photos[index].name} ({record.exposures_ev[index]:+.2f} EV)" for index in record.used)
    console.print(f"model {name} used {used}")
    console.print(f"response curve: {record.response}" + ("" if response else " (--response names another)"))
    doubt = weakness(opened, name)
    for warning in (*record.warnings, *([doubt] if doubt else [])):
        console.print(f"warning: {warning}", style="yellow")
    for path in request.results():
        console.print(f"wrote {path}")


def _parse_times(text: str | None) -> tuple[float, ...] | None:
    """``1/30,0.25`` as seconds."""
    from fractions import Fraction

    from hdrbatch.errors import PhotoError

    if text is None:
        return None
    try:
        times_s = tuple(float(Fraction(part.strip())) for part in text.split(","))
    except (ValueError, ZeroDivisionError, OverflowError):
        times_s = (0.0,)
    if any(not 0 < time_s < float("inf") for time_s in times_s):
        raise PhotoError(f"--times {text}: write positive seconds separated by commas, such as 1/30,1/4,2.5")
    return times_s
