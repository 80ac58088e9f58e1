"""Preview statistics of the catalogue's scenes, and the seeds that they exclude.

The table is made by ``hdrbatch scenes preview --table`` (``make catalogue``) and shipped, so that every user
has the same catalogue without rendering previews and without Blender.
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
"""Share of the pixels clipped at EV 0 that may still be clipped at EV -4."""
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
    def rejection(self) -> str:
        """Reason why the scene is excluded from the catalogue; empty if it is accepted."""
        if not self.median_cd_m2 > 0:
            return "black"
        reasons = {
            f"flat: {self.stops:.1f} stops, at least {MIN_STOPS:g} required": self.stops < MIN_STOPS,
            "nothing in the shadows": self.shadows < MIN_SHADOW_SHARE,
            "nothing bright": self.clipped_ev0 < MIN_CLIPPED_EV0,
            f"{self.clipped_ev0:.0%} of the picture is clipped at EV 0": self.clipped_ev0 > MAX_CLIPPED_EV0,
            "most pixels clipped at EV 0 are still clipped at EV -4": self.clipped_ev_4
            > MAX_STILL_CLIPPED * self.clipped_ev0,
        }
        return next((reason for reason, applies in reasons.items() if applies), "")


def to_csv(previews: Iterable[Preview]) -> str:
    """Return the previews as CSV, sorted by family and seed."""
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
    """Parse the text that :func:`to_csv` writes; previews by family and seed."""
    previews = [
        Preview(row["family"], int(row["seed"]), **{name: float(row[name]) for name in _FLOATS})
        for row in csv.DictReader(io.StringIO(text))
    ]
    return {(preview.family, preview.seed): preview for preview in previews}


_FLOATS = [field.name for field in fields(Preview) if field.name not in ("family", "seed")]


@cache
def examined() -> Mapping[tuple[str, int], Preview]:
    """Return the shipped table, by family and seed."""
    return from_csv((files("hdrbatch.catalogue") / TABLE).read_text())


def excluded_seeds() -> AbstractSet[tuple[str, int]]:
    """Return the families and seeds whose previews were rejected."""
    return _replacements[-1] if _replacements else _rejected()


@contextmanager
def ignoring_exclusions() -> Iterator[set[tuple[str, int]]]:
    """Ignore the shipped table's exclusions inside the block; seeds added to the set are excluded instead."""
    excluded: set[tuple[str, int]] = set()
    _replacements.append(excluded)
    try:
        yield excluded
    finally:
        _replacements.pop()


_replacements: list[set[tuple[str, int]]] = []


@cache
def _rejected() -> frozenset[tuple[str, int]]:
    return frozenset(key for key, preview in examined().items() if preview.rejection)
