"""One active plan per dataset or sweep: two would withdraw each other's results."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from hdrbatch.errors import UserError
from hdrbatch.plan.stored_plans import load_plan, saved_plan_ids
from hdrbatch.plan.task import Plan
from hdrbatch.storage.base import Store
from hdrbatch.storage.lease import Lease, Ticket
from hdrbatch.submit.status import Phase, plan_status
from hdrbatch.submit.submissions import submissions_of_plan


@contextmanager
def active_plan(
    plan: Plan, store: Store, console: Console, *, is_local: bool, force: bool
) -> Iterator[Lease]:
    """Hold the lease on a plan's dataset or sweep within the context, while it is run or submitted.

    Another process that is submitting is waited for. Tasks in a cluster's queue need no lease: they are found
    by their submissions.

    Parameters
    ----------
    is_local
        Whether the plan is run within the context, instead of submitted.
    force
        Whether to ignore tasks of other plans that may be running on a cluster that cannot be queried.

    Raises
    ------
    UserError
        If this plan is being run by another process, or another plan of the same dataset or sweep is active.
    """
    waited_for: list[Ticket] = []

    def on_held(ticket: Ticket) -> None:
        if ticket.purpose == "run":
            raise UserError(_words_of_a_run(plan, ticket))
        if not waited_for:
            console.print(f"{plan.id}: waiting while {ticket.holder} submits {ticket.plan}", style="yellow")
            waited_for.append(ticket)

    ticket = Ticket.of_this_process(plan.id, "run" if is_local else "submission")
    with Lease(store, plan.name, ticket, on_held) as lease:
        _check_other_plans(plan, store, force=force)
        yield lease


def _words_of_a_run(plan: Plan, ticket: Ticket) -> str:
    if ticket.plan == plan.id:
        return (
            f"{plan.id} is being run already, by {ticket.holder}; wait for its end (hdrbatch status "
            f"{plan.id}), or stop it there with Ctrl-C, then rerun this command"
        )
    return (
        f"{plan.id}: {ticket.plan} is being run by {ticket.holder}, and would overwrite the same results; "
        f"wait for its end (hdrbatch status {ticket.plan}), or stop it there with Ctrl-C, then rerun this "
        "command"
    )


def _check_other_plans(plan: Plan, store: Store, *, force: bool) -> None:
    """Reject a plan while another one of the same dataset or sweep is queued or running on a cluster."""
    for other in saved_plan_ids(store):
        if other == plan.id or not re.fullmatch(re.escape(plan.name) + "-[0-9a-f]{10}", other):
            continue
        submissions = submissions_of_plan(store, other)
        if all(one.is_cancelled for one in submissions):
            continue
        try:
            status = plan_status(store, load_plan(store, other))
        except UserError:
            continue  # a damaged plan says nothing of its tasks
        phases = Counter(state.phase for state in status.states)
        if num_active := phases[Phase.QUEUED] + phases[Phase.RUNNING]:
            raise UserError(
                f"{plan.id}: {num_active} task(s) of {other} are queued or running, and would overwrite the "
                f"same results; wait for their end (hdrbatch status {other}), or stop them with hdrbatch "
                f"cancel {other}, then rerun this command"
            )
        if phases[Phase.UNKNOWN] and not force:
            raise UserError(
                f"{plan.id}: {phases[Phase.UNKNOWN]} task(s) of {other} may be running, and would overwrite "
                f"the same results: {status.scheduler_note or 'Slurm does not know their state'}; run "
                f"hdrbatch cancel {other} on their cluster, or, if they have ended, hdrbatch cancel {other} "
                "--force here"
            )
