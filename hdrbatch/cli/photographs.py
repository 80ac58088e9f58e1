"""What the commands that take a user's photographs check before they begin."""

from collections.abc import Sequence
from pathlib import Path


def check_photographs(photos: Sequence[Path], output: Path, tone_map: str) -> None:
    """Refuse photographs that are not there, and results of another kind.

    Raises
    ------
    PhotoError
        Naming the option or the file.
    """
    from hdrbatch.errors import PhotoError
    from hdrbatch.imaging.tonemapping import OPERATORS

    if output.suffix.lower() != ".exr":
        raise PhotoError(f"-o {output}: the result is an EXR file: call it {output.with_suffix('.exr')}")
    if missing := [photo for photo in photos if not photo.is_file()]:
        what = "is a folder: name the photographs in it" if missing[0].is_dir() else "there is no such file"
        raise PhotoError(f"{missing[0]}: {what}")
    if tone_map not in OPERATORS:
        raise PhotoError(f"--tone-map {tone_map}: use one of {', '.join(OPERATORS)}")


def check_response(response: str) -> None:
    """Refuse what is neither a curve, nor a way to measure one, nor ``auto``.

    Raises
    ------
    UserError
        Saying what is valid.
    """
    from hdrbatch.imaging.calibration import METHODS
    from hdrbatch.imaging.capture import AUTOMATIC
    from hdrbatch.imaging.response import parse_response

    if response not in (AUTOMATIC, *METHODS):
        parse_response(response)


def parse_times(text: str | None) -> tuple[float, ...] | None:
    """Read ``1/30,0.25`` as seconds.

    Raises
    ------
    PhotoError
        If these are not positive numbers.
    """
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
