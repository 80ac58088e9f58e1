"""Cost of rendering and assembling: CPU seconds on one thread, all cores of the machine busy.

``python -m tests.bench estimates`` measures them again, prints the families' table to be pasted, and says how
close the estimates are to the receipts. The figures here are of one scene of each family on two busy cores
with other work beside it (load 8 to 14), less a quarter, since the same renders were that much cheaper in
calm moments. On a core whose neighbour is idle a render can cost half of this.
"""

from dataclasses import dataclass

from hdrbatch.plan.task import Estimate

START = "start"
"""Name of the cost that a process pays once, in an estimate's shared costs."""


@dataclass(frozen=True)
class FamilyCost:
    """Cost of a family's scenes.

    Attributes
    ----------
    scene_cpu_s : float
        Building a scene and handing it to Cycles for the first time.
    sample_cpu_us : float
        One sample of one pixel, in microseconds.
    """

    scene_cpu_s: float
    sample_cpu_us: float


FAMILY_COSTS = {
    "interior": FamilyCost(0.9, 10.7),
    "outdoor": FamilyCost(1.6, 9.8),
    "street": FamilyCost(1.3, 11.9),
    "lamplight": FamilyCost(1.1, 13.0),
    "candle": FamilyCost(0.9, 8.1),
    "corridor": FamilyCost(1.1, 10.3),
    "garage": FamilyCost(1.4, 12.5),
    "stage": FamilyCost(0.3, 7.0),
    "avenue": FamilyCost(1.6, 12.5),
    "forest": FamilyCost(1.4, 13.4),
    "water": FamilyCost(1.8, 6.7),
    "still_life": FamilyCost(0.3, 7.1),
    "tabletop": FamilyCost(1.0, 5.3),
    "window": FamilyCost(1.1, 10.4),
    "view": FamilyCost(0.6, 0.7),
}
OTHER_FAMILY = FamilyCost(1.1, 10.2)
"""Of a user's own files: what most families cost."""

START_CPU_S = 1.3
"""From the start of a process to the end of its imports, Blender among them."""
PICTURE_CPU_S = 0.04
PICTURE_CPU_S_PER_PIXEL = 2.6e-6
"""Of one picture beside its samples: the call of Blender, the EXR file, its check and its upload."""
MOVED_SHARE = 0.4
"""Share of a scene's cost that every picture of a moving one pays again: its shutter moves the scene."""
MOVED_GUIDES_SHARE = 2.0
"""The same for the guides of a moving picture, and for going on from them."""
GUIDES_SAMPLES = 16
"""Samples per pixel that a picture's albedo and normal cost as much as."""
DENOISE_CPU_S = 0.2
DENOISE_CPU_S_PER_PIXEL = 2.5e-5
EEVEE_PICTURE_CPU_S = 30.0
"""One 96x72 picture by a software renderer of OpenGL: 16 s on two threads. Other sizes were not
measured, and a GPU takes most of it away."""

ASSEMBLY_START_CPU_S = 0.75
DENOISER_START_CPU_S = 0.8
"""More than that where the assembly needs Blender's denoiser."""
PHOTO_CPU_S = 0.01
PHOTO_CPU_S_PER_PIXEL = 6e-7
"""Reading one exposure and taking its photograph."""
INDEX_CPU_S = 0.5
INDEX_CPU_S_PER_SCENE = 0.01

EXR_BYTES_PER_PIXEL = 10.5
PHOTO_BYTES_PER_PIXEL = 1.7
INDEX_BYTES_PER_SCENE = 4000


@dataclass(frozen=True)
class PictureSize:
    """Properties of a picture that decide how long its render takes."""

    num_pixels: int
    samples: int
    engine: str = "cycles"


def exposure_estimate(
    scene: str, family: str, size: PictureSize, *, moving: bool, guides: bool, denoised: bool
) -> Estimate:
    """Estimate one exposure's task.

    Parameters
    ----------
    scene
        Id of the scene: what is paid once for all its exposures in one process goes by it.
    family
        Of the scene; one that is not in the table has the cost of most.
    size
        Of each picture.
    moving
        Whether two pictures are rendered, the exposure and its share of the sharp reference.
    guides
        Whether guides for the assembly's denoiser are rendered as well.
    denoised
        Whether the exposure itself is denoised.
    """
    cost = FAMILY_COSTS.get(family, OTHER_FAMILY)
    num_pictures, num_pixels = 2 if moving else 1, size.num_pixels
    cpu_s = num_pictures * (
        _sampling_cpu_s(cost, size) + PICTURE_CPU_S + PICTURE_CPU_S_PER_PIXEL * num_pixels
    )
    num_guides = guides + denoised
    cpu_s += num_guides * cost.sample_cpu_us * 1e-6 * GUIDES_SAMPLES * num_pixels
    if moving:
        cpu_s += num_pictures * MOVED_SHARE * cost.scene_cpu_s
    if denoised:
        cpu_s += MOVED_GUIDES_SHARE * cost.scene_cpu_s
        cpu_s += DENOISE_CPU_S + DENOISE_CPU_S_PER_PIXEL * num_pixels
    shared = {START: START_CPU_S, scene: cost.scene_cpu_s}
    num_bytes = round(num_pixels * EXR_BYTES_PER_PIXEL * (num_pictures + 2 * guides))
    return Estimate(cpu_s + sum(shared.values()), num_bytes, shared)


def assembly_estimate(num_pixels: int, num_exposures: int, *, denoised: bool) -> Estimate:
    """Estimate the assembly of a scene."""
    start_cpu_s = ASSEMBLY_START_CPU_S + denoised * DENOISER_START_CPU_S
    cpu_s = num_exposures * (PHOTO_CPU_S + PHOTO_CPU_S_PER_PIXEL * num_pixels)
    if denoised:
        cpu_s += DENOISE_CPU_S + DENOISE_CPU_S_PER_PIXEL * num_pixels
    num_bytes = round(num_pixels * (EXR_BYTES_PER_PIXEL + PHOTO_BYTES_PER_PIXEL * num_exposures))
    return Estimate(start_cpu_s + cpu_s, num_bytes, {START: start_cpu_s})


def index_estimate(num_scenes: int) -> Estimate:
    """Estimate the index of a dataset."""
    return Estimate(INDEX_CPU_S + INDEX_CPU_S_PER_SCENE * num_scenes, INDEX_BYTES_PER_SCENE * num_scenes)


def _sampling_cpu_s(cost: FamilyCost, size: PictureSize) -> float:
    if size.engine == "eevee":
        return EEVEE_PICTURE_CPU_S
    return cost.sample_cpu_us * 1e-6 * size.num_pixels * size.samples
