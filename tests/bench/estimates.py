"""How near the dry run's CPU seconds come to what tasks take, family by family and for a whole small job.

Every core runs a worker, as in a job: a core whose neighbour is idle renders faster. A machine with other
work beside it is slower: the load before and after is printed.

HDRBATCH_BENCH_FAMILIES=interior,water measures those families only.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

from hdrbatch.catalogue.family import CAPTURED, FAMILIES
from hdrbatch.plan.packing import packed_cpu_s
from hdrbatch.plan.render_costs import FamilyCost
from hdrbatch.plan.render_plan import plan_render
from hdrbatch.plan.task import Plan, Task
from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.specs.render_job import RenderJob
from hdrbatch.storage.folder import FolderStore
from hdrbatch.storage.receipts import read_receipt
from hdrbatch.submit.progress import Progress
from hdrbatch.submit.workers.launch import Launch, Worker
from hdrbatch.submit.workers.local_run import run_locally

SMALL, THIN, LARGE = (96, 72, 16), (192, 144, 2), (192, 144, 18)
"""Width, height and samples: the differences between them are a sample's cost and a picture's."""
SEED = 1
CLUSTER = ClusterSpec()
IMPORTS = (
    "import os, hdrbatch.worker.command, hdrbatch.tasks.render_exposure\n"
    "from hdrbatch.blender.cores import limited_to_cores\n"
    "with limited_to_cores(1):\n    import hdrbatch.scenes.build\n"
    "os._exit(0)"
)


def run() -> None:
    """Print the ratios of estimated to measured CPU seconds, and the table of what was measured."""
    chosen = os.environ.get("HDRBATCH_BENCH_FAMILIES", ",".join((*FAMILIES, CAPTURED.name))).split(",")
    num_cores = CLUSTER.num_workers()
    print(f"{num_cores} workers; load {os.getloadavg()[0]:.1f} (a calm machine: below 1 before it begins)")
    table = Table(
        title="CPU s of a scene's exposures in one process, and of the first alone", title_justify="left"
    )
    for column in (
        "family",
        "packed: estimated",
        "measured",
        "ratio",
        "alone: estimated",
        "measured",
        "ratio",
    ):
        table.add_column(column, justify="right")
    start_cpu_s = _children_cpu_s(lambda: subprocess.run([sys.executable, "-c", IMPORTS], check=True))
    costs: dict[str, FamilyCost] = {}
    with ThreadPoolExecutor(num_cores) as pool:
        for family, (tasks, cpu_s) in zip(chosen, pool.map(_measured_pack, chosen), strict=True):
            costs[family] = _fitted(cpu_s, start_cpu_s)
            pairs = ((packed_cpu_s(tasks, len(tasks)), sum(cpu_s)), (tasks[0].estimate.cpu_s, cpu_s[0]))
            cells = [cell for estimated, measured in pairs for cell in _cells(estimated, measured)]
            table.add_row(family, *cells)
            print(family, *cells, flush=True)
    Console(width=120).print(table)
    _print_whole_job(chosen)
    print(f"load {os.getloadavg()[0]:.1f}; START_CPU_S = {start_cpu_s:.1f}\nFAMILY_COSTS = {{")
    for family, cost in costs.items():
        print(f'    "{family}": FamilyCost({cost.scene_cpu_s:.1f}, {cost.sample_cpu_us:.1f}),')
    print("}")


def _cells(estimated: float, measured: float) -> list[str]:
    return [f"{estimated:.1f}", f"{measured:.1f}", f"{estimated / measured:.2f}"]


def _planned(dataset: str, families: Sequence[str], size: tuple[int, int, int], **more: object) -> Plan:
    width, height, samples = size
    named = tuple(f"{family}:{SEED}" for family in families if family != CAPTURED.name)
    job = RenderJob.model_validate(
        {
            "dataset": dataset,
            "scenes": {"train": named, "test": (), "captured": int(CAPTURED.name in families)},
            "ev": (-1.0, 0.0, 1.0),
            "render": {"width": width, "height": height, "samples": samples},
            **more,
        }
    )
    return plan_render(job, job.scenes.catalogue())


def _measured_pack(family: str) -> tuple[list[Task], list[float]]:
    """Tasks of one scene that one process ran, with the CPU seconds of each."""
    small, thin, large = (
        _planned(name, [family], size).stages[0].tasks
        for name, size in (("small", SMALL), ("thin", THIN), ("large", LARGE))
    )
    # The first share of a scene renders guides as well, and the first picture of another size costs more.
    tasks = [small[1], small[2], thin[1], thin[2], large[1]]
    with tempfile.TemporaryDirectory() as folder:
        store = FolderStore(Path(folder) / "store")
        _run_pack(tasks, store, Path(folder))
        receipts = [read_receipt(store, task.ref) for task in tasks]
    return tasks, [receipt.cpu_s for receipt in receipts if receipt]


def _fitted(cpu_s: Sequence[float], start_cpu_s: float) -> FamilyCost:
    first, small, _, thin, large = cpu_s
    num_pixel_samples = LARGE[0] * LARGE[1] * (LARGE[2] - THIN[2])
    return FamilyCost(first - small - start_cpu_s, (large - thin) / num_pixel_samples * 1e6)


def _run_pack(tasks: Sequence[Task], store: FolderStore, scratch: Path) -> None:
    """Run tasks in one process, as an element of an array does."""
    worker = Worker(Launch(store.url, CLUSTER, CLUSTER.resources_of(tasks[0].kind), "bench"), tasks, scratch)
    while worker.poll() is None:
        time.sleep(0.05)
    if worker.exit_code:
        sys.exit("a worker failed: " + "".join(worker.log_of(n).read_text() for n in range(len(tasks))))
    worker.close()


def _print_whole_job(families: Sequence[str]) -> None:
    """A scene of each family at three exposures, one process for each task, and then packed."""
    plan = _planned("whole", families, (96, 72, 8))
    with tempfile.TemporaryDirectory() as folder:
        store = FolderStore(Path(folder))
        measured_cpu_s = _children_cpu_s(
            lambda: run_locally(plan, store, CLUSTER, Progress(Console(quiet=True)))
        )
    print(
        "whole job, estimated, measured, ratio:", *_cells(packed_cpu_s(list(plan.tasks()), 1), measured_cpu_s)
    )
    exposures = plan.stages[0].tasks
    packs = [exposures[begin : begin + 3] for begin in range(0, len(exposures), 3)]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(CLUSTER.num_workers()) as pool:
        store = FolderStore(Path(folder) / "store")
        measured_cpu_s = _children_cpu_s(
            lambda: list(pool.map(lambda pack: _run_pack(pack, store, Path(folder)), packs))
        )
    print("its exposures, packed by three:", *_cells(packed_cpu_s(exposures, 3), measured_cpu_s))


def _children_cpu_s(work) -> float:  # type: ignore[no-untyped-def]
    """CPU seconds of the processes that were started and have ended meanwhile."""
    before = os.times()
    work()
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system
