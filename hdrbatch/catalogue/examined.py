"""What previews showed of the catalogue's scenes: which seeds are left out, and what the others are like.

The table is made by ``hdrbatch scenes preview --table`` (``make catalogue``) and shipped, so that everybody
has the same catalogue without rendering a preview, and without Blender.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from functools import cache
from importlib.resources import files

MIN_STOPS = 8.0
"""Dynamic range below which a scene is not worth ten exposures."""
DARK_BELOW = 0.02
"""Level at EV 0 (1 saturates) below which a pixel counts as shadow: 3.2 stops under middle grey."""
MIN_SHADOW_SHARE = 0.01
MIN_CLIPPED_EV0, MAX_CLIPPED_EV0 = 0.005, 0.45
MAX_STILL_CLIPPED = 0.5
"""Share of what is clipped at EV 0 that may still be clipped at EV -4."""
TABLE = "examined.csv"


@dataclass(frozen=True)
class Preview:
    """Statistics of one scene's small, denoised preview, metered as the full picture is.

    Parameters
    ----------
    family, seed
        Which scene.
    stops
        Dynamic range, 0.1th to 99.9th percentile of luminance.
    median_cd_m2
        Median luminance.
    clipped_ev0, clipped_ev_4
        Share of pixels with a clipped channel at EV 0 and at EV -4.
    shadows
        Share of pixels below `DARK_BELOW` at EV 0.
    """

    family: str
    seed: int
    stops: float
    median_cd_m2: float
    clipped_ev0: float
    clipped_ev_4: float
    shadows: float

    @property
    def fault(self) -> str:
        """Why the scene is left out of the catalogue; empty where it is good."""
        if not self.median_cd_m2 > 0:
            return "black"
        faults = {
            f"flat: {self.stops:.1f} stops, {MIN_STOPS:g} are wanted": self.stops < MIN_STOPS,
            "nothing in the shadows": self.shadows < MIN_SHADOW_SHARE,
            "nothing bright": self.clipped_ev0 < MIN_CLIPPED_EV0,
            f"{self.clipped_ev0:.0%} of it is clipped at EV 0": self.clipped_ev0 > MAX_CLIPPED_EV0,
            "what is clipped at EV 0 still is at EV -4": self.clipped_ev_4
            > MAX_STILL_CLIPPED * self.clipped_ev0,
        }
        return next((fault for fault, there in faults.items() if there), "")


def to_csv(previews: Iterable[Preview]) -> str:
    """As a table, in the order of families and seeds."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Preview)], lineterminator="\n")
    writer.writeheader()
    for preview in sorted(previews, key=lambda one: (one.family, one.seed)):
        writer.writerow(
            {
                name: f"{value:.5g}" if isinstance(value, float) else value
                for name, value in asdict(preview).items()
            }
        )
    return text.getvalue()


def from_csv(text: str) -> dict[tuple[str, int], Preview]:
    """Inverse of :func:`to_csv`, by family and seed."""
    previews = [
        Preview(row["family"], int(row["seed"]), **{name: float(row[name]) for name in _FLOATS})
        for row in csv.DictReader(io.StringIO(text))
    ]
    return {(preview.family, preview.seed): preview for preview in previews}


_FLOATS = [field.name for field in fields(Preview) if field.name not in ("family", "seed")]


@cache
def examined() -> Mapping[tuple[str, int], Preview]:
    """The shipped table, by family and seed."""
    return from_csv((files("hdrbatch.catalogue") / TABLE).read_text())


def left_out() -> AbstractSet[tuple[str, int]]:
    """Families and seeds that the gate refused."""
    return _examining[-1] if _examining else _refused()


@contextmanager
def examining() -> Iterator[set[tuple[str, int]]]:
    """Forget the shipped table's verdicts for the block; what is added to the set is left out instead."""
    refused: set[tuple[str, int]] = set()
    _examining.append(refused)
    try:
        yield refused
    finally:
        _examining.pop()


_examining: list[set[tuple[str, int]]] = []


@cache
def _refused() -> frozenset[tuple[str, int]]:
    return frozenset(key for key, preview in examined().items() if preview.fault)
