"""What a complete scene costs: against rendering its exposures one by one, and outside sampling.

"By itself at the reference's quality" is one render of all samples for each exposure, with the denoiser where
the family has it; the reference is then one of them. Its error against a long render is shown beside ours.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from hdrbatch.blender.cores import limited_to_cores
from hdrbatch.blender.sampling import RenderSettings, SampleSubset
from hdrbatch.catalogue.family import find_family
from hdrbatch.imaging.exr import read_exr
from hdrbatch.plan.render_plan import plan_render
from hdrbatch.plan.task import Plan
from hdrbatch.specs.render_job import RenderJob
from hdrbatch.storage.folder import FolderStore
from hdrbatch.storage.receipts import read_receipt
from tests.bench.denoising import error_stops

FAMILIES = ("street", "water", "interior")
SEED = 2


def run() -> None:
    """Print the ratio of costs with errors, and the share of a packed scene's time outside sampling."""
    costs = Table(
        title="a scene of ten exposures and its reference, 160x120, 24 samples", title_justify="left"
    )
    for column in ("family", "ours (CPU s)", "one by one (CPU s)", "ratio", "our error (stops)", "theirs"):
        costs.add_column(column, justify="right")
    for family in FAMILIES:
        costs.add_row(family, *compared(family))
    Console(width=120).print(costs)
    shares = Table(
        title="a packed scene of full size, 640x480, 8 samples (a full job has 64)", title_justify="left"
    )
    for column in ("family", "wall (s)", "sampling (s)", "outside sampling"):
        shares.add_column(column, justify="right")
    for family in FAMILIES:
        shares.add_row(family, *outside_sampling(family))
    Console(width=120).print(shares)


def compared(family: str) -> tuple[str, ...]:
    """One line of the first table."""
    with tempfile.TemporaryDirectory() as folder:
        plan = planned(family, 160, 120, 24)
        _, cpu_s = packed(plan, Path(folder))
        reference = read_exr(next(Path(folder).rglob("reference.exr")))
    with limited_to_cores(1):
        from hdrbatch.blender.denoise import denoise, render_guides
        from hdrbatch.blender.rendering import render_subset
        from hdrbatch.scenes.build import build_scene
    settings = RenderSettings(160, 120, num_threads=1)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        begin = time.process_time()
        build_scene(family, SEED)
        single = render_subset(settings, SampleSubset(0, 1, 240), scratch)
        if find_family(family).denoised:
            single = denoise(single, render_guides(settings, scratch), scratch, num_threads=1)
        single_cpu_s = time.process_time() - begin
        truth = render_subset(settings, SampleSubset(1, 2, 1200), scratch)
    ratio = 10 * single_cpu_s / cpu_s
    errors = [f"{error_stops(one, truth):.3f}" for one in (reference, single)]
    return f"{cpu_s:.1f}", f"{10 * single_cpu_s:.1f}", f"{ratio:.1f}", *errors


def outside_sampling(family: str) -> tuple[str, ...]:
    """One line of the second table."""
    with tempfile.TemporaryDirectory() as folder:
        plan = planned(family, 640, 480, 8)
        wall_s, _ = packed(plan, Path(folder))
        store = FolderStore(Path(folder) / "store")
        receipts = [read_receipt(store, task.ref) for task in plan.stages[0].tasks]
    sampling_s = sum(receipt.phases_s["sampling"] for receipt in receipts if receipt)
    return f"{wall_s:.1f}", f"{sampling_s:.1f}", f"{1 - sampling_s / wall_s:.1%}"


def planned(family: str, width: int, height: int, samples: int) -> Plan:
    """Of one still scene."""
    job = RenderJob.model_validate(
        {
            "dataset": "bench",
            "scenes": {"train": (f"{family}:{SEED}",), "test": ()},
            "render": {"width": width, "height": height, "samples": samples},
        }
    )
    return plan_render(job, job.scenes.catalogue())


def packed(plan: Plan, folder: Path) -> tuple[float, float]:
    """Run exposures and assembly in one worker, as an element with --pack does; wall and CPU seconds."""
    tasks = [*plan.stages[0].tasks, *plan.stages[1].tasks]
    store, before, begin = folder / "store", os.times(), time.perf_counter()
    for number, part in enumerate((tasks[:-1], tasks[-1:])):
        file = folder / f"tasks{number}"
        file.write_text("".join(json.dumps(task.to_json()) + "\n" for task in part))
        names = (
            "--store",
            store,
            "--tasks",
            file,
            "--scratch",
            folder / f"scratch{number}",
            "--threads",
            "1",
        )
        (folder / f"scratch{number}").mkdir()
        subprocess.run(
            [sys.executable, "-m", "hdrbatch.worker", *map(str, names)], check=True, stderr=subprocess.DEVNULL
        )
    after = os.times()
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - begin, cpu_s
