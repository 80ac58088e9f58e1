"""``hdrbatch.render`` and ``hdrbatch.sweep``: running a job or a sweep from a program."""

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike

from rich.console import Console

from hdrbatch.errors import TaskError
from hdrbatch.plan.user_files import upload_user_files
from hdrbatch.records.comparison import ComparisonRecord
from hdrbatch.results.trained_models import load_comparison
from hdrbatch.storage.address import DEFAULT_STORE, open_store
from hdrbatch.submit.preparation import prepare_render, prepare_sweep
from hdrbatch.submit.run import RunOptions, RunResult, load_cluster, run_plan

NUM_NAMED = 3


@dataclass(frozen=True)
class SweepResult:
    """What became of a sweep.

    Attributes
    ----------
    run : RunResult
        Its plan, and how many of its tasks are done.
    comparison : ComparisonRecord or None
        Scores of all variants and baselines; None while a submitted sweep goes on.
    """

    run: RunResult
    comparison: ComparisonRecord | None


def render(
    job: str | PathLike[str] = "render",
    *,
    scenes: str | int | Sequence[str] = "all",
    evs: Sequence[float] | None = None,
    store: str = DEFAULT_STORE,
    cluster: str | PathLike[str] | None = None,
    wait: bool = True,
    quiet: bool = False,
) -> RunResult:
    """Render scenes at all exposures and assemble them into a dataset; runs only what is missing or changed.

    Call it from the main thread: Ctrl-C lets the workers save what they have.

    Parameters
    ----------
    job : path or str
        A job file, or the name of one in ``jobs/`` or among the examples.
    scenes : str, int or sequence of str
        ``all``, ``train``, ``test``, a number, or ids such as ``interior-0001``.
    evs : sequence of float, or None
        Exposures instead of the job's.
    store : str
        A folder, or ``s3://bucket/prefix``.
    cluster : path, str or None
        A cluster file, or the name of one; ``local`` is this machine. None takes Slurm if it is there.
    wait : bool
        Whether to wait for what is submitted to a cluster. On this machine it runs to its end anyway.
    quiet : bool
        Whether to print nothing.

    Raises
    ------
    SpecError, UserError
        If job, scenes, exposures or cluster are not valid.
    TaskError
        If tasks failed; it names them. All others are done, and another call tries these again.
    InterruptedRunError
        After Ctrl-C; another call resumes.

    Examples
    --------
    >>> result = hdrbatch.render("local", scenes=4, store="store")  # doctest: +SKIP
    >>> result.num_done == result.num_tasks  # doctest: +SKIP
    True
    """
    opened = open_store(store)
    chosen = scenes if isinstance(scenes, str) else str(scenes)
    if not isinstance(scenes, str | int):
        chosen = ",".join(scenes)
    ladder = None if evs is None else ",".join(f"{ev:g}" for ev in evs)
    prepared = prepare_render(opened, str(job), chosen, ladder)
    where = load_cluster(None if cluster is None else str(cluster))
    upload_user_files(opened, prepared.scenes)
    result = run_plan(prepared.plan, opened, where, RunOptions(wait=wait), _console(quiet=quiet))
    return _checked(result)


def sweep(
    file: str | PathLike[str],
    *,
    only: str | Sequence[str] = "*",
    store: str = DEFAULT_STORE,
    cluster: str | PathLike[str] | None = None,
    wait: bool = True,
    after: str | None = None,
    quiet: bool = False,
) -> SweepResult:
    """Train every variant of a sweep on its dataset, score it beside baselines, and compare.

    Runs only what is missing or changed.

    Parameters
    ----------
    file : path or str
        A sweep file, or the name of one in ``jobs/`` or among the examples.
    only : str or sequence of str
        Variants or groups to take, as patterns such as ``basic*``.
    store, cluster, wait, quiet
        As for :func:`render`.
    after : str or None
        Id of a submitted render plan whose dataset this is to train on.

    Raises
    ------
    SpecError, UserError
        If the sweep is not valid, or its dataset is missing or lacks what the variants ask for.
    TaskError, InterruptedRunError
        As for :func:`render`.

    Examples
    --------
    >>> result = hdrbatch.sweep("local-sweep", store="store")  # doctest: +SKIP
    >>> [(row.variant, row.method, row.mean.pu21_psnr) for row in result.comparison.rows]  # doctest: +SKIP
    """
    opened = open_store(store)
    prepared = prepare_sweep(opened, str(file), [only] if isinstance(only, str) else only, after)
    where = load_cluster(None if cluster is None else str(cluster))
    options = RunOptions(wait=wait, after=prepared.after)
    result = _checked(run_plan(prepared.plan, opened, where, options, _console(quiet=quiet)))
    comparison = load_comparison(opened, prepared.spec.sweep) if result.is_done else None
    return SweepResult(result, comparison)


def _console(*, quiet: bool) -> Console:
    return Console(soft_wrap=True, highlight=False, quiet=quiet)


def _checked(result: RunResult) -> RunResult:
    """Refuse a run that has ended with something undone."""
    if result.exit_code:
        names = ", ".join(result.failed[:NUM_NAMED]) + (", ..." if result.failed[NUM_NAMED:] else "")
        raise TaskError(
            f"{result.plan_id}: {len(result.failed)} task(s) failed ({names}), and {len(result.left_out)} "
            f"that need them were left out: hdrbatch logs {result.plan_id} shows why"
        )
    return result
