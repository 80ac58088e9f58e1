"""Train one variant of a sweep and score it on the test scenes (train image: torch)."""

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hdrbatch.catalogue.family import CAPTURED
from hdrbatch.errors import HdrbatchError, ObjectNotFoundError, TrainingError
from hdrbatch.evaluation.dataset_scenes import (
    NO_EXPOSURES,
    evaluation_scene,
    moving_exposures,
    training_scene,
)
from hdrbatch.evaluation.scene_scores import per_scene_csv
from hdrbatch.evaluation.scoring import ScenePrediction, evaluate
from hdrbatch.imaging.tonemapping import preview
from hdrbatch.learning.checkpoint import Checkpoint, is_checkpoint_file, load_checkpoint
from hdrbatch.learning.device import named_device
from hdrbatch.learning.loop import Reporting, train
from hdrbatch.learning.model import load_model
from hdrbatch.learning.parallel import num_processes_for
from hdrbatch.learning.training_radiance import SceneSet, TrainingScene
from hdrbatch.plan.sweep_payloads import TrainVariant
from hdrbatch.records.dataset_index import DatasetRecord, DatasetScene
from hdrbatch.records.scores import NETWORK, PREVIEW_HIGHLIGHTS_EV
from hdrbatch.specs.variant import VariantSpec
from hdrbatch.storage import keys
from hdrbatch.storage.retrying import with_retries
from hdrbatch.stored_names import path_below
from hdrbatch.worker.context import TaskContext


def run(context: TaskContext) -> None:
    """Train (resuming from a checkpoint if there is one), evaluate, and write the variant's folder.

    Raises
    ------
    InterruptedRunError
        If a stop is requested, once the checkpoint is stored.
    TrainingError
        If the dataset has too few scenes, or training cannot continue.
    """
    work = TrainVariant.of(context.task)
    sweep, name, dataset, variant = work.sweep, work.variant, work.dataset, work.spec
    index = context.input_record(keys.dataset_index(dataset), DatasetRecord)
    learned, validated = split_for_validation(index.split("train"), variant.training.validation_scenes)
    if not index.split("test"):
        raise TrainingError(
            f"dataset {dataset} has no test scenes; render some with hdrbatch render JOB --scenes all"
        )
    learned = take_fraction(learned, variant.training.fraction)
    references = [(entry, keys.reference(dataset, entry.scene.id)) for entry in (*learned, *validated)]
    context.fetch_all(found for entry, key in references for found in entry.files if found.key == key)
    checkpoints = StoredCheckpoints(context, keys.checkpoints_folder(sweep, name, context.task.digest))
    folder = context.working_folder()
    with context.usage.phase("data"):
        training = SceneSet.write(folder / "training.f32", _scenes(context, dataset, learned, variant))
        validation = SceneSet.write(folder / "validation.f32", _scenes(context, dataset, validated, variant))
    with context.usage.phase("training"):
        result = train(
            training,
            validation,
            variant,
            folder,
            device=context.device,
            num_threads=context.num_threads,
            num_processes=num_processes_for(named_device(context.device), variant.training.batch),
            resume=checkpoints.newest(variant),
            reporting=Reporting(
                on_checkpoint=checkpoints.store,
                should_stop=lambda: context.stop.requested,
                on_progress=lambda step, loss: print(step_message(step, variant, loss), flush=True),
            ),
        )
    context.discard_when_done(checkpoints.prefix)
    shutil.copyfile(result.metrics_path, context.output_file(keys.metrics(sweep, name)))
    model_file = context.output_file(keys.model(sweep, name))
    shutil.copyfile(result.model_path, model_file)
    with context.usage.phase("evaluation"):
        model = load_model(model_file, named_device(context.device))
        tests = (evaluation_scene(dataset, entry, variant, context.fetch) for entry in index.split("test"))

        def keep_preview(predicted: ScenePrediction) -> None:
            path = context.output_file(f"{keys.previews_folder(sweep, name)}{predicted.scene.id}.png")
            Image.fromarray(preview_strip(predicted)).save(path)

        record = evaluate(model, tests, variant=name, dataset=dataset, on_scene=keep_preview)
    context.output_file(keys.evaluation(sweep, name)).write_bytes(record.to_bytes())
    context.output_file(keys.per_scene_scores(sweep, name)).write_text(per_scene_csv(record))
    found = {"num_parameters": result.num_parameters, "best_step": result.best_step}
    config = json.dumps(variant.model_dump(mode="json") | found, indent=1)
    context.output_file(keys.variant_config(sweep, name)).write_text(config + "\n")
    for events in sorted((folder / "tensorboard").glob("events.*")):
        shutil.copyfile(events, context.output_file(keys.tensorboard_events(sweep, name, events.name)))


def _scenes(
    context: TaskContext, dataset: str, entries: Sequence[DatasetScene], variant: VariantSpec
) -> Iterator[TrainingScene]:
    """Yield scenes one at a time to keep only one in memory."""
    for entry in entries:
        moving = moving_exposures(context.store, dataset, entry) if variant.camera.motion else NO_EXPOSURES
        context.fetch_all(moving.values())
        yield training_scene(dataset, entry, context.fetch, moving)


class StoredCheckpoints:
    """Checkpoints of a training run in the store, so that any machine can resume it."""

    def __init__(self, context: TaskContext, prefix: str) -> None:
        self.prefix = prefix
        self._store = context.store
        self._folder = context.scratch / "resume"
        self._put: set[str] = set()

    def newest(self, variant: VariantSpec) -> Checkpoint | None:
        """Return the newest checkpoint of this variant in the store that can be used, or None."""
        for found in list(self._store.list(self.prefix)):
            name = found.key[len(self.prefix) :]
            if not is_checkpoint_file(name):
                print(f"{found.key} is not part of a checkpoint; it is skipped", flush=True)
                continue
            try:
                with_retries(partial(self._store.get_file, found.key, path_below(self._folder, name)))
            except ObjectNotFoundError:
                continue
        try:
            return load_checkpoint(self._folder, variant)
        except TrainingError as error:
            print(f"no stored checkpoint can be used; training starts from scratch: {error}", flush=True)
            return None

    def store(self, manifest: Path) -> None:
        """Store the files of a manifest, then the manifest, then delete older checkpoints.

        A failing store loses this checkpoint, not the training run.
        """
        files = {path.name: path for path in manifest.parent.iterdir() if path.name.startswith("step-")}
        try:
            stored = {found.key[len(self.prefix) :] for found in self._store.list(self.prefix)}
            # A file that an earlier run stored under the same name may be damaged.
            for name in sorted(set(files) - (stored & self._put)):
                with_retries(partial(self._store.put_file, self.prefix + name, files[name]))
                self._put.add(name)
            with_retries(partial(self._store.put_file, self.prefix + manifest.name, manifest))
            for name in stored - set(files) - {manifest.name}:
                self._store.delete(self.prefix + name)
        except HdrbatchError as error:
            print(f"the checkpoint could not be stored; training continues: {error}", flush=True)


def split_for_validation(
    scenes: Sequence[DatasetScene], num_validation: int
) -> tuple[list[DatasetScene], list[DatasetScene]]:
    """Split off validation scenes, spread evenly over the training set.

    Captured views are held out only if there are too few rendered scenes. They are few and valuable for
    training, and a view shows light that the other views of its panorama show too.

    Raises
    ------
    TrainingError
        If nothing would be left to train on.
    """
    if len(scenes) <= num_validation:
        raise TrainingError(
            f"the dataset has {len(scenes)} training scene(s) and training.validation_scenes holds "
            f"{num_validation} of them out; render more scenes, or hold out fewer"
        )
    rendered = [entry for entry in scenes if entry.scene.family != CAPTURED.name]
    candidates = rendered if len(rendered) > num_validation else scenes
    # At even distances.
    places = ((number * 2 + 1) * len(candidates) // (2 * num_validation) for number in range(num_validation))
    validated = [candidates[place] for place in places]
    held_out = {entry.scene.id for entry in validated}
    return [entry for entry in scenes if entry.scene.id not in held_out], validated


def step_message(step: int, variant: VariantSpec, loss: float) -> str:
    """Return a step's log line; progress displays show the last one."""
    return f"{keys.STEP_PREFIX} {step} of {variant.training.steps}: loss {loss:.5f}"


def take_fraction(scenes: Sequence[DatasetScene], fraction: float) -> list[DatasetScene]:
    """Return a fraction of the scenes, at least one; a smaller fraction is part of a larger one.

    The choice depends on the scenes' names alone, so that it is spread over families.
    """
    shuffled = sorted(scenes, key=lambda entry: hashlib.sha256(entry.scene.id.encode()).digest())
    chosen = {entry.scene.id for entry in shuffled[: max(1, round(fraction * len(scenes)))]}
    return [entry for entry in scenes if entry.scene.id in chosen]


def preview_strip(predicted: ScenePrediction) -> NDArray[np.uint8]:
    """Draw last baseline, network and reference of a scene: tone-mapped above, exposed for highlights below.

    Returns
    -------
    (2 H, 3 W, 3) uint8
    """
    baseline = list(predicted.by_method)[-1]
    row = np.concatenate(
        [predicted.by_method[baseline], predicted.by_method[NETWORK], predicted.scene.reference_ev0], axis=1
    )
    highlights = np.clip(row * np.float32(2.0**PREVIEW_HIGHLIGHTS_EV), 0, 1) ** (1 / 2.2)
    return np.concatenate([preview(row), np.rint(highlights * 255).astype(np.uint8)])
