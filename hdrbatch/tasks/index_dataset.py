"""Write the index of a dataset, from its scenes' records and receipts."""

from hdrbatch.records.dataset_index import DatasetRecord, DatasetScene, SceneRecord
from hdrbatch.storage import keys
from hdrbatch.worker.context import TaskContext


def run(context: TaskContext) -> None:
    """Gather the scenes in the plan's order.

    Raises
    ------
    MissingInputError
        Where a scene is not assembled.
    """
    dataset = context.payload["dataset"]
    scene_ids = [ref.id.rpartition("/")[2] for ref in context.task.needs]
    context.fetch_inputs(keys.scene_record(dataset, scene_id) for scene_id in scene_ids)
    entries = []
    for ref, scene_id in zip(context.task.needs, scene_ids, strict=True):
        record = SceneRecord.model_validate_json(
            context.input_file(keys.scene_record(dataset, scene_id)).read_bytes()
        )
        entries.append(DatasetScene(scene=record, files=context.inputs[ref].files))
    index = DatasetRecord(dataset=dataset, scenes=tuple(entries))
    context.output_file(keys.dataset_index(dataset)).write_bytes(index.to_bytes())
