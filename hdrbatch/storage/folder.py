"""A store that is a folder."""

import logging
import os
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from hdrbatch.errors import ObjectNotFoundError, StoreAddressError, StoreError, UnsafeNameError
from hdrbatch.local_files import TEMPORARY_PREFIX, replacing
from hdrbatch.storage import keys
from hdrbatch.storage.base import StoredObject, is_listed
from hdrbatch.stored_names import path_below

_log = logging.getLogger(__name__)


class FolderStore:
    """Objects are files; a put writes a temporary file, flushes it to the disk and renames it."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    @property
    def url(self) -> str:
        """The folder's absolute path."""
        return str(self.root)

    def put_file(self, key: str, path: Path) -> None:
        """Store a file's bytes."""

        def copy(temporary: Path) -> None:
            with path.open("rb") as source, temporary.open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)

        self._replace(key, copy)

    def put_bytes(self, key: str, data: bytes) -> None:
        """Store some bytes."""
        self._replace(key, lambda temporary: temporary.write_bytes(data))

    def _replace(self, key: str, write: Callable[[Path], object]) -> None:
        try:
            with replacing(self._path(key), synced=True) as temporary:
                write(temporary)
        except OSError as error:
            raise StoreError(f"{self.url}: cannot write {key}: {error.strerror or error}") from error

    def get_file(self, key: str, path: Path) -> None:
        """Write an object's bytes to a new file."""
        source = self._existing(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, path)
        except FileNotFoundError:
            raise ObjectNotFoundError(f"{self.url}: there is no {key}") from None
        except OSError as error:
            raise StoreError(f"{self.url}: cannot copy {key} to {path}: {error.strerror or error}") from error

    def get_bytes(self, key: str) -> bytes:
        """Read an object."""
        try:
            return self._existing(key).read_bytes()
        except FileNotFoundError:
            raise ObjectNotFoundError(f"{self.url}: there is no {key}") from None
        except OSError as error:
            raise StoreError(f"{self.url}: cannot read {key}: {error.strerror or error}") from error

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Yield all objects whose key begins with the prefix, sorted by key."""
        folder, _, name = prefix.rpartition("/")
        found = sorted(self._walk(self._path(folder) if folder else self.root, folder, name))
        for key, num_bytes in found:
            yield StoredObject(key, num_bytes)

    def _walk(self, folder: Path, key: str, name: str = "") -> Iterator[tuple[str, int]]:
        try:
            entries = list(os.scandir(folder))
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise StoreError(f"{self.url}: cannot list {key}: {error.strerror or error}") from error
        for entry in entries:
            if entry.name.startswith(name):
                yield from self._entry(entry, f"{key}/{entry.name}" if key else entry.name)

    def _entry(self, entry: "os.DirEntry[str]", key: str) -> Iterator[tuple[str, int]]:
        """Yield what an entry of a folder stands for: an object, those of a folder, or nothing."""
        if not is_listed(self.url, key):
            return
        try:
            if entry.is_symlink():
                self._path(key)
            if entry.is_dir():
                yield from self._walk(Path(entry.path), key)
                return
            status = entry.stat()
        except FileNotFoundError:
            # Deleted since the folder was read, or a link to nothing: no object has this key.
            return
        except UnsafeNameError as error:
            _log.warning("%s: skipped: %s", self.url, error)
            return
        except OSError as error:
            _log.warning("%s: %s is skipped: %s", self.url, key, error.strerror or error)
            return
        if stat.S_ISREG(status.st_mode):
            yield key, status.st_size

    def delete(self, key: str) -> None:
        """Delete an object; a missing one is not an error."""
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"{self.url}: cannot delete {key}: {error.strerror or error}") from error

    def check(self) -> None:
        """Check that the folder can be created and written."""
        probe = f"{TEMPORARY_PREFIX}check-{secrets.token_hex(4)}"
        try:
            self.put_bytes(probe, b"hdrbatch")
            stored = self.get_bytes(probe)
            self.delete(probe)
        except StoreError as error:
            raise StoreAddressError(f"{error}; give a writable folder with --store") from error
        if stored != b"hdrbatch":
            raise StoreAddressError(f"{self.url}: returns other bytes than were written; use another disk")

    def leftovers(self, older_than_s: float) -> Iterator[Path]:
        """Yield temporary files that killed writers left behind, below the folders of a store alone."""
        for top in (self.root, *(self.root / name for name in keys.TOP_FOLDERS)):
            for folder, inner, names in os.walk(top):
                if top == self.root:
                    inner.clear()
                for path in (Path(folder) / name for name in names if name.startswith(TEMPORARY_PREFIX)):
                    with suppress(FileNotFoundError):
                        status = path.lstat()
                        if stat.S_ISREG(status.st_mode) and time.time() - status.st_mtime >= older_than_s:
                            yield path

    def _existing(self, key: str) -> Path:
        path = self._path(key)
        if not path.is_file():
            raise ObjectNotFoundError(f"{self.url}: there is no {key}")
        return path

    def _path(self, key: str) -> Path:
        return path_below(self.root, key)
