"""Scenes for training."""

import pytest

from hdrbatch.learning.training_radiance import SceneSet, TrainingScene
from tests.learning.loop.trainings import LADDER, Write


@pytest.fixture
def scenes(lamps: TrainingScene, written: Write) -> SceneSet:
    """The lamps, and the same in motion."""
    exposures = {ev: lamps.reference_ev0 * (1 + 0.1 * ev) for ev in LADDER}  # type: ignore[operator]
    return written(lamps, TrainingScene("moving", lamps.reference_ev0, exposures))  # type: ignore[arg-type]


@pytest.fixture
def none(written: Write) -> SceneSet:
    return written()
