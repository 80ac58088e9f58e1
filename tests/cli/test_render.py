"""``hdrbatch render`` as a user runs it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_S, wait_until

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


def test_a_dry_run_for_slurm_takes_off_what_packing_saves_and_one_on_this_machine_does_not(
    hdrbatch, job, store, tmp_path
):
    cluster = tmp_path / "mine.toml"
    job.write_text(ONE_SCENE.replace("-1..1", "-5..4").replace("samples: 1", "samples: 4000"))

    def hours(cluster: str, pack: str) -> tuple[float, str]:
        done = hdrbatch("render", str(job), "--dry-run", "--cluster", cluster, "--pack", pack, store=store)
        (line,) = (line for line in done.stdout.splitlines() if "render_exposure" in line)
        return float(line.split("│")[5]), done.stdout

    cluster.write_text('scheduler = "slurm"\n')
    alone, said_alone = hours(str(cluster), "1")
    packed, said = hours(str(cluster), "10")
    # Nine starts of a process and nine builds of the scene, by the table of costs.
    assert alone - packed == pytest.approx(9 * (1.3 + 1.6) / 3600, abs=0.01)
    assert "elements of 10 tasks each" in said
    assert "tasks each" not in said_alone
    here, said_here = hours("local", "10")
    assert here == alone
    assert "one process per task (--pack applies to Slurm only)" in said_here


def test_the_full_job_is_planned_as_4467_tasks(hdrbatch, store):
    done = hdrbatch("render", "--dry-run", store=store)
    assert "4467" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nosuch"], "none of that name in jobs/"),
        (["local", "--scenes", "castle-0001"], "--scenes: 'castle-0001' is not in this job's catalogue"),
        (["local", "--ev", "4..-5"], "--ev 4..-5: the EV ladder is empty"),
        (["local", "--ev", "dark"], "--ev dark: not a list of EVs; write a range such as -5..4"),
        (["local", "--cluster", "moon"], "moon: no such file, and none of that name in infra/clusters/"),
        (["local", "--store", "ftp://x"], "use a folder or s3://bucket/prefix"),
    ],
)
def test_bad_input_exits_with_2_and_a_remedy_and_without_a_traceback(hdrbatch, store, arguments, expected):
    done = hdrbatch("render", *arguments, store=store)
    assert done.returncode == 2
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert not Path(store).exists()


@pytest.mark.render
def test_running_again_does_only_what_is_missing_or_changed(hdrbatch, job, store):
    first = hdrbatch("render", str(job), store=store)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "5 done, 0 skipped (already done)" in first.stdout
    assert "is up to date: all 5 tasks are done" in hdrbatch("render", str(job), store=store).stdout

    job.write_text(ONE_SCENE.replace("-1..1", "[-1, 0, 2]"))
    assert "3 done, 2 skipped (already done)" in hdrbatch("render", str(job), store=store).stdout
    shown = hdrbatch("dataset", "show", "tiny", store=store)
    assert shown.returncode == 0
    assert "outdoor-0001" in shown.stdout
    assert hdrbatch("dataset", "verify", "tiny", store=store).returncode == 0
    exposure = Path(store) / "datasets/tiny/scenes/outdoor-0001/exposures/ev+0.exr"
    whole = exposure.read_bytes()
    exposure.write_bytes(whole[:-1] + b"x")
    damaged = hdrbatch("dataset", "verify", "tiny", store=store)
    assert damaged.returncode == 1
    assert "exposures/ev+0.exr: its SHA-256 does not match its receipt" in damaged.stdout
    exposure.write_bytes(whole)
    status = hdrbatch("status", "--json", store=store)
    assert status.returncode == 0
    assert status.stdout.count('"missing": []') == 1  # the first plan's results were written over


LONG = ONE_SCENE.replace("samples: 1", "samples: 20000")


# A worker that is stopped renders its chunk of samples to the end first, which takes some ten seconds.
SMALL_CHUNKS = """\
import sys
if "hdrbatch.worker" in sys.orig_argv:
    import hdrbatch.blender.sampling
    hdrbatch.blender.sampling.CHUNK_PIXEL_SAMPLES = 100_000
"""


def start_and_await_render(job, store, tmp_path, output):
    """Start ``hdrbatch render`` and wait until Blender is at work, on small chunks."""
    scratch, site = tmp_path / "scratch", tmp_path / "site"
    scratch.mkdir()
    site.mkdir()
    (site / "sitecustomize.py").write_text(SMALL_CHUNKS)
    process = subprocess.Popen(
        [sys.executable, "-m", "hdrbatch", "render", str(job)],
        stdout=output,
        stderr=output,
        env=os.environ | {"HDRBATCH_STORE": store, "TMPDIR": str(scratch), "PYTHONPATH": str(site)},
    )
    wait_until(lambda: list(scratch.rglob("blender.log")))
    return process


def processes_of(store):
    listing = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if store in line]


@pytest.mark.render
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stopped_run_exits_with_75_and_the_next_one_goes_on(number, job, store, tmp_path, hdrbatch):
    job.write_text(LONG)
    with (tmp_path / "output").open("w+") as output:
        process = start_and_await_render(job, store, tmp_path, output)
        process.send_signal(number)
        assert process.wait(timeout=PATIENCE_S) == 75
        output.seek(0)
        said = output.read()
    assert "rerun the same command to resume" in said
    assert "Traceback" not in said
    assert [path for path in (tmp_path / "scratch").rglob("*") if path.is_file()] == []
    assert processes_of(store) == []
    job.write_text(ONE_SCENE.replace("-1..1", "[0]"))
    assert hdrbatch("render", str(job), store=store).returncode == 0


@pytest.mark.render
def test_impatient_ctrl_c_leaves_nothing_running_either(job, store, tmp_path):
    job.write_text(LONG)
    with (tmp_path / "output").open("w+") as output:
        process = start_and_await_render(job, store, tmp_path, output)
        for _ in range(5):
            process.send_signal(signal.SIGINT)
            time.sleep(0.002)
        assert process.wait(timeout=PATIENCE_S) == 75
    wait_until(lambda: not processes_of(store), lambda: str(processes_of(store)))


@pytest.mark.render
def test_workers_end_with_a_run_that_is_killed(job, store, tmp_path):
    job.write_text(LONG)
    with (tmp_path / "output").open("w+") as output:
        process = start_and_await_render(job, store, tmp_path, output)
        assert processes_of(store)
        process.kill()
        process.wait()
    wait_until(lambda: not processes_of(store), lambda: str(processes_of(store)))


TWO_SCENES = ONE_SCENE.replace("test: []", 'test: ["outdoor:2"]').replace("-1..1", "[0]")


@pytest.mark.render
def test_rendering_some_scenes_keeps_the_others_in_the_index(job, store, hdrbatch):
    job.write_text(TWO_SCENES)
    assert hdrbatch("render", str(job), "--scenes", "train", store=store).returncode == 0
    assert hdrbatch("render", str(job), "--scenes", "test", store=store).returncode == 0
    shown = hdrbatch("dataset", "show", "tiny", store=store).stdout
    assert "outdoor-0001" in shown
    assert "outdoor-0002" in shown
    assert "up to date" in hdrbatch("render", str(job), "--scenes", "train", store=store).stdout


@pytest.mark.render
def test_an_index_is_withdrawn_before_what_it_names_is_written_over(job, store, hdrbatch, tmp_path):
    job.write_text(TWO_SCENES)
    assert hdrbatch("render", str(job), store=store).returncode == 0
    job.write_text(TWO_SCENES.replace("samples: 1", "samples: 20000"))
    dry = hdrbatch("render", str(job), "--dry-run", store=store).stdout
    assert "this overwrites 5 earlier result(s) of 'tiny', made with other settings or by other code" in dry
    with (tmp_path / "output").open("w+") as output:
        process = start_and_await_render(job, store, tmp_path, output)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PATIENCE_S) == 75
    shown = hdrbatch("dataset", "show", "tiny", store=store)
    assert shown.returncode == 2
    assert "no finished dataset 'tiny'; it has none" in shown.stderr
    assert "0 receipt(s) with damage" in hdrbatch("store", "verify", store=store).stdout
