"""How a task ended, told by its worker to whoever started it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from hdrbatch.errors import HdrbatchError
from hdrbatch.local_files import write_whole


@dataclass(frozen=True)
class Outcome:
    """Exit code, the error's class and what it said; both are empty where the task is done."""

    exit_code: int
    error: str = ""
    message: str = ""

    @classmethod
    def of(cls, error: BaseException) -> "Outcome":
        """What an error means."""
        exit_code = error.exit_code if isinstance(error, HdrbatchError) else HdrbatchError.exit_code
        return cls(exit_code, type(error).__name__, str(error))

    def write(self, path: Path) -> None:
        """Write it whole or not at all."""
        write_whole(path, json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> "Outcome | None":
        """Inverse of :meth:`write`; None where the task did not get so far."""
        try:
            return cls(**json.loads(path.read_text()))
        except FileNotFoundError:
            return None


@dataclass(frozen=True)
class TaskFolder:
    """Where one task of a worker leaves what its starter reads."""

    path: Path

    @classmethod
    def numbered(cls, scratch: Path, number: int) -> "TaskFolder":
        """That of the worker's task of this number."""
        return cls(scratch / f"task-{number}")

    @property
    def log(self) -> Path:
        """What the task prints."""
        return self.path / "log"

    @property
    def outcome(self) -> Path:
        """How it ended."""
        return self.path / "outcome.json"

    @property
    def scratch(self) -> Path:
        """Its temporary files."""
        return self.path / "scratch"
