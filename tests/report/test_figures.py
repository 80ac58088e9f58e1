"""One figure for each group: every network a dot, every baseline a mark on the same line."""

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from PIL import Image

from hdrbatch.errors import UserError
from hdrbatch.evaluation.variant_comparison import compare
from hdrbatch.records.scores import NETWORK, EvaluationRecord, SceneScores, Scores
from hdrbatch.report.figures import answer_figures, page_figure, write_figures, write_sweep_figures
from hdrbatch.report.plots import PNG_COLOURS
from hdrbatch.storage.folder import FolderStore

MERGE = "merge of the inputs"


def evaluation(variant, gain):
    rows = [
        SceneScores(
            scene=f"scene-{number}",
            method=method,
            scores=Scores(pu21_psnr=30.0 + number % 3 + better, stops_clipped=1.0 - better / 10),
        )
        for method, gained in ((NETWORK, gain), ("linearised photograph", -3.0), (MERGE, 0.0))
        for number, better in enumerate([gained] * 5 + [gained / 2] * 3)
    ]
    return EvaluationRecord(
        variant=variant, dataset="d", metric_settings="m", input_ev=(0.0,), scenes=tuple(rows)
    )


@pytest.fixture
def comparison():
    long = "a-network-of-a-name-that-is-much-too-long-for-one-line"
    groups = {"small data": ["wins", "draws"], "names": ["wins", long]}
    return compare("s", [evaluation("wins", 2.0), evaluation("draws", 0.0), evaluation(long, 1.0)], groups)


@pytest.fixture
def drawn():
    def drawn(figure):
        with mpl.rc_context({"font.size": 8}):
            canvas = Figure(figsize=figure.size_inches, layout="constrained")
            figure.draw(canvas, PNG_COLOURS)
            canvas.draw_without_rendering()
        return canvas

    return drawn


def test_every_group_has_a_figure_with_a_line_for_each_of_its_variants(comparison, drawn):
    first, second = answer_figures(comparison)
    assert (first.name, second.name) == ("s-small-data", "s-names")
    ticks = [text.get_text() for text in drawn(first).axes[0].get_yticklabels()]
    assert ticks == ["wins", "draws"]


def test_a_dot_is_hollow_where_the_gain_is_not_sure(comparison, drawn):
    panel = drawn(next(answer_figures(comparison))).axes[0]
    dots = [line for line in panel.lines if line.get_marker() == "o"]
    assert [dot.get_xdata()[0] for dot in dots] == pytest.approx([32.5, 30.875], abs=0.2)
    assert [dot.get_markerfacecolor() == "none" for dot in dots] == [False, True]


def test_baselines_are_upright_marks_on_the_line_of_their_variant(comparison, drawn):
    panel = drawn(next(answer_figures(comparison))).axes[1]
    upright = [
        line
        for line in panel.lines
        if len({*line.get_xdata()}) == 1 and line.get_ydata()[0] != line.get_ydata()[-1]
    ]
    assert len(upright) == 2 * 2
    assert [round(sum(line.get_ydata()) / 2) for line in upright] == [0, 0, 1, 1]
    assert [line.get_linestyle() for line in upright] == ["-", "--", "-", "--"]


def test_long_names_are_folded_and_no_label_meets_another(comparison, drawn):
    figure = list(answer_figures(comparison))[1]
    canvas = drawn(figure)
    labels = [text.get_window_extent() for axes in canvas.axes[:1] for text in axes.get_yticklabels()]
    titles = [axes.title for axes in canvas.axes] + [axes._left_title for axes in canvas.axes]
    boxes = labels + [title.get_window_extent() for title in titles if title.get_text()]
    boxes += [canvas.legends[0].get_window_extent()]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
    assert all(box.x0 >= 0 and box.x1 <= canvas.bbox.width for box in boxes)


def test_a_page_gets_it_in_the_pages_colours(comparison):
    svg = page_figure(next(answer_figures(comparison)))
    assert "var(--series-1)" in svg
    assert "currentColor" in svg
    assert "wins has the highest PU21-PSNR" in svg


def test_the_files_are_named_by_sweep_and_group(comparison, tmp_path):
    written = write_figures(comparison, tmp_path / "figures")
    assert [path.name for path in written] == ["s-small-data.png", "s-names.png"]
    with Image.open(written[0]) as picture:
        assert picture.width == 1480


def test_a_folder_that_cannot_be_written_is_named(comparison, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="--figures .*/file/inside: cannot be written"):
        write_figures(comparison, tmp_path / "file" / "inside")


def test_the_figures_of_a_store_are_those_of_its_compared_sweeps(shop, tmp_path):
    shop.add_sweep("local", "local")
    assert [path.name for path in write_sweep_figures(shop.store, tmp_path / "f")] == ["local.png"]
    with pytest.raises(UserError, match="has no compared sweep; hdrbatch sweep makes one"):
        write_sweep_figures(FolderStore(tmp_path / "empty"), tmp_path / "f")
