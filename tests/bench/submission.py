"""How long planning, submitting and asking for a status take at full size."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hdrbatch.plan.render_plan import plan_render
from hdrbatch.plan.stored_plans import load_plan, save_plan
from hdrbatch.plan.task import Plan
from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.specs.load import find_spec, load_yaml
from hdrbatch.specs.render_job import RenderJob
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store
from hdrbatch.storage.folder import FolderStore
from hdrbatch.storage.server import BUCKET, serve
from hdrbatch.submit.slurm import queue
from hdrbatch.submit.slurm.arrays import SubmissionRequest, chunks, submit_plan
from hdrbatch.submit.status import plan_status

NUM_SCENES_OF_100000 = 9091
SLURM_DEV = Path(__file__).parents[2] / "infra" / "slurm-dev"


def run() -> None:
    """Print the figures; the development Slurm is brought up for it, and taken down."""
    with tempfile.TemporaryDirectory(prefix="hdrbatch-bench-") as folder:
        _large_plan(Path(folder))
        _submission(Path(folder))


def full_job() -> RenderJob:
    """The job of jobs/render.yaml: 406 scenes at ten EVs."""
    return load_yaml(find_spec("render", "jobs", ".yaml"), RenderJob)


def _large_plan(folder: Path) -> None:
    scenes = {
        "train": {"count": NUM_SCENES_OF_100000, "first_seed": 1},
        "test": {"count": 0, "first_seed": 0},
    }
    begin = time.perf_counter()
    job = RenderJob.model_validate({"dataset": "big", "scenes": scenes})
    plan = plan_render(job, job.scenes.catalogue())
    num_tasks = sum(1 for _ in plan.tasks())
    print(f"planning {num_tasks} tasks: {time.perf_counter() - begin:.1f} s", flush=True)
    bucket = folder / BUCKET
    store = FolderStore(bucket)
    save_plan(store, plan)
    _finish_every_second(plan, bucket)
    _time_status("folder", store, plan.id)
    with serve(folder) as server:
        os.environ.update(server.environment())
        from hdrbatch.storage.s3 import S3Store

        _time_status("S3 (rclone)", S3Store(BUCKET), plan.id)


def _finish_every_second(plan: Plan, root: Path) -> None:
    """Receipts of half the tasks; what stands in them is not read for a status."""
    for task in list(plan.tasks())[::2]:
        path = root / keys.receipt(task.kind, task.id, task.digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"{}")


def _time_status(where: str, store: Store, plan_id: str) -> None:
    begin = time.perf_counter()
    plan = load_plan(store, plan_id)
    loaded_s = time.perf_counter() - begin
    status = plan_status(store, plan)
    total_s = time.perf_counter() - begin
    print(
        f"status of {len(status.states)} tasks, {len(status.done)} done, in a {where} store: {total_s:.1f} s "
        f"({loaded_s:.1f} s of it reading the plan)",
        flush=True,
    )


def _submission(folder: Path) -> None:
    """The full job to the real Slurm beside a bare ``sbatch --array`` of the same chunks, all held."""
    own = {"HDRBATCH_SLURM_DIR": f"/tmp/hdrbatch-slurm-bench-{os.getpid()}"}  # sockets want it short
    up = subprocess.run([SLURM_DEV / "up"], env=os.environ | own, capture_output=True, text=True, check=False)
    if up.returncode != 0:
        sys.exit(f"the development Slurm does not come up: {up.stderr}")
    os.environ["SLURM_CONF"] = f"{own['HDRBATCH_SLURM_DIR']}/slurm.conf"
    try:
        job = full_job()
        begin = time.perf_counter()
        plan = plan_render(job, job.scenes.catalogue())
        store = FolderStore(folder / "store")
        cluster = ClusterSpec.model_validate(
            {
                "scheduler": "slurm",
                "folder": str(folder / "jobs"),
                "resources": {"memory_gb": 1.0, "sbatch": {"hold": True}},
            }
        )
        num_renders = len(plan.stages[0].tasks)
        planned_s = time.perf_counter() - begin
        submitted = submit_plan(plan, store, cluster, set(), SubmissionRequest(range(num_renders)))
        ours_s = time.perf_counter() - begin
        sizes = [
            len(part) for part in chunks([(n,) for n in range(num_renders)], queue.settings().max_array_size)
        ]
        bare_s = _bare_sbatch(sizes, folder)
        print(
            f"{num_renders} tasks planned ({planned_s:.2f} s) and submitted in {len(submitted)} arrays: "
            f"{ours_s:.2f} s; bare sbatch of the same arrays: {bare_s:.2f} s; "
            f"{ours_s - bare_s:.2f} s above it"
        )
    finally:
        subprocess.run([SLURM_DEV / "down"], env=os.environ | own, capture_output=True, check=False)


def _bare_sbatch(sizes: list[int], folder: Path) -> float:
    begin = time.perf_counter()
    for size in sizes:
        command = ["sbatch", "--hold", "--mem=1024M", f"--array=0-{size - 1}%40", "--wrap=true"]
        subprocess.run(command, cwd=folder, capture_output=True, check=True)
    return time.perf_counter() - begin
