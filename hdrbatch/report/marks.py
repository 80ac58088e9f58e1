"""Marks by which pages and pictures are known to be from hdrbatch, so that only they are replaced."""

from pathlib import Path

from PIL.PngImagePlugin import PngInfo

from hdrbatch.errors import UserError
from hdrbatch.local_files import why_not_writable

SOFTWARE = "hdrbatch"
"""Value of the keyword ``Software`` of PNG files."""
PAGE_TITLE = "hdrbatch report of"
HEAD_BYTES = 2**16
_MARKS = (f"Software\0{SOFTWARE}".encode(), f"<title>{PAGE_TITLE} ".encode())


def png_mark() -> PngInfo:
    """Return the text to save in a PNG file."""
    info = PngInfo()
    info.add_text("Software", SOFTWARE)
    return info


def check_replaceable(path: Path, option: str) -> None:
    """Check, before any work, that a page or picture can be written and replaces no user's file.

    Raises
    ------
    UserError
        If the path holds anything but an empty file or one with a mark, or its folder cannot be written.
    """
    if path.is_dir():
        raise UserError(f"{option} {path}: it is a folder; name a file")
    if path.exists() and path.stat().st_size:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        if not any(mark in head for mark in _MARKS):
            raise UserError(
                f"{option} {path}: exists and is not from hdrbatch; choose another name, or move it away"
            )
    if reason := why_not_writable(path.parent):
        raise UserError(f"{option} {path}: cannot be written: {reason}")
