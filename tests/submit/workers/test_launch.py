"""Workers as they are started and ended on a node: real processes with the cheapest real tasks."""

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hdrbatch.errors import InterruptedRunError, UserError
from hdrbatch.kinds import Kind
from hdrbatch.specs.cluster import ClusterSpec, Resources
from hdrbatch.storage.receipts import TaskRef
from hdrbatch.submit.completion import done_tasks
from hdrbatch.submit.workers import launch as launch_module
from hdrbatch.submit.workers.containers import container_command, starter_environment
from hdrbatch.submit.workers.launch import (
    Launch,
    Worker,
    cache_folder,
    end_workers,
    image_digest,
    required_image,
)
from tests.submit.fake_slurm.plans import index
from tests.submit.misbehaviour import is_asleep
from tests.waiting import wait_until

NEVER_RUN = TaskRef(Kind.ASSEMBLE_SCENE, "nowhere/outdoor-0001", "0" * 64)
PROFILE = """\
[default]
aws_access_key_id = AKIAPROFILE
aws_secret_access_key = wJalrXUtnFEMI
aws_session_token = FwoGZXIvYXdz
"""


def runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


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
    assert not worker.has_started(1)
    assert "stop requested" in worker.log.read_text() + worker.log_of(0).read_text()
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


def test_a_handler_that_asks_in_the_middle_of_an_answer_gets_one(launch, scratch, monkeypatch):
    worker = Worker(launch, [index("good")], scratch)
    waitid, answers = os.waitid, []

    def interrupted(*arguments):
        if not answers:
            answers.append("asked")
            os.kill(os.getpid(), signal.SIGUSR2)
        return waitid(*arguments)

    previous = signal.signal(signal.SIGUSR2, lambda number, frame: answers.append(wait_for(worker)))
    try:
        with monkeypatch.context() as patched:
            patched.setattr(os, "waitid", interrupted)
            worker.poll()
        assert answers == ["asked", 0]
        assert (worker.poll(), worker.exit_code) == (0, 0)
    finally:
        signal.signal(signal.SIGUSR2, previous)
        worker.close()


def wait_for(worker):
    while worker.poll() is None:
        time.sleep(0.02)
    return worker.exit_code


STARTER = """\
import sys, time
from pathlib import Path
from hdrbatch.specs.cluster import ClusterSpec, Resources
from hdrbatch.submit.workers.launch import Launch, Worker
from tests.submit.fake_slurm.plans import index
store, scratch = sys.argv[1:]
worker = Worker(Launch(store, ClusterSpec(), Resources(), "owner"), [index("sleep")], Path(scratch))
while not (worker.has_started(0) and "asleep" in worker.log_of(0).read_text()):
    time.sleep(0.02)
print(worker.process.pid, flush=True)
time.sleep(300)
"""


def test_a_worker_does_not_outlive_a_starter_that_is_killed(folder_store, scratch, misbehaving):
    command = [sys.executable, "-c", STARTER, folder_store.url, str(scratch)]
    root = Path(__file__).parents[3]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as starter:
        pid = int(starter.stdout.readline())
        assert runs(pid)
        starter.kill()
    wait_until(lambda: not runs(pid))


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
    inside = launch.container_setup("train_variant", base / "run" / "w")
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
    assert inside.name != launch.container_setup("train_variant", scratch / "w").name
    assert (launch.python, launch.device) == ("python", "cuda")


def test_gpus_are_those_of_the_step_or_of_the_job_or_all(launch, scratch, monkeypatch):
    with_gpus = dataclasses.replace(launch, resources=Resources(gpus=1))
    for name in ("SLURM_STEP_GPUS", "SLURM_JOB_GPUS"):
        monkeypatch.delenv(name, raising=False)
    assert with_gpus.container_setup("index_dataset", scratch).gpus is None
    monkeypatch.setenv("SLURM_JOB_GPUS", "5")
    assert with_gpus.container_setup("index_dataset", scratch).gpus == ("5",)
    monkeypatch.setenv("SLURM_STEP_GPUS", "6")
    assert with_gpus.container_setup("index_dataset", scratch).gpus == ("6",)
    assert launch.container_setup("index_dataset", scratch).gpus == ()


def test_a_job_that_slurm_names_no_gpu_for_does_not_take_all_of_them(launch, scratch, monkeypatch):
    for name in ("SLURM_STEP_GPUS", "SLURM_JOB_GPUS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    words = r"assigned no GPU to this job on .*, but 2 were requested; check for a Gres line"
    with pytest.raises(UserError, match=words):
        dataclasses.replace(launch, resources=Resources(gpus=2)).container_setup("index_dataset", scratch)
    assert launch.container_setup("index_dataset", scratch).gpus == ()


def on_s3(launch, runtime, **more):
    """The same with a store on S3, in containers."""
    container = {"runtime": runtime, "render": "/r.sif"}
    cluster = ClusterSpec.model_validate({"container": container, **more})
    return dataclasses.replace(launch, cluster=cluster, store_url="s3://bucket/prefix")


@pytest.mark.parametrize("runtime", ["podman", "apptainer"])
def test_certificates_of_the_store_are_mounted_where_they_are_used(
    runtime, launch, scratch, tmp_path, podman, monkeypatch
):
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    mount = f"{bundle}:{bundle}:ro"
    remote = on_s3(launch, runtime)
    assert mount in remote.container_setup("index_dataset", scratch).mounts
    others = [
        dataclasses.replace(remote, store_url=launch.store_url),
        on_s3(launch, runtime, environment=("AWS_ACCESS_KEY_ID",)),
    ]
    assert not [one for one in others if mount in one.container_setup("index_dataset", scratch).mounts]
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "none"))
    assert not [one for one in remote.container_setup("index_dataset", scratch).mounts if one.endswith(":ro")]


@pytest.fixture
def profile(tmp_path, monkeypatch):
    """Credentials in an AWS profile alone; gives them as variables."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    (tmp_path / "credentials").write_text(PROFILE)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return {
        "AWS_ACCESS_KEY_ID": "AKIAPROFILE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI",
        "AWS_SESSION_TOKEN": "FwoGZXIvYXdz",
    }


@pytest.mark.parametrize(("runtime", "prefix"), [("podman", ""), ("apptainer", "APPTAINERENV_")])
def test_credentials_of_a_profile_reach_the_container_by_their_names(
    runtime, prefix, launch, scratch, podman, profile
):
    remote = on_s3(launch, runtime)
    container, inside = remote.cluster.container, remote.container_setup("index_dataset", scratch)
    assert set(inside.secret_names) == set(profile)
    started = starter_environment(container, inside)
    assert profile.items() <= {name.removeprefix(prefix): text for name, text in started.items()}.items()
    command = " ".join(container_command(container, inside, ["python"]))
    assert not [secret for secret in profile.values() if secret in command]


def test_variables_count_more_than_a_profile_and_nothing_is_looked_up_without_need(
    launch, profile, monkeypatch
):
    local = dataclasses.replace(on_s3(launch, "podman"), store_url=launch.store_url)
    assert local.profile_variables() == {}
    assert dataclasses.replace(launch, store_url="s3://bucket").profile_variables() == {}
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOTHER")
    assert on_s3(launch, "podman").profile_variables() == {}


@pytest.mark.parametrize("keys_are_variables", [False, True])
def test_the_endpoint_and_the_region_of_a_profile_reach_the_container(
    keys_are_variables, launch, scratch, podman, profile, tmp_path, monkeypatch
):
    (tmp_path / "config").write_text(
        "[default]\nregion = eu-own-1\nservices = own\n[services own]\ns3 =\n  endpoint_url = http://own:9000\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    if keys_are_variables:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    remote = on_s3(launch, "podman")
    inside = remote.container_setup("index_dataset", scratch)
    started = starter_environment(remote.cluster.container, inside)
    assert {"AWS_ENDPOINT_URL_S3", "AWS_DEFAULT_REGION"} <= set(inside.secret_names)
    assert (started["AWS_ENDPOINT_URL_S3"], started["AWS_DEFAULT_REGION"]) == ("http://own:9000", "eu-own-1")
    monkeypatch.setenv("AWS_REGION", "other")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://other:9000")
    assert {"AWS_ENDPOINT_URL_S3", "AWS_DEFAULT_REGION"}.isdisjoint(remote.profile_variables())


def test_a_worker_is_started_with_the_credentials_of_a_profile(launch, scratch, podman, profile):
    worker = Worker(on_s3(launch, "podman"), [index("one")], scratch)
    environment = podman.with_name(f"{podman.name}.environment")
    wait_until(lambda: environment.exists() and environment.read_text())
    end_workers([worker], grace_s=5)
    worker.close()
    assert {f"{name}={text}" for name, text in profile.items()} <= set(environment.read_text().splitlines())
    assert "wJalrXUtnFEMI" not in podman.read_text()


def test_a_store_that_is_no_folder_is_not_mounted(launch, scratch, profile):
    (base,) = launch.container_setup("index_dataset", scratch).mounts[:1]
    cluster = ClusterSpec.model_validate(
        {"scratch": str(scratch), "container": {"runtime": "apptainer", "render": "/r.sif"}}
    )
    contained = dataclasses.replace(launch, cluster=cluster)
    url = launch.store_url
    assert contained.container_setup("index_dataset", scratch).mounts == (base, f"{url}:{url}")
    remote = dataclasses.replace(contained, store_url="s3://bucket/prefix")
    assert remote.container_setup("index_dataset", scratch).mounts[:1] == (base,)


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


def test_a_file_system_without_locks_does_not_stop_a_worker(launch, scratch, monkeypatch):
    def refuse(handle, how):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(launch_module.fcntl, "flock", refuse)
    worker = Worker(launch, [index("one")], scratch)
    monkeypatch.undo()
    wait_until(lambda: worker.poll() is not None)
    worker.close()
