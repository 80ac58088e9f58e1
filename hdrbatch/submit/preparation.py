"""From what a user asks for to a plan: which job or sweep, which part of it, and what the store has."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from hdrbatch.catalogue.scene import Scene
from hdrbatch.catalogue.selection import select
from hdrbatch.errors import SpecError, UserError
from hdrbatch.kinds import Kind
from hdrbatch.plan.dataset_requirements import DatasetOutline, check_dataset
from hdrbatch.plan.render_plan import plan_of_scenes, plan_scene
from hdrbatch.plan.stored_plans import load_plan
from hdrbatch.plan.sweep_plan import plan_of_trainings, plan_trainings, select_variants
from hdrbatch.plan.task import Plan
from hdrbatch.results.datasets import load_dataset
from hdrbatch.specs.examples import JOBS
from hdrbatch.specs.load import find_spec, load_yaml
from hdrbatch.specs.render_job import RenderJob
from hdrbatch.specs.sweep_spec import SweepSpec
from hdrbatch.storage.base import Store
from hdrbatch.storage.receipts import TaskRef, current_result
from hdrbatch.submit.completion import with_finished_scenes, with_finished_variants
from hdrbatch.submit.status import Phase, plan_status


@dataclass(frozen=True)
class PreparedRender:
    """The plan of a render, and the scenes that it makes or keeps."""

    plan: Plan
    scenes: tuple[Scene, ...]


@dataclass(frozen=True)
class PreparedSweep:
    """The plan of a sweep.

    Attributes
    ----------
    spec : SweepSpec
        What it was made from.
    plan : Plan
        What to run.
    after : tuple of str
        Jobs in a queue that make the dataset, to wait for.
    dataset_is_missing : bool
        Whether nobody could check that the dataset has what the variants ask for.
    """

    spec: SweepSpec
    plan: Plan
    after: tuple[str, ...]
    dataset_is_missing: bool


def prepare_render(store: Store, job: str, scenes: str = "all", ev: str | None = None) -> PreparedRender:
    """Plan the scenes of a job, with those of its scenes that are finished already.

    Parameters
    ----------
    store : Store
        Where results go.
    job : str
        A job file, or the name of one.
    scenes : str
        As for :func:`hdrbatch.catalogue.selection.select`.
    ev : str or None
        An EV ladder instead of the job's.

    Raises
    ------
    SpecError, UserError
        If there is no such job, or job, scenes or EVs are not valid.
    """
    spec = load_yaml(find_spec(job, JOBS, ".yaml"), RenderJob)
    if ev is not None:
        try:
            spec = spec.with_ev(ev)
        except (ValidationError, ValueError) as error:
            reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
            raise SpecError(f"--ev {ev}: {reason.removeprefix('Value error, ')}") from None
    catalogue = spec.scenes.catalogue()
    chosen = select(catalogue, scenes)
    wanted = with_finished_scenes(store, [plan_scene(spec, scene) for scene in catalogue], chosen)
    return PreparedRender(plan_of_scenes(spec, wanted), tuple(one.scene for one in wanted))


def prepare_sweep(
    store: Store,
    file: str,
    only: Sequence[str] = ("*",),
    after: str | None = None,
    *,
    dataset_may_be_missing: bool = False,
) -> PreparedSweep:
    """Plan the variants of a sweep, with those of its variants that are finished already.

    Parameters
    ----------
    store : Store
        Where the dataset is and results go.
    file : str
        A sweep file, or the name of one.
    only : sequence of str
        Patterns of variants or groups.
    after : str or None
        Id of a submitted plan that makes the dataset.
    dataset_may_be_missing : bool
        Whether a plan is wanted even if the dataset is not there, as for a dry run.

    Raises
    ------
    SpecError, UserError
        If there is no such sweep, it is not valid, or its dataset lacks what the variants ask for.
    """
    spec = load_yaml(find_spec(file, JOBS, ".yaml"), SweepSpec)
    variants = select_variants(spec, only)
    is_missing = (
        dataset_may_be_missing
        and after is None
        and current_result(store, Kind.INDEX_DATASET, spec.dataset) is None
    )
    jobs: list[str] = []
    if is_missing:
        dataset = TaskRef(Kind.INDEX_DATASET, spec.dataset, digest="")
    else:
        dataset, outline, jobs = _dataset(store, spec, file, after)
        check_dataset(outline, variants)
    trainings = with_finished_variants(store, plan_trainings(spec, dataset, spec.resolved()), variants)
    return PreparedSweep(spec, plan_of_trainings(spec, trainings), tuple(jobs), is_missing)


def _dataset(
    store: Store, spec: SweepSpec, file: str, after: str | None
) -> tuple[TaskRef, DatasetOutline, list[str]]:
    """The index task of the sweep's dataset, what the dataset has, and jobs that make it first."""
    if after is None:
        dataset = current_result(store, Kind.INDEX_DATASET, spec.dataset)
        if dataset is None:
            raise UserError(
                f"{file}: dataset {spec.dataset!r} is not in {store.url}: make it with hdrbatch render, name "
                "the store that has it with --store, or the plan that is making it with --after"
            )
        return dataset, DatasetOutline.of_record(load_dataset(store, spec.dataset)), []
    plan = load_plan(store, after)
    outline = DatasetOutline.of_plan(plan)
    if outline.dataset != spec.dataset:
        raise UserError(
            f"--after {after}: it makes dataset {outline.dataset!r}, and {file} wants {spec.dataset!r}"
        )
    index = next(state for state in plan_status(store, plan).states if state.task.kind is Kind.INDEX_DATASET)
    if index.phase is Phase.DONE:
        return index.task.ref, outline, []
    if index.phase not in (Phase.QUEUED, Phase.RUNNING) or index.submission is None:
        raise UserError(
            f"--after {after}: its dataset is neither done nor being made: hdrbatch status {after} says why, "
            f"and hdrbatch retry {after} goes on with it"
        )
    return index.task.ref, outline, [index.submission.job or ""]
