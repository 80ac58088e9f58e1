"""Training as a task: stopped, killed and resumed through the store."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from hdrbatch.errors import TrainingError
from hdrbatch.imaging.files import write_exr
from hdrbatch.plan.saved import save_plan
from hdrbatch.plan.sweep import plan_sweep
from hdrbatch.plan.task import Estimate, make_task
from hdrbatch.records import (
    DatasetRecord,
    DatasetScene,
    EvaluationRecord,
    ExposureRecord,
    SceneRecord,
)
from hdrbatch.specs.camera import CameraSpec
from hdrbatch.specs.sweep import SweepSpec
from hdrbatch.storage import keys
from hdrbatch.storage.receipts import Receipt, write_receipt
from hdrbatch.storage.transfer import upload
from hdrbatch.submit.join import done_tasks
from hdrbatch.tasks.photography import take_photograph

torch = pytest.importorskip("torch", reason="torch is not installed: nothing can be trained")

from hdrbatch.tasks.train_variant import split_for_validation  # noqa: E402

STEPS = 40
ANCHOR = 0.125
"""Of every scene: the stored radiance is that in EV 0 units divided by it."""


def make_dataset(store, folder):
    """A small dataset of made-up radiance, stored with receipts as assembly leaves it."""
    rng = np.random.default_rng(5)
    scenes = []
    for number in range(4):
        radiance = np.exp(rng.normal(-1.5, 1.5, (24, 32, 3))).astype(np.float32)
        scene, split = f"outdoor-{number:04d}", "test" if number == 3 else "train"
        files = []
        exposures = []
        for ev in (-2.0, 0.0, 2.0):
            path = folder / f"{number}{ev}.png"
            exposures.append(take_photograph(path, radiance, ev, CameraSpec(), rng))
            files.append(upload(store, keys.photo("tiny", scene, ev), path))
        write_exr(folder / f"{number}.exr", radiance / np.float32(ANCHOR))
        files.append(upload(store, keys.reference("tiny", scene), folder / f"{number}.exr"))
        record = SceneRecord(
            id=scene,
            family="outdoor",
            seed=number,
            split=split,
            width=32,
            height=24,
            anchor=ANCHOR,
            dynamic_range_stops=10.0,
            exposures=tuple(ExposureRecord(**e.model_dump()) for e in exposures),
            camera={},
            description={},
        )
        scenes.append(DatasetScene(scene=record, files=tuple(files)))
    path = folder / "dataset.json"
    path.write_bytes(DatasetRecord(dataset="tiny", scenes=tuple(scenes)).to_bytes())
    key = keys.dataset_index("tiny")
    task = make_task("index_dataset", "tiny", {}, (key,), Estimate(1, 1))
    receipt = Receipt(task.kind, task.id, task.digest, (upload(store, key, path),), {}, "", 1, 1, 1, {})
    write_receipt(store, receipt)
    return task.ref


@pytest.fixture
def task(folder_store, tmp_path):
    dataset = make_dataset(folder_store, tmp_path)
    sweep = SweepSpec.model_validate(
        {
            "sweep": "s",
            "dataset": "tiny",
            "base": {
                "network": {"width": 4, "depth": 2, "dropout": 0.2, "output": "residual"},
                "training": {
                    "steps": STEPS,
                    "crop": 16,
                    "batch": 2,
                    "log_every": 1,
                    "validate_every": 10,
                    "checkpoint_every": 5,
                },
            },
            "variants": {"v": {}},
        }
    )
    plan = plan_sweep(sweep, dataset, sweep.resolved())
    save_plan(folder_store, plan)
    return plan, plan.stages[0].tasks[0]


def command(store, plan, task, scratch, patch=""):
    scratch.mkdir()
    imports, run = (
        "import os, sys, time, signal, hdrbatch.worker",
        "os._exit(hdrbatch.worker.main(sys.argv[1:]))",
    )
    code = f"{imports}\n{patch}\n{run}"
    names = ["--store", store.url, "--plan", plan.id, "--task", f"{task.kind}/{task.id}"]
    return [sys.executable, "-c", code, *names, "--scratch", str(scratch)]


def results(store):
    prefix = keys.variant_folder("s", "v")
    names = ("checkpoints/model.pt", "metrics.jsonl", "evaluation.json", "per_scene.csv", "config.json")
    return {name: store.get_bytes(prefix + name) for name in names}


def checkpoints(store):
    return [
        found.key
        for found in store.list(keys.variant_folder("s", "v") + "checkpoints/")
        if "step-" in found.key
    ]


@pytest.fixture
def uninterrupted(folder_store, task, tmp_path):
    """What a training gives that nothing disturbs; the store is then as if it had never run."""
    plan, train = task
    subprocess.run(command(folder_store, plan, train, tmp_path / "whole"), check=True, capture_output=True)
    expected = results(folder_store)
    for prefix in (keys.SWEEPS, keys.receipts_of_kind("train_variant")):
        for found in list(folder_store.list(prefix)):
            folder_store.delete(found.key)
    return expected


KILL_AT_STEP_23 = """
import hdrbatch.learning.loop as loop
rate = loop.learning_rate_at
def die(step, spec):
    if step == 23: os.kill(os.getpid(), signal.SIGKILL)
    return rate(step, spec)
loop.learning_rate_at = die
"""


def test_a_killed_training_goes_on_to_the_same_bits(folder_store, task, tmp_path, uninterrupted):
    plan, train = task
    killed = subprocess.run(
        command(folder_store, plan, train, tmp_path / "killed", KILL_AT_STEP_23),
        check=False,
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL
    assert done_tasks(folder_store, [train]) == set()
    assert checkpoints(folder_store)
    resumed = subprocess.run(
        command(folder_store, plan, train, tmp_path / "resumed"), check=True, capture_output=True, text=True
    )
    assert "step 20:" not in resumed.stdout
    assert "step 21:" in resumed.stdout
    assert results(folder_store) == uninterrupted
    assert checkpoints(folder_store) == []


SLOW_STEPS = """
import hdrbatch.learning.loop as loop
rate = loop.learning_rate_at
def slowly(step, spec):
    time.sleep(0.2)
    return rate(step, spec)
loop.learning_rate_at = slowly
"""


def test_a_training_asked_to_stop_saves_itself_and_goes_on_to_the_same_bits(
    folder_store, task, tmp_path, uninterrupted
):
    plan, train = task
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            command(folder_store, plan, train, tmp_path / "stopped", SLOW_STEPS), stdout=log, stderr=log
        )
    deadline = time.monotonic() + 60
    while b"step 3:" not in (tmp_path / "log").read_bytes():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGUSR2)
    assert process.wait(timeout=30) == 75
    assert checkpoints(folder_store)
    assert done_tasks(folder_store, [train]) == set()
    subprocess.run(command(folder_store, plan, train, tmp_path / "resumed"), check=True, capture_output=True)
    assert results(folder_store) == uninterrupted


def test_a_damaged_newest_checkpoint_costs_only_itself(folder_store, task, tmp_path, uninterrupted):
    plan, train = task
    subprocess.run(
        command(folder_store, plan, train, tmp_path / "killed", KILL_AT_STEP_23),
        check=False,
        capture_output=True,
    )
    newest = max(checkpoints(folder_store))
    folder_store.put_bytes(newest, folder_store.get_bytes(newest)[:-100])
    resumed = subprocess.run(
        command(folder_store, plan, train, tmp_path / "resumed"), check=True, capture_output=True, text=True
    )
    assert "step 16:" in resumed.stdout
    assert "step 15:" not in resumed.stdout
    assert results(folder_store) == uninterrupted


def test_the_evaluation_scores_the_network_beside_its_baseline(uninterrupted):
    record = json.loads(uninterrupted["evaluation.json"])
    assert [(row["scene"], row["method"]) for row in record["scenes"]] == [
        ("outdoor-0003", "network"),
        ("outdoor-0003", "linearised photograph"),
    ]
    assert all(row["scores"]["psnr_mu"] > 10 for row in record["scenes"])
    assert uninterrupted["per_scene.csv"].decode().count("\n") == 3
    assert os.linesep in uninterrupted["per_scene.csv"].decode()


def test_the_baseline_scores_what_the_photograph_says_in_the_scene_s_own_units(uninterrupted):
    record = EvaluationRecord.model_validate_json(uninterrupted["evaluation.json"])
    assert record.mean("linearised photograph").psnr_mu > 22


REPORT_SCENES = """
import hdrbatch.tasks.train_variant as t
def report(training, validation, *a, **k):
    names = [" ".join(s.id for s in scenes) for scenes in (training, validation)]
    print("train on", names[0], "; validate on", names[1], flush=True)
    os._exit(3)
t.train = report
"""


def test_training_validation_and_test_scenes_are_kept_apart(folder_store, task, tmp_path):
    plan, train = task
    arguments = command(folder_store, plan, train, tmp_path / "scenes", REPORT_SCENES)
    said = subprocess.run(arguments, check=False, capture_output=True, text=True).stdout
    assert "train on outdoor-0000 outdoor-0002 ; validate on outdoor-0001" in said


def test_validation_scenes_are_held_out_and_spread():
    scenes = list(range(10))
    learned, validated = split_for_validation(scenes, 2)
    assert validated == [2, 7]
    assert sorted(learned + validated) == scenes
    assert split_for_validation(scenes, 0) == (scenes, [])


def test_too_few_scenes_are_refused_with_what_to_do():
    with pytest.raises(TrainingError, match="render more scenes, or hold out fewer"):
        split_for_validation([1], 1)
