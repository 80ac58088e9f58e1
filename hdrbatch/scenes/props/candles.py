"""Candles, lanterns and open fires: lamps that light, and flames as bright that only the camera sees."""

from math import pi
from typing import Any

import bpy
import numpy as np

from hdrbatch.scenes.kit.materials import mottled, pane, pick, plain
from hdrbatch.scenes.kit.photometry import LUMEN, luminance_of, scaled, temperature_color
from hdrbatch.scenes.kit.shader import Color, ShaderGraph
from hdrbatch.scenes.kit.shapes import (
    Floats,
    Place,
    box,
    boxes,
    mesh_data,
    put,
    rectangles,
    show_to_camera_only,
    smoothed,
    tube,
    tube_arrays,
    turned,
    turned_mesh,
)

CANDLE_LM = 12.0
CANDLE_KELVIN = 2400.0
"""A flame has 1900 K, which is nearly without blue. This is how a camera that is balanced for lamp light, of
3800 K, sees it; the evening sky is as much bluer."""
FLAME_M = (0.0034, 0.028)
"""Radius and height of a candle's flame."""
WAX: tuple[Color, ...] = ((0.74, 0.70, 0.58), (0.74, 0.72, 0.66), (0.45, 0.04, 0.04), (0.06, 0.16, 0.10))
Profile = list[tuple[float, float]]
STICKS: tuple[Profile, ...] = (
    [
        *((0.0, 0.0), (0.22, 0.0), (0.22, 0.03), (0.10, 0.08), (0.05, 0.16), (0.09, 0.26), (0.04, 0.36)),
        *((0.035, 0.80), (0.08, 0.86), (0.05, 0.90), (0.12, 0.96), (0.12, 1.0), (0.0, 1.0)),
    ],
    [
        *((0.0, 0.0), (0.30, 0.0), (0.26, 0.06), (0.06, 0.10), (0.12, 0.30), (0.06, 0.48), (0.11, 0.70)),
        *((0.05, 0.88), (0.14, 0.97), (0.14, 1.0), (0.0, 1.0)),
    ],
    [
        (0.0, 0.0),
        (0.26, 0.0),
        (0.28, 0.03),
        (0.03, 0.06),
        (0.03, 0.92),
        (0.10, 0.95),
        (0.10, 1.0),
        (0.0, 1.0),
    ],
)


def add_lamp(place: Place, radius_m: float, lumens: float, kelvin: float) -> None:
    """Add a round lamp without a shape: what is seen in its place is up to the caller."""
    color = temperature_color(kelvin)
    lamp = bpy.data.lights.new("Flame", "POINT")
    lamp.energy = lumens * LUMEN * max(color)
    lamp.color = scaled(color, 1 / max(color))
    lamp.shadow_soft_size = radius_m
    thing = bpy.data.objects.new("Flame", lamp)
    thing.location = (place.x, place.y, place.z)
    bpy.context.scene.collection.objects.link(thing)


def flame(place: Place, lumens: float = CANDLE_LM) -> None:
    """Flame of a candle whose wick ends at the place: with 12 lm about 10,000 cd/m2."""
    radius, height = FLAME_M
    profile = [(0.3, 0.0), (0.8, 0.12), (1.0, 0.28), (0.8, 0.55), (0.4, 0.82), (0.0, 1.0)]
    shape = smoothed([(r * radius, z * height) for r, z in profile], 3)
    seen = _width_integral(np.array(shape))
    color = temperature_color(CANDLE_KELVIN)
    # One material for all flames of a brightness; its object's origin is the wick.
    name = f"Candle flame {lumens:.1f} lm"
    glow = bpy.data.materials.get(name) or _flame_material(
        name, scaled(color, lumens * LUMEN / (4 * pi * seen)), height
    )
    show_to_camera_only(put(turned_mesh(shape, 12), place, glow))
    add_lamp(place.at(0, 0, height * 0.45), 0.007, lumens, CANDLE_KELVIN)


def _width_integral(profile: Floats) -> float:
    """Area that a turned shape covers as seen from the side; `profile` has radius and height."""
    radii, heights = profile.T
    return float(np.sum((radii[1:] + radii[:-1]) * np.diff(heights)))


def _flame_material(name: str, radiance: Color, height: float) -> Any:
    """Glow of a candle: dim and blue at the wick, brightest above the middle."""
    material = bpy.data.materials.new(name)
    graph = ShaderGraph(material)
    level = graph.add("SeparateXYZ", {0: graph.coordinates()}).outputs[2]
    rise = graph.rescale(level, (0.05 * height, 0.4 * height), (0.0, 1.0))
    blue = scaled((0.15, 0.3, 1.0), 0.06 * luminance_of(radiance) / luminance_of((0.15, 0.3, 1.0)))
    color = graph.mix(rise, blue, scaled(radiance, 1.15))
    graph.surface(graph.add("Emission", {"Color": color, "Strength": 1.0}).outputs[0])
    material.cycles.emission_sampling = "NONE"
    return material


def wax_material(color: Color) -> Any:
    """Wax that glows near its flame, at the origin, as light spreads in it."""
    material = bpy.data.materials.new("Wax")
    graph = ShaderGraph(material)
    depth = graph.vector_math("LENGTH", graph.coordinates())
    near = graph.math("POWER", graph.rescale(depth, (0.004, 0.06), (1.0, 0.0)), 2.5)
    amber = temperature_color(2200.0)
    lit = (amber[0] * color[0], amber[1] * color[1], amber[2] * color[2])
    # About a third of the flame's 12 lm enters the wax and leaves it within a few centimetres.
    strength = graph.math("MULTIPLY", near, 130.0 * LUMEN)
    inputs = {
        "Base Color": color,
        "Roughness": 0.4,
        "Emission Color": lit,
        "Emission Strength": strength,
    }
    graph.surface(graph.add("BsdfPrincipled", inputs).outputs[0])
    material.cycles.emission_sampling = "NONE"
    return material


def candle(place: Place, radius: float, height: float, wax: Any, *, lit: bool = True) -> None:
    """Candle with a wick and, if lit, a flame; `wax` is a material of `wax_material`."""
    body = [
        (radius, -height),
        (radius * 0.98, -0.004),
        (radius * 0.9, 0.0),
        (radius * 0.7, -0.003),
        (radius * 0.3, -0.007),
        (0.0, -0.007),
    ]
    top = place.at(0, 0, height)
    turned(top, body, wax, segments=24)
    wick = plain("Wick", (0.01, 0.01, 0.01), 0.9)
    tube(top, [(0, 0, -0.007), (0, 0, 0.004), (0.002, 0, 0.009)], 0.0011, wick, sides=5)
    if lit:
        flame(top.at(0, 0, 0.006))


def candlestick(place: Place, height: float, wax: Any, metal: Any, rng: np.random.Generator) -> None:
    """Turned stick with a lit candle."""
    stick = STICKS[int(rng.integers(len(STICKS)))]
    wide = max(height, 0.14)
    turned(place, smoothed([(r * wide * 0.7, z * height) for r, z in stick], 3), metal, segments=32)
    candle(place.at(0, 0, height), 0.011, float(rng.uniform(0.06, 0.24)), wax)


def candelabra(
    place: Place, height: float, num_arms: int, wax: Any, metal: Any, rng: np.random.Generator
) -> None:
    """Stick with arms to both sides, a candle on each and one in the middle."""
    shaft = [
        (0.0, 0.0),
        (0.085, 0.0),
        (0.08, 0.012),
        (0.03, 0.03),
        (0.012, 0.06),
        (0.022, height * 0.5),
        (0.01, height * 0.6),
        (0.012, height),
    ]
    turned(place, shaft, metal, segments=24)
    cup = turned_mesh(
        [(0.006, 0.0), (0.03, 0.012), (0.03, 0.016), (0.014, 0.014), (0.014, 0.03), (0.0, 0.03)], 20
    )
    tall = float(rng.uniform(0.1, 0.22))
    spots = [(0.0, height)]
    for i in range(1, num_arms // 2 + 1):
        reach = 0.11 * i
        for side in (-1, 1):
            angle = np.linspace(0, 1, 10)
            x = side * reach * np.sin(angle * pi / 2)
            z = height * 0.62 - 0.05 * np.sin(angle * pi) + (height * 0.3 - 0.02 * i) * angle**2
            tube(place, np.stack([x, 0 * x, z], -1), 0.006, metal)
            spots.append((float(x[-1]), float(z[-1])))
    for x, z in spots:
        spot = place.at(x, 0.0, z)
        put(cup, spot, metal)
        candle(spot.at(0, 0, 0.022), 0.011, tall * float(rng.uniform(0.8, 1.0)), wax)


def lantern(place: Place, height: float, wax: Any, metal: Any) -> None:
    """Lantern of metal and glass with a candle in it."""
    half, roof = height * 0.28, height * 0.72
    posts = [((sx * half, sy * half, 0.015), (0.012, 0.012, roof)) for sx in (-1, 1) for sy in (-1, 1)]
    plates = [
        ((0.0, 0.0, 0.0), (2 * half + 0.03, 2 * half + 0.03, 0.015)),
        ((0.0, 0.0, roof), (2 * half + 0.03, 2 * half + 0.03, 0.012)),
    ]
    boxes(place, [*posts, *plates], metal, bevel=0.002)
    hood = [(half * 1.2, 0.0), (half * 0.5, height * 0.14), (half * 0.45, height * 0.2), (0.0, height * 0.22)]
    turned(place.at(0, 0, roof + 0.012), hood, metal, segments=4)
    ring = np.linspace(0, 2 * pi, 17)
    handle = np.stack([0.3 * half * np.cos(ring), 0 * ring, 0.3 * half * np.sin(ring) + height * 0.99], -1)
    tube(place, handle, 0.004, metal)
    walls = []
    for a, b in (((-1, -1), (1, -1)), ((1, -1), (1, 1)), ((1, 1), (-1, 1)), ((-1, 1), (-1, -1))):
        low = [(a[0] * half, a[1] * half, 0.02), (b[0] * half, b[1] * half, 0.02)]
        walls.append([*low, (*low[1][:2], roof), (*low[0][:2], roof)])
    rectangles(place, walls, pane())
    candle(place.at(0, 0, 0.015), half * 0.45, roof * 0.45, wax)


def hanging_lantern(place: Place, drop: float, wax: Any, metal: Any) -> None:
    """Lantern on a chain from a place in the ceiling."""
    tube(place, [(0, 0, -drop + 0.33), (0, 0, 0)], 0.006, metal, sides=6)
    lantern(place.at(0, 0, -drop), 0.34, wax, metal)


def tealight(place: Place, glass: Color, wax: Any) -> None:
    """Small candle in a cup of metal."""
    tin = plain("Tin", glass, 0.25, metallic=1.0)
    turned(
        place, [(0.0, 0.0), (0.019, 0.0), (0.02, 0.016), (0.0185, 0.016), (0.0185, 0.01)], tin, segments=20
    )
    candle(place.at(0, 0, 0.001), 0.0183, 0.011, wax)


def fire(place: Place, width: float, lumens: float, rng: np.random.Generator) -> None:
    """Wood fire on the floor at a place: logs, embers, tongues of flame."""
    bark = mottled("Charred log", (0.006, 0.005, 0.004), (0.05, 0.03, 0.02), scale=30, bump_m=0.006)
    for i in range(5):
        turn, lift = float(rng.uniform(-0.5, 0.5)), 0.05 + 0.075 * (i // 2)
        log = place.at(float(rng.uniform(-0.06, 0.06)), ((i % 2) - 0.5) * 0.16, lift, turn=turn)
        half = width * float(rng.uniform(0.3, 0.45))
        path = np.array([(-half, 0, 0.0), (0, 0.01, 0.012), (half, 0, 0.0)])
        tube(log, path, float(rng.uniform(0.035, 0.055)), bark, sides=12)
    _embers(place, width, rng)
    peak = _tongues(place, width, lumens, rng)
    for i in range(3):
        spot = place.at((i - 1) * width * 0.22, -0.05, peak * (0.35, 0.5, 0.35)[i])
        add_lamp(spot, 0.05, lumens / 3, 2300.0)


def _embers(place: Place, width: float, rng: np.random.Generator) -> None:
    """Heap of coals that glow in their cracks."""
    material = bpy.data.materials.new("Embers")
    graph = ShaderGraph(material)
    glow = graph.rescale(graph.noise(graph.coordinates(), 55.0, 3.0), (0.5, 0.68), (0.0, 1.0))
    heat = scaled(temperature_color(1900.0), 900.0 * LUMEN)
    inputs = {
        "Base Color": (0.02, 0.018, 0.016),
        "Roughness": 0.9,
        "Emission Color": heat,
        "Emission Strength": graph.math("POWER", glow, 2.0),
    }
    graph.surface(graph.add("BsdfPrincipled", inputs).outputs[0])
    material.cycles.emission_sampling = "NONE"
    coals = [
        (
            (float(rng.normal(0, 0.28 * width)), float(rng.normal(0, 0.07)), 0.0),
            (float(rng.uniform(0.03, 0.07)), float(rng.uniform(0.03, 0.07)), float(rng.uniform(0.02, 0.06))),
        )
        for _ in range(40)
    ]
    boxes(place, coals, material, bevel=0.008)


def _tongues(place: Place, width: float, lumens: float, rng: np.random.Generator) -> float:
    """Tongues of flame, thin at their edges. Returns the height of the tallest."""
    vertices, faces, count, area, peak = [], [], 0, 0.0, 0.0
    for _ in range(11):
        x = float(np.clip(rng.normal(0, 0.22), -0.42, 0.42)) * width
        tall = width * float(rng.uniform(0.35, 0.8)) * (1.05 - 1.3 * abs(x) / width)
        rise = np.linspace(0, 1, 14)
        sway = float(rng.uniform(-0.5, 0.5)) * rise**1.5 + 0.12 * np.sin(7 * rise + float(rng.uniform(0, 6)))
        y = float(rng.uniform(-0.06, 0.08))
        path = np.stack([x + 0.22 * tall * sway, y + 0 * rise, 0.07 + tall * rise], -1)
        radii = 0.13 * tall * (np.sin(pi * rise**0.6) * (1 - 0.4 * rise) + 0.01)
        tongue, tongue_faces = tube_arrays(path, radii, 14)
        vertices.append(tongue)
        faces.append(tongue_faces + count)
        count += len(tongue)
        area += _width_integral(np.stack([radii, path[:, 2]], -1))
        peak = max(peak, tall)
    # Tongues overlap, and their edges are thin: half of their area is seen.
    radiance = scaled(temperature_color(2300.0), lumens * LUMEN / (4 * pi * area * 0.5))
    mesh = mesh_data(np.concatenate(vertices), np.concatenate(faces), smooth=True, name="fire")
    show_to_camera_only(put(mesh, place, _tongue_material(radiance)))
    return peak


def _tongue_material(radiance: Color) -> Any:
    material = bpy.data.materials.new("Fire")
    graph = ShaderGraph(material)
    facing = graph.add("LayerWeight", {0: 0.5}).outputs["Facing"]
    thick = graph.math("POWER", graph.math("SUBTRACT", 1.0, facing), 1.2)
    level = graph.add("SeparateXYZ", {0: graph.coordinates()}).outputs[2]
    vector = graph.vector_math("MULTIPLY", graph.coordinates(), (1.0, 1.0, 0.4))
    thin = graph.rescale(graph.noise(vector, 18.0, 2.0), (0.35, 0.6), (0.25, 1.0))
    share = graph.math("MULTIPLY", thick, thin)
    color = graph.mix(
        graph.rescale(level, (0.1, 0.5), (0.0, 1.0)), radiance, (radiance[0], radiance[1] * 0.55, 0.0)
    )
    light = graph.add("Emission", {"Color": color, "Strength": 1.0}).outputs[0]
    clear = graph.add("BsdfTransparent").outputs[0]
    graph.surface(graph.add("MixShader", {0: share, 1: clear, 2: light}).outputs[0])
    material.cycles.emission_sampling = "NONE"
    return material


def choose_wax(rng: np.random.Generator) -> Any:
    """Wax of a room's candles: ivory, white, red or green."""
    return wax_material(pick(rng, WAX, 0.08))


def fireplace(place: Place, stone: Any, mantel: Any, rng: np.random.Generator) -> Place:
    """Chimney breast that stands out from a wall by 0.45 m, with a hearth. Returns where its fire burns."""
    width, high = float(rng.uniform(1.3, 1.7)), 1.05
    opening, tall, deep = float(rng.uniform(0.75, 0.95)), float(rng.uniform(0.65, 0.8)), 0.45
    pier = (width - opening) / 2
    front = place.at(0.0, -deep / 2)
    boxes(
        front,
        [
            ((-(opening + pier) / 2, 0.0, 0.0), (pier, deep, high)),
            (((opening + pier) / 2, 0.0, 0.0), (pier, deep, high)),
            ((0.0, 0.0, tall), (opening, deep, high - tall)),
        ],
        stone,
        bevel=0.01,
    )
    soot = plain("Soot", (0.012, 0.011, 0.010), 0.95)
    inner = [
        ((0.0, deep / 2 - 0.015, 0.02), (opening, 0.03, tall)),
        ((-opening / 2 + 0.012, 0.03, 0.02), (0.024, deep - 0.07, tall)),
        ((opening / 2 - 0.012, 0.03, 0.02), (0.024, deep - 0.07, tall)),
        ((0.0, 0.03, tall - 0.024), (opening, deep - 0.07, 0.02)),
        ((0.0, 0.0, 0.0), (opening, deep, 0.02)),
    ]
    boxes(front, inner, soot, bevel=0.0)
    box(place.at(0, -deep / 2 - 0.2, 0.0), (width + 0.2, deep + 0.45, 0.035), stone, bevel=0.01)
    box(place.at(0, -deep / 2 - 0.04, high), (width + 0.3, deep + 0.12, 0.06), mantel, bevel=0.01)
    return front.at(0.0, 0.0, 0.035)
