"""``hdrbatch reconstruct``: real photographs to an HDR picture."""

from pathlib import Path
from typing import Annotated

import typer

from hdrbatch.cli.options import DEFAULT_STORE, StoreOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("reconstruct")(reconstruct)


def reconstruct(
    photos: Annotated[
        list[Path], typer.Argument(help="Photographs of one scene, in any order, or a folder of them.")
    ],
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
    exposures: Annotated[
        Path | None,
        typer.Option("--exposures", help="File of exposure times: a line of name and seconds for each."),
    ] = None,
    response: Annotated[
        str,
        typer.Option(
            "--response",
            help="Response curve of the camera: auto, debevec or robertson (measured on the bracket), "
            "linear, srgb, gamma:2.2, sigmoid:0.9,0.6.",
        ),
    ] = "auto",
    align: Annotated[
        bool, typer.Option("--align/--no-align", help="Shift the photographs of a bracket onto each other.")
    ] = True,
    hdr: Annotated[bool, typer.Option("--hdr", help="Write a Radiance .hdr file as well.")] = False,
    tone_map: Annotated[
        list[str] | None,
        typer.Option(
            "--tone-map",
            help="Preview by reinhard (the default), gamma, drago or mantiuk; may be given several times.",
        ),
    ] = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Make one HDR picture from one photograph or a bracket; a preview (.png) is written beside it.

    Example: hdrbatch reconstruct a.jpg b.jpg c.jpg -o scene.exr
    """
    import tempfile

    from rich.console import Console
    from rich.progress import Progress

    from hdrbatch.cli.photographs import check_photographs, check_response
    from hdrbatch.storage.address import open_store
    from hdrbatch.storage.models import fetch_model, weakness
    from hdrbatch.submit.requirements import check_requirements

    photos = _listed(photos)
    tone_mappings = tuple(tone_map or ["reinhard"])
    for operator in tone_mappings:
        check_photographs(photos, output, operator)
    check_response(response)
    times_s = _times(times, exposures, photos)
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
            align=align,
            write_hdr=hdr,
            tone_mappings=tone_mappings,
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
                request,
                on_progress=lambda done, total: bars.update(bar, completed=done, total=total),
                on_note=console.print,
            )
    used = ", ".join(f"{photos[index].name} ({record.exposures_ev[index]:+.2f} EV)" for index in record.used)
    console.print(f"model {name} used {used}")
    console.print(
        f"response curve: {record.response}" + (" (--response names another)" if response == "auto" else "")
    )
    doubt = weakness(opened, name)
    for warning in (*record.warnings, *([doubt] if doubt else [])):
        console.print(f"warning: {warning}", style="yellow")
    for path in request.results():
        console.print(f"wrote {path}")


def _listed(named: list[Path]) -> list[Path]:
    """Put a folder's photographs in its place."""
    from hdrbatch.imaging.bracket import photographs_in

    return [photo for path in named for photo in (photographs_in(path) if path.is_dir() else [path])]


def _times(text: str | None, file: Path | None, photos: list[Path]) -> tuple[float, ...] | None:
    """Exposure times as given (``1/30,0.25``) or read from a file; None leaves them to EXIF."""
    from hdrbatch.cli.photographs import parse_times
    from hdrbatch.errors import PhotoError
    from hdrbatch.imaging.bracket import read_times

    if text is not None and file is not None:
        raise PhotoError(f"--times {text} and --exposures {file}: give one of them")
    return parse_times(text) if file is None else read_times(file, photos)
