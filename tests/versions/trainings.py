"""Golden outputs of training: ten steps of two variants, checkpoints, their comparison, and model files."""

import json
from functools import cache
from pathlib import Path

from hdrbatch.plan.sweep_plan import plan_sweep
from hdrbatch.plan.task import Plan
from hdrbatch.specs.sweep_spec import SweepSpec
from hdrbatch.specs.variant import VariantSpec
from hdrbatch.storage import keys
from hdrbatch.worker.task_run import TaskOutput, publish
from tests.versions import datasets
from tests.versions.tasks import Parts, computed, parts_of

SWEEP = {
    "sweep": "golden",
    "dataset": datasets.DATASET,
    "base": {
        "network": {"width": 4, "depth": 2},
        "training": {
            "steps": 10,
            "crop": 16,
            "batch": 2,
            "log_every": 1,
            "validate_every": 5,
            "checkpoint_every": 5,
            "validation_scenes": 1,
        },
    },
    "variants": {
        "stacked": {"network.fusion": "stacked", "network.output": "residual", "network.dropout": 0.2},
        "attention": {
            "network.fusion": "attention",
            "network.output": "radiance",
            "inputs.mode": "both",
            "inputs.ev": [-2, 0, 2],
        },
    },
}
CHECKPOINT = "/step-"


@cache
def _plan(folder: Path) -> Plan:
    task = datasets.indexed(folder).context.task
    sweep = SweepSpec.model_validate_json(json.dumps(SWEEP))
    return plan_sweep(sweep, task.ref, sweep.resolved())


@cache
def _trained(folder: Path) -> tuple[tuple[TaskOutput, ...], dict[str, bytes]]:
    """The results of the trainings, and the checkpoints that the store had before they were published."""
    store = datasets.store_of(folder)
    trained = tuple(
        computed(store, task, folder / f"training-{number}")
        for number, task in enumerate(_plan(folder).stages[0].tasks)
    )
    found = [one.key for one in store.list(keys.SWEEPS) if CHECKPOINT in one.key]
    checkpoints = {key: store.get_bytes(key) for key in found}
    for made in trained:
        publish(made)
    return trained, checkpoints


def training(folder: Path) -> Parts:
    """Models, metrics, scores and previews of trainings of ten steps."""
    for made in _trained(folder)[0]:
        yield from parts_of(made)


def checkpoints(folder: Path) -> Parts:
    """What the trainings would have resumed from."""
    for key, content in _trained(folder)[1].items():
        # The folder's name has the task's digest.
        yield f"{key.split('/')[2]}{key[key.index(CHECKPOINT) :]}", content


def comparison(folder: Path) -> Parts:
    """The comparison of the trained variants."""
    _trained(folder)
    (task,) = _plan(folder).stages[1].tasks
    return parts_of(computed(datasets.store_of(folder), task, folder / "comparison"))


def untrained(fusion: str) -> VariantSpec:
    """A variant whose untrained network changes what it is shown."""
    return VariantSpec.model_validate(
        {
            "network": {"width": 4, "depth": 2, "fusion": fusion, "output": "radiance"},
            "inputs": {"mode": "both", "ev": (-2.0, 0.0, 2.0)},
        }
    )


def models(folder: Path) -> Parts:
    """Model files, and what their networks make of noise."""
    import torch

    from hdrbatch.learning.inputs import channels_per_photo, channels_together
    from hdrbatch.learning.model import build_network, load_model, save_model

    torch.set_num_threads(1)
    for fusion in ("stacked", "attention"):
        variant = untrained(fusion)
        path = folder / f"{fusion}.pt"
        save_model(path, build_network(variant), variant, picture_side=96)
        yield f"{fusion}.pt", path.read_bytes()
        network = load_model(path, torch.device("cpu")).network
        noise = torch.Generator().manual_seed(0)
        shape = (1, 3, channels_per_photo(variant.inputs, variant.network), 16, 16)
        photos = torch.rand(shape, generator=noise)
        together = torch.rand((1, channels_together(variant.network), 16, 16), generator=noise)
        with torch.no_grad():
            yield f"{fusion} applied", network(photos, together).numpy().tobytes()
