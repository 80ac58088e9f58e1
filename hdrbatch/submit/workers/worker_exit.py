"""Outcome of a task whose worker has exited: as it recorded it, otherwise from the exit code."""

from hdrbatch.errors import HdrbatchError, InterruptedRunError, SetUpError
from hdrbatch.submit.failures import MEMORY_ERROR
from hdrbatch.submit.workers.launch import Worker
from hdrbatch.worker.outcome import Outcome
from hdrbatch.worker.stop import STOP_SIGNALS

_CONTAINER_EXIT_CODES = (125, 126, 127)
_LOG_TAIL_CHARS = 600


def outcome_of(worker: Worker, number: int) -> Outcome:
    """Return the outcome of a task of an ended worker, from the exit code if the worker did not record it."""
    if (recorded := worker.outcome(number)) is not None:
        return recorded
    exit_code = worker.exit_code
    # A container runtime exits with 128 plus the signal's number, a plain process with minus the number.
    number_of_signal = -exit_code if exit_code < 0 else exit_code - 128
    # A stop signal may arrive before the worker has installed its handler.
    has_stop_code = exit_code == InterruptedRunError.exit_code or number_of_signal in STOP_SIGNALS
    if worker.was_stopped or has_stop_code:
        return Outcome(InterruptedRunError.exit_code, InterruptedRunError.__name__, "stopped from outside")
    tail = worker.log_of(number).read_text(errors="replace")[-_LOG_TAIL_CHARS:].strip()
    if number_of_signal == 9:
        return Outcome(
            exit_code, MEMORY_ERROR, "killed by signal 9, often by the kernel because memory ran out"
        )
    if number_of_signal > 0:
        return Outcome(exit_code, "", f"killed by signal {number_of_signal}; the end of its log: {tail}")
    if exit_code in _CONTAINER_EXIT_CODES:
        return Outcome(SetUpError.exit_code, SetUpError.__name__, f"the container does not start: {tail}")
    return Outcome(exit_code or HdrbatchError.exit_code, "", tail or f"ended with exit code {exit_code}")
