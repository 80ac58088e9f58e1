"""Equipment of a photographer's studio: softboxes, a small hard lamp, flags, cards and backdrops."""

from math import pi
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from hdrbatch.scenes.kit.camera import Point
from hdrbatch.scenes.kit.lights import add_bulb, add_panel
from hdrbatch.scenes.kit.materials import fabric, plain
from hdrbatch.scenes.kit.shader import Color, ShaderGraph
from hdrbatch.scenes.kit.shapes import Place, boxes, grid_mesh, mesh_data, put, turned

BULB_M = 0.018
"""Radius of the bulb of a hard lamp."""


def softbox(location: Point, aim: Point, size_m: tuple[float, float], lumens: float, kelvin: float) -> None:
    """Softbox or strip light: an even front with a lip of black cloth and a tapered back."""
    add_panel(location, aim, size_m, lumens, kelvin)
    turn = (Vector(aim) - Vector(location)).to_track_quat("-Z", "Y").to_euler()
    x, y = size_m[0] / 2 + 0.004, size_m[1] / 2 + 0.004
    depth = 0.45 * min(size_m) + 0.15
    square = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], float)
    rings = [(x, y, -0.05), (x, y, 0.006), (0.09, 0.09, depth), (0.09, 0.09, depth + 0.2)]
    vertices = [(sx * u, sy * v, w) for u, v, w in rings for sx, sy in square]
    faces = [
        (4 * r + i, 4 * r + (i + 1) % 4, 4 * r + 4 + (i + 1) % 4, 4 * r + 4 + i)
        for r in range(3)
        for i in range(4)
    ]
    cloth = plain("Softbox cloth", (0.012, 0.012, 0.013), 0.7)
    body = put(mesh_data(vertices, [*faces, (12, 13, 14, 15)], name="softbox"), Place(*location), cloth)
    body.rotation_euler = turn


def hard_lamp(location: Point, lumens: float, kelvin: float) -> None:
    """Small bare lamp on an arm: sharp shadows, and a point of light in all that is polished."""
    x, y, z = location
    add_bulb(Place(x, y, z), BULB_M, lumens, kelvin)
    holder = plain("Lamp holder", (0.02, 0.02, 0.02), 0.4)
    socket = [(0.016, 0.034), (0.022, 0.040), (0.022, 0.085), (0.006, 0.095), (0.006, 2.0)]
    turned(Place(x, y, z), socket, holder, segments=16)


def flag(place: Place, size_m: tuple[float, float], *, white: bool = False) -> None:
    """Board that stands: black velvet to take light away, or white card to give some back."""
    surface = plain("Card", (0.75, 0.75, 0.74), 0.8) if white else velvet()
    boxes(place, [((0, 0, 0), (size_m[0], 0.006, size_m[1]))], surface, bevel=0.0)


def velvet() -> Any:
    """Black velvet, as near to no light as cloth comes."""
    material = bpy.data.materials.new("Velvet")
    graph = ShaderGraph(material)
    # No gloss at all: its pile swallows what a smooth black would still mirror.
    graph.surface(graph.add("BsdfDiffuse", {"Color": (0.003, 0.003, 0.003)}).outputs[0])
    return material


def sweep(width: float, front: float, back: float, height: float, material: Any) -> None:
    """Backdrop in one piece: a floor from y `-front` to `back` that curves up into a wall."""
    bend = 0.35
    angle = np.linspace(0, pi / 2, 14)
    profile = [(-front, 0.0), (0.0, 0.0)]
    profile += [(back - bend + bend * float(np.sin(a)), bend - bend * float(np.cos(a))) for a in angle]
    profile.append((back, height))
    points = np.array([[(x, y, z) for x in (-width / 2, 0.0, width / 2)] for y, z in profile])
    put(grid_mesh(points), Place(0, 0), material)


def hanging_cloth(place: Place, size_m: tuple[float, float], color: Color, rng: np.random.Generator) -> None:
    """Heavy cloth in deep folds that hangs across x."""
    width, height = size_m
    x, z = np.linspace(-width / 2, width / 2, 220), np.linspace(0, height, 24)
    phases, folds = rng.uniform(0, 6, 3), float(rng.uniform(9, 18))
    droop = np.linspace(1.0, 0.6, len(z))[:, None]
    wave = 0.055 * np.sin(folds * x + phases[0] + 0.5 * np.sin(2.1 * x + phases[1]))
    wave = wave[None] * droop + 0.012 * np.sin(3.1 * folds * x + phases[2])[None] * (1.3 - droop)
    points = np.zeros((len(z), len(x), 3))
    points[..., 0], points[..., 1], points[..., 2] = x, wave, z[:, None]
    put(grid_mesh(points), place, fabric("Hanging cloth", color))


def table_cloth(
    place: Place, size_m: tuple[float, float], flat_m: float, color: Color, rng: np.random.Generator
) -> None:
    """Cloth over a table: flat within `flat_m` of the middle, in soft folds beyond, hanging down in front."""
    width, depth = size_m
    x = np.linspace(-width / 2, width / 2, 200)[None]
    y = np.linspace(-depth / 2 - 0.35, depth / 2, 150)[:, None]
    height = np.zeros((150, 200))
    for _ in range(4):
        angle, phase, pitch = rng.uniform(0, pi), rng.uniform(0, 6), rng.uniform(7, 16)
        along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
        ridge = 0.5 + 0.5 * np.cos(pitch * across + phase + 0.9 * np.sin(3 * along + phase))
        height += ridge**5 * (0.5 + 0.5 * np.sin(2.3 * along + 2 * phase)) * 0.028
    away = np.clip((np.hypot(x / 1.5, y) - flat_m) / 0.2, 0, 1)
    points = np.empty((150, 200, 3))
    points[..., 0], points[..., 1] = x, np.maximum(y, -depth / 2 - 0.01)
    points[..., 2] = 0.003 + height * away * away * (3 - 2 * away)
    # What is beyond the table's front edge hangs down in folds.
    hanging = np.clip(-depth / 2 - y, 0, None)
    points[..., 2] -= hanging
    points[..., 1] -= np.minimum(hanging * 0.3, 0.05) * (1 + np.sin(21 * x + 2 * np.sin(5 * x)))
    put(grid_mesh(points), place, fabric("Thrown cloth", color))


def add_dim_room(radiance: float) -> None:
    """Make the dark walls of a studio the world: an even, faint light from all around."""
    world = bpy.data.worlds.new("Dark studio")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs[0].default_value = (radiance, radiance, radiance, 1.0)
    bpy.context.scene.world = world
