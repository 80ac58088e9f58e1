"""A user's own files as inputs of tasks."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from hdrbatch.catalogue.scene import Scene, UserFile
from hdrbatch.local_files import sha256_of_file
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store
from hdrbatch.storage.transfer import upload_all


def user_file_entry(own: UserFile) -> FileEntry:
    """Return the store entry of a user's file, whose key depends on its content."""
    path = Path(own.path)
    found = path.stat()
    return _entry(path, found.st_size, found.st_mtime_ns)


@cache
def _entry(path: Path, num_bytes: int, _changed_ns: int) -> FileEntry:
    sha256 = sha256_of_file(path)
    return FileEntry(keys.user_file(sha256, path.suffix.lower()), num_bytes, sha256)


def upload_user_files(store: Store, scenes: Iterable[Scene]) -> None:
    """Upload the users' files that scenes are built from, unless they are stored already."""
    wanted = {user_file_entry(scene.own): Path(scene.own.path) for scene in scenes if scene.own}
    if wanted:
        there = {found.key: found.num_bytes for found in store.list(keys.USER_FILES)}
        upload_all(
            store,
            {entry.key: path for entry, path in wanted.items() if there.get(entry.key) != entry.num_bytes},
        )
