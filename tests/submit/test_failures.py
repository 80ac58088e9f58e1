"""What is noted of a failure, and which failures are called the same."""

from types import SimpleNamespace

import pytest

from hdrbatch.errors import (
    CorruptObjectError,
    InterruptedRunError,
    MissingInputError,
    RenderError,
    SpecError,
    StoreAccessError,
    StoreAddressError,
    UserError,
)
from hdrbatch.storage import keys
from hdrbatch.submit.failures import (
    TIME_LIMIT_ERROR,
    Cause,
    FailureNotes,
    cause_of,
    clear_failures,
    failures_of_plan,
    read_message,
)
from hdrbatch.submit.workers.worker_exit import outcome_of
from hdrbatch.worker.outcome import Outcome
from tests.submit.fake_slurm.plans import index, rendering

PLAN = "made-up-0123456789"


def note(store, task, message, *, error=RenderError, job="7_1"):
    FailureNotes(store, PLAN, job).note(task, Outcome.of(error(message)))
    return failures_of_plan(store, PLAN)[f"{task.kind}/{task.id}"]


@pytest.mark.parametrize(
    ("outcome", "cause"),
    [
        (Outcome.of(MemoryError("no")), Cause.MEMORY),
        (Outcome(1, "OutOfMemoryError", "CUDA out of memory"), Cause.FAILED),
        (Outcome(1, TIME_LIMIT_ERROR, "100 times"), Cause.TIME),
        (Outcome.of(MissingInputError("no")), Cause.INPUT_MISSING),
        (Outcome.of(StoreAccessError("the token has expired")), Cause.STORE_ACCESS),
        (Outcome.of(StoreAddressError("the access key is unknown")), Cause.STORE_ACCESS),
        (Outcome.of(UserError("no")), Cause.BAD_INPUT),
        (Outcome.of(SpecError("no")), Cause.BAD_INPUT),
        (Outcome.of(RenderError("no")), Cause.FAILED),
        (Outcome.of(CorruptObjectError("no")), Cause.FAILED),
        (Outcome.of(ZeroDivisionError("no")), Cause.FAILED),
        (Outcome(-11, "", "killed by signal 11"), Cause.FAILED),
    ],
)
def test_the_cause_follows_from_how_a_task_ended(outcome, cause):
    assert cause_of(outcome) is cause


def ended(tmp_path, exit_code, *, log="", outcome=None, was_stopped=False):
    """What a worker that has ended tells of its only task."""
    path = tmp_path / "log"
    path.write_text(log)
    worker = SimpleNamespace(
        outcome=lambda number: outcome,
        log_of=lambda number: path,
        was_stopped=was_stopped,
        exit_code=exit_code,
    )
    return outcome_of(worker, 0)


@pytest.mark.parametrize("exit_code", [-9, 137])
def test_a_worker_that_is_killed_ran_out_of_memory(exit_code, tmp_path):
    """A process of ours gives minus the signal, a container's runtime 128 and the signal."""
    assert cause_of(ended(tmp_path, exit_code)) is Cause.MEMORY


@pytest.mark.parametrize("exit_code", [-15, 143, -12, 140, 75])
def test_a_worker_that_was_told_to_stop_before_it_listened_has_not_failed(exit_code, tmp_path):
    assert ended(tmp_path, exit_code) == Outcome(75, "InterruptedRunError", "stopped from outside")


@pytest.mark.parametrize("exit_code", [-11, 139])
def test_a_worker_that_crashed_failed_with_the_end_of_its_log(exit_code, tmp_path):
    outcome = ended(tmp_path, exit_code, log="x" * 5000 + "Writing: blender.crash.txt\n")
    assert cause_of(outcome) is Cause.FAILED
    assert outcome.message.startswith("killed by signal 11; the end of its log: x")
    assert outcome.message.endswith("blender.crash.txt")
    assert len(outcome.message) < 1000


@pytest.mark.parametrize("exit_code", [125, 126, 127])
def test_a_container_that_does_not_start_lacks_something(exit_code, tmp_path):
    outcome = ended(tmp_path, exit_code, log="Error: no such image\n")
    assert cause_of(outcome) is Cause.SET_UP
    assert outcome.message == "the container does not start: Error: no such image"


def test_what_the_task_told_counts_more_than_the_exit_code(tmp_path):
    told = Outcome(1, "RenderError", "black")
    assert ended(tmp_path, -9, outcome=told) == told


def test_a_worker_that_was_stopped_has_no_failure(tmp_path, folder_store):
    for outcome in (ended(tmp_path, -15, was_stopped=True), ended(tmp_path, 75)):
        assert outcome.exit_code == InterruptedRunError.exit_code
        FailureNotes(folder_store, PLAN, "7").note(index("a"), outcome)
    FailureNotes(folder_store, PLAN, "7").note(index("a"), Outcome(0))
    assert failures_of_plan(folder_store, PLAN) == {}


def test_a_worker_that_ended_well_without_a_word_is_not_done(tmp_path):
    outcome = ended(tmp_path, 0)
    assert outcome.exit_code == 1
    assert cause_of(outcome) is Cause.FAILED


def test_a_failure_is_found_again_from_its_key_alone(store):
    task = rendering().stages[0].tasks[0]
    noted = note(store, task, "the picture is black", job="71_12")
    assert (noted.kind, noted.task, noted.cause, noted.job) == (
        "render_exposure",
        "tiny/outdoor-0001/ev+0",
        Cause.FAILED,
        "71_12",
    )
    assert noted.name == f"{task.kind}/{task.id}"
    assert read_message(store, PLAN, noted) == "RenderError: the picture is black"
    assert [entry.key for entry in store.list(keys.failures(PLAN))] == [noted.key(PLAN)]


def test_failures_are_forgotten_of_one_task_or_of_all(folder_store):
    first, second = rendering().stages[0].tasks
    other = index("tiny")
    for task in (first, second, other):
        note(folder_store, task, "no")
    FailureNotes(folder_store, PLAN, "8").clear(first)
    assert sorted(failures_of_plan(folder_store, PLAN)) == [
        f"index_dataset/{other.id}",
        f"{second.kind}/{second.id}",
    ]
    clear_failures(folder_store, "another-plan")
    assert len(failures_of_plan(folder_store, PLAN)) == 2
    clear_failures(folder_store, PLAN)
    assert failures_of_plan(folder_store, PLAN) == {}


def test_a_note_that_is_gone_since_it_was_listed_says_nothing(folder_store):
    noted = note(folder_store, index("one"), "no")
    clear_failures(folder_store, PLAN)
    assert read_message(folder_store, PLAN, noted) == ""


@pytest.mark.parametrize(
    "name", ["Thumbs.db", "a@b", "kind/task@failed.json", "kind/t@a.b.c.d.json", "x/y/z"]
)
def test_an_object_that_is_no_note_is_named_and_skipped(name, folder_store, caplog):
    failure = note(folder_store, index("one"), "it broke")
    folder_store.put_bytes(keys.failures(PLAN) + name, b"x")
    assert failures_of_plan(folder_store, PLAN) == {failure.name: failure}
    assert f"failures/{PLAN}/{name} is not the note of a failure; it is skipped" in caplog.text


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"null", b"\xff", b"[" * 100_000])
def test_a_damaged_note_is_shown_as_such(content, folder_store):
    failure = note(folder_store, index("one"), "it broke")
    folder_store.put_bytes(failure.key(PLAN), content)
    assert read_message(folder_store, PLAN, failure) == f"the note {failure.key(PLAN)} is damaged"


def test_a_cause_of_a_newer_version_is_unknown(folder_store):
    key = f"{keys.failures_of_task(PLAN, 'index_dataset', 'one')}evicted.01234567.7_1.json"
    folder_store.put_bytes(key, b"{}")
    failure = failures_of_plan(folder_store, PLAN)["index_dataset/one"]
    assert (failure.cause, failure.job, failure.fingerprint) == (Cause.UNKNOWN, "7_1", "01234567")
    assert read_message(folder_store, PLAN, failure) == ""


FIRST, SECOND = rendering().stages[0].tasks


@pytest.mark.parametrize(
    ("message", "other"),
    [
        ("tiny/outdoor-0001/ev+0 is black", "tiny/outdoor-0002/ev+0 is black"),
        ("scene outdoor-0001 took 13.5 s", "scene outdoor-0002 took 7 s"),
        ("/tmp/hdrbatch-0/7_1/x.exr: no space", "/scratch/abc/7_22/y.exr: no space"),
        ("digest 0123456789abcdef differs", "digest fedcba98 differs"),
    ],
)
def test_messages_that_differ_in_names_and_numbers_fall_together(message, other, folder_store):
    assert note(folder_store, FIRST, message).fingerprint == note(folder_store, SECOND, other).fingerprint


def test_a_tasks_own_name_is_no_part_of_its_message(folder_store):
    alpha, beta = (note(folder_store, index(name), f"{name} is black") for name in ("alpha", "beta"))
    assert alpha.fingerprint == beta.fingerprint


@pytest.mark.parametrize(
    ("message", "other", "error"),
    [
        ("the picture is black", "the picture has NaNs", RenderError),
        ("family castle is unknown", "family garden is unknown", RenderError),
        ("the same words", "the same words", CorruptObjectError),
    ],
)
def test_messages_that_say_something_else_do_not(message, other, error, folder_store):
    first = note(folder_store, FIRST, message)
    assert first.fingerprint != note(folder_store, SECOND, other, error=error).fingerprint
