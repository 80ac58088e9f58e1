"""The trees of a wood by kind and season, and the thicket between their trunks."""

from dataclasses import replace
from math import hypot, pi
from typing import Any

import numpy as np

from hdrbatch.scenes.kit.materials import leaf, mottled, tinted
from hdrbatch.scenes.kit.shader import Color
from hdrbatch.scenes.kit.shapes import Place, put
from hdrbatch.scenes.kit.woods import WOODS, Wood, spots_around
from hdrbatch.scenes.props.vegetation import broadleaf_tree, bush, conifer, stand
from hdrbatch.scenes.props.woodland import Growth, birch_bark, mossy, woodland_tree

GROWTHS = {
    "beech": Growth(21.0, 0.24, 0.40, 4.3, 0.45, 40, 14000, 0.21, 0.55),
    "oak": Growth(16.0, 0.34, 0.32, 4.8, 0.30, 36, 14000, 0.20, 0.50),
    "birch": Growth(15.0, 0.11, 0.42, 2.0, 0.80, 34, 8000, 0.16, 0.60),
    "pine": Growth(20.0, 0.20, 0.60, 2.6, 0.20, 34, 8000, 0.34, 0.16, num_dead=14),
    "spruce": Growth(22.0, 0.19, 0.26, 2.3, -0.25, 70, 11000, 0.42, 0.20, cone=0.9, num_dead=40),
}
BARKS: dict[str, tuple[Color, Color]] = {
    "beech": ((0.020, 0.019, 0.017), (0.09, 0.085, 0.075)),
    "oak": ((0.010, 0.008, 0.006), (0.05, 0.038, 0.026)),
    "pine": ((0.018, 0.009, 0.005), (0.13, 0.06, 0.03)),
    "spruce": ((0.010, 0.007, 0.005), (0.05, 0.036, 0.027)),
}
NEEDLES: tuple[Color, Color] = ((0.012, 0.035, 0.012), (0.05, 0.11, 0.035))
FOLIAGE: dict[str, tuple[tuple[Color, Color], ...]] = {
    "spring": (((0.06, 0.13, 0.012), (0.22, 0.36, 0.04)), ((0.09, 0.15, 0.02), (0.26, 0.34, 0.06))),
    "summer": (((0.02, 0.06, 0.010), (0.09, 0.19, 0.03)), ((0.03, 0.07, 0.012), (0.13, 0.22, 0.03))),
    "autumn": (((0.20, 0.07, 0.008), (0.50, 0.26, 0.03)), ((0.22, 0.03, 0.01), (0.48, 0.13, 0.02))),
}


def _tree_kinds(wood: Wood, rng: np.random.Generator) -> list[tuple[Any, Any]]:
    """Meshes of wood and leaves of the kinds of trees that grow here, with their materials."""
    kinds = []
    for i, name in enumerate(WOODS[wood.kind]):
        needles = name in ("pine", "spruce")
        size = float(rng.uniform(0.85, 1.15))
        base = GROWTHS[name]
        bare = wood.season == "winter" and not needles
        growth = replace(
            base,
            height_m=base.height_m * size,
            trunk_m=base.trunk_m * size * float(rng.uniform(0.8, 1.3)),
            num_leaves=0 if bare else base.num_leaves,
        )
        if name == "birch":
            bark = birch_bark(f"Bark {i}", rng)
        else:
            dark, light = BARKS[name]
            moss = tinted(rng, (0.04, 0.065, 0.015))
            bark = mossy(
                f"Bark {i}", (dark, tinted(rng, light)), moss, float(rng.uniform(0.0, 0.75)), ribbed=True
            )
        dark, light = NEEDLES if needles or wood.season == "winter" else _foliage(wood, rng)
        green = leaf(f"Leaves {i}", tinted(rng, dark), tinted(rng, light))
        meshes = woodland_tree(growth, rng)
        for mesh, material in zip(meshes, (bark, green), strict=True):
            mesh.materials.append(material)
        kinds.append(meshes)
    return kinds


def _foliage(wood: Wood, rng: np.random.Generator) -> tuple[Color, Color]:
    choices = FOLIAGE[wood.season if wood.season in FOLIAGE else "summer"]
    return choices[int(rng.integers(len(choices)))]


def build_trees(wood: Wood, half_view_deg: float, rng: np.random.Generator) -> int:
    """Trunks near and far, and some behind the camera for their shade. Returns how many."""
    kinds = _tree_kinds(wood, rng)
    stands: list[tuple[float, float]] = []

    def fits(x: float, y: float) -> bool:
        if wood.is_path(x, y, 0.5) or wood.is_open(x, y) or hypot(x, y) < 2.6 or (abs(x) < 0.7 and 0 < y < 9):
            return False
        return all(hypot(x - u, y - v) > wood.spacing_m for u, v in stands)

    for distances, tries, view in (
        ((2.8, 13.0), 90, half_view_deg),
        ((10.0, 45.0), 420, half_view_deg),
        ((40.0, 85.0), 260, half_view_deg),
        ((3.0, 17.0), 150, 150.0),
    ):
        for x, y in spots_around(rng, tries, view, distances):
            if fits(x, y):
                stands.append((x, y))
    for x, y in stands:
        meshes = kinds[int(rng.integers(len(kinds)))]
        z = wood.height_at(x, y) - 0.08
        stand(meshes, (x, y, z), float(rng.uniform(0, 2 * pi)), float(rng.uniform(0.7, 1.15)))
    return len(stands)


def build_thicket(wood: Wood, half_view_deg: float, rng: np.random.Generator) -> None:
    """Young trees and bushes, which close the view between the trunks."""
    dark, light = _foliage(wood, rng)
    if wood.season == "winter":
        dark, light = NEEDLES
    green = leaf("Thicket", tinted(rng, dark), tinted(rng, light))
    if wood.kind in ("spruce", "pine") or wood.season == "winter":
        young = conifer(3.5, 3500, rng)
        young[0].materials.append(mottled("Twigs", (0.02, 0.014, 0.01), (0.07, 0.05, 0.035), scale=12))
        young[1].materials.append(leaf("Young needles", *NEEDLES))
    else:
        young = None
        mound = bush(2.4, 3000, rng)
        mound.materials.append(green)
        sapling = broadleaf_tree(5.0, 4500, rng)
        sapling[0].materials.append(mottled("Twigs", (0.012, 0.01, 0.008), (0.05, 0.04, 0.03), scale=12))
        sapling[1].materials.append(green)
    lushness = float(rng.uniform(0.3, 1.0))

    def fits(x: float, y: float) -> bool:
        return not wood.is_path(x, y, 1.0) and not wood.is_open(x, y) and abs(x) > 0.1 * min(y, 30.0)

    spots = spots_around(rng, int(50 * lushness), half_view_deg, (6.0, 30.0))
    spots += spots_around(rng, int(200 * lushness) + 90, half_view_deg, (30.0, 90.0))
    for x, y in spots:
        if not fits(x, y):
            continue
        size = float(rng.uniform(0.4, 1.3)) * (1.0 if hypot(x, y) < 30 else 1.7)
        place = (x, y, wood.height_at(x, y) - 0.1)
        if young is not None:
            stand(young, place, float(rng.uniform(0, 6.3)), size)
        elif rng.random() < 0.4:
            stand(sapling, place, float(rng.uniform(0, 6.3)), 0.5 + 0.8 * size)
        else:
            thing = put(mound, Place(*place, heading=float(rng.uniform(0, 6.3))))
            thing.scale = (size, size, size * float(rng.uniform(0.8, 1.5)))
