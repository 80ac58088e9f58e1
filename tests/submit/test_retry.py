"""What is submitted again, by the class of its failure."""

import pytest

from hdrbatch.submit.failures import Cause
from hdrbatch.submit.retry import select_tasks
from hdrbatch.submit.status import Phase, PlanStatus, TaskState
from hdrbatch.submit.submissions import Submission
from tests.submit.fake_slurm.plans import rendering, slurm_cluster

PLAN = rendering()
"""Tasks 0 and 1 render, 2 and 3 assemble one of them each, 4 is the index."""
TASKS = list(PLAN.tasks())
AGAIN = [cause for cause in Cause if cause not in (Cause.BAD_INPUT, Cause.MEMORY)]


def submission(job="7", memory_gb=2.0):
    return Submission(
        name="n",
        stage="render_exposure",
        elements=((0,),),
        job=job,
        cluster="fake",
        accounting=True,
        folder="/f",
        host="h",
        user="u",
        submitted_at="20260101T000000.000000Z",
        memory_gb=memory_gb,
        spec="{}",
    )


def status(*told):
    """A status of the plan: for each task a phase, or the cause of its failure, and its submission."""
    states = []
    for task, state in zip(TASKS, told, strict=True):
        what, submitted = state if isinstance(state, tuple) else (state, submission())
        phase, cause = (Phase.FAILED, what) if isinstance(what, Cause) else (what, None)
        submitted = None if phase in (Phase.DONE, Phase.NOT_SUBMITTED) else submitted
        states.append(TaskState(task, phase, cause, None, submitted, None if submitted is None else 0))
    return PlanStatus(PLAN, PLAN.id, states, (), "")


def chosen(*told, force=False, **cluster):
    return select_tasks(status(*told), slurm_cluster("/f", **cluster), bad_input=force, unknown=force)


REST = (Phase.DONE, Phase.DONE, Phase.DONE)


@pytest.mark.parametrize("cause", AGAIN)
def test_what_is_nobodys_mistake_is_submitted_again(cause):
    choice = chosen(cause, Phase.DONE, Phase.NOT_SUBMITTED, Phase.DONE, Cause.INPUT_MISSING)
    assert choice.positions == [0, 2, 4]
    assert (choice.not_submitted, choice.memory_gb, choice.jobs_of) == ({}, {}, {})


def test_bad_input_is_submitted_again_by_force_alone():
    told = (Cause.BAD_INPUT, Phase.DONE, *REST)
    choice = chosen(*told)
    assert choice.positions == []
    ((reason, names),) = choice.not_submitted.items()
    assert "fix it, then use hdrbatch retry --force" in reason
    assert names == [f"render_exposure/{TASKS[0].id}"]
    assert chosen(*told, force=True).positions == [0]


def test_what_may_still_run_is_submitted_again_by_force_alone():
    told = (Phase.UNKNOWN, Phase.DONE, *REST)
    ((reason, names),) = chosen(*told).not_submitted.items()
    assert "it may still be running and cannot be checked from here; hdrbatch retry --force" in reason
    assert len(names) == 1
    assert chosen(*told, force=True).positions == [0]


@pytest.mark.parametrize(
    ("given", "bound", "expected"), [(2.0, 64.0, 4.0), (4.0, 6.0, 6.0), (0.5, 64.0, 1.0)]
)
def test_out_of_memory_gets_twice_as_much_up_to_the_bound(given, bound, expected):
    choice = chosen((Cause.MEMORY, submission(memory_gb=given)), Cause.FAILED, *REST, max_memory_gb=bound)
    assert choice.positions == [0, 1]
    assert choice.memory_gb == {0: expected}


@pytest.mark.parametrize("force", [False, True])
def test_out_of_memory_at_the_bound_is_refused_with_the_reason(force):
    told = (Cause.MEMORY, submission(memory_gb=64.0))
    choice = chosen(told, Phase.DONE, *REST, force=force)
    assert choice.positions == []
    ((reason, _),) = choice.not_submitted.items()
    assert reason == "it ran out of 64 GB of memory; raise max_memory_gb (64), or make the task smaller"
    assert chosen(told, Phase.DONE, *REST, max_memory_gb=100.0).memory_gb == {0: 100.0}


def test_memory_comes_from_the_cluster_file_where_the_submission_named_none():
    told = (Cause.MEMORY, submission(memory_gb=None))
    by_file = chosen(told, Phase.DONE, *REST, stages={"render_exposure": {"memory_gb": 3.0}})
    assert by_file.memory_gb == {0: 6.0}


def test_what_ran_out_of_memory_that_is_never_asked_for_is_submitted_as_it_was():
    choice = chosen((Cause.MEMORY, submission(memory_gb=None)), Phase.DONE, *REST)
    assert 0 in choice.positions
    assert choice.memory_gb == {}
    assert choice.not_submitted == {}


def test_what_needs_a_task_that_is_left_out_is_left_out_with_all_behind_it():
    choice = chosen(
        Cause.BAD_INPUT, Cause.FAILED, Cause.INPUT_MISSING, Phase.NOT_SUBMITTED, Phase.NOT_SUBMITTED
    )
    assert choice.positions == [1, 3]
    assert choice.not_submitted["it needs a task that is not submitted"] == [
        f"{task.kind}/{task.id}" for task in (TASKS[2], TASKS[4])
    ]


def test_what_is_in_the_queue_is_left_there_and_others_wait_for_its_job():
    choice = chosen(
        (Phase.RUNNING, submission("7")),
        (Phase.QUEUED, submission("8")),
        Phase.NOT_SUBMITTED,
        Cause.CANCELLED,
        (Phase.QUEUED, submission("9")),
        force=True,
    )
    assert choice.positions == [2, 3]
    assert choice.jobs_of == {0: "7", 1: "8", 4: "9"}
    assert choice.num_active == 3


def test_what_is_done_is_never_submitted():
    assert chosen(*[Phase.DONE] * 5, force=True).positions == []
