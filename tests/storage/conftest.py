import pytest

from hdrbatch.storage import retrying as retry


@pytest.fixture(autouse=True)
def no_delay(monkeypatch):
    monkeypatch.setattr(retry, "FIRST_DELAY_S", 0.001)
