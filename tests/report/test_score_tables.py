import pytest

from hdrbatch.evaluation.variant_comparison import compare
from hdrbatch.records.scores import NETWORK, EvaluationRecord, SceneScores, Scores, best_scores
from hdrbatch.report.score_tables import comparison_table, first_of_group_table, score_text

MERGE = "merge of the inputs"
SCORES = {
    NETWORK: ((30.0, 0.5), (32.0, 0.6)),
    "linearised photograph": ((25.0, 2.0), (25.0, 2.0)),
    MERGE: ((32.0, 1.0), (34.5, 1.1)),
}


def evaluation(variant, scores=SCORES):
    """Two scenes' PU21-PSNR and error in stops by method."""
    rows = [
        SceneScores(
            scene=f"scene-{number}", method=method, scores=Scores(pu21_psnr=decibels, stops_clipped=stops)
        )
        for method, scenes in scores.items()
        for number, (decibels, stops) in enumerate(scenes)
    ]
    return EvaluationRecord(
        variant=variant, dataset="d", metric_settings="m", input_ev=(0.0,), scenes=tuple(rows)
    )


@pytest.fixture
def comparison():
    better = {**SCORES, NETWORK: ((31.0, 0.5), (34.0, 0.7))}
    seeds = [evaluation("a"), evaluation("b", better), evaluation("b-seed1", better)]
    return compare("s", seeds, {"g": ["a", "b"]}, {"b-seed1": "b"})


def test_the_best_is_the_highest_but_for_errors_the_lowest():
    found = [Scores(psnr_l=30.0, stops_clipped=0.5), Scores(psnr_l=32.0, stops_clipped=0.6), Scores()]
    best = best_scores(found)
    assert best["psnr_l"] == 32.0
    assert best["stops_clipped"] == 0.5
    assert best["ssim_mu"] is None


def test_the_gain_is_over_the_best_baseline_with_interval_and_share_won(comparison, parse):
    table = parse(comparison_table(comparison, ["a"]))
    (gain,) = table.of_class("gain")
    assert f"gain over the {MERGE}" in gain.text
    (worse,) = gain.of_class("worse")
    assert worse.text == "\u22122.25 \u22122.50 to \u22122.00, won 0 %"
    (better,) = gain.of_class("better")
    assert better.text == "+0.5000 +0.5000 to +0.5000, won 100 %"


def test_without_a_baseline_there_is_no_gain(parse):
    alone = compare("s", [evaluation("a", {NETWORK: SCORES[NETWORK]})])
    assert not parse(comparison_table(alone, ["a"])).of_class("gain")


def test_the_table_marks_the_best_and_says_which_way_is_better(comparison, parse):
    table = parse(comparison_table(comparison, ["a"]))
    heads = [head.text for head in table.all("thead")[0].all("th")]
    assert heads[:4] == ["variant", "method", "scenes", "PSNR-L (dB) \u2191"]
    assert heads[-1] == "error where clipped (stops) \u2193"
    assert [strong.text for strong in table.all("strong")] == ["0.5500", "33.25"]
    assert "30.00 to 32.00" in [small.text for small in table.all("small")]


def test_several_seeds_stand_in_one_row_with_their_spread(comparison, parse):
    table = parse(comparison_table(comparison, ["b"]))
    network = table.all("tbody")[0].all("tr")[0]
    assert "2, 2 seeds" in network.text
    assert "seeds 32.50 to 32.50" in network.text


def test_variants_are_set_beside_the_first_of_their_group(comparison, parse):
    table = parse(first_of_group_table(comparison, ["a", "b"]))
    assert table.all("th")[0].text == "gain over a"
    (row,) = table.all("tbody")[0].all("tr")
    assert row.children[0].text == "b"
    assert row.of_class("better")[0].text == "+1.50 +1.00 to +2.00, won 100 %"
    assert first_of_group_table(comparison, ["a"]) is None


def test_a_score_that_is_not_defined_is_a_dash():
    assert score_text(None) == "\u2013"
    assert [score_text(value) for value in (27.346, 0.97694, -1.5)] == ["27.35", "0.9769", "\u22121.50"]
