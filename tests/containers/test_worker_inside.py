"""Workers in containers: their results, their exit codes, and being asked to stop."""

import os
import signal
import subprocess

import pytest

from hdrbatch.plan.render_plan import plan_render
from hdrbatch.plan.stored_plans import save_plan
from hdrbatch.specs.render_job import RenderJob
from hdrbatch.storage.receipts import read_receipt
from hdrbatch.storage.verification import verify_receipts
from tests.containers.conftest import quiet
from tests.waiting import PATIENCE_S, wait_until


def planned(store, samples):
    job = RenderJob.model_validate(
        {
            "dataset": "tiny",
            "scenes": {"train": ("outdoor:1",), "test": ()},
            "ev": (0.0,),
            "render": {"width": 32, "height": 24, "samples": samples},
        }
    )
    plan = plan_render(job, job.scenes.catalogue())
    save_plan(store, plan)
    return plan, next(plan.tasks())


def worker(plan, task):
    """The worker's command inside: the store is mounted at /store, scratch is the container's own."""
    return [
        *("python", "-m", "hdrbatch.worker", "--store", "/store", "--plan", plan.id, "--scratch", "/scratch"),
        *("--task", f"{task.kind}/{task.id}"),
    ]


@pytest.fixture
def mounts(folder_store, tmp_path):
    (tmp_path / "scratch").mkdir()
    (tmp_path / "store").mkdir(exist_ok=True)
    return (f"--volume={tmp_path / 'store'}:/store", f"--volume={tmp_path / 'scratch'}:/scratch")


def test_a_render_leaves_a_receipt_and_its_files_belong_to_who_ran_it(
    render_image, folder_store, mounts, tmp_path
):
    plan, task = planned(folder_store, samples=1)

    done = render_image.run(*worker(plan, task), options=mounts)

    assert done.returncode == 0, done.stderr
    receipt = read_receipt(folder_store, task.ref)
    assert receipt is not None
    assert {entry.key for entry in receipt.files} == set(task.outputs)
    assert [verified.damage for verified in verify_receipts(folder_store)] == [()]
    owners = {path.stat().st_uid for path in (tmp_path / "store").rglob("*")}
    assert owners == {os.getuid()}


def test_a_bad_argument_is_2_outside(image):
    done = image.run("python", "-m", "hdrbatch.worker", "--no-such-option")

    assert done.returncode == 2
    assert "hdrbatch.worker: error" in done.stderr


def test_a_worker_runs_as_a_user_that_the_image_does_not_know(render_image, folder_store, mounts, tmp_path):
    plan, task = planned(folder_store, samples=1)
    for folder in (tmp_path / "store", tmp_path / "scratch"):
        quiet("chown", "--recursive", "12345:12345", folder)

    done = render_image.run(*worker(plan, task), options=(*mounts, "--user=12345:12345"))

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "store" / "receipts").stat().st_uid == 12345


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR2])
def test_a_signal_to_the_client_reaches_the_worker_which_ends_with_75(
    number, render_image, folder_store, mounts, tmp_path
):
    plan, task = planned(folder_store, samples=500_000)
    command = render_image.command(*worker(plan, task), options=mounts)
    with (tmp_path / "log").open("wb") as log:
        client = subprocess.Popen(command, stdout=log, stderr=log)

    def renders():
        assert client.poll() is None, (tmp_path / "log").read_text()
        return list((tmp_path / "scratch").rglob("blender.log"))

    wait_until(renders)

    client.send_signal(number)

    assert client.wait(timeout=PATIENCE_S) == 75, (tmp_path / "log").read_text()
    assert read_receipt(folder_store, task.ref) is None
