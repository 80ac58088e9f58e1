"""A real Slurm on this machine, brought up once and taken down, for the tests of this folder."""

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

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
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if re.search(pattern, line):
            lines.append(line)
    return lines


@pytest.fixture(scope="session")
def slurm() -> Iterator[Slurm]:
    """The cluster that the tests share; one that loses a node brings it back with ``slurm.up()``."""
    cluster = Slurm(Path(f"/tmp/hdrbatch-slurm-{os.getpid()}"))
    try:
        cluster.up()
        yield cluster
    finally:
        cluster.down()
