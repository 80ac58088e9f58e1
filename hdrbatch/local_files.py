"""Files on this machine: written atomically, identified by their SHA-256."""

import errno
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

TEMPORARY_PREFIX = ".hdrbatch-tmp-"
"""Name prefix of unfinished files, which are never read."""


def sha256_of_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading; raise OSError if its name belongs to a link, a pipe or a device."""
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return file


@contextmanager
def replacing(path: Path, *, synced: bool = False, durable: bool = False) -> Iterator[Path]:
    """Write a file next to its target and rename it at the end: readers see the complete file or the old one.

    Parameters
    ----------
    path : Path
        The target; its folder is created if missing.
    synced : bool
        Whether the bytes reach the disk before the file gets its name.
    durable : bool
        Whether the name reaches the disk too before this returns.

    Yields
    ------
    Path
        An empty file in the same folder, with the target's suffix, for the block to write. It is removed if
        the block raises.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     target = Path(folder) / "page.html"
    ...     with replacing(target) as temporary:
    ...         _ = temporary.write_text("whole")
    ...     target.read_text(), len(list(Path(folder).iterdir()))
    ('whole', 1)
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        if synced or durable:
            _sync(temporary)
        temporary.replace(path)
        if durable:
            _sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes | str, *, durable: bool = False) -> None:
    """Write bytes, or text as UTF-8, atomically, as `replacing` does."""
    with replacing(path, durable=durable) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


def why_not_writable(folder: Path, num_bytes: int = 0) -> str | None:
    """Return why a folder, which may not exist yet, cannot take files of this size; None if it can.

    Examples
    --------
    >>> why_not_writable(Path("/proc/version/folder"))
    '/proc/version is not a folder'
    """
    existing = folder.absolute()
    while not existing.exists() and not existing.is_symlink():
        existing = existing.parent
    if not existing.is_dir():
        return f"{existing} is not a folder"
    if not os.access(existing, os.W_OK | os.X_OK):
        return f"the folder {existing} is not writable"
    if shutil.disk_usage(existing).free < num_bytes:
        free = shutil.disk_usage(existing).free
        return f"its disk has {free / 1e6:.0f} MB free, and {num_bytes / 1e6:.0f} MB may be needed"
    return None


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    """The process's umask: read from Linux's table, since setting it to read it races with other threads."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.partition("\nUmask:")[2].split(maxsplit=1)[0], 8)
    except (OSError, IndexError, ValueError):
        umask = os.umask(0o077)
        os.umask(umask)
        return umask


def is_utf8(name: str | Path) -> bool:
    """Return whether the name of a file is UTF-8; others are no text, and JSON cannot hold them."""
    try:
        str(name).encode()
    except UnicodeEncodeError:
        return False
    return True
