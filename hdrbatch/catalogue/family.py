"""The families of scenes: how each is built, and how its renders are computed best."""

from collections.abc import Mapping
from dataclasses import dataclass

from hdrbatch.errors import UserError


@dataclass(frozen=True)
class Family:
    """What is known of a family of scenes before any of them is built.

    Parameters
    ----------
    name
        First part of its scenes' ids.
    denoised
        Whether its references are denoised, unless a job says otherwise. Those of the families chosen were
        nearer to a long render by a quarter and more, their mean within 2 % of before
        (``python -m tests.bench denoising``).
    light_tree
        Whether Cycles picks lights by its light tree: where there are many of them and a place sees few.
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
        # Most of a room does not see the sun, and the tree would spend nearly all samples on it: without it a
        # third as many pixels of an interior stay black at 12 samples.
        Family("interior", denoised=True, light_tree=False),
        Family("outdoor"),
        # The denoised references of streets and stages gained as much in stops, and lost more in the mean.
        Family("street"),
        Family("lamplight", denoised=True),
        # Few lamps, of which most places see most: without the tree there is less noise, in less time.
        Family("candle", light_tree=False),
        Family("corridor", light_tree=False),
        Family("garage"),
        Family("stage"),
        # Two lights, sun and sky: the tree would only cost time, here, in woods and at the water.
        Family("avenue", light_tree=False),
        Family("forest", denoised=True, light_tree=False),
        Family("water", light_tree=False),
        Family("still_life"),
        Family("tabletop"),
        Family("window", denoised=True, light_tree=False),
    )
}
"""By name, in the order in which they take turns: it decides which scenes there are."""

CAPTURED = Family("view")
"""Views of captured panoramas: to train on only, and never in turn with the other families."""

BLEND = "blend"
"""Stands for the family of a user's .blend files, which are opened and not built."""


def find_family(name: str) -> Family:
    """Look up a family whose scenes are built from a seed.

    Raises
    ------
    UserError
        If there is none of this name.
    """
    if name == CAPTURED.name:
        return CAPTURED
    if name not in FAMILIES:
        raise UserError(f"There is no scene family {name!r}; valid families: {', '.join(FAMILIES)}.")
    return FAMILIES[name]
