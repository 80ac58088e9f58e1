"""A Slurm that does what a test tells it to: its commands first on PATH, its queue in a folder."""

import json
import os
import sys
from pathlib import Path

COMMANDS = ("sbatch", "squeue", "sacct", "scontrol", "scancel", "sinfo", "sacctmgr")


class FakeSlurm:
    """Installs the commands in a folder; ``environment`` makes a process find them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        bin_folder = folder / "bin"
        bin_folder.mkdir(parents=True)
        code = (Path(__file__).parent / "commands.py").read_text()
        for name in COMMANDS:
            (bin_folder / name).write_text(f"#!{sys.executable} -IS\n{code}")
            (bin_folder / name).chmod(0o755)
        (bin_folder / "srun").write_text("#!/bin/sh\nexit 1\n")
        (bin_folder / "srun").chmod(0o755)
        self.environment = {"FAKE_SLURM": str(folder), "PATH": f"{bin_folder}:{os.environ['PATH']}"}

    def control(self, **what):
        """Let commands misbehave: ``sbatch=["", "fail: ..."]``, ``scontrol_job="fail: ..."``."""
        known = {"sbatch_test": "sbatch --test-only"}
        values = {known.get(name, name.replace("scontrol_", "scontrol ")): how for name, how in what.items()}
        (self.folder / "control.json").write_text(json.dumps(values))

    @property
    def _state(self):
        path = self.folder / "state.json"
        return json.loads(path.read_text()) if path.exists() else {"jobs": {}}

    @property
    def jobs(self):
        """All jobs that were ever taken, by id."""
        return self._state["jobs"]

    @property
    def queue(self):
        """The jobs in the queue, by id."""
        return {id_: job for id_, job in self.jobs.items() if job["in_queue"]}

    @property
    def calls(self):
        """The command lines of all calls."""
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def set_states(self, job, words, *, in_queue=True):
        """Let elements of a job be in these states, one word for all or one for each."""
        state = self._state
        elements = state["jobs"][job]["elements"]
        words = [words] * len(elements) if isinstance(words, str) else words
        state["jobs"][job]["elements"] = dict(zip(elements, words, strict=True))
        state["jobs"][job]["in_queue"] = in_queue
        (self.folder / "state.json").write_text(json.dumps(state))
