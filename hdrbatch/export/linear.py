"""Linear EXR and the photographs as they are stored, in a plain tree.

train/<scene>/reference.exr, ev-2.png ..., scene.json
test/<scene>/...
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from hdrbatch.export.layout import ExportedFile
from hdrbatch.records.dataset_index import DatasetScene
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store


class LinearLayout:
    """Copies of the reference, the photographs and the record."""

    name = "linear-exr"
    default_ev = None

    def check(self, scenes: Sequence[DatasetScene], ev: Sequence[float]) -> None:
        """Accept any exposures."""

    def folder(self, entry: DatasetScene) -> str:
        """Return the folder of a scene."""
        return f"{entry.scene.split}/{entry.scene.id}"

    def inputs(
        self,
        store: Store,  # noqa: ARG002 (the index names them all)
        dataset: str,
        entry: DatasetScene,
        ev: Sequence[float],
    ) -> tuple[FileEntry, ...]:
        """Return the stored files to copy."""
        scene = entry.scene.id
        copied = [keys.reference(dataset, scene), keys.scene_record(dataset, scene)]
        copied += [keys.photo(dataset, scene, value) for value in ev]
        return tuple(entry.file(key) for key in copied)

    def write(
        self,
        dataset: str,
        entry: DatasetScene,
        ev: Sequence[float],
        inputs: Mapping[str, Path],
        folder: Path,
    ) -> tuple[ExportedFile, ...]:
        """Copy the files under plain names, byte for byte."""
        scene = entry.scene
        reference, record = keys.reference(dataset, scene.id), keys.scene_record(dataset, scene.id)
        clipped = {exposure.ev: exposure.clipped_fraction for exposure in scene.exposures}
        made = {reference: ExportedFile("reference.exr", "radiance", to_ev0=scene.anchor)}
        for value in ev:
            name = f"{keys.ev_name(value)}.png"
            key = keys.photo(dataset, scene.id, value)
            made[key] = ExportedFile(name, "photograph", value, 2.0**-value, clipped[value])
        made[record] = ExportedFile("scene.json", "record")
        for key, file in made.items():
            shutil.copyfile(inputs[key], folder / file.name)
        return tuple(made.values())
