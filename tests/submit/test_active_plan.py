"""One plan at a time writes a dataset or sweep."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from rich.console import Console

from hdrbatch.errors import UserError
from hdrbatch.plan.stored_plans import save_plan
from hdrbatch.storage import keys
from hdrbatch.storage.lease import Ticket, lease_holder
from hdrbatch.submit.active_plan import active_plan
from hdrbatch.submit.cancel import cancel_plan, check_not_local, forget_elsewhere
from hdrbatch.submit.run import RunOptions, run_plan
from hdrbatch.submit.slurm import queue
from hdrbatch.submit.slurm.arrays import SubmissionRequest, submit_plan
from hdrbatch.submit.status import Phase, local_run, plan_status
from hdrbatch.submit.submissions import submissions_of_plan
from tests.submit.fake_slurm.plans import finish, rendering, slurm_cluster
from tests.submit.misbehaviour import MISBEHAVIOUR
from tests.waiting import wait_until

PLAN, EDITED = rendering(), rendering(num_scenes=1)
OTHER = rendering(dataset="other")
QUIET = Console(quiet=True)


def hold(plan, store, **more):
    return active_plan(plan, store, QUIET, **({"is_local": True, "force": False} | more))


def submit(plan, store, folder):
    tasks = len(list(plan.tasks()))
    return submit_plan(plan, store, slurm_cluster(folder), set(), SubmissionRequest(range(tasks)))


def refusal(plan, store, **more):
    with pytest.raises(UserError) as refused, hold(plan, store, **more):
        raise AssertionError("two plans are active")
    return str(refused.value)


# --- runs without a scheduler


def test_a_run_is_known_to_a_second_one_of_the_same_plan(folder_store):
    with hold(PLAN, folder_store):
        message = refusal(PLAN, folder_store)
        assert f"{PLAN.id} is being run already, by process {os.getpid()}" in message
        assert f"wait for its end (hdrbatch status {PLAN.id})" in message
        with hold(OTHER, folder_store):
            pass
    with hold(PLAN, folder_store):
        pass


@pytest.mark.parametrize("is_local", [True, False])
def test_a_run_is_known_to_another_plan_of_the_same_dataset(is_local, folder_store):
    with hold(PLAN, folder_store):
        message = refusal(EDITED, folder_store, is_local=is_local)
    assert f"{EDITED.id}: {PLAN.id} is being run by process" in message
    assert "would overwrite the same results" in message


def test_the_status_of_a_run_says_what_runs_and_advises_no_retry(folder_store):
    tasks = list(PLAN.tasks())
    finish(folder_store, tasks[:1])
    save_plan(folder_store, PLAN)
    with hold(PLAN, folder_store) as lease:
        lease.show_running([str(tasks[1].name)])
        wait_until(lambda: lease_holder(folder_store, PLAN.name).running)
        status = plan_status(folder_store, PLAN)
        assert [one.phase for one in status.states] == [Phase.DONE, Phase.RUNNING, *[Phase.QUEUED] * 3]
        assert status.is_active
        assert f"run by process {os.getpid()}" in status.scheduler_note
        others = {one.phase for one in plan_status(folder_store, EDITED).states}
        assert others == {Phase.DONE, Phase.NOT_SUBMITTED}
        with pytest.raises(UserError, match=f"stop it there with Ctrl-C, or with kill -TERM {os.getpid()}"):
            check_not_local(folder_store, PLAN)
    assert plan_status(folder_store, PLAN).states[1].phase is Phase.NOT_SUBMITTED
    check_not_local(folder_store, PLAN)


def test_a_run_on_another_machine_is_shown_with_what_to_do_if_it_died(folder_store):
    ticket = Ticket.of_this_process(PLAN.id, "run").model_copy(update={"machine": "x", "host": "node7"})
    folder_store.put_bytes(keys.leases(PLAN.name) + "00000001-0.json", ticket.to_bytes())
    assert local_run(folder_store, PLAN) == ticket
    note = plan_status(folder_store, PLAN).scheduler_note
    assert "on node7" in note
    assert "if that has died, rerunning the command resumes" in note


def test_a_run_that_was_killed_leaves_no_lease_behind(folder_store, tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(MISBEHAVIOUR)
    code = (
        "import sys\nfrom hdrbatch.storage.address import open_store\n"
        "from hdrbatch.submit.run import run_plan\nfrom hdrbatch.specs.cluster import ClusterSpec\n"
        "from hdrbatch.plan.task import Plan, Stage\nfrom tests.submit.fake_slurm.plans import index\n"
        "plan = Plan('many', (Stage('index_dataset', (index('sleep'),)),))\n"
        "run_plan(plan, open_store(sys.argv[1]), ClusterSpec(scratch=sys.argv[2]))\n"
    )
    command = [sys.executable, "-c", code, folder_store.url, str(tmp_path / "scratch")]
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path / 'site'}:{Path.cwd()}"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        wait_until(lambda: (held := lease_holder(folder_store, "many")) and held.running)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert lease_holder(folder_store, "many") is None
    held = list(folder_store.list(keys.leases("many")))
    assert len(held) == 1


# --- submissions


def test_two_submitters_of_one_plan_at_once_submit_it_once(fake_slurm, folder_store, tmp_path, monkeypatch):
    real, entered, goes_on = queue.settings, threading.Event(), threading.Event()

    def slow():
        entered.set()
        assert goes_on.wait(60)
        return real()

    monkeypatch.setattr(queue, "settings", slow)
    cluster, failed = slurm_cluster(tmp_path / "logs"), []

    def run():
        try:
            run_plan(PLAN, folder_store, cluster, RunOptions(), QUIET)
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert entered.wait(60)
    goes_on.set()
    for thread in threads:
        thread.join()
    assert not failed
    assert [len(job["elements"]) for job in fake_slurm.jobs.values()] == [2, 2, 1]


def test_a_plan_in_the_queue_keeps_another_of_its_dataset_out_until_it_is_cancelled(
    fake_slurm, folder_store, tmp_path
):
    submit(PLAN, folder_store, tmp_path / "logs")
    for is_local in (True, False):
        message = refusal(EDITED, folder_store, is_local=is_local)
        assert f"{EDITED.id}: 5 task(s) of {PLAN.id} are queued or running" in message
        assert f"hdrbatch cancel {PLAN.id}, then rerun this command" in message
    with hold(PLAN, folder_store, is_local=False), hold(OTHER, folder_store, is_local=False):
        pass
    cancel_plan(folder_store, PLAN.id)
    with hold(EDITED, folder_store, is_local=False):
        pass


def test_a_plan_that_has_ended_keeps_nobody_out(fake_slurm, folder_store, tmp_path):
    for one in submit(PLAN, folder_store, tmp_path / "logs"):
        fake_slurm.set_states(one.job, "FAILED", in_queue=False)
    with hold(EDITED, folder_store, is_local=False):
        pass


def test_a_plan_on_a_cluster_that_cannot_be_asked_keeps_others_out_until_it_is_given_up(
    fake_slurm, folder_store, tmp_path
):
    submit(PLAN, folder_store, tmp_path / "logs")
    fake_slurm.control(scontrol_config="fail: Unable to contact slurm controller")
    message = refusal(EDITED, folder_store)
    assert f"5 task(s) of {PLAN.id} may be running" in message
    assert "cluster fake cannot be queried from here" in message
    assert f"hdrbatch cancel {PLAN.id} --force here" in message
    with hold(EDITED, folder_store, force=True):
        pass
    assert forget_elsewhere(folder_store, PLAN.id) == 3
    with hold(EDITED, folder_store):
        pass


def test_the_newest_submission_of_a_task_is_the_last_one_whatever_clocks_say(
    fake_slurm, folder_store, tmp_path, monkeypatch
):
    from hdrbatch.submit import submissions

    times = iter(["20270101T000000.000000Z", "20260101T000000.000000Z", "20250101T000000.000000Z"] * 3)

    def at_another_time():
        return {"host": "h", "user": "u", "submitted_at": next(times)}

    monkeypatch.setattr("hdrbatch.submit.slurm.arrays.submitter_fields", at_another_time)
    first = submit(PLAN, folder_store, tmp_path / "logs")
    second = submit(PLAN, folder_store, tmp_path / "logs")
    found = submissions_of_plan(folder_store, PLAN.id)
    assert [one.job for one in found] == [one.job for one in (*first, *second)]
    assert [one.number for one in found] == [1, 2, 3, 4, 5, 6]
    latest = submissions.latest_elements(found)
    assert latest[0][0].job == second[0].job
    old = first[0].model_copy(update={"number": None, "submitted_at": "20990101T000000.000000Z"})
    submissions.put_submission(folder_store, PLAN.id, old)
    assert submissions_of_plan(folder_store, PLAN.id)[0] == old
