"""A small dataset of made-up radiance, stored with receipts as rendering and assembly leave it."""

from collections.abc import Collection
from pathlib import Path

import numpy as np

from hdrbatch.imaging.exr import write_exr
from hdrbatch.kinds import Kind
from hdrbatch.photographs.simulated_photos import take_photograph
from hdrbatch.plan.task import Estimate, make_task
from hdrbatch.records.dataset_index import DatasetRecord, DatasetScene, ExposureRecord, SceneRecord
from hdrbatch.specs.simulated_camera import CameraSpec
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store
from hdrbatch.storage.receipts import Receipt, TaskRef, write_receipt
from hdrbatch.storage.transfer import upload

ANCHOR = 0.125
"""Of every scene: the stored radiance is that in EV 0 units divided by it."""
LADDER = (-2.0, 0.0, 2.0)
NUM_SCENES = 4


def name_of(number: int) -> str:
    return f"outdoor-{number:04d}"


def radiance_of(number: int, ev: float | None = None) -> np.ndarray:
    """EV 0 radiance of a scene's reference, or of one exposure of a moving scene."""
    rng = np.random.default_rng(5 + 100 * number)
    radiance = np.exp(rng.normal(-1.5, 1.5, (24, 32, 3))).astype(np.float32)
    return radiance if ev is None else radiance * np.float32(1.5 + 0.25 * ev)


def make_dataset(
    store: Store, folder: Path, *, moving: Collection[int] = (), num_train: int = NUM_SCENES - 1
) -> TaskRef:
    """Store the dataset "tiny"; its last scene is for testing, and those that move have exposures."""
    folder.mkdir(parents=True, exist_ok=True)
    scenes = []
    for number in range(num_train + 1):
        split = "train" if number < num_train else "test"
        scenes.append(_make_scene(store, folder, number, split, motion=number in moving))
    path = folder / "dataset.json"
    path.write_bytes(DatasetRecord(dataset="tiny", scenes=tuple(scenes)).to_bytes())
    key = keys.dataset_index("tiny")
    task = make_task(Kind.INDEX_DATASET, "tiny", {}, (key,), Estimate(1, 1))
    receipt = Receipt(task.kind, task.id, task.digest, (upload(store, key, path),), {}, "", 1, 1, 1, {})
    write_receipt(store, receipt)
    return task.ref


def _make_scene(store: Store, folder: Path, number: int, split: str, *, motion: bool) -> DatasetScene:
    scene, radiance, rng = name_of(number), radiance_of(number), np.random.default_rng(number)
    files, exposures = [], []
    for ev in LADDER:
        path = folder / f"{number}{ev}.png"
        exposures.append(take_photograph(path, radiance, ev, CameraSpec(), rng))
        files.append(upload(store, keys.photo("tiny", scene, ev), path))
        if motion:
            _make_exposure(store, folder, number, ev)
    write_exr(folder / f"{number}.exr", radiance / np.float32(ANCHOR))
    files.append(upload(store, keys.reference("tiny", scene), folder / f"{number}.exr"))
    record = SceneRecord(
        id=scene,
        family="outdoor",
        seed=number,
        split=split,
        motion="objects" if motion else "still",
        width=32,
        height=24,
        anchor=ANCHOR,
        dynamic_range_stops=10.0,
        exposures=tuple(ExposureRecord(**exposure.model_dump()) for exposure in exposures),
        camera={"response": "srgb"},
        description={},
    )
    return DatasetScene(scene=record, files=tuple(files))


def _make_exposure(store: Store, folder: Path, number: int, ev: float) -> None:
    key, path = keys.exposure("tiny", name_of(number), ev), folder / f"{number}{ev}.exr"
    write_exr(path, radiance_of(number, ev) / np.float32(ANCHOR))
    task = f"tiny/{name_of(number)}/{keys.ev_name(ev)}"
    files = (upload(store, key, path),)
    write_receipt(store, Receipt(Kind.RENDER_EXPOSURE, task, "0" * 64, files, {}, "", 1, 1, 1, {}))
