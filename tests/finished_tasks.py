"""A store with finished tasks: fixtures of several rooms."""

import pytest

from hdrbatch.kinds import Kind
from hdrbatch.plan.task import Estimate, make_task
from hdrbatch.storage import keys
from hdrbatch.storage.receipts import Receipt, write_receipt
from hdrbatch.storage.transfer import upload

PICTURE = "datasets/set/picture"


@pytest.fixture
def finish(folder_store, tmp_path):
    """Store files as a task's result, with its receipt: their text is their key."""

    def finish(ref, *names):
        path = tmp_path / "result"
        entries = []
        for key in names:
            path.write_text(key)
            entries.append(upload(folder_store, key, path))
        write_receipt(folder_store, Receipt(*vars(ref).values(), tuple(entries), {}, "", 1, 1, 1, {}))
        return ref

    return finish


@pytest.fixture
def finished(finish):
    """A store with two finished tasks: an index with a picture, and another index."""
    refs = []
    for name, outputs in (("set", (keys.dataset_index("set"), PICTURE)), ("b", (keys.dataset_index("b"),))):
        task = make_task(Kind.INDEX_DATASET, name, {"dataset": name}, outputs, Estimate(1, 1))
        refs.append(finish(task.ref, *outputs))
    return refs


def all_keys(store):
    return {found.key for found in store.list("")}
