"""Options, checks and output that ``hdrbatch merge`` and ``hdrbatch reconstruct`` share."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from hdrbatch.photographs.request import HdrRequest
    from hdrbatch.records.hdr_record import ReconstructionRecord

PhotosArgument = Annotated[
    list[Path],
    typer.Argument(
        help="Photographs of one scene, in any order, or a folder; several folders are several scenes."
    ),
]
OutputOption = Annotated[
    Path, typer.Option("--output", "-o", help="The EXR file to write; for several scenes, a folder.")
]
TimesOption = Annotated[
    str | None,
    typer.Option("--times", help="Exposure times in seconds, instead of those in EXIF: 1/30,1/4,2.5."),
]
ExposuresOption = Annotated[
    Path | None,
    typer.Option(
        "--exposures", help="File of exposure times, with one line per photograph: name and seconds."
    ),
]
ResponseOption = Annotated[
    str,
    typer.Option(
        "--response",
        help="Response curve of the camera: auto, debevec or robertson (calibrated from the bracket), "
        "linear, srgb, gamma:2.2, sigmoid:0.9,0.6, or the .json of an earlier result.",
    ),
]
AlignOption = Annotated[
    bool, typer.Option("--align/--no-align", help="Shift the photographs of a bracket onto each other.")
]
WhiteOption = Annotated[
    int | None,
    typer.Option(
        "--white",
        help="Code at which the camera is full, such as 4095 for 12 bits in a 16-bit file; default: found in "
        "the photographs.",
    ),
]
AbsoluteOption = Annotated[
    bool,
    typer.Option(
        "--absolute",
        help="Write radiance on one scale for all brackets: 1.0 saturates 1 s at f/1 and ISO 100.",
    ),
]
HdrOption = Annotated[bool, typer.Option("--hdr", help="Also write a Radiance .hdr file.")]
ToneMapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--tone-map",
        help="Tone mapping of the preview: reinhard (the default), gamma, drago or mantiuk; may be given "
        "several times.",
    ),
]

Progress = Callable[[int, int], None]
Note = Callable[[str], None]


def for_each_bracket(
    photos: Sequence[Path], output: Path, make: Callable[[Sequence[Path], Path], None]
) -> None:
    """Make the picture of one bracket; if the output is a folder, of each folder of photographs.

    A bracket that cannot be used is reported, and the others are made.

    Raises
    ------
    PhotoError, UserError
        If the one bracket cannot be used, or two folders have one name.
    typer.Exit
        If some of several brackets cannot be used, with the exit code of the first.
    """
    from hdrbatch.errors import HdrbatchError, InterruptedRunError, PhotoError
    from hdrbatch.photographs.bracket import is_photograph

    folders = [path for path in photos if path.is_dir()]
    if output.suffix or not folders or any(is_photograph(path) for path in photos):
        make(photos, output)
        return
    for path in photos:
        if path not in folders:
            print(f"skipped {path}: not a folder of photographs", file=sys.stderr)
    names = [folder.resolve().name for folder in folders]
    if repeated := [name for name in names if names.count(name) > 1]:
        raise PhotoError(f"-o {output}: two folders are named {repeated[0]}; give them one after the other")
    exit_codes = []
    for folder, name in zip(folders, names, strict=True):
        try:
            make([folder], output / f"{name}.exr")
        except InterruptedRunError:
            raise
        except HdrbatchError as error:
            place = "" if str(folder) in str(error) else f"{folder}: "
            print(f"hdrbatch: {place}{error}", file=sys.stderr)
            exit_codes.append(error.exit_code)
    if exit_codes:
        print(f"{len(exit_codes)} of {len(names)} brackets could not be used", file=sys.stderr)
        raise typer.Exit(exit_codes[0])


def build_request(
    photos: Sequence[Path],
    output: Path,
    *,
    times: str | None,
    exposures: Path | None,
    response: str,
    align: bool,
    white: int | None,
    absolute: bool,
    hdr: bool,
    tone_map: Sequence[str] | None,
) -> "HdrRequest":
    """Check the options, before anything is read or fetched, and combine them in a request.

    Raises
    ------
    PhotoError, UserError
        If an option or a file is not valid; the message names it.
    """
    from hdrbatch.photographs.bracket import listed_photographs
    from hdrbatch.photographs.request import HdrRequest

    tone_mappings = tuple(tone_map or ["reinhard"])
    _check_output(output, tone_mappings)
    _check_response(response)
    listed = listed_photographs(photos)
    request = HdrRequest(
        photos=listed,
        output=output,
        times_s=_parse_times(times, exposures, listed),
        response=response,
        align=align,
        white=white,
        absolute=absolute,
        write_hdr=hdr,
        tone_mappings=tone_mappings,
    )
    request.refuse_to_overwrite()
    return request


def with_progress(
    console: "Console",
    title: str,
    named: Sequence[Path],
    make: Callable[[Progress, Note], "ReconstructionRecord"],
) -> "ReconstructionRecord":
    """Run ``make`` with a progress bar, printing its notes; ``named`` are the paths that the user gave."""
    from rich.progress import Progress as Bars

    with _hint_about_strays(named), Bars(console=console, transient=True) as bars:
        bar = bars.add_task(title, total=None)
        return make(
            lambda done, total: bars.update(bar, completed=done, total=total),
            console.print,
        )


@contextmanager
def _hint_about_strays(named: Sequence[Path]) -> Iterator[None]:
    """Extend the error for an unusable file of a given folder: it may not belong to the bracket."""
    from hdrbatch.errors import PhotoError
    from hdrbatch.photographs.bracket import photographs_in

    try:
        yield
    except PhotoError as error:
        for folder in (path for path in named if path.is_dir()):
            if any(str(photo) in str(error) for photo in photographs_in(folder)):
                raise PhotoError(
                    f"{error}; or remove it from {folder} if it is not one of the photographs"
                ) from None
        raise


def show_record(
    console: "Console", done: str, request: "HdrRequest", record: "ReconstructionRecord", *doubts: str
) -> None:
    """Print the photographs used, the response curve, warnings and the files written."""
    used = ", ".join(
        f"{request.photos[index].name} ({record.exposures_ev[index]:+.2f} EV)" for index in record.used
    )
    another = " (--response sets another)" if request.response == "auto" else ""
    console.print(f"{done} {used}")
    console.print(f"response curve: {record.response}{another}")
    for warning in (*record.warnings, *doubts):
        console.print(f"warning: {warning}", style="yellow")
    for path in request.results():
        console.print(f"wrote {path}")


def _check_output(output: Path, tone_mappings: Sequence[str]) -> None:
    from hdrbatch.errors import PhotoError
    from hdrbatch.imaging.tonemapping import OPERATORS

    if output.suffix.lower() != ".exr":
        raise PhotoError(f"-o {output}: the result is an EXR file; name it {output.with_suffix('.exr')}")
    if unknown := [name for name in tone_mappings if name not in OPERATORS]:
        raise PhotoError(f"--tone-map {unknown[0]}: use one of {', '.join(OPERATORS)}")


def _check_response(response: str) -> None:
    from hdrbatch.imaging.response import parse_response
    from hdrbatch.photographs.calibration import METHODS
    from hdrbatch.photographs.capture import AUTOMATIC
    from hdrbatch.photographs.recorded_response import RECORD_SUFFIX, read_response

    if response.endswith(RECORD_SUFFIX):
        read_response(Path(response))
    elif response not in (AUTOMATIC, *METHODS):
        parse_response(response)


def _parse_times(text: str | None, file: Path | None, photos: Sequence[Path]) -> tuple[float, ...] | None:
    """Return exposure times from the option (``1/30,0.25``) or a file; None means that EXIF is used."""
    from hdrbatch.errors import PhotoError
    from hdrbatch.photographs.bracket import check_times, parse_seconds, read_times

    if text is not None and file is not None:
        raise PhotoError(f"--times {text} and --exposures {file}: give only one of them")
    if file is not None:
        return read_times(file, photos)
    if text is None:
        return None
    times_s = [time_s for part in text.split(",") if (time_s := parse_seconds(part)) is not None]
    if len(times_s) != text.count(",") + 1:
        raise PhotoError(
            f"--times {text}: not a list of times; write positive seconds separated by commas, such as "
            "1/30,1/4,2.5"
        )
    check_times(times_s, len(photos))
    return tuple(times_s)
