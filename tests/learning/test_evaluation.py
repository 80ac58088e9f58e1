"""Scores in the right units, of the right scenes, where the right pixels are clipped."""

import numpy as np
import pytest
import torch

from hdrbatch.imaging.candidates import clipped
from hdrbatch.imaging.metrics import evaluate_prediction
from hdrbatch.imaging.response import parse_response
from hdrbatch.imaging.sensor import Sensor, photograph
from hdrbatch.learning.evaluation import LINEARISED, MERGE, EvaluationScene, evaluate, predictions
from hdrbatch.learning.model import Model, build_network
from hdrbatch.records import METRIC_TITLES, NETWORK
from hdrbatch.specs.training import InputSpec, NetworkSpec, VariantSpec


def scene(ev, seed=1):
    """Radiance over 14 stops, photographed without noise."""
    rng = np.random.default_rng(seed)
    reference = np.exp2(rng.uniform(-8, 6, (24, 32, 3))).astype(np.float32)
    still = np.zeros_like(reference)
    curve = parse_response("srgb")
    photos = [photograph(reference, 2.0**value, Sensor(), curve, still, still) for value in ev]
    return EvaluationScene("scene", tuple(ev), photos, reference)


def untrained(mode, ev):
    """A residual network whose last layer is zero: it answers what its base says."""
    inputs = InputSpec(mode=mode, ev=ev)
    variant = VariantSpec(inputs=inputs, network=NetworkSpec(width=4, depth=1, output="residual"))
    network = build_network(variant)
    network.eval()
    return Model(network, variant)


@pytest.mark.parametrize(
    ("mode", "ev", "baseline"),
    [
        ("ldr", (0.0,), LINEARISED),
        ("ldr", (-3.0,), LINEARISED),
        ("candidates", (-2.0, 0.0, 2.0), MERGE),
        ("candidates", (-5.0, -3.0, 1.0), MERGE),
        ("candidates", (4.0, 2.0, 0.0), MERGE),
    ],
)
def test_a_network_that_changes_nothing_scores_as_its_base_at_any_exposure(mode, ev, baseline):
    record = evaluate(untrained(mode, ev), [scene(ev)], variant="v", dataset="d")
    network, base = record.mean(NETWORK), record.mean(baseline)
    for metric in METRIC_TITLES:
        assert getattr(network, metric) == pytest.approx(getattr(base, metric), rel=1e-3), metric


@pytest.mark.parametrize("ev", [(0.0,), (-3.0,), (2.0,)])
def test_predictions_are_in_ev_0_units_where_the_photograph_tells(ev):
    (predicted,) = predictions(untrained("ldr", ev), [scene(ev)])
    photo, reference = predicted.scene.photos[0], predicted.scene.reference_ev0
    told = (photo > 0.2) & (photo < 0.95)
    for radiance in predicted.by_method.values():
        np.testing.assert_allclose(radiance[told], reference[told], rtol=0.05)


def test_stops_are_taken_where_every_input_is_clipped():
    ev = (-2.0, 0.0, 2.0)
    model, test_scene = untrained("candidates", ev), scene(ev)
    record = evaluate(model, [test_scene], variant="v", dataset="d")
    lost = np.any(clipped(test_scene.photos[0]), axis=-1)
    assert 0 < lost.mean() < np.any(clipped(test_scene.photos[2]), axis=-1).mean()
    (predicted,) = predictions(model, [test_scene])
    expected = evaluate_prediction(predicted.by_method[NETWORK], test_scene.reference_ev0, lost)
    assert record.mean(NETWORK).stops_clipped == pytest.approx(expected["stops_clipped"])


def test_every_scene_is_scored_by_every_method_and_the_mean_is_over_scenes():
    ev = (-2.0, 0.0, 2.0)
    scenes = [scene(ev, seed) for seed in (1, 2, 3)]
    seen = []
    record = evaluate(
        untrained("candidates", ev),
        scenes,
        variant="v",
        dataset="d",
        on_scene=lambda one: seen.append(one.scene),
    )
    assert seen == scenes
    assert record.methods == (NETWORK, LINEARISED, MERGE)
    assert len(record.scenes) == 9
    values = [row.scores.psnr_mu for row in record.scenes if row.method == MERGE]
    assert record.mean(MERGE).psnr_mu == pytest.approx(sum(values) / 3)


def test_what_is_not_defined_is_none():
    dark = scene((-5.0,))
    tame = EvaluationScene("tame", dark.ev, [photo * 0.5 for photo in dark.photos], dark.reference_ev0)
    record = evaluate(untrained("ldr", (-5.0,)), [tame], variant="v", dataset="d")
    assert record.mean(NETWORK).stops_clipped is None
    assert record.mean(NETWORK).psnr_l is not None


def test_evaluation_leaves_the_network_as_it_was():
    model = untrained("ldr", (0.0,))
    before = {name: value.clone() for name, value in model.network.state_dict().items()}
    evaluate(model, [scene((0.0,))], variant="v", dataset="d")
    assert all(torch.equal(value, before[name]) for name, value in model.network.state_dict().items())
