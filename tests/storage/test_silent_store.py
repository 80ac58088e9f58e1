"""A store that hangs: how long a command waits, and what it says meanwhile."""

import re
import threading
import time

import pytest

from hdrbatch.errors import StoreError
from hdrbatch.storage import retrying, s3_connection
from hdrbatch.storage.s3 import S3Store
from hdrbatch.storage.transfer import upload
from tests.lying_s3 import Answer


@pytest.fixture
def service(monkeypatch, lying_service):
    """A service that never answers; time-outs are short, with their true proportions."""
    monkeypatch.setattr(s3_connection, "CONNECT_TIMEOUT_S", 0.1)
    monkeypatch.setattr(s3_connection, "READ_TIMEOUT_S", 0.3)
    monkeypatch.setattr(retrying, "MAX_OUTAGE_S", 1.2)
    monkeypatch.setattr(retrying, "MAX_LOST_S", 0.3)
    monkeypatch.setattr(retrying, "_outage", retrying._Outage())
    lying_service.lie = lambda _: Answer(200, hangs=True)
    return lying_service


def actions(store, path):
    return {
        "list": lambda: list(store.list("plans/")),
        "read": lambda: store.get_bytes("plans/a"),
        "write": lambda: store.put_bytes("plans/a", b"x"),
        "delete": lambda: store.delete("plans/a"),
        "upload": lambda: upload(store, "plans/a", path),
        "check": store.check,
    }


@pytest.mark.parametrize("name", ["list", "read", "write", "delete", "upload", "check"])
def test_a_silent_store_is_given_up_after_a_few_requests_and_said_at_the_first(
    name, service, tmp_path, caplog
):
    (tmp_path / "file").write_bytes(b"x")
    action = actions(S3Store("bucket", endpoint=service.url), tmp_path / "file")[name]
    with pytest.raises(StoreError, match="the store does not answer"):
        action()
    assert 2 <= len(service.requests) <= 6
    (line,) = [record.message for record in caplog.records if "retrying" in record.message]
    assert re.search(
        r"s3://bucket\?endpoint=\S+ cannot .+: the store does not answer \(retrying, for up to", line
    )


def test_operations_inside_others_and_beside_them_share_one_bound(service):
    store = S3Store("bucket", endpoint=service.url)

    def nested():
        with pytest.raises(StoreError):
            retrying.with_retries(lambda: retrying.with_retries(lambda: store.get_bytes("a")))

    threads = [threading.Thread(target=nested) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Eight attempts inside eight inside eight would be 512 requests for each.
    assert len(service.requests) <= 3 * 8


def test_an_earlier_outage_does_not_shorten_the_patience_with_the_next(monkeypatch):
    outage = retrying._Outage()
    now_s = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now_s)
    assert outage.length_s(now_s - 5) == 5
    now_s += 3600
    assert outage.length_s(now_s - 2) == 2


def test_a_long_transfer_that_was_cut_is_not_counted_as_an_outage(monkeypatch):
    outage = retrying._Outage()
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0)
    assert outage.length_s(100.0) == retrying.MAX_LOST_S


def test_the_true_bounds_are_minutes():
    assert s3_connection.CONNECT_TIMEOUT_S <= 10
    assert s3_connection.READ_TIMEOUT_S <= 30
    assert retrying.MAX_OUTAGE_S + s3_connection.READ_TIMEOUT_S <= 180
