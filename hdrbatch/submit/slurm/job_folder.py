"""Folders of pickles and Slurm's own logs: what lies there is run by the user's jobs."""

from pathlib import Path

from hdrbatch.errors import SetUpError
from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.submit.workers.private_folder import make_private

_OTHER_FOLDER = "or set folder in the cluster file to another one, such as one in your home folder"


def logs_folder(cluster: ClusterSpec) -> Path:
    """Return the folder of pickles and Slurm's own logs."""
    return Path(cluster.folder).expanduser().absolute()


def make_logs_folder(cluster: ClusterSpec) -> Path:
    """Create the folder of pickles, which jobs run as this user, and check that others cannot write to it.

    Raises
    ------
    SetUpError
        If it cannot be created, or others could put their own pickles into it.
    """
    folder = logs_folder(cluster)
    try:
        make_private(folder, f"run chmod go-w on it, {_OTHER_FOLDER}")
    except OSError as error:
        raise SetUpError(f"{folder}: cannot be created ({error.strerror}); {_OTHER_FOLDER}") from None
    return folder


def make_job_folder(cluster: ClusterSpec, folder: Path) -> None:
    """Create the folder of one array below the folder of its plan, both for this user alone.

    Raises
    ------
    SetUpError
        As :func:`make_logs_folder`.
    """
    make_logs_folder(cluster)
    for one in (folder.parent, folder):
        make_private(one, f"remove it, {_OTHER_FOLDER}")
        one.chmod(0o700)
