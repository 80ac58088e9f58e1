"""Folders that only their user can write to: what is run from them cannot be somebody else's."""

import os
import stat
from pathlib import Path

from hdrbatch.errors import SetUpError

OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


def check_private(folder: Path, remedy: str) -> None:
    """Reject a folder that another user owns or can write to, and a link in its place.

    Raises
    ------
    SetUpError
        With the folder, its owner and mode, and the remedy.
    """
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & OTHERS_MAY_WRITE:
        raise SetUpError(
            f"{folder}: others can write to it (owner {found.st_uid}, mode {stat.filemode(found.st_mode)}); "
            f"{remedy}"
        )


def make_private(folder: Path, remedy: str) -> None:
    """Create a folder and its missing parents for their user alone, whatever the umask, and check it.

    A folder that exists may be readable by others, and may be reached through links, but nobody else may be
    able to write to it, or to replace it or a folder above it.

    Raises
    ------
    SetUpError
        If another user could.
    OSError
        If it cannot be created.
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
        one.chmod(0o700)  # a umask may have taken away the user's own rights
    for above in {*folder.parents, *folder.resolve().parents}:
        mode = above.stat().st_mode
        # In a sticky folder, such as /tmp, only the owner of an entry can replace it.
        if mode & OTHERS_MAY_WRITE and not mode & stat.S_ISVTX:
            raise SetUpError(
                f"{folder}: others can replace it, since they can write to {above} "
                f"(mode {stat.filemode(mode)}); {remedy}"
            )
    check_private(folder.resolve(), remedy)


def make_files_private(folder: Path) -> None:
    """Take every right to a folder's files from everybody but their user."""
    for path in folder.iterdir():
        if not path.is_symlink() and path.is_file():
            path.chmod(0o600)
