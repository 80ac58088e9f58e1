"""Cancelling a plan's queued and running tasks."""

from dataclasses import dataclass

from hdrbatch.errors import UserError
from hdrbatch.plan.task import Plan
from hdrbatch.storage.base import Store
from hdrbatch.submit.slurm import queue
from hdrbatch.submit.status import local_run, states_of
from hdrbatch.submit.submissions import Submission, delete_submission, put_submission, submissions_of_plan


@dataclass(frozen=True)
class Cancelled:
    """Number of cancelled arrays and of their queued or running elements.

    ``elsewhere`` are clusters that cannot be reached from here; nothing was cancelled there.
    """

    num_arrays: int
    num_elements: int
    elsewhere: tuple[str, ...] = ()


def check_not_local(store: Store, plan: Plan) -> None:
    """Reject a plan that a process runs without a scheduler; raise UserError with how to stop it."""
    if (run := local_run(store, plan)) is not None:
        raise UserError(
            f"{plan.id} is being run by {run.holder}, without a scheduler; stop it there with Ctrl-C, or "
            f"with kill -TERM {run.pid}"
        )


def forget_elsewhere(store: Store, plan_id: str) -> int:
    """Count a plan's arrays on clusters that cannot be queried from here as cancelled; return how many."""
    here = queue.cluster_name()
    elsewhere = [
        one for one in submissions_of_plan(store, plan_id) if not one.is_cancelled and one.cluster != here
    ]
    for submission in elsewhere:
        put_submission(store, plan_id, submission.model_copy(update={"is_cancelled": True}))
    return len(elsewhere)


def cancel_plan(store: Store, plan_id: str) -> Cancelled:
    """Cancel a plan's queued and running elements; workers get their grace period to save their progress.

    Arrays whose submission sbatch never answered are found by name.

    Raises
    ------
    UserError
        If it was submitted only to clusters that cannot be queried from this machine.
    SlurmError
        If Slurm does not answer.
    """
    everywhere = [one for one in submissions_of_plan(store, plan_id) if not one.is_cancelled]
    here = queue.cluster_name()
    submissions = [one for one in everywhere if one.cluster == here]
    elsewhere = {one.cluster: one.host for one in everywhere if one.cluster != here}
    if elsewhere and not submissions:
        cluster, host = next(iter(elsewhere.items()))
        raise UserError(
            f"{plan_id} was submitted to cluster {cluster} on {host}, which cannot be queried from here; "
            f"run hdrbatch cancel there, or, if its tasks have ended, hdrbatch cancel {plan_id} --force here"
        )
    cancel_unanswered(store, plan_id, submissions)
    answered = [one for one in submissions if one.job is not None]
    states = states_of(answered, accounting=False)
    num_arrays = num_elements = 0
    for submission in answered:
        ids = [submission.element_id(number) for number in range(len(submission.elements))]
        num_active = sum(id_ in states and states[id_].is_active for id_ in ids if id_ is not None)
        if num_active and submission.job is not None:
            queue.cancel([submission.job])
            put_submission(store, plan_id, submission.model_copy(update={"is_cancelled": True}))
            num_arrays, num_elements = num_arrays + 1, num_elements + num_active
    return Cancelled(num_arrays, num_elements, tuple(elsewhere))


def cancel_unanswered(store: Store, plan_id: str, submissions: list[Submission]) -> None:
    """Cancel arrays for which sbatch never answered, and delete their submissions.

    Their elements would find no pickle; their tasks are submitted again.
    """
    if not (unanswered := {one.name: one for one in submissions if one.job is None}):
        return
    users = {one.user for one in unanswered.values()}
    queue.cancel(list(queue.jobs_named(unanswered, users).values()))
    for submission in unanswered.values():
        delete_submission(store, plan_id, submission)
