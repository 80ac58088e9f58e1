"""The datasets of a store."""

from contextlib import suppress

from hdrbatch.errors import MissingInputError, ObjectNotFoundError, UserError
from hdrbatch.kinds import Kind
from hdrbatch.records.dataset_index import DatasetRecord
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.results.finished import finished_task, finished_tasks
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store
from hdrbatch.storage.receipts import Receipt
from hdrbatch.storage.task_ids import scene_id


def load_dataset(store: Store, name: str) -> DatasetRecord:
    """Read the index of a dataset, verified against its receipt.

    Raises
    ------
    UserError
        If the store has no finished dataset of this name; the message lists those that it has.
    CorruptObjectError
        If the index is damaged.
    """
    try:
        return finished_task(store, Kind.INDEX_DATASET, name).record(keys.dataset_index(name), DatasetRecord)
    except ObjectNotFoundError:
        raise UserError(
            f"{store.url}: the index of dataset {name!r} is missing; rerun hdrbatch render to rebuild it"
        ) from None
    except MissingInputError:
        known = ", ".join(dataset_names(store)) or "none"
        raise UserError(
            f"{store.url}: no finished dataset {name!r}; it has {known} (hdrbatch render makes datasets)"
        ) from None


def dataset_names(store: Store) -> list[str]:
    """Return the names of all finished datasets."""
    return finished_tasks(store, Kind.INDEX_DATASET)


def exposure_files(store: Store, dataset: str, scene: str) -> dict[str, FileEntry]:
    """Return the files of a scene's renders by key, as named by their tasks' receipts.

    The index names what every training run needs; the exposures' own radiance is used for moving scenes only.
    """
    files: dict[str, FileEntry] = {}
    for found in list(
        store.list(f"{keys.receipts_of_kind(Kind.RENDER_EXPOSURE)}{scene_id(dataset, scene)}/")
    ):
        with suppress(ValueError):
            files |= {file.key: file for file in Receipt.from_bytes(store.get_bytes(found.key)).files}
    return files


def all_files(store: Store, index: DatasetRecord) -> tuple[FileEntry, ...]:
    """Return the files of a dataset that its index or the receipt of one of its renders names, once each.

    A receipt that cannot be parsed is ignored here; ``verify_receipts`` reports it.
    """
    files = [file for entry in index.scenes for file in entry.files]
    for found in list(store.list(f"{keys.receipts_of_kind(Kind.RENDER_EXPOSURE)}{index.dataset}/")):
        with suppress(ValueError):
            files += Receipt.from_bytes(store.get_bytes(found.key)).files
    return tuple({file.key: file for file in files}.values())
