"""Cancelling what a plan has in the queue."""

from dataclasses import dataclass

from hdrbatch.errors import UserError
from hdrbatch.storage.base import Store
from hdrbatch.submit import slurm
from hdrbatch.submit.submissions import Submission, delete_submission, put_submission, submissions_of_plan


@dataclass(frozen=True)
class Cancelled:
    """How many arrays were cancelled, with how many elements that were queued or ran."""

    num_arrays: int
    num_elements: int


def cancel_plan(store: Store, plan_id: str) -> Cancelled:
    """Cancel all of a plan that is queued or runs; workers get their time to save what they have.

    Arrays whose submission was never answered are looked for by name.

    Raises
    ------
    UserError
        Where it was submitted to a cluster that this machine cannot ask.
    SlurmError
        Where Slurm does not answer.
    """
    submissions = submissions_of_plan(store, plan_id)
    here = slurm.cluster_name()
    if elsewhere := [one for one in submissions if one.cluster != here and not one.is_cancelled]:
        first = elsewhere[0]
        raise UserError(
            f"{plan_id} was submitted to cluster {first.cluster} on {first.host}, which cannot "
            "be asked from here: run hdrbatch cancel there"
        )
    forget_unanswered(store, plan_id, submissions)
    answered = [one for one in submissions if one.job is not None]
    states = slurm.element_states([one.job for one in answered if one.job], accounting=False)
    num_arrays = num_elements = 0
    for submission in answered:
        ids = [submission.element_id(number) for number in range(len(submission.elements))]
        num_active = sum(id_ in states and states[id_].is_active for id_ in ids if id_ is not None)
        if num_active and submission.job is not None:
            slurm.cancel([submission.job])
            put_submission(store, plan_id, submission.model_copy(update={"is_cancelled": True}))
            num_arrays, num_elements = num_arrays + 1, num_elements + num_active
    return Cancelled(num_arrays, num_elements)


def forget_unanswered(store: Store, plan_id: str, submissions: list[Submission]) -> None:
    """Take arrays out of the queue that sbatch never answered for, and forget them.

    Their elements would find no pickle; what they were to do is submitted anew.
    """
    if not (unanswered := {one.name: one for one in submissions if one.job is None}):
        return
    slurm.cancel(list(slurm.jobs_named(unanswered).values()))
    for submission in unanswered.values():
        delete_submission(store, plan_id, submission)
