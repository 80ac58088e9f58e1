"""All golden outputs, and the kinds of result that each passes through."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hdrbatch.catalogue.family import CAPTURED, FAMILIES
from hdrbatch.catalogue.scene import Scene
from tests.versions import datasets, photographs, renders, trainings
from tests.versions.tasks import Parts


@dataclass(frozen=True)
class Product:
    """A golden output.

    Attributes
    ----------
    kinds
        Kinds of result that it passes through: if one of them has other results, it may differ too.
    make
        Makes its parts, given a folder that all products of a run share.
    """

    kinds: tuple[str, ...]
    make: Callable[[Path], Parts]


def _rendered(name: str, scene: Scene, **render: object) -> Product:
    def make(folder: Path) -> Parts:
        own = folder / name
        own.mkdir()
        return renders.rendered(own, scene, **render)

    return Product(("render_exposure", f"family/{scene.family}"), make)


def _family(family: str) -> Product:
    def make(folder: Path) -> Parts:
        own = folder / f"family-{family}"
        own.mkdir()
        return renders.family(family, own)

    return Product(("render_exposure", f"family/{family}"), make)


def _own(family: str, make: Callable[[Path], Parts]) -> Product:
    def made(folder: Path) -> Parts:
        own = folder / f"own-{family}"
        own.mkdir()
        return make(own)

    return Product(("render_exposure", f"family/{family}"), made)


DATASET = ("assemble_scene", "index_dataset")
TRAINING = ("train_variant", "model", *DATASET)

UNTESTED: Mapping[str, str] = {
    "hdrbatch.blender.eevee": "EEVEE needs a display driver, and its pixels are the driver's",
    "hdrbatch.evaluation.colorvideovdp": "ColorVideoVDP is not among the locked packages",
}
"""Modules that decide results but do nothing in any golden output, and why."""

PRODUCTS: Mapping[str, Product] = {
    **{f"scenes of {family}": _family(family) for family in (*FAMILIES, CAPTURED.name)},
    "own panorama": _own("tabletop", renders.own_panorama),
    "own blend": _own("blend", renders.own_blend),
    "moving street": _rendered("moving", Scene("street", 4, "train", motion="both"), denoise="always"),
    "assembly": Product(("assemble_scene",), datasets.assembly),
    "index": Product(DATASET, datasets.index),
    "export as kalantari": Product(("export/kalantari", *DATASET), partial(datasets.export, "kalantari")),
    "export as linear-exr": Product(("export/linear-exr", *DATASET), partial(datasets.export, "linear-exr")),
    "training": Product(TRAINING, trainings.training),
    "checkpoints": Product(("checkpoint", *TRAINING), trainings.checkpoints),
    "comparison": Product(("compare_variants", *TRAINING), trainings.comparison),
    "models": Product(("model",), trainings.models),
    "merge": Product(("merge",), photographs.merge),
    "reconstruction": Product(("reconstruct", "model"), photographs.reconstruction),
}
