import importlib.util

import numpy as np
import pytest

from hdrbatch.evaluation.colorvideovdp import ColorVideoVdp, color_video_vdp


@pytest.fixture
def vision():
    found = color_video_vdp()
    if found.metric is None:
        pytest.skip(found.settings)
    return found


def test_if_it_is_not_available_the_settings_state_why():
    if importlib.util.find_spec("pycvvdp") is not None:
        pytest.skip("pycvvdp is installed")
    found = color_video_vdp()
    assert found.metric is None
    assert "left out, since pycvvdp cannot be imported (No module named 'pycvvdp')" in found.settings
    assert found.jod(np.ones((4, 4, 3), np.float32), np.ones((4, 4, 3), np.float32)) is None


class Recorder:
    """Stand-in for a package that may not be installed; it records what it was shown."""

    def predict(self, test, reference, dim_order):
        self.shown = (test, reference, dim_order)
        return np.float32(8.5), {}


def test_it_is_shown_the_prediction_then_the_reference_in_cd_m2():
    recorder = Recorder()
    prediction, reference = np.full((4, 4, 3), -0.5, np.float32), np.full((4, 4, 3), 2.0, np.float32)
    assert ColorVideoVdp(recorder, "").jod(prediction, reference) == 8.5
    shown, wanted, order = recorder.shown
    assert order == "HWC"
    assert shown.max() == 0
    assert wanted.min() == wanted.max() == 200.0


def test_a_worse_picture_has_a_lower_quality(vision):
    reference = np.random.default_rng(0).lognormal(-1, 1, (64, 64, 3)).astype(np.float32)
    perfect = vision.jod(reference, reference)
    assert perfect == pytest.approx(10, abs=0.01)
    noise = np.exp2(np.random.default_rng(1).normal(0, 1, reference.shape)).astype(np.float32)
    assert vision.jod(reference * noise, reference) < perfect - 0.5
    assert "ColorVideoVDP v" in vision.settings
