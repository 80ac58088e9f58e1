"""Export of a dataset, scene by scene."""

import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from hdrbatch.catalogue.scene import Split
from hdrbatch.errors import UserError
from hdrbatch.export.export_folder import Identity, opened_export
from hdrbatch.export.kalantari import KalantariLayout
from hdrbatch.export.layout import Layout
from hdrbatch.export.linear import LinearLayout
from hdrbatch.provenance.versions import version_of
from hdrbatch.records.dataset_index import DatasetRecord, DatasetScene
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage.base import Store
from hdrbatch.storage.transfer import download_all

LAYOUTS: Mapping[str, Layout] = {layout.name: layout for layout in (KalantariLayout(), LinearLayout())}
SPLITS: Mapping[str, Split | None] = {"all": None, **{split: split for split in get_args(Split)}}


@dataclass(frozen=True)
class ExportRequest:
    """Layout, output folder and choice of an export.

    Attributes
    ----------
    layout : str
        One of LAYOUTS.
    output : Path
        A new or empty folder, or an earlier export of the same dataset, layout and EVs.
    split : str or None
        train or test; None means both.
    ev : tuple of float or None
        Exposures; None uses the layout's default.
    """

    layout: str
    output: Path
    split: Split | None = None
    ev: tuple[float, ...] | None = None


@dataclass(frozen=True)
class ExportResult:
    """Scenes written, scenes skipped, and scenes no longer in the dataset."""

    num_made: int
    num_whole: int
    gone: tuple[str, ...]


def export_dataset(
    store: Store,
    index: DatasetRecord,
    request: ExportRequest,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> ExportResult:
    """Write a dataset in another layout; scenes that are already exported are skipped.

    Parameters
    ----------
    store, index
        The dataset.
    request
        Layout, output folder and choice of scenes and exposures.
    on_progress
        Called with the number of scenes done and the total.

    Raises
    ------
    UserError
        If the dataset has no such scenes or exposures, or the folder holds something else; nothing is
        written then.
    CorruptObjectError
        If a stored file is damaged. The scenes before it are complete, and a rerun skips them.
    """
    layout = LAYOUTS[request.layout]
    ev = request.ev if request.ev is not None else layout.default_ev
    scenes = _checked_scenes(index, request.split, layout, ev)
    num_made = 0
    with opened_export(request.output, Identity(layout.name, index.dataset, ev)) as folder:
        for done, entry in enumerate(scenes):
            on_progress(done, len(scenes))
            ladder = ev if ev is not None else tuple(exposure.ev for exposure in entry.scene.exposures)
            inputs = layout.inputs(store, index.dataset, entry, ladder)
            source = _source(layout, entry, ladder, inputs)
            if folder.has(entry.scene.id, source):
                continue
            partial = folder.partial()
            # Next to the result, so that a small /tmp does not matter.
            with tempfile.TemporaryDirectory(dir=partial) as fetched:
                targets = {file: Path(fetched) / f"{number}" for number, file in enumerate(inputs)}
                download_all(store, targets)
                paths = {file.key: path for file, path in targets.items()}
                files = layout.write(index.dataset, entry, ladder, paths, partial)
            folder.put(entry.scene, source, files, partial, layout.folder(entry))
            num_made += 1
        on_progress(len(scenes), len(scenes))
        known = [entry.scene.id for entry in index.scenes]
        folder.write_index(known)
        gone = tuple(scene for scene in folder.scenes if scene not in set(known))
    return ExportResult(num_made, len(scenes) - num_made, gone)


def _checked_scenes(
    index: DatasetRecord, split: Split | None, layout: Layout, ev: tuple[float, ...] | None
) -> tuple[DatasetScene, ...]:
    scenes = index.scenes if split is None else index.split(split)
    if not scenes:
        raise UserError(f"dataset {index.dataset} has no {split or ''} scenes to export".replace("  ", " "))
    if ev is None:
        return scenes
    for entry in scenes:
        stored = [exposure.ev for exposure in entry.scene.exposures]
        if missing := [value for value in ev if value not in stored]:
            raise UserError(
                f"--ev {_ev_list(ev)}: {entry.scene.id} of dataset {index.dataset} has no exposure at "
                f"EV {missing[0]:g}; use some of {_ev_list(stored)}"
            )
    try:
        layout.check(scenes, ev)
    except ValueError as error:
        raise UserError(f"--ev {_ev_list(ev)}: {error}") from None
    return scenes


def _ev_list(ev: Sequence[float]) -> str:
    return ",".join(f"{value:g}" for value in ev)


def _source(layout: Layout, entry: DatasetScene, ev: Sequence[float], inputs: Sequence[FileEntry]) -> str:
    """Return the digest of everything that decides a scene's files."""
    decides = [
        layout.name,
        version_of(f"export/{layout.name}"),
        list(ev),
        entry.scene.model_dump(mode="json"),
        [file.sha256 for file in inputs],
    ]
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()
