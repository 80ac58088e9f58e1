"""Means with intervals, and differences on the same scenes only."""

import pytest

from hdrbatch.evaluation.variant_comparison import compare
from hdrbatch.records.comparison import NO_GROUP, ComparisonRecord
from hdrbatch.records.scores import NETWORK, EvaluationRecord, SceneScores, Scores

BASELINE = "linearised photograph"


def evaluation(variant, network, baseline=None, ev=(0.0,), stops=None):
    """Scores in PU21-PSNR by scene; those of the baseline are 20 by default."""
    baseline = dict.fromkeys(network, 20.0) if baseline is None else baseline
    rows = [
        SceneScores(scene=scene, method=method, scores=Scores(pu21_psnr=score, stops_clipped=stops))
        for method, scores in ((NETWORK, network), (BASELINE, baseline))
        for scene, score in scores.items()
    ]
    return EvaluationRecord(
        variant=variant, dataset="d", metric_settings="m.", input_ev=ev, scenes=tuple(rows)
    )


def scenes(*scores):
    return {f"scene-{number}": score for number, score in enumerate(scores)}


def test_every_row_has_its_mean_interval_and_number_of_scenes():
    record = compare("s", [evaluation("a", scenes(30.0, 32.0, 37.0))])
    network, baseline = record.rows
    assert (network.method, baseline.method) == (NETWORK, BASELINE)
    interval = network.intervals["pu21_psnr"]
    assert network.mean.pu21_psnr == interval.mean == 33.0
    assert interval.low < 33 < interval.high
    assert (network.num_scenes, interval.num_scenes) == (3, 3)
    assert "psnr_l" not in network.intervals
    assert "percentile bootstrap" in record.metric_settings
    assert record.metric_settings.startswith("m. ")


def test_a_metric_counts_the_scenes_where_it_is_defined():
    record = compare("s", [evaluation("a", {"one": 30.0, "two": None, "three": 32.0})])
    assert record.rows[0].num_scenes == 3
    assert record.rows[0].intervals["pu21_psnr"].num_scenes == 2


def test_the_gain_over_a_baseline_is_taken_scene_by_scene():
    record = compare("s", [evaluation("a", scenes(21.0, 31.0, 41.0), scenes(20.0, 30.0, 40.5))])
    gain = record.gain("a", "a", BASELINE).metrics["pu21_psnr"]
    assert gain.difference.mean == pytest.approx(2.5 / 3)
    assert gain.won_share == 1.0
    assert gain.excludes_zero


def test_views_of_one_panorama_are_resampled_together():
    alone = evaluation("a", scenes(21.0, 22.0, 30.0, 31.0))
    rows = [row.model_copy(update={"origin": f"p{row.scene[-1] in '23'}"}) for row in alone.scenes]
    together = alone.model_copy(update={"scenes": tuple(rows)})
    (first, *_), (second, *_) = (compare("s", [found]).rows for found in (alone, together))
    assert first.intervals["pu21_psnr"].num_origins == 4
    assert second.intervals["pu21_psnr"].num_origins == 2
    gain = compare("s", [together]).gain("a", "a", BASELINE).metrics["pu21_psnr"].difference
    assert (gain.low, gain.high) == (1.5, 10.5)


def test_less_error_is_a_gain():
    ours = evaluation("a", scenes(20.0, 20.0), stops=0.5)
    theirs = evaluation("b", scenes(20.0, 20.0), stops=0.8)
    record = compare("s", [theirs, ours])
    assert record.gain("a", "b", NETWORK).metrics["stops_clipped"].difference.mean == pytest.approx(0.3)


def test_variants_are_compared_with_the_first_of_their_group_on_scenes_of_both():
    first = evaluation("first", {"one": 20.0, "two": 21.0, "only here": 99.0})
    other = evaluation("other", {"two": 22.0, "one": 22.0, "only there": 0.0})
    alone = evaluation("alone", {"one": 20.0})
    groups = {"pair": ["first", "other"], "single": ["alone"], "empty": ["never trained"]}
    record = compare("s", [first, other, alone], groups)
    gain = record.gain("other", "first", NETWORK).metrics["pu21_psnr"]
    assert (gain.difference.mean, gain.difference.num_scenes) == (1.5, 2)
    assert record.gain("alone", "first", NETWORK) is None
    assert record.groups == {"pair": ("first", "other"), "single": ("alone",)}


def test_variants_of_no_group_are_shown_first_and_gain_over_nobody():
    found = [evaluation(name, scenes(20.0, 21.0)) for name in ("a", "best", "b", "better")]
    record = compare("s", found, {"pair": ["a", "b"]})
    assert list(record.grouped().items()) == [(NO_GROUP, ("best", "better")), ("pair", ("a", "b"))]
    assert record.groups == {"pair": ("a", "b")}
    assert record.gain("better", "best", NETWORK) is None
    assert compare("s", found[::2], {"pair": ["a", "b"]}).grouped() == {"pair": ("a", "b")}
    assert list(compare("s", found).grouped()) == ["s"]


def test_errors_under_masks_are_not_compared_between_variants_with_other_inputs():
    one = evaluation("one", scenes(20.0, 21.0), stops=1.0)
    three = evaluation("three", scenes(25.0, 26.0), ev=(-2.0, 0.0, 2.0), stops=0.5)
    record = compare("s", [one, three])
    assert set(record.gain("three", "one", NETWORK).metrics) == {"pu21_psnr"}
    assert "stops_clipped" in record.gain("three", "three", BASELINE).metrics
    turned = evaluation("turned", scenes(25.0, 27.0), ev=(2.0, 0.0, -2.0), stops=0.4)
    assert "stops_clipped" in compare("s", [three, turned]).gain("turned", "three", NETWORK).metrics


def test_seeds_are_averaged_scene_by_scene_and_their_spread_is_kept():
    seeds = [
        evaluation("a", scenes(30.0, 40.0)),
        evaluation("a-seed1", scenes(32.0, 44.0)),
        evaluation("b", scenes(10.0, 10.0)),
    ]
    record = compare("s", seeds, {"g": ["a", "a-seed1", "b"]}, {"a-seed1": "a"})
    assert [(row.variant, row.num_seeds) for row in record.rows[::2]] == [("a", 2), ("b", 1)]
    row = record.rows[0]
    assert row.mean.pu21_psnr == 36.5
    assert row.intervals["pu21_psnr"].num_scenes == 2
    assert (row.least_of_seeds.pu21_psnr, row.most_of_seeds.pu21_psnr) == (35.0, 38.0)
    assert record.rows[2].least_of_seeds is None
    assert record.groups == {"g": ("a", "b")}
    assert record.gain("b", "a", NETWORK).metrics["pu21_psnr"].difference.mean == -26.5


def test_the_record_is_read_back_as_it_was_and_older_ones_are_read_too():
    record = compare("s", [evaluation("a", scenes(30.0, 32.0)), evaluation("b", scenes(31.0, 32.0))])
    assert ComparisonRecord.model_validate_json(record.to_bytes()) == record
    older = (
        '{"sweep": "s", "dataset": "d", "metric_settings": "m", "rows": [{"variant": "a", "num_inputs": 1, '
        '"method": "network", "num_scenes": 1, "mean": {"psnr_l": 1, "psnr_mu": 2, "pu21_psnr": 3, '
        '"ssim_mu": 0.5, "stops_clipped": null}}]}'
    )
    assert ComparisonRecord.model_validate_json(older).grouped() == {"s": ("a",)}
