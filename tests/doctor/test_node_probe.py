"""The doctor's checks at the place where a task would run."""

import pytest

from hdrbatch.doctor.checks import check_store
from hdrbatch.doctor.node_probe import inside_findings
from hdrbatch.errors import HdrbatchError

KEY = "doctor-0123"
ANOTHER = "is not the store of the submitting machine; use a folder that all nodes share"


def test_a_store_without_the_object_of_the_machine_that_submits_is_another_one(folder_store):
    with pytest.raises(HdrbatchError, match=f"{folder_store.url} {ANOTHER}"):
        check_store(folder_store.url, KEY)
    folder_store.put_bytes(KEY, b"hdrbatch")
    assert "can be written and read" in check_store(folder_store.url, KEY)
    assert "can be written and read" in check_store(folder_store.url)


def test_the_self_check_looks_for_that_object_where_a_worker_runs(launch, scratch, folder_store):
    def store_of():
        (found,) = [
            one for one in inside_findings(launch, "index_dataset", scratch, KEY) if one.subject == "store"
        ]
        return found

    assert not store_of().is_good
    assert ANOTHER in store_of().text
    folder_store.put_bytes(KEY, b"hdrbatch")
    assert store_of().is_good
