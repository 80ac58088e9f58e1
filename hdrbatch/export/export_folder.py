"""The folder of an export: which scenes are whole in it, told by a journal.

hdrbatch-export.jsonl     what is exported, then a line for every scene that is whole, with its files' SHA-256
hdrbatch-export.partial/  the scene that is being made
index.csv                 a line for every file
"""

import csv
import fcntl
import io
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, Any

from hdrbatch.errors import UserError
from hdrbatch.export.layout import MadeFile
from hdrbatch.local_files import sha256_of_file, write_whole
from hdrbatch.records.dataset_index import SceneRecord
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage.transfer import is_intact

JOURNAL = "hdrbatch-export.jsonl"
PARTIAL = "hdrbatch-export.partial"
INDEX = "index.csv"


@dataclass(frozen=True)
class Identity:
    """What a folder is an export of; EVs are None where they are all that a scene has."""

    layout: str
    dataset: str
    ev: tuple[float, ...] | None

    def __str__(self) -> str:
        ladder = "all" if self.ev is None else ",".join(f"{ev:g}" for ev in self.ev)
        return f"dataset {self.dataset} as {self.layout} at EV {ladder}"


@dataclass(frozen=True)
class Row:
    """A line of the index: a file, with what :class:`hdrbatch.export.layout.MadeFile` says of it."""

    path: str
    kind: str
    scene: str
    family: str
    split: str
    ev: float | None
    to_ev0: float | None
    clipped_fraction: float | None
    noise_seed: int | None
    num_bytes: int
    sha256: str


class ExportFolder:
    """A folder that one process at a time exports into; :func:`opened_export` opens it."""

    def __init__(self, root: Path, journal: IO[str], scenes: dict[str, tuple[str, tuple[Row, ...]]]) -> None:
        self.root = root
        self._journal = journal
        self._scenes = scenes

    @property
    def scenes(self) -> tuple[str, ...]:
        """Ids of the scenes that the journal names."""
        return tuple(self._scenes)

    def has(self, scene_id: str, source: str) -> bool:
        """Whether a scene was made from this source and all its files are still whole."""
        made_from, rows = self._scenes.get(scene_id, ("", ()))
        return made_from == source and all(self._is_whole(row) for row in rows)

    def partial(self) -> Path:
        """Make an empty folder to make a scene in."""
        path = self.root / PARTIAL
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        return path

    def put(
        self, scene: SceneRecord, source: str, files: Sequence[MadeFile], made_in: Path, folder: str
    ) -> None:
        """Move a scene's files to where they belong, then note it in the journal."""
        rows = tuple(_row(scene, file, made_in / file.name, f"{folder}/{file.name}") for file in files)
        self._remove_others(scene.id, {row.path for row in rows})
        (self.root / folder).mkdir(parents=True, exist_ok=True)
        for file in files:
            (made_in / file.name).replace(self.root / folder / file.name)
        self._scenes[scene.id] = (source, rows)
        line = {"scene": scene.id, "source": source, "files": [asdict(row) for row in rows]}
        self._journal.write(json.dumps(line) + "\n")
        self._journal.flush()

    def write_index(self, scene_ids: Sequence[str]) -> None:
        """Write the index of these scenes, as far as they are here."""
        text = io.StringIO()
        table = csv.DictWriter(text, [field.name for field in fields(Row)], lineterminator="\n")
        table.writeheader()
        for scene_id in scene_ids:
            table.writerows(asdict(row) for row in self._scenes.get(scene_id, ("", ()))[1])
        write_whole(self.root / INDEX, text.getvalue())

    def _is_whole(self, row: Row) -> bool:
        path = self.root / row.path
        return path.is_file() and is_intact(path, FileEntry(row.path, row.num_bytes, row.sha256))

    def _remove_others(self, scene_id: str, kept: set[str]) -> None:
        """Remove what an earlier export of the scene wrote elsewhere, as before it changed its split."""
        for row in self._scenes.get(scene_id, ("", ()))[1]:
            path = self.root / row.path
            if row.path not in kept:
                path.unlink(missing_ok=True)
                if path.parent.is_dir() and not any(path.parent.iterdir()):
                    path.parent.rmdir()


@contextmanager
def opened_export(root: Path, identity: Identity) -> Iterator[ExportFolder]:
    """Open a folder to export into: a new or empty one, or one that holds the same export.

    Raises
    ------
    UserError
        Where the folder holds anything else, or another process is writing there.
    """
    if root.exists() and not root.is_dir():
        raise UserError(f"{root}: there is a file of that name: name a folder")
    journal_path = root / JOURNAL
    if root.is_dir() and not journal_path.is_file() and any(root.iterdir()):
        raise UserError(f"{root}: the folder is not empty and holds no export: name a new or empty folder")
    root.mkdir(parents=True, exist_ok=True)
    with journal_path.open("a+", encoding="utf-8", errors="replace") as journal:
        try:
            fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"{root}: another process is exporting into it: wait until it has ended"
            ) from None
        scenes = _read(root, journal, identity)
        try:
            yield ExportFolder(root, journal, scenes)
        finally:
            shutil.rmtree(root / PARTIAL, ignore_errors=True)


def _read(root: Path, journal: IO[str], identity: Identity) -> dict[str, tuple[str, tuple[Row, ...]]]:
    """Read the journal, or begin it; a line that was cut short by a kill is dropped."""
    journal.seek(0)
    lines = journal.read().splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        os.truncate(journal.fileno(), sum(len(line.encode()) for line in lines[:-1]))
        lines.pop()
    if not lines:
        journal.write(json.dumps(asdict(identity)) + "\n")
        journal.flush()
        return {}
    try:
        first, *others = (json.loads(line) for line in lines)
        found = Identity(
            first["layout"], first["dataset"], None if first["ev"] is None else tuple(first["ev"])
        )
        scenes = {
            line["scene"]: (line["source"], tuple(Row(**row) for row in line["files"])) for line in others
        }
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{root / JOURNAL} is damaged: export into a new folder") from None
    if found != identity:
        raise UserError(f"{root}: the folder holds {found}, not {identity}: name another folder")
    return scenes


def _row(scene: SceneRecord, file: MadeFile, path: Path, place: str) -> Row:
    told: dict[str, Any] = {name: value for name, value in asdict(file).items() if name != "name"}
    return Row(
        path=place,
        scene=scene.id,
        family=scene.family,
        split=scene.split,
        num_bytes=path.stat().st_size,
        sha256=sha256_of_file(path),
        **told,
    )
