"""Workers as they are started and ended on a node: real processes with the cheapest real tasks.

What goes wrong inside them is put there by a ``sitecustomize`` of ours, which their interpreter loads: a task
crashes, ends its process, or sleeps, by its id.
"""

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hdrbatch.errors import InterruptedRunError, UserError
from hdrbatch.specs.cluster import ClusterSpec, Resources
from hdrbatch.storage import keys
from hdrbatch.storage.receipts import TaskRef
from hdrbatch.submit import launch as launch_module
from hdrbatch.submit.element import Element, ElementRun, TasksFailedError
from hdrbatch.submit.failures import Cause, failures_of_plan, read_message
from hdrbatch.submit.join import done_tasks
from hdrbatch.submit.launch import (
    Launch,
    Worker,
    cache_folder,
    end_workers,
    image_digest,
    required_image,
)
from hdrbatch.submit.scratch import scratch_folder
from tests.submit.fake_slurm.plans import index, slurm_cluster

PLAN = "made-up-0123456789"
NEVER_RUN = TaskRef("assemble_scene", "nowhere/outdoor-0001", "0" * 64)
MISBEHAVIOUR = """\
import os, signal, sys, time
if "hdrbatch.worker" in sys.orig_argv:
    import hdrbatch.tasks.index_dataset as kind
    run = kind.run
    def misbehave(context):
        if context.task.id.startswith("crash"):
            os.kill(os.getpid(), signal.SIGKILL)
        if context.task.id.startswith("exit"):
            print("something is wrong", flush=True)
            os._exit(3)
        if context.task.id.startswith("sleep"):
            print("asleep", flush=True)
            time.sleep(300)
        run(context)
    kind.run = misbehave
"""
PODMAN = """\
#!/bin/sh
echo "$@" >> {log}
case "$1 $2" in
    "image inspect") [ "$5" = missing ] && {{ echo "no such image" >&2; exit 125; }}; echo sha256:0123 ;;
    run*) exec sleep 60 ;;
esac
"""


@pytest.fixture
def misbehaving(tmp_path, monkeypatch):
    """Workers whose tasks do by their id what the docstring of this module says."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(MISBEHAVIOUR)
    monkeypatch.setenv("PYTHONPATH", str(folder))


@pytest.fixture
def scratch(tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def launch(folder_store, scratch):
    return Launch(folder_store.url, ClusterSpec(scratch=str(scratch)), Resources(cpus=1), "owner")


@pytest.fixture
def podman(tmp_path, monkeypatch):
    """A container runtime that writes its command lines to a file, which this gives."""
    (tmp_path / "bin").mkdir()
    program, log = tmp_path / "bin" / "podman", tmp_path / "podman.log"
    program.write_text(PODMAN.format(log=log))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    image_digest.cache_clear()
    yield log
    image_digest.cache_clear()


def wait_until(condition, timeout_s=20.0):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def is_asleep(worker):
    return worker.has_begun(0) and "asleep" in worker.log_of(0).read_text()


def runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def element_run(folder_store, scratch, *tasks):
    folder_store.put_bytes(keys.plan(PLAN), b"{}")
    cluster = slurm_cluster("/unused")
    element = Element(folder_store.url, PLAN, cluster.model_dump_json(exclude_unset=True), tasks[0].kind)
    return ElementRun(element, cluster, tasks, scratch)


# --- from start to end


def test_a_worker_runs_its_tasks_and_leaves_nothing_behind(launch, folder_store, scratch):
    good, failing = index("good"), index("failing", NEVER_RUN)
    worker = Worker(launch, [good, failing], scratch)
    wait_until(lambda: worker.poll() is not None)
    assert worker.poll() == 1
    assert worker.outcome(0).exit_code == 0
    assert worker.outcome(1).error == "MissingInputError"
    assert "done: index_dataset/good: 1 file(s)" in worker.log_of(0).read_text()
    assert "ERROR MissingInputError: 1 of 1 input(s) are not done" in worker.log_of(1).read_text()
    assert done_tasks(folder_store, [good, failing]) == {good.ref}
    worker.close()
    assert list(scratch.iterdir()) == []


def test_a_worker_that_is_stopped_says_so(launch, scratch, folder_store, misbehaving):
    worker = Worker(launch, [index("sleep"), index("next")], scratch)
    wait_until(lambda: is_asleep(worker))
    assert not worker.was_stopped
    worker.stop()
    wait_until(lambda: worker.poll() is not None)
    assert worker.poll() == InterruptedRunError.exit_code
    assert worker.was_stopped
    assert not worker.has_begun(1)
    assert "asked to stop" in worker.log.read_text() + worker.log_of(0).read_text()
    worker.close()


def test_a_worker_that_does_not_stop_is_killed_after_its_grace(launch, scratch, misbehaving):
    worker = Worker(launch, [index("sleep")], scratch)
    wait_until(lambda: is_asleep(worker))
    os.kill(worker.process.pid, signal.SIGSTOP)
    end_workers([worker], grace_s=0.2)
    assert worker.poll() == -signal.SIGKILL
    worker.close()


def test_impatience_kills_at_once(launch, scratch, misbehaving):
    worker = Worker(launch, [index("sleep")], scratch)
    wait_until(lambda: is_asleep(worker))
    os.kill(worker.process.pid, signal.SIGSTOP)
    end_workers([worker], grace_s=600, is_impatient=lambda: True)
    assert worker.poll() == -signal.SIGKILL
    worker.close()


STARTER = """\
import sys, time
from pathlib import Path
from hdrbatch.specs.cluster import ClusterSpec, Resources
from hdrbatch.submit.launch import Launch, Worker
from tests.submit.fake_slurm.plans import index
store, scratch = sys.argv[1:]
worker = Worker(Launch(store, ClusterSpec(), Resources(), "owner"), [index("sleep")], Path(scratch))
while not (worker.has_begun(0) and "asleep" in worker.log_of(0).read_text()):
    time.sleep(0.02)
print(worker.process.pid, flush=True)
time.sleep(300)
"""


def test_a_worker_does_not_outlive_a_starter_that_is_killed(folder_store, scratch, misbehaving):
    command = [sys.executable, "-c", STARTER, folder_store.url, str(scratch)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as starter:
        pid = int(starter.stdout.readline())
        assert runs(pid)
        starter.kill()
    wait_until(lambda: not runs(pid), timeout_s=10)


# --- an element with its pack


@pytest.mark.parametrize(
    ("bad", "cause", "message"),
    [
        ("crash", Cause.MEMORY, "killed by signal 9, as the kernel does for lack of memory"),
        ("exit", Cause.FAILED, "something is wrong"),
    ],
)
def test_a_task_that_takes_its_worker_down_does_not_stop_those_behind_it(
    bad, cause, message, folder_store, scratch, misbehaving, monkeypatch
):
    monkeypatch.setenv("SLURM_ARRAY_JOB_ID", "7")
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "3")
    tasks = [index("before"), index(bad), index("after"), index("last")]
    with pytest.raises(TasksFailedError, match=f"1 of 4 failed: index_dataset/{bad}"):
        element_run(folder_store, scratch, *tasks).run()
    assert done_tasks(folder_store, tasks) == {tasks[0].ref, tasks[2].ref, tasks[3].ref}
    ((name, failure),) = failures_of_plan(folder_store, PLAN).items()
    assert (name, failure.cause, failure.job) == (f"index_dataset/{bad}", cause, "7_3")
    assert message in read_message(folder_store, PLAN, failure)
    assert b"done: index_dataset/last" in folder_store.get_bytes(keys.log(PLAN, "index_dataset", "last"))
    assert list(scratch.iterdir()) == []


def test_a_task_of_another_version_is_refused_with_what_to_build_anew(folder_store, scratch):
    other = dataclasses.replace(index("other"), digest="0" * 64)
    with pytest.raises(TasksFailedError):
        element_run(folder_store, scratch, other, index("good")).run()
    (failure,) = failures_of_plan(folder_store, PLAN).values()
    assert failure.cause is Cause.BAD_INPUT
    told = read_message(folder_store, PLAN, failure)
    assert "index_dataset other was planned by another version of hdrbatch" in told
    assert "build the images anew (make images)" in told
    assert done_tasks(folder_store, [other]) == set()


def test_the_other_image_is_refused(folder_store, scratch, monkeypatch):
    monkeypatch.setenv("HDRBATCH_IMAGE", "train")
    with pytest.raises(TasksFailedError):
        element_run(folder_store, scratch, index("one")).run()
    (failure,) = failures_of_plan(folder_store, PLAN).values()
    assert failure.cause is Cause.BAD_INPUT
    told = read_message(folder_store, PLAN, failure)
    assert "index_dataset runs in the render image, and this is the train image" in told
    assert "[container]" in told


def test_what_failed_before_is_forgotten_when_it_runs_again(folder_store, scratch):
    failing = index("one", NEVER_RUN)
    for _ in range(2):
        with pytest.raises(TasksFailedError):
            element_run(folder_store, scratch, failing).run()
    assert len(list(folder_store.list(keys.failures(PLAN)))) == 1
    element_run(folder_store, scratch, index("one")).run()
    assert failures_of_plan(folder_store, PLAN) == {}


def test_an_element_that_is_stopped_notes_no_failure_and_keeps_the_log(folder_store, scratch, misbehaving):
    """As submitit does it: in a signal's handler, on top of the run."""
    tasks = [index("first"), index("sleep"), index("last")]
    run = element_run(folder_store, scratch, *tasks)
    first_receipt = Path(folder_store.url) / keys.receipt("index_dataset", "first", tasks[0].digest)

    def stop(number, frame):
        if not first_receipt.exists() or not list(scratch.glob("*/task-1/log")):
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            return
        run.stop(10.0)
        sys.exit(InterruptedRunError.exit_code)

    previous = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(SystemExit):
            run.run()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert failures_of_plan(folder_store, PLAN) == {}
    assert done_tasks(folder_store, tasks) == {tasks[0].ref}
    assert list(folder_store.list(keys.log(PLAN, "index_dataset", "sleep"))) != []
    assert list(scratch.iterdir()) == []


# --- containers


def test_a_container_is_given_its_folders_its_variables_and_its_limits(
    folder_store, scratch, podman, monkeypatch
):
    cluster = ClusterSpec.model_validate(
        {
            "scratch": str(scratch),
            "cache_gb": 2.0,
            "environment": ("TOKEN", "NOT_SET"),
            "container": {
                "runtime": "podman",
                "render": "r:1",
                "train": "t:1",
                "mounts": ("/data:/data:ro",),
            },
        }
    )
    monkeypatch.setenv("TOKEN", "secret")
    monkeypatch.setenv("SLURM_JOB_GPUS", "2,3")
    launch = Launch(folder_store.url, cluster, Resources(cpus=4, gpus=2, memory_gb=1.5), "plan-7_1")
    base = scratch / f"hdrbatch-{os.getuid()}"
    inside = launch.inside("train_variant", base / "run" / "w")
    assert cache_folder(cluster).parent == base
    assert inside.image == "t:1"
    assert inside.mounts == (
        f"{base}:{base}",
        f"{folder_store.url}:{folder_store.url}",
        "/data:/data:ro",
    )
    assert inside.secret_names == ("TOKEN",)
    assert inside.variables == {
        "OMP_NUM_THREADS": "4",
        "PYTHONNOUSERSITE": "1",
        "TMPDIR": f"{base}/run/w/tmp",
        "HDRBATCH_IMAGE_DIGEST": "sha256:0123",
    }
    assert (inside.gpus, inside.memory_mb) == (("2", "3"), 1536)
    assert inside.user == f"{os.getuid()}:{os.getgid()}"
    assert inside.name.startswith("hdrbatch-plan-7-1-")
    assert inside.name != launch.inside("train_variant", scratch / "w").name
    assert (launch.python, launch.device) == ("python", "cuda")


def test_gpus_are_those_of_the_step_or_of_the_job_or_all(launch, scratch, monkeypatch):
    with_gpus = dataclasses.replace(launch, resources=Resources(gpus=1))
    for name in ("SLURM_STEP_GPUS", "SLURM_JOB_GPUS"):
        monkeypatch.delenv(name, raising=False)
    assert with_gpus.inside("index_dataset", scratch).gpus is None
    monkeypatch.setenv("SLURM_JOB_GPUS", "5")
    assert with_gpus.inside("index_dataset", scratch).gpus == ("5",)
    monkeypatch.setenv("SLURM_STEP_GPUS", "6")
    assert with_gpus.inside("index_dataset", scratch).gpus == ("6",)
    assert launch.inside("index_dataset", scratch).gpus == ()


def test_a_store_that_is_no_folder_is_not_mounted(launch, scratch):
    (base,) = launch.inside("index_dataset", scratch).mounts[:1]
    cluster = ClusterSpec.model_validate(
        {"scratch": str(scratch), "container": {"runtime": "apptainer", "render": "/r.sif"}}
    )
    contained = dataclasses.replace(launch, cluster=cluster)
    url = launch.store_url
    assert contained.inside("index_dataset", scratch).mounts == (base, f"{url}:{url}")
    remote = dataclasses.replace(contained, store_url="s3://bucket/prefix")
    assert remote.inside("index_dataset", scratch).mounts[:1] == (base,)


def test_a_container_that_was_stopped_is_removed_by_its_name(launch, scratch, podman):
    cluster = ClusterSpec.model_validate({"container": {"runtime": "podman", "render": "r:1"}})
    worker = Worker(dataclasses.replace(launch, cluster=cluster), [index("one")], scratch)
    wait_until(lambda: "run --rm" in podman.read_text())
    started = podman.read_text().splitlines()[-1].split()
    end_workers([worker], grace_s=5)
    worker.close()
    name = started[started.index("--name") + 1]
    assert podman.read_text().splitlines()[-1] == f"rm --force --time=0 {name}"
    assert started[-len(worker._worker_command()) :] == worker._worker_command()
    assert list(scratch.iterdir()) == []


def test_an_image_that_is_not_there_is_refused_with_how_to_get_it(launch, scratch, podman):
    cluster = ClusterSpec.model_validate({"container": {"runtime": "podman", "render": "missing"}})
    with pytest.raises(UserError, match=r"the image missing is not on .*make images.*podman save.*no such"):
        Worker(dataclasses.replace(launch, cluster=cluster), [index("one")], scratch)


@pytest.mark.parametrize("runtime", ["podman", "apptainer"])
def test_a_runtime_that_is_not_installed_is_refused(runtime, launch, scratch, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    image_digest.cache_clear()
    cluster = ClusterSpec.model_validate({"container": {"runtime": runtime, "render": "/r.sif"}})
    with pytest.raises(UserError, match=f"{runtime} cannot be started"):
        Worker(dataclasses.replace(launch, cluster=cluster), [index("one")], scratch)
    if runtime == "apptainer":
        assert list(scratch.iterdir()) == []


def test_an_image_that_the_cluster_file_does_not_name_is_refused():
    cluster = ClusterSpec.model_validate({"container": {"runtime": "podman", "render": "r"}})
    assert required_image(cluster, "assemble_scene") == "r"
    with pytest.raises(UserError, match=r"train_variant runs in the train image.*add train = "):
        required_image(cluster, "train_variant")
    assert required_image(ClusterSpec(), "train_variant") == ""


def test_scratch_that_cannot_be_written_is_refused_with_what_to_set(tmp_path):
    (tmp_path / "file").touch()
    cluster = ClusterSpec(scratch=str(tmp_path / "file"))
    with (
        pytest.raises(UserError, match="set TMPDIR, or scratch in the cluster file"),
        scratch_folder(cluster, "owner"),
    ):
        pass


def test_a_file_system_without_locks_does_not_stop_a_worker(launch, scratch, monkeypatch):
    def refuse(handle, how):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(launch_module.fcntl, "flock", refuse)
    worker = Worker(launch, [index("one")], scratch)
    monkeypatch.undo()
    wait_until(lambda: worker.poll() is not None)
    worker.close()
