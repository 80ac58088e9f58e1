"""Assemble a scene: reference, anchor, photographs, statistics."""

import hashlib
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hdrbatch.errors import TaskError
from hdrbatch.imaging.files import PhotoMetadata, read_exr, read_photo, write_exr, write_photo
from hdrbatch.imaging.response import parse_response
from hdrbatch.imaging.sensor import Sensor, normal_noise, photograph
from hdrbatch.imaging.statistics import anchor_of, black_fraction, clipped_fraction, dynamic_range_stops
from hdrbatch.records import ExposureRecord, SceneRecord
from hdrbatch.scenes.catalogue import Scene
from hdrbatch.specs.camera import CameraSpec
from hdrbatch.storage import keys
from hdrbatch.tasks.context import TaskContext

CAMERA_NAME = "hdrbatch simulated camera"


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
        reference = mean_radiance([context.input_file(keys.exposure(dataset, scene.id, ev)) for ev in ladder])
        write_exr(context.output_file(keys.reference(dataset, scene.id)), reference)
    anchor = anchor_of(reference, camera.middle_grey)
    with context.usage.phase("photographs"):
        exposures = []
        for ev in ladder:
            path = context.output_file(keys.photo(dataset, scene.id, ev))
            seed = photo_seed(scene, ev)
            exposures.append(_take_photograph(path, reference * np.float32(anchor), ev, camera, seed))
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


def _take_photograph(
    path: Path, radiance_ev0: NDArray[np.float32], ev: float, camera: CameraSpec, seed: int
) -> ExposureRecord:
    """Write the PNG of one exposure and return its statistics, taken from the file as it reads back."""
    sensor = Sensor(full_well_e=camera.full_well_e, read_noise_e=camera.read_noise_e)
    shot, read = normal_noise(radiance_ev0.shape, np.random.default_rng(seed))
    if not camera.noise:
        shot, read = np.zeros_like(shot), np.zeros_like(read)
    photo = photograph(radiance_ev0, 2.0**ev, sensor, parse_response(camera.response), shot, read)
    metadata = PhotoMetadata(
        exposure_time_s=camera.exposure_time_ev0_s * 2.0**ev,
        f_number=camera.f_number,
        iso=camera.iso,
        camera=CAMERA_NAME,
    )
    write_photo(path, np.rint(photo * sensor.max_code).astype(np.uint8), metadata)
    pixels = read_photo(path).pixels
    return ExposureRecord(
        ev=ev, clipped_fraction=clipped_fraction(pixels), black_fraction=black_fraction(pixels)
    )
