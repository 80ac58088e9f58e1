"""Sweeps on the page: training curves, then scores and pictures."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hdrbatch.evaluation.variant_comparison import compare
from hdrbatch.kinds import Kind
from hdrbatch.records.comparison import ComparisonRecord
from hdrbatch.records.scores import EvaluationRecord
from hdrbatch.report.curves import TrainingCurves, common_limits, curves_svg, read_metrics
from hdrbatch.report.figures import AnswerFigure, answer_figures, page_figure
from hdrbatch.report.markup import Markup, joined, tag
from hdrbatch.report.problems import READ_ERRORS, Problems
from hdrbatch.report.score_tables import comparison_table, first_of_group_table, scene_table
from hdrbatch.report.strips import preview_strips
from hdrbatch.report.wording import counted, ev_text, listed
from hdrbatch.results.finished import finished_task, finished_tasks
from hdrbatch.results.trained_models import load_comparison, load_evaluation
from hdrbatch.specs.variant import LOGARITHMIC_LOSSES
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store
from hdrbatch.storage.task_ids import VariantName

MAX_OPEN_CURVES = 4
"""Number of training curves of a sweep above which they are collapsed, since the page would be very long."""
CURVES_NOTE = (
    "The light line is the loss of single steps, the bold line its average. Validation uses scenes that are "
    "held out of training. The dashed line is the validation loss of the photographs without a network "
    "(linearised or merged). A network above it has learned nothing useful."
)
GAIN_NOTE = (
    "Arrows point in the direction that is better; the best of a variant's rows is bold; small numbers are "
    "95 % intervals, resampled over the scenes. The gain compares the network with the baseline that has the "
    "highest PU21-PSNR, scene by scene. It is positive if the network is better, and coloured if its "
    "interval excludes zero; below it are the interval and the share of scenes that the network wins. "
    "\N{EN DASH} means that a metric is not defined, such as when nothing is clipped. "
    "The error where clipped is measured on pixels that are clipped in every input of the variant. So it "
    "compares a network with its baselines, but variants with one another only if their inputs are the same. "
    "The variant's per_scene.csv has every metric of every scene."
)
FIGURE_NOTE = (
    "Dots are networks with their 95 % intervals, hollow if the gain over the best baseline is not "
    "significant. Vertical marks are baselines with the same inputs; the band is the best one's interval."
)


@dataclass(frozen=True)
class Sweep:
    """The trained variants of a sweep.

    Attributes
    ----------
    name : str
        Name of the sweep.
    variants : tuple of str
        Trained variants, in the comparison's order if there is one.
    comparison : ComparisonRecord or None
        None if they are not compared yet, or the comparison cannot be read.
    damage : Markup or None
        Note on the page about a comparison that cannot be read.
    """

    name: str
    variants: tuple[str, ...]
    comparison: ComparisonRecord | None
    damage: Markup | None


def finished_sweeps(store: Store, problems: Problems) -> list[Sweep]:
    """Return all sweeps that have a trained variant."""
    compared = set(finished_tasks(store, Kind.COMPARE_VARIANTS))
    variants: dict[str, list[str]] = {}
    for task in finished_tasks(store, Kind.TRAIN_VARIANT):
        name = VariantName.parse(task)
        variants.setdefault(name.sweep, []).append(name.variant)
    return [_sweep(store, name, names, name in compared, problems) for name, names in variants.items()]


def _sweep(store: Store, name: str, variants: list[str], is_compared: bool, problems: Problems) -> Sweep:
    comparison, damage = None, None
    if is_compared:
        try:
            comparison = load_comparison(store, name)
        except READ_ERRORS as error:
            damage = problems.shown(keys.comparison(name), error)
    order = [row.variant for row in comparison.rows] if comparison is not None else []
    # The variant of a further seed has no row.
    ordered = sorted(variants, key=lambda variant: order.index(variant) if variant in order else len(order))
    return Sweep(name, tuple(ordered), comparison, damage)


def curves_section(store: Store, sweep: Sweep, problems: Problems) -> Markup:
    """Plot the loss by step of all variants of a sweep, on one scale for each kind of loss."""
    trainings: dict[str, TrainingCurves] = {}
    captions: dict[str, Markup] = {}
    losses: dict[str, str] = {}
    damaged = []
    for variant in sweep.variants:
        name = VariantName(sweep.name, variant)
        try:
            training = finished_task(store, Kind.TRAIN_VARIANT, str(name))
            trainings[variant] = read_metrics(training.read(keys.metrics(sweep.name, variant)))
            config = json.loads(training.read(keys.variant_config(sweep.name, variant)))
            captions[variant] = _caption(variant, trainings[variant], config)
            losses[variant] = str(config["training"]["loss"]).encode(errors="replace").decode()
        except READ_ERRORS as error:
            trainings.pop(variant, None)
            damaged.append(problems.shown(f"the training of {name}", error))
    # A common scale lets losses of one kind be compared by eye.
    limits_by_loss = {
        loss: common_limits([curves for variant, curves in trainings.items() if losses[variant] == loss])
        for loss in set(losses.values())
    }
    panels = []
    for number, (variant, curves) in enumerate(trainings.items()):
        limits = limits_by_loss[losses[variant]]
        if limits is None or not curves.loss.steps.size:
            panels.append(tag("p", f"{variant}: no steps are recorded.", class_="note"))
            continue
        label = f"{variant}: training and validation loss by step"
        plot = curves_svg(curves, limits, losses[variant], f"{sweep.name}-{number}", label)
        panels.append(tag("figure", plot, tag("figcaption", captions[variant])))
    title = tag("h3", "Sweep ", tag("span", sweep.name, class_="name"))
    plots = tag("div", joined(panels), class_="plots")
    if len(panels) > MAX_OPEN_CURVES:
        summary = tag("summary", f"training curves of {counted(len(panels), 'network')}")
        plots = tag("details", summary, plots)
    return tag("section", title, plots, *damaged)


def scores_section(store: Store, sweep: Sweep, problems: Problems) -> Markup:
    """Build the section with a sweep's comparison, its scores scene by scene, and pictures."""
    title = tag("h3", "Sweep ", tag("span", sweep.name, class_="name"))
    evaluations: dict[str, EvaluationRecord] = {}
    pictures, damaged = [], []
    for variant in sweep.variants:
        name = VariantName(sweep.name, variant)
        try:
            training = finished_task(store, Kind.TRAIN_VARIANT, str(name))
            evaluations[variant] = load_evaluation(training, name)
        except READ_ERRORS as error:
            damaged.append(problems.shown(keys.evaluation(sweep.name, variant), error))
            continue
        pictures.append(preview_strips(training, sweep.name, evaluations[variant], problems))
    scenes = (scene_table(evaluation) for evaluation in evaluations.values())
    return tag("section", title, _means(sweep, list(evaluations.values())), *scenes, *damaged, *pictures)


def _means(sweep: Sweep, evaluations: Sequence[EvaluationRecord]) -> Markup:
    if sweep.damage is not None:
        return sweep.damage
    if sweep.comparison is not None:
        return _compared(sweep.comparison)
    resume = (" rerun ", tag("code", "hdrbatch sweep"), " with its file to resume it.")
    if len({evaluation.dataset for evaluation in evaluations}) != 1:
        return tag("p", "The variants of this sweep are not compared yet;", *resume, class_="empty")
    note = "Not all variants of this sweep are trained; those that are are compared here, without groups;"
    return joined([tag("p", note, *resume, class_="empty"), _compared(compare(sweep.name, evaluations))])


def _compared(comparison: ComparisonRecord) -> Markup:
    intro = f"Means over the test scenes of dataset {comparison.dataset}. {GAIN_NOTE}"
    figures = {figure.group: figure for figure in answer_figures(comparison)}
    groups = (
        _group(comparison, group, variants, figures.get(group))
        for group, variants in comparison.grouped().items()
    )
    settings = tag("p", comparison.metric_settings, class_="note")
    return joined([tag("p", intro), *groups, settings])


def _group(
    comparison: ComparisonRecord, group: str, variants: Sequence[str], figure: AnswerFigure | None
) -> Markup:
    """Show a group of variants that answer one question: the figure, then the numbers."""
    parts = [tag("h4", group)] if comparison.groups else []
    if figure is not None:
        parts.append(
            tag("figure", page_figure(figure), tag("figcaption", FIGURE_NOTE), class_="plots answer")
        )
    parts.append(comparison_table(comparison, variants))
    if (among := first_of_group_table(comparison, variants)) is not None:
        parts.append(among)
    return joined(parts)


def _caption(variant: str, curves: TrainingCurves, config: Mapping[str, Any]) -> Markup:
    """Describe a variant's training run and its final loss."""
    try:
        inputs, network, training = config["inputs"], config["network"], config["training"]
        text = (
            f"{counted(len(inputs['ev']), 'photograph')} at {_evs(inputs['ev'])}; U-Net of width "
            f"{network['width']} and depth {network['depth']}, {config['num_parameters']:,} parameters; "
            f"{training['steps']:,} steps"
        )
        is_logarithm = training["loss"] in LOGARITHMIC_LOSSES
    except (KeyError, TypeError) as error:
        raise ValueError(f"config.json lacks {error}") from error
    if curves.validation.values.size and curves.baseline.values.size:
        loss, baseline = curves.validation.values[-1], curves.baseline.values[-1]
        apart = f"{abs(loss - baseline):.2g}" if is_logarithm else f"{abs(loss / baseline - 1):.0%}"
        change = f"{apart} {'below' if loss < baseline else 'above'}"
        text += f". Validation loss {loss:.3g} at the end, {change} the baseline's {baseline:.3g}"
    return joined([tag("b", variant), f": {text}."])


def _evs(values: Sequence[float]) -> str:
    return "EV " + listed(ev_text(value).removeprefix("EV ") for value in values)
