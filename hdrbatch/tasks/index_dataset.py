"""Write the index of a dataset, from its scenes' records and receipts."""

from hdrbatch.plan.dataset_payloads import IndexDataset
from hdrbatch.records.dataset_index import DatasetRecord, DatasetScene, SceneRecord
from hdrbatch.storage import keys
from hdrbatch.worker.context import TaskContext


def run(context: TaskContext) -> None:
    """Write the index, with the scenes in the plan's order.

    Raises
    ------
    MissingInputError
        If a scene is not assembled.
    """
    work = IndexDataset.of(context.task)
    records = [keys.scene_record(work.dataset, scene) for scene in work.scenes]
    context.fetch_inputs(records)
    entries = [
        DatasetScene(scene=context.input_record(key, SceneRecord), files=context.inputs[ref].files)
        for ref, key in zip(context.task.needs, records, strict=True)
    ]
    index = DatasetRecord(dataset=work.dataset, scenes=tuple(entries))
    context.output_file(keys.dataset_index(work.dataset)).write_bytes(index.to_bytes())
