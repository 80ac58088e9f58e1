"""Starting a worker on this machine, in a container or not, and ending it for certain."""

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
    Inside,
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
    """How workers of a plan's stage are started on this machine.

    ``owner`` names who starts them: in the names of containers and of their scratch folders.
    """

    store_url: str
    cluster: ClusterSpec
    resources: Resources
    owner: str

    def inside(self, kind: Kind, folder: Path) -> Inside:
        """What a container for a kind of task is given, with a folder on this machine of its own."""
        cluster, container = self.cluster, self.cluster.container
        image = required_image(cluster, kind)
        # Scratch and cache by what they lie in: between two mounts no file can be linked.
        mounts = [str(scratch_base(cluster))]
        if container.runtime != "none":
            mounts += _store_folder(self.store_url)
        variables = {
            "OMP_NUM_THREADS": str(self.resources.num_threads),
            "PYTHONNOUSERSITE": "1",
            # Blender leaves a folder of its own there that nothing else removes.
            "TMPDIR": str(folder / "tmp"),
        }
        if digest := image_digest(container, image):
            variables["HDRBATCH_IMAGE_DIGEST"] = digest
        memory_gb = self.resources.memory_gb
        credentials = self.profile_credentials()
        return Inside(
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
        """Mount of the file that AWS_CA_BUNDLE names; boto3 fails where it is not there."""
        file = os.environ.get("AWS_CA_BUNDLE") if "AWS_CA_BUNDLE" in self.cluster.environment else None
        is_wanted = file and self.store_url.startswith("s3://") and Path(file).is_file()
        return [f"{file}:{file}:ro"] if is_wanted else []

    def profile_credentials(self) -> dict[str, str]:
        """Credentials of the AWS profile, whose files a container does not see, as variables."""
        if self.cluster.container.runtime == "none" or not self.store_url.startswith("s3://"):
            return {}
        if "AWS_ACCESS_KEY_ID" in os.environ:
            return {}
        from hdrbatch.storage.s3 import credential_variables

        return credential_variables()

    @property
    def python(self) -> str:
        """The interpreter: this one, or the image's."""
        return sys.executable if self.cluster.container.runtime == "none" else "python"

    @property
    def device(self) -> str:
        """Where torch computes."""
        return "cuda" if self.resources.gpus else "cpu"


class Worker:
    """A worker process with its tasks, from start to end.

    Parameters
    ----------
    launch
        How it is started.
    tasks
        What it runs, one after the other; all of one kind.
    scratch
        Folder on this machine in which it gets one of its own.

    Raises
    ------
    UserError
        Where the runtime is not installed, or no image is named for this kind of task.
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
            self._let_go()
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def _start(self) -> subprocess.Popen[bytes]:
        container = self.launch.cluster.container
        inside = self.launch.inside(self.tasks[0].kind, self.folder)
        self._container = inside.name
        (self.folder / CONTAINER_NAME).write_text(inside.name)
        command = container_command(container, inside, self._worker_command())
        try:
            with self.log.open("wb") as log:
                return subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=starter_environment(container, inside),
                    # Its own session: Ctrl-C on the terminal reaches the starter alone, which then decides.
                    start_new_session=True,
                )
        except OSError as error:
            raise SetUpError(
                f"{command[0]} cannot be started ({error.strerror}): install it on this machine, "
                "or choose another runtime under [container] in the cluster file"
            ) from None

    @property
    def log(self) -> Path:
        """What the process prints outside its tasks' logs."""
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
        """The exit code, minus the signal where one killed it; None while it runs.

        Without reaping it: a signal's handler may ask in the middle of an answer, and the lock that
        subprocess holds meanwhile would never be given back.
        """
        if self._exit_code is None:
            ended = os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is not None:
                was_killed = ended.si_code != os.CLD_EXITED
                self._exit_code = -ended.si_status if was_killed else ended.si_status
        return self._exit_code

    @property
    def exit_code(self) -> int:
        """The exit code of a worker that has ended."""
        code = self.poll()
        assert code is not None
        return code

    @property
    def was_stopped(self) -> bool:
        """Whether it was asked to stop."""
        return self._was_stopped

    def stop(self) -> None:
        """Ask it to save what it can and end."""
        self._was_stopped = True
        self._let_go()
        # srun would give its step KillWait and no more; the lifeline gives it all the time there is.
        if self.launch.cluster.container.runtime != "pyxis":
            self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, its container too."""
        self._signal(signal.SIGKILL)
        self._remove_container()

    def _let_go(self) -> None:
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
        """How a task ended; None where it did not come to that."""
        return Outcome.read(TaskFolder.numbered(self.folder, number).outcome)

    def has_begun(self, number: int) -> bool:
        """Whether a task was begun."""
        return TaskFolder.numbered(self.folder, number).log.exists()

    def log_of(self, number: int) -> Path:
        """A task's log; the process's where the task was not begun."""
        log = TaskFolder.numbered(self.folder, number).log
        return log if log.exists() else self.log

    def close(self) -> None:
        """Remove what is left of it; it has ended by now."""
        self._let_go()
        self.process.wait()
        # A container's starter that was signalled may have left it behind, even where it said 0.
        if self._was_stopped or self._exit_code != 0:
            self._remove_container()
        shutil.rmtree(self.folder, ignore_errors=True)


def end_workers(
    workers: Sequence[Worker], grace_s: float, is_impatient: Callable[[], bool] = lambda: False
) -> None:
    """Stop workers and wait; kill those that take longer, or all once the flag says so.

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
    """The folder that a store is, where it is one; made here, for containers cannot mount what is not."""
    if "://" in url:
        return []
    try:
        Path(url).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreAddressError(
            f"{url}: cannot be made ({error.strerror}): give a folder with --store"
        ) from None
    return [url]


def _gpus(resources: Resources) -> tuple[str, ...] | None:
    """Host indices of the GPUs that Slurm gave this job; None, for all, outside of Slurm."""
    if not resources.gpus:
        return ()
    named = os.environ.get("SLURM_STEP_GPUS") or os.environ.get("SLURM_JOB_GPUS")
    if named:
        return tuple(named.split(","))
    if "SLURM_JOB_ID" in os.environ:
        raise SetUpError(
            f"Slurm names no GPU of this job on node {node_name()}, and {resources.gpus} were asked for: "
            "is there a Gres line for them in the cluster's configuration?"
        )
    return None


def required_image(cluster: ClusterSpec, kind: Kind) -> str:
    """Name of the image in which a kind of task runs; empty where there are no containers.

    Raises
    ------
    UserError
        Where the cluster file names none.
    """
    if cluster.container.runtime == "none":
        return ""
    wanted = task_kind(kind).image
    image = cluster.container.image(wanted)
    if image is None:
        raise UserError(
            f"{kind} runs in the {wanted} image, and the cluster file names none: "
            f'add {wanted} = "..." under [container]'
        )
    return image


@cache
def image_digest(container: ContainerSpec, image: str) -> str | None:
    """Digest of an image on this machine, where the runtime tells it."""
    command = inspect_command(container, image)
    if command is None:
        return None
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=CONTAINER_TIMEOUT_S
        )
    except OSError as error:
        raise SetUpError(f"{command[0]} cannot be started: {error.strerror}: is it installed here?") from None
    except subprocess.TimeoutExpired:
        raise HdrbatchError(
            f"{command[0]} did not tell of {image} within {CONTAINER_TIMEOUT_S:.0f} s"
        ) from None
    if done.returncode != 0:
        raise SetUpError(
            f"the image {image} is not on node {node_name()}: make it there (make images), "
            f"or copy it ({command[0]} save, load): {done.stderr.strip()[-300:]}"
        )
    return done.stdout.strip()


def node_name() -> str:
    """This machine as Slurm calls it."""
    return os.environ.get("SLURMD_NODENAME") or os.uname().nodename
