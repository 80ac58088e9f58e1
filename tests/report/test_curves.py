import xml.etree.ElementTree as ET

import numpy as np
import pytest

from hdrbatch.report.curves import common_limits, curves_svg, read_metrics, smoothed


@pytest.fixture
def curves(lines_of_metrics):
    return read_metrics(lines_of_metrics(1).encode())


def test_a_metrics_file_gives_losses_validation_baseline_and_drops_of_the_learning_rate(curves):
    assert curves.loss.steps.tolist() == list(range(10, 601, 10))
    assert curves.validation.steps.tolist() == list(range(50, 601, 50))
    assert set(curves.baseline.values.tolist()) == {0.03}
    assert curves.drops == ((10, 1e-3), (410, 1e-4))


@pytest.mark.parametrize("line", ["{", "[1]", '{"step": "x"}', '{"step": null}', "\x00"])
def test_a_line_that_is_no_record_is_named_by_its_number(lines_of_metrics, line):
    data = lines_of_metrics(1, num_steps=20) + line
    with pytest.raises(ValueError, match=r"line 3 is not a record of a training run"):
        read_metrics(data.encode())


def test_a_constant_loss_is_smoothed_to_itself_from_the_first_step():
    np.testing.assert_allclose(smoothed(np.full(50, 0.3)), 0.3)


def test_smoothing_takes_the_noise_and_keeps_the_level():
    noisy = 1 + 0.5 * np.random.default_rng(0).standard_normal(4000)
    calm = smoothed(noisy)[1000:]
    assert calm.std() < 0.1
    assert abs(calm.mean() - 1) < 0.05


def test_all_variants_share_limits_that_hold_every_line(curves):
    other = read_metrics(b'{"step": 10, "loss": 0.0001, "learning_rate": 0.001}\n')
    low, high = common_limits([curves, other])
    assert low < 0.0001
    assert high > smoothed(curves.loss.values).max()
    assert common_limits([]) is None


def test_a_plot_is_an_svg_with_legend_axes_and_the_colours_of_the_page(curves):
    svg = curves_svg(curves, (0.001, 1.0), "mu", "local-0", "ldr: loss & <more>")
    root = ET.fromstring(svg)
    texts = ["".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"training", "validation", "validation, baseline", "step", "0.1"} <= set(texts)
    assert "loss (mu)" in texts
    assert any("learning rate 0.0001" in text for text in texts)
    assert root.attrib["aria-label"] == "ldr: loss & <more>"
    assert "width" not in root.attrib
    for colour in ("currentColor", "var(--series-1)", "var(--series-2)"):
        assert colour in svg
    assert "#0102" not in svg
    assert "<style" not in svg
    assert "stroke-dasharray" in svg


def test_ids_of_two_plots_do_not_meet(curves):
    def ids(prefix):
        root = ET.fromstring(curves_svg(curves, (0.001, 1.0), "mu", prefix, "loss"))
        return {element.attrib["id"] for element in root.iter() if "id" in element.attrib}

    assert ids("a").isdisjoint(ids("b"))


def test_a_loss_of_zero_does_not_end_the_plot():
    curves = read_metrics(b'{"step": 1, "loss": 0.0}\n{"step": 2, "loss": 0.1}\n')
    limits = common_limits([curves])
    assert limits is not None
    assert curves_svg(curves, limits, "mu", "a", "loss").endswith("</svg>\n")
