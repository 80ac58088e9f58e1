"""A user's own files as inputs of tasks."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from hdrbatch.catalogue.scene import OwnFile, Scene
from hdrbatch.local_files import sha256_of_file
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store
from hdrbatch.storage.transfer import upload_all


def own_file_entry(own: OwnFile) -> FileEntry:
    """What a user's file is called in the store, by its content."""
    path = Path(own.path)
    found = path.stat()
    return _entry(path, found.st_size, found.st_mtime_ns)


@cache
def _entry(path: Path, num_bytes: int, _changed_ns: int) -> FileEntry:
    sha256 = sha256_of_file(path)
    return FileEntry(keys.user_file(sha256, path.suffix.lower()), num_bytes, sha256)


def store_own_files(store: Store, scenes: Iterable[Scene]) -> None:
    """Upload the users' files that scenes are made from and that the store does not hold yet."""
    wanted = {own_file_entry(scene.own): Path(scene.own.path) for scene in scenes if scene.own}
    if wanted:
        there = {found.key: found.num_bytes for found in store.list(keys.USER_FILES)}
        upload_all(
            store,
            {entry.key: path for entry, path in wanted.items() if there.get(entry.key) != entry.num_bytes},
        )
