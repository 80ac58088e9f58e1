"""The two commands of a user on a cluster: Slurm, podman images and an S3 server, all real."""

import json
import os
import subprocess

import pytest

from hdrbatch.records.comparison import ComparisonRecord
from hdrbatch.storage import keys
from hdrbatch.storage.receipts import Receipt
from hdrbatch.storage.s3 import S3Store
from hdrbatch.storage.server import BUCKET, serve
from tests.conftest import TINY_JOB, TINY_SWEEP, run_command
from tests.containers.conftest import LIMITS, PODMAN, VERSION, build

CLUSTER = f"""\
scheduler = "slurm"
folder = "{{folder}}/jobs"
scratch = "{{folder}}/scratch"
cache_gb = 1
[resources]
memory_gb = 1
time_min = 10
[container]
runtime = "podman"
render = "localhost/hdrbatch-render:{VERSION}"
train = "localhost/hdrbatch-train:{VERSION}-cpu"
options = {json.dumps(PODMAN[1:])}
run_options = {json.dumps([option for option in LIMITS if "network" not in option])}
"""


@pytest.fixture(scope="module")
def _images():
    done = build()
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture
def on_the_cluster(slurm, _images, tmp_path, monkeypatch):
    """``hdrbatch`` with a cluster of podman containers and a store on S3."""
    (tmp_path / "scratch").mkdir()
    (tmp_path / "podman.toml").write_text(CLUSTER.format(folder=tmp_path))
    (tmp_path / "job.yaml").write_text(TINY_JOB)
    (tmp_path / "sweep.yaml").write_text(TINY_SWEEP)
    with serve(tmp_path / "s3") as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)

        def hdrbatch(*arguments: str) -> str:
            done = run_command(
                *arguments,
                store=f"s3://{BUCKET}",
                environment={**slurm.environment, "HDRBATCH_CLUSTER": str(tmp_path / "podman.toml")},
            )
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        yield hdrbatch


def test_a_dataset_and_a_sweep_come_from_two_commands(on_the_cluster, tmp_path, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        assert os.environ[name]
    rendered = on_the_cluster("render", str(tmp_path / "job.yaml"), "--scenes", "all", "--pack", "5")
    plan = rendered.partition(":")[0]
    shown = on_the_cluster("sweep", str(tmp_path / "sweep.yaml"), "--after", plan, "--wait")

    store = S3Store(BUCKET)
    comparison = ComparisonRecord.model_validate_json(store.get_bytes(keys.comparison("tiny")))
    assert {row.variant for row in comparison.rows} == {"ldr", "candidates"}
    assert "sweep tiny on dataset tiny" in shown
    statuses = {one["plan"]: one for one in json.loads(on_the_cluster("status", "--json"))}
    assert [one["missing"] for one in statuses.values()] == [[], []]
    receipts = [Receipt.from_bytes(store.get_bytes(found.key)) for found in store.list(keys.RECEIPTS)]
    images = {receipt.kind: receipt.image_digest for receipt in receipts}
    assert images["render_exposure"] == images["assemble_scene"] != images["train_variant"]
    assert all("torch" not in one.versions for one in receipts if one.kind == "render_exposure")
    assert all("bpy" not in one.versions for one in receipts if one.kind == "train_variant")
    assert "0 receipt(s) with damage" in on_the_cluster("store", "verify")

    assert "up to date" in on_the_cluster("render", str(tmp_path / "job.yaml"))
    assert containers() == []
    secret = os.environ["AWS_SECRET_ACCESS_KEY"]
    everything = subprocess.run(
        ["grep", "--recursive", "--files-with-matches", secret, str(tmp_path)],
        capture_output=True,
        check=False,
    )
    assert everything.stdout == b""


def test_doctor_finds_all_that_the_next_command_needs(on_the_cluster):
    found = on_the_cluster("doctor")

    assert "bad" not in {line.split()[0] for line in found.splitlines()}
    assert "render_exposure: rendering: Blender 4.5" in found
    assert "render_exposure: image: render image" in found
    assert "train_variant: torch: torch 2" in found
    assert "train_variant: store: s3://hdrbatch can be written and read" in found


def containers() -> list[str]:
    listing = ["podman", "ps", "--all", "--quiet", "--filter", "label=hdrbatch.worker"]
    return subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split()
