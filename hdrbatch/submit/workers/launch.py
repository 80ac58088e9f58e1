"""Starting a worker on this machine, with or without a container, and ending it reliably."""

import fcntl
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hdrbatch.errors import HdrbatchError, SetUpError, StoreAddressError, UserError
from hdrbatch.kinds import Kind
from hdrbatch.plan.task import Task
from hdrbatch.specs.cluster import ClusterSpec, ContainerSpec, Resources
from hdrbatch.submit.workers.containers import (
    ContainerSetup,
    container_command,
    inspect_command,
    kill_command,
    starter_environment,
)
from hdrbatch.submit.workers.scratch import CONTAINER_NAME, CONTAINER_TIMEOUT_S, cache_folder, scratch_base
from hdrbatch.worker.outcome import Outcome, TaskFolder
from hdrbatch.worker.registry import task_kind

POLL_S = 0.03


@dataclass(frozen=True)
class Launch:
    """Parameters for starting the workers of a plan's stage on this machine.

    ``owner`` identifies the starter in the names of containers and scratch folders.
    """

    store_url: str
    cluster: ClusterSpec
    resources: Resources
    owner: str

    def container_setup(self, kind: Kind, folder: Path) -> ContainerSetup:
        """Return the setup of a container for a kind of task with its own folder on this machine."""
        cluster, container = self.cluster, self.cluster.container
        image = required_image(cluster, kind)
        # One mount for scratch and cache, since files cannot be linked between two mounts.
        mounts = [str(scratch_base(cluster))]
        if container.runtime != "none":
            mounts += _store_folder(self.store_url)
        variables = {
            "OMP_NUM_THREADS": str(self.resources.num_threads),
            "PYTHONNOUSERSITE": "1",
            # Blender leaves a folder there that nothing else removes.
            "TMPDIR": str(folder / "tmp"),
        }
        if digest := image_digest(container, image):
            variables["HDRBATCH_IMAGE_DIGEST"] = digest
        memory_gb = self.resources.memory_gb
        credentials = self.profile_variables()
        return ContainerSetup(
            image=image,
            name=f"hdrbatch-{re.sub(r'[^A-Za-z0-9]+', '-', self.owner)}-{secrets.token_hex(3)}",
            mounts=(*(f"{path}:{path}" for path in mounts), *self._certificates(), *container.mounts),
            secret_names=tuple(
                name for name in cluster.environment if name in os.environ or name in credentials
            ),
            variables=variables,
            workdir=str(folder),
            gpus=_gpus(self.resources),
            user=f"{os.getuid()}:{os.getgid()}",
            num_threads=self.resources.num_threads,
            memory_mb=None if memory_gb is None else round(memory_gb * 1024),
            is_rootless=os.getuid() != 0,
            credentials=credentials,
        )

    def _certificates(self) -> list[str]:
        """Return the mount of the file that AWS_CA_BUNDLE names; without it boto3 fails."""
        file = os.environ.get("AWS_CA_BUNDLE") if "AWS_CA_BUNDLE" in self.cluster.environment else None
        is_needed = file and self.store_url.startswith("s3://") and Path(file).is_file()
        return [f"{file}:{file}:ro"] if is_needed else []

    def profile_variables(self) -> dict[str, str]:
        """Return what the AWS profile says as variables, since a container cannot read its files."""
        if self.cluster.container.runtime == "none" or not self.store_url.startswith("s3://"):
            return {}
        from hdrbatch.storage.s3_connection import connection_variables

        return connection_variables()

    @property
    def python(self) -> str:
        """Python interpreter: this process's, or the image's."""
        return sys.executable if self.cluster.container.runtime == "none" else "python"

    @property
    def device(self) -> str:
        """Device on which torch computes."""
        return "cuda" if self.resources.gpus else "cpu"


class Worker:
    """A worker process with its tasks, from start to end.

    Parameters
    ----------
    launch
        Parameters for starting it.
    tasks
        Tasks of one kind, run one after the other.
    scratch
        Folder on this machine in which the worker gets its own folder.

    Raises
    ------
    UserError
        If the runtime is not installed, or the cluster file names no image for this kind of task.
    """

    def __init__(self, launch: Launch, tasks: Sequence[Task], scratch: Path) -> None:
        self.launch, self.tasks = launch, tuple(tasks)
        self.folder = Path(tempfile.mkdtemp(dir=scratch))
        self._was_stopped = False
        self._exit_code: int | None = None
        self._container = ""
        (self.folder / "tmp").mkdir()
        (self.folder / "tasks").write_text("".join(json.dumps(task.to_json()) + "\n" for task in tasks))
        self._lifeline: int | None = _locked(self.folder / "lifeline")
        try:
            self.process = self._start()
        except HdrbatchError:
            self._release_lifeline()
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def _start(self) -> subprocess.Popen[bytes]:
        container = self.launch.cluster.container
        setup = self.launch.container_setup(self.tasks[0].kind, self.folder)
        self._container = setup.name
        (self.folder / CONTAINER_NAME).write_text(setup.name)
        command = container_command(container, setup, self._worker_command())
        try:
            with self.log.open("wb") as log:
                return subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=starter_environment(container, setup),
                    # Its own session, so that Ctrl-C on the terminal reaches only the starter.
                    start_new_session=True,
                )
        except OSError as error:
            raise SetUpError(
                f"{command[0]} cannot be started ({error.strerror}); install it on this machine, "
                "or choose another runtime under [container] in the cluster file"
            ) from None

    @property
    def log(self) -> Path:
        """Path of the worker's output outside its tasks' logs."""
        return self.folder / "worker.log"

    def _worker_command(self) -> list[str]:
        launch, cluster = self.launch, self.launch.cluster
        command = [launch.python, "-m", "hdrbatch.worker", "--store", launch.store_url]
        command += ["--tasks", str(self.folder / "tasks"), "--scratch", str(self.folder)]
        command += ["--threads", str(launch.resources.num_threads), "--device", launch.device]
        command += ["--lifeline", str(self.folder / "lifeline")]
        if cluster.cache_gb is not None:
            command += ["--cache", str(cache_folder(cluster)), "--cache-gb", f"{cluster.cache_gb:g}"]
        return command

    def poll(self) -> int | None:
        """Return the exit code, or minus the signal that killed it; None while it is running.

        The process is not reaped: a signal handler may poll while another poll is in progress, and the lock
        that subprocess holds meanwhile would never be released.
        """
        if self._exit_code is None:
            ended = os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is not None:
                was_killed = ended.si_code != os.CLD_EXITED
                self._exit_code = -ended.si_status if was_killed else ended.si_status
        return self._exit_code

    @property
    def exit_code(self) -> int:
        """Exit code of a worker that has ended."""
        code = self.poll()
        assert code is not None
        return code

    @property
    def was_stopped(self) -> bool:
        """Whether the worker was requested to stop."""
        return self._was_stopped

    def stop(self) -> None:
        """Request the worker to save its progress and end."""
        self._was_stopped = True
        self._release_lifeline()
        # srun would limit its step to KillWait; the lifeline leaves it all the remaining time.
        if self.launch.cluster.container.runtime != "pyxis":
            self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the worker and its container."""
        self._signal(signal.SIGKILL)
        self._remove_container()

    def _release_lifeline(self) -> None:
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None

    def _signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.killpg(self.process.pid, number)

    def _remove_container(self) -> None:
        if (command := kill_command(self.launch.cluster.container, self._container)) is not None:
            with suppress(subprocess.TimeoutExpired, OSError):
                subprocess.run(command, capture_output=True, check=False, timeout=CONTAINER_TIMEOUT_S)

    def outcome(self, number: int) -> Outcome | None:
        """Return how a task ended, or None if it has no recorded outcome."""
        return Outcome.read(TaskFolder.numbered(self.folder, number).outcome)

    def has_started(self, number: int) -> bool:
        """Whether a task has started."""
        return TaskFolder.numbered(self.folder, number).log.exists()

    def log_of(self, number: int) -> Path:
        """Return the path of a task's log, or of the worker's if the task has not started."""
        log = TaskFolder.numbered(self.folder, number).log
        return log if log.exists() else self.log

    def close(self) -> None:
        """Remove the folder and container of a worker that has ended."""
        self._release_lifeline()
        self.process.wait()
        # A container client that was signalled may leave the container behind, even if it exits with 0.
        if self._was_stopped or self._exit_code != 0:
            self._remove_container()
        shutil.rmtree(self.folder, ignore_errors=True)


def end_workers(
    workers: Sequence[Worker], grace_s: float, is_impatient: Callable[[], bool] = lambda: False
) -> None:
    """Stop workers and wait; kill those that exceed the grace period, or all once ``is_impatient`` holds.

    Polls, since a wait that a signal handler has interrupted cannot be entered a second time.
    """
    for worker in workers:
        worker.stop()
    deadline = time.monotonic() + grace_s
    was_killed = False
    while any(worker.poll() is None for worker in workers):
        if not was_killed and (is_impatient() or time.monotonic() > deadline):
            was_killed = True
            for worker in workers:
                worker.kill()
        time.sleep(POLL_S)


def _locked(path: Path) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    with suppress(OSError):  # a file system without locks: signals remain
        fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def _store_folder(url: str) -> list[str]:
    """Return a folder store's path, created if missing, since containers cannot mount a missing folder."""
    if "://" in url:
        return []
    try:
        Path(url).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreAddressError(
            f"{url}: cannot be created ({error.strerror}); name another folder with --store"
        ) from None
    return [url]


def _gpus(resources: Resources) -> tuple[str, ...] | None:
    """Return host indices of the GPUs that Slurm assigned to this job; None, meaning all, outside Slurm."""
    if not resources.gpus:
        return ()
    named = os.environ.get("SLURM_STEP_GPUS") or os.environ.get("SLURM_JOB_GPUS")
    if named:
        return tuple(named.split(","))
    if "SLURM_JOB_ID" in os.environ:
        raise SetUpError(
            f"Slurm assigned no GPU to this job on node {node_name()}, but {resources.gpus} were requested; "
            "check for a Gres line in the cluster's configuration"
        )
    return None


def required_image(cluster: ClusterSpec, kind: Kind) -> str:
    """Return the name of the image in which a kind of task runs; empty without containers.

    Raises
    ------
    UserError
        If the cluster file names none.
    """
    if cluster.container.runtime == "none":
        return ""
    wanted = task_kind(kind).image
    image = cluster.container.image(wanted)
    if image is None:
        raise UserError(
            f"{kind} runs in the {wanted} image, but the cluster file names none; "
            f'add {wanted} = "..." under [container]'
        )
    return image


@cache
def image_digest(container: ContainerSpec, image: str) -> str | None:
    """Return the digest of an image on this machine, or None if the runtime cannot print it."""
    command = inspect_command(container, image)
    if command is None:
        return None
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=CONTAINER_TIMEOUT_S
        )
    except OSError as error:
        raise SetUpError(
            f"{command[0]} cannot be started ({error.strerror}); install it on this machine"
        ) from None
    except subprocess.TimeoutExpired:
        raise HdrbatchError(
            f"{command[0]} did not report on {image} within {CONTAINER_TIMEOUT_S:.0f} s"
        ) from None
    if done.returncode != 0:
        raise SetUpError(
            f"the image {image} is not on node {node_name()}; build it there (make images), "
            f"or copy it ({command[0]} save, load): {done.stderr.strip()[-300:]}"
        )
    return done.stdout.strip()


def node_name() -> str:
    """Return Slurm's name of this machine, or its host name."""
    return os.environ.get("SLURMD_NODENAME") or os.uname().nodename
