"""``hdrbatch.load_dataset``: the scenes of a finished dataset as arrays."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np
from numpy.typing import NDArray

from hdrbatch.catalogue.scene import Motion, Split
from hdrbatch.errors import UserError
from hdrbatch.imaging.exr import read_exr
from hdrbatch.imaging.photo import read_photo
from hdrbatch.imaging.response import ResponseCurve, parse_response
from hdrbatch.kinds import Kind
from hdrbatch.records.dataset_index import DatasetScene, ExposureRecord, SceneRecord
from hdrbatch.results import datasets
from hdrbatch.storage import keys
from hdrbatch.storage.address import address_or_default, open_store
from hdrbatch.storage.base import Store
from hdrbatch.storage.transfer import download

if TYPE_CHECKING:
    from hdrbatch.interface.torch_scenes import TorchScenes

EV_TOLERANCE = 1e-6
"""Maximum difference in stops between a requested exposure and a photograph's."""


def load_dataset(name: str, *, store: str | PathLike[str] | None = None) -> "Dataset":
    """Open a finished dataset.

    Parameters
    ----------
    name : str
        Name in the job that rendered it (``dataset:``).
    store : path, str or None
        A folder, or ``s3://bucket/prefix``; None uses ``HDRBATCH_STORE``, or else ``hdrbatch-store``.

    Returns
    -------
    Dataset
        The index is read at once, pictures on access.

    Raises
    ------
    UserError
        If the store has no such dataset; the message lists the existing ones.

    Examples
    --------
    >>> dataset = hdrbatch.load_dataset("local", store="local-test/store")  # doctest: +SKIP
    >>> scene = dataset.scenes("train")[0]  # doctest: +SKIP
    >>> scene.radiance.shape, scene.photograph(0).dtype  # doctest: +SKIP
    ((120, 160, 3), dtype('uint8'))
    """
    opened = open_store(address_or_default(store))
    return Dataset(opened, name, datasets.load_dataset(opened, name).scenes)


class Dataset:
    """A dataset's scenes, in the order of its index: the training scenes, then the test scenes.

    Created by :func:`load_dataset`.
    """

    def __init__(self, store: Store, name: str, entries: Sequence[DatasetScene]) -> None:
        self.name = name
        self._scenes = tuple(Scene(store, name, entry) for entry in entries)

    def __len__(self) -> int:
        return len(self._scenes)

    def __getitem__(self, index: int | str) -> "Scene":
        """Find a scene by its position or by its id."""
        if isinstance(index, str):
            for scene in self._scenes:
                if scene.id == index:
                    return scene
            raise KeyError(f"dataset {self.name!r} has no scene {index!r}; it has {_listed(self._scenes)}")
        return self._scenes[index]

    def __iter__(self) -> "Iterator[Scene]":
        return iter(self._scenes)

    def __repr__(self) -> str:
        counts = [f"{len(self.scenes(split))} {split}" for split in ("train", "test")]
        return f"<Dataset {self.name!r}: {' and '.join(counts)} scenes>"

    def scenes(self, split: Split | None = None) -> "tuple[Scene, ...]":
        """Return the scenes of one split, ``train`` or ``test``, or all scenes.

        Raises
        ------
        UserError
            If there is no such split.
        """
        if split is not None and split not in get_args(Split):
            raise UserError(f"split {split!r} does not exist; use {' or '.join(get_args(Split))}")
        return tuple(scene for scene in self._scenes if split is None or scene.split == split)

    def torch(self, split: Split | None = None, *, evs: Sequence[float] | None = None) -> "TorchScenes":
        """Return a ``torch.utils.data.Dataset`` of photographs and radiance, one item per scene.

        Parameters
        ----------
        split : ``train``, ``test`` or None
            Split of the scenes; None uses all.
        evs : sequence of float, or None
            Exposures of the photographs; None uses all, which must be the same for every scene.

        Raises
        ------
        SetUpError
            If torch is not installed.
        UserError
            If there is no such split, it or ``evs`` is empty, or a scene has no photograph at one of the
            exposures.
        """
        scenes = self.scenes(split)
        if not scenes:
            raise UserError(f"dataset {self.name!r} has no {split} scenes; use another split, or render some")
        if evs is not None and len(evs) == 0:
            raise UserError("evs is empty; give at least one exposure, or None for all")

        from hdrbatch.worker.requirements import check_requirements

        check_requirements({Kind.TRAIN_VARIANT})

        from hdrbatch.interface.torch_scenes import TorchScenes

        return TorchScenes(scenes, tuple(scenes[0].evs if evs is None else evs))


class Scene:
    """One scene of a dataset; every access to an array reads and verifies its file.

    Attributes
    ----------
    metadata : SceneRecord
        Record of the index: seed, camera, anchor, dynamic range, statistics of the photographs.
    """

    def __init__(self, store: Store, dataset: str, entry: DatasetScene) -> None:
        self._store = store
        self._dataset = dataset
        self._entry = entry

    def __repr__(self) -> str:
        return f"<Scene {self.id!r}: {self.split}, {len(self.evs)} exposures>"

    @property
    def metadata(self) -> SceneRecord:
        """Record of the scene in the index."""
        return self._entry.scene

    @property
    def id(self) -> str:
        """Family and seed, such as ``interior-0007``."""
        return self.metadata.id

    @property
    def family(self) -> str:
        """Family of the scene, such as ``interior``."""
        return self.metadata.family

    @property
    def split(self) -> Split:
        """``train`` or ``test``."""
        return self.metadata.split

    @property
    def motion(self) -> Motion:
        """Motion while a bracket is taken: ``still``, ``objects``, ``shake`` or ``both``."""
        return self.metadata.motion

    @property
    def exposures(self) -> tuple[ExposureRecord, ...]:
        """EV and statistics of each photograph."""
        return self.metadata.exposures

    @property
    def evs(self) -> tuple[float, ...]:
        """Exposures of the photographs in stops; EV +1 has twice the light of EV 0."""
        return tuple(exposure.ev for exposure in self.exposures)

    @property
    def response(self) -> ResponseCurve:
        """The camera's response: ``invert`` turns a photograph's values (0 to 1) into linear signal."""
        return parse_response(self.metadata.camera["response"])

    @property
    def radiance(self) -> NDArray[np.float32]:
        """Radiance of the scene, the ground truth.

        Returns
        -------
        (H, W, 3) float32, scene-linear Rec.709, EV 0 units
            1.0 just saturates the photograph at EV 0. A moving scene is shown at the moment of its middle
            photograph.
        """
        with self._fetched(keys.reference(self._dataset, self.id)) as path:
            return read_exr(path) * np.float32(self.metadata.anchor)

    def photograph(self, ev: float) -> NDArray[np.uint8]:
        """Read the photograph at one exposure.

        Returns
        -------
        (H, W, 3) uint8, RGB
            Encoded by the camera's response.

        Raises
        ------
        UserError
            If the scene has no photograph at this EV.
        """
        stored = self.find_ev(ev)
        if stored is None:
            known = ", ".join(f"{value:g}" for value in self.evs)
            raise UserError(f"scene {self.id!r} has no photograph at EV {ev:g}; use one of {known}")
        with self._fetched(keys.photo(self._dataset, self.id, stored)) as path:
            codes = read_photo(path).codes
        assert codes.dtype == np.uint8
        return codes.astype(np.uint8, copy=False)

    def find_ev(self, ev: float) -> float | None:
        """Find the stored exposure that equals an EV within ``EV_TOLERANCE``; None if there is none."""
        return next((stored for stored in self.evs if abs(stored - ev) <= EV_TOLERANCE), None)

    @contextmanager
    def _fetched(self, key: str) -> Iterator[Path]:
        """Fetch a verified copy of a file of the scene within the context."""
        with tempfile.TemporaryDirectory(prefix="hdrbatch-") as folder:
            yield download(self._store, self._entry.file(key), Path(folder) / Path(key).name)


def _listed(scenes: Sequence[Scene]) -> str:
    shown = ", ".join(scene.id for scene in scenes[:5])
    return f"{shown}, ..." if scenes[5:] else shown or "none"
