"""Retries of transient failures: cut transfers, busy servers, flipped bits."""

import errno
import logging
import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from hdrbatch.errors import ObjectNotFoundError, StoreAccessError, StoreError, UnsafeNameError

NUM_TRIES = 8
FIRST_DELAY_S = 0.1
MAX_DELAY_S = 10.0
MAX_OUTAGE_S = 120.0
"""How long a process waits for a store from which nothing succeeds, and how long for a single operation."""
MAX_LOST_S = 30.0
"""How much of an attempt's time counts: in a longer one, bytes were flowing before it failed."""
NOTE_INTERVAL_S = 30.0
"""Shortest time between two lines that say what is waited for."""

Result = TypeVar("Result")
_log = logging.getLogger(__name__)


class _Outage:
    """How long nothing has succeeded, in all threads of this process together.

    Operations contain others, each with its own retries: only a common clock bounds the whole.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since_s: float | None = None
        self._last_s = self._noted_s = float("-inf")

    def end(self) -> None:
        """Note that the store has answered."""
        self._since_s = None

    def length_s(self, begin_s: float) -> float:
        """Return the length of the outage, to which an attempt that has just failed belongs."""
        with self._lock:
            now_s = time.monotonic()
            begin_s = max(begin_s, now_s - MAX_LOST_S)
            if self._since_s is None or begin_s - self._last_s > MAX_LOST_S:
                self._since_s = begin_s
            self._last_s = now_s
            return now_s - self._since_s

    def note(self, error: StoreError) -> None:
        """Say what is waited for, unless that was said a moment ago."""
        with self._lock:
            now_s = time.monotonic()
            if now_s - self._noted_s < NOTE_INTERVAL_S:
                return
            self._noted_s = now_s
        _log.warning("%s (retrying, for up to %.0f s)", error, MAX_OUTAGE_S)


_outage = _Outage()


def is_full_disk(error: BaseException | None) -> bool:
    """Return whether an error, or one of its causes, reports a full file system."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        error = error.__cause__
    return False


def with_retries(
    action: Callable[[], Result],
    *,
    num_tries: int | None = None,
    is_final: Callable[[StoreError], bool] = is_full_disk,
) -> Result:
    """Call an action until it raises no StoreError, with a growing pause between attempts.

    Ends early once nothing of this process, or this action, has succeeded for MAX_OUTAGE_S.

    Parameters
    ----------
    num_tries
        Maximum number of attempts; None uses NUM_TRIES.
    is_final
        Returns whether retrying is useless after this error; a missing object, an invalid name and a refusal
        of access are always final.
    """
    num_tries = num_tries if num_tries is not None else NUM_TRIES
    delay_s = FIRST_DELAY_S
    lost_s = 0.0
    for attempt in range(1, num_tries + 1):
        begin_s = time.monotonic()
        try:
            result = action()
        except (ObjectNotFoundError, StoreAccessError, UnsafeNameError):
            _outage.end()  # the store has answered
            raise
        except StoreError as error:
            lost_s += min(time.monotonic() - begin_s, MAX_LOST_S)
            is_too_long = max(_outage.length_s(begin_s), lost_s) > MAX_OUTAGE_S
            if attempt == num_tries or is_too_long or is_final(error):
                raise
            _outage.note(error)
        else:
            _outage.end()
            return result
        # Randomised, so that a thousand tasks that failed together do not retry together.
        time.sleep(delay_s * random.uniform(0.5, 1.0))  # noqa: S311 (no secret)
        delay_s = min(2 * delay_s, MAX_DELAY_S)
    raise AssertionError("the loop returns or raises")
