"""A Slurm for tests: see fake_slurm/."""

import pytest

from hdrbatch.submit import arrays
from tests.submit.fake_slurm.cluster import FakeSlurm


@pytest.fixture
def fake_slurm(tmp_path, monkeypatch):
    fake = FakeSlurm(tmp_path / "slurm")
    for name, value in fake.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(arrays, "RETRY_DELAYS_S", (0.0, 0.0))
    return fake
