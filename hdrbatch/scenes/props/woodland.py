"""What stands and lies in a wood: trees with bare trunks and high crowns, ferns, logs, stumps, bark."""

from dataclasses import dataclass
from math import cos, pi, sin
from typing import Any

import bpy
import numpy as np

from hdrbatch.scenes.kit.materials import tinted
from hdrbatch.scenes.kit.shader import Color, ShaderGraph
from hdrbatch.scenes.kit.shapes import (
    Floats,
    Ints,
    Place,
    grid_mesh,
    mesh_data,
    put,
    tube_arrays,
    turned_mesh,
)
from hdrbatch.scenes.props.vegetation import leaf_cards


@dataclass(frozen=True)
class Growth:
    """How a kind of tree grows in a wood, where the lower branches die.

    Parameters
    ----------
    height_m, trunk_m : float
        Height, and radius of the trunk at a person's breast.
    crown_from : float
        Share of the height where the living crown begins.
    crown_m : float
        Radius of the crown.
    slope : float
        How steeply branches rise; negative ones droop.
    num_branches, num_leaves : int
        Branches from the trunk; leaves or sprays of needles, 0 in winter.
    leaf_m, leaf_width : float
        Length of a leaf or spray, and its width as a share of that.
    cone : float
        0 for a round crown, 1 for a pointed one.
    num_dead : int
        Short dead branches below the crown.
    """

    height_m: float
    trunk_m: float
    crown_from: float
    crown_m: float
    slope: float
    num_branches: int
    num_leaves: int
    leaf_m: float
    leaf_width: float
    cone: float = 0.0
    num_dead: int = 0


def woodland_tree(growth: Growth, rng: np.random.Generator) -> tuple[Any, Any]:
    """Meshes of the wood and of the leaves of a tree, its foot at the origin.

    Without leaves the second mesh is one small twig.
    """
    height = growth.height_m
    rise = np.array([-0.02, 0.012, 0.03, 0.07, 0.2, 0.35, 0.5, 0.65, 0.8, 0.92, 1.0])
    flare = 1 + 0.9 * np.exp(-np.maximum(rise, 0) * height / 0.35)
    radii = growth.trunk_m * flare * (1.02 - rise) ** 0.8
    trunk = np.zeros((len(rise), 3))
    trunk[:, 2] = rise * height
    trunk[3:, :2] = np.cumsum(rng.normal(0, 0.006 * height, (len(rise) - 3, 2)), axis=0)
    parts = [tube_arrays(trunk, radii, 12)]
    sprays: list[Floats] = []
    for share in np.sort(rng.random(growth.num_branches)):
        at = growth.crown_from + (0.97 - growth.crown_from) * float(share)
        # A round crown is widest at its middle, a pointed one at its foot.
        reach = (1 - growth.cone) * np.sqrt(max(0.1, 1 - (2 * share - 0.9) ** 2)) + growth.cone * (
            1.05 - share
        )
        length = growth.crown_m * float(reach * rng.uniform(0.75, 1.15))
        path = _branch(_on(trunk, rise, at), growth.slope, length, rng)
        thick = float(np.interp(at, rise, radii)) * 0.42
        parts.append(tube_arrays(path, np.linspace(thick, thick * 0.2, len(path)), 5))
        sprays.append(path[2:])
        for _ in range(3):
            fork = path[int(rng.integers(2, len(path) - 1))]
            twig = _branch(fork, growth.slope + 0.3, length * float(rng.uniform(0.3, 0.5)), rng)
            parts.append(tube_arrays(twig, np.linspace(thick * 0.35, thick * 0.08, len(twig)), 4))
            sprays.append(twig[2:])
    for _ in range(growth.num_dead):
        at = growth.crown_from * float(rng.uniform(0.12, 1.0))
        path = _branch(_on(trunk, rise, at), -0.15, float(rng.uniform(0.4, 1.6)), rng)
        parts.append(tube_arrays(path, np.linspace(0.018, 0.004, len(path)), 4))
    wood = _joined(parts)
    tips = np.concatenate(sprays)
    count = max(growth.num_leaves, 1)
    spread = np.clip(rng.normal(0, 1, (count, 3)), -1.8, 1.8) * [1, 1, 0.6] * 0.13 * growth.crown_m
    middles = tips[rng.integers(len(tips), size=count)] + spread
    lengths = growth.leaf_m * rng.uniform(0.7, 1.3, count)
    heading = rng.normal(size=(count, 3)) * [1, 1, 0.55] + [0, 0, 0.25 * growth.slope]
    return wood, leaf_cards(middles, heading, lengths, growth.leaf_width, rng)


def _on(trunk: Floats, rise: Floats, at: float) -> Floats:
    return np.array([np.interp(at, rise, trunk[:, axis]) for axis in range(3)])


def _branch(start: Floats, slope: float, length: float, rng: np.random.Generator) -> Floats:
    """Path of a crooked branch, in a random direction."""
    angle = float(rng.uniform(0, 2 * pi))
    heading = np.array([cos(angle), sin(angle), slope + float(rng.normal(0, 0.15))])
    path = [start]
    for _ in range(5):
        heading = heading + rng.normal(0, 0.16, 3)
        path.append(path[-1] + heading / np.linalg.norm(heading) * length / 5)
    return np.array(path)


def _joined(parts: list[tuple[Floats, Ints]]) -> Any:
    starts = np.cumsum([0] + [len(vertices) for vertices, _ in parts])
    vertices = np.concatenate([vertices for vertices, _ in parts])
    faces = np.concatenate([faces + start for (_, faces), start in zip(parts, starts, strict=False)])
    return mesh_data(vertices, faces, smooth=True, name="tree")


def fern_mesh(rng: np.random.Generator) -> Any:
    """Fern about a metre across, its foot at the origin: arched fronds with leaflets on both sides."""
    middles, heads, lengths = [], [], []
    for frond in range(9):
        angle = 2 * pi * frond / 9 + float(rng.normal(0, 0.25))
        out, aside = np.array([cos(angle), sin(angle), 0.0]), np.array([-sin(angle), cos(angle), 0.0])
        long, high = float(rng.uniform(0.5, 0.75)), float(rng.uniform(0.3, 0.5))
        for t in np.linspace(0.15, 1.0, 17).tolist():
            stem = out * long * t + np.array([0, 0, high * (1.9 * t - 1.35 * t * t) + 0.02])
            size = 0.16 * (1.05 - t) ** 0.7 + 0.02
            for side in (-1, 1):
                head = side * aside + 0.35 * out - np.array([0, 0, 0.25])
                middles.append(stem + side * aside * size / 2)
                heads.append(head)
                lengths.append(size)
    return leaf_cards(np.array(middles), np.array(heads), np.array(lengths), 0.34, rng)


def rotten_wood() -> Any:
    """Black crumbling wood without any gloss, for the insides of hollow logs, trunks and huts."""
    material = bpy.data.materials.new("Rotten wood")
    graph = ShaderGraph(material)
    crumbs = graph.noise(graph.coordinates(), 14.0, 4.0)
    color = graph.ramp(crumbs, [(0.3, (0.005, 0.004, 0.003)), (0.7, (0.018, 0.013, 0.009))])
    graph.surface(graph.add("BsdfDiffuse", {"Color": color, "Roughness": 1.0}).outputs[0])
    return material


def hollow_log(
    place: Place, length: float, radius: float, materials: tuple[Any, Any], rng: np.random.Generator
) -> None:
    """Fallen trunk along the place's own y, rotten out from both ends; materials of bark and inside."""
    rings, sides = 15, 24
    turn = np.linspace(0, 2 * np.pi, sides + 1)[None]
    along = np.linspace(0, 1, rings)[:, None]
    lumps = 0.07 * np.sin(3 * turn + 5 * along + float(rng.uniform(0, 6))) + 0.04 * np.sin(
        7 * turn - 9 * along
    )
    girth = radius * (1 + lumps) * (1 - 0.25 * along) + rng.normal(0, 0.012 * radius, (rings, sides + 1))
    girth[:, -1] = girth[:, 0]
    # Both ends are splintered, and the whole is a little bent.
    ragged = 0.25 * radius * (np.sin(5 * turn + 1) + np.sin(9 * turn + float(rng.uniform(0, 6))))
    y = length * along + ragged * (along**6 - (1 - along) ** 6)
    bend = float(rng.uniform(-0.05, 0.05)) * length * np.sin(np.pi * along)
    lying = place.at(0, 0, radius * 0.85)
    hollow = float(rng.uniform(0.72, 0.84))
    # The cave is pinched shut in the middle, so that no light comes through.
    cave = hollow * np.clip(np.abs(along - 0.5) / 0.12, 0.0, 1.0)
    for share, material in ((1.0 + 0 * along, materials[0]), (cave, materials[1])):
        points = np.stack([bend + share * girth * np.cos(turn), y, share * girth * np.sin(turn)], -1)
        put(grid_mesh(points), lying, material, name="log")
    for end in (0, -1):
        rim = np.stack([girth[end] * np.cos(turn[0]), y[end], girth[end] * np.sin(turn[0])], -1)
        inside = rim * [hollow, 1.0, hollow]
        put(grid_mesh(np.stack([rim, inside]), smooth=False), lying, materials[0], name="log end")


def hollow_trunk(
    place: Place, radius: float, height: float, materials: tuple[Any, Any], rng: np.random.Generator
) -> None:
    """Broken old trunk with a rotten hollow behind a cleft that faces -y; materials of bark and inside."""
    rows, columns = 22, 40
    angle = np.linspace(-pi / 2, 3 * pi / 2, columns + 1)[None]
    rise = np.linspace(0, 1, rows)[:, None]
    jag = 1 + 0.12 * np.sin(3 * angle + float(rng.uniform(0, 6))) + 0.08 * np.sin(7 * angle)
    girth = radius * (1 + 0.8 * np.exp(-rise * height / 0.3)) * (1 + 0.07 * np.sin(5 * angle))
    girth = girth * (1 - 0.2 * rise) + rng.normal(0, 0.012, (rows, columns + 1))
    girth[:, -1] = girth[:, 0]
    off = np.minimum(np.abs(angle + pi / 2), np.abs(angle - 3 * pi / 2))
    cleft = off < float(rng.uniform(0.45, 0.65)) * np.sqrt(
        np.clip(1 - (rise / float(rng.uniform(0.45, 0.7))) ** 2, 0, 1)
    )
    for share, material in zip((1.0, 0.8), materials, strict=True):
        points = np.stack(
            [girth * share * np.cos(angle), girth * share * np.sin(angle), rise * height * jag - 0.15], -1
        )
        index = np.arange(rows * (columns + 1)).reshape(rows, columns + 1)
        corners = np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]], -1)
        solid = ~(cleft[:-1, :-1] & cleft[:-1, 1:])
        put(
            mesh_data(points.reshape(-1, 3), corners[solid], smooth=True, name="hollow trunk"),
            place,
            material,
        )
    lid = turned_mesh([(0.0, height * 0.8), (radius * 0.9, height * 0.78)], 12)
    put(lid, place, materials[1])


def stump(place: Place, radius: float, height: float, material: Any, rng: np.random.Generator) -> None:
    """Stump with a flared foot, hollowed in the middle."""
    rim = [(radius * 1.7, -0.1), (radius * 1.2, 0.12), (radius, 0.3 * height + 0.1), (radius * 0.97, height)]
    mesh = turned_mesh(
        [*rim, (radius * 0.6, height * 0.97), (radius * 0.45, height * 0.4), (0.0, height * 0.3)], 22
    )
    _roughen(mesh, 0.1 * radius, rng)
    put(mesh, place, material)


def _roughen(mesh: Any, depth_m: float, rng: np.random.Generator) -> None:
    points = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", points)
    points += rng.normal(0, depth_m / 2, len(points)).astype(np.float32)
    mesh.vertices.foreach_set("co", points)
    mesh.update()


def birch_bark(name: str, rng: np.random.Generator) -> Any:
    """White bark with dark bands and scars across it."""
    return _banded_bark(name, tinted(rng, (0.55, 0.52, 0.47)), (0.02, 0.018, 0.016))


def _banded_bark(name: str, light: Color, dark: Color) -> Any:
    material = bpy.data.materials.new(name)
    graph = ShaderGraph(material)
    stretched = graph.vector_math("MULTIPLY", graph.coordinates(), (2.0, 2.0, 9.0))
    scars = graph.noise(stretched, 1.6, 4.0)
    stain = graph.noise(graph.coordinates(), 2.0, 2.0)
    color = graph.ramp(
        scars, [(0.36, dark), (0.43, light), (0.8, (light[0] * 0.8, light[1] * 0.74, light[2] * 0.66))]
    )
    low = graph.rescale(
        graph.add("SeparateXYZ", {0: graph.coordinates()}).outputs[2], (0.1, 1.6), (0.75, 0.0)
    )
    foot = graph.rescale(graph.math("ADD", stain, low), (0.55, 0.85), (0.0, 1.0))
    inputs = {"Base Color": graph.mix(foot, color, dark), "Roughness": 0.7, "Normal": graph.bump(scars, 0.01)}
    graph.surface(graph.add("BsdfPrincipled", inputs).outputs[0])
    return material


def mossy(name: str, under: tuple[Color, Color], moss: Color, amount: float, *, ribbed: bool = False) -> Any:
    """Bark, wood or stone with moss on what faces up; `amount` 0 to 1, `ribbed` for standing trunks."""
    material = bpy.data.materials.new(name)
    graph = ShaderGraph(material)
    vector = graph.coordinates()
    grain = graph.vector_math("MULTIPLY", vector, (2.2, 2.2, 0.3)) if ribbed else vector
    rough = graph.noise(grain, 9.0, 5.0)
    base = graph.ramp(rough, [(0.3, under[0]), (0.7, under[1])])
    up = graph.add("SeparateXYZ", {0: graph.add("NewGeometry").outputs["Normal"]}).outputs[2]
    grown = graph.math("ADD", up, graph.math("MULTIPLY", graph.noise(vector, 3.0, 4.0), 1.4))
    edge = 1.75 - 1.3 * amount
    cover = graph.rescale(grown, (edge, edge + 0.3), (0.0, 1.0))
    green = graph.mix(graph.noise(vector, 60.0, 1.0), (moss[0] * 0.35, moss[1] * 0.35, moss[2] * 0.35), moss)
    inputs = {
        "Base Color": graph.mix(cover, base, green),
        "Roughness": 0.9,
        "Normal": graph.bump(rough, 0.025),
    }
    graph.surface(graph.add("BsdfPrincipled", inputs).outputs[0])
    return material
