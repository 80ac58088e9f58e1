"""A real Slurm on this machine, brought up once and taken down, for the tests of this folder."""

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hdrbatch.plan.stored_plans import load_plan
from hdrbatch.storage.address import open_store
from hdrbatch.storage.base import Store
from hdrbatch.submit.status import PlanStatus, TaskState, plan_status
from hdrbatch.submit.submissions import Submission, latest_elements
from tests.conftest import run_command

SLURM_DEV = Path(__file__).parents[2] / "infra" / "slurm-dev"


@pytest.fixture(scope="session", autouse=True)
def _wanted() -> None:
    if os.environ.get("HDRBATCH_TEST_CLUSTER") != "1":
        pytest.skip("make test-cluster runs these: they install packages and start a Slurm")


@dataclass(frozen=True)
class Slurm:
    """A development cluster of two nodes, n0 and n1, and the commands that talk to it."""

    directory: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """For processes that talk to this cluster."""
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith("SLURM_")},
            **self.settings,
            "HDRBATCH_SLURM_DIR": str(self.directory),
            "SLURM_CONF": str(self.directory / "slurm.conf"),
        }

    def run(self, *command: str | Path, cwd: Path | None = None) -> str:
        """What a command prints; one that fails fails the test with what it said."""
        done = subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            env=self.environment,
            cwd=cwd,
        )
        assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def up(self) -> str:
        """Start what does not run of it."""
        return self.run(SLURM_DEV / "up")

    def down(self) -> str:
        return self.run(SLURM_DEV / "down")

    def lose_node(self, node: str) -> str:
        """Kill a node's slurmd and all that runs there; ``up`` brings it back."""
        return self.run(SLURM_DEV / "lose-node", node)

    def submit(self, script: str, *options: str, folder: Path) -> str:
        """Submit a shell script that asks for 50 MB (options come after) and return the job's id.

        Its output goes to ``folder/JOBID.log``, or ``folder/JOBID_INDEX.log`` in an array.
        """
        file = folder / "job.sh"
        file.write_text(f"#!/bin/bash\n{script}\n")
        output = "%A_%a.log" if any(option.startswith("--array") for option in options) else "%j.log"
        return self.run(
            "sbatch",
            "--parsable",
            f"--output={output}",
            "--open-mode=append",
            "--mem=50",
            *options,
            file,
            cwd=folder,
        ).strip()

    def runs(self, job: str) -> list[str]:
        """States of every run of a job in the order of time; of every element, where it is an array."""
        return self.run("sacct", "-X", "-D", "-n", "-P", "-o", "state", "-j", job).splitlines()

    def wait_for_runs(self, job: str, states: list[str], seconds: float) -> None:
        """Wait until accounting, which is late by some seconds, tells of these runs of a job."""
        wait_until(
            lambda: self.runs(job) == states,
            seconds,
            lambda: f"runs of {job} are {self.runs(job)}, not {states}",
        )


def wait_until(condition: Callable[[], bool], seconds: float, complaint: Callable[[], str]) -> None:
    """Poll a condition; fail with the complaint where it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"after {seconds} s: {complaint()}"
        time.sleep(0.25)


def processes_with(pattern: str) -> list[str]:
    """Command lines of living processes that match a pattern."""
    return list(commands_by_pid(pattern).values())


def commands_by_pid(pattern: str) -> dict[int, str]:
    """Command lines of living processes that match a pattern, by process id."""
    found = {}
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if re.search(pattern, line):
            found[int(file.parent.name)] = line
    return found


@pytest.fixture(scope="session")
def slurm() -> Iterator[Slurm]:
    """The cluster that the tests share; one that loses a node brings it back with ``slurm.up()``."""
    cluster = Slurm(Path(f"/tmp/hdrbatch-slurm-{os.getpid()}"))
    try:
        cluster.up()
        yield cluster
    finally:
        cluster.down()


LONG = 1950
"""Samples per pixel of a render that takes some seconds, in ten chunks of Blender where they are small."""
SMALL_CHUNKS = """\
import hdrbatch.blender.sampling

hdrbatch.blender.sampling.CHUNK_PIXEL_SAMPLES = 150_000  # a chunk takes half a second and not fifteen
"""


@dataclass(frozen=True)
class Project:
    """A folder with job, sweep and cluster file, a store, and the command line that a user has there."""

    slurm: Slurm
    folder: Path
    store_url: str
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        return open_store(self.store_url)

    def job(
        self,
        scenes: Sequence[str] = ("outdoor:1",),
        ev: Sequence[int] = (0,),
        samples: int = 4,
        test: Sequence[str] = (),
    ) -> str:
        """Write a render job of 32 x 24 pixels."""
        file = self.folder / "job.yaml"
        scenes_text = f"{{train: {json.dumps(scenes)}, test: {json.dumps(test)}}}"
        file.write_text(
            f"dataset: tiny\nscenes: {scenes_text}\nev: {json.dumps(ev)}\n"
            f"render: {{width: 32, height: 24, samples: {samples}}}\n"
        )
        return str(file)

    def cluster(self, keys: str = "", resources: str = "", stages: str = "") -> str:
        """Write the cluster file; lines come on top of what is common."""
        file = self.folder / "dev.toml"
        file.write_text(
            f'scheduler = "slurm"\nfolder = "{self.folder}/slurm"\nscratch = "{self.folder}"\n{keys}\n'
            f"[resources]\nmemory_gb = 1\ntime_min = 20\n{resources}\n{stages}\n"
        )
        return str(file)

    def try_to(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run hdrbatch as a user does."""
        everything = {"SLURM_CONF": str(self.slurm.directory / "slurm.conf"), **self.environment}
        return run_command(*arguments, store=self.store_url, environment=everything | environment)

    def run(self, *arguments: str) -> str:
        """What a command prints; one that fails fails the test with what it said."""
        done = self.try_to(*arguments)
        assert done.returncode == 0, f"{arguments} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def submit(self, *arguments: str) -> str:
        """Run a command that submits something, and return the id of its plan."""
        said = self.run(*arguments)
        found = re.search(r"^(\S+): \d+ task\(s\) submitted", said, re.MULTILINE)
        assert found, said
        return found[1]

    def told(self, plan_id: str, **environment: str) -> dict:
        """What ``status --json`` says."""
        done = self.try_to("status", plan_id, "--json", **environment)
        assert done.returncode in (0, 1), done.stderr  # 1: something has failed
        return json.loads(done.stdout)[0]

    def causes(self, plan_id: str) -> dict[str, str]:
        """Cause by name of the failed tasks, as ``status --json`` says."""
        failures = self.told(plan_id)["failures"]
        return {name: group["cause"] for group in failures for name in group["tasks"]}

    def status(self, plan_id: str) -> PlanStatus:
        return plan_status(self.store, load_plan(self.store, plan_id))

    def state(self, plan_id: str, name: str) -> TaskState:
        """State of one task, ``kind/id``."""
        return next(state for state in self.status(plan_id).states if state.name == name)

    def wait_for_end(self, plan_id: str, seconds: float = 90) -> None:
        """Wait until nothing of a plan runs or waits any more."""
        status = self.status(plan_id)

        def ended() -> bool:
            nonlocal status
            time.sleep(0.5)
            status = self.status(plan_id)
            return status.is_done or not status.is_active

        wait_until(ended, seconds, lambda: f"{self.summary(status)}\n{self.logs()}")

    def wait_until_done(self, plan_id: str, seconds: float = 90) -> None:
        """Wait for a plan's end, which must have brought everything."""
        self.wait_for_end(plan_id, seconds)
        status = self.status(plan_id)
        assert status.is_done, f"{self.summary(status)}\n{self.logs()}"

    @staticmethod
    def summary(status: PlanStatus) -> str:
        """States of all tasks, for a failure's text."""
        return "\n".join(f"{state.name}: {state.phase} {state.cause or ''}" for state in status.states)

    def logs(self) -> str:
        """What all launchers said, for a failure's text."""
        return "\n".join(f"{file}:\n{file.read_text()}" for file in self.folder.glob("slurm/*/*/*_log.out"))

    def element(self, plan_id: str, name: str) -> tuple[Submission, int]:
        """The newest array that a task is in, and its element there."""
        status = self.status(plan_id)
        position = [state.name for state in status.states].index(name)
        return latest_elements(status.submissions)[position]

    def element_id(self, plan_id: str, name: str) -> str:
        """Slurm's id of a task's newest element."""
        submission, number = self.element(plan_id, name)
        return str(submission.element_id(number))

    def launcher_log(self, plan_id: str, name: str) -> str:
        """What the launcher of a task's newest element said, in all its runs."""
        submission, number = self.element(plan_id, name)
        return Path(submission.log_path(number)).read_text()

    def workers(self) -> dict[str, int]:
        """Process ids of the workers that run now by the name of their first task."""
        found = {}
        for pid, line in commands_by_pid(rf"hdrbatch\.worker .*{re.escape(str(self.folder))}").items():
            tasks = re.search(r"--tasks (\S+)", line)
            try:
                first = json.loads(Path(tasks[1]).read_text().splitlines()[0])
            except (FileNotFoundError, IndexError):
                continue
            found[f"{first['kind']}/{first['id']}"] = pid
        return found

    def wait_for_progress(self, name: str, seconds: float = 40) -> None:
        """Wait until a render has stored something that it could go on from."""
        wait_until(
            lambda: any(True for _ in self.store.list(f"progress/{name}@")),
            seconds,
            lambda: f"{name} stores no progress; {self.workers()}\n{self.logs()}",
        )

    def num_receipts(self, name: str) -> int:
        """How many receipts a task has."""
        return sum(1 for _ in self.store.list(f"receipts/{name}@"))


@pytest.fixture
def project(slurm: Slurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project with a folder store whose renders have small chunks, on the cluster of the tests.

    What a failed test leaves in the queue is cancelled.
    """
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "sitecustomize.py").write_text(SMALL_CHUNKS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "path"))
    monkeypatch.setenv("SLURM_CONF", str(slurm.directory / "slurm.conf"))
    made = Project(slurm, tmp_path, str(tmp_path / "store"))
    yield made
    slurm.run("scancel", "--partition=debug")
    wait_until(lambda: not made.workers(), 30, lambda: f"workers are left over: {made.workers()}")
