import os
from pathlib import Path

import pytest

from hdrbatch.learning.atomic import write_atomically


def test_a_file_gets_its_content_and_missing_folders_are_made(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b.bin"

    write_atomically(target, b"new")

    assert target.read_bytes() == b"new"


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "b.bin"
    target.write_bytes(b"old")

    def full_disk(_: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="no space"):
        write_atomically(target, b"new")

    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]
