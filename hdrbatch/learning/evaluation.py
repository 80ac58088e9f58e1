"""Scoring a network and its baselines on test scenes."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hdrbatch.imaging.candidates import clipped, hdr_candidate
from hdrbatch.imaging.merge import merge
from hdrbatch.imaging.metrics import DEFAULT_SETTINGS, evaluate_prediction
from hdrbatch.imaging.response import parse_response
from hdrbatch.learning.inputs import middle_ev, sensor_of
from hdrbatch.learning.model import Model
from hdrbatch.learning.prediction import reconstruct
from hdrbatch.records import NETWORK, EvaluationRecord, SceneScores, Scores

LINEARISED = "linearised photograph"
MERGE = "merge of the inputs"


@dataclass(frozen=True)
class EvaluationScene:
    """A test scene as one variant is given it.

    Attributes
    ----------
    id : str
        Name of the scene.
    ev : tuple of float
        EVs of the photographs, as many as the variant takes.
    photos : sequence of (H, W, 3) float32 in [0, 1]
        Encoded, in the order of ``ev``.
    reference_ev0 : (H, W, 3) float32, EV 0 units
        Ground truth.
    """

    id: str
    ev: tuple[float, ...]
    photos: Sequence[NDArray[np.float32]]
    reference_ev0: NDArray[np.float32]


@dataclass(frozen=True)
class ScenePrediction:
    """A scene with what each method made of it: (H, W, 3) float32 in EV 0 units, the network's first."""

    scene: EvaluationScene
    by_method: dict[str, NDArray[np.float32]]


def predictions(model: Model, scenes: Sequence[EvaluationScene]) -> Iterator[ScenePrediction]:
    """Apply the network and the baselines that use the same inputs to every scene."""
    inputs = model.variant.inputs
    curve, sensor = parse_response(inputs.response), sensor_of(model.variant.camera)
    middle = middle_ev(inputs)
    for scene in scenes:
        exposures = [2.0**ev for ev in scene.ev]
        middle_photo = scene.photos[scene.ev.index(middle)]
        by_method = {
            NETWORK: reconstruct(model, scene.photos, exposures) / np.float32(2.0**middle),
            LINEARISED: hdr_candidate(middle_photo, 2.0**middle, curve),
        }
        if len(scene.photos) > 1:
            by_method[MERGE] = merge(list(scene.photos), exposures, curve, sensor)
        yield ScenePrediction(scene, by_method)


def evaluate(
    model: Model,
    scenes: Sequence[EvaluationScene],
    *,
    variant: str,
    dataset: str,
    on_scene: Callable[[ScenePrediction], None] = lambda _: None,
) -> EvaluationRecord:
    """Score the network beside its baselines.

    The error in stops is taken where every input is clipped, that is where the shortest photograph is.

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
    rows = []
    for predicted in predictions(model, scenes):
        scene = predicted.scene
        lost = np.any(clipped(scene.photos[int(np.argmin(scene.ev))]), axis=-1)
        for method, radiance in predicted.by_method.items():
            values = evaluate_prediction(radiance, scene.reference_ev0, lost)
            defined = {name: value if math.isfinite(value) else None for name, value in values.items()}
            rows.append(SceneScores(scene=scene.id, method=method, scores=Scores(**defined)))
        on_scene(predicted)
    return EvaluationRecord(
        variant=variant,
        dataset=dataset,
        metric_settings=DEFAULT_SETTINGS.describe(),
        input_ev=model.variant.inputs.ev,
        scenes=tuple(rows),
    )
