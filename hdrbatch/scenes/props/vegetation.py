"""Plants as meshes: leaves and blades are cards, branches are tubes."""

from typing import Any

import bpy
import numpy as np

from hdrbatch.scenes.kit.shapes import Floats, mesh_data, tube_arrays


def leaf_cards(
    middles: Floats, directions: Floats, lengths: Floats, width: float, rng: np.random.Generator
) -> Any:
    """Mesh of pointed leaves.

    Parameters
    ----------
    middles : (N, 3)
        Middle of each leaf in metres.
    directions : (N, 3)
        Where each leaf points; any length.
    lengths : (N,)
        Length of each leaf in metres.
    width : float
        Width of a leaf as a share of its length.
    rng : numpy.random.Generator
        Turns each leaf about its direction.

    Returns
    -------
    bpy.types.Mesh
    """
    along = directions / (np.linalg.norm(directions, axis=1, keepdims=True) + 1e-9)
    across = np.cross(along, rng.normal(size=along.shape) * [0.5, 0.5, 1.0] + [0, 0, 0.8])
    across /= np.linalg.norm(across, axis=1, keepdims=True) + 1e-9
    half = along * lengths[:, None] / 2
    side = across * (lengths * width / 2)[:, None]
    corners = np.stack([middles - half, middles + side, middles + half, middles - side], 1)
    return mesh_data(corners.reshape(-1, 3), np.arange(4 * len(middles)).reshape(-1, 4), name="leaves")


def broadleaf_tree(height: float, num_leaves: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """Meshes of the wood and of the leaves of a broad-leaved tree, its foot at the origin."""
    vertices: list[Floats] = []
    faces = []
    tips: list[Floats] = []
    count = 0

    def grow(start: Floats, direction: Floats, length: float, radius: float, depth: int) -> None:
        nonlocal count
        steps = 5
        path = [start]
        heading = direction
        for _ in range(steps):
            heading = heading + rng.normal(0, 0.13, 3) + [0, 0, 0.05]
            heading = heading / np.linalg.norm(heading)
            path.append(path[-1] + heading * length / steps)
        points = np.array(path)
        tube, tube_faces = tube_arrays(points, np.linspace(radius, radius * 0.55, steps + 1), 6)
        vertices.append(tube)
        faces.append(tube_faces + count)
        count += len(tube)
        if depth == 0:
            tips.extend(points[2:])
            return
        for _ in range(4 if depth > 1 else 3):
            fork = points[int(rng.integers(2, steps + 1))]
            spread = rng.normal(0, 1, 3) * [1, 1, 0.4] + [0, 0, 0.35]
            branch = heading * 0.55 + spread / np.linalg.norm(spread)
            grow(
                fork,
                branch / np.linalg.norm(branch),
                length * float(rng.uniform(0.5, 0.72)),
                radius * 0.5,
                depth - 1,
            )

    grow(np.zeros(3), np.array([0.0, 0.0, 1.0]), height * 0.48, height * 0.028, 3)
    wood = mesh_data(np.concatenate(vertices), np.concatenate(faces), smooth=True, name="branches")
    crowns = np.array(tips)[rng.integers(len(tips), size=num_leaves)]
    middles = crowns + np.clip(rng.normal(0, 1, (num_leaves, 3)), -1.6, 1.6) * 0.042 * height
    lengths = rng.uniform(0.02, 0.04, num_leaves) * height
    leaves = leaf_cards(middles, rng.normal(size=(num_leaves, 3)), lengths, 0.6, rng)
    return wood, leaves


def conifer(height: float, num_needles: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """Meshes of the trunk and of the drooping sprays of a conifer, its foot at the origin."""
    path = np.array([[0, 0, 0], [0, 0, height * 0.5], [0, 0, height * 0.98]], float)
    trunk, faces = tube_arrays(path, np.array([0.02, 0.012, 0.002]) * height, 6)
    wood = mesh_data(trunk, faces, smooth=True, name="trunk")
    # Sprays sit in whorls, denser below, within a cone.
    whorls = max(8, int(height * 2))
    level = np.floor(rng.random(num_needles) ** 1.4 * whorls) / whorls
    rise = 0.1 + 0.9 * level + rng.normal(0, 0.004, num_needles)
    reach = (1.02 - rise) * height * 0.2 * (0.75 + 0.25 * np.sin(level * 57))
    angle = rng.uniform(0, 2 * np.pi, num_needles)
    share = np.sqrt(rng.uniform(0.02, 1, num_needles))
    out = np.stack([np.cos(angle), np.sin(angle), np.zeros(num_needles)], -1)
    middles = out * (reach * share)[:, None]
    middles[:, 2] = rise * height - share**1.5 * reach * 0.35
    directions = out + rng.normal(0, 0.35, (num_needles, 3)) + [0, 0, -0.35]
    lengths = (0.35 + 0.65 * (1 - rise)) * height * rng.uniform(0.045, 0.085, num_needles)
    return wood, leaf_cards(middles, directions, lengths, 0.28, rng)


def blades(feet: Floats, heights: Floats, rng: np.random.Generator) -> Any:
    """Mesh of grass: one bent triangle a blade, from feet (N, 3) and heights (N,) in metres."""
    count = len(feet)
    angle = rng.uniform(0, 2 * np.pi, count)
    side = np.stack([np.cos(angle), np.sin(angle), np.zeros(count)], -1) * (heights * 0.045)[:, None]
    lean = rng.normal(0, 0.32, (count, 3)) * heights[:, None]
    lean[:, 2] = heights
    corners = np.stack([feet - side, feet + side, feet + lean], 1)
    return mesh_data(corners.reshape(-1, 3), np.arange(3 * count).reshape(-1, 3), name="grass")


def bush(size: float, num_leaves: int, rng: np.random.Generator) -> Any:
    """Mesh of a leafy mound about `size` metres across, its foot at the origin."""
    direction = rng.normal(size=(num_leaves, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    direction[:, 2] = np.abs(direction[:, 2])
    lump = 1 + 0.25 * np.sin(5 * direction[:, 0] + 3) * np.sin(4 * direction[:, 1] + 1)
    radius = size / 2 * lump * rng.uniform(0.55, 1.0, num_leaves) ** 0.5
    middles = direction * radius[:, None] * [1, 1, 0.85]
    lengths = rng.uniform(0.05, 0.1, num_leaves) * size
    return leaf_cards(middles, direction + rng.normal(0, 0.6, (num_leaves, 3)), lengths, 0.55, rng)


def stand(
    meshes: tuple[Any, Any], location: tuple[float, float, float], heading: float, scale: float
) -> None:
    """Set a tree (meshes of wood and of leaves, with their materials) down; trees may share meshes."""
    for mesh in meshes:
        thing = bpy.data.objects.new(mesh.name, mesh)
        thing.location = location
        thing.rotation_euler = (0.0, 0.0, heading)
        thing.scale = (scale, scale, scale)
        bpy.context.scene.collection.objects.link(thing)
