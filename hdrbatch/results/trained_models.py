"""The trained models of a store."""

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hdrbatch.errors import CorruptObjectError, MissingInputError, StoreError, UserError
from hdrbatch.kinds import Kind
from hdrbatch.records.comparison import ComparisonRecord
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.records.scores import NETWORK, EvaluationRecord
from hdrbatch.results.finished import FinishedTask, finished_task, finished_tasks
from hdrbatch.specs.variant import MAX_PHOTOS
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store
from hdrbatch.storage.task_ids import VariantName
from hdrbatch.storage.transfer import download


@dataclass(frozen=True)
class ModelSummary:
    """Properties of a trained model that matter before it is used.

    Attributes
    ----------
    name : str
        ``SWEEP/VARIANT``.
    dataset : str
        Dataset that it was trained and tested on.
    any_bracket : bool
        Whether it accepts any number of photographs; ``input_ev`` are then those it was tested with.
    pu21_psnr, best_baseline_pu21_psnr : float or None
        Means over the test scenes, dB; the baselines have the same inputs.
    """

    name: str
    dataset: str
    input_ev: tuple[float, ...]
    any_bracket: bool
    num_parameters: int
    pu21_psnr: float | None
    best_baseline_pu21_psnr: float | None


def model_summary(store: Store, name: str) -> ModelSummary:
    """Read the summary of a trained model from its files.

    Raises
    ------
    MissingInputError, StoreError
        If one of the files is missing or damaged.
    """
    evaluation = _evaluation(store, name)
    scores = {method: evaluation.mean(method).pu21_psnr for method in evaluation.methods}
    network = scores.pop(NETWORK, None)
    return ModelSummary(
        name=name,
        dataset=evaluation.dataset,
        input_ev=evaluation.input_ev,
        any_bracket=evaluation.any_bracket,
        num_parameters=_num_parameters(store, name),
        pu21_psnr=network,
        best_baseline_pu21_psnr=max((score for score in scores.values() if score is not None), default=None),
    )


def fetch_model(store: Store, requested: str | None, num_photos: int, folder: Path) -> tuple[str, Path]:
    """Fetch a model to this machine.

    Parameters
    ----------
    requested
        A model file, ``SWEEP/VARIANT`` in the store, or None for the best of those that use most of the
        photographs: one trained for any bracket uses them all.
    num_photos
        Number of photographs.
    folder
        Folder that a model from the store is written to.

    Returns
    -------
    str, Path
        Name of the model, and its file.

    Raises
    ------
    UserError
        If there is no such model; the message lists those that exist.
    """
    if requested is not None and Path(requested).is_file():
        return requested, Path(requested)
    name = requested if requested is not None else _best(store, num_photos)
    entry = _stored_model(store, name)
    if entry is None:
        known = ", ".join(model_names(store)) or "none yet (hdrbatch sweep trains some)"
        raise UserError(f"--model {name}: no such file, and no such variant in {store.url}; it has {known}")
    return name, download(store, entry, folder / "model.pt")


def baseline_warning(store: Store, name: str) -> str | None:
    """Return a warning if a baseline with the same inputs scores better than the model, else None."""
    try:
        evaluation = _evaluation(store, name)
    except (MissingInputError, StoreError):
        return None
    scores = {method: evaluation.mean(method).pu21_psnr for method in evaluation.methods}
    network = scores.pop(NETWORK, None)
    better = {method: score for method, score in scores.items() if score is not None}
    if network is None or not better or network >= max(better.values()):
        return None
    best = max(better, key=better.__getitem__)
    return (
        f"on its test scenes {name} is worse than the {best} "
        f"({network:.1f} against {better[best]:.1f} dB PU21-PSNR); train it longer, or on more scenes"
    )


def model_names(store: Store) -> list[str]:
    """Return the names of all trained models, as ``SWEEP/VARIANT``."""
    return finished_tasks(store, Kind.TRAIN_VARIANT)


def load_comparison(store: Store, sweep: str) -> ComparisonRecord:
    """Read the comparison of a finished sweep, verified against its receipt.

    Raises
    ------
    MissingInputError, StoreError
        If it has no receipt, or is damaged.
    """
    return finished_task(store, Kind.COMPARE_VARIANTS, sweep).record(keys.comparison(sweep), ComparisonRecord)


def load_evaluation(training: FinishedTask, name: VariantName) -> EvaluationRecord:
    """Read a trained variant's scores; raise StoreError or MissingInputError if they cannot be read."""
    return training.record(keys.evaluation(name.sweep, name.variant), EvaluationRecord)


def _best(store: Store, num_photos: int) -> str:
    """Return the network that uses most of the photographs; :func:`_fitness` decides between several."""
    fitting: list[tuple[tuple[int, int, bool, float], str]] = []
    for name in model_names(store):
        with suppress(MissingInputError, StoreError):
            fitness = _fitness(_evaluation(store, name), max(num_photos, 1))
            if fitness is not None:
                fitting.append((fitness, name))
    if not fitting:
        known = ", ".join(model_names(store)) or "none"
        raise UserError(
            f"{store.url}: no trained model for {num_photos} photograph(s) (trained: {known}); "
            "train one (hdrbatch sweep), or name a file with --model"
        )
    return max(fitting)[1]


def _fitness(evaluation: EvaluationRecord, num_photos: int) -> tuple[int, int, bool, float] | None:
    """Return how well a network suits a number of photographs, or None if it needs more; greater is better.

    The order of criteria: the number of photographs it uses; how close that is to the number it was tested
    with; for a single photograph, whether it was trained for exactly one; PU21-PSNR.
    """
    num_tested = len(evaluation.input_ev)
    num_used = min(num_photos, MAX_PHOTOS) if evaluation.any_bracket else num_tested
    if num_used > num_photos:
        return None
    score = evaluation.mean(NETWORK).pu21_psnr
    return (
        num_used,
        -abs(num_tested - num_used),
        num_used == 1 and not evaluation.any_bracket,
        score if score is not None else float("-inf"),
    )


def _evaluation(store: Store, name: str) -> EvaluationRecord:
    try:
        found = VariantName.parse(name)
    except ValueError as error:
        raise MissingInputError(str(error)) from None
    return load_evaluation(finished_task(store, Kind.TRAIN_VARIANT, name), found)


def _num_parameters(store: Store, name: str) -> int:
    variant = VariantName.parse(name)
    key = keys.variant_config(variant.sweep, variant.variant)
    try:
        return int(json.loads(finished_task(store, Kind.TRAIN_VARIANT, name).read(key))["num_parameters"])
    except (ValueError, TypeError, KeyError) as error:
        raise CorruptObjectError(f"{key} does not state the number of parameters: {error}") from None


def _stored_model(store: Store, name: str) -> FileEntry | None:
    try:
        variant = VariantName.parse(name)
        training = finished_task(store, Kind.TRAIN_VARIANT, name)
    except (ValueError, MissingInputError):
        return None
    return training.files.get(keys.model(variant.sweep, variant.variant))
