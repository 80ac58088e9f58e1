"""Compare the variants of a sweep beside their baselines."""

from hdrbatch.records import ComparisonRecord, ComparisonRow, EvaluationRecord
from hdrbatch.storage import keys
from hdrbatch.tasks.context import TaskContext


def run(context: TaskContext) -> None:
    """Write comparison.json from the variants' evaluations.

    Raises
    ------
    MissingInputError
        Where a variant is not trained.
    """
    sweep = context.payload["sweep"]
    evaluations = [
        EvaluationRecord.model_validate_json(context.input_file(keys.evaluation(sweep, name)).read_bytes())
        for name in context.payload["variants"]
    ]
    comparison = compare(sweep, evaluations)
    context.output_file(keys.comparison(sweep)).write_bytes(comparison.to_bytes())


def compare(sweep: str, evaluations: list[EvaluationRecord]) -> ComparisonRecord:
    """Gather the means of all methods, variant by variant."""
    rows = tuple(
        ComparisonRow(
            variant=evaluation.variant,
            num_inputs=len(evaluation.input_ev),
            method=method,
            num_scenes=sum(entry.method == method for entry in evaluation.scenes),
            mean=evaluation.mean(method),
        )
        for evaluation in evaluations
        for method in evaluation.methods
    )
    first = evaluations[0]
    return ComparisonRecord(
        sweep=sweep, dataset=first.dataset, metric_settings=first.metric_settings, rows=rows
    )
