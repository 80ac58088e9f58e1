"""Where the time of a render task goes, as shares of its wall time, from its receipt."""

import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from hdrbatch.catalogue.family import FAMILIES
from hdrbatch.plan.render_plan import plan_render
from hdrbatch.plan.stored_plans import save_plan
from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.specs.render_job import RenderJob
from hdrbatch.storage.folder import FolderStore
from hdrbatch.storage.receipts import Receipt, read_receipt
from hdrbatch.submit.progress import Progress
from hdrbatch.submit.workers.local_run import run_locally

SIZES = ((160, 120, 12), (640, 480, 8))
"""Width, height, samples: a task of jobs/local.yaml, and one of full size with an eighth of its samples."""

PHASES = ("start", "import", "scene", "sampling", "writing", "upload")


def run() -> None:
    """Render one exposure of a scene of each family, alone on one thread, at each size."""
    table = Table(title="one render task on one thread: wall time, and shares of it", title_justify="left")
    for column in ("family", "size", "samples", "wall (s)", "CPU (s)", *PHASES, "rest"):
        table.add_column(column, justify="right")
    for width, height, samples in SIZES:
        for family in FAMILIES:
            receipt = measured(family, width, height, samples)
            shares = [receipt.phases_s.get(phase, 0.0) / receipt.wall_s for phase in PHASES]
            cells = [f"{share:.0%}" for share in (*shares, 1 - sum(shares))]
            times = (f"{receipt.wall_s:.2f}", f"{receipt.cpu_s:.2f}")
            table.add_row(family, f"{width}x{height}", str(samples), *times, *cells)
    Console(width=140).print(table)


def measured(family: str, width: int, height: int, samples: int) -> Receipt:
    """Run one task through the worker, twice, and give the second receipt: caches are warm then."""
    job = RenderJob.model_validate(
        {
            "dataset": "bench",
            "scenes": {"train": (f"{family}:1",), "test": ()},
            "ev": (0.0,),
            "render": {"width": width, "height": height, "samples": samples},
        }
    )
    plan = plan_render(job, job.scenes.catalogue())
    task = plan.stages[0].tasks[0]
    for _ in range(2):
        with tempfile.TemporaryDirectory() as folder:
            store = FolderStore(Path(folder))
            save_plan(store, plan)
            run_locally(plan, store, ClusterSpec(workers=1), Progress(Console(quiet=True)))
            receipt = read_receipt(store, task.ref)
    assert receipt is not None
    return receipt
