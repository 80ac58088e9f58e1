"""``hdrbatch merge``: merge a bracket of real photographs, without a network."""

from collections.abc import Sequence
from pathlib import Path

import typer

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
    app.command("merge")(merge)


def merge(
    photos: PhotosArgument,
    output: OutputOption,
    times: TimesOption = None,
    exposures: ExposuresOption = None,
    response: ResponseOption = "auto",
    align: AlignOption = True,
    white: WhiteOption = None,
    absolute: AbsoluteOption = False,
    hdr: HdrOption = False,
    tone_map: ToneMapOption = None,
) -> None:
    """Merge a bracket into one HDR picture, without a network; a preview (.png) is written next to it.

    Example: hdrbatch merge a.jpg b.jpg c.jpg -o scene.exr
    Several brackets: hdrbatch merge brackets/* -o pictures
    """
    from hdrbatch.photographs.merging import merge_files, merge_method
    from hdrbatch.submit.terminal import terminal

    console = terminal(soft_wrap=True)

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
        if request.is_done(merge_method()):
            console.print(f"{result} is up to date: already merged from these photographs")
            return
        record = with_progress(
            console,
            "merging",
            bracket,
            lambda on_progress, on_note: merge_files(request, on_progress=on_progress, on_note=on_note),
        )
        show_record(console, "merged", request, record)

    for_each_bracket(photos, output, make)
