"""Comparison of those variants of a sweep that are trained, while others are not or have failed."""

from contextlib import suppress

from hdrbatch.errors import MissingInputError, StoreError
from hdrbatch.evaluation.variant_comparison import compare
from hdrbatch.plan.sweep_payloads import CompareVariants
from hdrbatch.plan.task import Task
from hdrbatch.records.comparison import ComparisonRecord
from hdrbatch.records.scores import EvaluationRecord
from hdrbatch.results.finished import FinishedTask
from hdrbatch.results.trained_models import load_evaluation
from hdrbatch.storage.base import Store
from hdrbatch.storage.receipts import read_receipt
from hdrbatch.storage.task_ids import VariantName


def compare_trained(store: Store, comparison: Task) -> tuple[ComparisonRecord | None, tuple[str, ...]]:
    """Compare the trained variants of a comparison that cannot run yet; nothing is stored.

    Parameters
    ----------
    store : Store
        Store of the sweep.
    comparison : Task
        The task that compares all variants of the sweep.

    Returns
    -------
    ComparisonRecord or None
        None if no variant is trained.
    tuple of str
        Variants that are not trained, or whose scores cannot be read.
    """
    work = CompareVariants.of(comparison)
    evaluations: dict[str, EvaluationRecord] = {}
    for ref in comparison.needs:
        name = VariantName.parse(ref.id)
        with suppress(MissingInputError, StoreError):
            if (receipt := read_receipt(store, ref)) is not None:
                evaluations[name.variant] = load_evaluation(FinishedTask(store, receipt), name)
    trained = [evaluations[name] for name in work.variants if name in evaluations]
    missing = tuple(name for name in work.variants if name not in evaluations)
    if not trained:
        return None, missing
    return compare(work.sweep, trained, work.groups, work.repeats), missing
