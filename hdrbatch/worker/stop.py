"""Being asked to stop: by SIGTERM, SIGINT and SIGUSR2, or by the lifeline.

A Python signal handler runs only between bytecodes, which a render can delay by half a minute. A reader
thread on the wake-up descriptor hears the signal at once.

The lifeline is a file that whoever started this process keeps locked. The kernel lets go of the lock when
the starter does, or when it ends in whatever way; both mean: stop. Unlike a signal it reaches into a
container, cannot come too early, and is noticed however late one looks.
"""

import fcntl
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hdrbatch.errors import InterruptedRunError, UserError

_log = logging.getLogger(__name__)
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
    def on_signals(
        cls, *, exit_at_once: bool, before_exit: Callable[[], None] = lambda: None
    ) -> Iterator["StopRequest"]:
        """Listen while inside.

        Parameters
        ----------
        exit_at_once
            End the process with exit code 75 at the first signal: right for tasks that have nothing to
            save, since nothing of theirs is visible before its receipt.
        before_exit
            What is done before such an end: results of earlier tasks that are on their way.
        """
        stop = cls()
        read_end, write_end = os.pipe()
        os.set_blocking(write_end, False)
        previous = {number: signal.signal(number, _ignore) for number in STOP_SIGNALS}
        previous_fd = signal.set_wakeup_fd(write_end)

        def listen() -> None:
            while received := os.read(read_end, 64):
                if any(number in received for number in STOP_SIGNALS):
                    if not stop.requested:
                        _log.info("asked to stop%s", "" if exit_at_once else ": saving what is in flight")
                    if exit_at_once:
                        before_exit()
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


def stop_with_lifeline(path: Path) -> None:
    """Stop this process, by SIGTERM, as soon as nobody holds the lock on a file any more.

    Raises
    ------
    UserError
        Where the file cannot be opened.
    """
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise UserError(f"--lifeline {path}: cannot be opened: {error.strerror}") from None

    def wait() -> None:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH)
        except OSError as error:
            _log.warning(
                "%s: locks do not work there (%s): only signals stop this task", path, error.strerror
            )
            return
        # Again and again: a container's first process gets no signal that it has no handler for yet.
        while True:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def _ignore(number: int, frame: object) -> None:
    """Do nothing: the byte on the wake-up descriptor is what counts."""
