"""A cache of stored files on a node's disk, shared by all of its tasks, in whatever containers they run.

Files are named by their SHA-256. Each file is downloaded under a lock, so that ten tasks that start together
download it once; the kernel releases the lock if its holder is killed. A task gets a hard link, so that
eviction never removes a file that is being read.

    objects/<sha256>     intact files, read-only; the modification time is that of the last use
    incoming/<sha256>    being downloaded by the holder of its lock, or left behind by a killed one
    locks/               one file for each first three digits of a hash, and "room" for eviction
"""

import errno
import fcntl
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hdrbatch.errors import StoreError
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage.base import Store
from hdrbatch.storage.retrying import is_full_disk
from hdrbatch.storage.transfer import download, is_intact

_NUM_LOCK_DIGITS = 3
_LINK_REFUSED = frozenset({errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.EOPNOTSUPP})
_log = logging.getLogger(__name__)


class NodeCache:
    """A bounded, content-addressed folder of stored files.

    Parameters
    ----------
    folder
        Folder on a disk of this node; other processes and containers may share it.
    max_bytes
        Maximum size; the least recently used files are evicted first.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.folder = folder
        self.max_bytes = max_bytes
        self._objects = folder / "objects"
        self._incoming = folder / "incoming"
        self._locks = folder / "locks"
        self._has_warned = False

    def fetch(self, store: Store, entry: FileEntry, path: Path) -> Path:
        """Fetch a stored file to ``path``, from the cache or through it.

        The file is read-only if it is a link into the cache. If the cache cannot be used (a full disk, no
        write permission), or the file is larger than the cache's maximum size, it is downloaded directly.

        Raises
        ------
        StoreError
            As :func:`hdrbatch.storage.transfer.download` does.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        if entry.num_bytes > self.max_bytes:
            return download(store, entry, path)
        try:
            return self._fetch(store, entry, path)
        except OSError as error:
            self._warn(error)
        except StoreError as error:
            if not is_full_disk(error):
                raise
            self._warn(error)
        path.unlink(missing_ok=True)
        return download(store, entry, path)

    def _fetch(self, store: Store, entry: FileEntry, path: Path) -> Path:
        for folder in (self._objects, self._incoming, self._locks):
            folder.mkdir(parents=True, exist_ok=True)
        if self._link_cached(entry, path):
            return path
        with self._locked(entry.sha256[:_NUM_LOCK_DIGITS]):
            # Another task may have downloaded it while this one waited.
            if not self._link_cached(entry, path):
                self._make_room(entry)
                self._download_to_cache(store, entry, path)
                self._make_room(entry)
        return path

    def _link_cached(self, entry: FileEntry, path: Path) -> bool:
        """Link the cached file, then check that it is intact: a linked file cannot be evicted any more."""
        cached = self._objects / entry.sha256
        try:
            _link(cached, path)
        except FileNotFoundError:
            return False
        if not is_intact(path, entry):
            _log.warning("%s is damaged; downloading it again", cached)
            path.unlink()
            return False
        with suppress(OSError):
            os.utime(cached)
        return True

    def _download_to_cache(self, store: Store, entry: FileEntry, path: Path) -> None:
        incoming = self._incoming / entry.sha256
        _remove(incoming)
        incoming.mkdir()
        try:
            file = download(store, entry, incoming / "file")
            file.chmod(0o444)
            _link(file, path)
            file.replace(self._objects / entry.sha256)
        finally:
            _remove(incoming)

    def _make_room(self, entry: FileEntry) -> None:
        """Remove leftovers, then the least recently used files until this one fits."""
        with self._locked("room"):
            self._remove_leftovers(entry.sha256[:_NUM_LOCK_DIGITS])
            files: list[tuple[int, int, Path]] = []
            for found in os.scandir(self._objects):
                with suppress(FileNotFoundError):
                    if found.name != entry.sha256:
                        status = found.stat()
                        files.append((status.st_mtime_ns, status.st_size, Path(found.path)))
            too_many = sum(num_bytes for _, num_bytes, _ in files) + entry.num_bytes - self.max_bytes
            for _, num_bytes, path in sorted(files):
                if too_many <= 0:
                    break
                path.unlink(missing_ok=True)
                too_many -= num_bytes

    def _remove_leftovers(self, own_lock: str) -> None:
        """Remove downloads whose lock is free: their writers were killed."""
        for found in list(os.scandir(self._incoming)):
            lock = found.name[:_NUM_LOCK_DIGITS]
            if lock != own_lock:
                with suppress(BlockingIOError), self._locked(lock, fcntl.LOCK_NB):
                    _remove(Path(found.path))

    @contextmanager
    def _locked(self, name: str, flags: int = 0) -> Iterator[None]:
        handle = os.open(self._locks / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | flags)
            yield
        finally:
            os.close(handle)

    def _warn(self, error: Exception) -> None:
        if not self._has_warned:
            self._has_warned = True
            _log.warning("the cache %s cannot be used (%s); downloading files directly", self.folder, error)


def _link(source: Path, path: Path) -> None:
    """Create a hard link, or a copy if the file system refuses to link."""
    try:
        os.link(source, path)
    except OSError as error:
        if error.errno not in _LINK_REFUSED:
            raise
        shutil.copyfile(source, path)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
