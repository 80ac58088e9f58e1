"""``hdrbatch store`` as a user runs it, on stores that real functions filled."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from urllib.parse import urlsplit

import pytest

from hdrbatch.kinds import Kind
from hdrbatch.plan.stored_plans import save_plan
from hdrbatch.plan.sweep_plan import plan_sweep
from hdrbatch.plan.task import Estimate, make_task
from hdrbatch.specs.sweep_spec import SweepSpec
from hdrbatch.storage import keys
from hdrbatch.storage.folder import TEMPORARY_PREFIX
from hdrbatch.storage.receipts import Receipt, TaskRef, read_receipt, write_receipt
from hdrbatch.storage.transfer import upload
from hdrbatch.submit.submissions import Submission, put_submission, submitter_fields
from tests.conftest import run_command
from tests.submit.fake_slurm.plans import indices
from tests.waiting import PATIENCE_S, wait_until

PICTURE = "datasets/set/picture"


@pytest.fixture
def finish(folder_store, tmp_path):
    """Store files as a task's result, with its receipt: their text is their key."""

    def finish(ref, *names):
        path = tmp_path / "result"
        entries = []
        for key in names:
            path.write_text(key)
            entries.append(upload(folder_store, key, path))
        write_receipt(folder_store, Receipt(*vars(ref).values(), tuple(entries), {}, "", 1, 1, 1, {}))
        return ref

    return finish


@pytest.fixture
def finished(finish):
    """A store with two finished tasks: an index with a picture, and another index."""
    refs = []
    for name, outputs in (("set", (keys.dataset_index("set"), PICTURE)), ("b", (keys.dataset_index("b"),))):
        task = make_task(Kind.INDEX_DATASET, name, {"dataset": name}, outputs, Estimate(1, 1))
        refs.append(finish(task.ref, *outputs))
    return refs


def all_keys(store):
    return {found.key for found in store.list("")}


# --- ls


def test_ls_lists_keys_and_sizes_by_prefix_with_their_sum(hdrbatch, folder_store, finished):
    listed = hdrbatch("store", "ls", "datasets/set/", store=folder_store.url)
    assert (listed.returncode, listed.stderr) == (0, "")
    lines = [line.split(maxsplit=1) for line in listed.stdout.splitlines()]
    index = keys.dataset_index("set")
    assert lines == [
        [str(len(index)), index],
        [str(len(PICTURE)), PICTURE],
        [str(len(index) + len(PICTURE)), "in 2 objects"],
    ]


def test_ls_as_json_is_the_whole_listing(hdrbatch, folder_store, finished):
    listed = hdrbatch("store", "ls", "--json", store=folder_store.url)
    assert json.loads(listed.stdout) == [vars(found) for found in folder_store.list("")]
    assert len(json.loads(listed.stdout)) == 5


# --- verify


def test_verify_passes_a_whole_store(hdrbatch, folder_store, finished):
    verified = hdrbatch("store", "verify", store=folder_store.url)
    assert verified.returncode == 0, verified.stderr
    assert verified.stdout == "3 files read; 0 receipt(s) with damage\n"


def test_verify_names_what_is_damaged_and_changes_nothing(hdrbatch, folder_store, finished):
    folder_store.put_bytes(PICTURE, PICTURE.upper().encode())
    folder_store.delete(keys.dataset_index("b"))
    before = all_keys(folder_store)
    verified = hdrbatch("store", "verify", store=folder_store.url)
    assert verified.returncode == 1
    assert verified.stdout.splitlines() == [
        "datasets/b/dataset.json: missing",
        f"{PICTURE}: its SHA-256 does not match its receipt",
        "3 files read; 2 receipt(s) with damage",
    ]
    assert all_keys(folder_store) == before


def test_repair_withdraws_the_receipts_of_damaged_files_and_no_others(hdrbatch, folder_store, finished):
    damaged, whole = finished
    folder_store.put_bytes(PICTURE, b"cut")
    unreadable = TaskRef(Kind.INDEX_DATASET, "c", "c" * 64)
    folder_store.put_bytes(keys.receipt(*vars(unreadable).values()), b'{"kind":')
    before = all_keys(folder_store)
    repaired = hdrbatch("store", "verify", "--repair", store=folder_store.url)
    assert repaired.returncode == 1
    assert f"{PICTURE}: 3 bytes, but its receipt states {len(PICTURE)}" in repaired.stdout
    assert "3 files read; 2 receipt(s) with damage, withdrawn" in repaired.stdout
    withdrawn = {keys.receipt(*vars(ref).values()) for ref in (damaged, unreadable)}
    assert before - all_keys(folder_store) == withdrawn
    assert read_receipt(folder_store, whole) is not None
    again = hdrbatch("store", "verify", store=folder_store.url)
    assert (again.returncode, again.stdout) == (0, "1 files read; 0 receipt(s) with damage\n")


# --- gc


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
    assert f"{len(littered)} object(s) without a receipt, deleted" in deleted.stdout
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
    assert "1 temporary file(s) of killed processes deleted" in deleted.stdout
    assert not old.exists()
    assert young.exists()


def test_gc_deletes_slurms_logs_of_plans_that_are_done_and_of_no_others(
    hdrbatch, folder_store, finish, tmp_path
):
    def logs_of(plan, folder, name="array"):
        folder.mkdir(parents=True)
        (folder / "7_0_log.out").touch()
        values = {"stage": "index_dataset", "elements": ((0,),), "job": "7", "cluster": "c"}
        more = {"accounting": True, "memory_gb": None, "spec": "{}", "name": name, "folder": str(folder)}
        put_submission(folder_store, plan.id, Submission(**values, **more, **submitter_fields()))
        return folder

    done, going = indices(1), indices(2)
    for plan in (done, going):
        save_plan(folder_store, plan)
    (task,) = done.tasks()
    finish(task.ref, *task.outputs)
    logs = tmp_path / "logs"
    old = logs_of(done, logs / done.id / "array")
    kept = [
        logs_of(going, logs / going.id / "array"),
        # Whoever writes to the store must not be able to name what is deleted.
        logs_of(done, logs / done.id / "other", name="array"),
        logs_of(done, tmp_path / "mine" / "array", name="array"),
    ]
    listed = hdrbatch("store", "gc", store=folder_store.url)
    assert listed.returncode == 0, listed.stderr
    assert f"{old}: Slurm's logs of arrays whose plan is done" in listed.stdout
    assert old.exists()
    deleted = hdrbatch("store", "gc", "--delete", store=folder_store.url)
    for folder in kept:
        assert str(folder) not in listed.stdout + deleted.stdout
        assert list(folder.iterdir()) != []
    assert not old.exists()


def test_gc_is_not_stopped_by_a_damaged_receipt(hdrbatch, folder_store, littered):
    folder_store.put_bytes(keys.receipt("index_dataset", "broken", "0" * 64), b"{")
    listed = hdrbatch("store", "gc", store=folder_store.url)
    assert listed.returncode == 0, listed.stderr
    assert f"{len(littered)} object(s)" in listed.stdout


def test_gc_deletes_nothing_while_a_plan_is_damaged(hdrbatch, folder_store, littered):
    folder_store.put_bytes(keys.plan("broken"), b"{")
    before = list(folder_store.list(""))
    refused = hdrbatch("store", "gc", "--delete", store=folder_store.url)
    assert refused.returncode == 2
    assert "plans/broken.json is damaged" in refused.stderr
    assert list(folder_store.list("")) == before


# --- serve

# Writes through the S3 that its environment tells of, says where, then waits if asked to.
CLIENT = """
import os, sys, time
from hdrbatch.storage.address import open_store
open_store(os.environ["HDRBATCH_STORE"]).put_bytes("from/the/command", b"x")
print("client", os.getpid(), os.environ["AWS_ENDPOINT_URL_S3"], flush=True)
time.sleep(float(sys.argv[1]))
sys.exit(int(sys.argv[2]))
"""


def answers(endpoint):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", urlsplit(endpoint).port)) == 0


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def client_of(said):
    """Process id and endpoint that the client printed."""
    _, pid, endpoint = next(line for line in said.splitlines() if line.startswith("client")).split()
    return int(pid), endpoint


@pytest.mark.server
def test_serve_runs_a_command_with_the_store_set_and_passes_its_exit_code(tmp_path):
    command = [sys.executable, "-c", CLIENT, "0", "7"]
    served = run_command("store", "serve", str(tmp_path / "s3"), "--", *command, store="unused")
    assert served.returncode == 7, served.stderr
    assert f"store: s3://hdrbatch of {tmp_path / 's3'} at http://127.0.0.1:" in served.stdout
    _, endpoint = client_of(served.stdout)
    assert not answers(endpoint)
    assert (tmp_path / "s3" / "hdrbatch" / "from" / "the" / "command").read_bytes() == b"x"


@pytest.mark.server
def test_serve_tells_how_a_signal_ended_its_command(hdrbatch, tmp_path):
    command = [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]
    served = hdrbatch("store", "serve", str(tmp_path / "s3"), "--", *command, store="unused")
    assert served.returncode == 128 + signal.SIGKILL


@pytest.mark.server
def test_a_command_that_cannot_be_run_is_bad_input(hdrbatch, tmp_path):
    served = hdrbatch("store", "serve", str(tmp_path / "s3"), "--", "no-such-command", store="unused")
    assert served.returncode == 2
    assert "no-such-command: cannot be run: No such file or directory" in served.stderr


def start_serving(tmp_path, *arguments):
    """Start ``store serve`` in the background; its output goes to a file."""
    with (tmp_path / "said").open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "hdrbatch", "store", "serve", str(tmp_path / "s3"), *arguments],
            stdout=output,
            stderr=output,
            # A run of the tests in the background of a shell ignores SIGINT, and so would its children.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )


def said_by(process, tmp_path, expected):
    """What a server has said once the expected words are among it."""

    def said():
        text = (tmp_path / "said").read_text()
        assert process.poll() is None or expected in text, text
        return text

    wait_until(lambda: expected in said(), said)
    return said()


@pytest.mark.server
def test_sigterm_ends_the_command_and_the_server(tmp_path):
    process = start_serving(tmp_path, "--", sys.executable, "-c", CLIENT, "60", "0")
    try:
        client, endpoint = client_of(said_by(process, tmp_path, "client"))
        assert answers(endpoint)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE_S) == 128 + signal.SIGTERM
        assert not is_alive(client)
        assert not answers(endpoint)
    finally:
        process.kill()
        process.wait()


@pytest.mark.server
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_without_a_command_the_environment_is_printed_and_a_signal_ends_the_server(number, tmp_path):
    process = start_serving(tmp_path)
    try:
        said = said_by(process, tmp_path, "Ctrl-C stops it")
        exports = dict(
            line.removeprefix("export ").split("=", 1)
            for line in said.splitlines()
            if line.startswith("export ")
        )
        assert exports["HDRBATCH_STORE"] == "s3://hdrbatch"
        environment = os.environ | exports
        command = [sys.executable, "-c", CLIENT, "0", "0"]
        subprocess.run(command, env=environment, check=True, capture_output=True)
        process.send_signal(number)
        assert process.wait(timeout=PATIENCE_S) == 0
        assert not answers(exports["AWS_ENDPOINT_URL_S3"])
    finally:
        process.kill()
        process.wait()
