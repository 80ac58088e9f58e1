"""``hdrbatch store gc`` on stores that real functions filled, and that others wrote to."""

import json
import os
import time

import pytest

from hdrbatch.kinds import Kind
from hdrbatch.plan.stored_plans import save_plan
from hdrbatch.plan.sweep_plan import plan_sweep
from hdrbatch.specs.sweep_spec import SweepSpec
from hdrbatch.storage import keys
from hdrbatch.storage.folder import TEMPORARY_PREFIX
from hdrbatch.storage.receipts import TaskRef
from hdrbatch.submit.submissions import (
    FOLDER_MARKER,
    Submission,
    folder_mark,
    mark_folder,
    put_submission,
    submitter_fields,
)
from tests.finished_tasks import all_keys, finish, finished
from tests.submit.fake_slurm.plans import indices

__all__ = ["finish", "finished"]


@pytest.fixture
def trainings(folder_store):
    """The trainings of a saved sweep, one per variant."""
    sweep = SweepSpec.model_validate(
        {"sweep": "s", "dataset": "set", "base": {}, "variants": {"going": {}, "done": {"training.seed": 1}}}
    )
    plan = plan_sweep(sweep, TaskRef(Kind.INDEX_DATASET, "set", "a" * 64), sweep.resolved())
    save_plan(folder_store, plan)
    return {task.id.rpartition("/")[2]: task for task in plan.stages[0].tasks}


@pytest.fixture
def littered(folder_store, finish, finished, trainings):
    """A store with things of every kind; returns which of them are garbage."""
    done = trainings["done"]
    finish(done.ref, *done.outputs)
    resumable = keys.checkpoints_folder("s", "going", trainings["going"].digest)
    outdated = keys.checkpoints_folder("s", "going", "f" * 64)
    over = keys.checkpoints_folder("s", "done", done.digest)
    kept = {resumable + name for name in ("latest.json", "step-00000005.pt")}
    garbage = {
        "datasets/set/of-no-receipt",
        "datasets/unfinished/scenes/x/reference.exr",
        keys.model("s", "going"),
        keys.model("unplanned", "variant"),
        outdated + "step-00000005.pt",
        over + "latest.json",
    }
    for key in kept | garbage | {keys.log("p", "train_variant", "s/going"), "notes.txt"}:
        folder_store.put_bytes(key, b"x")
    return garbage


def test_gc_lists_what_no_receipt_names_and_deletes_nothing(hdrbatch, folder_store, littered):
    before = all_keys(folder_store)
    listed = hdrbatch("store", "gc", store=folder_store.url)
    assert listed.returncode == 0, listed.stderr
    *lines, last = listed.stdout.splitlines()
    assert {line.split()[1] for line in lines} == littered
    assert last == f"{len(littered)} object(s) without a receipt"
    assert all_keys(folder_store) == before


def test_gc_deletes_garbage_and_keeps_results_plans_logs_and_checkpoints_to_go_on_from(
    hdrbatch, folder_store, littered
):
    before = all_keys(folder_store)
    deleted = hdrbatch("store", "gc", "--delete", store=folder_store.url)
    assert deleted.returncode == 0, deleted.stderr
    assert f"{len(littered)} object(s) without a receipt, to be deleted" in deleted.stdout
    assert before - all_keys(folder_store) == littered
    assert hdrbatch("store", "verify", store=folder_store.url).returncode == 0


def test_gc_deletes_temporary_files_of_killed_writers_and_not_those_of_running_ones(
    hdrbatch, folder_store, finished
):
    folder = folder_store.root / "datasets" / "set"
    old, young = (folder / f"{TEMPORARY_PREFIX}{name}" for name in ("old", "young"))
    for path in (old, young):
        path.write_bytes(b"half")
    two_hours_ago_s = time.time() - 7200
    os.utime(old, (two_hours_ago_s, two_hours_ago_s))
    hdrbatch("store", "gc", store=folder_store.url)
    assert old.exists()
    deleted = hdrbatch("store", "gc", "--delete", store=folder_store.url)
    assert "deleted, with 1 temporary file(s) of killed processes" in deleted.stdout
    assert not old.exists()
    assert young.exists()


@pytest.fixture
def submitted(folder_store):
    """Store a submission of a plan whose logs are in a folder, which is made and marked if it is ours."""

    def submitted(plan, folder, name="array", *, is_marked=True):
        values = {"stage": "index_dataset", "elements": ((0,),), "job": "7", "cluster": "c"}
        more = {"accounting": True, "memory_gb": None, "spec": "{}", "name": name, "folder": str(folder)}
        submission = Submission(**values, **more, **submitter_fields())
        put_submission(folder_store, plan.id, submission)
        folder.mkdir(parents=True, exist_ok=True)
        if is_marked:
            mark_folder(plan.id, submission)
        (folder / "7_0_log.out").touch()
        return folder

    return submitted


@pytest.fixture
def done_plan(folder_store, finish):
    """A plan whose only task is done."""
    plan = indices(1)
    save_plan(folder_store, plan)
    (task,) = plan.tasks()
    finish(task.ref, *task.outputs)
    return plan


def test_gc_deletes_slurms_logs_of_plans_that_are_done_and_of_no_others(
    hdrbatch, folder_store, done_plan, submitted, tmp_path
):
    going = indices(2)
    save_plan(folder_store, going)
    logs = tmp_path / "logs"
    old = submitted(done_plan, logs / done_plan.id / "array")
    kept = submitted(going, logs / going.id / "array")
    listed = hdrbatch("store", "gc", store=folder_store.url)
    assert listed.returncode == 0, listed.stderr
    assert f"{old}: Slurm's logs of arrays whose plan is done\n" in listed.stdout
    assert old.exists()
    deleted = hdrbatch("store", "gc", "--delete", store=folder_store.url)
    assert str(kept) not in listed.stdout + deleted.stdout
    assert list(kept.iterdir()) != []
    assert not old.exists()


@pytest.mark.parametrize(
    "attack",
    ["unmarked", "other name", "link", "link above", "foreign mark", "linked mark", "mark is a pipe"],
)
def test_gc_deletes_no_folder_that_a_submission_names_but_did_not_make(
    attack, hdrbatch, folder_store, done_plan, submitted, tmp_path
):
    """Whoever writes to the store must not be able to name what is deleted."""
    home = tmp_path / "home"
    mine = home / done_plan.id / "array"
    named = mine
    if attack == "other name":
        named = mine = submitted(done_plan, home / "thesis" / "array")
    elif attack in ("link", "link above"):
        submitted(done_plan, mine)
        named = tmp_path / "logs" / done_plan.id / "array"
        link, target = (named, mine) if attack == "link" else (named.parent, mine.parent)
        link.parent.mkdir(parents=True)
        link.symlink_to(target)
        submitted(done_plan, named, is_marked=False)
    else:
        submitted(done_plan, mine, is_marked=False)
    marker = mine / FOLDER_MARKER
    if attack == "foreign mark":
        marker.write_text(folder_mark("another", "array"))
    elif attack == "linked mark":
        (tmp_path / "mark").write_text(folder_mark(done_plan.id, "array"))
        marker.symlink_to(tmp_path / "mark")
    elif attack == "mark is a pipe":
        os.mkfifo(marker)
    if attack in ("link", "link above"):
        # The folder itself is a submission's; reached by another way, it stays.
        for found in folder_store.list(keys.submissions(done_plan.id)):
            if json.loads(folder_store.get_bytes(found.key))["folder"] == str(mine):
                folder_store.delete(found.key)
    deleted = hdrbatch("store", "gc", "--delete", store=folder_store.url)
    assert deleted.returncode == 0, deleted.stderr
    assert f"{named}: Slurm's logs of arrays whose plan is done (kept: " in deleted.stdout
    assert (mine / "7_0_log.out").exists()


@pytest.mark.parametrize("folder", ["/", "relative/array", "/tmp/../array", "/tmp/a\nb"])
def test_a_submission_with_no_proper_folder_is_skipped(
    folder, hdrbatch, folder_store, done_plan, submitted, tmp_path
):
    submitted(done_plan, tmp_path / "logs" / done_plan.id / "array")
    (found,) = folder_store.list(keys.submissions(done_plan.id))
    values = json.loads(folder_store.get_bytes(found.key)) | {"folder": folder}
    folder_store.put_bytes(found.key, json.dumps(values).encode())
    deleted = hdrbatch("store", "gc", "--delete", store=folder_store.url)
    assert deleted.returncode == 0, deleted.stderr
    assert (tmp_path / "logs" / done_plan.id / "array").exists()


@pytest.mark.parametrize("arguments", [(), ("--delete",)])
def test_gc_refuses_a_folder_that_is_no_store(arguments, hdrbatch, tmp_path):
    leftover = tmp_path / f"{TEMPORARY_PREFIX}of-something-else"
    result = tmp_path / "datasets" / "mine" / "picture.exr"
    result.parent.mkdir(parents=True)
    for path in (leftover, result):
        path.write_bytes(b"x")
        os.utime(path, (0, 0))
    refused = hdrbatch("store", "gc", *arguments, store=str(tmp_path))
    assert refused.returncode == 2
    assert "has neither plans nor receipts; name the store with --store" in refused.stderr
    assert leftover.exists()
    assert result.exists()


def test_gc_takes_leftovers_from_the_folders_of_a_store_alone(hdrbatch, folder_store, finished, tmp_path):
    names = [f"mine/{TEMPORARY_PREFIX}a", f"datasets/{TEMPORARY_PREFIX}a", f"{TEMPORARY_PREFIX}a"]
    paths = [folder_store.root / name for name in names]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
        os.utime(path, (0, 0))
    hdrbatch("store", "gc", "--delete", store=folder_store.url)
    assert [path.exists() for path in paths] == [True, False, False]


def test_gc_keeps_all_that_an_unreadable_receipt_may_name(hdrbatch, folder_store, littered, caplog):
    folder_store.put_bytes(keys.receipt("index_dataset", "unfinished", "0" * 64), b"{")
    before = all_keys(folder_store)
    deleted = hdrbatch("store", "gc", "--delete", store=folder_store.url)
    assert deleted.returncode == 0, deleted.stderr
    assert "all files of unfinished are kept" in caplog.text
    assert before - all_keys(folder_store) == littered - {"datasets/unfinished/scenes/x/reference.exr"}


def test_gc_keeps_what_a_damaged_plan_may_resume_from(hdrbatch, folder_store, littered, caplog):
    folder_store.put_bytes(keys.plan("broken"), b"{")
    before = all_keys(folder_store)
    deleted = hdrbatch("store", "gc", "--delete", store=folder_store.url)
    assert deleted.returncode == 0, deleted.stderr
    assert "plans/broken.json is damaged" in caplog.text
    gone = before - all_keys(folder_store)
    assert gone == {key for key in littered if key.startswith(keys.DATASETS)}
