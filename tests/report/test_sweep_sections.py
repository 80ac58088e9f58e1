import io
import json
import re

from rich.console import Console

from hdrbatch.cli.tables import comparison_table
from hdrbatch.records.comparison import ComparisonRecord
from hdrbatch.report.figures import write_figures
from hdrbatch.storage import keys


def test_variants_stand_in_the_order_of_the_comparison_in_curves_tables_and_pictures(report):
    page = report.parsed
    captions = [caption.all("b")[0].text for caption in page.part("curves").all("figcaption")]
    assert captions == ["ldr", "candidates"]
    titles = [title.text for title in page.part("scores").all("h4")]
    assert titles == ["ldr on the test scenes", "candidates on the test scenes"]
    summaries = [summary.text for summary in page.part("scores").all("summary")]
    assert summaries == ["ldr: scores of 2 test scenes", "candidates: scores of 2 test scenes"]


def test_the_caption_says_what_was_trained_and_how_it_ended(report):
    _, caption = page_captions = report.parsed.part("curves").all("figcaption")
    assert len(page_captions) == 2
    assert "3 photographs at EV \u22122, 0 and +2; U-Net of width 64 and depth 4" in caption.text
    assert "123,456 parameters; 60,000 steps" in caption.text
    # The loss is a logarithm: a share of it would say nothing.
    assert re.search(r"Validation loss 0\.0\d+ at the end, 0\.\d+ below the baseline's 0\.03", caption.text)


def test_the_scores_come_with_the_settings_of_the_metrics_and_every_scene(report):
    section = report.parsed.part("scores")
    assert "PSNR-L: radiance divided by 32." in section.text
    _, candidates = section.all("details")
    rows = [[cell.text for cell in row.children] for row in candidates.all("tbody")[0].all("tr")]
    assert len(rows) == 2 * 3
    assert rows[0] == ["interior-9001", "network", "40.00", "30.00", "28.00", "29.00", "0.9500", "0.5000"]
    assert rows[3][-1] == "\u2013"


def test_the_figure_of_a_sweep_says_what_it_shows_to_those_who_do_not_see_it(report):
    (figure,) = report.parsed.part("scores").of_class("answer")
    label = figure.all("svg")[0].attributes["aria-label"]
    assert "ldr and candidates" in label
    assert "28.50 dB" in label


def test_a_sweep_that_is_trained_but_not_compared_shows_what_there_is(shop, render_page):
    shop.add_sweep("local", "local")
    for found in list(shop.store.list(keys.receipts_of_kind("compare_variants"))):
        shop.store.delete(found.key)
    page = render_page(shop.store)
    (empty,) = page.part("scores").of_class("empty")
    assert "Not all variants of this sweep are trained; those that are are compared here" in empty.text
    assert "Means over the test scenes of dataset local" in page.part("scores").text
    assert len(page.part("curves").all("svg")) == 2
    assert len(page.part("scores").all("details")) == 2


def test_a_variant_without_settings_is_named(shop, render_page):
    shop.add_sweep("local", "local")
    key = f"{keys.variant_folder('local', 'ldr')}config.json"
    shop.put_again("train_variant", "local/ldr", key, json.dumps({"inputs": {}}).encode())
    page = render_page(shop.store)
    assert "the training of local/ldr cannot be shown: config.json lacks" in page.of_class("problem")[0].text
    assert len(page.part("curves").all("svg")) == 1


def test_many_training_curves_are_folded(shop, render_page, monkeypatch):
    shop.add_sweep("local", "local")
    assert not render_page(shop.store).part("curves").all("details")
    monkeypatch.setattr("hdrbatch.report.sweep_sections.MAX_OPEN_CURVES", 1)
    (folded,) = render_page(shop.store).part("curves").all("details")
    assert folded.all("summary")[0].text == "training curves of 2 networks"
    assert len(folded.all("svg")) == 2
    assert "open" not in folded.attributes


def test_variants_of_no_group_have_a_table_and_a_figure_of_their_own(shop, render_page, tmp_path):
    shop.add_dataset("local", num_train=1, num_test=1)
    shop.add_sweep("local", "local")
    record = ComparisonRecord.model_validate_json(shop.store.get_bytes(keys.comparison("local")))
    record = record.model_copy(update={"groups": {"one": ("ldr",)}})
    shop.put_again("compare_variants", "local", keys.comparison("local"), record.to_bytes())
    scores = render_page(shop.store).part("scores")
    titles = [e.text for e in scores.all("h4")]
    assert titles[:2] == ["variants without a group", "one"]
    assert len(scores.all("svg")) == 2
    heads = [e.text for e in scores.all("th")]
    assert {"ldr", "candidates"} <= set(heads)
    printed = Console(width=200, record=True, file=io.StringIO())
    printed.print(comparison_table(record, "sweep local"))
    assert "candidates" in printed.export_text()
    names = [path.name for path in write_figures(record, tmp_path)]
    assert names == ["local-variants-without-a-group.png", "local-one.png"]
