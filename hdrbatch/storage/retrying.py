"""Retries of transient failures: cut transfers, busy servers, flipped bits."""

import errno
import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

from hdrbatch.errors import ObjectNotFoundError, StoreError

NUM_TRIES = 8
FIRST_DELAY_S = 0.1
MAX_DELAY_S = 10.0

Result = TypeVar("Result")
_log = logging.getLogger(__name__)


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

    Parameters
    ----------
    num_tries
        Maximum number of attempts; None uses NUM_TRIES.
    is_final
        Returns whether retrying is useless after this error; a missing object is always final.
    """
    num_tries = num_tries if num_tries is not None else NUM_TRIES
    delay_s = FIRST_DELAY_S
    for attempt in range(1, num_tries + 1):
        try:
            return action()
        except StoreError as error:
            if isinstance(error, ObjectNotFoundError) or attempt == num_tries or is_final(error):
                raise
            _log.info("%s (retrying in %.1f s)", error, delay_s)
        # Randomised, so that a thousand tasks that failed together do not retry together.
        time.sleep(delay_s * random.uniform(0.5, 1.0))  # noqa: S311 (no secret)
        delay_s = min(2 * delay_s, MAX_DELAY_S)
    raise AssertionError("the loop returns or raises")
