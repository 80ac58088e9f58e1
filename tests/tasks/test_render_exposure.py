"""Renders stopped, killed and resumed through the store: real workers, a real Blender, small pictures."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

import pytest

from hdrbatch.plan.render_plan import plan_render
from hdrbatch.plan.stored_plans import save_plan
from hdrbatch.specs.render_job import RenderJob
from hdrbatch.storage import keys
from hdrbatch.storage.folder import FolderStore
from hdrbatch.submit.completion import done_tasks
from tests.waiting import PATIENCE_S, wait_until

pytestmark = pytest.mark.render

WIDTH, HEIGHT, SAMPLES = 16, 12, 7
CHUNKS_OF_TWO = f"""
import hdrbatch.blender.sampling
hdrbatch.blender.sampling.CHUNK_PIXEL_SAMPLES = {2 * WIDTH * HEIGHT}
"""
ENDS = [1, 3, 5]
"""Of the chunks but the last: 7 samples are cut into 1, 2, 2, 2."""

# Runs `disturb(n)` in another thread while Blender renders the n-th chunk of the process.
DISTURBED = """
import builtins, threading
import hdrbatch.worker, hdrbatch.worker.registry as registry
run = registry.TaskKind.run
def disturbed_run(kind, context):
    from hdrbatch.blender.cores import limited_to_cores
    with limited_to_cores(context.num_threads):
        import hdrbatch.blender.rendering as render
    operator, chunks = render._render, []
    def render_disturbed(*arguments):
        chunks.append(1)
        timer = threading.Timer(0.03, disturb, [len(chunks)])
        timer.start()
        radiance = operator(*arguments)
        timer.join()
        return radiance
    render._render = render_disturbed
    run(kind, context)
registry.TaskKind.run = disturbed_run
"""


def made_plan(width=WIDTH, height=HEIGHT, samples=SAMPLES, scene="outdoor:1"):
    job = RenderJob.model_validate(
        {
            "dataset": "tiny",
            "scenes": {"train": (scene,), "test": ()},
            "ev": (0.0,),
            "render": {"width": width, "height": height, "samples": samples},
        }
    )
    return plan_render(job, job.scenes.catalogue())


def command(store, plan, scratch, patch):
    scratch.mkdir()
    task = next(plan.tasks())
    imports, run = (
        "import os, signal, sys",
        "from hdrbatch.worker.command import main; os._exit(main(sys.argv[1:]))",
    )
    code = f"{imports}\n{patch}\n{run}"
    names = ["--store", store.url, "--plan", plan.id, "--task", f"{task.kind}/{task.id}"]
    return [sys.executable, "-c", code, *names, "--scratch", str(scratch)]


@dataclass(frozen=True)
class Ended:
    """Exit of a worker, and its complete output."""

    returncode: int
    said: str


def run(store, plan, scratch, patch=CHUNKS_OF_TWO):
    arguments = command(store, plan, scratch, patch)
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    return Ended(done.returncode, done.stderr + task_log(scratch))


def task_log(scratch):
    return "".join(path.read_text() for path in scratch.rglob("log"))


def picture(store, plan):
    return store.get_bytes(next(plan.tasks()).outputs[0])


def stored_progress(store):
    return [found.key for found in store.list(keys.PROGRESS)]


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The picture's bytes if nothing disturbs the render."""
    folder = tmp_path_factory.mktemp("whole")
    store, plan = FolderStore(folder / "store"), made_plan()
    save_plan(store, plan)
    done = run(store, plan, folder / "scratch")
    assert done.returncode == 0, done.said
    assert stored_progress(store) == []
    return picture(store, plan)


@pytest.fixture
def plan(folder_store):
    made = made_plan()
    save_plan(folder_store, made)
    return made


def disturbed(body):
    return f"{CHUNKS_OF_TWO}{DISTURBED}\ndef disturb(n):\n    {body}\n"


def test_a_render_stopped_in_every_chunk_goes_on_to_the_same_bytes(folder_store, plan, tmp_path, expected):
    stop = disturbed("os.kill(os.getpid(), signal.SIGUSR2)")
    for number, samples in enumerate(ENDS):
        stopped = run(folder_store, plan, tmp_path / str(samples), stop)
        assert stopped.returncode == 75, stopped.said
        assert f"{samples} of {SAMPLES} samples are stored" in stopped.said
        assert (f"resuming from sample {ENDS[number - 1]} of 7" in stopped.said) == (number > 0)
        assert stored_progress(folder_store) == [
            keys.progress("render_exposure", "tiny/outdoor-0001/ev+0", next(plan.tasks()).digest)
        ]
        assert done_tasks(folder_store, plan.tasks()) == set()
    last = run(folder_store, plan, tmp_path / "last")
    assert last.returncode == 0, last.said
    assert "resuming from sample 5 of 7" in last.said
    assert picture(folder_store, plan) == expected
    assert stored_progress(folder_store) == []


def test_a_render_killed_in_its_third_chunk_goes_on_from_the_second(folder_store, plan, tmp_path, expected):
    killed = run(
        folder_store, plan, tmp_path / "killed", disturbed("n == 3 and os.kill(os.getpid(), signal.SIGKILL)")
    )
    assert killed.returncode == -signal.SIGKILL
    assert done_tasks(folder_store, plan.tasks()) == set()
    again = run(folder_store, plan, tmp_path / "again")
    assert again.returncode == 0, again.said
    assert "resuming from sample 3 of 7" in again.said
    assert picture(folder_store, plan) == expected


def test_a_damaged_progress_costs_itself_and_not_the_picture(folder_store, plan, tmp_path, expected):
    run(folder_store, plan, tmp_path / "stopped", disturbed("os.kill(os.getpid(), signal.SIGTERM)"))
    (key,) = stored_progress(folder_store)
    data = bytearray(folder_store.get_bytes(key))
    data[-3] ^= 1
    folder_store.put_bytes(key, bytes(data))
    again = run(folder_store, plan, tmp_path / "again")
    assert again.returncode == 0, again.said
    assert "the stored progress cannot be used; the render starts from scratch: it is damaged" in again.said
    assert picture(folder_store, plan) == expected


def test_signals_in_mid_render_let_the_chunk_finish_whole(folder_store, tmp_path):
    """A chunk takes about a second; three signals come from outside while Blender renders the first."""
    plan = made_plan(64, 48, 120)
    save_plan(folder_store, plan)
    patch = CHUNKS_OF_TWO + f"hdrbatch.blender.sampling.CHUNK_PIXEL_SAMPLES = {64 * 48 * 60}\n"
    scratch = tmp_path / "stopped"
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            command(folder_store, plan, scratch, patch), stdout=log, stderr=log, env=os.environ
        )

    def renders_first_chunk():
        assert process.poll() is None, (tmp_path / "log").read_text()
        return any("Sample 0/60" in path.read_text() for path in scratch.rglob("blender.log"))

    wait_until(renders_first_chunk)
    for number in (signal.SIGUSR2, signal.SIGUSR2, signal.SIGTERM, signal.SIGINT):
        process.send_signal(number)
        time.sleep(0.02)
    assert stored_progress(folder_store) == []
    assert process.wait(timeout=PATIENCE_S) == 75
    assert "60 of 120 samples are stored" in (tmp_path / "log").read_text() + task_log(scratch)
    assert len(stored_progress(folder_store)) == 1
    assert done_tasks(folder_store, plan.tasks()) == set()
    resumed = run(folder_store, plan, tmp_path / "resumed", patch)
    assert "resuming from sample 60 of 120" in resumed.said
    whole = FolderStore(tmp_path / "whole")
    save_plan(whole, plan)
    assert run(whole, plan, tmp_path / "undisturbed", patch).returncode == 0
    digests = [hashlib.sha256(picture(one, plan)).hexdigest() for one in (folder_store, whole)]
    assert digests[0] == digests[1]


def test_a_moving_scene_s_two_pictures_go_on_from_where_they_were(folder_store, tmp_path):
    plan = made_plan(samples=3, scene="street:1:both")
    whole = FolderStore(tmp_path / "whole")
    for store in (whole, folder_store):
        save_plan(store, plan)
    assert run(whole, plan, tmp_path / "undisturbed").returncode == 0
    stop = disturbed("os.kill(os.getpid(), signal.SIGUSR2)")
    for number, said in enumerate(("1 of 3", "3 of 3", "1 of 3")):
        stopped = run(folder_store, plan, tmp_path / str(number), stop)
        assert stopped.returncode == 75, stopped.said
        assert f"{said} samples are stored" in stopped.said
    assert len(stored_progress(folder_store)) == 2
    last = run(folder_store, plan, tmp_path / "last")
    assert last.returncode == 0, last.said
    outputs = next(plan.tasks()).outputs[:2]
    for key in outputs:
        assert folder_store.get_bytes(key) == whole.get_bytes(key)
    assert whole.get_bytes(outputs[0]) != whole.get_bytes(outputs[1])
    assert stored_progress(folder_store) == []


@pytest.mark.parametrize("scene", ["outdoor:1", "street:1:both", "interior:2"])
def test_packed_exposures_share_their_scene_and_are_the_same_bytes_as_apart(scene, tmp_path):
    job = RenderJob.model_validate(
        {
            "dataset": "tiny",
            "scenes": {"train": (scene,), "test": ()},
            "ev": (-1.0, 0.0, 1.0),
            "render": {"width": WIDTH, "height": HEIGHT, "samples": 3, "denoise": "never"},
        }
    )
    tasks = plan_render(job, job.scenes.catalogue()).stages[0].tasks
    together, apart = FolderStore(tmp_path / "together"), FolderStore(tmp_path / "apart")
    work(together, tasks, tmp_path / "pack")
    for number, task in enumerate(tasks):
        work(apart, [task], tmp_path / str(number))
    for task in tasks:
        for key in task.outputs:
            assert together.get_bytes(key) == apart.get_bytes(key)
    assert (tmp_path / "pack" / "built").read_text() == "x"


COUNT_BUILDS = """
import os, pathlib, sys
import hdrbatch.scenes.build as build
once = build.build_scene
def counted(*arguments):
    with (pathlib.Path(sys.argv[1]) / "built").open("a") as file:
        file.write("x")
    return once(*arguments)
build.build_scene = counted
from hdrbatch.worker.command import main
os._exit(main(sys.argv[2:]))
"""


def work(store, tasks, scratch):
    scratch.mkdir()
    (scratch / "tasks").write_text("".join(json.dumps(task.to_json()) + "\n" for task in tasks))
    names = ("--store", store.url, "--tasks", scratch / "tasks", "--scratch", scratch, "--threads", "1")
    done = subprocess.run(
        [sys.executable, "-c", COUNT_BUILDS, str(scratch), *map(str, names)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + task_log(scratch)
