"""``hdrbatch evaluate``: score a model on a dataset's test scenes."""

from pathlib import Path
from typing import Annotated

import typer

from hdrbatch.cli.options import DEFAULT_STORE, JsonOption, StoreOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("evaluate")(evaluate)


def evaluate(
    model: Annotated[str, typer.Argument(help="Model file, or SWEEP/VARIANT in the store.")],
    dataset: Annotated[str, typer.Option("--dataset", help="Name of the dataset.")],
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Score a model beside its baselines on the test scenes of a dataset.

    Example: hdrbatch evaluate local/candidates --dataset local
    """
    import tempfile

    from rich.console import Console

    from hdrbatch.errors import UserError
    from hdrbatch.records import FileEntry
    from hdrbatch.storage.address import open_store
    from hdrbatch.storage.datasets import load_dataset
    from hdrbatch.storage.models import fetch_model
    from hdrbatch.storage.transfer import download
    from hdrbatch.submit.requirements import check_requirements

    opened = open_store(store)
    index = load_dataset(opened, dataset)
    if not index.split("test"):
        raise UserError(f"dataset {dataset} has no test scenes: render some as well (--scenes all)")
    check_requirements({"train_variant"})

    import torch

    from hdrbatch.cli.tables import comparison_table
    from hdrbatch.learning.evaluation import evaluate as evaluate_model
    from hdrbatch.learning.model import load_model
    from hdrbatch.tasks.compare_variants import compare
    from hdrbatch.tasks.dataset import evaluation_scene

    with tempfile.TemporaryDirectory() as folder:

        def fetch(entry: FileEntry) -> Path:
            return download(opened, entry, Path(folder) / entry.key)

        name, model_file = fetch_model(opened, model, 1, Path(folder))
        loaded = load_model(model_file, torch.device("cpu"))
        scenes = [
            evaluation_scene(dataset, entry, loaded.variant.inputs.ev, fetch) for entry in index.split("test")
        ]
        record = evaluate_model(loaded, scenes, variant=name.rpartition("/")[2], dataset=dataset)
    if as_json:
        print(record.to_bytes().decode(), end="")
        return
    console = Console()
    console.print(comparison_table(compare(name, [record]), f"{name} on dataset {dataset}"))
    console.print(record.metric_settings, style="dim")
