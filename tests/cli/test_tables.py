"""The table of a comparison says what was gained, whether that is sure, and fits into 80 columns."""

import io

import numpy as np
import pytest
from rich.console import Console

from hdrbatch.cli.tables import HEADINGS, bracket_table, comparison_table
from hdrbatch.evaluation.variant_comparison import compare
from hdrbatch.records.scores import (
    MAIN_METRICS,
    NETWORK,
    BracketScores,
    EvaluationRecord,
    RealEvaluationRecord,
    SceneScores,
    Scores,
)

MEANS = {"linearised photograph": 27.9, "merge of the inputs": 29.1, "triangle merge": 28.3, NETWORK: 31.4}


def evaluation(variant, gain=0.0, num_scenes=24):
    rng = np.random.default_rng(0)
    rows = []
    for number in range(num_scenes):
        scene = rng.normal(0, 4)
        for method, mean in MEANS.items():
            decibels = mean + scene + rng.normal(0, 0.3) + (gain if method == NETWORK else 0)
            scores = Scores(
                psnr_l=decibels + 12,
                psnr_mu=decibels + 3,
                pu21_psnr=decibels,
                pu21_psnr_corrected=decibels + 2,
                ssim_mu=min(1.0, 0.5 + decibels / 100),
                stops_clipped=3 - decibels / 20 if number else None,
            )
            rows.append(SceneScores(scene=f"scene-{number}", method=method, scores=scores))
    return EvaluationRecord(
        variant=variant, dataset="d", metric_settings="m.", input_ev=(0.0,), scenes=tuple(rows)
    )


@pytest.fixture
def shown():
    def shown(comparison, width=80):
        text = io.StringIO()
        Console(file=text, width=width).print(comparison_table(comparison, "sweep s on dataset d"))
        return text.getvalue()

    return shown


def test_the_columns_are_the_main_metrics():
    assert tuple(HEADINGS) == MAIN_METRICS


def test_each_variant_has_its_network_its_best_baseline_and_the_gain(shown):
    text = shown(compare("s", [evaluation("a-rather-long-name-of-a-variant"), evaluation("b", gain=-2.3)]))
    lines = text.splitlines()
    assert "PU21 corr." in lines[2]
    first = [line for line in lines if "merge of the" in line]
    assert len(first) == 2
    assert "linearised photograph" not in text
    gains = [line.split() for line in lines if line.lstrip().startswith("gain")]
    assert len(gains) == 2
    assert all(cell.endswith("*") and cell.startswith("+") for cell in gains[0][1:])
    # Against the best baseline by 2.3 dB, less 2.3: no gain that is sure.
    assert not any(cell.endswith("*") for cell in gains[1][1:])
    assert "24 scenes" in text
    assert "excludes zero" in text


def test_a_gain_too_small_to_be_seen_is_not_called_sure(shown):
    rows = tuple(
        SceneScores(scene=f"s{number}", method=method, scores=Scores(pu21_psnr=30.0 + number + better))
        for method, better in ((NETWORK, -0.001), ("merge of the inputs", 0.0))
        for number in range(9)
    )
    record = EvaluationRecord(variant="v", dataset="d", metric_settings="m", input_ev=(0.0,), scenes=rows)
    (line,) = [line for line in shown(compare("s", [record])).splitlines() if "gain " in line[:8]]
    assert line.split() == ["gain", "-", "-", "0.00", "-", "-", "-"]


def test_no_number_is_cut_in_80_columns(shown):
    narrow, wide = (shown(compare("s", [evaluation("networks-of-width-16")]), width) for width in (80, 200))
    assert "\u2026" not in narrow
    assert max(map(len, narrow.splitlines())) <= 80
    numbers = [word for word in wide.split("PSNR in dB")[0].split() if word[-1].isdigit() and "." in word]
    assert sum("\u00b1" in word for word in numbers) == 12
    assert len(numbers) == 24
    assert all(word in narrow for word in numbers)


def test_every_group_has_a_table_and_several_seeds_are_told(shown):
    evaluations = [evaluation(name) for name in ("a", "a-seed1", "b")]
    text = shown(compare("s", evaluations, {"one": ["a"], "two": ["a", "b"]}, {"a-seed1": "a"}))
    assert "sweep s on dataset d: one" in text
    assert "sweep s on dataset d: two" in text
    assert "24 scenes, 2 seeds" in text


def test_a_score_that_is_not_defined_is_a_dash(shown):
    rows = (SceneScores(scene="s", method=NETWORK, scores=Scores(psnr_l=40.0)),)
    record = EvaluationRecord(variant="v", dataset="d", metric_settings="m", input_ev=(0.0,), scenes=rows)
    lines = shown(compare("s", [record])).splitlines()
    (line,) = [line for line in lines if line.startswith(" v ") and "40.00" in line]
    assert line.split()[-5:] == ["-"] * 5


def test_the_table_of_brackets_has_a_line_for_each_method_and_marks_the_best():
    scores = [
        BracketScores(
            bracket="arch",
            test="held out",
            given=("a.jpg", "b.jpg"),
            against="c.jpg",
            method=method,
            compared_fraction=0.5,
            psnr_codes=codes,
        )
        for method, codes in ((NETWORK, 31.0), ("merge of the inputs", 29.5))
    ]
    record = RealEvaluationRecord(model="local/one", metric_settings="m", scores=tuple(scores))
    text = io.StringIO()
    Console(file=text, width=100, force_terminal=True, no_color=False).print(bracket_table(record))
    assert "arch: 2 photographs, against c.jpg" in text.getvalue()
    assert "\x1b[1m31.00" in text.getvalue()
    assert "\x1b[1m29.50" not in text.getvalue()


def test_what_a_bracket_was_tested_with_is_in_one_line_of_80_columns():
    scores = [
        BracketScores(
            bracket="a-long-name-of-a-folder",
            test="subset",
            given=("a.jpg",),
            against=against,
            method=method,
            compared_fraction=0.5,
            psnr_mu=31.0,
            pu21_psnr=32.0,
            pu21_psnr_corrected=33.0,
            stops_clipped=1.5,
        )
        for against in ("merge of all 9", "merge of all 3")
        for method in (NETWORK, "linearised photograph")
    ]
    record = RealEvaluationRecord(model="local/one", metric_settings="m", scores=tuple(scores))
    text = io.StringIO()
    Console(file=text, width=80).print(bracket_table(record))
    lines = [line.strip() for line in text.getvalue().splitlines()]
    assert "a-long-name-of-a-folder: 1 photograph, against merge of all 9" in lines
    assert "a-long-name-of-a-folder: 1 photograph, against merge of all 3" in lines
    assert max(map(len, text.getvalue().splitlines())) <= 80
    (networks, photographs) = ([line for line in lines if line.startswith(m)] for m in ("network", "linea"))
    assert [line.split()[-5:] for line in networks + photographs] == [
        ["31.00", "32.00", "33.00", "1.50", "-"]
    ] * 4
