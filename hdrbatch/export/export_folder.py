"""The folder of an export: which scenes it holds, according to its journal.

hdrbatch-export.jsonl     what is exported, then a line for every complete scene, with its files' SHA-256
hdrbatch-export.partial/  the scene that is being written
hdrbatch-export.moving.json  the files that are being moved to their places
index.csv                 a line for every file
"""

import csv
import fcntl
import io
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, Any

from hdrbatch.errors import UserError
from hdrbatch.export.layout import ExportedFile
from hdrbatch.local_files import sha256_of_file, write_whole
from hdrbatch.records.dataset_index import SceneRecord
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage.transfer import is_intact
from hdrbatch.stored_names import path_below

JOURNAL = "hdrbatch-export.jsonl"
PARTIAL = "hdrbatch-export.partial"
MOVING = "hdrbatch-export.moving.json"
CUT = "scene:"
"""In that file, begins the id (or its beginning) of a scene whose line in the journal was cut short."""
INDEX = "index.csv"


@dataclass(frozen=True)
class Identity:
    """Dataset, layout and EVs of an export; None stands for all EVs of a scene."""

    layout: str
    dataset: str
    ev: tuple[float, ...] | None

    def __str__(self) -> str:
        ladder = "all" if self.ev is None else ",".join(f"{ev:g}" for ev in self.ev)
        return f"dataset {self.dataset} as {self.layout} at EV {ladder}"


@dataclass(frozen=True)
class Row:
    """A line of the index: a file, with the fields of :class:`hdrbatch.export.layout.ExportedFile`."""

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
        """Ids of the scenes in the journal."""
        return tuple(self._scenes)

    def has(self, scene_id: str, source: str) -> bool:
        """Return whether a scene was exported from this source and all its files are still intact."""
        exported_from, rows = self._scenes.get(scene_id, ("", ()))
        return exported_from == source and all(self._is_intact(row) for row in rows)

    def partial(self) -> Path:
        """Create an empty folder to write a scene in."""
        path = self.root / PARTIAL
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        return path

    def put(
        self, scene: SceneRecord, source: str, files: Sequence[ExportedFile], written_in: Path, folder: str
    ) -> None:
        """Move a scene's files to their folder, then note the scene in the journal."""
        rows = tuple(_row(scene, file, written_in / file.name, f"{folder}/{file.name}") for file in files)
        self._claim(
            scene.id,
            [row.path for row in rows],
            {row.path for row in self._scenes.get(scene.id, ("", ()))[1]},
        )
        self._remove_others(scene.id, {row.path for row in rows})
        for file, row in zip(files, rows, strict=True):
            path = path_below(self.root, row.path)
            path.parent.mkdir(parents=True, exist_ok=True)
            (written_in / file.name).replace(path)
        self._scenes[scene.id] = (source, rows)
        line = {"scene": scene.id, "source": source, "files": [asdict(row) for row in rows]}
        self._journal.write(json.dumps(line) + "\n")
        self._journal.flush()
        os.fsync(self._journal.fileno())
        (self.root / MOVING).unlink(missing_ok=True)

    def _claim(self, scene_id: str, paths: Sequence[str], exported: set[str]) -> None:
        """Note the files that are about to be moved to their places, unless one would replace a user's file.

        After a kill, the note says which of them are the export's although the journal does not.
        """
        left = _moving(self.root)
        cut = tuple(one.removeprefix(CUT) for one in left if one.startswith(CUT))
        for path in paths:
            is_own = path in exported or path in left or (bool(cut) and scene_id.startswith(cut))
            if not is_own and (self.root / path).exists():
                raise UserError(
                    f"{self.root / path}: exists and is not from this export; move it away, or export to "
                    "another folder"
                )
        _note_moving(self.root, left | set(paths))

    def write_index(self, scene_ids: Sequence[str]) -> None:
        """Write the index of those of these scenes that the folder holds."""
        text = io.StringIO()
        table = csv.DictWriter(text, [field.name for field in fields(Row)], lineterminator="\n")
        table.writeheader()
        for scene_id in scene_ids:
            table.writerows(asdict(row) for row in self._scenes.get(scene_id, ("", ()))[1])
        write_whole(self.root / INDEX, text.getvalue())

    def _is_intact(self, row: Row) -> bool:
        path = path_below(self.root, row.path)
        return path.is_file() and is_intact(path, FileEntry(row.path, row.num_bytes, row.sha256))

    def _remove_others(self, scene_id: str, kept: set[str]) -> None:
        """Remove files that an earlier export of the scene wrote elsewhere, e.g. before its split changed."""
        for row in self._scenes.get(scene_id, ("", ()))[1]:
            path = path_below(self.root, row.path)
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
        If the folder holds anything else, or another process is writing there.
    """
    if root.exists() and not root.is_dir():
        raise UserError(f"{root}: not a folder but a file; name a folder")
    journal_path = root / JOURNAL
    if root.is_dir() and not journal_path.is_file() and any(root.iterdir()):
        raise UserError(f"{root}: the folder is not empty and holds no export; name a new or empty folder")
    root.mkdir(parents=True, exist_ok=True)
    with journal_path.open("a+", encoding="utf-8", errors="replace") as journal:
        try:
            fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"{root}: another process is exporting into it; wait until it has ended"
            ) from None
        scenes = _read(root, journal, identity)
        try:
            yield ExportFolder(root, journal, scenes)
        finally:
            shutil.rmtree(root / PARTIAL, ignore_errors=True)


def _read(root: Path, journal: IO[str], identity: Identity) -> dict[str, tuple[str, tuple[Row, ...]]]:
    """Read the journal, or create it; a line that was cut short by a kill is dropped."""
    journal.seek(0)
    lines = journal.read().splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        os.truncate(journal.fileno(), sum(len(line.encode()) for line in lines[:-1]))
        # The files of a cut line are at their places already.
        if cut := re.match(r'\{"scene": "([^"]*)', lines.pop()):
            _note_moving(root, _moving(root) | {f"{CUT}{cut[1]}"})
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
        raise UserError(f"{root / JOURNAL} is damaged; export into a new folder") from None
    if found != identity:
        raise UserError(f"{root}: the folder holds {found}, not {identity}; name another folder")
    return scenes


def _moving(root: Path) -> set[str]:
    """Return the files that were being moved to their places when an export was killed."""
    try:
        return set(json.loads((root / MOVING).read_text()))
    except (OSError, ValueError, TypeError):
        return set()


def _note_moving(root: Path, paths: set[str]) -> None:
    write_whole(root / MOVING, json.dumps(sorted(paths)), durable=True)


def _row(scene: SceneRecord, file: ExportedFile, path: Path, place: str) -> Row:
    others: dict[str, Any] = {name: value for name, value in asdict(file).items() if name != "name"}
    return Row(
        path=place,
        scene=scene.id,
        family=scene.family,
        split=scene.split,
        num_bytes=path.stat().st_size,
        sha256=sha256_of_file(path),
        **others,
    )
