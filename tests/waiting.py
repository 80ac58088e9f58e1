"""Waiting for what other processes do."""

import time
from collections.abc import Callable

PATIENCE_S = 240.0
"""A test that waits so long hangs: no machine is so busy."""


def wait_until(condition: Callable[[], object], complaint: Callable[[], str] = str) -> None:
    """Poll until a condition holds; the complaint says what is there instead."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"it did not come to that: {complaint()}"
        time.sleep(0.02)
