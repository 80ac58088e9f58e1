import re
import xml.etree.ElementTree as ET

import cv2
import numpy as np
import pytest

from hdrbatch.errors import UserError
from hdrbatch.records.dataset_index import DatasetRecord
from hdrbatch.report.dataset_plots import page_plots, plots_of, write_plots
from hdrbatch.report.plots import PNG_COLOURS, SERIES_1, SERIES_2
from hdrbatch.report.summary import summary_of
from hdrbatch.results.datasets import load_dataset


@pytest.fixture
def summary(shop):
    shop.add_dataset("local", num_train=4, num_test=2)
    return summary_of(load_dataset(shop.store, "local"))


def has_colour(pixels, name):
    rgb = [int(PNG_COLOURS[name][at : at + 2], 16) for at in (1, 3, 5)]
    return np.any(np.all(pixels == rgb[::-1], axis=-1))


def test_pngs_are_on_white_in_the_colours_of_the_page_and_the_same_again(summary, tmp_path):
    written = write_plots(summary, tmp_path / "new" / "plots")
    assert [path.name for path in written] == ["stops.png", "clipped-and-black.png"]
    assert sorted(written[0].parent.iterdir()) == sorted(written)
    first = [path.read_bytes() for path in written]
    for path in written:
        pixels = cv2.imread(str(path))
        assert min(pixels.shape[:2]) > 400
        assert np.all(pixels[0, 0] == 255)
        assert has_colour(pixels, SERIES_2)
    assert has_colour(pixels, SERIES_1)
    assert [path.read_bytes() for path in write_plots(summary, tmp_path / "new" / "plots")] == first


def test_the_page_has_both_plots_with_labels_and_without_ids_that_meet(summary):
    plots = page_plots(summary)
    root = ET.fromstring(f"<div>{plots}</div>")
    labels = [svg.attrib["aria-label"] for svg in root]
    median = summary.stops.median
    assert labels[0] == f"Dynamic range of 6 scenes of local by family: median {median:.1f} stops"
    assert labels[1].startswith("Shares of clipped and black pixels of local by exposure")
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids))
    texts = {"".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"all 6 scenes", "interior", "outdoor", "street", "clipped", "black"} <= texts
    assert "#0102" not in plots
    assert "var(--series-1)" in plots


def test_bars_are_as_high_as_there_are_scenes_and_ribbons_reach_from_least_to_most(summary):
    from matplotlib.figure import Figure

    stops, shares = plots_of(summary)
    colours = {colour: colour for colour in PNG_COLOURS}
    figure = Figure()
    stops.draw(figure, colours)
    heights = [[bar.get_height() for bar in axes.patches] for axes in figure.axes]
    assert heights[0] == [part.num_scenes for part in summary.stops_histogram]
    assert [sum(of_family) for of_family in heights[1:]] == [3, 2, 1]
    assert np.sum(heights[1:], axis=0).tolist() == heights[0]
    assert figure.axes[0].lines[0].get_xdata()[0] == summary.stops.median
    figure = Figure()
    shares.draw(figure, colours)
    axes = figure.axes[0]
    for name, ribbon, line in zip(("clipped", "black"), axes.collections, axes.lines, strict=True):
        spreads = [getattr(exposure, f"{name}_fraction") for exposure in summary.exposures]
        assert list(line.get_ydata()) == [100 * spread.median for spread in spreads]
        points = ribbon.get_paths()[0].vertices
        for exposure, spread in zip(summary.exposures, spreads, strict=True):
            at_ev = points[points[:, 0] == exposure.ev, 1]
            assert at_ev.min() == pytest.approx(100 * spread.least)
            assert at_ev.max() == pytest.approx(100 * spread.most)


def test_a_dataset_without_scenes_has_no_plots(tmp_path):
    summary = summary_of(DatasetRecord(dataset="empty", scenes=()))
    assert page_plots(summary) == ""
    assert write_plots(summary, tmp_path / "plots") == ()


def test_a_folder_that_cannot_be_written_is_named(summary, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=re.escape(f"--pictures {tmp_path}/file: cannot be written")):
        write_plots(summary, tmp_path / "file")


def test_the_report_shows_the_plots_of_every_dataset(shop, render_page):
    shop.add_dataset("local")
    shop.add_dataset("other")
    plots = render_page(shop.store).part("datasets").all("svg")
    shown = [plot.attributes["aria-label"] for plot in plots]
    assert len(shown) == 4
    assert sum("of other by" in label for label in shown) == 2
