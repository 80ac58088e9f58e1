"""A Slurm for tests, see fake_slurm/, and workers that are real processes."""

import os

import pytest

from hdrbatch.specs.cluster import ClusterSpec, Resources
from hdrbatch.submit.slurm import arrays
from hdrbatch.submit.workers.launch import Launch, image_digest
from tests.submit.fake_slurm.cluster import FakeSlurm
from tests.submit.misbehaviour import MISBEHAVIOUR

PODMAN = """\
#!/bin/sh
echo "$@" >> {log}
case "$1 $2" in
    "image inspect") [ "$5" = missing ] && {{ echo "no such image" >&2; exit 125; }}; echo sha256:0123 ;;
    run*) env > {log}.environment; exec sleep 60 ;;
esac
"""


@pytest.fixture
def fake_slurm(tmp_path, monkeypatch):
    fake = FakeSlurm(tmp_path / "slurm")
    for name, value in fake.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(arrays, "RETRY_DELAYS_S", (0.0, 0.0))
    return fake


@pytest.fixture
def misbehaving(tmp_path, monkeypatch):
    """Workers whose tasks do by their id what misbehaviour.py says."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(MISBEHAVIOUR)
    monkeypatch.setenv("PYTHONPATH", str(folder))


@pytest.fixture
def launch(folder_store, scratch):
    return Launch(folder_store.url, ClusterSpec(scratch=str(scratch)), Resources(cpus=1), "owner")


@pytest.fixture
def podman(tmp_path, monkeypatch):
    """A container runtime that writes its command lines to a file, which this gives.

    The environment that it runs a container in is in a file beside it.
    """
    (tmp_path / "bin").mkdir()
    program, log = tmp_path / "bin" / "podman", tmp_path / "podman.log"
    program.write_text(PODMAN.format(log=log))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    image_digest.cache_clear()
    yield log
    image_digest.cache_clear()
