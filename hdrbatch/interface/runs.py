"""``hdrbatch.render`` and ``hdrbatch.sweep``: running a job or a sweep from a program."""

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike

from rich.console import Console

from hdrbatch.errors import TaskError
from hdrbatch.plan.user_files import upload_user_files
from hdrbatch.records.comparison import ComparisonRecord
from hdrbatch.results.trained_models import load_comparison
from hdrbatch.storage.address import address_or_default, open_store
from hdrbatch.submit.preparation import prepare_render, prepare_sweep
from hdrbatch.submit.run import RunOptions, RunResult, load_cluster, run_plan
from hdrbatch.submit.terminal import terminal

NUM_NAMED = 3


@dataclass(frozen=True)
class SweepResult:
    """Outcome of a sweep.

    Attributes
    ----------
    run : RunResult
        Outcome of the sweep's plan, with the number of tasks done.
    comparison : ComparisonRecord or None
        Scores of all variants and baselines; None while a submitted sweep is unfinished.
    """

    run: RunResult
    comparison: ComparisonRecord | None


def render(
    job: str | PathLike[str] = "render",
    *,
    scenes: str | int | Sequence[str] = "all",
    evs: Sequence[float] | None = None,
    store: str | PathLike[str] | None = None,
    cluster: str | PathLike[str] | None = None,
    wait: bool = True,
    quiet: bool = False,
) -> RunResult:
    """Render scenes at all exposures and assemble them into a dataset.

    Finished, unchanged work is skipped. Call it from the main thread: on Ctrl-C the workers save their
    progress.

    Parameters
    ----------
    job : path or str
        A job file, or the name of one in ``jobs/`` or among the examples.
    scenes : str, int or sequence of str
        ``all``, ``train``, ``test``, a number, or ids such as ``interior-0001``.
    evs : sequence of float, or None
        Exposures instead of the job's.
    store : path, str or None
        A folder, or ``s3://bucket/prefix``; None uses ``HDRBATCH_STORE``, or else ``hdrbatch-store``.
    cluster : path, str or None
        A cluster file, or the name of one; ``local`` is this machine. None uses ``HDRBATCH_CLUSTER``, or
        else Slurm if it is available.
    wait : bool
        Whether to wait for tasks submitted to a cluster. On this machine a run always finishes first.
    quiet : bool
        Whether to print nothing.

    Raises
    ------
    SpecError, UserError
        If job, scenes, exposures or cluster are not valid, or a run on this machine is not started from the
        main thread.
    TaskError
        If tasks failed; the message names them. All others are done; another call retries the failed ones.
    InterruptedRunError
        After Ctrl-C; another call resumes.

    Examples
    --------
    >>> result = hdrbatch.render("local", scenes=4, store="store")  # doctest: +SKIP
    >>> result.num_done == result.num_tasks  # doctest: +SKIP
    True
    """
    console = _console(quiet=quiet)
    opened = open_store(address_or_default(store))
    chosen = scenes if isinstance(scenes, str) else str(scenes)
    if not isinstance(scenes, str | int):
        chosen = ",".join(scenes)
    ladder = None if evs is None else ",".join(repr(float(ev)) for ev in evs)
    prepared = prepare_render(opened, str(job), chosen, ladder)
    where = load_cluster(None if cluster is None else str(cluster), console)
    upload_user_files(opened, prepared.scenes)
    result = run_plan(prepared.plan, opened, where, RunOptions(wait=wait), console)
    return _checked(result)


def sweep(
    file: str | PathLike[str],
    *,
    only: str | Sequence[str] = "*",
    store: str | PathLike[str] | None = None,
    cluster: str | PathLike[str] | None = None,
    wait: bool = True,
    after: str | None = None,
    quiet: bool = False,
) -> SweepResult:
    """Train every variant of a sweep on its dataset, score it alongside baselines, and compare.

    Finished, unchanged work is skipped.

    Parameters
    ----------
    file : path or str
        A sweep file, or the name of one in ``jobs/`` or among the examples.
    only : str or sequence of str
        Patterns of variants or groups to train, such as ``basic*``.
    store, cluster, wait, quiet
        As for :func:`render`.
    after : str or None
        Id of a submitted render plan; train on its dataset once it is done.

    Raises
    ------
    SpecError, UserError
        If the sweep is not valid, or its dataset is missing or does not meet the variants' requirements.
    TaskError, InterruptedRunError
        As for :func:`render`.

    Examples
    --------
    >>> result = hdrbatch.sweep("local-sweep", store="store")  # doctest: +SKIP
    >>> [(row.variant, row.method, row.mean.pu21_psnr) for row in result.comparison.rows]  # doctest: +SKIP
    """
    console = _console(quiet=quiet)
    opened = open_store(address_or_default(store))
    prepared = prepare_sweep(opened, str(file), [only] if isinstance(only, str) else only, after)
    where = load_cluster(None if cluster is None else str(cluster), console)
    options = RunOptions(wait=wait, after=prepared.after)
    result = _checked(run_plan(prepared.plan, opened, where, options, console))
    comparison = load_comparison(opened, prepared.spec.sweep) if result.is_done else None
    return SweepResult(result, comparison)


def _console(*, quiet: bool) -> Console:
    return terminal(soft_wrap=True, quiet=quiet)


def _checked(result: RunResult) -> RunResult:
    """Return a result, or raise TaskError if the run has ended with unfinished tasks."""
    if result.exit_code:
        names = ", ".join(result.failed[:NUM_NAMED]) + (", ..." if result.failed[NUM_NAMED:] else "")
        raise TaskError(
            f"{result.plan_id}: {len(result.failed)} task(s) failed ({names}), and {len(result.blocked)} "
            f"that need them were blocked; see hdrbatch logs {result.plan_id}"
        )
    return result
