"""Outcome of a task, written by its worker for the starter."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from hdrbatch.errors import HdrbatchError
from hdrbatch.local_files import write_whole
from hdrbatch.redaction import redacted


@dataclass(frozen=True)
class Outcome:
    """Exit code, error class and error message; the latter two are empty if the task is done."""

    exit_code: int
    error: str = ""
    message: str = ""

    @classmethod
    def of(cls, error: BaseException) -> "Outcome":
        """Return the outcome that an error stands for."""
        exit_code = error.exit_code if isinstance(error, HdrbatchError) else HdrbatchError.exit_code
        return cls(exit_code, type(error).__name__, redacted(str(error)))

    def write(self, path: Path) -> None:
        """Write the outcome atomically."""
        write_whole(path, json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> "Outcome | None":
        """Read a written outcome, or None if the task did not get that far."""
        try:
            return cls(**json.loads(path.read_text()))
        except FileNotFoundError:
            return None


@dataclass(frozen=True)
class TaskFolder:
    """Folder of one task of a worker, with the files that its starter reads."""

    path: Path

    @classmethod
    def numbered(cls, scratch: Path, number: int) -> "TaskFolder":
        """Return the folder of the worker's task of this number."""
        return cls(scratch / f"task-{number}")

    @property
    def log(self) -> Path:
        """File with the task's output."""
        return self.path / "log"

    @property
    def outcome(self) -> Path:
        """File with the task's outcome."""
        return self.path / "outcome.json"

    @property
    def scratch(self) -> Path:
        """Folder of the task's temporary files."""
        return self.path / "scratch"
