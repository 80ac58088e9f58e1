"""The worker, killed at every moment that matters; renders are real and tiny."""

import json
import os
import signal
import subprocess
import sys

import pytest

from hdrbatch.plan.render_plan import plan_render
from hdrbatch.plan.stored_plans import save_plan
from hdrbatch.specs.render_job import RenderJob
from hdrbatch.storage import keys
from hdrbatch.storage.receipts import read_receipt
from hdrbatch.storage.verification import verify_receipts
from hdrbatch.submit.completion import done_tasks
from hdrbatch.worker import command
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.render

# Patches that end the process without a chance to clean up, each at its moment.
KILL = "os.kill(os.getpid(), signal.SIGKILL)"
PATCHES = {
    "during the render": f"""
import pathlib, threading, time
def watch():
    while not list(pathlib.Path(sys.argv[-1]).rglob("blender.log")):
        time.sleep(0.002)
    {KILL}
threading.Thread(target=watch, daemon=True).start()
""",
    "during the upload": f"""
import hdrbatch.storage.folder as f
def half(source, target, size):
    target.write(source.read(100)); target.flush(); {KILL}
f.shutil.copyfileobj = half
""",
    "after the first of two uploads": f"""
import hdrbatch.storage.folder as f
put = f.FolderStore.put_file
def once(*a):
    put(*a); {KILL}
f.FolderStore.put_file = once
""",
    "between upload and receipt": f"""
import hdrbatch.worker.task_run as w
def die(*a, **k): {KILL}
w.write_receipt = die
""",
}


def tiny_plan(samples=1, **scene):
    job = RenderJob.model_validate(
        {
            "dataset": "tiny",
            "scenes": {"train": ("outdoor:1",), "test": ()},
            "ev": (0.0,),
            "render": {"width": 16, "height": 12, "samples": samples},
        }
    )
    return plan_render(job, job.scenes.catalogue())


def worker_command(store, plan, task, scratch):
    names = ["--store", store.url, "--plan", plan.id, "--task", f"{task.kind}/{task.id}"]
    return [*names, "--scratch", str(scratch)]


def run_worker(store, plan, task, scratch, patch=""):
    scratch.mkdir(exist_ok=True)
    imports, run = (
        "import os, signal, sys, hdrbatch.worker.command",
        "os._exit(hdrbatch.worker.command.main(sys.argv[1:]))",
    )
    code = f"{imports}\n{patch}\n{run}"
    command = [sys.executable, "-c", code, *worker_command(store, plan, task, scratch)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)


@pytest.fixture
def plan(folder_store):
    made = tiny_plan()
    save_plan(folder_store, made)
    return made


@pytest.fixture
def render(plan):
    return next(plan.tasks())


def test_a_finished_task_has_a_receipt_that_names_its_files(folder_store, plan, render, tmp_path):
    done = run_worker(folder_store, plan, render, tmp_path / "scratch")
    assert done.returncode == 0, done.stderr
    receipt = read_receipt(folder_store, render.ref)
    assert receipt is not None
    assert {entry.key for entry in receipt.files} == set(render.outputs)
    assert receipt.versions["bpy"].startswith("4.5")
    assert set(receipt.phases_s) >= {"import", "scene", "sampling", "writing", "upload"}
    assert receipt.cpu_s > 0
    assert receipt.wall_s >= sum(receipt.phases_s.values()) * 0.99
    assert receipt.peak_memory_bytes > 50e6
    assert [verified.damage for verified in verify_receipts(folder_store)] == [()]


@pytest.mark.parametrize("moment", PATCHES)
def test_a_worker_killed_leaves_nothing_visible_and_the_next_one_finishes(
    moment, folder_store, plan, render, tmp_path
):
    killed = run_worker(folder_store, plan, render, tmp_path / "first", PATCHES[moment])
    assert killed.returncode == -signal.SIGKILL
    assert read_receipt(folder_store, render.ref) is None
    assert done_tasks(folder_store, plan.tasks()) == set()
    again = run_worker(folder_store, plan, render, tmp_path / "second")
    assert again.returncode == 0, again.stderr
    assert done_tasks(folder_store, plan.tasks()) == {render.ref}
    assert [verified.damage for verified in verify_receipts(folder_store)] == [()]


def test_a_task_that_is_done_is_not_run_again(folder_store, plan, render, tmp_path):
    run_worker(folder_store, plan, render, tmp_path / "first")
    key = keys.receipt(render.kind, render.id, render.digest)
    before = folder_store.get_bytes(key)
    again = run_worker(
        folder_store, plan, render, tmp_path / "second", "import builtins; sys.modules['bpy'] = None"
    )
    assert again.returncode == 0
    assert "already done" in again.stderr
    assert folder_store.get_bytes(key) == before


def test_a_task_whose_file_is_gone_is_run_again(folder_store, plan, render, tmp_path):
    run_worker(folder_store, plan, render, tmp_path / "first")
    folder_store.delete(render.outputs[0])
    assert done_tasks(folder_store, plan.tasks()) == set()
    assert run_worker(folder_store, plan, render, tmp_path / "second").returncode == 0
    assert done_tasks(folder_store, plan.tasks()) == {render.ref}


def test_the_same_task_twice_at_once_gives_one_whole_result(folder_store, plan, render, tmp_path):
    processes = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        command = [
            sys.executable,
            "-m",
            "hdrbatch.worker",
            *worker_command(folder_store, plan, render, tmp_path / name),
        ]
        processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    assert [process.wait(timeout=PATIENCE_S) for process in processes] == [0, 0]
    assert [verified.damage for verified in verify_receipts(folder_store)] == [()]


def test_a_changed_task_withdraws_the_result_that_it_writes_over(folder_store, plan, render, tmp_path):
    run_worker(folder_store, plan, render, tmp_path / "first")
    changed = tiny_plan(samples=2)
    save_plan(folder_store, changed)
    task = next(changed.tasks())
    killed = run_worker(
        folder_store, changed, task, tmp_path / "killed", PATCHES["between upload and receipt"]
    )
    assert killed.returncode == -signal.SIGKILL
    assert read_receipt(folder_store, render.ref) is None
    assert run_worker(folder_store, changed, task, tmp_path / "second").returncode == 0
    assert done_tasks(folder_store, [render, task]) == {task.ref}


def test_a_missing_input_is_named(folder_store, plan, tmp_path):
    assembly = plan.stages[1].tasks[0]
    done = run_worker(folder_store, plan, assembly, tmp_path / "scratch")
    assert done.returncode == 1
    assert "MissingInputError: 1 of 1 input(s) are not done: tiny/outdoor-0001/ev+0" in done.stderr


def test_a_damaged_input_is_not_used(folder_store, plan, render, tmp_path):
    run_worker(folder_store, plan, render, tmp_path / "first")
    key = next(output for output in render.outputs if output.endswith(".exr"))
    data = bytearray(folder_store.get_bytes(key))
    data[-5] ^= 1
    folder_store.put_bytes(key, bytes(data))
    assembly = plan.stages[1].tasks[0]
    done = run_worker(folder_store, plan, assembly, tmp_path / "second")
    assert done.returncode == 1
    assert "CorruptObjectError" in done.stderr
    assert read_receipt(folder_store, assembly.ref) is None


def test_an_unknown_plan_and_task_are_bad_input(folder_store, plan, render, tmp_path):
    (tmp_path / "scratch").mkdir()
    for names in (
        ["--plan", "nosuch", "--task", "a/b"],
        ["--plan", plan.id, "--task", "render_exposure/none"],
    ):
        command = [sys.executable, "-m", "hdrbatch.worker", "--store", folder_store.url, *names]
        done = subprocess.run(
            [*command, "--scratch", str(tmp_path / "scratch")], capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert plan.id in done.stderr


@pytest.mark.server
def test_the_store_can_be_s3(plan, render, tmp_path, monkeypatch):
    from hdrbatch.storage.address import open_store
    from hdrbatch.storage.server import serve

    with serve(tmp_path / "s3") as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        store = open_store(os.environ["HDRBATCH_STORE"])
        save_plan(store, plan)
        done = run_worker(store, plan, render, tmp_path / "scratch")
        assert done.returncode == 0, done.stderr
        assert done_tasks(store, plan.tasks()) == {render.ref}
        texts = done.stderr + store.get_bytes(keys.receipt(render.kind, render.id, render.digest)).decode()
        assert server.secret_key not in texts + json.dumps(plan.to_json())


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_task_gets_the_threads_the_device_and_the_cache_that_its_worker_was_started_with(
    by_hand, folder_store, plan, render, tmp_path, monkeypatch
):
    packs = []

    class Noted:
        def __init__(self, *arguments, **options):
            packs.append((*arguments, options))

        def run(self):
            return 0

    monkeypatch.setattr(command, "Pack", Noted)
    (tmp_path / "tasks").write_text(json.dumps(render.to_json()) + "\n")
    names = ["--plan", plan.id, "--task", str(render.name)]
    arguments = ["--store", folder_store.url, "--scratch", str(tmp_path), "--threads", "3"]
    arguments += ["--device", "cuda:1", "--cache", str(tmp_path / "cache"), "--cache-gb", "2"]
    assert command.main([*arguments, *(names if by_hand else ["--tasks", str(tmp_path / "tasks")])]) == 0
    ((_, tasks, _, machine, options),) = packs
    assert (tasks, options.get("to_files", True)) == ([render], not by_hand)
    assert (machine.num_threads, machine.device) == (3, "cuda:1")
    assert machine.cache is not None


def test_a_task_without_its_plan_and_a_used_scratch_folder_are_rejected(
    folder_store, plan, render, tmp_path, caplog
):
    (tmp_path / "task-0" / "scratch").mkdir(parents=True)
    (tmp_path / "tasks").write_text(json.dumps(render.to_json()) + "\n")
    where = ["--store", folder_store.url, "--scratch", str(tmp_path)]
    assert command.main([*where, "--task", str(render.name)]) == 2
    assert command.main([*where, "--tasks", str(tmp_path / "tasks")]) == 2
    told = caplog.text
    assert "give --plan as well" in told
    assert "holds files of an earlier run; give an empty folder" in told
