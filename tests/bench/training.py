"""Training steps a second, beside a plain loop with a DataLoader that reads EXR files; waiting and memory.

Both train the same network on photographs of the same scenes. The plain loop is what one writes first:
float32, channels as they come, every item read from its EXR file, cropped and photographed with NumPy by the
loader's workers. HDRBATCH_BENCH_WIDTH, HDRBATCH_BENCH_STEPS and HDRBATCH_BENCH_PRECISION change what is run.
"""

import multiprocessing
import os
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset
from torch.utils.flop_counter import FlopCounterMode

from hdrbatch.imaging.encoding import log_encode
from hdrbatch.imaging.exr import read_exr, write_exr
from hdrbatch.imaging.response import SrgbResponse
from hdrbatch.imaging.sensor import Sensor, normal_noise, photograph
from hdrbatch.learning.inputs import encoded_prediction, network_input
from hdrbatch.learning.loop import Training
from hdrbatch.learning.loss import training_loss
from hdrbatch.learning.model import Model, build_network
from hdrbatch.learning.parallel import Rank
from hdrbatch.learning.prediction import reconstruct
from hdrbatch.learning.training_radiance import SceneSet, TrainingScene
from hdrbatch.specs.variant import VariantSpec

NUM_SCENES, HEIGHT, WIDTH = 24, 480, 640
WARM_UP, STEPS = 5, int(os.environ.get("HDRBATCH_BENCH_STEPS", "40"))
NETWORK_WIDTH = int(os.environ.get("HDRBATCH_BENCH_WIDTH", "16"))
PRECISION = os.environ.get("HDRBATCH_BENCH_PRECISION", "fp32")
NUM_WORKERS = 2
PEAK_FLOPS = {"H100": {"fp32": 67e12, "bf16": 989e12}, "H200": {"fp32": 67e12, "bf16": 989e12}}
"""Dense, of the SXM boards' data sheets; float32 without TF32."""


@dataclass(frozen=True)
class Measured:
    """One contender's figures."""

    steps_per_s: float
    waiting_share: float
    peak_mib: float
    flops_per_s: float


def run() -> None:
    """Print both contenders, and the speed of inference."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    print(f"width {NETWORK_WIDTH}, depth 4, batches of 4 crops of 128, three photographs, {device}")
    with tempfile.TemporaryDirectory() as folder:
        files = _write_scenes(Path(folder))
        ours = _in_child(_train, files, device)
        plain = _in_child(_train_plainly, files, device)
    for name, found in (("hdrbatch", ours), ("plain loop", plain)):
        print(
            f"{name:12s}{found.steps_per_s:7.2f} steps/s, {found.waiting_share:6.1%} until a batch is there, "
            f"peak memory {found.peak_mib:.0f} MiB, {found.flops_per_s / 1e9:.1f} GFLOP/s"
            f"{_share(found, device)}"
        )
    print(f"hdrbatch / plain loop: {ours.steps_per_s / plain.steps_per_s:.2f}")
    _infer(device)


def _share(found: Measured, device: str) -> str:
    if device == "cpu":
        return ""
    name = torch.cuda.get_device_name()
    peaks = next((peaks for board, peaks in PEAK_FLOPS.items() if board in name), None)
    return f" = {found.flops_per_s / peaks[PRECISION]:.1%} of the peak of {name}" if peaks else f" on {name}"


def _variant() -> VariantSpec:
    return VariantSpec.model_validate(
        {
            "inputs": {"ev": (-2.0, 0.0, 2.0)},
            "network": {"width": NETWORK_WIDTH},
            "training": {"precision": PRECISION},
        }
    )


def _write_scenes(folder: Path) -> list[Path]:
    rng = np.random.default_rng(0)
    files = [folder / f"{number}.exr" for number in range(NUM_SCENES)]
    for file in files:
        write_exr(file, np.exp(rng.normal(-2, 2, size=(HEIGHT, WIDTH, 3))).astype(np.float32))
    return files


def _in_child(contender, files: list[Path], device: str) -> Measured:  # type: ignore[no-untyped-def]
    """Run in a process of its own, for its own peak of memory."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_measured, args=(contender, files, device, theirs))
    process.start()
    found: Measured = ours.recv()
    process.join()
    return found


def _measured(contender, files: list[Path], device: str, pipe) -> None:  # type: ignore[no-untyped-def]
    torch.manual_seed(0)
    steps_per_s, waiting_share, flops = contender(files, torch.device(device))
    if device == "cuda":
        peak = torch.cuda.max_memory_allocated() / 2**20
    else:
        own, workers = (
            resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        peak = (own + NUM_WORKERS * workers if contender is _train_plainly else own) / 2**10
    pipe.send(Measured(steps_per_s, waiting_share, peak, flops * steps_per_s))


def _synchronised(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def _train(files: list[Path], device: torch.device) -> tuple[float, float, float]:
    scenes = (TrainingScene(file.stem, read_exr(file)) for file in files)
    training = Training(
        Rank(0, 1, device), SceneSet.write(files[0].with_suffix(".f32"), scenes), _variant(), None
    )
    training.network.train()
    with FlopCounterMode(display=False) as counter:
        training.step(1)
    for step in range(2, WARM_UP):
        training.step(step)
    waited, begin = 0.0, _synchronised(device)
    make_batch = training.source.batch

    def timed_batch(step: int):  # type: ignore[no-untyped-def]
        nonlocal waited
        before = time.perf_counter()
        batch = make_batch(step)
        waited += time.perf_counter() - before
        return batch

    training.source.batch = timed_batch  # type: ignore[method-assign]
    for step in range(WARM_UP, WARM_UP + STEPS):
        training.step(step)
    wall = _synchronised(device) - begin
    return STEPS / wall, waited / wall, counter.get_total_flops()


class _PlainScenes(Dataset):  # type: ignore[type-arg]
    def __init__(self, files: list[Path], variant: VariantSpec) -> None:
        self.files, self.variant = files, variant

    def __len__(self) -> int:
        return self.variant.training.batch * (WARM_UP + STEPS)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(index)
        crop = self.variant.training.crop
        radiance = read_exr(self.files[index % len(self.files)])
        top, left = rng.integers(HEIGHT - crop), rng.integers(WIDTH - crop)
        reference = radiance[top : top + crop, left : left + crop] * np.float32(2.0 ** rng.uniform(-1, 1))
        photos = [
            photograph(reference, 2.0**ev, Sensor(), SrgbResponse(), *normal_noise(reference.shape, rng))
            for ev in self.variant.inputs.ev
        ]
        return np.stack(photos).transpose(0, 3, 1, 2), reference.transpose(2, 0, 1)


def _train_plainly(files: list[Path], device: torch.device) -> tuple[float, float, float]:
    variant = _variant()
    network = build_network(variant).to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=variant.training.learning_rate)
    loader = iter(
        DataLoader(
            _PlainScenes(files, variant),
            batch_size=variant.training.batch,
            num_workers=NUM_WORKERS,
            multiprocessing_context="forkserver",
        )
    )
    exposures_bn = torch.tensor(
        [[2.0**ev for ev in variant.inputs.ev]] * variant.training.batch, device=device
    )
    unit = torch.ones(variant.training.batch, 1, 1, 1, device=device)
    waited, begin = 0.0, 0.0
    counter = FlopCounterMode(display=False)
    for step in range(WARM_UP + STEPS):
        if step == WARM_UP:
            waited, begin = 0.0, _synchronised(device)
        before = time.perf_counter()
        photos_bnchw, reference_bchw = (part.to(device) for part in next(loader))
        waited += time.perf_counter() - before
        if step == 0:
            counter.__enter__()
        given = network_input(
            photos_bnchw, exposures_bn, variant.inputs, variant.network, SrgbResponse(), Sensor()
        )
        encoded = encoded_prediction(network(given.photos_bnkhw, given.together_bkhw), given, variant.network)
        loss = training_loss(encoded, log_encode(reference_bchw), given.gate_bchw, variant.training, unit)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        loss.item()
        if step == 0:
            counter.__exit__(None, None, None)
    wall = _synchronised(device) - begin
    return STEPS / wall, waited / wall, counter.get_total_flops()


def _infer(device: str) -> None:
    variant = _variant()
    model = Model(build_network(variant).to(device).eval(), variant)
    rng = np.random.default_rng(0)
    photos = [rng.integers(0, 256, size=(1536, 2048, 3), dtype=np.uint8) for _ in variant.inputs.ev]
    exposures = [2.0**ev for ev in variant.inputs.ev]
    reconstruct(model, [photo[:600, :600] for photo in photos], exposures)
    begin = time.perf_counter()
    reconstruct(model, photos, exposures)
    wall = time.perf_counter() - begin
    print(f"inference of three photographs: {2048 * 1536 / 1e6 / wall:.2f} megapixels/s")
