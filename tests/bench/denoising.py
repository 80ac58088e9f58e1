"""Whether the denoised reference of each family is nearer to a long render: it decides `Family.denoised`.

Small pictures are the harder case for a denoiser, since each of their pixels holds more detail.

HDRBATCH_BENCH_FAMILIES=interior,water measures those families only.
"""

import os
import tempfile
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from hdrbatch.blender.cores import limited_to_cores
from hdrbatch.blender.sampling import RenderSettings, SampleSubset
from hdrbatch.catalogue.family import FAMILIES
from hdrbatch.imaging.statistics import luminance

SIZE = (96, 72)
SAMPLES = 640
"""As the reference of a full job has."""
LONG = 4
"""Times as many samples in the render that counts as the truth."""
SEED = 2
FLOOR = 0.01
"""Of the median, added to luminances before their logarithms: what is far below it counts little."""


def run() -> None:
    """Print errors in stops and relative errors of the mean, without and with the denoiser."""
    table = Table(
        title=f"{SAMPLES} samples against {LONG * SAMPLES}, {SIZE[0]}x{SIZE[1]}", title_justify="left"
    )
    for column in (
        "family",
        "noisy (stops)",
        "denoised (stops)",
        "ratio",
        "mean noisy",
        "mean denoised",
        "chosen",
    ):
        table.add_column(column, justify="right")
    for family in os.environ.get("HDRBATCH_BENCH_FAMILIES", ",".join(FAMILIES)).split(","):
        (noisy, clean), (mean_noisy, mean_clean) = measured(family, SAMPLES)
        print(
            f"{family}: {noisy:.3f} {clean:.3f} stops, mean {mean_noisy:+.2%} {mean_clean:+.2%}", flush=True
        )
        table.add_row(
            family,
            f"{noisy:.3f}",
            f"{clean:.3f}",
            f"{clean / noisy:.2f}",
            f"{mean_noisy:+.2%}",
            f"{mean_clean:+.2%}",
            "denoised" if FAMILIES[family].denoised else "as it is",
        )
    Console(width=120).print(table)


def measured(family: str, samples: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Errors in stops and of the mean of a reference, noisy and denoised."""
    with limited_to_cores(1):
        from hdrbatch.blender.denoise import denoise, render_guides
        from hdrbatch.blender.rendering import render_subset
        from hdrbatch.scenes.build import build_scene
    build_scene(family, SEED)
    settings = RenderSettings(*SIZE, num_threads=1)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        noisy = render_subset(settings, SampleSubset(0, LONG + 1, samples), scratch)
        rest = [
            render_subset(settings, SampleSubset(n, LONG + 1, samples), scratch) for n in range(1, LONG + 1)
        ]
        truth = np.mean(rest, axis=0)
        clean = denoise(noisy, render_guides(settings, scratch), scratch, num_threads=1)
    means = tuple(float(picture.mean() / truth.mean() - 1) for picture in (noisy, clean))
    return (error_stops(noisy, truth), error_stops(clean, truth)), (means[0], means[1])


def error_stops(picture: np.ndarray, truth: np.ndarray) -> float:
    """RMSE of log2 luminance."""
    floor = FLOOR * np.median(luminance(truth))
    stops = np.log2((luminance(picture) + floor) / (luminance(truth) + floor))
    return float(np.sqrt(np.mean(stops**2)))
