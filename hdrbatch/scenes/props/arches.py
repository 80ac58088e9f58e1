"""Round arches: of arcades, gates and bridges."""

from typing import Any

import numpy as np

from hdrbatch.scenes.kit.shapes import Place, grid_mesh, put


def arch(
    place: Place, span: float, spring: float, rise: float, top: float, depth: float, material: Any
) -> Any:
    """Piece of wall over an arched opening, as wide as that; its front faces -y, its middle is at the place.

    Parameters
    ----------
    place : Place
        Foot of the middle of the opening, in the plane of the front.
    span, spring, rise : float
        Width of the opening, height where the arch begins, and how much higher its crown is.
    top : float
        Height of the upper edge of the wall.
    depth : float
        Thickness of the wall.
    material : bpy.types.Material
        Of the front, the back and the vault.

    Returns
    -------
    bpy.types.Object
    """
    angle = np.linspace(np.pi, 0, 25)
    x, z = span / 2 * np.cos(angle), spring + rise * np.sin(angle)
    edges = [(0.0, top + 0 * z), (0.0, z), (depth, z), (depth, top + 0 * z)]
    points = np.stack([np.stack([x, y + 0 * x, height], -1) for y, height in edges])
    return put(grid_mesh(points, smooth=False), place, material, name="arch")
