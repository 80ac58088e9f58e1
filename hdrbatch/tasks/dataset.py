"""Scenes of a dataset as arrays, from files that somebody fetches."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hdrbatch.errors import UserError
from hdrbatch.imaging.files import read_exr, read_photo
from hdrbatch.learning.data import TrainingScene
from hdrbatch.learning.evaluation import EvaluationScene
from hdrbatch.records import DatasetScene, FileEntry
from hdrbatch.storage import keys

Fetch = Callable[[FileEntry], Path]
"""Brings one stored file to this machine, verified, and says where it is."""


def training_scene(dataset: str, entry: DatasetScene, fetch: Fetch) -> TrainingScene:
    """The reference of a scene, for photographs to be simulated from."""
    return TrainingScene(entry.scene.id, _reference_ev0(dataset, entry, fetch))


def evaluation_scene(dataset: str, entry: DatasetScene, ev: Sequence[float], fetch: Fetch) -> EvaluationScene:
    """A scene's photographs at some EVs with its reference.

    Raises
    ------
    UserError
        Where the dataset has no photograph at one of the EVs.
    """
    stored = [exposure.ev for exposure in entry.scene.exposures]
    if missing := [value for value in ev if value not in stored]:
        raise UserError(
            f"inputs.ev: dataset {dataset} has no photographs at EV {missing[0]:g}: "
            f"use some of {', '.join(f'{value:g}' for value in stored)}"
        )
    photos = [
        read_photo(_fetch(entry, keys.photo(dataset, entry.scene.id, value), fetch)).pixels for value in ev
    ]
    return EvaluationScene(entry.scene.id, tuple(ev), photos, _reference_ev0(dataset, entry, fetch))


def _reference_ev0(dataset: str, entry: DatasetScene, fetch: Fetch) -> NDArray[np.float32]:
    radiance = read_exr(_fetch(entry, keys.reference(dataset, entry.scene.id), fetch))
    return radiance * np.float32(entry.scene.anchor)


def _fetch(entry: DatasetScene, key: str, fetch: Fetch) -> Path:
    return fetch(entry.file(key))
