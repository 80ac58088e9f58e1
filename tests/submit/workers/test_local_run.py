"""Local workers, with real and tiny renders."""

import io
import os

import pytest
from rich.console import Console

from hdrbatch.plan.render_plan import plan_render
from hdrbatch.plan.stored_plans import save_plan
from hdrbatch.plan.task import Plan, Stage, make_task
from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.specs.render_job import RenderJob
from hdrbatch.storage import keys
from hdrbatch.submit.completion import done_tasks
from hdrbatch.submit.progress import Progress
from hdrbatch.submit.status import plan_status
from hdrbatch.submit.workers.local_run import last_step, run_locally

pytestmark = pytest.mark.render


@pytest.fixture
def plan():
    job = RenderJob.model_validate(
        {
            "dataset": "tiny",
            "scenes": {"train": ("outdoor:1", "outdoor:2"), "test": ()},
            "ev": (0.0,),
            "render": {"width": 16, "height": 12, "samples": 1},
        }
    )
    return plan_render(job, job.scenes.catalogue())


def with_broken_render(plan):
    """The same plan, but the first scene is of a family that does not exist."""
    broken, *others = plan.stages[0].tasks
    wrong = make_task(
        broken.kind, broken.id, {**broken.payload, "family": "castle"}, broken.outputs, broken.estimate
    )
    assemblies = [
        make_task(
            task.kind,
            task.id,
            task.payload,
            task.outputs,
            task.estimate,
            tuple(wrong.ref if need == broken.ref else need for need in task.needs),
        )
        for task in plan.stages[1].tasks
    ]
    (index,) = plan.stages[2].tasks
    needs = tuple(task.ref for task in assemblies)
    index = make_task(index.kind, index.id, index.payload, index.outputs, index.estimate, needs)
    stages = ((wrong, *others), tuple(assemblies), (index,))
    return Plan(plan.name, tuple(Stage(tasks[0].kind, tasks) for tasks in stages))


def run(plan, store, tmp_path):
    save_plan(store, plan)
    output = io.StringIO()
    cluster = ClusterSpec(scratch=str(tmp_path / "scratch"), workers=2)
    summary = run_locally(plan, store, cluster, Progress(Console(file=output, width=200)))
    return summary, output.getvalue()


def test_a_plan_is_run_and_then_there_is_nothing_to_do(plan, folder_store, tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    summary, shown = run(plan, folder_store, tmp_path)
    assert (summary.num_done, summary.num_done_before, summary.failed) == (5, 0, []), shown
    assert list((tmp_path / "temporary").iterdir()) == []
    assert plan_status(folder_store, plan).is_done
    assert "index_dataset: 1 of 1 done" in shown
    again, _ = run(plan, folder_store, tmp_path)
    assert (again.num_done, again.num_done_before, again.failed) == (0, 5, [])
    assert list((tmp_path / "scratch").rglob("*.exr")) == []


def test_a_task_that_fails_shows_its_log_and_does_not_stop_the_others(plan, folder_store, tmp_path):
    broken = with_broken_render(plan)
    summary, shown = run(broken, folder_store, tmp_path)
    name = f"render_exposure/{plan.stages[0].tasks[0].id}"
    assert summary.failed == [name]
    assert summary.num_done == 2
    assert summary.blocked == ["assemble_scene/tiny/outdoor-0001", "index_dataset/tiny"]
    first = next(line for line in shown.splitlines() if "castle" in line)
    assert first.startswith(f"render_exposure {plan.stages[0].tasks[0].id}: ")
    assert "failed with exit code 2; the end of its log:" in shown.partition(first)[2]
    assert "castle" in shown
    assert "assemble_scene tiny/outdoor-0001 is blocked: it needs tiny/outdoor-0001/ev+0" in shown
    status = plan_status(folder_store, broken)
    assert status.missing() == [name, *summary.blocked]
    log = folder_store.get_bytes(keys.log(broken.id, "render_exposure", broken.stages[0].tasks[0].id))
    assert b"castle" in log


def test_a_failure_is_mended_by_running_what_is_right(plan, folder_store, tmp_path):
    run(with_broken_render(plan), folder_store, tmp_path)
    summary, _ = run(plan, folder_store, tmp_path)
    assert (summary.failed, summary.blocked) == ([], [])
    assert summary.num_done_before == 2
    assert done_tasks(folder_store, plan.tasks()) == {task.ref for task in plan.tasks()}


def test_scratch_of_a_killed_run_is_removed_by_the_next_one(plan, folder_store, tmp_path):
    base = tmp_path / "scratch" / f"hdrbatch-{os.getuid()}"
    host = os.uname().nodename
    kept = {f"{plan.id}@{host}.{os.getppid()}", f"{plan.id}@elsewhere.999999999"}
    for name in (*kept, f"{plan.id}@{host}.999999999"):
        (base / name).mkdir(parents=True)
    run(plan, folder_store, tmp_path)
    assert {path.name for path in base.iterdir()} == kept


def test_workers_are_as_many_as_cores_allow():
    cores = len(os.sched_getaffinity(0))
    assert ClusterSpec().num_workers() == cores
    assert ClusterSpec(threads_per_task=cores * 2).num_workers() == 1
    assert ClusterSpec(workers=7).num_workers() == 7


def test_the_last_step_that_a_training_told_of_is_found_at_the_end_of_its_log(tmp_path):
    log = tmp_path / "log"
    assert last_step(log) is None
    log.write_text("loading\n")
    assert last_step(log) is None
    log.write_text("".join(f"step {n} of 3000: loss 0.1\n" for n in range(1000)) + "a warning\n")
    assert last_step(log) == "step 999 of 3000: loss 0.1"


def test_what_running_tasks_say_is_shown_beside_what_is_done(plan):
    written = io.StringIO()
    progress = Progress(Console(file=written, width=200))
    first, *_ = plan.stages[0].tasks
    with progress.running(plan, set()):
        progress.started(first)
        progress._last_line_s = -100.0
        progress.report(first, "step 20 of 30: loss 0.5")
    assert f"0 of 2 done after 0 s; {first.id} step 20 of 30: loss 0.5" in written.getvalue()
