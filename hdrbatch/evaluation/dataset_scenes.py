"""Scenes of a dataset as arrays, from files that the caller fetches."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from hdrbatch.errors import MissingInputError, UserError
from hdrbatch.evaluation.evaluation_scene import EvaluationScene
from hdrbatch.evaluation.uncalibrated_cameras import photograph_with_random_camera
from hdrbatch.imaging.exr import read_exr
from hdrbatch.imaging.photo import read_photo
from hdrbatch.imaging.response import parse_response
from hdrbatch.learning.training_radiance import TrainingScene
from hdrbatch.records.dataset_index import DatasetScene
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.results.datasets import exposure_files
from hdrbatch.specs.variant import VariantSpec
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store

Fetch = Callable[[FileEntry], Path]
"""Function that fetches one stored file, verified, and returns its path."""

NO_EXPOSURES: Mapping[float, FileEntry] = MappingProxyType({})


def training_scene(
    dataset: str, entry: DatasetScene, fetch: Fetch, exposures: Mapping[float, FileEntry] = NO_EXPOSURES
) -> TrainingScene:
    """Return a scene's reference, from which photographs are simulated, and its exposures if it moves."""
    anchor = np.float32(entry.scene.anchor)
    moving = {ev: read_exr(fetch(file)) * anchor for ev, file in exposures.items()}
    return TrainingScene(entry.scene.id, _reference_ev0(dataset, entry, fetch), moving)


def moving_exposures(store: Store, dataset: str, entry: DatasetScene) -> dict[float, FileEntry]:
    """Return the files of a moving scene's exposures by EV; empty for a still one.

    Raises
    ------
    MissingInputError
        If the store no longer has all of them.
    """
    if entry.scene.motion == "still":
        return {}
    files = exposure_files(store, dataset, entry.scene.id)
    wanted = {
        exposure.ev: keys.exposure(dataset, entry.scene.id, exposure.ev) for exposure in entry.scene.exposures
    }
    if missing := [key for key in wanted.values() if key not in files]:
        raise MissingInputError(
            f"{missing[0]} is in no receipt; re-render the scene, or train with camera.motion: false"
        )
    return {ev: files[key] for ev, key in wanted.items()}


def evaluation_scene(
    dataset: str, entry: DatasetScene, variant: VariantSpec, fetch: Fetch
) -> EvaluationScene:
    """Return a scene's photographs at the variant's EVs, stored or by a random camera, with its reference.

    Raises
    ------
    UserError
        If the dataset has no photograph at one of the EVs.
    """
    reference_ev0 = _reference_ev0(dataset, entry, fetch)
    if variant.test.photographs == "real_cameras":
        return photograph_with_random_camera(entry.scene.id, reference_ev0, variant.inputs)
    stored = [exposure.ev for exposure in entry.scene.exposures]
    ev = variant.inputs.ev
    if missing := [value for value in ev if value not in stored]:
        raise UserError(
            f"inputs.ev: dataset {dataset} has no photographs at EV {missing[0]:g}; "
            f"use some of {', '.join(f'{value:g}' for value in stored)}"
        )
    photos = [
        read_photo(fetch(entry.file(keys.photo(dataset, entry.scene.id, value)))).pixels for value in ev
    ]
    curve = parse_response(entry.scene.camera["response"])
    return EvaluationScene(entry.scene.id, ev, photos, reference_ev0, curve)


def _reference_ev0(dataset: str, entry: DatasetScene, fetch: Fetch) -> NDArray[np.float32]:
    radiance = read_exr(fetch(entry.file(keys.reference(dataset, entry.scene.id))))
    return radiance * np.float32(entry.scene.anchor)
