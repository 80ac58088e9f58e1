"""The datasets of a store."""

from hdrbatch.errors import ObjectNotFoundError, UserError
from hdrbatch.records import DatasetRecord
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store
from hdrbatch.storage.receipts import current_result


def load_dataset(store: Store, name: str) -> DatasetRecord:
    """Read the index of a dataset.

    Raises
    ------
    UserError
        Where the store has no such dataset, or it is not finished; it names those that are.
    """
    known = ", ".join(dataset_names(store)) or "none"
    try:
        if current_result(store, "index_dataset", name) is None:
            raise UserError(f"{store.url} has no finished dataset {name!r}: it has {known}")
        return DatasetRecord.model_validate_json(store.get_bytes(keys.dataset_index(name)))
    except ObjectNotFoundError:
        raise UserError(f"{store.url} has no finished dataset {name!r}: it has {known}") from None


def dataset_names(store: Store) -> list[str]:
    """Names of all finished datasets."""
    prefix = keys.receipts_of_kind("index_dataset")
    return sorted({found.key[len(prefix) :].partition("@")[0] for found in store.list(prefix)})
