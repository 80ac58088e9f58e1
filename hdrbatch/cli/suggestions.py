"""Completion of arguments by the shell: jobs, plans, models, datasets."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from hdrbatch.storage.base import Store


def jobs(incomplete: str) -> list[str]:
    """Suggest job and sweep files of ``jobs/`` by name."""
    from pathlib import Path

    from hdrbatch.specs.examples import JOBS, examples_folder

    names = {path.stem for folder in (Path(JOBS), examples_folder(JOBS)) for path in folder.glob("*.yaml")}
    return sorted(name for name in names if name.startswith(incomplete))


def plans(ctx: typer.Context, incomplete: str) -> list[str]:
    """Suggest ids of the store's plans."""
    from hdrbatch.plan.stored_plans import saved_plan_ids

    return _of_store(ctx, incomplete, saved_plan_ids)


def models(ctx: typer.Context, incomplete: str) -> list[str]:
    """Suggest the store's trained models, ``SWEEP/VARIANT``."""
    from hdrbatch.results.trained_models import model_names

    return _of_store(ctx, incomplete, model_names)


def datasets(ctx: typer.Context, incomplete: str) -> list[str]:
    """Suggest the store's datasets."""
    from hdrbatch.results.datasets import dataset_names

    return _of_store(ctx, incomplete, dataset_names)


def _of_store(ctx: typer.Context, incomplete: str, names_in: "Callable[[Store], Iterable[str]]") -> list[str]:
    from hdrbatch.errors import HdrbatchError
    from hdrbatch.storage.address import address_or_default, open_store

    try:
        store = open_store(address_or_default(ctx.params.get("store")))
        return sorted(name for name in names_in(store) if name.startswith(incomplete))
    except (HdrbatchError, OSError):
        return []
