"""What a layout is: which stored files a scene needs, and what is made of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hdrbatch.records.dataset_index import DatasetScene
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage.base import Store


@dataclass(frozen=True)
class MadeFile:
    """A file of a scene, as a layout has written it.

    Attributes
    ----------
    name : str
        In the scene's folder.
    kind : str
        What it is, for the index: photograph, hdr, radiance, exposures or record.
    ev : float or None
        Exposure of a photograph, in stops above EV 0.
    to_ev0 : float or None
        Linear values in the file times this are radiance in EV 0 units.
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
        """Exposures where none are named; None takes all that a scene has."""
        ...

    def check(self, scenes: Sequence[DatasetScene], ev: Sequence[float]) -> None:
        """Refuse exposures that this layout cannot hold, with a ValueError; all scenes have them."""
        ...

    def folder(self, entry: DatasetScene) -> str:
        """Folder of a scene, relative to the export's."""
        ...

    def inputs(
        self, store: Store, dataset: str, entry: DatasetScene, ev: Sequence[float]
    ) -> tuple[FileEntry, ...]:
        """Stored files that :meth:`make` reads."""
        ...

    def make(
        self,
        dataset: str,
        entry: DatasetScene,
        ev: Sequence[float],
        inputs: Mapping[str, Path],
        folder: Path,
    ) -> tuple[MadeFile, ...]:
        """Write a scene's files into an empty folder; ``inputs`` are the stored files by key."""
        ...
