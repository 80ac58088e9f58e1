"""Findings of ``hdrbatch doctor``, on this machine and on the nodes."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from hdrbatch.errors import HdrbatchError
from hdrbatch.storage.address import open_store


@dataclass(frozen=True)
class Finding:
    """Result of one check."""

    subject: str
    is_good: bool
    text: str

    def to_line(self) -> str:
        """Return the finding as a line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_line(cls, line: str) -> "Finding | None":
        """Parse a line made by :meth:`to_line`; return None for any other line."""
        try:
            return cls(**json.loads(line))
        except (ValueError, TypeError):
            return None


def run_check(subject: str, check: Callable[[], str]) -> Finding:
    """Run a check; an exception becomes a failed finding and does not stop the others."""
    try:
        return Finding(subject, is_good=True, text=check())
    except HdrbatchError as error:
        return Finding(subject, is_good=False, text=str(error))
    except Exception as error:  # noqa: BLE001 (a broken library may raise anything)
        return Finding(subject, is_good=False, text=f"{type(error).__name__}: {error}")


def check_store(address: str, expected_key: str | None = None) -> str:
    """Write to the store and read it back; check for an object that another machine has stored there."""
    store = open_store(address)
    store.check()
    if expected_key is not None and not list(store.list(expected_key)):
        raise HdrbatchError(
            f"{store.url} is not the store of the submitting machine; use a folder that all nodes share "
            "under one path, or S3"
        )
    return f"{store.url} can be written and read, and returns what was stored"
