"""What it costs that a render is made in chunks, so that it can go on after an interruption."""

import tempfile
from pathlib import Path

from hdrbatch.blender import sampling
from hdrbatch.blender.cores import limited_to_cores
from hdrbatch.blender.sampling import RenderSettings, SampleSubset
from hdrbatch.catalogue.family import FAMILIES
from hdrbatch.worker.usage import process_cpu_s

SAMPLES = 16
NUM_ROUNDS = 1


def run() -> None:
    """Print CPU seconds of renders of 640x480 in one call and in chunks, by turns, and their ratio."""
    with limited_to_cores(1):
        from hdrbatch.blender.rendering import render_subset
        from hdrbatch.scenes.build import build_scene
    settings = RenderSettings(width=640, height=480, max_bounces=12, seed=0, num_threads=1)
    subset = SampleSubset(index=0, num_subsets=1, samples=SAMPLES)
    chunked = sampling.CHUNK_PIXEL_SAMPLES
    for family in FAMILIES:
        build_scene(family, 1)
        times: dict[int, list[float]] = {chunked: [], 1 << 40: []}
        with tempfile.TemporaryDirectory() as scratch:
            for _ in range(NUM_ROUNDS):
                for size, found in times.items():
                    sampling.CHUNK_PIXEL_SAMPLES = size
                    num_chunks = len(subset.chunks(settings.width, settings.height))
                    begin = process_cpu_s()
                    render_subset(settings, subset, Path(scratch))
                    found.append(process_cpu_s() - begin)
                    if size == chunked:
                        num_of_chunks = num_chunks
        parts, whole = (min(found) for found in times.values())
        share = (parts - whole) / (num_of_chunks - 1) / (whole / num_of_chunks)
        print(
            f"{family}: {SAMPLES} samples in {num_of_chunks} chunks {parts:.1f} CPU s, in one call "
            f"{whole:.1f}: "
            f"{share:.1%} of a chunk's time for each cut",
            flush=True,
        )
    sampling.CHUNK_PIXEL_SAMPLES = chunked
