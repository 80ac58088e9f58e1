"""Cancelling a plan: what of it is in the queue, and nothing else."""

import pytest

from hdrbatch.errors import SlurmError, SubmissionError, UserError
from hdrbatch.submit.cancel import Cancelled, cancel_plan
from hdrbatch.submit.slurm.arrays import SubmissionRequest, submit_plan
from hdrbatch.submit.submissions import submissions_of_plan
from tests.submit.fake_slurm.plans import indices, rendering, slurm_cluster

DEAF = "fail: Unable to contact slurm controller (connect failure)"


def submit(plan, store, folder):
    return submit_plan(
        plan, store, slurm_cluster(folder), set(), SubmissionRequest(range(len(list(plan.tasks()))))
    )


def test_all_arrays_of_a_plan_are_cancelled_and_no_others(fake_slurm, folder_store, tmp_path):
    plan, other = rendering(), indices(2)
    submit(plan, folder_store, tmp_path / "logs")
    (kept,) = submit(other, folder_store, tmp_path / "logs")
    assert cancel_plan(folder_store, plan.id) == Cancelled(num_arrays=3, num_elements=5)
    assert list(fake_slurm.queue) == [kept.job]
    assert all(one.is_cancelled for one in submissions_of_plan(folder_store, plan.id))
    assert not any(one.is_cancelled for one in submissions_of_plan(folder_store, other.id))
    assert cancel_plan(folder_store, plan.id) == Cancelled(0, 0)


def test_what_has_ended_is_neither_cancelled_nor_called_so(fake_slurm, folder_store, tmp_path):
    plan = rendering()
    renders, assemblies, _ = submit(plan, folder_store, tmp_path / "logs")
    fake_slurm.set_states(renders.job, "COMPLETED")
    fake_slurm.set_states(assemblies.job, ["COMPLETED", "RUNNING"])
    assert cancel_plan(folder_store, plan.id) == Cancelled(num_arrays=2, num_elements=2)
    assert [one.is_cancelled for one in submissions_of_plan(folder_store, plan.id)] == [False, True, True]


def test_an_array_that_was_never_answered_for_is_cancelled_by_its_name(fake_slurm, folder_store, tmp_path):
    plan = indices(2)
    fake_slurm.control(sbatch=["lost: Invalid something"], squeue=DEAF)
    with pytest.raises(SubmissionError):
        submit(plan, folder_store, tmp_path / "logs")
    fake_slurm.control()
    assert len(fake_slurm.queue) == 1
    cancel_plan(folder_store, plan.id)
    assert fake_slurm.queue == {}
    assert submissions_of_plan(folder_store, plan.id) == []


def test_a_plan_that_was_never_submitted_has_nothing_to_cancel(fake_slurm, folder_store):
    assert cancel_plan(folder_store, "made-up") == Cancelled(0, 0)


def test_another_cluster_is_named_with_the_machine_to_go_to(fake_slurm, folder_store, tmp_path, monkeypatch):
    plan = indices(2)
    (submitted,) = submit(plan, folder_store, tmp_path / "logs")
    monkeypatch.setenv("PATH", str(tmp_path))
    words = f"submitted to cluster fake on {submitted.host}, which cannot be queried from here; run"
    with pytest.raises(UserError, match=words):
        cancel_plan(folder_store, plan.id)
    assert len(fake_slurm.queue) == 1


@pytest.mark.parametrize("command", ["scancel", "squeue"])
def test_nothing_is_called_cancelled_where_slurm_does_not_answer(command, fake_slurm, folder_store, tmp_path):
    plan = indices(2)
    submit(plan, folder_store, tmp_path / "logs")
    fake_slurm.control(**{command: DEAF}, scontrol_job=DEAF)
    with pytest.raises(SlurmError, match="Unable to contact"):
        cancel_plan(folder_store, plan.id)
    assert [one.is_cancelled for one in submissions_of_plan(folder_store, plan.id)] == [False]
