"""Intervals have the stated coverage, and pairs reveal differences that means do not."""

import numpy as np
import pytest

from hdrbatch.evaluation.intervals import mean_interval, paired_difference


def test_the_interval_of_many_scenes_is_that_of_the_normal_distribution():
    values = np.random.default_rng(0).normal(30, 4, 400)
    found = mean_interval(values.tolist())
    standard_error = values.std() / 20
    assert found.mean == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - 1.96 * standard_error, abs=0.03)
    assert found.high == pytest.approx(values.mean() + 1.96 * standard_error, abs=0.03)
    assert found.half_width == pytest.approx(1.96 * standard_error, abs=0.03)


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    """The percentile interval of 20 scenes is a little narrow, a known bias: 93 % instead of 95."""
    rng = np.random.default_rng(1)
    held = [
        found.low <= 0 <= found.high
        for found in (mean_interval(rng.normal(0, 1, 20).tolist()) for _ in range(200))
    ]
    assert 0.88 <= np.mean(held) <= 0.98


def test_the_same_scores_give_the_same_interval():
    values = [1.0, 5.0, 2.0, 8.0]
    assert mean_interval(values) == mean_interval(list(values))


def test_a_single_scene_has_its_value_as_interval_and_is_not_significant():
    found = paired_difference([3.0], [1.0])
    assert (found.difference.low, found.difference.high, found.difference.num_scenes) == (2.0, 2.0, 1)
    assert not found.excludes_zero


def test_a_small_steady_gain_is_seen_in_pairs_where_the_means_overlap():
    rng = np.random.default_rng(2)
    scenes = rng.normal(30, 6, 30)
    ours = scenes + rng.normal(0.5, 0.2, 30)
    found = paired_difference(ours.tolist(), scenes.tolist())
    assert mean_interval(ours.tolist()).low < mean_interval(scenes.tolist()).high
    assert found.excludes_zero
    assert found.won_share > 0.95
    reversed_ = paired_difference(scenes.tolist(), ours.tolist())
    assert reversed_.excludes_zero
    assert reversed_.won_share == pytest.approx(1 - found.won_share)


def test_scenes_of_one_origin_prove_little_more_than_one_of_them():
    rng = np.random.default_rng(3)
    by_origin = rng.normal(0, 1, 5)
    values = [value + rng.normal(0, 0.01) for value in by_origin for _ in range(20)]
    origins = [name for name in "abcde" for _ in range(20)]
    together, one_each = mean_interval(values, origins), mean_interval(values[::20])
    assert together.mean == pytest.approx(np.mean(values))
    assert together.half_width == pytest.approx(one_each.half_width, rel=0.03)
    assert mean_interval(values).half_width < together.half_width / 2


def test_origins_of_different_size_are_weighed_by_their_scenes():
    found = mean_interval([1.0, 1.0, 1.0, 5.0], ["a", "a", "a", "b"])
    assert (found.mean, found.low, found.high) == (2.0, 1.0, 5.0)


def test_views_of_a_single_panorama_prove_nothing():
    gained = paired_difference([3.0, 4.0, 5.0], [1.0, 1.0, 1.0], ["a", "a", "a"])
    assert (gained.difference.num_scenes, gained.difference.num_origins) == (3, 1)
    assert not gained.excludes_zero


def test_a_draw_counts_half_and_no_difference_excludes_nothing():
    found = paired_difference([1.0, 2.0], [1.0, 2.0])
    assert found.won_share == 0.5
    assert not found.excludes_zero


def test_what_cannot_be_averaged_or_paired_is_rejected():
    with pytest.raises(ValueError, match="no scores"):
        mean_interval([])
    with pytest.raises(ValueError, match="2 scores cannot be paired with 1"):
        paired_difference([1.0, 2.0], [1.0])
