"""On a real Slurm nothing is lost and nothing wrong is visible, whatever befalls workers and nodes."""

import os
import re
import shutil
import signal
import subprocess
import sys
import uuid
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from hdrbatch.plan.stored_plans import load_plan
from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.specs.load import load_toml
from hdrbatch.storage.server import BUCKET
from hdrbatch.submit.slurm.arrays import SubmissionRequest, submit_plan
from tests.cluster.conftest import LONG, commands_by_pid, wait_until
from tests.faults import faulty_proxy

SWEEP = """\
sweep: tiny
dataset: tiny
base:
  network: {{width: 4, depth: 2, output: residual}}
  training: {{steps: {steps}, crop: 16, log_every: 20, validate_every: 10000, checkpoint_every: 20, batch: 2}}
variants:
  one: {{}}
  two: {{training.seed: 1, training.steps: {steps_of_two}}}
"""
RENDER = "render_exposure/tiny/{}/ev{:+d}".format
TRAIN = "train_variant/tiny/{}".format
TEN_MINUTES = "[stages.render_exposure]\ntime_min = 10"
"""So short that submitit takes any warning for that of the time limit."""


def exposure(ev, scene="outdoor-0001"):
    return RENDER(scene, ev)


def picture(project, ev, scene="outdoor-0001"):
    return project.store.get_bytes(f"datasets/tiny/scenes/{scene}/exposures/ev{ev:+d}.exr")


def uninterrupted(project, *command):
    """A project of the same files whose store was filled on this machine, in peace."""
    folder = project.folder / "peace"
    folder.mkdir(exist_ok=True)
    calm = replace(project, folder=folder, store_url=str(folder / "store"))
    calm.run(*command, "--cluster", "local")
    return calm


def preempt(slurm, node, folder):
    """Have a job take the place of whatever runs on a node."""
    return slurm.submit("true", "--partition=short", f"--nodelist={node}", folder=folder)


def node_of(slurm, element_id):
    return slurm.run("squeue", "-h", "-o", "%N", "-j", element_id).strip()


def test_a_dataset_and_a_sweep_behind_it_are_made_and_a_second_run_does_nothing(project):
    job = project.job(scenes=["outdoor:1", "interior:1"], test=["outdoor:9001"])
    (project.folder / "sweep.yaml").write_text(SWEEP.format(steps=6, steps_of_two=4))
    sweep, cluster = str(project.folder / "sweep.yaml"), project.cluster()

    rendering = project.submit("render", job, "--cluster", cluster)
    training = project.submit("sweep", sweep, "--cluster", cluster, "--after", rendering)
    assert project.told(training)["phases"]["compare_variants"] == {"queued": 1}
    project.wait_until_done(rendering)
    project.wait_until_done(training)

    told = project.told(training)
    assert told["num_done"] == {"train_variant": 2, "compare_variants": 1}
    assert told["missing"] == told["failures"] == []
    assert "comparison.json" in project.run("store", "ls", "sweeps/")
    jobs = [project.told(plan)["jobs"] for plan in (rendering, training)]
    assert "up to date" in project.run("render", job, "--cluster", cluster)
    assert "up to date" in project.run("sweep", sweep, "--cluster", cluster)
    assert [project.told(plan)["jobs"] for plan in (rendering, training)] == jobs


def test_a_killed_worker_and_a_killed_launcher_cost_their_scene_until_retry_and_no_other(project):
    job = project.job(scenes=["outdoor:1", "interior:1"], ev=(0, 2), samples=LONG)
    cluster = project.cluster()
    plan = project.submit("render", job, "--cluster", cluster)
    of_worker, of_launcher = exposure(0), exposure(2)
    project.wait_for_progress(of_worker)
    project.wait_for_progress(of_launcher)

    workers = project.workers()
    os.kill(workers[of_worker], signal.SIGKILL)
    os.kill(parent_of(workers[of_launcher]), signal.SIGKILL)
    wait_until(
        lambda: not {workers[of_worker], workers[of_launcher]} & set(project.workers().values()),
        15,
        lambda: f"still there: {project.workers()}",
    )
    project.wait_for_end(plan)

    assert project.causes(plan) == {
        of_worker: "out-of-memory",
        of_launcher: "unknown",
        "assemble_scene/tiny/outdoor-0001": "input-missing",
        "index_dataset/tiny": "input-missing",
    }
    assert project.told(plan)["num_done"] == {"render_exposure": 2, "assemble_scene": 1, "index_dataset": 0}
    project.run("retry", plan, "--cluster", cluster)
    project.wait_until_done(plan)
    for name in (of_worker, of_launcher):
        assert "resuming from sample" in project.run("logs", plan, "--task", name)
        assert project.num_receipts(name) == 1
    assert list((project.folder / f"hdrbatch-{os.getuid()}").iterdir()) == []


def parent_of(pid):
    """The process that started another one."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_preempted_and_a_warned_render_go_on_where_they_were_and_end_in_the_same_bytes(
    project, slurm, tmp_path
):
    job, cluster = project.job(ev=(0, 2), samples=2 * LONG), project.cluster()
    plan = project.submit("render", job, "--cluster", cluster)
    preempted, warned = exposure(0), exposure(2)
    project.wait_for_progress(preempted)
    project.wait_for_progress(warned)
    ids = {name: project.element_id(plan, name) for name in (preempted, warned)}

    preempt(slurm, node_of(slurm, ids[preempted]), tmp_path)
    slurm.run("scancel", "--signal=USR2", ids[warned])
    wait_until(
        lambda: "Starting with" in project.launcher_log(plan, warned).partition("Requeued job")[2],
        60,
        lambda: f"it is not requeued:\n{project.logs()}",
    )
    wait_until(lambda: warned in project.workers(), 20, lambda: f"it does not run:\n{project.logs()}")
    slurm.run("scancel", "--signal=TERM", ids[warned])
    calm = uninterrupted(project, "render", job)
    project.wait_until_done(plan)

    for name, ev in ((preempted, 0), (warned, 2)):
        assert "resuming from sample" in project.run("logs", plan, "--task", name)
        assert project.num_receipts(name) == 1
        assert picture(project, ev) == picture(calm, ev)
    assert "Requeued job" in project.launcher_log(plan, preempted)
    assert "received SIGTERM while Slurm keeps the job alive" in project.launcher_log(plan, warned)
    assert not any(True for _ in project.store.list("progress/"))


def frozen_after_a_checkpoint(project, variant):
    """The worker of a training, stopped so that it does not end before something befalls it."""
    prefix = f"sweeps/tiny/{variant}/checkpoints/"
    worker = None

    def runs_and_has_a_checkpoint():
        nonlocal worker
        worker = project.workers().get(TRAIN(variant))  # none where its time limit came first: it is requeued
        return worker and any("/step-" in found.key for found in project.store.list(prefix))

    wait_until(runs_and_has_a_checkpoint, 90, lambda: f"no checkpoint, or it does not run:\n{project.logs()}")
    os.kill(worker, signal.SIGSTOP)
    return worker


def test_a_training_at_its_time_limit_and_a_preempted_one_end_in_the_same_model(project, slurm, tmp_path):
    job = project.job(scenes=["outdoor:1", "interior:1"], test=["outdoor:9001"])
    (project.folder / "sweep.yaml").write_text(SWEEP.format(steps=1500, steps_of_two=1400))
    sweep = str(project.folder / "sweep.yaml")
    project.run("render", job, "--cluster", "local")
    (project.folder / "peace").mkdir()
    shutil.copytree(project.folder / "store", project.folder / "peace" / "store")
    cluster = project.cluster(keys="signal_delay_s = 15", stages="[stages.train_variant]\ntime_min = 1")

    plan = project.submit("sweep", sweep, "--cluster", cluster)
    frozen = {variant: frozen_after_a_checkpoint(project, variant) for variant in ("two", "one")}
    preempt(slurm, node_of(slurm, project.element_id(plan, TRAIN("two"))), tmp_path)
    for variant, worker in frozen.items():  # that which is preempted has ten seconds, so it comes first
        wait_until(
            lambda variant=variant: "Caught signal" in project.launcher_log(plan, TRAIN(variant)),
            70,
            lambda: f"no signal comes:\n{project.logs()}",
        )
        with suppress(ProcessLookupError):  # Slurm sends SIGCONT too before it preempts
            os.kill(worker, signal.SIGCONT)
    calm = uninterrupted(project, "sweep", sweep)
    project.wait_until_done(plan, 150)

    assert "this job is timed-out" in project.launcher_log(plan, TRAIN("one"))
    for variant in ("one", "two"):
        assert "Requeued job" in project.launcher_log(plan, TRAIN(variant))
        log = project.run("logs", plan, "--task", TRAIN(variant))
        steps = re.findall(r"^step (\d+) of", log, re.MULTILINE)
        assert int(steps[0]) > 20  # log_every
        key = f"sweeps/tiny/{variant}/checkpoints/model.pt"
        assert project.store.get_bytes(key) == calm.store.get_bytes(key)


def test_a_lost_node_s_task_is_run_again_and_has_one_receipt(project, slurm):
    job, cluster = project.job(samples=LONG), project.cluster(resources="sbatch = {nodelist = 'n1'}")
    plan = project.submit("render", job, "--cluster", cluster)
    project.wait_for_progress(exposure(0))
    id_ = project.element_id(plan, exposure(0))
    try:
        slurm.lose_node("n1")
        slurm.run("scontrol", "update", "NodeName=n1", "State=DOWN", "Reason=test")  # notice it at once
        wait_until(lambda: project.state(plan, exposure(0)).phase == "queued", 60, project.logs)
    finally:
        slurm.up()
    project.wait_until_done(plan)

    assert slurm.runs(id_)[0] == "NODE_FAIL"
    assert "resuming from sample" in project.run("logs", plan, "--task", exposure(0))
    assert project.num_receipts(exposure(0)) == 1


def test_what_runs_out_of_memory_gets_twice_as_much_until_the_bound(project):
    job, stages = project.job(samples=LONG), "[stages.render_exposure]\nmemory_gb = 0.15"
    cluster = project.cluster("max_memory_gb = 0.3", stages=stages)
    plan = project.submit("render", job, "--cluster", cluster)
    project.wait_for_end(plan)
    assert project.causes(plan)[exposure(0)] == "out-of-memory"

    project.run("retry", plan, "--cluster", cluster)
    assert project.element(plan, exposure(0))[0].memory_gb == 0.3
    project.wait_for_end(plan)
    assert project.causes(plan)[exposure(0)] == "out-of-memory"
    refused = project.try_to("retry", plan, "--cluster", cluster)
    assert refused.returncode == 2
    assert "it ran out of 0.3 GB of memory; raise max_memory_gb (0.3)" in refused.stdout

    cluster = project.cluster("max_memory_gb = 0.9", stages=stages)
    for _ in range(2):
        if not project.status(plan).is_done:
            project.run("retry", plan, "--cluster", cluster)
            project.wait_for_end(plan)
    assert project.status(plan).is_done


def test_a_spent_time_budget_and_a_cancel_are_told_and_retry_goes_on_from_what_was_saved(project, slurm):
    job, cluster = (
        project.job(ev=(0, 2, 4), samples=LONG),
        project.cluster("max_timeouts = 0", stages=TEN_MINUTES),
    )
    plan = project.submit("render", job, "--cluster", cluster)
    spent, cancelled, queued = exposure(0), exposure(2), exposure(4)
    project.wait_for_progress(spent)
    project.wait_for_progress(cancelled)

    slurm.run("scancel", "--signal=USR2", project.element_id(plan, spent))
    wait_until(lambda: project.state(plan, spent).cause == "time-limit", 30, project.logs)
    said = project.run("cancel", plan)
    wait_until(lambda: not project.workers(), 20, lambda: f"{project.workers()} are left")
    project.wait_for_end(plan)

    assert "4 element(s) of 3 array(s) cancelled" in said
    assert project.causes(plan) == {
        spent: "time-limit",
        **dict.fromkeys(
            [cancelled, queued, "assemble_scene/tiny/outdoor-0001", "index_dataset/tiny"], "cancelled"
        ),
    }
    project.run("retry", plan, "--cluster", cluster)
    project.wait_until_done(plan)
    for name in (spent, cancelled):
        assert "resuming from sample" in project.run("logs", plan, "--task", name)
    assert "no task is queued or running" in project.run("cancel", plan)


KILLED_SUBMITTER = """
import os, signal, sys
from hdrbatch.submit.slurm import arrays

put, left = arrays.put_submission, [int(sys.argv.pop(1))]

def put_or_die(store, plan_id, submission):
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
    put(store, plan_id, submission)

arrays.put_submission = put_or_die
from hdrbatch.cli.app import main
main()
"""


def test_a_submitter_killed_anywhere_is_taken_up_again_and_nothing_is_submitted_twice(project, slurm):
    job, cluster = project.job(), project.cluster()
    driver = project.folder / "driver.py"
    driver.write_text(KILLED_SUBMITTER)
    (project.folder / "nowhere.conf").touch()
    command = ("render", job, "--cluster", cluster)

    def submit_and_die(num_notes):
        done = subprocess.run(
            [sys.executable, driver, str(num_notes), *command],
            env=os.environ | {"HDRBATCH_STORE": project.store_url},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == -signal.SIGKILL, done.stderr

    slurm.run("scontrol", "update", "PartitionName=debug", "State=DOWN")  # so that nothing starts meanwhile
    try:
        submit_and_die(2)  # before the second array
        (plan,) = (Path(file).stem for file in (project.folder / "store" / "plans").iterdir())
        elsewhere = project.told(plan, SLURM_CONF=str(project.folder / "nowhere.conf"))
        assert elsewhere["phases"] == {
            "render_exposure": {"unknown": 1},
            "assemble_scene": {"not submitted": 1},
            "index_dataset": {"not submitted": 1},
        }
        assert "cannot be queried from here" in elsewhere["scheduler"]
        submit_and_die(1)  # sbatch took the second array, and nobody noted it
        assert project.told(plan)["phases"]["assemble_scene"] == {"unknown": 1}
        submit_and_die(3)  # the third is noted, and sbatch was never called
        project.run(*command)
        names = slurm.run("squeue", "-h", "-r", "-t", "pending", "-o", "%j").split()
        stages = sorted(name.rpartition("-")[0].rpartition("-")[2] for name in names)
        assert stages == ["assemble_scene", "index_dataset", "render_exposure"]
        assert "3 task(s) are already queued or running" in project.run(*command)
    finally:
        slurm.run("scontrol", "update", "PartitionName=debug", "State=UP")
    project.wait_until_done(plan)
    assert len(project.told(plan)["jobs"]) == 3


def test_a_plan_is_completed_through_a_store_that_fails_one_request_in_five(project, s3_server, monkeypatch):
    for name, value in s3_server.environment().items():
        monkeypatch.setenv(name, value)
    url = f"s3://{BUCKET}/{uuid.uuid4().hex}"
    job, cluster = project.job(ev=(0, 2)), project.cluster()
    direct = replace(project, store_url=url)
    with faulty_proxy(s3_server.endpoint, seed=7) as address:
        faulty = replace(direct, environment={"AWS_ENDPOINT_URL_S3": address})
        wait_until(
            lambda: faulty.try_to("render", job, "--cluster", cluster).returncode == 0,
            60,
            lambda: "nothing can be submitted",
        )
        (plan,) = (Path(found.key).stem for found in direct.store.list("plans/"))
        direct.wait_for_end(plan)
        for _ in range(4):
            if not direct.status(plan).is_done:
                faulty.run("retry", plan, "--cluster", cluster)
                direct.wait_for_end(plan)
        assert address.num_faults > 10

    assert direct.status(plan).is_done
    assert "0 receipt(s) with damage" in direct.run("store", "verify")
    calm = uninterrupted(project, "render", job)
    for ev in (0, 2):
        assert picture(direct, ev) == picture(calm, ev)


def test_a_task_that_runs_twice_at_once_has_one_whole_result(project):
    job, cluster = project.job(samples=LONG), project.cluster()
    project.run("render", job, "--cluster", cluster)
    (plan,) = (Path(file).stem for file in (project.folder / "store" / "plans").iterdir())
    spec = load_toml(Path(cluster), ClusterSpec)
    submit_plan(load_plan(project.store, plan), project.store, spec, set(), SubmissionRequest([0]))
    pattern = rf"hdrbatch\.worker .*{project.folder}"
    wait_until(lambda: len(commands_by_pid(pattern)) == 2, 40, project.logs)
    project.wait_until_done(plan)
    wait_until(lambda: not commands_by_pid(pattern), 40, project.logs)

    assert project.num_receipts(exposure(0)) == 1
    assert "0 receipt(s) with damage" in project.run("store", "verify")
    assert picture(project, 0) == picture(uninterrupted(project, "render", job), 0)
    logs = [file.read_text() for file in project.folder.glob("slurm/*/*render_exposure*/*_log.out")]
    assert [log.count("render_exposure/tiny/outdoor-0001/ev+0: done") for log in logs] == [1, 1]
