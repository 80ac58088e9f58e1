import pytest

from hdrbatch.records import NETWORK, ComparisonRecord, ComparisonRow, Scores, best_scores
from hdrbatch.report.scores import comparison_table, gains, score_text


def scores(psnr_l=None, stops_clipped=None):
    return Scores(psnr_l=psnr_l, psnr_mu=None, pu21_psnr=None, ssim_mu=None, stops_clipped=stops_clipped)


def row(method, mean, variant="ldr"):
    return ComparisonRow(variant=variant, num_inputs=1, method=method, num_scenes=3, mean=mean)


@pytest.fixture
def comparison():
    rows = (
        row(NETWORK, scores(30.0, 0.5)),
        row("linearised photograph", scores(25.0, 2.0)),
        row("merge of the inputs", scores(32.0, 1.0)),
    )
    return ComparisonRecord(sweep="s", dataset="d", metric_settings="m", rows=rows)


def test_the_best_is_the_highest_but_for_errors_the_lowest():
    best = best_scores([scores(30.0, 0.5), scores(32.0, 1.0), scores(None, None)])
    assert best["psnr_l"] == 32.0
    assert best["stops_clipped"] == 0.5
    assert best["ssim_mu"] is None


def test_the_gain_is_over_the_best_baseline_and_positive_where_better(comparison):
    found = gains(comparison.rows)
    assert found["psnr_l"] == -2.0
    assert found["stops_clipped"] == 0.5
    assert found["psnr_mu"] is None


def test_without_a_baseline_there_is_no_gain(comparison):
    assert set(gains(comparison.rows[:1]).values()) == {None}


def test_the_table_marks_the_best_and_says_which_way_is_better(comparison, parse):
    table = parse(comparison_table(comparison))
    heads = [head.text for head in table.all("thead")[0].all("th")]
    assert heads[:4] == ["variant", "method", "scenes", "PSNR-L (dB) \u2191"]
    assert heads[-1] == "error where clipped (stops) \u2193"
    assert [strong.text for strong in table.all("strong")] == ["0.5000", "32.00"]
    (gain,) = table.of_class("gain")
    assert [cell.text for cell in gain.of_class("worse")] == ["\u22122.00"]
    assert [cell.text for cell in gain.of_class("better")] == ["+0.5000"]


def test_a_score_that_is_not_defined_is_a_dash():
    assert score_text(None) == "\u2013"
    assert [score_text(value) for value in (27.346, 0.97694, -1.5)] == ["27.35", "0.9769", "\u22121.50"]
