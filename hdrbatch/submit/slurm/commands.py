"""Running Slurm's commands: which of a shell's variables they obey, and what their errors say."""

import os
import re
import shutil
import subprocess
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from hdrbatch.errors import SetUpError, SlurmError

TIMEOUT_S = 60.0
_COMMANDS = ("sbatch", "srun", "squeue", "scontrol", "scancel")
"""Commands that submitting needs; submitit itself asks for srun."""


def check_commands() -> None:
    """Check that this machine has every command that a submission needs.

    Raises
    ------
    SetUpError
        With those that are missing.
    """
    if missing := [name for name in _COMMANDS if shutil.which(name) is None]:
        raise SetUpError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed on "
            f"{os.uname().nodename}, and submitting needs {', '.join(_COMMANDS)}; submit from a login node "
            "that has them, or add their folder to PATH"
        )


@contextmanager
def without_job_environment(kept: Collection[str] = ()) -> Iterator[None]:
    """Hide the variables of a surrounding job, which submitted jobs would inherit, and those of sbatch.

    ``SBATCH_`` variables would override a script's options; only the ``kept`` ones may.
    """
    hidden = {
        name: value for name, value in os.environ.items() if _is_job_variable(name) and name not in kept
    }
    for name in hidden:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(hidden)


def _is_job_variable(name: str) -> bool:
    prefixes = ("SLURM_", "SLURMD_", "SRUN_", "SUBMITIT_", "SBATCH_")
    return name.startswith(prefixes) and name != "SLURM_CONF"


def ignored_variables(kept: Collection[str]) -> list[str]:
    """Return the names of this shell's ``SBATCH_`` variables that submissions do not obey."""
    return sorted(name for name in os.environ if name.startswith("SBATCH_") and name not in kept)


def _environment(kept: Collection[str]) -> dict[str, str]:
    """Return the environment without output formats and a job's variables, and with arrays untruncated."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in kept or (not name.startswith(("SQUEUE_", "SACCT_")) and not _is_job_variable(name))
    } | {"SLURM_BITSTR_LEN": "0"}


def run(
    *command: str, timeout_s: float = TIMEOUT_S, stdin: str | None = None, kept: Collection[str] = ()
) -> str:
    """Run a command and return what it prints.

    Raises
    ------
    SlurmError
        If it is not installed, does not answer in time or fails; the message is the last line of its errors.
    """
    try:
        done = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
            env=_environment(kept),
        )
    except FileNotFoundError:
        raise SlurmError(f"{command[0]} is not installed here") from None
    except subprocess.TimeoutExpired:
        raise SlurmError(f"{command[0]} did not answer within {timeout_s:.0f} s") from None
    if done.returncode != 0:
        message = (done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}").splitlines()[
            -1
        ]
        raise SlurmError(f"{command[0]}: {re.sub(r'^(?:[a-z]+: )*(?:error: )?', '', message)}")
    return done.stdout
