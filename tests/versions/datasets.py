"""Golden outputs of assembly, index and export, from renders that are made up."""

import json
from functools import cache
from pathlib import Path

import numpy as np

from hdrbatch.catalogue.scene import Scene
from hdrbatch.export.export_folder import JOURNAL
from hdrbatch.export.exporter import ExportRequest, export_dataset
from hdrbatch.imaging.exr import write_exr
from hdrbatch.plan.render_plan import plan_render
from hdrbatch.plan.task import Plan, Task
from hdrbatch.results.datasets import load_dataset
from hdrbatch.specs.render_job import RenderJob
from hdrbatch.storage.base import Store
from hdrbatch.storage.folder import FolderStore
from hdrbatch.storage.receipts import Receipt, write_receipt
from hdrbatch.storage.transfer import upload_all
from hdrbatch.worker.task_run import TaskOutput
from tests.versions.tasks import Parts, finished, parts_of

DATASET = "golden"
WIDTH, HEIGHT = 32, 24
SCENES = (
    Scene("outdoor", 1, "train"),
    Scene("street", 2, "train", motion="both"),
    Scene("interior", 3, "train"),
    Scene("outdoor", 9001, "test"),
)


@cache
def store_of(folder: Path) -> Store:
    return FolderStore(folder / "dataset-store")


@cache
def plan_of(folder: Path) -> Plan:
    """The plan of the dataset, with the results of its renders in the store."""
    job = RenderJob.model_validate(
        {
            "dataset": DATASET,
            "scenes": {"train": ("outdoor:1",), "test": ()},
            "ev": (-2.0, 0.0, 2.0),
            "render": {"width": WIDTH, "height": HEIGHT, "samples": 2},
        }
    )
    plan = plan_render(job, SCENES)
    for task in plan.stages[0].tasks:
        _make_up(store_of(folder), task, folder / "made-up")
    return plan


def _make_up(store: Store, task: Task, folder: Path) -> None:
    """Store what a render task could have made."""
    files = {}
    for number, key in enumerate(task.outputs):
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng([number, *task.id.encode()])
        if path.suffix == ".json":
            path.write_text(json.dumps({"family": task.payload["family"], "focal_length_mm": 35.0}))
        elif "guides" in key:
            write_exr(path, rng.uniform(0, 1, (HEIGHT, WIDTH, 3)).astype(np.float32))
        else:
            write_exr(path, rng.lognormal(-1.5, 1.5, (HEIGHT, WIDTH, 3)).astype(np.float32))
        files[key] = path
    write_receipt(
        store, Receipt(task.kind, task.id, task.digest, upload_all(store, files), {}, "", 1, 1, 1, {})
    )


@cache
def assembled(folder: Path) -> tuple[TaskOutput, ...]:
    tasks = plan_of(folder).stages[1].tasks
    return tuple(
        finished(store_of(folder), task, folder / f"assembly-{number}") for number, task in enumerate(tasks)
    )


@cache
def indexed(folder: Path) -> TaskOutput:
    assembled(folder)
    (task,) = plan_of(folder).stages[2].tasks
    return finished(store_of(folder), task, folder / "index")


def assembly(folder: Path) -> Parts:
    """All files of four assembled scenes: still, moving, denoised."""
    for made in assembled(folder):
        yield from parts_of(made)


def index(folder: Path) -> Parts:
    """The index of the dataset."""
    return parts_of(indexed(folder))


def export(layout: str, folder: Path) -> Parts:
    """All files of an export, but the journal, which has the version in its digests."""
    indexed(folder)
    store = store_of(folder)
    root = folder / f"export-{layout}"
    export_dataset(store, load_dataset(store, DATASET), ExportRequest(layout, root))
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.name != JOURNAL:
            yield str(path.relative_to(root)), path.read_bytes()
