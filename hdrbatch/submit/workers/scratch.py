"""Scratch folders of tasks on a machine: created, checked for ownership, and cleaned up."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hdrbatch.errors import SetUpError
from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.submit.workers.containers import kill_command
from hdrbatch.submit.workers.private_folder import check_private

CONTAINER_NAME = "container"
"""File in a worker's folder with the name of its container."""
CONTAINER_TIMEOUT_S = 60.0
"""Seconds that a container runtime's command may take."""

_REMEDY = "remove it, or set scratch in the cluster file to another folder"


def scratch_base(cluster: ClusterSpec) -> Path:
    """Return this user's folder for temporary files on this machine."""
    return Path(cluster.scratch or tempfile.gettempdir()) / f"hdrbatch-{os.getuid()}"


def cache_folder(cluster: ClusterSpec) -> Path:
    """Return the folder of the node's input cache, which all runs of a user share."""
    folder = scratch_base(cluster) / "cache"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@contextmanager
def scratch_folder(cluster: ClusterSpec, owner: str) -> Iterator[Path]:
    """Create a scratch folder within the context; folders of killed owners on this machine are removed first.

    Raises
    ------
    UserError
        If it cannot be created.
    """
    base, host = scratch_base(cluster), os.uname().nodename
    folder = base / f"{owner}@{host}.{os.getpid()}"
    try:
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_private(base, _REMEDY)
        for leftover in base.glob(f"*@{host}.*"):
            pid = leftover.name.rpartition(".")[2]
            # Runs that start at the same time remove it too.
            with suppress(OSError):
                if pid.isdecimal() and not Path(f"/proc/{pid}").exists() and not _has_worker(leftover):
                    _remove_containers(leftover, cluster)
                    shutil.rmtree(leftover, ignore_errors=True)
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise SetUpError(
            f"{base}: temporary files cannot be written there ({error.strerror}); "
            "set TMPDIR, or scratch in the cluster file, to a folder on a local disk"
        ) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_containers(folder: Path, cluster: ClusterSpec) -> None:
    """Remove containers that a killed starter created but never started; the others end by themselves."""
    for named in folder.glob(f"*/{CONTAINER_NAME}"):
        if (command := kill_command(cluster.container, named.read_text())) is not None:
            with suppress(subprocess.TimeoutExpired):
                subprocess.run(command, capture_output=True, check=False, timeout=CONTAINER_TIMEOUT_S)


def _has_worker(folder: Path) -> bool:
    """Whether a worker has outlived its starter to save its progress, which then holds the lifeline."""
    for lifeline in folder.glob("*/lifeline"):
        handle = os.open(lifeline, os.O_RDWR)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(handle)
    return False
