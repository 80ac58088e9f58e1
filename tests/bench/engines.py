"""EEVEE against Cycles: mean radiance and cost, one scene of each family.

Radiance is cut at 100 medians before its mean is taken: EEVEE's values end at 65504, and a sun's disc decides
the mean otherwise. HDRBATCH_BENCH_FAMILIES=interior,water measures those families only.
"""

import os
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from hdrbatch.blender.cores import limited_to_cores
from hdrbatch.blender.sampling import RenderSettings
from hdrbatch.catalogue.family import FAMILIES
from hdrbatch.imaging.statistics import luminance

SIZE = (96, 72)
SEED = 1


def run() -> None:
    """Print EEVEE's mean and median over those of Cycles, and the seconds that each took."""
    table = Table(
        title=f"EEVEE (8 samples) over Cycles (64, denoised), {SIZE[0]}x{SIZE[1]}", title_justify="left"
    )
    for column in ("family", "mean", "median", "Cycles wall (s)", "EEVEE wall (s)"):
        table.add_column(column, justify="right")
    for family in os.environ.get("HDRBATCH_BENCH_FAMILIES", ",".join(FAMILIES)).split(","):
        row = measured(family)
        print(family, *row, flush=True)
        table.add_row(family, *row)
    Console(width=120).print(table)


def measured(family: str) -> tuple[str, ...]:
    """Both renders of one scene."""
    with limited_to_cores(2):
        from hdrbatch.blender.rendering import render_image
        from hdrbatch.scenes.build import build_scene
    build_scene(family, SEED)
    pictures, walls = [], []
    with tempfile.TemporaryDirectory() as folder:
        for settings, samples in (
            (RenderSettings(*SIZE, num_threads=2, denoised=True), 64),
            (RenderSettings(*SIZE, num_threads=2, engine="eevee"), 8),
        ):
            begin = time.perf_counter()
            pictures.append(luminance(render_image(settings, samples, Path(folder))))
            walls.append(time.perf_counter() - begin)
    cycles, eevee = pictures
    cut = 100 * np.median(cycles)
    mean = np.minimum(eevee, cut).mean() / np.minimum(cycles, cut).mean()
    median = np.median(eevee) / np.median(cycles)
    return f"{mean:.2f}", f"{median:.2f}", f"{walls[0]:.1f}", f"{walls[1]:.1f}"
