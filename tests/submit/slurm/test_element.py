"""One element of an array on its node: what becomes of its tasks, and of what goes wrong around them."""

import dataclasses
import os
import shutil
import signal
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from submitit import JobEnvironment
from submitit.core.job_environment import SignalHandler
from submitit.core.utils import UncompletedJobError
from submitit.helpers import DelayedSubmission
from submitit.slurm.slurm import SlurmJobEnvironment

from hdrbatch.errors import InterruptedRunError, TasksFailedError, UserError
from hdrbatch.kinds import Kind
from hdrbatch.storage import keys
from hdrbatch.storage.receipts import TaskRef
from hdrbatch.submit.completion import done_tasks
from hdrbatch.submit.failures import Cause, failures_of_plan, read_message
from hdrbatch.submit.slurm import element as element_module
from hdrbatch.submit.slurm.element import Element, ElementRun
from hdrbatch.submit.workers.launch import Worker, image_digest
from tests.submit.fake_slurm.plans import index, slurm_cluster
from tests.submit.misbehaviour import is_asleep
from tests.waiting import wait_until

PLAN = "made-up-0123456789"
NEVER_RUN = TaskRef(Kind.ASSEMBLE_SCENE, "nowhere/outdoor-0001", "0" * 64)


def element_of(folder_store, kind="index_dataset", **cluster):
    cluster = slurm_cluster("/unused", **cluster)
    return Element(folder_store.url, PLAN, cluster.model_dump_json(exclude_unset=True), kind)


def element_run(folder_store, scratch, *tasks, **cluster):
    folder_store.put_bytes(keys.plan(PLAN), b"{}")
    element = element_of(folder_store, tasks[0].kind, **cluster)
    return ElementRun(element, slurm_cluster("/unused", **cluster), tasks, scratch)


def causes(folder_store):
    return {name.partition("/")[2]: one.cause for name, one in failures_of_plan(folder_store, PLAN).items()}


@pytest.mark.parametrize(
    ("bad", "cause", "message"),
    [
        ("crash", Cause.MEMORY, "killed by signal 9, often by the kernel because memory ran out"),
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
    assert failure.cause is Cause.SET_UP
    told = read_message(folder_store, PLAN, failure)
    assert "index_dataset other was planned by a version of hdrbatch with different results" in told
    assert "rebuild the images (make images)" in told
    assert done_tasks(folder_store, [other]) == set()


def test_the_other_image_is_refused(folder_store, scratch, monkeypatch):
    monkeypatch.setenv("HDRBATCH_IMAGE", "train")
    with pytest.raises(TasksFailedError):
        element_run(folder_store, scratch, index("one")).run()
    (failure,) = failures_of_plan(folder_store, PLAN).values()
    assert failure.cause is Cause.SET_UP
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


@contextmanager
def in_a_handler(folder_store, scratch, first, end):
    """Call something in a signal's handler once the first task is done and the second one has begun."""
    receipt = Path(folder_store.url) / keys.receipt(first.kind, first.id, first.digest)

    def handle(number, frame):
        if not receipt.exists() or not list(scratch.glob("*/task-1/log")):
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            return
        end()

    previous = signal.signal(signal.SIGALRM, handle)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def test_an_element_that_is_stopped_notes_no_failure_and_keeps_the_log(folder_store, scratch, misbehaving):
    """As submitit does it: in a signal's handler, on top of the run."""
    tasks = [index("first"), index("sleep"), index("last")]
    run = element_run(folder_store, scratch, *tasks)

    def end():
        run.stop(10.0)
        sys.exit(InterruptedRunError.exit_code)

    with in_a_handler(folder_store, scratch, tasks[0], end), pytest.raises(SystemExit):
        run.run()
    assert failures_of_plan(folder_store, PLAN) == {}
    assert done_tasks(folder_store, tasks) == {tasks[0].ref}
    assert list(folder_store.list(keys.log(PLAN, "index_dataset", "sleep"))) != []
    assert list(scratch.iterdir()) == []


def test_the_time_limit_reached_too_often_is_noted_of_what_had_not_settled(
    folder_store, scratch, misbehaving
):
    """Submitit raises it in its handler, when it has called for the checkpoint."""
    tasks = [index("first"), index("sleep"), index("last")]
    run = element_run(folder_store, scratch, *tasks)

    def end():
        run.stop(10.0)
        raise UncompletedJobError("Job not requeued because: timed-out too many times.")

    with in_a_handler(folder_store, scratch, tasks[0], end), pytest.raises(UncompletedJobError):
        run.run()
    assert causes(folder_store) == {"sleep": Cause.TIME, "last": Cause.TIME}
    assert done_tasks(folder_store, tasks) == {tasks[0].ref}


# --- stopped without a word to the starter


def test_a_task_that_is_stopped_behind_the_starters_back_is_begun_again(
    folder_store, scratch, misbehaving, monkeypatch
):
    monkeypatch.setattr(element_module, "OWN_SIGNAL_S", 0.05)
    tasks = [index("interrupted-1"), index("next")]
    element_run(folder_store, scratch, *tasks).run()
    assert done_tasks(folder_store, tasks) == {task.ref for task in tasks}
    assert failures_of_plan(folder_store, PLAN) == {}


def test_a_task_that_is_stopped_for_ever_fails_and_does_not_stop_those_behind_it(
    folder_store, scratch, misbehaving, monkeypatch, tmp_path
):
    monkeypatch.setattr(element_module, "OWN_SIGNAL_S", 0.05)
    monkeypatch.setattr(element_module, "MAX_INTERRUPTIONS", 1)
    tasks = [index("interrupted-9"), index("next")]
    with pytest.raises(TasksFailedError, match="1 of 2 failed: index_dataset/interrupted-9"):
        element_run(folder_store, scratch, *tasks).run()
    assert (tmp_path / "site" / "interrupted-9").read_text() == "7"
    assert done_tasks(folder_store, tasks) == {tasks[1].ref}


# --- what goes wrong around the tasks


def test_a_store_without_the_plan_is_another_one_and_refused(folder_store, scratch):
    words = (
        rf"has no plan {PLAN} on {os.uname().nodename}: this is not the store of .*; use a folder that all"
    )
    with pytest.raises(UserError, match=words) as refused:
        ElementRun(element_of(folder_store), slurm_cluster("/unused"), [index("one")], scratch)
    assert str(refused.value).startswith(folder_store.url)


def no_image(monkeypatch, scratch, podman):
    del monkeypatch, scratch, podman


def no_runtime(monkeypatch, scratch, podman):
    del scratch
    podman.parent.joinpath("bin", "podman").unlink()
    monkeypatch.setenv("PATH", str(podman.parent / "bin"))


def no_scratch(monkeypatch, scratch, podman):
    del monkeypatch, podman
    shutil.rmtree(scratch)


@pytest.mark.parametrize(
    ("break_it", "cause", "message"),
    [
        (no_image, Cause.SET_UP, "the image missing is not on"),
        (no_runtime, Cause.SET_UP, "podman cannot be started (No such file or directory)"),
        (no_scratch, Cause.FAILED, "FileNotFoundError"),
    ],
)
def test_an_error_of_the_launcher_itself_is_noted_of_every_task(
    break_it, cause, message, folder_store, scratch, podman, monkeypatch
):
    container = {"runtime": "podman", "render": "missing"}
    run = element_run(folder_store, scratch, index("one"), index("two"), container=container)
    break_it(monkeypatch, scratch, podman)
    image_digest.cache_clear()
    with pytest.raises((UserError, FileNotFoundError)):
        run.run()
    assert causes(folder_store) == {"one": cause, "two": cause}
    for failure in failures_of_plan(folder_store, PLAN).values():
        assert message in read_message(folder_store, PLAN, failure)


def test_an_error_of_the_launcher_is_not_noted_of_tasks_that_have_settled(
    folder_store, scratch, misbehaving, monkeypatch
):
    started = []

    def start_once(*arguments):
        started.append(arguments)
        if started[1:]:
            raise UserError("podman is gone")
        return Worker(*arguments)

    monkeypatch.setattr(element_module, "Worker", start_once)
    with pytest.raises(UserError, match="podman is gone"):
        element_run(folder_store, scratch, index("crash"), index("next"), index("last")).run()
    assert causes(folder_store) == {"crash": Cause.MEMORY, "next": Cause.BAD_INPUT, "last": Cause.BAD_INPUT}


# --- checkpoints


@pytest.fixture
def in_a_job(tmp_path, fake_slurm, monkeypatch):
    """As submitit runs an element: its folder, and a handler as it is when this process began."""
    for name in ("SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SUBMITIT_FOLDER", str(tmp_path))
    monkeypatch.setenv("SUBMITIT_EXECUTOR", "slurm")
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setattr(SlurmJobEnvironment, "_requeue", SlurmJobEnvironment._requeue)
    monkeypatch.setattr(element_module.queue, "REQUEUE_DELAYS_S", (0.0, 0.0))
    previous = signal.getsignal(signal.SIGUSR2)
    yield tmp_path / "7_submitted.pkl"
    signal.signal(signal.SIGUSR2, previous)


def test_a_checkpoint_is_written_over_what_a_killed_one_left_and_requeued_until_slurm_takes_it(
    in_a_job, folder_store, fake_slurm
):
    in_a_job.with_name("7_submitted.pkl.save_tmp").write_bytes(b"half")
    fake_slurm.control(scontrol_requeue=["fail: Socket timed out on send/recv operation"])
    element_module._prepare_checkpoints()
    delayed = DelayedSubmission(element_of(folder_store), "the tasks")
    delayed.set_timeout(60, 5)
    environment = JobEnvironment()
    handler = SignalHandler(environment, environment.paths, delayed)
    with pytest.raises(SystemExit):
        handler.checkpoint_and_try_requeue(signal.SIGUSR2)
    assert fake_slurm.calls == ["scontrol requeue 7"] * 2
    again = DelayedSubmission.load(in_a_job)
    assert (again.args, again._timeout_countdown) == (("the tasks",), 5)
    assert vars(again.function) == vars(element_of(folder_store))
    assert in_a_job.stat().st_mode & 0o777 == 0o600


def test_a_second_signal_does_not_disturb_a_checkpoint(in_a_job, folder_store):
    heard = []
    signal.signal(signal.SIGUSR2, lambda number, frame: heard.append(number))
    os.kill(os.getpid(), signal.SIGUSR2)
    element_of(folder_store).checkpoint("")
    os.kill(os.getpid(), signal.SIGUSR2)
    assert heard == [signal.SIGUSR2]


def test_a_store_that_hangs_does_not_hold_up_a_checkpoint(folder_store, scratch, misbehaving, monkeypatch):
    monkeypatch.setattr(element_module, "STORE_GRACE_S", 0.1)
    run = element_run(folder_store, scratch, index("sleep"))
    run._worker = worker = Worker(run._launch, [index("sleep")], scratch)
    wait_until(lambda: is_asleep(worker))
    goes_on, returned, threads = threading.Event(), threading.Event(), set(threading.enumerate())
    in_time = []

    def hang(key, path):
        in_time.append(returned.wait(10))
        goes_on.wait(10)

    monkeypatch.setattr(run._store, "put_file", hang)
    run.stop(10.0)
    returned.set()
    goes_on.set()
    for thread in set(threading.enumerate()) - threads:
        thread.join(10)
    worker.close()
    assert in_time == [True]
