"""Trying again what may pass: a cut transfer, a busy server, a flipped bit."""

import errno
import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

from hdrbatch.errors import ObjectNotFoundError, StoreError

NUM_TRIES = 8
FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 10.0

Result = TypeVar("Result")
_log = logging.getLogger(__name__)


def is_full_disk(error: BaseException | None) -> bool:
    """Whether an error, or one that it came from, says that a file system has no room."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        error = error.__cause__
    return False


def retried(
    action: Callable[[], Result],
    *,
    num_tries: int | None = None,
    is_final: Callable[[StoreError], bool] = is_full_disk,
) -> Result:
    """Do something until it raises no StoreError, with a growing pause between tries.

    Parameters
    ----------
    num_tries
        None takes NUM_TRIES.
    is_final
        Says of an error that trying again is of no use; a missing object is always final.
    """
    num_tries = num_tries if num_tries is not None else NUM_TRIES
    delay_s = FIRST_DELAY_S
    for attempt in range(1, num_tries + 1):
        try:
            return action()
        except StoreError as error:
            if isinstance(error, ObjectNotFoundError) or attempt == num_tries or is_final(error):
                raise
            _log.info("%s (trying again in %.1f s)", error, delay_s)
        # Spread, so that a thousand tasks that were refused at once do not come back at once.
        time.sleep(delay_s * random.uniform(0.5, 1.0))  # noqa: S311 (no secret)
        delay_s = min(2 * delay_s, LONGEST_DELAY_S)
    raise AssertionError("the loop returns or raises")
