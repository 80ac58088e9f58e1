"""What ``hdrbatch doctor`` finds, on the machine that asks and on the nodes."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from hdrbatch.errors import HdrbatchError
from hdrbatch.storage.address import open_store


@dataclass(frozen=True)
class Finding:
    """One thing that was checked."""

    subject: str
    is_good: bool
    text: str

    def to_line(self) -> str:
        """As a line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_line(cls, line: str) -> "Finding | None":
        """Inverse of :meth:`to_line`; None for a line that is something else."""
        try:
            return cls(**json.loads(line))
        except (ValueError, TypeError):
            return None


def checked(subject: str, check: Callable[[], str]) -> Finding:
    """What a check finds; an error of any kind is a bad finding and no end of the others."""
    try:
        return Finding(subject, is_good=True, text=check())
    except HdrbatchError as error:
        return Finding(subject, is_good=False, text=str(error))
    except Exception as error:  # noqa: BLE001 (a broken library may raise whatever it likes)
        return Finding(subject, is_good=False, text=f"{type(error).__name__}: {error}")


def check_store(address: str, expected_key: str | None = None) -> str:
    """Write to the store and read it back; look for an object that another machine has put there."""
    store = open_store(address)
    store.check()
    if expected_key is not None and not list(store.list(expected_key)):
        raise HdrbatchError(
            f"{store.url} is another store here than on the machine that submits: use a folder that "
            "all nodes share under one path, or S3"
        )
    return f"{store.url} can be written and read, and gives back what was stored"
