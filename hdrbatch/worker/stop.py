"""Stop requests: the signals SIGTERM, SIGINT and SIGUSR2, and the lifeline.

A Python signal handler runs only between bytecodes, which a render can delay by half a minute. A thread that
reads the wake-up descriptor receives the signal at once.

The lifeline is a file that the starter of this process keeps locked. The kernel releases the lock when the
starter unlocks the file or ends, however it ends; both are a request to stop. Unlike a signal, the lifeline
reaches into a container, cannot arrive too early, and cannot be missed by a process that checks late.
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
    """Flag that becomes true, once, when the process is requested to stop."""

    def __init__(self) -> None:
        self._event = threading.Event()

    @property
    def requested(self) -> bool:
        """Whether a stop is requested."""
        return self._event.is_set()

    def request(self) -> None:
        """Request a stop."""
        self._event.set()

    @classmethod
    @contextmanager
    def on_signals(
        cls, *, exit_at_once: bool, before_exit: Callable[[], None] = lambda: None
    ) -> Iterator["StopRequest"]:
        """Handle stop signals within the context.

        Parameters
        ----------
        exit_at_once
            Whether the first signal ends the process with exit code 75: right for tasks that have nothing to
            save, since nothing of them is visible before their receipt.
        before_exit
            Called before such an exit, to finish the uploads of earlier tasks.
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
                        _log.info("stop requested%s", "" if exit_at_once else ": saving unfinished work")
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
    """Stop this process, by SIGTERM, as soon as the lock on a file is released.

    Raises
    ------
    UserError
        If the file cannot be opened.
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
                "%s: locks do not work there (%s); only signals stop this task", path, error.strerror
            )
            return
        # Repeat the signal: a container's first process receives none that it has no handler for yet.
        while True:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def _ignore(number: int, frame: object) -> None:
    """Do nothing: the byte on the wake-up descriptor carries the signal."""
