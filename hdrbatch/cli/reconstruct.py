"""``hdrbatch reconstruct``: turn real photographs into an HDR picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from hdrbatch.cli import suggestions
from hdrbatch.cli.options import DEFAULT_STORE, StoreOption
from hdrbatch.cli.photo_options import (
    AbsoluteOption,
    AlignOption,
    ExposuresOption,
    HdrOption,
    OutputOption,
    PhotosArgument,
    ResponseOption,
    TimesOption,
    ToneMapOption,
    WhiteOption,
    build_request,
    for_each_bracket,
    show_record,
    with_progress,
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("reconstruct")(reconstruct)


def reconstruct(
    photos: PhotosArgument,
    output: OutputOption,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            autocompletion=suggestions.models,
            help="Model file, or SWEEP/VARIANT in the store; default: the best suitable model.",
        ),
    ] = None,
    times: TimesOption = None,
    exposures: ExposuresOption = None,
    response: ResponseOption = "auto",
    align: AlignOption = True,
    white: WhiteOption = None,
    absolute: AbsoluteOption = False,
    hdr: HdrOption = False,
    tone_map: ToneMapOption = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Make one HDR picture from one photograph or a bracket; a preview (.png) is written next to it.

    Example: hdrbatch reconstruct a.jpg b.jpg c.jpg -o scene.exr
    Several brackets: hdrbatch reconstruct brackets/* -o pictures
    """
    import tempfile

    from hdrbatch.kinds import Kind
    from hdrbatch.results.trained_models import baseline_warning, fetch_model
    from hdrbatch.storage.address import open_store
    from hdrbatch.submit.terminal import terminal
    from hdrbatch.worker.requirements import check_requirements

    console = terminal(soft_wrap=True)
    check_requirements({Kind.TRAIN_VARIANT})
    opened = open_store(store)

    def make(bracket: Sequence[Path], result: Path) -> None:
        request = build_request(
            bracket,
            result,
            times=times,
            exposures=exposures,
            response=response,
            align=align,
            white=white,
            absolute=absolute,
            hdr=hdr,
            tone_map=tone_map,
        )
        with tempfile.TemporaryDirectory() as folder:
            name, model_file = fetch_model(opened, model, len(request.photos), Path(folder))

            from hdrbatch.photographs.reconstruction import network_method, reconstruct_files

            if request.is_done(network_method(name, model_file)):
                console.print(
                    f"{result} is up to date: already reconstructed from these photographs with this model",
                )
                return
            record = with_progress(
                console,
                "reconstructing",
                bracket,
                lambda on_progress, on_note: reconstruct_files(
                    request, name, model_file, on_progress=on_progress, on_note=on_note
                ),
            )
        doubt = baseline_warning(opened, name)
        show_record(console, f"model {name} used", request, record, *([doubt] if doubt else []))

    for_each_bracket(photos, output, make)
