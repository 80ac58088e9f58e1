"""Training as a task: stopped, killed and resumed through the store."""

import json
import os
import signal
import subprocess
import sys
from itertools import pairwise
from types import SimpleNamespace

import pytest

from hdrbatch.errors import TrainingError
from hdrbatch.plan.stored_plans import save_plan
from hdrbatch.plan.sweep_plan import plan_sweep
from hdrbatch.records.scores import EvaluationRecord
from hdrbatch.results.datasets import load_dataset
from hdrbatch.specs.sweep_spec import SweepSpec
from hdrbatch.storage import keys
from hdrbatch.storage.folder import FolderStore
from hdrbatch.submit.completion import done_tasks
from tests.tasks.made_up import make_dataset, name_of
from tests.waiting import PATIENCE_S, wait_until

torch = pytest.importorskip("torch", reason="torch is not installed: nothing can be trained")
pytestmark = pytest.mark.training

from hdrbatch.tasks.train_variant import (  # noqa: E402
    StoredCheckpoints,
    split_for_validation,
    take_fraction,
)
from tests.lying_s3 import lying_s3  # noqa: E402

STEPS = 40
NETWORK = {"width": 4, "depth": 2, "dropout": 0.2, "output": "residual"}
TRAINING = {
    "steps": STEPS,
    "crop": 16,
    "batch": 2,
    "log_every": 1,
    "validate_every": 10,
    "checkpoint_every": 5,
}


def planned(store, folder, *, base=None, overrides=None, **dataset):
    """A stored plan of a sweep with one variant, and its training's task."""
    sweep = SweepSpec.model_validate(
        {
            "sweep": "s",
            "dataset": "tiny",
            "base": {"network": NETWORK, "training": TRAINING, **(base or {})},
            "variants": {"v": overrides or {}},
        }
    )
    plan = plan_sweep(sweep, make_dataset(store, folder / "made", **dataset), sweep.resolved())
    save_plan(store, plan)
    return plan, plan.stages[0].tasks[0]


@pytest.fixture
def task(folder_store, tmp_path):
    return planned(folder_store, tmp_path)


def command(store, plan, task, scratch, patch=""):
    scratch.mkdir()
    imports, run = (
        "import os, sys, time, signal, hdrbatch.worker.command",
        "os._exit(hdrbatch.worker.command.main(sys.argv[1:]))",
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


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """What a training gives that nothing disturbs, in a store of its own."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    store = FolderStore(folder / "store")
    plan, train = planned(store, folder)
    subprocess.run(command(store, plan, train, folder / "whole"), check=True, capture_output=True)
    return results(store)


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
    assert "step 20 of" not in resumed.stdout
    assert "step 21 of" in resumed.stdout
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
    wait_until(lambda: b"step 3 of" in (tmp_path / "log").read_bytes())
    process.send_signal(signal.SIGUSR2)
    assert process.wait(timeout=PATIENCE_S) == 75
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
    assert "step 16 of" in resumed.stdout
    assert "step 15 of" not in resumed.stdout
    assert results(folder_store) == uninterrupted


def test_a_damaged_checkpoint_is_replaced_by_the_one_of_the_same_step_of_the_training_anew(
    folder_store, task, tmp_path
):
    plan, train = task
    kill_at_step_8 = KILL_AT_STEP_23.replace("23", "8")

    def killed(scratch):
        arguments = command(folder_store, plan, train, tmp_path / scratch, kill_at_step_8)
        return subprocess.run(arguments, check=False, capture_output=True, text=True).stdout

    killed("first")
    (only,) = checkpoints(folder_store)
    folder_store.put_bytes(only, folder_store.get_bytes(only)[:-100])
    assert "training starts from scratch" in killed("anew")
    said = killed("resumed")
    assert "step 6 of" in said
    assert "step 5 of" not in said


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


def test_the_step_whose_weights_the_model_has_stands_in_its_configuration(uninterrupted):
    config = json.loads(uninterrupted["config.json"])
    lines = [json.loads(line) for line in uninterrupted["metrics.jsonl"].splitlines()]
    losses = {line["step"]: line["validation_loss"] for line in lines if "validation_loss" in line}
    assert sorted(losses) == [10, 20, 30, 40]
    assert config["best_step"] == min(losses, key=losses.get)
    assert config["num_parameters"] > 1000
    assert config["training"]["steps"] == STEPS


REPORT_SCENES = """
import hdrbatch.tasks.train_variant as t
def report(training, validation, *a, **k):
    names = [" ".join(scenes.ids()) for scenes in (training, validation)]
    moving = [name for n, name in enumerate(training.ids()) if training.moves(n)]
    print("train on", names[0], "; validate on", names[1], "; moving:", *moving, flush=True)
    os._exit(3)
t.train = report
"""


def said_of_scenes(store, planned_task, scratch):
    plan, train = planned_task
    arguments = command(store, plan, train, scratch, REPORT_SCENES)
    return subprocess.run(arguments, check=False, capture_output=True, text=True)


def test_training_validation_and_test_scenes_are_kept_apart(folder_store, task, tmp_path):
    said = said_of_scenes(folder_store, task, tmp_path / "scenes").stdout
    assert "train on outdoor-0000 outdoor-0002 ; validate on outdoor-0001 ; moving:\n" in said


def test_a_fraction_of_the_scenes_that_are_left_is_learned_from(folder_store, tmp_path):
    overrides = {"training.fraction": 0.5, "training.validation_scenes": 2}
    tiny = planned(folder_store, tmp_path, overrides=overrides, num_train=10)
    said = said_of_scenes(folder_store, tiny, tmp_path / "scenes").stdout
    learned, _ = split_for_validation(load_dataset(folder_store, "tiny").split("train"), 2)
    names = " ".join(entry.scene.id for entry in take_fraction(learned, 0.5))
    assert len(names.split()) == 4
    assert f"train on {names} ; validate on outdoor-0002 outdoor-0007 ;" in said


def test_a_moving_scene_s_exposures_are_fetched_by_their_receipts(folder_store, tmp_path):
    tiny = planned(folder_store, tmp_path, moving={0})
    said = said_of_scenes(folder_store, tiny, tmp_path / "scenes").stdout
    assert "; moving: outdoor-0000\n" in said


def test_exposures_stay_where_they_are_when_motion_is_not_asked_for(folder_store, tmp_path):
    tiny = planned(folder_store, tmp_path, overrides={"camera.motion": False}, moving={0})
    for found in list(folder_store.list(keys.receipts_of_kind("render_exposure"))):
        folder_store.delete(found.key)
    said = said_of_scenes(folder_store, tiny, tmp_path / "scenes").stdout
    assert "train on outdoor-0000 outdoor-0002" in said
    assert "; moving:\n" in said


def test_an_exposure_without_a_receipt_fails_the_training_by_name(folder_store, tmp_path):
    tiny = planned(folder_store, tmp_path, moving={0})
    for found in list(folder_store.list(keys.receipts_of_task("render_exposure", "tiny/outdoor-0000/ev+0"))):
        folder_store.delete(found.key)
    said = said_of_scenes(folder_store, tiny, tmp_path / "scenes")
    assert said.returncode == 1
    assert (
        "outdoor-0000/exposures/ev+0.exr is in no receipt; re-render the scene" in said.stdout + said.stderr
    )


def test_a_network_is_tested_on_photographs_of_real_cameras(folder_store, tmp_path):
    base = {
        "inputs": {"ev": (-3, 0, 3)},
        "camera": {"response": "varied", "jpeg_quality": (85, 98)},
        "test": {"photographs": "real_cameras"},
    }
    plan, train = planned(folder_store, tmp_path, base=base, overrides={"training.steps": 10}, moving={2})
    arguments = command(folder_store, plan, train, tmp_path / "scratch")
    subprocess.run(arguments, check=True, capture_output=True)
    record = EvaluationRecord.model_validate_json(results(folder_store)["evaluation.json"])
    # The dataset has no photographs at -3 and 3: they were taken.
    assert record.input_ev == (-3.0, 0.0, 3.0)
    assert {row.scene for row in record.scenes} == {name_of(3)}
    assert all(row.scores.psnr_mu > 10 for row in record.scenes)


def scenes_of(*families):
    """Entries of an index, as far as the split into learned and validated looks at them."""
    return [
        SimpleNamespace(scene=SimpleNamespace(id=f"{family}-{number}", family=family))
        for number, family in enumerate(families)
    ]


def test_validation_scenes_are_held_out_and_spread():
    scenes = scenes_of(*10 * ["street"])
    learned, validated = split_for_validation(scenes, 2)
    assert validated == [scenes[2], scenes[7]]
    assert learned == [scene for scene in scenes if scene not in validated]
    assert split_for_validation(scenes, 0) == (scenes, [])


def test_views_are_learned_from_and_validated_on_only_for_want_of_other_scenes():
    scenes = scenes_of("street", "view", "view", "water", "view", "view", "street", "water")
    views = [scene for scene in scenes if scene.scene.family == "view"]
    learned, validated = split_for_validation(scenes, 2)
    assert [entry.scene.id for entry in validated] == ["water-3", "water-7"]
    assert [entry for entry in learned if entry.scene.family == "view"] == views
    assert [entry.scene.family for entry in split_for_validation(views, 2)[1]] == ["view", "view"]
    assert split_for_validation(scenes, 0) == (scenes, [])


def test_too_few_scenes_are_refused_with_what_to_do():
    with pytest.raises(TrainingError, match="render more scenes, or hold out fewer"):
        split_for_validation([1], 1)


def entries(folder_store, folder, num_train):
    make_dataset(folder_store, folder, num_train=num_train)
    return load_dataset(folder_store, "tiny").split("train")


def test_a_smaller_share_of_scenes_is_part_of_a_larger_one(folder_store, tmp_path):
    scenes = entries(folder_store, tmp_path / "made", 12)
    shares = [
        [entry.scene.id for entry in take_fraction(scenes, f)] for f in (0.01, 0.1, 0.25, 0.5, 0.75, 1.0)
    ]
    assert [len(share) for share in shares] == [1, 1, 3, 6, 9, 12]
    for smaller, larger in pairwise(shares):
        assert set(smaller) <= set(larger)
    assert shares[-1] == [entry.scene.id for entry in scenes]
    assert all(share == sorted(share) for share in shares)
    # By lot, and not the first ones.
    assert shares[3] != shares[-1][:6]


def test_a_share_does_not_depend_on_the_order_of_the_scenes(folder_store, tmp_path):
    scenes = entries(folder_store, tmp_path / "made", 8)
    share = {entry.scene.id for entry in take_fraction(scenes, 0.5)}
    assert {entry.scene.id for entry in take_fraction(scenes[::-1], 0.5)} == share


@pytest.mark.parametrize(
    "name",
    ["../../../../.profile", "/etc/passwd", "sub/../../x", "x.txt", "sub/latest.json", "step-1.pt", "a\\b"],
)
def test_nothing_below_the_checkpoints_is_fetched_but_checkpoints(name, tmp_path, monkeypatch):
    from hdrbatch.specs.variant import VariantSpec
    from hdrbatch.storage.s3 import S3Store

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    home = tmp_path / "home"
    scratch = home / "a" / "b" / "scratch"
    scratch.mkdir(parents=True)
    (home / ".profile").write_text("mine")
    prefix = keys.checkpoints_folder("s", "v", "a" * 64)
    with lying_s3() as service:
        service.objects[prefix + name] = b"theirs"
        store = S3Store("bucket", endpoint=service.url)
        context = SimpleNamespace(store=store, scratch=scratch)
        assert StoredCheckpoints(context, prefix).newest(VariantSpec()) is None
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [home / ".profile"]
    assert (home / ".profile").read_text() == "mine"
