"""Training curves: from a variant's metrics.jsonl to a plot."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hdrbatch.report.markup import Markup
from hdrbatch.report.plots import INK, SERIES_1, SERIES_2, page_plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE_INCHES = (4.4, 2.9)
SMOOTHED_SHARE = 0.05
"""Time constant of the smoothing, as a share of the recorded steps."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """Values by step."""

    steps: Values
    values: Values


@dataclass(frozen=True)
class TrainingCurves:
    """Curves recorded by one variant's training run.

    Attributes
    ----------
    loss : Curve
        Loss of single steps.
    validation, baseline : Curve
        Loss on the validation scenes, of the network and of the photographs without it; may be empty.
    drops : tuple of (int, float)
        First recorded step at each new learning rate, with that rate; the first is the start.
    """

    loss: Curve
    validation: Curve
    baseline: Curve
    drops: tuple[tuple[int, float], ...]


def read_metrics(data: bytes) -> TrainingCurves:
    """Read the lines of a metrics.jsonl.

    Raises
    ------
    ValueError
        If a line is not a record of a training run; the message gives its number.
    """
    records: list[dict[str, Any]] = []
    for number, line in enumerate(data.decode(errors="replace").splitlines(), start=1):
        try:
            record = json.loads(line)
            records.append({name: float(value) for name, value in record.items()})
        except (ValueError, TypeError, AttributeError):
            raise ValueError(f"line {number} is not a record of a training run: {line[:60]!r}") from None
    drops: list[tuple[int, float]] = []
    for record in records:
        rate = record.get("learning_rate")
        if rate is not None and (not drops or drops[-1][1] != rate):
            drops.append((int(record.get("step", 0)), rate))
    return TrainingCurves(
        loss=_curve(records, "loss"),
        validation=_curve(records, "validation_loss"),
        baseline=_curve(records, "validation_loss_of_base"),
        drops=tuple(drops),
    )


def smoothed(values: Values) -> Values:
    """Average exponentially, without a bias towards the start."""
    decay = float(np.exp(-1 / max(1.0, SMOOTHED_SHARE * len(values))))
    total, weight = 0.0, 0.0
    result = np.empty_like(values)
    for position, value in enumerate(values):
        total, weight = decay * total + value, decay * weight + 1
        result[position] = total / weight
    return result


def common_limits(trainings: Sequence[TrainingCurves]) -> tuple[float, float] | None:
    """Return common bounds of the loss axis for some training runs; None if there is nothing to plot."""
    values = [
        np.concatenate([smoothed(curves.loss.values), curves.validation.values, curves.baseline.values])
        for curves in trainings
    ]
    together = np.concatenate(values) if values else np.empty(0)
    together = together[together > 0]
    return (float(together.min()) / 2, float(together.max()) * 1.6) if together.size else None


def curves_svg(
    curves: TrainingCurves, limits: tuple[float, float], loss: str, prefix: str, label: str
) -> Markup:
    """Plot one variant's training, as an SVG that takes its colours and its font from the page.

    Parameters
    ----------
    curves
        Curves to plot.
    limits
        Bounds of the loss axis, from :func:`common_limits`.
    loss
        Name of the loss: ``training.loss``.
    prefix
        Prefix that makes the ids inside unique on the page.
    label
        Description of the plot, for screen readers.
    """

    def draw(figure: "Figure", colours: dict[str, str]) -> None:
        _draw(figure.subplots(), colours, curves, limits, loss)

    return page_plot(draw, SIZE_INCHES, prefix, label)


def _draw(
    axes: "Axes", colours: dict[str, str], curves: TrainingCurves, limits: tuple[float, float], loss_name: str
) -> None:
    ink, loss, validation = colours[INK], colours[SERIES_1], colours[SERIES_2]
    axes.set_yscale("log")
    axes.set_ylim(*limits)
    axes.plot(curves.loss.steps, curves.loss.values, color=loss, alpha=0.3, linewidth=0.7)
    axes.plot(curves.loss.steps, smoothed(curves.loss.values), color=loss, linewidth=1.5, label="training")
    if curves.validation.steps.size:
        x, y = curves.validation.steps, curves.validation.values
        axes.plot(x, y, color=validation, linewidth=1.5, marker="o", markersize=3, label="validation")
    if curves.baseline.steps.size:
        x, y = curves.baseline.steps, curves.baseline.values
        axes.plot(x, y, color=validation, linewidth=1.2, linestyle="--", label="validation, baseline")
    for step, rate in curves.drops[1:]:
        axes.axvline(step, color=ink, linewidth=0.7, linestyle=":", alpha=0.6)
        text = f" learning rate {rate:.3g}"
        axes.text(step, 0.02, text, transform=axes.get_xaxis_transform(), fontsize=6.5)
    axes.set_xlabel("step")
    axes.set_ylabel(f"loss ({loss_name})")
    for axis in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
        axis(_plain_number_formatter())
    axes.grid(visible=True, which="both", color=ink, alpha=0.1, linewidth=0.5)
    # Above the axes, since any corner inside may contain a curve.
    axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.2)


def _plain_number_formatter() -> Any:
    """Format ticks as plain numbers: powers would need a mathematical font, which the page does not have."""
    from matplotlib.ticker import FuncFormatter

    def text(value: float, _position: int | None) -> str:
        digits = f"{value:e}"[0]
        return f"{value:g}" if digits in "125" else ""

    return FuncFormatter(text)


def _curve(records: Sequence[dict[str, Any]], name: str) -> Curve:
    points = [(record["step"], record[name]) for record in records if name in record and "step" in record]
    steps, values = np.array(points, dtype=np.float64).reshape(-1, 2).T
    return Curve(steps, values)
