"""Being asked to stop: SIGTERM, SIGINT and SIGUSR2.

A Python signal handler runs only between bytecodes, which a render can delay by half a minute. A reader
thread on the wake-up descriptor hears the signal at once.
"""

import ctypes
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from hdrbatch.errors import InterruptedRunError

_PR_SET_PDEATHSIG = 1
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2)


class StopRequest:
    """Becomes true, once, when the process is asked to stop."""

    def __init__(self) -> None:
        self._event = threading.Event()

    @property
    def requested(self) -> bool:
        """Whether a signal has come."""
        return self._event.is_set()

    def request(self) -> None:
        """Ask to stop."""
        self._event.set()

    @classmethod
    @contextmanager
    def on_signals(cls, *, exit_at_once: bool) -> Iterator["StopRequest"]:
        """Listen while inside.

        Parameters
        ----------
        exit_at_once
            End the process with exit code 75 at the first signal: right for tasks that have nothing to
            save, since nothing of theirs is visible before its receipt.
        """
        stop = cls()
        read_end, write_end = os.pipe()
        os.set_blocking(write_end, False)
        previous = {number: signal.signal(number, _ignore) for number in STOP_SIGNALS}
        previous_fd = signal.set_wakeup_fd(write_end)

        def listen() -> None:
            while received := os.read(read_end, 64):
                if any(number in received for number in STOP_SIGNALS):
                    if exit_at_once:
                        os._exit(InterruptedRunError.exit_code)
                    stop.request()

        listener = threading.Thread(target=listen, name="stop-signals", daemon=True)
        listener.start()
        try:
            yield stop
        finally:
            signal.set_wakeup_fd(previous_fd)
            for number, handler in previous.items():
                signal.signal(number, handler)
            os.close(write_end)
            listener.join()
            os.close(read_end)


def stop_with_parent(pid: int) -> None:
    """Ask this process to stop, by SIGTERM, when its parent ends in whatever way (Linux).

    Parameters
    ----------
    pid
        The parent; if it has ended already, the signal comes at once.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != pid:
        os.kill(os.getpid(), signal.SIGTERM)


def _ignore(number: int, frame: object) -> None:
    """Do nothing: the byte on the wake-up descriptor is what counts."""
