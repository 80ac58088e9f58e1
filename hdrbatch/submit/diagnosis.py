"""Checks of this machine for ``hdrbatch doctor``; nothing heavy is imported into this process."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

from hdrbatch.errors import HdrbatchError
from hdrbatch.storage.address import open_store
from hdrbatch.submit.requirements import check_blender, check_requirements

MIN_SCRATCH_BYTES = 2 * 1024**3


@dataclass(frozen=True)
class Finding:
    """One thing that was checked."""

    subject: str
    is_good: bool
    text: str


def diagnose(store_address: str) -> list[Finding]:
    """Check everything, one after the other; a failure does not hide the others."""
    return [
        _checked("python", _python),
        _checked("blender", _blender),
        _checked("torch", _torch),
        _checked("scratch", _scratch),
        _checked("store", lambda: _store(store_address)),
    ]


def _checked(subject: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, is_good=True, text=check())
    except HdrbatchError as error:
        return Finding(subject, is_good=False, text=str(error))


def _python() -> str:
    cores = len(os.sched_getaffinity(0))
    return f"{sys.version.split()[0]}, {cores} cores for this process"


def _blender() -> str:
    check_blender()
    return f"bpy {_answer_of('import bpy; print(bpy.app.version_string)')}"


def _torch() -> str:
    check_requirements({"train_variant"})
    gpus = _answer_of("import torch; print(torch.__version__, torch.cuda.device_count())")
    version, _, num_gpus = gpus.rpartition(" ")
    return f"torch {version}, {num_gpus} CUDA device(s)"


def _scratch() -> str:
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    if free < MIN_SCRATCH_BYTES:
        raise HdrbatchError(
            f"{folder} has {free / 1024**3:.1f} GiB free: free some, or set TMPDIR or the cluster's scratch"
        )
    return f"{folder}, {free / 1024**3:.0f} GiB free"


def _store(address: str) -> str:
    store = open_store(address)
    store.check()
    return f"{store.url} can be written and read"


def _answer_of(code: str) -> str:
    """What a fresh Python prints last: heavy imports stay out of this process."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise HdrbatchError(f"{code.partition(';')[0]} fails: {done.stderr.strip()[-400:]}")
    return done.stdout.strip().splitlines()[-1]
