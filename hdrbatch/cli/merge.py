"""``hdrbatch merge``: merge a bracket of real photographs, without a network."""

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
    """
    from hdrbatch.photographs.merging import merge_files, merge_method
    from hdrbatch.submit.terminal import terminal

    request = build_request(
        photos,
        output,
        times=times,
        exposures=exposures,
        response=response,
        align=align,
        white=white,
        absolute=absolute,
        hdr=hdr,
        tone_map=tone_map,
    )
    console = terminal(soft_wrap=True)
    if request.is_done(merge_method()):
        console.print(f"{output} is up to date: already merged from these photographs")
        return
    record = with_progress(
        console,
        "merging",
        photos,
        lambda on_progress, on_note: merge_files(request, on_progress=on_progress, on_note=on_note),
    )
    show_record(console, "merged", request, record)
