"""The sources as they were last recorded, from git, and as they are now."""

import io
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hdrbatch.provenance.sources import Sources
from tests.versions.record import Record, RecordError

RECORD_PATH = "hdrbatch/provenance/versions.json"
NUM_COMMITS = 50
"""Commits that changed the record to look through: after a merge, the last one may have other sources."""


def committed_record(root: Path) -> Record | None:
    """The record that the current commit has; None outside git, or if there is none yet."""
    found = _git(root, "show", f"HEAD:{RECORD_PATH}")
    return Record.from_text(found.stdout) if found is not None and found.returncode == 0 else None


@contextmanager
def recorded_tree(root: Path, record: Record) -> Iterator[Path]:
    """A folder with package and tests as they were when they were recorded.

    Raises
    ------
    RecordError
        If there is no git, or no commit has the recorded sources.
    """
    with tempfile.TemporaryDirectory(prefix="hdrbatch-recorded-") as folder:
        tree = Path(folder)
        for commit in _candidates(root):
            _extract(root, commit, tree)
            if _is_recorded(tree, record):
                yield tree
                return
        raise RecordError(
            f"no commit here has the sources that {RECORD_PATH} records, so nothing can be compared with "
            "them: commit them together with it, or record the changed kinds as OTHER"
        )


@contextmanager
def current_tree(root: Path, record: Record) -> Iterator[Path]:
    """A copy of package and tests as they are, but with an earlier record's versions: only code differs."""
    with tempfile.TemporaryDirectory(prefix="hdrbatch-current-") as folder:
        for name in ("hdrbatch", "tests"):
            shutil.copytree(root / name, Path(folder, name), ignore=shutil.ignore_patterns("__pycache__"))
        Path(folder, RECORD_PATH).write_text(record.to_text())
        yield Path(folder)


def _candidates(root: Path) -> list[str]:
    found = _git(root, "rev-list", "--full-history", f"--max-count={NUM_COMMITS}", "HEAD", "--", RECORD_PATH)
    if found is None or found.returncode != 0:
        raise RecordError(
            "SAME compares with the recorded sources, which come from git, and there is no git repository "
            "here: work in a clone, or record the changed kinds as OTHER"
        )
    return list(dict.fromkeys(["HEAD", *found.stdout.split()]))


def _extract(root: Path, commit: str, tree: Path) -> None:
    for found in tree.iterdir():
        shutil.rmtree(found)
    command = ["git", "-C", str(root), "archive", commit, "hdrbatch", "tests"]
    archive = subprocess.run(command, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(tree, filter="data")


def _is_recorded(tree: Path, record: Record) -> bool:
    sources = Sources(tree / "hdrbatch")
    return all(
        module in sources.modules and sources.source(module).digest == digest
        for module, digest in record.modules.items()
    )


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[str] | None:
    try:
        return subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
