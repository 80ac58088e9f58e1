"""What Slurm says, and what is made of it where it says nothing, or something wrong."""

import pytest

from hdrbatch.errors import SlurmError
from hdrbatch.submit.slurm import queue
from hdrbatch.submit.slurm.arrays import SubmissionRequest, submit_plan
from hdrbatch.submit.slurm.queue import JobState, element_states, expand_row_id, state_of
from tests.submit.fake_slurm.plans import indices, slurm_cluster

DEAF = "fail: Unable to contact slurm controller (connect failure)"


@pytest.fixture
def job(fake_slurm, folder_store, tmp_path):
    """The id of an array of three elements in the queue."""
    (submission,) = submit_plan(
        indices(3), folder_store, slurm_cluster(tmp_path / "logs"), set(), SubmissionRequest(range(3))
    )
    return submission.job


def states(job, *, accounting=True):
    return [element_states([job], accounting=accounting).get(f"{job}_{number}") for number in range(3)]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("PENDING", JobState.QUEUED),
        ("REQUEUED", JobState.QUEUED),
        ("RUNNING", JobState.RUNNING),
        ("COMPLETING", JobState.RUNNING),
        ("COMPLETED", JobState.ENDED),
        ("FAILED", JobState.ENDED),
        ("CANCELLED", JobState.CANCELLED),
        ("CANCELLED by 1000", JobState.CANCELLED),
        ("CANCELLED+", JobState.CANCELLED),
        ("OUT_OF_MEMORY", JobState.MEMORY),
        ("NODE_FAIL", JobState.NODE_LOST),
        ("PREEMPTED", JobState.PREEMPTED),
        ("TIMEOUT", JobState.TIME),
        ("FOO", JobState.UNKNOWN),
        ("completed", JobState.UNKNOWN),
        ("", JobState.UNKNOWN),
    ],
)
def test_words_of_slurm_are_understood_and_others_stay_unknown(word, expected):
    assert state_of(word) is expected


def test_only_what_waits_or_runs_is_active():
    assert {state for state in JobState if state.is_active} == {JobState.QUEUED, JobState.RUNNING}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("7", ["7"]),
        ("7_4", ["7_4"]),
        ("7_[4]", ["7_4"]),
        ("7_[1-3,5%2]", ["7_1", "7_2", "7_3", "7_5"]),
        ("7_[0-6:3]", ["7_0", "7_3", "7_6"]),
        ("7_[10-11%1]", ["7_10", "7_11"]),
        ("7_[1,3,5,7...]", ["7_1", "7_3", "7_5"]),
        ("7_[1-2,4-...]", ["7_1", "7_2"]),
        ("7_[1-3,...]", ["7_1", "7_2", "7_3"]),
    ],
)
def test_a_row_for_many_elements_is_expanded(row, expected):
    assert list(expand_row_id(row)) == expected


def test_the_cluster_tells_its_name_and_its_size_of_arrays(fake_slurm):
    assert queue.settings() == queue.SlurmSettings("fake", 1001)
    fake_slurm.control(max_array_size=64)
    assert queue.settings().max_array_size == 64
    assert queue.is_available()


def test_a_cluster_that_does_not_answer_is_not_there(fake_slurm):
    fake_slurm.control(scontrol_ping=DEAF, scontrol_config=DEAF)
    assert not queue.is_available()
    assert queue.cluster_name() is None
    with pytest.raises(SlurmError, match="Unable to contact"):
        queue.settings()


def test_a_machine_without_slurm_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not queue.is_available()
    assert queue.cluster_name() is None
    with pytest.raises(SlurmError, match="scontrol is not installed here"):
        queue.settings()


# --- states, from whoever tells


def test_the_queue_is_right_where_accounting_is_late(fake_slurm, job):
    fake_slurm.set_states(job, ["RUNNING", "RUNNING", "PENDING"])
    fake_slurm.control(sacct=f"text: {job}_[0-2%3]|PENDING")
    assert states(job) == [JobState.RUNNING, JobState.RUNNING, JobState.QUEUED]


def test_what_accounting_calls_active_and_the_queue_does_not_know_has_ended(fake_slurm, job):
    fake_slurm.set_states(job, "COMPLETED", in_queue=False)
    fake_slurm.control(sacct=f"text: {job}_0|RUNNING\n{job}_[1-2]|PENDING")
    assert states(job) == [JobState.ENDED] * 3


def test_a_job_of_another_user_is_asked_of_the_controller(fake_slurm, job):
    fake_slurm.set_states(job, ["RUNNING", "RUNNING", "PENDING"])
    fake_slurm.control(squeue="text: ", sacct=f"text: {job}_[0-2]|PENDING")
    assert states(job) == [JobState.RUNNING, JobState.RUNNING, JobState.QUEUED]


@pytest.mark.parametrize("sacct", ["fail: Slurm accounting storage is disabled", "text: "])
def test_without_accounting_queue_and_controller_are_asked(sacct, fake_slurm, job):
    fake_slurm.control(sacct=sacct)
    fake_slurm.set_states(job, ["RUNNING", "PENDING", "OUT_OF_MEMORY"])
    expected = [JobState.RUNNING, JobState.QUEUED, JobState.MEMORY]
    assert states(job) == expected
    fake_slurm.control(sacct=sacct, squeue=DEAF)
    assert states(job) == expected


def test_sacct_that_is_not_installed_is_no_error(fake_slurm, job, monkeypatch):
    (fake_slurm.folder / "bin" / "sacct").unlink()
    monkeypatch.setenv("PATH", str(fake_slurm.folder / "bin"))
    assert states(job) == [JobState.QUEUED] * 3


def test_accounting_is_not_asked_where_there_is_none(fake_slurm, job):
    fake_slurm.control(sacct=f"text: {job}_0|FAILED")
    assert states(job, accounting=False) == [JobState.QUEUED] * 3
    assert not [call for call in fake_slurm.calls if call.startswith("sacct ")]


def test_what_ended_is_told_by_accounting(fake_slurm, job):
    fake_slurm.set_states(job, ["CANCELLED by 1000", "NODE_FAIL", "OUT_OF_MEMORY"], in_queue=False)
    assert states(job) == [JobState.CANCELLED, JobState.NODE_LOST, JobState.MEMORY]


def test_what_nobody_knows_any_more_is_left_out(fake_slurm, job):
    fake_slurm.set_states(job, "COMPLETED", in_queue=False)
    fake_slurm.control(sacct="text: ")
    assert element_states([job], accounting=True) == {}


def test_a_word_that_is_not_known_is_no_state_of_a_job_that_lives(fake_slurm, job):
    fake_slurm.set_states(job, "FOO")
    assert states(job) == [JobState.UNKNOWN] * 3
    fake_slurm.set_states(job, "FOO", in_queue=False)
    assert states(job) == [JobState.ENDED] * 3


def test_nothing_is_said_of_jobs_where_nobody_answers(fake_slurm, job):
    fake_slurm.control(sacct=DEAF, squeue=DEAF, scontrol_job=DEAF)
    with pytest.raises(SlurmError, match="Unable to contact"):
        states(job)


def test_accounting_alone_does_not_tell_what_lives(fake_slurm, job):
    """It may lack elements, which would be submitted again while they run."""
    fake_slurm.control(sacct=f"text: {job}_0|FAILED", squeue=DEAF, scontrol_job=DEAF)
    with pytest.raises(SlurmError):
        states(job)


def test_an_array_of_one_is_found_by_its_jobs_id(fake_slurm, folder_store, tmp_path):
    (one,) = submit_plan(
        indices(1), folder_store, slurm_cluster(tmp_path / "logs"), set(), SubmissionRequest([0])
    )
    fake_slurm.set_states(one.job, "RUNNING")
    assert element_states([one.job], accounting=True) == {one.job: JobState.RUNNING}
    fake_slurm.control(squeue=DEAF)
    assert element_states([one.job], accounting=False) == {one.job: JobState.RUNNING}


def test_many_jobs_are_asked_in_few_calls(fake_slurm, job, monkeypatch):
    monkeypatch.setattr(queue, "JOBS_PER_CALL", 2)
    fake_slurm.control(sacct=f"text: 1|FAILED\n2|FAILED\n3|FAILED\n{job}_0|FAILED")
    told = element_states(["1", "2", "3", job], accounting=True)
    assert told["3"] is JobState.ENDED
    assert told[f"{job}_1"] is JobState.QUEUED
    assert [call.split()[-1] for call in fake_slurm.calls if call.startswith("sacct ")] == ["1,2", f"3,{job}"]


def test_node_time_and_memory_of_elements_are_known_from_queue_and_accounting(fake_slurm):
    fake_slurm.control(
        usage_of_running="7_0|n1|5:00\n8|n9|1:00",
        usage="7_0|n1|00:05:01|\n7_0.batch|n1|00:05:01|900K\n7_0.0|n1|00:05:01|1.5G\n7_1|n2|00:01:00|\nbad",
    )
    asked = queue.usage_of(["7_0", "7_1", "7_2"], accounting=True)
    assert {id_: str(one) for id_, one in asked.items()} == {
        "7_0": "on n1, 5:00, 1.5G of memory",
        "7_1": "on n2, 00:01:00",
    }
    assert queue.usage_of(["7_1"], accounting=False) == {}
    fake_slurm.control(squeue=DEAF)
    assert queue.usage_of(["7_0"], accounting=True) == {}


# --- looking for jobs, and cancelling them


def test_jobs_are_found_by_name_and_no_others(fake_slurm, job):
    name = fake_slurm.jobs[job]["name"]
    assert queue.jobs_named([name, "other"]) == {name: job}
    assert queue.jobs_named([name[:-1]]) == {}
    fake_slurm.control(squeue=DEAF)
    with pytest.raises(SlurmError):
        queue.jobs_named([name])


def test_cancelling_what_has_ended_is_no_error_and_a_deaf_controller_is(fake_slurm, job):
    queue.cancel([])
    queue.cancel(["999"])
    queue.cancel([job])
    assert fake_slurm.queue == {}
    fake_slurm.control(scancel=DEAF)
    with pytest.raises(SlurmError, match="Unable to contact"):
        queue.cancel([job])


def test_accounting_that_does_not_answer_is_told_with_what_to_set(fake_slurm):
    queue.check_accounting()
    fake_slurm.control(sacct="fail: Slurm accounting storage is disabled")
    with pytest.raises(SlurmError, match="accounting storage is disabled; set accounting = false"):
        queue.check_accounting()


def test_formats_of_a_users_own_do_not_reach_slurm(fake_slurm, monkeypatch):
    (fake_slurm.folder / "bin" / "sacct").write_text("#!/bin/sh\nenv | tr '\\n' ' ' >&2\nexit 1\n")
    monkeypatch.setenv("SACCT_FORMAT", "jobname")
    monkeypatch.setenv("SQUEUE_FORMAT", "%j")
    with pytest.raises(SlurmError) as told:
        queue.check_accounting()
    assert "FAKE_SLURM=" in str(told.value)
    assert "SACCT_FORMAT" not in str(told.value)
    assert "SQUEUE_FORMAT" not in str(told.value)


def test_a_job_that_asks_does_not_tell_slurm_which_one_it_is(fake_slurm, monkeypatch):
    (fake_slurm.folder / "bin" / "sacct").write_text("#!/bin/sh\nenv | tr '\\n' ' ' >&2\nexit 1\n")
    of_a_job = ("SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID", "SLURMD_NODENAME", "SRUN_DEBUG", "SUBMITIT_FOLDER")
    for name in of_a_job:
        monkeypatch.setenv(name, "7")
    monkeypatch.setenv("SLURM_CONF", "/etc/slurm.conf")
    monkeypatch.setenv("SLURM_BITSTR_LEN", "64")
    with pytest.raises(SlurmError) as told:
        queue.check_accounting()
    given = dict(line.partition("=")[::2] for line in str(told.value).split())
    assert (given["SLURM_CONF"], given["SLURM_BITSTR_LEN"]) == ("/etc/slurm.conf", "0")
    assert not given.keys() & set(of_a_job)


# --- queueing again, and waiting


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(queue, "REQUEUE_DELAYS_S", (0.0, 0.0))


def test_a_requeue_that_is_refused_is_asked_for_again(fake_slurm, at_once):
    fake_slurm.control(scontrol_requeue=["fail: Socket timed out", "fail: Unable to contact", ""])
    queue.requeue("7_1")
    assert fake_slurm.calls == ["scontrol requeue 7_1"] * 3


def test_a_requeue_is_not_asked_for_for_ever(fake_slurm, at_once):
    fake_slurm.control(scontrol_requeue=["fail: Requested operation is presently disabled"] * 9)
    with pytest.raises(SlurmError, match="presently disabled"):
        queue.requeue("7_1")
    assert len(fake_slurm.calls) == 3


def test_a_job_that_waits_can_be_told_to_wait_for_others(fake_slurm, job):
    queue.add_dependency(job, ["71", "72"])
    assert fake_slurm.jobs[job]["parameters"]["dependency"] == "afterany:71:72"


def test_a_job_that_has_begun_or_ended_waits_for_nothing(fake_slurm, job):
    fake_slurm.set_states(job, "RUNNING")
    queue.add_dependency(job, ["71"])
    queue.add_dependency("999", ["71"])
    assert "dependency" not in fake_slurm.jobs[job]["parameters"]
    fake_slurm.control(scontrol_update=DEAF)
    with pytest.raises(SlurmError, match="Unable to contact"):
        queue.add_dependency(job, ["71"])


def test_a_command_that_hangs_is_given_up(fake_slurm, monkeypatch):
    (fake_slurm.folder / "bin" / "sacct").write_text("#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr(queue._run, "__kwdefaults__", {"timeout_s": 0.2, "stdin": None, "kept": ()})
    with pytest.raises(SlurmError, match="sacct did not answer within 0 s"):
        queue.check_accounting()


@pytest.mark.parametrize(
    ("limit", "minutes"),
    [("5:00", 5), ("1:30:00", 90), ("2-00:00:00", 2880), ("0:30", 0.5), ("infinite", None), ("n/a", None)],
)
def test_a_partition_s_time_limit_is_known_in_minutes(limit, minutes, fake_slurm):
    fake_slurm.control(sinfo=f"text: short|1:00\ncpu*|{limit}")
    assert queue.partition_limit_min(None) == minutes
    assert queue.partition_limit_min("cpu") == minutes
    assert queue.partition_limit_min("short") == 1
    assert queue.partition_limit_min("nowhere") is None


def test_a_partition_that_nobody_tells_of_has_no_limit(fake_slurm):
    fake_slurm.control(sinfo=DEAF)
    assert queue.partition_limit_min(None) is None
