"""``hdrbatch evaluate``: score a model on test scenes, on captured light, or on real brackets."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hdrbatch.cli import suggestions
from hdrbatch.cli.options import DEFAULT_STORE, JsonOption, StoreOption
from hdrbatch.cli.progress_bar import with_bar

if TYPE_CHECKING:
    from hdrbatch.evaluation.evaluation_scene import EvaluationScene
    from hdrbatch.learning.model import Model
    from hdrbatch.storage.base import Store

CAPTURED = "captured panoramas"
"""Dataset name in the record of ``--captured``."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("evaluate")(evaluate)


def evaluate(
    model: Annotated[
        str,
        typer.Argument(help="Model file, or SWEEP/VARIANT in the store.", autocompletion=suggestions.models),
    ],
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="Score on the test scenes of this dataset.")
    ] = None,
    captured: Annotated[
        bool,
        typer.Option(
            "--captured",
            help="Score on views of the panoramas that are reserved for evaluation (they light no scene).",
        ),
    ] = False,
    panorama: Annotated[
        list[Path] | None,
        typer.Option(
            "--panorama",
            help="Score on views of this equirectangular EXR or .hdr; may be given several times.",
        ),
    ] = None,
    real: Annotated[
        Path | None,
        typer.Option("--real", help="Score on brackets of real photographs, one bracket per sub-folder."),
    ] = None,
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Score a model alongside its baselines: on a dataset, on captured light, or on real photographs.

    Example: hdrbatch evaluate local/candidates --dataset local

    Example: hdrbatch evaluate local/candidates --captured

    Example: hdrbatch evaluate local/candidates --real brackets/
    """
    import tempfile

    from hdrbatch.errors import UserError
    from hdrbatch.kinds import Kind
    from hdrbatch.results.trained_models import fetch_model
    from hdrbatch.storage.address import open_store
    from hdrbatch.worker.requirements import check_requirements

    chosen = [dataset is not None, captured or bool(panorama), real is not None]
    if sum(chosen) != 1:
        raise UserError(
            "choose one test set: --dataset NAME for a dataset's test scenes, --captured (or "
            "--panorama FILE) for captured light, or --real FOLDER for brackets of real photographs"
        )
    opened = open_store(store)
    check_requirements({Kind.TRAIN_VARIANT})

    import torch

    from hdrbatch.learning.model import load_model

    with tempfile.TemporaryDirectory() as folder:
        name, model_file = fetch_model(opened, model, 1, Path(folder))
        loaded = load_model(model_file, torch.device("cpu"))
        if real is not None:
            _show_real(loaded, name, real, as_json=as_json)
        elif dataset is not None:
            scenes = _dataset_scenes(loaded, dataset, opened, Path(folder))
            _show_scores(loaded, name, dataset, scenes, as_json=as_json)
        else:
            _show_scores(loaded, name, CAPTURED, _captured_scenes(loaded, panorama or []), as_json=as_json)


def _dataset_scenes(
    model: "Model", dataset: str, store: "Store", folder: Path
) -> "Iterator[EvaluationScene]":
    from hdrbatch.errors import UserError
    from hdrbatch.evaluation.dataset_scenes import evaluation_scene
    from hdrbatch.records.file_entry import FileEntry
    from hdrbatch.results.datasets import load_dataset
    from hdrbatch.storage.transfer import download
    from hdrbatch.stored_names import path_below

    def fetch(entry: FileEntry) -> Path:
        return download(store, entry, path_below(folder, entry.key))

    tested = load_dataset(store, dataset).split("test")
    if not tested:
        raise UserError(f"dataset {dataset} has no test scenes; render them too (--scenes all)")
    return (evaluation_scene(dataset, entry, model.variant, fetch) for entry in tested)


def _captured_scenes(model: "Model", own: list[Path]) -> "Iterator[EvaluationScene]":
    from hdrbatch.blender.panoramas import reserved_panoramas
    from hdrbatch.errors import UserError
    from hdrbatch.evaluation.captured_light import captured_scenes
    from hdrbatch.imaging.panorama_file import read_panorama

    if missing := [path for path in own if not path.is_file()]:
        raise UserError(f"--panorama {missing[0]}: the file does not exist")
    stems = [path.stem for path in own]
    if twice := [path for path in own if stems.count(path.stem) > 1]:
        raise UserError(f"--panorama {twice[-1]}: two panoramas are called {twice[-1].stem}; rename one")
    for path in own:
        for note in read_panorama(path, f"--panorama {path}").notes:
            print(f"warning: {path}: {note}", file=sys.stderr)
    panoramas = {path.stem: path for path in own} or reserved_panoramas()
    return captured_scenes(panoramas, model.variant.inputs)


def _show_scores(
    model: "Model", name: str, subject: str, scenes: "Iterator[EvaluationScene]", *, as_json: bool
) -> None:
    from hdrbatch.cli.tables import comparison_table
    from hdrbatch.evaluation.scoring import evaluate as evaluate_model
    from hdrbatch.evaluation.variant_comparison import compare
    from hdrbatch.submit.terminal import terminal

    counted = with_bar(scenes, f"scenes of {subject}")
    record = evaluate_model(model, counted, variant=name.rpartition("/")[2], dataset=subject)
    if as_json:
        print(record.to_bytes().decode(), end="")
        return
    comparison = compare(name, [record])
    console = terminal()
    console.print(comparison_table(comparison, f"{name} on {subject}"))
    for note in record.notes:
        console.print(note, style="yellow")
    console.print(comparison.metric_settings, style="dim")


def _show_real(model: "Model", name: str, folder: Path, *, as_json: bool) -> None:
    from hdrbatch.cli.tables import bracket_table
    from hdrbatch.evaluation.real_brackets import brackets_in, evaluate_brackets
    from hdrbatch.learning.prediction import assumed_response
    from hdrbatch.submit.terminal import terminal

    brackets = brackets_in(folder, assumed_response(model.variant.inputs))
    record = evaluate_brackets(model, with_bar(brackets, f"brackets of {folder}"), model_name=name)
    if as_json:
        print(record.to_bytes().decode(), end="")
        return
    console = terminal()
    console.print(bracket_table(record))
    for note in record.notes:
        console.print(note, style="yellow")
    console.print(record.metric_settings, style="dim")
