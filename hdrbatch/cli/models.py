"""``hdrbatch models``: the trained models of a store."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from hdrbatch.cli.options import DEFAULT_STORE, JsonOption, StoreOption

if TYPE_CHECKING:
    from rich.table import Table

    from hdrbatch.results.trained_models import ModelSummary
    from hdrbatch.storage.base import Store


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("models")(models)


def models(store: StoreOption = DEFAULT_STORE, as_json: JsonOption = False) -> None:
    """List the trained models under the names that --model and hdrbatch evaluate accept.

    Example: hdrbatch models
    """
    import json
    from dataclasses import asdict

    from hdrbatch.storage.address import open_store
    from hdrbatch.submit.terminal import terminal

    opened = open_store(store)
    found, problems = _summaries(opened)
    for problem in problems:
        terminal(stderr=True, soft_wrap=True).print(problem, style="yellow")
    if as_json:
        print(json.dumps([asdict(model) for model in found], indent=1))
    elif found:
        terminal().print(model_table(found, opened.url))
    elif not problems:
        print(f"{opened.url} has no trained model yet; train one with hdrbatch sweep")
    if problems:
        raise typer.Exit(1)


def model_table(found: "Sequence[ModelSummary]", url: str) -> "Table":
    """Return a table with one row per model."""
    from hdrbatch.cli.tables import plain_table
    from hdrbatch.cli.variants import short_count
    from hdrbatch.specs.variant import MAX_PHOTOS

    table = plain_table(f"models in {url}")
    table.caption = (
        "PU21-PSNR in dB, mean over the test scenes. Baseline: the best one with the same photographs."
    )
    # One column, since the longest names leave no room for others.
    table.add_column("model, its dataset and its photographs", overflow="fold")
    for heading in ("para-\nmeters", "PU21", "base-\nline"):
        table.add_column(heading, justify="right", no_wrap=True)
    for model in found:
        photographs = f"EV {', '.join(f'{ev:g}' for ev in model.input_ev)}"
        if model.any_bracket:
            photographs = f"one to {MAX_PHOTOS} (tested: {photographs})"
        table.add_row(
            f"{model.name}\n  {model.dataset}; {photographs}",
            short_count(model.num_parameters),
            _decibels(model.pu21_psnr),
            _decibels(model.best_baseline_pu21_psnr),
        )
    return table


def _summaries(store: "Store") -> "tuple[list[ModelSummary], list[str]]":
    """Return the summaries of all readable models, and the problems of the others."""
    from hdrbatch.errors import MissingInputError, StoreError
    from hdrbatch.results.trained_models import model_names, model_summary

    found, problems = [], []
    for name in model_names(store):
        try:
            found.append(model_summary(store, name))
        except (MissingInputError, StoreError) as error:
            problems.append(f"{name} cannot be listed: {error}")
    return found, problems


def _decibels(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
