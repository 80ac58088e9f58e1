"""Damaged files of every kind, and what the commands make of them.

``python -m tests.bench.fuzz [NUMBER [SEED [KIND]]]`` damages jobs, sweeps, cluster files, photographs, HDR
pictures and the objects of a store, NUMBER times in all, and prints by kind how often something is wrong:
a traceback, an exit code that is none for bad input, a refusal that does not name the file, no end.
"""

import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import tifffile
from PIL import Image

from hdrbatch.imaging.exif import PhotoMetadata
from hdrbatch.imaging.exr import write_exr
from hdrbatch.imaging.photo import write_photo
from hdrbatch.imaging.rgbe import write_hdr
from hdrbatch.plan.render_plan import plan_render
from hdrbatch.plan.stored_plans import save_plan
from hdrbatch.specs.render_job import RenderJob
from hdrbatch.storage import keys
from hdrbatch.storage.receipts import Receipt, write_receipt
from hdrbatch.submit.failures import FailureNotes
from hdrbatch.submit.submissions import Submission, put_submission, submitter_fields
from hdrbatch.worker.outcome import Outcome
from tests.fuzzing import Fault, Subject, attempt, damaged_bytes, damaged_json, damaged_text
from tests.report.conftest import Shop

JOB = """\
dataset: fuzzed
scenes:
  train: {count: 3, first_seed: 1}
  test: ["outdoor:9001", "interior:9001"]
ev: -2..2
render:
  width: 64
  height: 48
  samples: 4
  engine: cycles
"""
SWEEP = """\
sweep: fuzzed
dataset: local
base:
  network: {width: 4, depth: 2, output: residual}
  training: {steps: 6, crop: 16, batch: 2, learning_rate: 0.001}
groups:
  inputs: [ldr, candidates]
variants:
  ldr: {}
  candidates: {inputs.mode: candidates, inputs.ev: [-2, 0, 2]}
"""
CLUSTER = """\
scheduler = "slurm"
folder = "jobs"
max_array_size = 100

[resources]
memory_gb = 1.0
partition = "cpu"
time_min = 30

[resources.sbatch]
qos = "normal"

[containers]
runtime = "apptainer"
"""


def subjects(folder: Path, store: Path) -> list[Subject]:
    """Everything that can be damaged, made in a folder; the store's root has a subject for each object."""
    return [*_specs(folder), *_pictures(folder), *_objects(store)]


def _specs(folder: Path) -> list[Subject]:
    (folder / "job.yaml").write_text(JOB)
    (folder / "sweep.yaml").write_text(SWEEP)
    (folder / "site.toml").write_text(CLUSTER)
    (folder / "whole.yaml").write_text(JOB)
    return [
        Subject("job", folder / "job.yaml", damaged_text, lambda path: ("render", str(path), "--dry-run")),
        Subject("sweep", folder / "sweep.yaml", damaged_text, lambda path: ("sweep", str(path), "--dry-run")),
        Subject(
            "cluster file",
            folder / "site.toml",
            damaged_text,
            lambda path: ("render", str(folder / "whole.yaml"), "--dry-run", "--cluster", str(path)),
        ),
    ]


def _pictures(folder: Path) -> list[Subject]:
    rng = np.random.default_rng(0)
    down, right = np.mgrid[:32, :64] / 7.0
    radiance = np.exp2(3 * np.sin(down) * np.cos(right) - 2)[..., None] * np.array([1, 0.9, 0.7])
    radiance = radiance.astype(np.float32) + rng.uniform(0, 0.01, (32, 64, 1)).astype(np.float32)
    photos = {
        suffix: tuple(
            _photo(folder / f"{suffix}-{number}.{suffix}", radiance, ev)
            for number, ev in enumerate((-2, 0, 2))
        )
        for suffix in ("png", "jpg", "tif")
    }
    write_exr(folder / "panorama.exr", radiance)
    write_hdr(folder / "panorama.hdr", radiance)
    (folder / "times.txt").write_text(
        "".join(f"{path.name} 1/{4**n}\n" for n, path in enumerate(photos["png"]))
    )
    merge = ("--no-align", "-o", str(folder / "out" / "merged.exr"))
    simulated = ("--ev", "0", "-o", str(folder / "out"))
    return [
        *(
            Subject(
                f"photograph .{suffix}",
                files[1],
                damaged_bytes,
                lambda _, files=files: ("merge", *map(str, files), *merge),
            )
            for suffix, files in photos.items()
        ),
        *(
            Subject(
                f"panorama {suffix}",
                folder / f"panorama{suffix}",
                damaged_bytes,
                lambda path: ("photograph", str(path), *simulated),
            )
            for suffix in (".exr", ".hdr")
        ),
        Subject(
            "exposure times",
            folder / "times.txt",
            damaged_text,
            lambda path: ("merge", *map(str, photos["png"]), "--exposures", str(path), *merge),
        ),
    ]


def _photo(path: Path, radiance: np.ndarray, ev: int) -> Path:
    signal = np.clip(radiance * 2.0**ev, 0, 1) ** (1 / 2.2)
    codes = np.rint(signal * 255).astype(np.uint8)
    metadata = PhotoMetadata(2.0**ev / 16, 8.0, 100, "fuzz")
    if path.suffix == ".png":
        write_photo(path, codes, metadata)
        return path
    exif = Image.Exif()
    exif.get_ifd(0x8769).update({33434: metadata.exposure_time_s, 33437: 8.0, 34855: 100})
    if path.suffix == ".jpg":
        Image.fromarray(codes).save(path, quality=95, exif=exif)
    else:
        tifffile.imwrite(
            path,
            np.rint(signal * 65535).astype(np.uint16),
            photometric="rgb",
            extratags=[(33434, "2I", 1, (max(1, 2**ev * 4 // 4), 16 if ev >= 0 else 64), True)],
        )
    return path


def _objects(root: Path) -> list[Subject]:
    shop = Shop(root)
    shop.add_dataset("local")
    shop.add_sweep("local", "local")
    job = RenderJob.model_validate(
        {
            "dataset": "made",
            "scenes": {"train": {"count": 2, "first_seed": 1}, "test": {"count": 1, "first_seed": 9001}},
        }
    )
    plan = plan_render(job, job.scenes.catalogue())
    save_plan(shop.store, plan)
    tasks = list(plan.tasks())
    for task in tasks[::2]:
        write_receipt(shop.store, Receipt(task.kind, task.id, task.digest, (), {}, "host", 1.0, 1.0, 1, {}))
    notes = FailureNotes(shop.store, plan.id, "7_1")
    notes.note(tasks[1], Outcome(exit_code=1, error="RenderError", message="the picture is black"))
    put_submission(
        shop.store,
        plan.id,
        Submission(
            name="hdrbatch-made",
            stage=tasks[0].kind,
            elements=((0,), (1,), (2,)),
            job="7",
            cluster="",
            accounting=False,
            folder=str(root / "jobs"),
            memory_gb=1.0,
            spec="{}",
            **submitter_fields(),
        ),
    )
    commands = {
        keys.PLANS: ("status",),
        keys.SUBMISSIONS: ("status", plan.id),
        keys.FAILURES: ("status", plan.id),
        keys.RECEIPTS: ("report", "-o", str(root / "out" / "report.html")),
        keys.DATASETS: ("dataset", "show", "local"),
        keys.SWEEPS: ("report", "-o", str(root / "out" / "report.html")),
    }
    base = root / "store"
    return [
        Subject(
            f"stored {folder.rstrip('/')}",
            path,
            damaged_json if path.suffix in (".json", ".jsonl", "") else damaged_bytes,
            lambda _, command=command: command,
            (0, 1, 2),
            names_file=False,
        )
        for folder, command in commands.items()
        for path in sorted((base / folder).rglob("*"))
        if path.is_file()
    ]


def campaign(number: int, seed: int, kinds: Sequence[str] = ()) -> tuple[Counter[str], list[Fault]]:
    """So many attempts, evenly over the kinds; gives how many each kind had, and what was wrong."""
    tried: Counter[str] = Counter()
    faults = []
    with tempfile.TemporaryDirectory(prefix="hdrbatch-fuzz-") as name:
        folder, store = Path(name) / "work", Path(name) / "shop"
        folder.mkdir()
        by_kind = defaultdict(list)
        for subject in subjects(folder, store):
            if not kinds or subject.kind in kinds:
                by_kind[subject.kind].append(subject)
        for count in range(number):
            members = list(by_kind.values())[count % len(by_kind)]
            subject = members[count // len(by_kind) % len(members)]
            tried[subject.kind] += 1
            if fault := attempt(subject, seed + count, store / "store", folder):
                faults.append(fault)
    return tried, faults


def run(number: int = 2000, seed: int = 0, *kinds: str) -> None:
    """Print the table, and one example of everything that is wrong."""
    begin = time.perf_counter()
    tried, faults = campaign(number, seed, kinds)
    for kind, times in tried.items():
        of_kind = Counter(fault.what for fault in faults if fault.kind == kind)
        print(f"{kind:24} {times:6} tried, {sum(of_kind.values())} wrong", flush=True)
        for what, often in of_kind.most_common():
            example = next(fault for fault in faults if (fault.kind, fault.what) == (kind, what))
            print(
                f"    {often:4} x {what}\n{' ' * 11}{' '.join(example.arguments)[-160:]}\n"
                f"{' ' * 11}{example.details[-300:]!r}"
            )
    print(f"{len(faults)} of {number} wrong, seed {seed}, {time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    cv2.setNumThreads(1)
    run(*map(int, sys.argv[1:3]), *sys.argv[3:])
