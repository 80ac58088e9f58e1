"""What tests of several packages share."""

import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest

from hdrbatch.storage.folder import FolderStore
from hdrbatch.storage.server import BUCKET, serve
from tests import processes
from tests.in_process import run_in_process
from tests.selection import (
    is_slow,
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_ignore_collect,
    pytest_runtest_setup,
    register_marks,
)
from tests.waiting import PATIENCE_S

__all__ = [
    "pytest_addoption",
    "pytest_collection_modifyitems",
    "pytest_ignore_collect",
    "pytest_runtest_setup",
]

collect_ignore = (
    []
    if find_spec("torch")
    else [
        "learning",
        "evaluation/test_real_brackets.py",
        "evaluation/test_scoring.py",
        "evaluation/test_uncalibrated_cameras.py",
        "photographs/test_reconstruction.py",
    ]
)
"""What imports torch."""

TINY_JOB = """\
dataset: tiny
scenes:
  train: ["outdoor:1", "interior:1"]
  test: ["outdoor:9001"]
ev: -2..2
render: {width: 32, height: 24, samples: 4}
"""

TINY_SWEEP = """\
sweep: tiny
dataset: tiny
base:
  network: {width: 4, depth: 2, output: residual}
  training: {steps: 6, crop: 16, log_every: 1, validate_every: 3, checkpoint_every: 2, batch: 2}
variants:
  ldr: {}
  candidates: {inputs.mode: candidates, inputs.ev: [-2, 0, 2]}
"""


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Keep what tests and their processes leave in a temporary folder out of the machine's.

    Before tests are collected, since Blender makes a folder as soon as it is imported.
    """
    if config.getoption("numprocesses", None):
        # Before the processes start: each computes in one thread, for which there is a core.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ["TMPDIR"] = str(config._tmp_path_factory.mktemp("tmp"))
    tempfile.tempdir = None
    register_marks(config)


@pytest.fixture(autouse=True, scope="session")
def watchman() -> Iterator[None]:
    """End what the tests of a killed run leave."""
    with processes.watched():
        yield


@pytest.fixture(autouse=True, scope="session")
def no_waiting_for_the_disk(pytestconfig: pytest.Config) -> Iterator[None]:
    """Let fast tests leave what they write to the kernel; those of durability replace the call themselves."""
    with pytest.MonkeyPatch.context() as patch:
        if pytestconfig.option.half == "fast":
            patch.setattr(os, "fsync", lambda handle: None)
        yield


@pytest.fixture(autouse=True)
def own_processes(request: pytest.FixtureRequest) -> Iterator[None]:
    """End what a test leaves running, and fail the test.

    Daemons of Slurm and containers outlive the test that starts them, and have fixtures that end them.
    """
    if any(request.node.get_closest_marker(mark) for mark in ("cluster", "container")):
        yield
        return
    test = request.node.nodeid
    before = processes.number_started()
    with processes.named(test):
        yield
    # Looking for them takes longer than most fast tests do.
    may_run = is_slow(request.node) or processes.number_started() > before
    if may_run and (left := processes.end_all(f"{processes.RUN}/{test}")):
        pytest.fail("processes were left running, and are ended:\n" + "\n".join(left), pytrace=False)


def pytest_report_header():
    return f"torch is not installed: left out: {', '.join(collect_ignore)}" if collect_ignore else None


@pytest.fixture
def folder_store(tmp_path):
    return FolderStore(tmp_path / "store")


@pytest.fixture
def scratch(tmp_path):
    """An empty folder for temporary files."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def tiny_files(tmp_path):
    """A folder with job.yaml and sweep.yaml, small enough for a test."""
    (tmp_path / "job.yaml").write_text(TINY_JOB)
    (tmp_path / "sweep.yaml").write_text(TINY_SWEEP)
    return tmp_path


def run_command(
    *arguments: str, store: str, environment: dict[str, str] | None = None, in_process: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does, in a process of its own."""
    root = Path(__file__).parents[1]
    # This machine, even where it is part of a cluster, unless a test says otherwise.
    own = {"HDRBATCH_STORE": store, "HDRBATCH_CLUSTER": "local", "COLUMNS": "200"} | (environment or {})
    if in_process:
        return run_in_process(arguments, own, root)
    return subprocess.run(
        [sys.executable, "-m", "hdrbatch", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
        env=os.environ | own,
        cwd=root,
    )


@pytest.fixture
def hdrbatch(request: pytest.FixtureRequest):
    """The command line: ``hdrbatch("render", "job.yaml", store=...)`` gives the completed process.

    In slow tests it is a process of its own, in fast ones it is called in this process.
    """
    return run_command if is_slow(request.node) else partial(run_command, in_process=True)


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory):
    with ExitStack() as running:
        with processes.named("servers"):  # it outlives the test that is the first to ask for it
            server = running.enter_context(serve(tmp_path_factory.mktemp("s3")))
        yield server


@pytest.fixture
def s3_environment(s3_server, monkeypatch):
    for name, value in s3_server.environment().items():
        monkeypatch.setenv(name, value)
    return s3_server


@pytest.fixture
def s3_store(s3_environment):
    from hdrbatch.storage.s3 import S3Store

    return S3Store(BUCKET, f"{uuid.uuid4().hex}/")


@pytest.fixture(params=["folder", "s3"])
def store(request, tmp_path):
    if request.param == "folder":
        return FolderStore(tmp_path / "store")
    return request.getfixturevalue("s3_store")
