"""``hdrbatch render`` as a user runs it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ONE_SCENE = """\
dataset: tiny
scenes: {train: ["outdoor:1"], test: []}
ev: -1..1
render: {width: 16, height: 12, samples: 1}
"""


@pytest.fixture
def job(tmp_path):
    path = tmp_path / "job.yaml"
    path.write_text(ONE_SCENE)
    return path


@pytest.fixture
def store(tmp_path):
    return str(tmp_path / "store")


def test_a_dry_run_shows_stages_and_costs_and_writes_nothing(hdrbatch, job, store):
    done = hdrbatch("render", str(job), "--dry-run", store=store)
    assert done.returncode == 0, done.stderr
    for expected in (
        "render_exposure",
        "assemble_scene",
        "index_dataset",
        "core hours",
        "bytes",
        "nothing is",
    ):
        assert expected in done.stdout
    assert not Path(store).exists()


def test_the_full_job_is_planned_as_4467_tasks(hdrbatch, store):
    done = hdrbatch("render", "--dry-run", store=store)
    assert "4467" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nosuch"], "none of that name in jobs/"),
        (["local", "--scenes", "castle-0001"], "--scenes: 'castle-0001' is not in this job's catalogue"),
        (["local", "--ev", "4..-5"], "--ev 4..-5: the EV ladder is empty"),
        (["local", "--ev", "dark"], "--ev dark: write a range such as -5..4"),
        (["local", "--cluster", "moon"], "moon: no such file, and none of that name in infra/clusters/"),
        (["local", "--store", "ftp://x"], "use a folder, or s3://bucket/prefix"),
    ],
)
def test_bad_input_exits_with_2_and_a_remedy_and_without_a_traceback(hdrbatch, store, arguments, expected):
    done = hdrbatch("render", *arguments, store=store)
    assert done.returncode == 2
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert not Path(store).exists()


def test_running_again_does_only_what_is_missing_or_changed(hdrbatch, job, store):
    pytest.importorskip("bpy", reason="bpy is not installed: renders cannot be tested")
    first = hdrbatch("render", str(job), store=store)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "5 done, 0 were done before" in first.stdout
    assert "nothing to do, all 5 tasks are done" in hdrbatch("render", str(job), store=store).stdout

    job.write_text(ONE_SCENE.replace("-1..1", "[-1, 0, 2]"))
    assert "3 done, 2 were done before" in hdrbatch("render", str(job), store=store).stdout
    shown = hdrbatch("dataset", "show", "tiny", store=store)
    assert shown.returncode == 0
    assert "outdoor-0001" in shown.stdout
    assert hdrbatch("dataset", "verify", "tiny", store=store).returncode == 0
    status = hdrbatch("status", "--json", store=store)
    assert status.returncode == 0
    assert status.stdout.count('"missing": []') == 1  # the first plan's results were written over


def test_ctrl_c_exits_with_75_and_the_next_run_goes_on(job, store, tmp_path, hdrbatch):
    pytest.importorskip("bpy", reason="bpy is not installed: renders cannot be tested")
    job.write_text(ONE_SCENE.replace("samples: 1", "samples: 20000"))
    environment = os.environ | {"HDRBATCH_STORE": store, "TMPDIR": str(tmp_path / "scratch")}
    (tmp_path / "scratch").mkdir()
    with (tmp_path / "output").open("w+") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "hdrbatch.cli.app", "render", str(job)],
            stdout=output,
            stderr=output,
            env=environment,
        )
        deadline = time.monotonic() + 60
        while not list((tmp_path / "scratch").rglob("blender.log")):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 75
        output.seek(0)
        said = output.read()
    assert "run the same command again to go on" in said
    assert "Traceback" not in said
    assert list((tmp_path / "scratch").rglob("*.exr")) == []
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert store not in listing
    job.write_text(ONE_SCENE)
    assert hdrbatch("render", str(job), store=store).returncode == 0
