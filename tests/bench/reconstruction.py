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

from hdrbatch.imaging.exif import PhotoMetadata
from hdrbatch.imaging.photo import write_photo

WIDTH, HEIGHT = 6000, 4000
NUM_THREADS = 2
CASES = ((16, 3, 1), (16, 3, 3))
"""Width and depth of the network, number of photographs."""
EVS: dict[int, tuple[float, ...]] = {1: (0.0,), 3: (-2.0, 0.0, 2.0)}


def run() -> None:
    """Print megapixels per second and peak memory of ``reconstruct`` at 24 megapixels, on the CPU."""
    for width, depth, num_photos in CASES:
        with tempfile.TemporaryDirectory() as folder:
            _write_photographs(Path(folder), EVS[num_photos])
            command = [sys.executable, "-m", "tests.bench.reconstruction", folder]
            arguments = [str(value) for value in (width, depth, num_photos)]
            done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=True)
        measured = json.loads(done.stdout.splitlines()[-1])
        print(
            f"{WIDTH}x{HEIGHT}, {num_photos} photograph(s), network of width {width} and depth {depth}: "
            f"{measured['seconds']:.0f} s, network {WIDTH * HEIGHT / 1e6 / measured['network_s']:.2f} "
            f"megapixels/s on {NUM_THREADS} threads, peak memory {measured['peak_gb']:.2f} GB",
            flush=True,
        )


def measure(folder: Path, width: int, depth: int, num_photos: int) -> dict[str, float]:
    """Reconstruct a folder's photographs with an untrained network, in this process, for its memory."""
    from hdrbatch.learning.model import build_network, save_model
    from hdrbatch.photographs.bracket import photographs_in
    from hdrbatch.photographs.reconstruction import reconstruct_files
    from hdrbatch.photographs.request import HdrRequest
    from hdrbatch.specs.variant import InputSpec, NetworkSpec, VariantSpec

    inputs = InputSpec(ev=EVS[num_photos])
    variant = VariantSpec(inputs=inputs, network=NetworkSpec(width=width, depth=depth))
    save_model(folder / "model.pt", build_network(variant), variant, picture_side=480)
    request = HdrRequest(tuple(photographs_in(folder)), folder / "out.exr")
    begin = time.perf_counter()
    of_tiles: list[float] = []
    reconstruct_files(
        request,
        "untrained",
        folder / "model.pt",
        num_threads=NUM_THREADS,
        on_progress=lambda _done, _total: of_tiles.append(time.perf_counter()),
    )
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # When the first tile began is not told; the others tell how long it took.
    network_s = (of_tiles[-1] - of_tiles[0]) * len(of_tiles) / (len(of_tiles) - 1)
    return {"seconds": seconds, "network_s": network_s, "peak_gb": peak * 1024 / 1e9}


def _write_photographs(folder: Path, evs: tuple[float, ...]) -> None:
    coarse = np.random.default_rng(0).lognormal(-1.5, 1.5, (HEIGHT // 50, WIDTH // 50, 3)).astype(np.float32)
    radiance = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    for ev in evs:
        codes = (255 * np.clip(radiance * 2**ev, 0, 1) ** (1 / 2.2)).astype(np.uint8)
        metadata = PhotoMetadata(float(Fraction(1, 64) * Fraction(2**ev)), 8.0, 100.0, None)
        write_photo(folder / f"ev{ev:+g}.png", codes, metadata)


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), *(int(argument) for argument in sys.argv[2:]))))
