"""How a worker process left its tasks, by what it told or else by its exit code."""

from hdrbatch.errors import HdrbatchError, InterruptedRunError, SetUpError
from hdrbatch.submit.failures import MEMORY_ERROR
from hdrbatch.submit.workers.launch import Worker
from hdrbatch.worker.outcome import Outcome
from hdrbatch.worker.stop import STOP_SIGNALS

_CONTAINER_EXIT_CODES = (125, 126, 127)
_LOG_TAIL_CHARS = 600


def outcome_of(worker: Worker, number: int) -> Outcome:
    """How a worker that has ended left one of its tasks; by its exit code where it did not tell."""
    if (told := worker.outcome(number)) is not None:
        return told
    exit_code = worker.exit_code
    # A container's runtime gives 128 and the signal's number, a process of ours minus the number.
    number_of_signal = -exit_code if exit_code < 0 else exit_code - 128
    # A signal to stop may come before there is anybody to listen.
    was_told = exit_code == InterruptedRunError.exit_code or number_of_signal in STOP_SIGNALS
    if worker.was_stopped or was_told:
        return Outcome(InterruptedRunError.exit_code, InterruptedRunError.__name__, "stopped from outside")
    tail = worker.log_of(number).read_text(errors="replace")[-_LOG_TAIL_CHARS:].strip()
    if number_of_signal == 9:
        return Outcome(exit_code, MEMORY_ERROR, "killed by signal 9, often the kernel's for lack of memory")
    if number_of_signal > 0:
        return Outcome(exit_code, "", f"killed by signal {number_of_signal}; the end of its log: {tail}")
    if exit_code in _CONTAINER_EXIT_CODES:
        return Outcome(SetUpError.exit_code, SetUpError.__name__, f"the container does not start: {tail}")
    return Outcome(exit_code or HdrbatchError.exit_code, "", tail or f"ended with exit code {exit_code}")
