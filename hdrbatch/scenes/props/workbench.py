"""A workbench with its drawers, its tools and the board behind it."""

import numpy as np

from hdrbatch.scenes.kit.materials import assorted, mottled, pick, plain
from hdrbatch.scenes.kit.shapes import Place, box, boxes
from hdrbatch.scenes.props.fittings import ENAMELS, STRIPES, WHITES_K, Part, batten
from hdrbatch.scenes.props.tools import bolts, gear, hammer, screwdriver, spanner


def workbench(place: Place, rng: np.random.Generator) -> None:
    """Bench with drawers, open below, tools on it and on the board behind it, perhaps a lamp over it."""
    top = mottled(
        "Bench top", (0.08, 0.05, 0.03), (0.32, 0.21, 0.11), scale=4, stretch=(1, 12, 12), bump_m=0.001
    )
    paint = plain("Bench", pick(rng, ENAMELS), 0.4)
    box(place.at(0, 0, 0.84), (1.9, 0.7, 0.06), top)
    parts: list[Part] = [((sx * 0.88, sy * 0.28, 0), (0.07, 0.07, 0.84)) for sx in (-1, 1) for sy in (-1, 1)]
    parts += [((0.55, 0.0, 0.3), (0.55, 0.6, 0.54)), ((0.0, 0.0, 0.16), (1.75, 0.55, 0.03))]
    boxes(place, parts, paint)
    drawers: list[Part] = [((0.55, -0.31, z), (0.5, 0.02, 0.15)) for z in (0.33, 0.5, 0.67)]
    boxes(place, drawers, paint, bevel=0.006)
    board = mottled("Tool board", (0.22, 0.15, 0.09), (0.38, 0.28, 0.17), scale=8)
    box(place.at(0, 0.34, 1.05), (1.8, 0.025, 0.85), board)
    makers = (hammer, spanner, screwdriver)
    for dx in (-0.65, -0.2, 0.3):
        makers[int(rng.integers(3))](
            place.at(dx, float(rng.uniform(-0.2, 0.1)), 0.902, turn=float(rng.uniform(0, 6))), 0.28, rng
        )
    bolts(place.at(0.1, -0.15, 0.902), 0.2, rng)
    gear(place.at(0.62, 0.05, 0.902), 0.09, rng)
    steel = plain("Hung tool", (0.35, 0.35, 0.36), 0.3, metallic=1.0)
    hung: list[Part] = [
        ((x, 0.318, 1.75 - tall), (float(rng.uniform(0.02, 0.05)), 0.015, tall))
        for x in np.linspace(-0.8, 0.8, 11).tolist()
        for tall in (float(rng.uniform(0.15, 0.42)),)
    ]
    boxes(place, hung, steel, bevel=0.004)
    grips: list[Part] = [
        ((x, 0.315, low - 0.1), (wide + 0.012, 0.022, 0.12)) for (x, _, low), (wide, _, _) in hung
    ]
    boxes(place, grips, assorted("Grips", STRIPES, roughness=0.4), bevel=0.006)
    if rng.random() < 0.5:
        batten(place.at(0, 0.2, 2.05), 1.2, lumens=1200.0, kelvin=float(rng.choice(WHITES_K)))
