"""The README's walk-through, command by command, with jobs of the same names made small."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import TINY_JOB, TINY_SWEEP

pytestmark = [pytest.mark.render, pytest.mark.training]

README = Path(__file__).parents[1] / "README.md"


def commands():
    _, _, rest = README.read_text().partition("## A walk through")
    section, _, _ = rest.partition("\n## ")
    return re.findall(r"^    (hdrbatch .*?)(?:\s+#.*)?$", section, re.MULTILINE)


def test_the_walk_through_has_commands():
    assert len(commands()) >= 8


def test_the_walk_through_works(tmp_path):
    (tmp_path / "jobs").mkdir()
    job = (
        TINY_JOB.replace("dataset: tiny", "dataset: local")
        .replace('["outdoor:9001"]', '["outdoor:8", "outdoor:9"]')
        .replace("-2..2", "[-2, 0, 2]")  # what the sweep and the export need
    )
    (tmp_path / "jobs" / "local.yaml").write_text(job)
    sweep = TINY_SWEEP.replace("dataset: tiny", "dataset: local").replace("sweep: tiny", "sweep: local")
    (tmp_path / "jobs" / "local-sweep.yaml").write_text(sweep)
    environment = {name: value for name, value in os.environ.items() if name != "HDRBATCH_STORE"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    for command in commands():
        # Through a shell, as a user types it: ev*.png is the shell's to expand.
        done = subprocess.run(
            command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        assert shlex.split(command)[0] == "hdrbatch"
    assert (tmp_path / "sunset.exr").stat().st_size > 100_000
    assert "sunset" in (tmp_path / "report.html").read_text()
