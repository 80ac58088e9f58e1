"""A dataset's scenes: ``scene.json`` and ``dataset.json``."""

from collections.abc import Mapping
from typing import Any, ClassVar

from hdrbatch.catalogue.scene import Motion, Split
from hdrbatch.errors import MissingInputError
from hdrbatch.records.base import Record, StoredName
from hdrbatch.records.file_entry import FileEntry


class ExposureRecord(Record):
    """One photograph's statistics: shares of its pixels and, in a moving scene, its time.

    ``begin_s`` counts from the beginning of the bracket; both times are None if nothing moves.
    """

    ev: float
    clipped_fraction: float
    black_fraction: float
    begin_s: float | None = None
    shutter_s: float | None = None


class SceneRecord(Record):
    """``scene.json``: a scene, its camera, its anchor and its statistics.

    Radiance in the files times ``anchor`` is in EV 0 units: 1.0 just saturates the photograph at EV 0.
    ``motion`` states what moves: nothing (``still``), ``objects``, the camera (``shake``), or ``both``.
    """

    title: ClassVar[str] = "record of a scene"
    id: StoredName
    family: StoredName
    seed: int
    split: Split
    motion: Motion = "still"
    denoised: bool = False
    width: int
    height: int
    anchor: float
    dynamic_range_stops: float
    exposures: tuple[ExposureRecord, ...]
    camera: Mapping[str, Any]
    description: Mapping[str, Any]


class DatasetScene(Record):
    """A scene in the index, with its files."""

    scene: SceneRecord
    files: tuple[FileEntry, ...]

    def file(self, key: str) -> FileEntry:
        """Find a file by key; raise MissingInputError if the scene has no such file."""
        for entry in self.files:
            if entry.key == key:
                return entry
        raise MissingInputError(
            f"{key} is not in the dataset's index: render scene {self.scene.id} again to make it"
        )


class DatasetRecord(Record):
    """``dataset.json``: the index of a dataset."""

    title: ClassVar[str] = "index of a dataset"
    dataset: StoredName
    scenes: tuple[DatasetScene, ...]

    def split(self, split: Split) -> tuple[DatasetScene, ...]:
        """Return the scenes of one split."""
        return tuple(entry for entry in self.scenes if entry.scene.split == split)
