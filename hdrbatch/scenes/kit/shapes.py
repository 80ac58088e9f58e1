"""Meshes: boxes, turned shapes, prisms, tubes and grids, set down at places in the scene."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import cos, sin
from typing import Any

import bpy
import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SHARP_ANGLE = 0.7
"""Edges with a larger angle (radians) stay sharp on smooth meshes."""

_BOX_CORNERS = np.array(
    [(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0), (-1, -1, 2), (1, -1, 2), (1, 1, 2), (-1, 1, 2)], float
)
_BOX_FACES = np.array(
    [(3, 2, 1, 0), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)], np.int64
)


@dataclass(frozen=True)
class Place:
    """Place and heading of a thing.

    Parameters
    ----------
    x, y, z : float
        Metres; z is the height of the thing's foot.
    heading : float
        Turn about the vertical in radians, counter-clockwise; 0 faces -y.
    tilt, roll : float
        Turns about the thing's own x and y axes, before the heading.
    """

    x: float
    y: float
    z: float = 0.0
    heading: float = 0.0
    tilt: float = 0.0
    roll: float = 0.0

    def at(self, dx: float, dy: float, dz: float = 0.0, turn: float = 0.0) -> "Place":
        """Place of a part, its offset along this place's own turned axes; tilt and roll are not passed on."""
        c, s = cos(self.heading), sin(self.heading)
        return Place(self.x + c * dx - s * dy, self.y + s * dx + c * dy, self.z + dz, self.heading + turn)

    def tilted(self, tilt: float = 0.0, roll: float = 0.0) -> "Place":
        """Same place, leaning."""
        return replace(self, tilt=tilt, roll=roll)


def mesh_data(vertices: ArrayLike, faces: ArrayLike, *, smooth: bool = False, name: str = "mesh") -> Any:
    """Mesh from arrays: `vertices` (V, 3) in metres, `faces` (F, K) of vertex numbers, all with K corners."""
    points = np.asarray(vertices, np.float32)
    corners = np.asarray(faces, np.int32)
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(len(points))
    mesh.vertices.foreach_set("co", points.ravel())
    mesh.loops.add(corners.size)
    mesh.loops.foreach_set("vertex_index", corners.ravel())
    mesh.polygons.add(len(corners))
    mesh.polygons.foreach_set("loop_start", np.arange(len(corners), dtype=np.int32) * corners.shape[1])
    mesh.polygons.foreach_set("use_smooth", np.full(len(corners), smooth))
    mesh.update(calc_edges=True)
    return mesh


def put(mesh: Any, place: Place, material: Any | None = None, *, bevel: float = 0.0, name: str = "") -> Any:
    """Set a mesh down at a place; several objects may share one mesh.

    Parameters
    ----------
    mesh : bpy.types.Mesh
        The mesh; it gets the material if it has none yet.
    place : Place
        Where to.
    material : bpy.types.Material or None
        Its surface; None leaves the mesh's own.
    bevel : float
        Width in metres by which edges are rounded; 0 leaves them sharp.
    name : str
        Name of the object; the mesh's if empty.

    Returns
    -------
    bpy.types.Object
    """
    if material is not None and not mesh.materials:
        mesh.materials.append(material)
    thing = bpy.data.objects.new(name or mesh.name, mesh)
    thing.location = (place.x, place.y, place.z)
    thing.rotation_euler = (place.tilt, place.roll, place.heading)
    bpy.context.scene.collection.objects.link(thing)
    if bevel > 0:
        modifier = thing.modifiers.new("Bevel", "BEVEL")
        modifier.width = bevel
        modifier.segments = 2
        modifier.limit_method = "ANGLE"
    return thing


def box(place: Place, size: Sequence[float], material: Any, *, bevel: float = 0.006) -> Any:
    """Box of `size` (x, y, z) in metres; the place is the middle of its bottom."""
    return boxes(place, [((0.0, 0.0, 0.0), size)], material, bevel=bevel)


def boxes(
    place: Place,
    parts: Sequence[tuple[Sequence[float], Sequence[float]]],
    material: Any,
    *,
    bevel: float = 0.006,
) -> Any:
    """Many boxes as one object; `parts` are pairs of the middle of the bottom and the size."""
    bottoms = np.array([bottom for bottom, _ in parts], float)
    sizes = np.array([size for _, size in parts], float)
    vertices = bottoms[:, None] + _BOX_CORNERS * sizes[:, None] / 2
    faces = _BOX_FACES + 8 * np.arange(len(parts))[:, None, None]
    mesh = mesh_data(vertices.reshape(-1, 3), faces.reshape(-1, 4), name="box")
    return put(mesh, place, material, bevel=bevel)


def rectangles(place: Place, corners: ArrayLike, material: Any) -> Any:
    """Flat rectangles as one object; `corners` is (N, 4, 3), counter-clockwise as seen from the front."""
    points = np.asarray(corners, float).reshape(-1, 3)
    return put(mesh_data(points, np.arange(len(points)).reshape(-1, 4), name="panel"), place, material)


def turned(
    place: Place,
    profile: Sequence[tuple[float, float]],
    material: Any,
    *,
    segments: int = 24,
) -> Any:
    """Solid of revolution about the vertical; `profile` has pairs of radius and height in metres."""
    return put(turned_mesh(profile, segments), place, material)


def turned_mesh(profile: Sequence[tuple[float, float]], segments: int = 24) -> Any:
    """Mesh of `turned`, to be put in several places."""
    radii, heights = np.array(profile, float).T
    angles = np.linspace(0, 2 * np.pi, segments, endpoint=False)
    ring = np.stack([np.cos(angles), np.sin(angles)], -1)
    vertices = np.empty((len(radii), segments, 3))
    vertices[..., :2] = radii[:, None, None] * ring
    vertices[..., 2] = heights[:, None]
    mesh = mesh_data(vertices.reshape(-1, 3), _ring_faces(len(radii), segments), smooth=True, name="turned")
    mesh.set_sharp_from_angle(angle=SHARP_ANGLE)
    return mesh


def ball_profile(radius: float, squash: float = 1.0, steps: int = 12) -> list[tuple[float, float]]:
    """Profile of a ball that stands on the ground, for `turned`."""
    angles = np.linspace(-np.pi / 2, np.pi / 2, steps)
    return [(radius * cos(a), radius * squash * (1 + sin(a))) for a in angles]


def smoothed(profile: Sequence[tuple[float, float]], steps: int = 4) -> list[tuple[float, float]]:
    """Profile for `turned` on a curve through points (Catmull-Rom), with `steps` points to each of them."""
    points = np.array([profile[0], *profile, profile[-1]], float)
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    result = []
    for before, start, end, after in zip(points, points[1:], points[2:], points[3:], strict=False):
        square, cube = 2 * before - 5 * start + 4 * end - after, 3 * (start - end) - before + after
        result += (start + ((end - before) * t + square * t**2 + cube * t**3) / 2).tolist()
    return [(max(radius, 0.0), height) for radius, height in [*result, profile[-1]]]


def prism(place: Place, outline: ArrayLike, width: float, material: Any, *, bevel: float = 0.0) -> Any:
    """Outline (N, 2) in the y-z plane, counter-clockwise as seen from +x, drawn out along x to both sides."""
    side = np.asarray(outline, float)
    count = len(side)
    vertices = np.zeros((2, count, 3))
    vertices[..., 1:] = side
    vertices[0, :, 0], vertices[1, :, 0] = -width / 2, width / 2
    mesh = bpy.data.meshes.new("prism")
    walls = [(i, (i + 1) % count, count + (i + 1) % count, count + i) for i in range(count)]
    caps = [tuple(range(count))[::-1], tuple(range(count, 2 * count))]
    mesh.from_pydata(vertices.reshape(-1, 3).tolist(), [], walls + caps)
    return put(mesh, place, material, bevel=bevel)


def grid_mesh(points: Floats, *, smooth: bool = True) -> Any:
    """Mesh of a net of points (rows, columns, 3); faces look up where rows go along +y, columns along +x."""
    rows, columns = points.shape[:2]
    index = np.arange(rows * columns).reshape(rows, columns)
    faces = np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]], -1).reshape(-1, 4)
    return mesh_data(points.reshape(-1, 3), faces, smooth=smooth, name="grid")


def tube_arrays(path: Floats, radii: Floats, sides: int = 6) -> tuple[Floats, Ints]:
    """Vertices and faces of a tube along a path (N, 3) with a radius at each point."""
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    reference = np.where(np.abs(along[:, 2:3]) > 0.9, [[1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0]])
    # One reference for the whole path, or the tube would twist where it changes.
    across = np.cross(along, reference[:1].repeat(len(path), 0))
    across /= np.linalg.norm(across, axis=1, keepdims=True) + 1e-12
    other = np.cross(along, across)
    angles = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    ring = np.cos(angles)[None, :, None] * across[:, None] + np.sin(angles)[None, :, None] * other[:, None]
    vertices = path[:, None] + radii[:, None, None] * ring
    return vertices.reshape(-1, 3), _ring_faces(len(path), sides)


def tube(place: Place, path: ArrayLike, radius: float, material: Any, *, sides: int = 8) -> Any:
    """Tube of one radius along a path (N, 3) given from the place."""
    points = np.asarray(path, float)
    vertices, faces = tube_arrays(points, np.full(len(points), radius), sides)
    return put(mesh_data(vertices, faces, smooth=True, name="tube"), place, material)


def _ring_faces(rings: int, segments: int) -> Ints:
    index = np.arange(rings * segments).reshape(rings, segments)
    nearer, farther = index[:-1], index[1:]
    faces = [nearer, np.roll(nearer, -1, 1), np.roll(farther, -1, 1), farther]
    result: Ints = np.stack(faces, -1).reshape(-1, 4)
    return result


def show_to_camera_only(thing: Any) -> None:
    """Hide a shape from all light paths; a lamp in its place makes them."""
    thing.visible_diffuse = False
    thing.visible_glossy = False
    thing.visible_transmission = False
    thing.visible_volume_scatter = False
    thing.visible_shadow = False
