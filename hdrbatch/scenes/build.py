"""From a family's name and a seed to a scene in Blender."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from hdrbatch.blender.session import open_empty_scene
from hdrbatch.errors import UserError
from hdrbatch.scenes.description import SceneDescription
from hdrbatch.scenes.families import interior, outdoor, street

FAMILIES: Mapping[str, Callable[[int], SceneDescription]] = MappingProxyType(
    {family.FAMILY: family.build for family in (interior, outdoor, street)}
)
"""What builds the scenes of each family."""


def build_scene(family: str, seed: int) -> SceneDescription:
    """Replace what is open in Blender by a scene; the same family and seed give the same scene.

    Parameters
    ----------
    family : str
        One of `FAMILIES`.
    seed : int
        Which scene of the family.

    Returns
    -------
    SceneDescription

    Raises
    ------
    UserError
        If there is no such family.
    """
    if family not in FAMILIES:
        raise UserError(f"There is no scene family {family!r}; valid families: {', '.join(FAMILIES)}.")
    open_empty_scene()
    return FAMILIES[family](seed)
