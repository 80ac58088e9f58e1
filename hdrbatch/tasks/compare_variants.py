"""Compare the variants of a sweep, from their evaluations."""

from hdrbatch.evaluation.variant_comparison import compare
from hdrbatch.plan.sweep_payloads import CompareVariants
from hdrbatch.records.scores import EvaluationRecord
from hdrbatch.storage import keys
from hdrbatch.worker.context import TaskContext


def run(context: TaskContext) -> None:
    """Write comparison.json from the variants' evaluations.

    Raises
    ------
    MissingInputError
        If a variant is not trained.
    """
    work = CompareVariants.of(context.task)
    evaluations = [
        context.input_record(keys.evaluation(work.sweep, name), EvaluationRecord) for name in work.variants
    ]
    comparison = compare(work.sweep, evaluations, work.groups, work.repeats)
    context.output_file(keys.comparison(work.sweep)).write_bytes(comparison.to_bytes())
