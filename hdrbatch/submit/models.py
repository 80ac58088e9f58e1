"""The trained models of a store."""

from pathlib import Path

from hdrbatch.errors import ObjectNotFoundError, UserError
from hdrbatch.records import NETWORK, ComparisonRecord, ComparisonRow
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store
from hdrbatch.storage.receipts import current_result, read_receipt
from hdrbatch.storage.transfer import FileEntry, download


def fetch_model(store: Store, wanted: str | None, num_photos: int, folder: Path) -> tuple[str, Path]:
    """Bring a model to this machine.

    Parameters
    ----------
    wanted
        A model file, ``SWEEP/VARIANT`` in the store, or None for the best of those that take as many
        photographs: three at least for candidates, else a single one.
    num_photos
        How many photographs there are.
    folder
        Where a model from the store is put.

    Returns
    -------
    str, Path
        What to call the model, and its file.

    Raises
    ------
    UserError
        Where there is no such model; it names those that there are.
    """
    if wanted is not None and Path(wanted).is_file():
        return wanted, Path(wanted)
    name = wanted if wanted is not None else _best(store, num_photos)
    entry = _stored_model(store, name)
    if entry is None:
        known = ", ".join(model_names(store)) or "none yet: hdrbatch sweep trains some"
        raise UserError(f"--model {name}: no such file, and no such variant in {store.url}; it has {known}")
    return name, download(store, entry, folder / "model.pt")


def model_names(store: Store) -> list[str]:
    """``SWEEP/VARIANT`` of all trained models."""
    prefix = keys.receipts_of_kind("train_variant")
    return sorted({found.key[len(prefix) :].partition("@")[0] for found in store.list(prefix)})


def comparisons(store: Store) -> list[ComparisonRecord]:
    """The comparisons of all finished sweeps; one that is damaged is passed over."""
    prefix = keys.receipts_of_kind("compare_variants")
    sweeps = sorted({found.key[len(prefix) :].partition("@")[0] for found in store.list(prefix)})
    found = []
    for sweep in sweeps:
        try:
            found.append(ComparisonRecord.model_validate_json(store.get_bytes(keys.comparison(sweep))))
        except (ObjectNotFoundError, ValueError):
            continue
    return found


def _best(store: Store, num_photos: int) -> str:
    """The network with the highest PU21-PSNR among those that fit the number of photographs."""
    fitting: list[tuple[int, float, str]] = []
    for comparison in comparisons(store):
        for row in comparison.rows:
            if row.method == NETWORK and row.num_inputs <= max(num_photos, 1):
                score = row.mean.pu21_psnr if row.mean.pu21_psnr is not None else float("-inf")
                fitting.append((row.num_inputs, score, _model_name(comparison, row)))
    if not fitting:
        raise UserError(
            f"{store.url} has no trained model for {num_photos} photograph(s): "
            "train one (hdrbatch sweep), or name a file with --model"
        )
    return max(fitting)[2]


def _model_name(comparison: ComparisonRecord, row: ComparisonRow) -> str:
    return f"{comparison.sweep}/{row.variant}"


def _stored_model(store: Store, name: str) -> FileEntry | None:
    sweep, _, variant = name.partition("/")
    ref = current_result(store, "train_variant", name) if sweep and variant else None
    receipt = read_receipt(store, ref) if ref is not None else None
    if receipt is None:
        return None
    return next((entry for entry in receipt.files if entry.key == keys.model(sweep, variant)), None)
