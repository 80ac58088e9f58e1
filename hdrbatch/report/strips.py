"""A variant's predictions on the test scenes as pictures."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from hdrbatch.records.file_entry import FileEntry
from hdrbatch.records.scores import NETWORK, PREVIEW_HIGHLIGHTS_EV, EvaluationRecord
from hdrbatch.report.markup import Markup, joined, tag
from hdrbatch.report.pictures import embedded, enlargeable, photo_from_bytes
from hdrbatch.report.problems import READ_ERRORS, Problems
from hdrbatch.report.wording import ev_text
from hdrbatch.results.finished import FinishedTask, read_verified
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store

STRIPS_PER_VARIANT = 12
STRIP_SIDE = 1440
"""Longest side of an embedded strip of three pictures, pixels."""


def preview_strips(
    training: FinishedTask,
    sweep: str,
    evaluation: EvaluationRecord,
    problems: Problems,
) -> Markup:
    """Show a variant's predictions on the test scenes, alongside its last baseline and the reference.

    Parameters
    ----------
    training, sweep
        The variant's training task, and the sweep that it belongs to.
    evaluation
        The variant's evaluation, which names the columns.
    problems
        Collects what cannot be shown.
    """
    prefix = keys.previews_folder(sweep, evaluation.variant)
    strips = [entry for key, entry in sorted(training.files.items()) if key.startswith(prefix)]
    if not strips:
        return tag("p", f"{evaluation.variant} has no pictures of test scenes.", class_="note")
    shown = strips[:STRIPS_PER_VARIANT]
    title = f"{evaluation.variant} on the test scenes"
    if len(shown) < len(strips):
        title += f": showing {len(shown)} of {len(strips)}"
    figures = (_strip(training.store, evaluation, entry, problems) for entry in shown)
    return joined([tag("h4", title), tag("div", joined(figures), class_="strips")])


def _strip(store: Store, evaluation: EvaluationRecord, entry: FileEntry, problems: Problems) -> Markup:
    try:
        pixels = photo_from_bytes(read_verified(store, entry))
    except READ_ERRORS as error:
        return problems.shown(entry.key, error)
    scene = PurePosixPath(entry.key).stem
    columns = (evaluation.methods[-1] if evaluation.methods else "baseline", NETWORK, "reference")
    rows = ("tone-mapped", f"at {ev_text(PREVIEW_HIGHLIGHTS_EV)}")
    alt = f"{scene}: {', '.join(columns)}; above {rows[0]}, below {rows[1]}"
    return tag(
        "figure",
        tag("figcaption", tag("b", scene), class_="corner"),
        *_labels("column", columns),
        *_labels("row", rows),
        enlargeable(embedded(pixels, STRIP_SIDE), alt),
        class_="strip",
    )


def _labels(side: str, texts: Sequence[str]) -> Iterator[Markup]:
    """Yield titles next to the picture; they repeat its alternative text."""
    for number, text in enumerate(texts):
        yield tag("span", text, class_=f"{side} {side}-{number}", aria_hidden="true")
