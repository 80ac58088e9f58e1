"""Plans from a user's request: which job or sweep, which part of it, and what the store already has."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from pydantic import ValidationError

from hdrbatch.catalogue.scene import Scene
from hdrbatch.catalogue.selection import select
from hdrbatch.errors import SpecError, UserError
from hdrbatch.kinds import Kind
from hdrbatch.plan.dataset_requirements import DatasetOutline, check_dataset
from hdrbatch.plan.render_plan import plan_of_scenes, plan_scene
from hdrbatch.plan.stored_plans import is_outdated, load_plan, saved_plan_ids
from hdrbatch.plan.sweep_plan import plan_of_trainings, plan_trainings, select_variants
from hdrbatch.plan.task import Plan
from hdrbatch.results.datasets import load_dataset
from hdrbatch.specs.base import Spec
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
    """The plan of a render, and the scenes that it renders or keeps."""

    plan: Plan
    scenes: tuple[Scene, ...]


@dataclass(frozen=True)
class PreparedSweep:
    """The plan of a sweep.

    Attributes
    ----------
    spec : SweepSpec
        The sweep file's content.
    plan : Plan
        The tasks to run.
    after : tuple of str
        Ids of queued jobs that build the dataset and must end first.
    dataset_is_missing : bool
        Whether the dataset does not exist, so that the variants' requirements were not checked.
    dataset_is_outdated : bool
        Whether this version of hdrbatch would make another dataset of the same job.
    """

    spec: SweepSpec
    plan: Plan
    after: tuple[str, ...]
    dataset_is_missing: bool
    dataset_is_outdated: bool


def prepare_render(store: Store, job: str, scenes: str = "all", ev: str | None = None) -> PreparedRender:
    """Plan the chosen scenes of a job, together with its finished scenes.

    Parameters
    ----------
    store : Store
        Store of the results.
    job : str
        A job file, or the name of one.
    scenes : str
        As for :func:`hdrbatch.catalogue.selection.select`.
    ev : str or None
        An EV ladder instead of the job's.

    Raises
    ------
    SpecError, UserError
        If the job does not exist, or job, scenes or EVs are not valid.
    """
    spec = load_yaml(find_spec(job, JOBS, ".yaml"), RenderJob)
    if ev is not None:
        try:
            spec = spec.with_ev(ev)
        except (ValidationError, ValueError) as error:
            reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
            raise SpecError(f"--ev {ev}: {reason.removeprefix('Value error, ')}") from None
    _check_files_of_responses(job, spec)
    catalogue = spec.scenes.catalogue()
    chosen = select(catalogue, scenes)
    wanted = with_finished_scenes(store, [plan_scene(spec, scene) for scene in catalogue], chosen)
    return PreparedRender(plan_of_scenes(spec, wanted), tuple(one.scene for one in wanted))


def _check_files_of_responses(file: str, spec: Spec) -> None:
    """Check the files of response curves, which every task would refuse one after the other."""
    waiting: list[object] = [spec.model_dump()]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, str) and value.startswith("emor:"):
            from hdrbatch.imaging.response import parse_response

            try:
                parse_response(value)
            except UserError as error:
                raise SpecError(f"{file}: {error}") from None


def prepare_sweep(
    store: Store,
    file: str,
    only: Sequence[str] = ("*",),
    after: str | None = None,
    *,
    dataset_may_be_missing: bool = False,
) -> PreparedSweep:
    """Plan the chosen variants of a sweep, together with its finished variants.

    Parameters
    ----------
    store : Store
        Store of the dataset and of the results.
    file : str
        A sweep file, or the name of one.
    only : sequence of str
        Patterns of variants or groups.
    after : str or None
        Id of a submitted plan that builds the dataset.
    dataset_may_be_missing : bool
        Whether to plan even if the dataset does not exist, as for a dry run.

    Raises
    ------
    SpecError, UserError
        If the sweep does not exist or is not valid, or its dataset does not meet the variants' requirements.
    """
    spec = load_yaml(find_spec(file, JOBS, ".yaml"), SweepSpec)
    variants = select_variants(spec, only)
    for variant in variants.values():
        _check_files_of_responses(file, variant)
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
    return PreparedSweep(
        spec,
        plan_of_trainings(spec, trainings),
        tuple(jobs),
        is_missing,
        dataset_is_outdated=not is_missing and _is_outdated(store, dataset),
    )


def _is_outdated(store: Store, dataset: TaskRef) -> bool:
    """Whether the plan that made a dataset would give other results today; False if no plan says so."""
    for plan_id in saved_plan_ids(store):
        if not plan_id.startswith(f"render-{dataset.id}-"):
            continue
        with suppress(UserError):  # a damaged plan says nothing of the dataset
            plan = load_plan(store, plan_id)
            if dataset in {task.ref for task in plan.stages[-1].tasks}:
                return is_outdated(plan)
    return False


def _dataset(
    store: Store, spec: SweepSpec, file: str, after: str | None
) -> tuple[TaskRef, DatasetOutline, list[str]]:
    """Return the index task of the sweep's dataset, its outline, and jobs that must end first."""
    if after is None:
        dataset = current_result(store, Kind.INDEX_DATASET, spec.dataset)
        if dataset is None:
            raise UserError(
                f"{file}: dataset {spec.dataset!r} is not in {store.url}; render it with hdrbatch "
                "render, name its store with --store, or name the plan that is building it with --after"
            )
        return dataset, DatasetOutline.of_record(load_dataset(store, spec.dataset)), []
    plan = load_plan(store, after)
    outline = DatasetOutline.of_plan(plan)
    if outline.dataset != spec.dataset:
        raise UserError(
            f"--after {after}: this plan builds dataset {outline.dataset!r}, but {file} uses {spec.dataset!r}"
        )
    index = next(state for state in plan_status(store, plan).states if state.task.kind is Kind.INDEX_DATASET)
    if index.phase is Phase.DONE:
        return index.task.ref, outline, []
    if index.phase not in (Phase.QUEUED, Phase.RUNNING) or index.submission is None:
        raise UserError(
            f"--after {after}: its dataset is neither done nor in progress; see hdrbatch status {after}, "
            f"then hdrbatch retry {after}"
        )
    return index.task.ref, outline, [index.submission.job or ""]
