"""Runs from a program: what they take, and what they say of their end."""

from concurrent.futures import ThreadPoolExecutor

import pytest

import hdrbatch
from hdrbatch.errors import SpecError, TaskError, UserError
from hdrbatch.interface import runs
from hdrbatch.storage.address import open_store
from hdrbatch.submit.run import RunResult
from hdrbatch.submit.slurm import queue
from tests.conftest import TINY_JOB


@pytest.fixture
def job(tmp_path):
    path = tmp_path / "job.yaml"
    path.write_text(TINY_JOB)
    return path


@pytest.fixture
def planned(monkeypatch):
    """Plans that would have been run, which end as ``planned.end`` says."""

    class Planned(list):
        def end(self, plan):
            return RunResult(plan.id, len(list(plan.tasks())), len(list(plan.tasks())))

    planned = Planned()
    planned.stores, planned.clusters = [], []

    def run_plan(plan, store, cluster, options, console):
        planned.append((plan, options))
        planned.stores.append(store)
        planned.clusters.append(cluster)
        return planned.end(plan)

    monkeypatch.setattr(runs, "run_plan", run_plan)
    return planned


@pytest.mark.parametrize(
    ("scenes", "num_scenes"),
    [("all", 3), ("train", 2), (2, 2), (["interior-0001"], 1), (("interior-0001", "outdoor-9001"), 2)],
)
def test_scenes_are_named_as_a_program_would(job, tmp_path, planned, scenes, num_scenes):
    hdrbatch.render(job, scenes=scenes, evs=[-1, 0.5], store=str(tmp_path / "store"), cluster="local")
    ((plan, options),) = planned
    assert [len(stage.tasks) for stage in plan.stages] == [2 * num_scenes, num_scenes, 1]
    assert options.wait


def test_failed_tasks_are_an_error_that_names_them(job, tmp_path, planned):
    failed = tuple(f"render_exposure/tiny/{number}" for number in range(4))
    planned.end = lambda plan: RunResult(plan.id, 10, 3, failed, ("index_dataset/tiny",))
    expected = (
        r"4 task\(s\) failed \(render_exposure/tiny/0, .*/2, \.\.\.\), and 1 that need them were blocked"
    )
    with pytest.raises(TaskError, match=expected):
        hdrbatch.render(job, store=str(tmp_path / "store"), cluster="local")


def test_what_goes_on_in_a_queue_is_no_error(job, tmp_path, planned):
    planned.end = lambda plan: RunResult(plan.id, 10, 3, jobs=("100",), is_submitted=True)
    result = hdrbatch.render(job, store=str(tmp_path / "store"), cluster="local", wait=False)
    assert (result.is_done, result.jobs) == (False, ("100",))


def test_a_sweep_without_its_dataset_and_a_job_that_is_not_there_are_refused(tmp_path, planned):
    with pytest.raises(UserError, match="dataset 'local' is not in"):
        hdrbatch.sweep("local-sweep", store=str(tmp_path / "store"), cluster="local")
    with pytest.raises(SpecError, match="nosuch: no such file"):
        hdrbatch.render("nosuch", store=str(tmp_path / "store"))
    assert planned == []


def test_quiet_prints_nothing(job, tmp_path, capsys, monkeypatch):
    def run_plan(plan, store, cluster, options, console):
        console.print("loud")
        return RunResult(plan.id, 1, 1)

    monkeypatch.setattr(runs, "run_plan", run_plan)
    hdrbatch.render(job, store=str(tmp_path / "store"), cluster="local", quiet=True)
    assert capsys.readouterr().out == ""
    hdrbatch.render(job, store=str(tmp_path / "store"), cluster="local")
    assert capsys.readouterr().out == "loud\n"


def test_exposures_are_planned_exactly(job, tmp_path, planned):
    hdrbatch.render(job, scenes=1, evs=[1 / 3, 0], store=str(tmp_path / "store"), cluster="local")
    ((plan, _options),) = planned
    assert list(plan.stages[1].tasks[0].payload["ev"]) == [1 / 3, 0.0]


def test_store_and_cluster_come_from_arguments_or_the_environment_or_defaults(
    job, tmp_path, planned, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(queue, "is_available", lambda: False)
    for name in ("HDRBATCH_STORE", "HDRBATCH_CLUSTER"):
        monkeypatch.delenv(name, raising=False)
    hdrbatch.render(job)
    monkeypatch.setenv("HDRBATCH_STORE", str(tmp_path / "exported"))
    monkeypatch.setenv("HDRBATCH_CLUSTER", "slurm")
    hdrbatch.render(job)
    hdrbatch.render(job, store=tmp_path / "given", cluster="local")
    urls = [open_store(name).url for name in ("hdrbatch-store", str(tmp_path / "exported"))]
    assert [store.url for store in planned.stores] == [*urls, open_store(str(tmp_path / "given")).url]
    assert [cluster.scheduler for cluster in planned.clusters] == ["local", "slurm", "local"]


def test_the_choice_of_slurm_is_reported_unless_quiet(job, tmp_path, planned, monkeypatch, capsys):
    monkeypatch.delenv("HDRBATCH_CLUSTER", raising=False)
    monkeypatch.setattr(queue, "is_available", lambda: True)
    hdrbatch.render(job, store=tmp_path / "store", quiet=True)
    assert capsys.readouterr() == ("", "")
    hdrbatch.render(job, store=tmp_path / "store")
    assert capsys.readouterr().out.startswith("using Slurm on this machine")


def test_a_run_outside_the_main_thread_is_refused_before_anything_is_stored(job, tmp_path):
    def render():
        hdrbatch.render(job, store=tmp_path / "store", cluster="local", quiet=True)

    with ThreadPoolExecutor(1) as pool, pytest.raises(UserError, match="only the main thread can"):
        pool.submit(render).result()
    assert list(open_store(str(tmp_path / "store")).list("")) == []
