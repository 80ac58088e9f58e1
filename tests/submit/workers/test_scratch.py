"""Folders for temporary files: who may use them, and who removes them."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from hdrbatch.errors import UserError
from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.submit.workers.scratch import scratch_base, scratch_folder


@pytest.fixture
def cluster(tmp_path):
    return ClusterSpec(scratch=str(tmp_path / "scratch"))


@pytest.fixture
def leftover(cluster):
    """A worker's folder, with its lifeline, of a starter that has ended."""
    with subprocess.Popen(["true"]) as ended:
        pass
    folder = scratch_base(cluster) / f"other@{os.uname().nodename}.{ended.pid}"
    (folder / "w").mkdir(parents=True, mode=0o700)
    (folder / "w" / "lifeline").touch()
    return folder


def is_refused(cluster):
    with pytest.raises(UserError, match="others can write to it .*; remove it, or set scratch") as refused:
        use(cluster)
    return str(scratch_base(cluster)) in str(refused.value)


def use(cluster):
    with scratch_folder(cluster, "owner") as folder:
        assert folder.is_dir()
    assert not folder.exists()


def test_scratch_that_cannot_be_written_is_refused_with_what_to_set(tmp_path):
    (tmp_path / "file").touch()
    cluster = ClusterSpec(scratch=str(tmp_path / "file"))
    with pytest.raises(UserError, match="set TMPDIR, or scratch in the cluster file"):
        use(cluster)


def test_what_an_owner_that_was_killed_left_is_removed(cluster, leftover):
    use(cluster)
    assert not leftover.exists()


def test_what_a_worker_still_holds_is_kept(cluster, leftover):
    """It outlives its starter, to save what it has."""
    with (leftover / "w" / "lifeline").open() as lifeline:
        fcntl.flock(lifeline, fcntl.LOCK_SH)
        use(cluster)
        assert (leftover / "w").is_dir()
    use(cluster)
    assert not leftover.exists()


def test_what_belongs_to_a_process_that_runs_or_to_another_host_is_kept(cluster, leftover):
    running = leftover.with_suffix(f".{os.getpid()}")
    elsewhere = leftover.with_name(leftover.name.replace("@", "@n"))
    for folder in (running, elsewhere):
        folder.mkdir()
    use(cluster)
    assert running.exists()
    assert elsewhere.exists()


def test_what_somebody_else_removes_at_the_same_time_is_no_error(cluster, leftover, monkeypatch):
    open_ = os.open

    def too_late(path, *arguments, **more):
        if Path(path).name == "lifeline":
            shutil.rmtree(leftover)
        return open_(path, *arguments, **more)

    monkeypatch.setattr(os, "open", too_late)
    use(cluster)
    assert not leftover.exists()


def test_a_link_that_somebody_has_put_there_is_refused(cluster, tmp_path):
    (tmp_path / "theirs").mkdir(mode=0o700)
    base = scratch_base(cluster)
    base.parent.mkdir()
    base.symlink_to(tmp_path / "theirs")
    assert is_refused(cluster)
    assert list((tmp_path / "theirs").iterdir()) == []


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_folder_that_others_can_write_to_is_refused(mode, cluster):
    scratch_base(cluster).mkdir(parents=True)
    scratch_base(cluster).chmod(mode)
    assert is_refused(cluster)
    scratch_base(cluster).chmod(0o755)
    use(cluster)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to another user")
def test_a_folder_of_another_user_is_refused(cluster):
    base = scratch_base(cluster)
    base.mkdir(parents=True, mode=0o700)
    os.chown(base, 4242, -1)
    assert is_refused(cluster)
