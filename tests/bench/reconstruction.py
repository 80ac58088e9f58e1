"""What it costs to reconstruct photographs of a telephone or camera: time, and peak memory."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from hdrbatch.imaging.files import PhotoMetadata, write_photo

WIDTH, HEIGHT = 6000, 4000
NUM_THREADS = 2
CASES = ((16, 3, 1), (16, 3, 3))
"""Width and depth of the network, number of photographs."""


def run() -> None:
    """Print megapixels per second and peak memory of ``hdrbatch reconstruct`` at 24 megapixels, on the CPU."""
    for width, depth, num_photos in CASES:
        command = [sys.executable, "-m", "tests.bench.reconstruction"]
        arguments = [str(value) for value in (width, depth, num_photos, WIDTH, HEIGHT)]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=True)
        measured = json.loads(done.stdout.splitlines()[-1])
        print(
            f"{WIDTH}x{HEIGHT}, {num_photos} photograph(s), network of width {width} and depth {depth}: "
            f"{measured['seconds']:.0f} s, network {WIDTH * HEIGHT / 1e6 / measured['network_s']:.2f} "
            f"megapixels/s on {NUM_THREADS} threads, peak memory {measured['peak_gb']:.2f} GB",
            flush=True,
        )


def measure(width: int, depth: int, num_photos: int, columns: int, rows: int) -> dict[str, float]:
    """Reconstruct made-up photographs with an untrained network, in this process."""
    from hdrbatch.learning.model import build_network, save_model
    from hdrbatch.learning.reconstruction import ReconstructionRequest, reconstruct_files
    from hdrbatch.specs.training import InputSpec, NetworkSpec, VariantSpec

    ev = {1: (0.0,), 3: (-2.0, 0.0, 2.0)}[num_photos]
    variant = VariantSpec(inputs=InputSpec(ev=ev), network=NetworkSpec(width=width, depth=depth))
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.pt"
        save_model(model, build_network(variant), variant)
        photos = _photographs(Path(folder), ev, columns, rows)
        request = ReconstructionRequest(photos, Path(folder) / "out.exr", "untrained", model)
        begin = time.perf_counter()
        of_tiles: list[float] = []
        reconstruct_files(
            request,
            num_threads=NUM_THREADS,
            on_progress=lambda _done, _total: of_tiles.append(time.perf_counter()),
        )
        seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # The first tile's begin is not told; the others tell how long it took.
    network_s = (of_tiles[-1] - of_tiles[0]) * len(of_tiles) / (len(of_tiles) - 1)
    return {"seconds": seconds, "network_s": network_s, "peak_gb": peak * 1024 / 1e9}


def _photographs(folder: Path, ev: tuple[float, ...], columns: int, rows: int) -> tuple[Path, ...]:
    coarse = np.random.default_rng(0).lognormal(-1.5, 1.5, (rows // 50, columns // 50, 3)).astype(np.float32)
    radiance = cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_LINEAR)
    paths = []
    for value in ev:
        codes = (255 * np.clip(radiance * 2**value, 0, 1) ** (1 / 2.2)).astype(np.uint8)
        paths.append(folder / f"ev{value:+g}.png")
        metadata = PhotoMetadata(float(Fraction(1, 64) * Fraction(2**value)), 8.0, 100.0, None)
        write_photo(paths[-1], codes, metadata)
    return tuple(paths)


if __name__ == "__main__":
    print(json.dumps(measure(*(int(argument) for argument in sys.argv[1:]))))
