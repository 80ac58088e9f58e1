"""Following a submitted plan until none of its tasks is queued or running."""

import time
from collections import Counter

from hdrbatch.plan.task import Plan
from hdrbatch.storage.base import Store
from hdrbatch.submit.progress import Progress
from hdrbatch.submit.status import Phase, PlanStatus, TaskState, explanation, plan_status

INTERVAL_S = 5.0
"""Seconds between two polls."""
SUMMARY_INTERVAL_S = 60.0
"""Seconds between two printed summaries."""
NUM_IDLE_POLLS = 3
"""Consecutive polls without a queued or running task before a plan counts as ended.

Accounting and queue may both lag for a moment.
"""


def follow(plan: Plan, store: Store, progress: Progress, interval_s: float = INTERVAL_S) -> PlanStatus:
    """Show a plan's progress until it is done or has no active task; return its last status."""
    status = plan_status(store, plan)
    before: dict[int, Phase] = {}
    num_idle = 0
    with progress.running(plan, status.done):
        before = {n: s.phase for n, s in enumerate(status.states) if s.phase is Phase.DONE}
        progress.message(_summary(status))
        last_summary_s = time.monotonic()
        while True:
            for position, state in enumerate(status.states):
                if before.get(position) is not state.phase:
                    _show_change(store, status, state, before.get(position), progress)
                    before[position] = state.phase
            # A scheduler that does not answer does not mean that nothing is running.
            is_idle = not status.is_active and not status.scheduler_note
            num_idle = num_idle + 1 if is_idle else 0
            if status.is_done or num_idle >= NUM_IDLE_POLLS:
                return status
            time.sleep(interval_s)
            status = plan_status(store, plan)
            if time.monotonic() - last_summary_s > SUMMARY_INTERVAL_S:
                last_summary_s = time.monotonic()
                progress.message(_summary(status))


def _summary(status: PlanStatus) -> str:
    phases = Counter(state.phase for state in status.states)
    return ", ".join(f"{phases[phase]} {phase}" for phase in Phase if phases[phase])


def _show_change(
    store: Store, status: PlanStatus, state: TaskState, earlier: Phase | None, progress: Progress
) -> None:
    task = state.task
    if earlier is Phase.RUNNING and state.phase not in (Phase.DONE, Phase.FAILED):
        progress.requeued(task)
    elif state.phase is Phase.RUNNING:
        progress.started(task)
    elif state.phase in (Phase.DONE, Phase.FAILED):
        if earlier is not Phase.RUNNING:
            progress.started(task)
        if state.phase is Phase.DONE:
            progress.finished(task)
        else:
            message, log = explanation(store, status, state)
            progress.failed(task, f"{state.cause}: {message}", log)
