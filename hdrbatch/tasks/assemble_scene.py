"""Assemble a scene: reference, anchor, photographs, statistics."""

import hashlib
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hdrbatch.errors import TaskError
from hdrbatch.imaging.files import read_exr, write_exr
from hdrbatch.imaging.statistics import anchor_of, dynamic_range_stops
from hdrbatch.records import SceneRecord
from hdrbatch.scenes.catalogue import Scene
from hdrbatch.specs.camera import CameraSpec
from hdrbatch.storage import keys
from hdrbatch.tasks.context import TaskContext
from hdrbatch.tasks.photography import take_photograph


def run(context: TaskContext) -> None:
    """Make everything of a scene that follows from its exposures.

    Raises
    ------
    MissingInputError
        Where an exposure is not done.
    TaskError
        Where the exposures do not fit together, or the scene is too dark to be metered.
    """
    payload = context.payload
    scene = Scene(payload["family"], payload["seed"], payload["split"])
    dataset, ladder = payload["dataset"], tuple(payload["ev"])
    camera = CameraSpec.model_validate_json(json.dumps(payload["camera"]))
    with context.usage.phase("reference"):
        exposures_of_scene = [keys.exposure(dataset, scene.id, ev) for ev in ladder]
        context.fetch_inputs(exposures_of_scene)
        reference = mean_radiance([context.input_file(key) for key in exposures_of_scene])
        write_exr(context.output_file(keys.reference(dataset, scene.id)), reference)
    anchor = anchor_of(reference, camera.middle_grey)
    with context.usage.phase("photographs"):
        exposures = []
        for ev in ladder:
            path = context.output_file(keys.photo(dataset, scene.id, ev))
            rng = np.random.default_rng(photo_seed(scene, ev))
            exposures.append(take_photograph(path, reference * np.float32(anchor), ev, camera, rng))
    description = context.input_file(keys.scene_description(dataset, scene.id)).read_text()
    height, width = reference.shape[:2]
    record = SceneRecord(
        id=scene.id,
        family=scene.family,
        seed=scene.seed,
        split=scene.split,
        width=width,
        height=height,
        anchor=anchor,
        dynamic_range_stops=dynamic_range_stops(reference),
        exposures=tuple(exposures),
        camera=camera.model_dump(mode="json"),
        description=json.loads(description),
    )
    context.output_file(keys.scene_record(dataset, scene.id)).write_bytes(record.to_bytes())


def mean_radiance(paths: list[Path]) -> NDArray[np.float32]:
    """Mean of radiance files, summed in double precision.

    The files hold renders of disjoint subsets of one sampling sequence, so the mean is the render of the
    whole sequence.

    Returns
    -------
    (H, W, 3) float32
        Radiance, scene-linear Rec.709, relative.
    """
    total = read_exr(paths[0]).astype(np.float64)
    for path in paths[1:]:
        radiance = read_exr(path)
        if radiance.shape != total.shape:
            raise TaskError(f"exposures differ in size: {radiance.shape} and {total.shape} (height, width)")
        total += radiance
    return (total / len(paths)).astype(np.float32)


def photo_seed(scene: Scene, ev: float) -> int:
    """Seed of one photograph's noise; every photograph has its own."""
    return int.from_bytes(hashlib.sha256(f"photo/{scene.id}/{ev:g}".encode()).digest()[:8])
