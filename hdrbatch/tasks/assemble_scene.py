"""Assemble a scene: reference, anchor, photographs, statistics."""

import hashlib
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hdrbatch.blender.cores import limited_to_cores
from hdrbatch.errors import TaskError
from hdrbatch.imaging.exr import read_exr, write_exr
from hdrbatch.imaging.statistics import anchor_of, dynamic_range_stops
from hdrbatch.photographs.simulated_photos import take_photograph
from hdrbatch.plan.dataset_payloads import GUIDES, AssembleScene
from hdrbatch.records.dataset_index import SceneRecord
from hdrbatch.storage import keys
from hdrbatch.worker.context import TaskContext


def run(context: TaskContext) -> None:
    """Compute everything that follows from a scene's exposures.

    Raises
    ------
    MissingInputError
        If an exposure is not done.
    TaskError
        If the exposures are inconsistent, or the scene is too dark to be metered.
    """
    work = AssembleScene.of(context.task)
    dataset, scene_id = work.dataset, work.scene
    with context.usage.phase("reference"):
        exposures_of_scene = [keys.exposure(dataset, scene_id, ev) for ev in work.ev]
        shares = [keys.sharp(dataset, scene_id, ev) for ev in work.ev] if work.moving else exposures_of_scene
        context.fetch_inputs({*exposures_of_scene, *shares})
        reference = mean_radiance([context.input_file(key) for key in shares])
    if work.denoised:
        with context.usage.phase("denoising"):
            reference = _denoised(context, work, reference)
    with context.usage.phase("reference"):
        write_exr(context.output_file(keys.reference(dataset, scene_id)), reference)
    anchor = anchor_of(reference, work.camera.middle_grey)
    with context.usage.phase("photographs"):
        exposures = []
        for ev, key in zip(work.ev, exposures_of_scene, strict=True):
            path = context.output_file(keys.photo(dataset, scene_id, ev))
            rng = np.random.default_rng(photo_seed(scene_id, ev))
            # A still scene's reference has less sampling noise; a moving scene's does not show the blur.
            radiance = read_exr(context.input_file(key)) if work.moving else reference
            exposures.append(take_photograph(path, radiance * np.float32(anchor), ev, work.camera, rng))
    if work.moving:
        exposures = [
            exposure.model_copy(update={"begin_s": begin_s, "shutter_s": length_s})
            for exposure, (begin_s, length_s) in zip(exposures, work.shutters_s, strict=True)
        ]
    description = context.input_file(keys.scene_description(dataset, scene_id)).read_text()
    height, width = reference.shape[:2]
    record = SceneRecord(
        id=scene_id,
        family=work.family,
        seed=work.seed,
        split=work.split,
        motion=work.motion,
        denoised=work.denoised,
        width=width,
        height=height,
        anchor=anchor,
        dynamic_range_stops=dynamic_range_stops(reference),
        exposures=tuple(exposures),
        camera=work.camera.model_dump(mode="json"),
        description=json.loads(description),
    )
    context.output_file(keys.scene_record(dataset, scene_id)).write_bytes(record.to_bytes())


def _denoised(
    context: TaskContext, work: AssembleScene, reference: NDArray[np.float32]
) -> NDArray[np.float32]:
    with limited_to_cores(context.num_threads):
        from hdrbatch.blender.denoise import Guides, denoise
    names = [keys.guide(work.dataset, work.scene, name) for name in GUIDES]
    context.fetch_inputs(names)
    albedo, normal = (read_exr(context.input_file(name)) for name in names)
    return denoise(reference, Guides(albedo, normal), context.working_folder(), context.num_threads)


def mean_radiance(paths: list[Path]) -> NDArray[np.float32]:
    """Average radiance files, summed in double precision.

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


def photo_seed(scene_id: str, ev: float) -> int:
    """Return the seed of one photograph's noise; every photograph has its own."""
    return int.from_bytes(hashlib.sha256(f"photo/{scene_id}/{ev:g}".encode()).digest()[:8])
