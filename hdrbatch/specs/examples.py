"""The jobs, sweeps and cluster files that come with hdrbatch, to be run as they are or copied and edited.

In a checkout they are the top-level folders ``jobs`` and ``infra/clusters``; a wheel carries copies of them
inside the package (``setup.py`` puts them there).
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from hdrbatch.errors import UserError

JOBS = "jobs"
CLUSTERS = "infra/clusters"
PATTERNS = {JOBS: "*.yaml", CLUSTERS: "*.toml"}
"""Which files of each folder are examples."""

PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class CopiedExamples:
    """What a copy of the examples wrote, and which files it left as they were."""

    written: tuple[Path, ...]
    skipped: tuple[Path, ...]


def examples_folder(folder: str) -> Path:
    """Where the examples of :data:`JOBS` or :data:`CLUSTERS` are on this machine."""
    packaged = PACKAGE / "examples"
    return (packaged if packaged.is_dir() else PACKAGE.parent) / folder


def copy_examples(target: Path) -> CopiedExamples:
    """Copy all examples below ``target``, in the same folders; a file that exists is left as it is.

    Raises
    ------
    UserError
        If the folders cannot be created.
    """
    written, skipped = [], []
    for folder, pattern in PATTERNS.items():
        try:
            (target / folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"{target / folder} cannot be created: {error.strerror}; name a folder"
            ) from error
        for example in sorted(examples_folder(folder).glob(pattern)):
            copy = target / folder / example.name
            try:
                with example.open("rb") as source, copy.open("xb") as file:
                    shutil.copyfileobj(source, file)
            except FileExistsError:
                skipped.append(copy)
            else:
                written.append(copy)
    return CopiedExamples(tuple(written), tuple(skipped))
