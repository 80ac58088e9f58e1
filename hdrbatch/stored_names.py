"""Keys, ids and names that come out of a store, checked before anything is done with them.

Whoever can write to a store chooses its keys, and keys become paths on the machine that reads them. A name
that passes these checks cannot lead a path out of the folder that it is joined to, and prints as it is.
"""

import re
from pathlib import Path

from hdrbatch.errors import UnsafeNameError

MAX_KEY_BYTES = 1024
"""Limit of S3 for a key."""
MAX_PART_BYTES = 255
"""Limit of Linux's file systems for the name of a file."""

_PLAIN = re.compile(
    r"[A-Za-z0-9_@+=,-][A-Za-z0-9_@+=,.-]{0,99}(/[A-Za-z0-9_@+=,-][A-Za-z0-9_@+=,.-]{0,99}){0,9}"
)
"""Nearly all keys; none of them needs a closer look."""


def check_key(key: object) -> str:
    """Return a key or id if it is a relative path of printable names.

    Raises
    ------
    UnsafeNameError
        If it is not text, is empty or too long, begins or ends with a slash, has an empty part, ``.`` or
        ``..``, or a backslash or a character that cannot be printed.

    Examples
    --------
    >>> check_key("datasets/local/dataset.json")
    'datasets/local/dataset.json'
    >>> check_key("datasets/../../.profile")
    Traceback (most recent call last):
    ...
    hdrbatch.errors.UnsafeNameError: 'datasets/../../.profile' is not a valid key: it has the part '..'
    """
    if not isinstance(key, str):
        raise UnsafeNameError(f"{_shown(key)} is not a valid key: it is not text")
    if not _PLAIN.fullmatch(key) and (problem := _problem(key)):
        raise UnsafeNameError(f"{_shown(key)} is not a valid key: {problem}")
    return key


def check_name(name: object) -> str:
    """Return a name if it is a single part of a key; raise UnsafeNameError otherwise."""
    checked = check_key(name)
    if "/" in checked:
        raise UnsafeNameError(f"{_shown(checked)} is not a valid name: it has a slash")
    return checked


def is_hidden(key: str) -> bool:
    """Return whether a part of a key begins with a dot, as files of systems and programs do.

    >>> is_hidden("plans/.nfs0001"), is_hidden("datasets/local/dataset.json")
    (True, False)
    """
    return key.startswith(".") or "/." in key


def path_below(root: Path, key: str) -> Path:
    """Return the path of a key below a folder; symbolic links in it may not lead out of the folder.

    Raises
    ------
    UnsafeNameError
        If the key is not valid, or a link in its path leads out of the folder.
    """
    path = root.joinpath(*check_key(key).split("/"))
    try:
        resolved = path.resolve()
    except (OSError, RuntimeError):  # links in a circle
        resolved = None
    if resolved is None or not resolved.is_relative_to(root.resolve()):
        raise UnsafeNameError(f"{path}: a symbolic link leads out of {root}; remove the link")
    return path


def _problem(key: str) -> str | None:
    parts = key.split("/")
    if not key:
        return "it is empty"
    for part in parts:
        if part in ("", ".", ".."):
            return f"it has the part {part!r}"
    if "\\" in key:
        return "it has a backslash"
    if not key.isprintable():
        return "it has a character that cannot be printed"
    too_long = len(key.encode()) > MAX_KEY_BYTES or any(len(part.encode()) > MAX_PART_BYTES for part in parts)
    return "it is too long" if too_long else None


def _shown(value: object) -> str:
    """Return a value for a message: escaped, and not longer than a line."""
    text = ascii(value)
    return text if len(text) <= 120 else f"{text[:100]}..."
