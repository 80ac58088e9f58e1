"""Watching a plan: when to stop looking, and what the command says then."""

import io

import pytest
from rich.console import Console

from hdrbatch.storage import keys
from hdrbatch.submit import follow as follow_module
from hdrbatch.submit.failures import Cause
from hdrbatch.submit.follow import NUM_IDLE_POLLS, follow
from hdrbatch.submit.progress import Progress
from hdrbatch.submit.run import RunOptions, run_plan
from hdrbatch.submit.status import Phase, PlanStatus, TaskState
from tests.submit.fake_slurm.plans import finish, indices, slurm_cluster

PLAN = indices(2)
TASKS = list(PLAN.tasks())


def look(phase, note=""):
    cause = Cause.UNKNOWN if phase is Phase.FAILED else None
    return PlanStatus(PLAN, PLAN.id, [TaskState(task, phase, cause) for task in TASKS], (), note)


QUIET = look(Phase.FAILED)
DEAF = look(Phase.UNKNOWN, "the scheduler does not answer")
WAITS = look(Phase.QUEUED)
DONE = look(Phase.DONE)


@pytest.fixture
def followed(folder_store, monkeypatch):
    """Follow a plan that looks so, one look after the other; gives the last one and how many are left."""

    def followed(*looks):
        left = iter(looks)
        monkeypatch.setattr(follow_module, "plan_status", lambda store, plan: next(left))
        last = follow(PLAN, folder_store, Progress(Console(file=io.StringIO())), interval_s=0.0)
        return last, len(list(left))

    return followed


def test_a_plan_that_is_done_is_left_at_once(followed):
    assert followed(DONE, DONE) == (DONE, 1)
    assert followed(WAITS, DONE, DONE) == (DONE, 1)


def test_a_plan_of_which_nothing_runs_is_given_up_after_some_looks(followed):
    assert followed(*[QUIET] * NUM_IDLE_POLLS, DONE) == (QUIET, 1)
    assert followed(WAITS, *[QUIET] * NUM_IDLE_POLLS, DONE) == (QUIET, 1)


def test_a_queue_that_is_late_does_not_end_it(followed):
    assert followed(*[QUIET] * (NUM_IDLE_POLLS - 1), WAITS, *[QUIET] * (NUM_IDLE_POLLS - 1), DONE) == (
        DONE,
        0,
    )


def test_a_scheduler_that_does_not_answer_is_waited_for(followed):
    assert followed(*[DEAF] * (2 * NUM_IDLE_POLLS), WAITS, DONE) == (DONE, 0)
    assert followed(*[QUIET] * (NUM_IDLE_POLLS - 1), DEAF, *[QUIET] * NUM_IDLE_POLLS) == (QUIET, 0)


# --- hdrbatch render --wait


@pytest.fixture
def wait_for(fake_slurm, folder_store, tmp_path, monkeypatch):
    """Submit the plan and wait for it."""
    monkeypatch.setattr(follow, "__defaults__", (0.0,))
    cluster = slurm_cluster(tmp_path / "logs")
    return lambda: run_plan(PLAN, folder_store, cluster, RunOptions(wait=True))


def test_waiting_for_what_fails_ends_with_1(wait_for, fake_slurm, capsys):
    fake_slurm.control(squeue="text: ", sacct="text: 100_0|FAILED\n100_1|FAILED")
    result = wait_for()
    assert (result.exit_code, result.num_done, len(result.failed)) == (1, 0, 2)
    told = capsys.readouterr().out
    assert f"{PLAN.id}: 0 done, 2 not" in told
    assert "2 failed; hdrbatch status" in told


def test_waiting_for_what_ends_well_is_told_so(wait_for, folder_store, monkeypatch, capsys):
    status_of = follow_module.plan_status

    def plan_status(store, plan):
        if list(store.list(keys.SUBMISSIONS)):
            finish(store, TASKS)
        return status_of(store, plan)

    monkeypatch.setattr(follow_module, "plan_status", plan_status)
    result = wait_for()
    assert (result.exit_code, result.is_done) == (0, True)
    assert f"{PLAN.id}: 2 done, 0 not" in capsys.readouterr().out
