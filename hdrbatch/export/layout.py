"""The layout protocol: which stored files a scene needs, and which files are written from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hdrbatch.records.dataset_index import DatasetScene
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage.base import Store


@dataclass(frozen=True)
class ExportedFile:
    """A file of a scene, as written by a layout.

    Attributes
    ----------
    name : str
        Name in the scene's folder.
    kind : str
        Kind of file, for the index: photograph, hdr, radiance, exposures or record.
    ev : float or None
        Exposure of a photograph, in stops above EV 0.
    to_ev0 : float or None
        Factor from linear values in the file to radiance in EV 0 units.
    clipped_fraction : float or None
        Share of pixels that are clipped in at least one channel.
    noise_seed : int or None
        Seed of a photograph's noise.
    """

    name: str
    kind: str
    ev: float | None = None
    to_ev0: float | None = None
    clipped_fraction: float | None = None
    noise_seed: int | None = None


class Layout(Protocol):
    """A folder tree that other programs read."""

    @property
    def name(self) -> str:
        """Name on the command line."""
        ...

    @property
    def default_ev(self) -> tuple[float, ...] | None:
        """Exposures used by default; None means all that a scene has."""
        ...

    def check(self, scenes: Sequence[DatasetScene], ev: Sequence[float]) -> None:
        """Raise ValueError if the layout cannot hold these exposures, which all scenes have."""
        ...

    def folder(self, entry: DatasetScene) -> str:
        """Return the folder of a scene, relative to the export's."""
        ...

    def inputs(
        self, store: Store, dataset: str, entry: DatasetScene, ev: Sequence[float]
    ) -> tuple[FileEntry, ...]:
        """Return the stored files that :meth:`write` reads."""
        ...

    def write(
        self,
        dataset: str,
        entry: DatasetScene,
        ev: Sequence[float],
        inputs: Mapping[str, Path],
        folder: Path,
    ) -> tuple[ExportedFile, ...]:
        """Write a scene's files into an empty folder; ``inputs`` are the stored files by key."""
        ...
