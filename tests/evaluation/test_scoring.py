"""Scores have the right units, and count the right scenes and the right clipped pixels."""

import numpy as np
import pytest
import torch

from hdrbatch.evaluation.evaluation_scene import EvaluationScene
from hdrbatch.evaluation.methods import DEBEVEC, LINEARISED, MERGE, TRIANGLE
from hdrbatch.evaluation.scoring import evaluate, predictions, response_of
from hdrbatch.imaging.masks import input_masks
from hdrbatch.imaging.metrics import evaluate_prediction
from hdrbatch.imaging.response import parse_response
from hdrbatch.imaging.sensor import Sensor, photograph
from hdrbatch.learning.model import Model, build_network
from hdrbatch.records.scores import METRIC_TITLES, NETWORK
from hdrbatch.specs.variant import InputSpec, NetworkSpec, VariantSpec


def scene(ev, seed=1):
    """Radiance over 14 stops, photographed without noise."""
    rng = np.random.default_rng(seed)
    reference = np.exp2(rng.uniform(-8, 6, (24, 32, 3))).astype(np.float32)
    still = np.zeros_like(reference)
    curve = parse_response("srgb")
    photos = [photograph(reference, 2.0**value, Sensor(), curve, still, still) for value in ev]
    return EvaluationScene("scene", tuple(ev), photos, reference)


def untrained(mode, ev, **inputs):
    """A residual network whose last layer is zero: it returns its base."""
    inputs = InputSpec(mode=mode, ev=ev, **inputs)
    variant = VariantSpec(inputs=inputs, network=NetworkSpec(width=4, depth=1, output="residual"))
    network = build_network(variant)
    network.eval()
    return Model(network, variant)


@pytest.mark.parametrize(
    ("mode", "ev", "baseline"),
    [
        ("photographs", (0.0,), LINEARISED),
        ("photographs", (-3.0,), LINEARISED),
        ("candidates", (-2.0, 0.0, 2.0), MERGE),
        ("candidates", (-5.0, -3.0, 1.0), MERGE),
        ("candidates", (4.0, 2.0, 0.0), MERGE),
    ],
)
def test_a_network_that_changes_nothing_scores_as_its_base_at_any_exposure(mode, ev, baseline):
    record = evaluate(untrained(mode, ev), [scene(ev)], variant="v", dataset="d")
    network, base = record.mean(NETWORK), record.mean(baseline)
    defined = [metric for metric in METRIC_TITLES if getattr(base, metric) is not None]
    assert len(defined) >= 9
    for metric in defined:
        assert getattr(network, metric) == pytest.approx(getattr(base, metric), rel=1e-3), metric


@pytest.mark.parametrize("ev", [(0.0,), (-3.0,), (2.0,)])
def test_predictions_are_in_ev_0_units_where_the_photograph_is_informative(ev):
    (predicted,) = predictions(untrained("photographs", ev), [scene(ev)])
    photo, reference = predicted.scene.photos[0], predicted.scene.reference_ev0
    in_range = (photo > 0.2) & (photo < 0.95)
    for radiance in predicted.by_method.values():
        np.testing.assert_allclose(radiance[in_range], reference[in_range], rtol=0.05)


def test_errors_are_taken_where_every_input_loses_the_scene():
    ev = (-2.0, 0.0, 2.0)
    model, test_scene = untrained("candidates", ev), scene(ev)
    record = evaluate(model, [test_scene], variant="v", dataset="d")
    masks = input_masks(test_scene.photos, [2.0**value for value in ev])
    (predicted,) = predictions(model, [test_scene])
    expected = evaluate_prediction(predicted.by_method[NETWORK], test_scene.reference_ev0, masks)
    assert 0 < masks.clipped.mean() < 0.9
    for name, value in expected.items():
        found = getattr(record.mean(NETWORK), name)
        assert found == pytest.approx(value) if found is not None else np.isnan(value), name


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
    assert record.methods == (NETWORK, LINEARISED, DEBEVEC, TRIANGLE, MERGE)
    assert len(record.scenes) == 3 * len(record.methods)
    values = [row.scores.psnr_mu for row in record.scenes if row.method == MERGE]
    assert record.mean(MERGE).psnr_mu == pytest.approx(sum(values) / 3)


def test_all_merges_are_close_to_the_truth_where_the_photographs_are_informative():
    test_scene = smooth_scene((-2.0, 0.0, 2.0), parse_response("srgb"))
    record = evaluate(untrained("candidates", test_scene.ev), [test_scene], variant="v", dataset="d")
    for method in (MERGE, DEBEVEC, TRIANGLE):
        assert record.mean(method).stops_mid < 0.1, method


def test_what_is_not_defined_is_none():
    dark = scene((-5.0,))
    tame = EvaluationScene("tame", dark.ev, [photo * 0.5 for photo in dark.photos], dark.reference_ev0)
    record = evaluate(untrained("photographs", (-5.0,)), [tame], variant="v", dataset="d")
    assert record.mean(NETWORK).stops_clipped is None
    assert record.mean(NETWORK).psnr_l is not None


@pytest.mark.parametrize("brackets", ["fixed", "any"])
def test_the_record_says_whether_the_network_takes_any_bracket(brackets):
    inputs = InputSpec.model_validate({"ev": (-2.0, 0.0), "brackets": brackets})
    variant = VariantSpec(inputs=inputs, network=NetworkSpec(width=4, depth=1))
    model = Model(build_network(variant).eval(), variant)
    record = evaluate(model, [scene((-2.0, 0.0))], variant="v", dataset="d")
    assert record.any_bracket == (brackets == "any")
    assert record.input_ev == (-2.0, 0.0)


def test_evaluation_leaves_the_network_as_it_was():
    model = untrained("photographs", (0.0,))
    before = {name: value.clone() for name, value in model.network.state_dict().items()}
    evaluate(model, [scene((0.0,))], variant="v", dataset="d")
    assert all(torch.equal(value, before[name]) for name, value in model.network.state_dict().items())


def smooth_scene(ev, curve, stated=None):
    """Gradients that many photographs expose well, taken with a curve that is not sRGB."""
    rows, columns = np.mgrid[:96, :128] / 96
    stops = np.stack([-7 + 9 * columns * 0.75, -7 + 9 * rows, -3 + 4 * rows * columns], axis=-1)
    reference = np.exp2(stops).astype(np.float32)
    still = np.zeros_like(reference)
    photos = [photograph(reference, 2.0**value, Sensor(), curve, still, still) for value in ev]
    return EvaluationScene("smooth", ev, photos, reference, curve, stated)


def error_of_merge(model, test_scene):
    return evaluate(model, [test_scene], variant="v", dataset="d").mean(MERGE).stops_mid


def test_a_known_response_is_used_and_a_calibrated_one_comes_near_it():
    ev, curve = (-2.0, 0.0, 2.0), parse_response("gamma:1.4")
    errors = {
        response: error_of_merge(untrained("candidates", ev, response=response), smooth_scene(ev, curve))
        for response in ("known", "calibrated", "srgb")
    }
    assert errors["known"] < errors["calibrated"] < errors["srgb"]
    assert errors["calibrated"] < 0.3 < 0.5 < errors["srgb"]


def test_photographs_without_a_known_response_are_assumed_srgb():
    one = scene((0.0,))
    for response in ("known", "srgb"):
        assert response_of(one, InputSpec(response=response)).name == "srgb"
    assert response_of(one, InputSpec(response="gamma:2")).name == "gamma:2"


def test_a_scene_that_cannot_be_calibrated_is_assumed_srgb_with_a_note():
    ev = (-2.0, 0.0, 2.0)
    dark = EvaluationScene("dark", ev, [np.zeros((16, 16, 3), np.float32)] * 3, np.ones((16, 16, 3)))
    model = untrained("candidates", ev, response="calibrated")
    (note,) = evaluate(model, [dark], variant="v", dataset="d").notes
    assert note.startswith("dark: assumed srgb, since its response could not be calibrated: calibration")


def test_one_photograph_cannot_be_calibrated_and_that_is_noted():
    model = untrained("candidates", (0.0,), response="calibrated")
    (note,) = evaluate(model, [scene((0.0,))], variant="v", dataset="d").notes
    assert "assumed srgb, since its response could not be calibrated" in note


def test_stated_exposures_count_as_ratios_and_the_middle_one_is_the_unit():
    ev, curve = (-3.0, -1.0, 1.0), parse_response("srgb")
    right = smooth_scene(ev, curve, stated=(0.01, 0.04, 0.16))
    assert right.exposures() == pytest.approx([2.0**value for value in ev])
    wrong = smooth_scene(ev, curve, stated=(0.25, 1.0, 8.0))
    assert wrong.exposures() == pytest.approx([0.125, 0.5, 4.0])
    model = untrained("candidates", ev)
    assert error_of_merge(model, wrong) > error_of_merge(model, right) + 0.1
