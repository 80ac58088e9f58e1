"""Scoring a network and its baselines on test scenes."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hdrbatch.errors import PhotoError
from hdrbatch.evaluation.colorvideovdp import color_video_vdp
from hdrbatch.evaluation.evaluation_scene import EvaluationScene
from hdrbatch.evaluation.methods import radiance_by_method
from hdrbatch.imaging.masks import input_masks
from hdrbatch.imaging.metrics import DEFAULT_SETTINGS, evaluate_prediction
from hdrbatch.imaging.response import ResponseCurve
from hdrbatch.learning.model import Model
from hdrbatch.learning.prediction import assumed_response
from hdrbatch.photographs.calibration import calibrated_response
from hdrbatch.records.scores import EvaluationRecord, SceneScores, Scores
from hdrbatch.specs.variant import InputSpec


@dataclass(frozen=True)
class ScenePrediction:
    """Predictions of a scene by each method.

    Attributes
    ----------
    scene : EvaluationScene
        The scene.
    by_method : dict
        (H, W, 3) float32 in EV 0 units by the method's name, the network's first.
    note : str or None
        A remark on the predictions, such as that the response could not be calibrated.
    """

    scene: EvaluationScene
    by_method: dict[str, NDArray[np.float32]]
    note: str | None = None


def predictions(model: Model, scenes: Iterable[EvaluationScene]) -> Iterator[ScenePrediction]:
    """Apply the network and the baselines that use the same inputs to every scene."""
    inputs = model.variant.inputs
    for scene in scenes:
        note = None
        try:
            curve = response_of(scene, inputs)
        except PhotoError as error:
            curve = assumed_response(inputs)
            note = f"{scene.id}: assumed {curve.name}, since its response could not be calibrated: {error}"
        yield ScenePrediction(
            scene, radiance_by_method(model, scene.photos, scene.exposures(), curve, scene.trust), note
        )


def response_of(scene: EvaluationScene, inputs: InputSpec) -> ResponseCurve:
    """Return the curve for inverting a scene's photographs: assumed, known or calibrated from them.

    Raises
    ------
    PhotoError
        If it should be calibrated but the photographs are not informative.
    """
    if inputs.response == "known" and scene.curve is not None:
        return scene.curve
    if inputs.response == "calibrated":
        return calibrated_response(list(scene.photos), scene.exposures(), "debevec")
    return assumed_response(inputs)


def evaluate(
    model: Model,
    scenes: Iterable[EvaluationScene],
    *,
    variant: str,
    dataset: str,
    on_scene: Callable[[ScenePrediction], None] = lambda _: None,
) -> EvaluationRecord:
    """Score the network and its baselines.

    Parameters
    ----------
    model
        The trained network.
    scenes
        Test scenes that it was not trained on.
    variant, dataset
        Names for the record.
    on_scene
        Called with each scene's predictions, for pictures and progress.
    """
    vision = color_video_vdp()
    rows, notes = [], []
    for predicted in predictions(model, scenes):
        scene = predicted.scene
        masks = input_masks(scene.photos, [2.0**ev for ev in scene.ev], scene.trust.clipped_from)
        for method, radiance in predicted.by_method.items():
            values = evaluate_prediction(radiance, scene.reference_ev0, masks)
            defined = {name: value if math.isfinite(value) else None for name, value in values.items()}
            jod = vision.jod(radiance, scene.reference_ev0)
            scores = Scores(**defined, jod=jod)
            rows.append(SceneScores(scene=scene.id, method=method, scores=scores, origin=scene.origin))
        notes += [predicted.note] if predicted.note is not None else []
        on_scene(predicted)
    return EvaluationRecord(
        variant=variant,
        dataset=dataset,
        metric_settings=f"{DEFAULT_SETTINGS.describe()} {vision.settings}",
        input_ev=model.variant.inputs.ev,
        any_bracket=model.variant.inputs.brackets == "any",
        scenes=tuple(rows),
        notes=tuple(notes),
    )
