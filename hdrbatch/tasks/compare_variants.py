"""Compare the variants of a sweep, from their evaluations."""

from hdrbatch.evaluation.variant_comparison import compare
from hdrbatch.records.scores import EvaluationRecord
from hdrbatch.storage import keys
from hdrbatch.worker.context import TaskContext


def run(context: TaskContext) -> None:
    """Write comparison.json from the variants' evaluations.

    Raises
    ------
    MissingInputError
        Where a variant is not trained.
    """
    payload = context.payload
    sweep = payload["sweep"]
    evaluations = [
        EvaluationRecord.model_validate_json(context.input_file(keys.evaluation(sweep, name)).read_bytes())
        for name in payload["variants"]
    ]
    comparison = compare(sweep, evaluations, payload.get("groups", {}), payload.get("repeats", {}))
    context.output_file(keys.comparison(sweep)).write_bytes(comparison.to_bytes())
