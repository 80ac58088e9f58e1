"""What a store holds that nothing refers to."""

from collections.abc import Iterator

from hdrbatch.storage import keys
from hdrbatch.storage.base import Store, StoredObject
from hdrbatch.storage.receipts import Receipt


def unreferenced(store: Store) -> Iterator[StoredObject]:
    """Objects of datasets and sweeps that no receipt names: results that were never finished or are outdated.

    A task that is running has objects without a receipt too, so this is for a store that is at rest.
    """
    named: set[str] = set()
    for found in list(store.list(keys.RECEIPTS)):
        try:
            named |= {entry.key for entry in Receipt.from_bytes(store.get_bytes(found.key)).files}
        except ValueError:
            continue
    for prefix in (keys.DATASETS, keys.SWEEPS):
        for found in list(store.list(prefix)):
            if found.key not in named:
                yield found
