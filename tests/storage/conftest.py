import os

import pytest

from hdrbatch.storage import retrying as retry
from tests.lying_s3 import lying_s3


@pytest.fixture(autouse=True)
def no_delay(monkeypatch):
    monkeypatch.setattr(retry, "FIRST_DELAY_S", 0.001)


@pytest.fixture
def lying_service(monkeypatch):
    """A service that answers as ``lie`` says, with credentials for it alone in the environment."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with lying_s3() as service:
        yield service
