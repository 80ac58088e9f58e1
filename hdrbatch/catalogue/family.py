"""Families of scenes: which module builds each, and which render settings suit it."""

from collections.abc import Mapping
from dataclasses import dataclass

from hdrbatch.errors import UserError


@dataclass(frozen=True)
class Family:
    """A family of scenes, and what is known about it before any scene is built.

    Parameters
    ----------
    name
        First part of its scenes' ids.
    denoised
        Whether its references are denoised, unless a job states otherwise. In the chosen families denoising
        brought the reference closer to a long render by a quarter or more and changed its mean by at most
        2 % (``python -m tests.bench denoising``).
    light_tree
        Whether Cycles selects lights with its light tree, which helps if there are many lights and each place
        sees only a few.
    """

    name: str
    denoised: bool = False
    light_tree: bool = True

    @property
    def module(self) -> str:
        """Module whose ``build(seed)`` builds a scene of the family in Blender."""
        return f"hdrbatch.scenes.families.{self.name}"


FAMILIES: Mapping[str, Family] = {
    family.name: family
    for family in (
        # Most of a room does not see the sun, but the tree would spend nearly all samples on it. Without the
        # tree, only a third as many pixels of an interior stay black at 12 samples.
        Family("interior", denoised=True, light_tree=False),
        Family("outdoor"),
        # Denoising gained as much in stops for streets and stages, but changed the mean more.
        Family("street"),
        Family("lamplight", denoised=True),
        # Most places see most of the few lamps: without the tree there is less noise, in less time.
        Family("candle", light_tree=False),
        Family("corridor", light_tree=False),
        Family("garage"),
        Family("stage"),
        # Only two lights, sun and sky: the tree would just cost time. The same goes for forest and water.
        Family("avenue", light_tree=False),
        Family("forest", denoised=True, light_tree=False),
        Family("water", light_tree=False),
        Family("still_life"),
        Family("tabletop"),
        Family("window", denoised=True, light_tree=False),
    )
}
"""Families by name. Their order is the order in which they take turns, so it decides which scenes exist."""

CAPTURED = Family("view")
"""Views of captured panoramas: for training only, and never taking turns with the other families."""

BLEND = "blend"
"""Family name of a user's .blend files, which are opened, not built."""


def find_family(name: str) -> Family:
    """Look up a family whose scenes are built from a seed.

    Raises
    ------
    UserError
        If no family has this name.
    """
    if name == CAPTURED.name:
        return CAPTURED
    if name not in FAMILIES:
        raise UserError(f"There is no scene family {name!r}; valid families: {', '.join(FAMILIES)}.")
    return FAMILIES[name]
