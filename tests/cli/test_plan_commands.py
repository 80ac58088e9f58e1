"""``status``, ``logs``, ``retry`` and ``doctor`` as a user reruns them.

The plan is made up of the cheapest real tasks: an index of no scenes, and one that needs a task that never
ran, which fails.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec

import pytest

from hdrbatch.kinds import Kind
from hdrbatch.plan.stored_plans import save_plan
from hdrbatch.plan.task import Estimate, Plan, Stage, make_task
from hdrbatch.storage import keys
from hdrbatch.storage.folder import FolderStore
from hdrbatch.storage.receipts import TaskRef
from hdrbatch.submit.completion import done_tasks
from tests.conftest import run_command

NEVER_RUN = TaskRef(Kind.ASSEMBLE_SCENE, "nowhere/outdoor-0001", "0" * 64)


def index(name, *needs):
    payload = {"dataset": name, "scenes": []}
    return make_task(Kind.INDEX_DATASET, name, payload, (keys.dataset_index(name),), Estimate(1, 1), needs)


WHOLE, FAILING = index("whole"), index("failing", NEVER_RUN)
COMPARISON = make_task(
    Kind.COMPARE_VARIANTS, "s", {}, (keys.comparison("s"),), Estimate(1, 1), (FAILING.ref,)
)
PLAN = Plan(
    "mixed", (Stage(Kind.INDEX_DATASET, (WHOLE, FAILING)), Stage(Kind.COMPARE_VARIANTS, (COMPARISON,)))
)
GOOD = Plan("good", (Stage(Kind.INDEX_DATASET, (WHOLE,)),))


@pytest.fixture
def saved(folder_store):
    """A store with the plan; nothing of it has run."""
    save_plan(folder_store, PLAN)
    return folder_store.url


@pytest.fixture(scope="module")
def after_its_run(tmp_path_factory):
    """A store where the plan has run: one task is done, one failed, one was left out."""
    store = FolderStore(tmp_path_factory.mktemp("after") / "store")
    save_plan(store, PLAN)
    done = run_command("retry", store=store.url, in_process=True)
    assert done.returncode == 1, done.stderr
    return store.root


@pytest.fixture
def has_run(after_its_run, folder_store):
    """A copy of that store."""
    shutil.copytree(after_its_run, folder_store.root)
    return folder_store.url


def rows_of(table):
    """The cells of a printed table, row by row."""
    lines = [
        line.replace("┃", "│").split("│")[1:-1] for line in table.splitlines() if "│" in line or "┃" in line
    ]
    return [[cell.strip() for cell in line] for line in lines]


# --- retry


def test_retry_runs_what_is_missing_and_says_what_failed(hdrbatch, folder_store, saved):
    first = hdrbatch("retry", PLAN.id, store=saved)
    assert first.returncode == 1
    assert f"{PLAN.id}: 3 of 3 tasks to do" in first.stdout
    assert f"{PLAN.id}: 1 done, 0 skipped (already done), 1 failed, 1 blocked" in first.stdout
    assert f"failed: index_dataset/failing   (hdrbatch logs {PLAN.id} --task" in first.stdout
    assert "Traceback" not in first.stderr
    assert done_tasks(folder_store, PLAN.tasks()) == {WHOLE.ref}
    again = hdrbatch("retry", store=saved)
    assert again.returncode == 1
    assert f"{PLAN.id}: 2 of 3 tasks to do" in again.stdout
    assert "0 done, 1 skipped (already done), 1 failed, 1 blocked" in again.stdout


def test_retry_of_a_finished_plan_does_nothing(hdrbatch, folder_store):
    save_plan(folder_store, GOOD)
    assert hdrbatch("retry", store=folder_store.url).returncode == 0
    receipt = keys.receipt(WHOLE.kind, WHOLE.id, WHOLE.digest)
    before = folder_store.get_bytes(receipt)
    again = hdrbatch("retry", store=folder_store.url)
    assert again.returncode == 0
    assert "is up to date: all 1 tasks are done" in again.stdout
    assert folder_store.get_bytes(receipt) == before


def test_retry_asks_which_of_several_plans_is_meant(hdrbatch, folder_store, saved):
    save_plan(folder_store, GOOD)
    done = hdrbatch("retry", store=saved)
    assert done.returncode == 2
    assert f"name one of the plans of {saved}: {GOOD.id}, {PLAN.id}" in done.stderr
    assert done_tasks(folder_store, PLAN.tasks()) == set()


def test_an_unknown_plan_is_refused_with_those_that_there_are(hdrbatch, saved):
    for command in ("retry", "status", "logs"):
        done = hdrbatch(command, "nosuch", store=saved)
        assert done.returncode == 2
        assert f"there is no plan 'nosuch' in {saved}; it has {PLAN.id}" in done.stderr


# --- status


def test_status_counts_what_is_done_by_stage_and_names_what_is_not(hdrbatch, has_run):
    shown = hdrbatch("status", store=has_run)
    assert shown.returncode == 1, shown.stderr
    assert rows_of(shown.stdout) == [
        ["stage", "tasks", "done", "failed", "not submitted"],
        ["index_dataset", "2", "1", "1", ""],
        ["compare_variants", "1", "0", "", "1"],
    ]
    assert shown.stdout.startswith(PLAN.id)
    assert (
        "input-missing: index_dataset/failing\n  MissingInputError: 1 of 1 input(s) are not done"
        in shown.stdout
    )
    assert "not done: compare_variants/s\n" in shown.stdout
    assert f"hdrbatch retry {PLAN.id} reruns them" in shown.stdout


def test_status_as_json_is_the_same_of_every_plan(hdrbatch, folder_store, has_run):
    save_plan(folder_store, GOOD)
    shown = hdrbatch("status", "--json", store=has_run)
    good = {
        "plan": GOOD.id,
        "num_tasks": {"index_dataset": 1},
        "num_done": {"index_dataset": 1},
        "phases": {"index_dataset": {"done": 1}},
        "failures": [],
        "jobs": [],
        "scheduler": "",
        "missing": [],
    }
    mixed = {
        "plan": PLAN.id,
        "num_tasks": {"index_dataset": 2, "compare_variants": 1},
        "num_done": {"index_dataset": 1, "compare_variants": 0},
        "phases": {"index_dataset": {"done": 1, "failed": 1}, "compare_variants": {"not submitted": 1}},
        "jobs": [],
        "scheduler": "",
        "missing": ["index_dataset/failing", "compare_variants/s"],
    }
    shown_good, shown_mixed = json.loads(shown.stdout)
    [failure] = shown_mixed.pop("failures")
    assert (failure["cause"], failure["tasks"]) == ("input-missing", ["index_dataset/failing"])
    assert failure["message"].startswith(
        "MissingInputError: 1 of 1 input(s) are not done: nowhere/outdoor-0001"
    )
    assert (shown_good, shown_mixed) == (good, mixed)
    assert json.loads(hdrbatch("status", GOOD.id, "--json", store=has_run).stdout) == [good]


def test_status_believes_receipts_and_not_logs_or_files(hdrbatch, folder_store, saved):
    folder_store.put_bytes(WHOLE.outputs[0], b"{}")
    folder_store.put_bytes(keys.log(PLAN.id, WHOLE.kind, WHOLE.id), b"done")
    shown = hdrbatch("status", "--json", store=saved)
    assert json.loads(shown.stdout)[0]["num_done"] == {"index_dataset": 0, "compare_variants": 0}


def test_status_of_many_missing_tasks_names_some_and_counts_the_others(hdrbatch, folder_store):
    plan = Plan(
        "many", (Stage(Kind.INDEX_DATASET, tuple(index(f"set{number:02d}") for number in range(13))),)
    )
    save_plan(folder_store, plan)
    shown = hdrbatch("status", store=folder_store.url).stdout
    assert shown.count("not done:") == 10
    assert f"and 3 more\nhdrbatch retry {plan.id} reruns them" in shown


def test_a_damaged_plan_among_good_ones_is_told_of_and_hides_none(hdrbatch, folder_store, saved):
    save_plan(folder_store, GOOD)
    folder_store.put_bytes(keys.plan("lost-0123456789"), b'{"name": "lost", "stages"')
    shown = hdrbatch("status", "--json", store=saved)
    assert shown.returncode == 0
    assert [one["plan"] for one in json.loads(shown.stdout)] == [GOOD.id, PLAN.id]
    assert f"{saved}: plans/lost-0123456789.json is damaged" in shown.stderr
    assert "rerun the command that created it, or delete it" in shown.stderr
    named = hdrbatch("status", "lost-0123456789", store=saved)
    assert named.returncode == 2
    assert "plans/lost-0123456789.json is damaged" in named.stderr
    assert "Traceback" not in named.stderr


def test_status_of_a_store_without_plans_says_so(hdrbatch, folder_store):
    shown = hdrbatch("status", store=folder_store.url)
    assert (shown.returncode, shown.stdout) == (
        0,
        f"{folder_store.url} has no plans yet; create one with hdrbatch render or hdrbatch sweep\n",
    )


# --- logs


def test_logs_are_those_of_what_is_not_done(hdrbatch, has_run):
    shown = hdrbatch("logs", store=has_run)
    assert shown.returncode == 0, shown.stderr
    headings = [line for line in shown.stdout.splitlines() if line.startswith("==>")]
    assert headings == ["==> index_dataset/failing <=="]  # what was left out has no log
    assert "MissingInputError: 1 of 1 input(s) are not done: nowhere/outdoor-0001" in shown.stdout


def test_logs_of_one_task_are_shown_when_it_is_done_too(hdrbatch, folder_store, has_run):
    save_plan(folder_store, GOOD)  # the plan that has the log is found among several
    shown = hdrbatch("logs", "--task", "index_dataset/whole", store=has_run)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("==> index_dataset/whole <==\n")
    assert "done: index_dataset/whole: 1 file(s)" in shown.stdout
    assert "failing" not in shown.stdout


def test_a_log_that_is_not_there_is_bad_input(hdrbatch, has_run):
    shown = hdrbatch("logs", "--task", "compare_variants/s", store=has_run)
    assert shown.returncode == 2
    assert f"plan {PLAN.id} has no log of compare_variants/s" in shown.stderr


def test_logs_of_a_finished_plan_say_that_all_is_done(hdrbatch, folder_store):
    save_plan(folder_store, GOOD)
    hdrbatch("retry", store=folder_store.url)
    shown = hdrbatch("logs", store=folder_store.url)
    assert shown.returncode == 0
    assert shown.stdout.startswith(f"{GOOD.id}: every task that ran is done")
    assert "==>" not in shown.stdout


# --- doctor

MISSING = [name for name in ("bpy", "torch") if find_spec(name) is None]


def findings_of(shown):
    """The mark of every subject."""
    return {line.split()[1].rstrip(":"): line.split()[0] for line in shown.splitlines()}


@pytest.mark.render
@pytest.mark.skipif(bool(MISSING), reason=f"{', '.join(MISSING)} not installed: doctor finds that")
def test_doctor_finds_nothing_wrong_here_and_writes_nothing(hdrbatch, tmp_path):
    found = hdrbatch("doctor", store=str(tmp_path / "store"))
    assert found.returncode == 0, found.stdout + found.stderr
    assert findings_of(found.stdout) == dict.fromkeys(
        ("python", "store", "scratch", "render_exposure", "train_variant"), "ok"
    )
    assert "render_exposure: rendering: Blender 4.5" in found.stdout
    assert "train_variant: torch: torch 2" in found.stdout
    assert f"store: {tmp_path / 'store'} can be written and read" in found.stdout
    assert list((tmp_path / "store").rglob("*")) == []


@pytest.mark.render
def test_doctor_finds_a_store_that_cannot_be_written_and_checks_the_rest(hdrbatch, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    unwritable = tmp_path / "file" / "store"
    found = hdrbatch("doctor", store=str(unwritable))
    assert found.returncode == 1
    findings = findings_of(found.stdout)
    assert list(findings) == ["python", "store", "scratch", "render_exposure", "train_variant"]
    assert findings["store"] == "bad"
    assert findings["python"] == "ok"
    assert f"bad  store: {unwritable}: cannot write" in found.stdout
    assert "give a writable folder with --store" in found.stdout
    assert "Traceback" not in found.stderr


def test_a_plan_of_an_earlier_version_is_not_retried_but_planned_again(hdrbatch, folder_store):
    older = replace(WHOLE, digest="0" * 64)
    plan = Plan("older", (Stage(Kind.INDEX_DATASET, (older,)),))
    save_plan(folder_store, plan)
    refused = hdrbatch("retry", plan.id, store=folder_store.url)
    assert refused.returncode == 2
    assert "was planned by a version of hdrbatch with different results" in refused.stderr
    assert "(hdrbatch render)" in refused.stderr


@pytest.mark.parametrize("words", [["status"], ["status", "--json"], ["--help"], ["sweep", "--keys"]])
def test_a_reader_that_has_seen_enough_is_no_failure(words, saved):
    """As ``hdrbatch status | head -1``; the pipe is closed before anything is written."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as pipe:
        done = subprocess.run(
            [sys.executable, "-m", "hdrbatch", *words],
            stdout=pipe,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "HDRBATCH_STORE": saved},
        )
    assert (done.returncode, done.stderr) == (0, "")
