"""A plan joined with receipts, failures and what Slurm says: of two that disagree the store is right."""

import traceback
from pathlib import Path

import pytest

from hdrbatch.errors import MissingInputError, RenderError, TasksFailedError
from hdrbatch.storage import keys
from hdrbatch.storage.folder import FolderStore
from hdrbatch.submit import status as status_module
from hdrbatch.submit.cancel import cancel_plan
from hdrbatch.submit.failures import LOCAL_JOB, Cause, FailureNotes
from hdrbatch.submit.slurm.arrays import SubmissionRequest, submit_plan
from hdrbatch.submit.status import Phase, explanation, logs_of, plan_status
from hdrbatch.submit.submissions import put_submission, submissions_of_plan
from hdrbatch.worker.outcome import Outcome
from tests.submit.fake_slurm.plans import finish, indices, rendering, slurm_cluster

DEAF = "fail: Unable to contact slurm controller (connect failure)"


@pytest.fixture
def plan():
    return indices(3)


@pytest.fixture
def cluster(tmp_path):
    return slurm_cluster(tmp_path / "logs")


@pytest.fixture
def array(fake_slurm, folder_store, plan, cluster):
    """One array with an element for each of the plan's three tasks, in the queue."""
    (submission,) = submit_plan(plan, folder_store, cluster, set(), SubmissionRequest(range(3)))
    return submission


def note(store, plan, position, message="black", *, job, error=RenderError):
    task = list(plan.tasks())[position]
    FailureNotes(store, plan.id, job).note(task, Outcome.of(error(message)))


def write_log(submission, element, text):
    path = Path(submission.log_path(element))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def phases(store, plan):
    return [state.phase for state in plan_status(store, plan).states]


def causes(store, plan):
    return [state.cause for state in plan_status(store, plan).states]


# --- phases


def test_a_plan_that_was_never_submitted_is_not_asked_of_slurm(fake_slurm, folder_store, plan):
    assert phases(folder_store, plan) == [Phase.NOT_SUBMITTED] * 3
    assert fake_slurm.calls == []


def test_what_waits_and_what_runs_is_told_apart(fake_slurm, folder_store, plan, array):
    fake_slurm.set_states(array.job, ["RUNNING", "PENDING", "COMPLETING"])
    status = plan_status(folder_store, plan)
    assert [state.phase for state in status.states] == [Phase.RUNNING, Phase.QUEUED, Phase.RUNNING]
    assert status.is_active
    assert not status.is_done
    assert status.counts()["index_dataset"] == {Phase.RUNNING: 2, Phase.QUEUED: 1}
    assert [state.element for state in status.states] == [0, 1, 2]


def test_only_a_receipt_makes_a_task_done(fake_slurm, folder_store, plan, array):
    tasks = list(plan.tasks())
    finish(folder_store, tasks[:1])
    fake_slurm.set_states(array.job, ["FAILED", "COMPLETED", "COMPLETED"], in_queue=False)
    status = plan_status(folder_store, plan)
    assert [state.phase for state in status.states] == [Phase.DONE, Phase.FAILED, Phase.FAILED]
    assert [state.cause for state in status.states] == [None, Cause.UNKNOWN, Cause.UNKNOWN]
    assert status.done == {tasks[0].ref}
    assert status.missing() == ["index_dataset/d1", "index_dataset/d2"]


@pytest.mark.parametrize(
    ("word", "cause"),
    [
        ("NODE_FAIL", Cause.NODE_LOST),
        ("PREEMPTED", Cause.PREEMPTED),
        ("OUT_OF_MEMORY", Cause.MEMORY),
        ("TIMEOUT", Cause.TIME),
        ("CANCELLED by 1000", Cause.CANCELLED),
        ("FAILED", Cause.UNKNOWN),
        ("FOO", Cause.UNKNOWN),
    ],
)
def test_what_slurm_says_of_an_end_is_its_cause(word, cause, fake_slurm, folder_store, plan, array):
    fake_slurm.set_states(array.job, word, in_queue=False)
    assert causes(folder_store, plan) == [cause] * 3
    assert phases(folder_store, plan) == [Phase.FAILED] * 3


def test_a_living_job_in_a_state_that_is_not_known_is_unknown(fake_slurm, folder_store, plan, array):
    fake_slurm.set_states(array.job, "FOO")
    assert phases(folder_store, plan) == [Phase.UNKNOWN] * 3


def test_a_pack_shares_its_elements_state_until_each_task_is_done(fake_slurm, folder_store, plan, cluster):
    (pack,) = submit_plan(plan, folder_store, cluster, set(), SubmissionRequest(range(3), pack=3))
    fake_slurm.set_states(pack.job, "RUNNING")
    finish(folder_store, list(plan.tasks())[:1])
    note(folder_store, plan, 1, job=pack.job)
    assert phases(folder_store, plan) == [Phase.DONE, Phase.FAILED, Phase.RUNNING]


# --- a scheduler that does not answer


@pytest.mark.parametrize(
    "control",
    [
        {"sacct": DEAF, "squeue": DEAF, "scontrol_job": DEAF},
        {"sacct": "text: ", "squeue": DEAF, "scontrol_job": DEAF},
    ],
)
def test_where_nobody_answers_the_rest_is_unknown_and_never_done(
    control, fake_slurm, folder_store, plan, array
):
    finish(folder_store, list(plan.tasks())[:1])
    fake_slurm.control(**control)
    status = plan_status(folder_store, plan)
    assert [state.phase for state in status.states] == [Phase.DONE, Phase.UNKNOWN, Phase.UNKNOWN]
    assert "the scheduler does not answer (" in status.scheduler_note
    assert "Unable to contact" in status.scheduler_note
    assert not status.is_active


def test_status_is_told_where_there_is_no_slurm_from_the_store_alone(
    fake_slurm, folder_store, plan, array, tmp_path, monkeypatch
):
    finish(folder_store, list(plan.tasks())[:1])
    note(folder_store, plan, 1, job=array.element_id(1))
    monkeypatch.setenv("PATH", str(tmp_path))
    status = plan_status(folder_store, plan)
    assert [state.phase for state in status.states] == [Phase.DONE, Phase.FAILED, Phase.UNKNOWN]
    assert (
        f"cluster fake cannot be queried from here (tasks were submitted on {array.host})"
        in status.scheduler_note
    )


def test_another_clusters_jobs_are_not_mistaken_for_those_of_this_one(fake_slurm, folder_store, plan, array):
    """Two clusters give the same ids."""
    changes = {"cluster": "elsewhere", "elements": ((1,), (2,)), "submitted_at": "21000101T000000.000000Z"}
    put_submission(folder_store, plan.id, array.model_copy(update=changes))
    fake_slurm.set_states(array.job, "RUNNING")
    status = plan_status(folder_store, plan)
    assert [state.phase for state in status.states] == [Phase.RUNNING, Phase.UNKNOWN, Phase.UNKNOWN]
    assert "cluster elsewhere cannot be queried from here" in status.scheduler_note


def test_late_accounting_does_not_keep_a_plan_waiting(fake_slurm, folder_store, plan, array):
    fake_slurm.set_states(array.job, "COMPLETED", in_queue=False)
    fake_slurm.control(sacct=f"text: {array.job}_[0-2]|PENDING")
    assert phases(folder_store, plan) == [Phase.FAILED] * 3


# --- failures


def test_a_noted_failure_tells_its_cause_and_its_message(fake_slurm, folder_store, plan, array):
    note(folder_store, plan, 1, "needs x", job=array.element_id(1), error=MissingInputError)
    folder_store.put_bytes(keys.log(plan.id, "index_dataset", "d1"), b"a\nb\n" * 10)
    fake_slurm.set_states(array.job, "FAILED", in_queue=False)
    status = plan_status(folder_store, plan)
    state = status.states[1]
    assert (state.phase, state.cause) == (Phase.FAILED, Cause.INPUT_MISSING)
    assert explanation(folder_store, status, state) == ("MissingInputError: needs x", ["a", "b"] * 4)


def test_a_failure_of_an_earlier_submission_is_not_shown(fake_slurm, folder_store, plan, cluster, array):
    for position in range(3):
        note(folder_store, plan, position, job=array.element_id(position))
    assert causes(folder_store, plan) == [None] * 3  # they wait: requeued
    fake_slurm.set_states(array.job, "FAILED", in_queue=False)
    assert causes(folder_store, plan) == [Cause.FAILED] * 3
    (again,) = submit_plan(plan, folder_store, cluster, set(), SubmissionRequest(range(3)))
    fake_slurm.set_states(again.job, ["RUNNING", "PENDING", "NODE_FAIL"])
    status = plan_status(folder_store, plan)
    assert [state.phase for state in status.states] == [Phase.RUNNING, Phase.QUEUED, Phase.FAILED]
    assert status.states[2].cause is Cause.NODE_LOST
    assert status.states[2].failure is None


def test_what_failed_on_this_machine_is_shown_too(folder_store, plan):
    note(folder_store, plan, 0, job=LOCAL_JOB)
    assert phases(folder_store, plan) == [Phase.FAILED, Phase.NOT_SUBMITTED, Phase.NOT_SUBMITTED]


def test_that_slurm_killed_for_memory_counts_more_than_what_was_noted(fake_slurm, folder_store, plan, array):
    note(folder_store, plan, 0, job=array.element_id(0))
    fake_slurm.set_states(array.job, "OUT_OF_MEMORY", in_queue=False)
    assert causes(folder_store, plan) == [Cause.MEMORY] * 3


def test_failures_with_the_same_message_are_one_group(fake_slurm, folder_store):
    plan = rendering(3)
    for position, message in enumerate(("outdoor-0001 is black", "outdoor-0002 is black", "no light")):
        note(folder_store, plan, position, message, job=LOCAL_JOB)
    groups = plan_status(folder_store, plan).failed_groups()
    assert [[state.task.id for state in group] for group in groups] == [
        ["tiny/outdoor-0001/ev+0", "tiny/outdoor-0002/ev+0"],
        ["tiny/outdoor-0003/ev+0"],
    ]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("slurmstepd: error: Detected 1 oom_kill event in StepId=7.0", Cause.MEMORY),
        ("slurmstepd: error: Exceeded memory limit at some point", Cause.MEMORY),
        ("error: *** JOB 7 ON n1 CANCELLED AT 2026 DUE TO TIME LIMIT ***", Cause.TIME),
        (
            "error: *** JOB 7 ON n1 CANCELLED AT 2026 DUE TO NODE FAILURE, SEE SLURMCTLD LOG ***",
            Cause.NODE_LOST,
        ),
        ("error: *** JOB 7 ON n1 CANCELLED AT 2026 DUE TO PREEMPTION ***", Cause.PREEMPTED),
        ("DUE TO PREEMPTION\nit began anew\nDUE TO TIME LIMIT", Cause.TIME),
        ("nothing of use", Cause.UNKNOWN),
    ],
)
def test_slurms_own_log_tells_the_cause_where_nothing_else_does(
    text, cause, fake_slurm, folder_store, plan, array
):
    write_log(array, 1, "x" * 10_000 + text)
    fake_slurm.set_states(array.job, "FAILED", in_queue=False)
    for sacct in ({}, {"sacct": "text: "}):
        fake_slurm.control(**sacct)
        assert causes(folder_store, plan) == [Cause.UNKNOWN, cause, Cause.UNKNOWN]


def test_not_all_logs_of_a_huge_plan_are_read(fake_slurm, folder_store, plan, array, monkeypatch):
    for element in range(3):
        write_log(array, element, "DUE TO TIME LIMIT")
    fake_slurm.set_states(array.job, "FAILED", in_queue=False)
    monkeypatch.setattr(status_module, "NUM_LOGS_READ", 2)
    assert causes(folder_store, plan) == [Cause.TIME, Cause.TIME, Cause.UNKNOWN]


def test_what_ended_without_a_word_is_explained_with_slurms_log(fake_slurm, folder_store, plan, array):
    write_log(array, 0, "srun: error: Node failure on n1\n")
    fake_slurm.set_states(array.job, "NODE_FAIL", in_queue=False)
    status = plan_status(folder_store, plan)
    assert explanation(folder_store, status, status.states[0]) == (
        "its node was lost",
        ["srun: error: Node failure on n1"],
    )
    assert explanation(folder_store, status, status.states[1]) == ("its node was lost", [])


def test_what_was_cancelled_is_called_so_without_accounting(fake_slurm, folder_store, plan, cluster, array):
    finish(folder_store, list(plan.tasks())[:1])
    cancel_plan(folder_store, plan.id)
    fake_slurm.control(sacct="text: ")
    assert causes(folder_store, plan) == [None, Cause.CANCELLED, Cause.CANCELLED]
    assert phases(folder_store, plan) == [Phase.DONE, Phase.FAILED, Phase.FAILED]


def test_what_is_cancelled_and_still_saves_runs(fake_slurm, folder_store, plan, array):
    cancel_plan(folder_store, plan.id)
    fake_slurm.set_states(array.job, "COMPLETING")
    assert phases(folder_store, plan) == [Phase.RUNNING] * 3


def test_an_array_that_sbatch_did_not_answer_for_is_unknown(fake_slurm, folder_store, plan, array):
    put_submission(folder_store, plan.id, array.model_copy(update={"job": None}))
    assert phases(folder_store, plan) == [Phase.UNKNOWN] * 3


def test_an_array_that_is_withdrawn_while_it_is_listed_is_left_out(folder_store, plan, array):
    class Hasty(FolderStore):
        def list(self, prefix):
            found = list(super().list(prefix))
            if prefix.startswith(keys.SUBMISSIONS):
                self.delete(found[0].key)
            return iter(found)

    later = array.model_copy(update={"submitted_at": "21000101T000000.000000Z"})
    put_submission(folder_store, plan.id, later)
    assert submissions_of_plan(Hasty(folder_store.root), plan.id) == [later]


# --- logs


def test_only_logs_that_are_there_are_read(fake_slurm, folder_store, plan, array):
    read = []

    class Watched(FolderStore):
        def get_bytes(self, key):
            read.append(key)
            return super().get_bytes(key)

    def told():
        status = plan_status(folder_store, plan)
        store = Watched(folder_store.root)
        return [(state.task.id, log) for state, log in logs_of(store, status, status.states)]

    assert told() == []
    assert read == []
    fake_slurm.set_states(array.job, ["RUNNING", "FAILED", "PENDING"])
    own = keys.log(plan.id, "index_dataset", "d0")
    folder_store.put_bytes(own, b"its own")
    for element in range(3):
        write_log(array, element, "slurm's")
    assert told() == [("d0", "its own"), ("d1", "slurm's")]
    assert read == [own]


def test_an_element_s_own_error_is_no_reason_of_its_task():
    for error, is_internal in ((TasksFailedError, True), (RenderError, False)):
        line = traceback.format_exception_only(error("1 of 2 failed: render_exposure/a"))[-1]
        assert bool(status_module._INTERNAL_LINE.match(line)) is is_internal
