"""Surfaces with procedural detail. Colours are scene-linear reflectances, lengths metres."""

from typing import Any

import bpy
import numpy as np

from hdrbatch.scenes.kit.shader import Color, ShaderGraph


def tinted(rng: np.random.Generator, color: Color, amount: float = 0.15) -> Color:
    """Colour near another: brightness and each channel varied by up to a share of it."""
    factors = (1 + rng.uniform(-amount, amount)) * (1 + rng.uniform(-amount / 2, amount / 2, 3))
    red, green, blue = np.clip(np.array(color) * factors, 0.003, 0.9).tolist()
    return red, green, blue


def pick(rng: np.random.Generator, palette: tuple[Color, ...], amount: float = 0.15) -> Color:
    """One colour of a palette, varied."""
    return tinted(rng, palette[int(rng.integers(len(palette)))], amount)


def _new(name: str) -> tuple[Any, ShaderGraph]:
    material = bpy.data.materials.new(name)
    return material, ShaderGraph(material)


def plain(name: str, color: Color, roughness: float = 0.5, metallic: float = 0.0, coat: float = 0.0) -> Any:
    """Even surface: paint, plastic, or with `metallic` 1 a metal; `coat` is a layer of varnish."""
    material, graph = _new(name)
    inputs = {
        "Base Color": color,
        "Roughness": roughness,
        "Metallic": metallic,
        "Coat Weight": coat,
        "Coat Roughness": 0.03,
    }
    graph.surface(graph.add("BsdfPrincipled", inputs).outputs[0])
    return material


def mottled(
    name: str,
    dark: Color,
    light: Color,
    *,
    scale: float,
    roughness: tuple[float, float] = (0.6, 0.9),
    bump_m: float = 0.0,
    detail: float = 4.0,
    stretch: Color = (1.0, 1.0, 1.0),
    metallic: float = 0.0,
) -> Any:
    """Uneven surface between two colours: plaster, earth, stone, bark, worn metal.

    `scale` counts blotches per metre, `bump_m` is the depth of the relief, `stretch` scales its axes.
    """
    material, graph = _new(name)
    vector = graph.vector_math("MULTIPLY", graph.coordinates(), stretch)
    noise = graph.noise(vector, scale, detail)
    inputs = {
        "Base Color": graph.ramp(noise, [(0.3, dark), (0.7, light)]),
        "Roughness": graph.rescale(noise, (0.3, 0.7), roughness),
        "Metallic": metallic,
    }
    if bump_m:
        inputs["Normal"] = graph.bump(noise, bump_m)
    graph.surface(graph.add("BsdfPrincipled", inputs).outputs[0])
    return material


def wood(name: str, dark: Color, light: Color, *, along: str = "x", roughness: float = 0.4) -> Any:
    """Wood with its grain along one axis of the thing."""
    stretch = {"x": (1.0, 14.0, 14.0), "y": (14.0, 1.0, 14.0), "z": (14.0, 14.0, 1.0)}[along]
    rough = (roughness - 0.1, roughness + 0.15)
    return mottled(name, dark, light, scale=2.5, roughness=rough, bump_m=0.0008, stretch=stretch)


def boards(name: str, colors: tuple[Color, Color], *, board_m: tuple[float, float], coat: float) -> Any:
    """Floor boards along x, each in its own shade, with grain and dark joints."""
    material, graph = _new(name)
    vector = graph.coordinates()
    bricks = graph.add(
        "TexBrick",
        {
            "Vector": vector,
            "Color1": (0.0, 0.0, 0.0),
            "Color2": (1.0, 1.0, 1.0),
            "Mortar": (0.5, 0.5, 0.5),
            "Scale": 1.0,
            "Mortar Size": 0.002,
            "Brick Width": board_m[0],
            "Row Height": board_m[1],
        },
        offset=0.37,
    )
    grain = graph.noise(graph.vector_math("MULTIPLY", vector, (1.5, 22.0, 1.0)), 2.0, 4.0)
    shade = graph.math("MULTIPLY_ADD", bricks.outputs[0], 0.55)
    shade.node.inputs[2].default_value = -0.02
    shade = graph.math("ADD", shade, graph.math("MULTIPLY", grain, 0.5))
    color = graph.ramp(shade, [(0.1, colors[0]), (0.9, colors[1])])
    inputs = {
        "Base Color": graph.mix(bricks.outputs[1], color, (0.01, 0.008, 0.006)),
        "Roughness": graph.rescale(grain, (0.3, 0.7), (0.28, 0.5)),
        "Coat Weight": coat,
        "Coat Roughness": 0.12,
        "Normal": graph.bump(graph.math("SUBTRACT", 1.0, bricks.outputs[1]), 0.002),
    }
    graph.surface(graph.add("BsdfPrincipled", inputs).outputs[0])
    return material


def masonry(
    name: str,
    colors: tuple[Color, Color],
    mortar: Color,
    *,
    brick_m: tuple[float, float],
    roughness: float = 0.8,
    offset: float = 0.5,
    joint_m: float | None = None,
) -> Any:
    """Bricks, tiles or slabs on walls of any direction and on floors.

    `offset` is how far each course is set off from the one below, as a share of a brick. Joints are
    15 % of a brick's height where `joint_m` does not tell their width.
    """
    material, graph = _new(name)
    axes = graph.add("SeparateXYZ", {0: graph.coordinates()}).outputs
    normal = graph.add("SeparateXYZ", {0: graph.coordinates("Normal")}).outputs
    # Along a wall run x or y, up it z; a floor has x and y.
    flat = graph.math("GREATER_THAN", graph.math("ABSOLUTE", normal[2]), 0.7)
    facing_x = graph.math("GREATER_THAN", graph.math("ABSOLUTE", normal[0]), 0.7)
    along = graph.add("Mix", {0: facing_x, 2: axes[0], 3: axes[1]}).outputs[0]
    up = graph.add("Mix", {0: flat, 2: axes[2], 3: axes[1]}).outputs[0]
    bricks = graph.add(
        "TexBrick",
        {
            "Vector": graph.add("CombineXYZ", {0: along, 1: up}).outputs[0],
            "Color1": colors[0],
            "Color2": colors[1],
            "Mortar": mortar,
            "Scale": 1.0,
            "Mortar Size": 0.012 * brick_m[1] / 0.08 if joint_m is None else joint_m,
            "Mortar Smooth": 0.2,
            "Brick Width": brick_m[0],
            "Row Height": brick_m[1],
        },
        offset=offset,
    )
    inputs = {
        "Base Color": bricks.outputs[0],
        "Roughness": roughness,
        "Normal": graph.bump(bricks.outputs[1], -0.008),
    }
    graph.surface(graph.add("BsdfPrincipled", inputs).outputs[0])
    return material


def fabric(name: str, color: Color, *, weave: float = 300.0) -> Any:
    """Woven cloth with a soft sheen."""
    material, graph = _new(name)
    vector = graph.coordinates()
    noise = graph.noise(vector, weave, 1.0)
    darker: Color = (color[0] * 0.6, color[1] * 0.6, color[2] * 0.6)
    inputs = {
        "Base Color": graph.mix(noise, darker, color),
        "Roughness": 0.9,
        "Sheen Weight": 0.3,
        "Sheen Roughness": 0.4,
        "Normal": graph.bump(graph.noise(vector, 9.0, 2.0), 0.02),
    }
    graph.surface(graph.add("BsdfPrincipled", inputs).outputs[0])
    return material


def patterned(name: str, palette: tuple[Color, ...], kind: str, scale: float) -> Any:
    """Carpet or canvas: steps of colour over `rings`, `bands`, `cells` or `marble`."""
    material, graph = _new(name)
    vector = graph.coordinates()
    if kind == "cells":
        factor = graph.add("TexVoronoi", {"Vector": vector, "Scale": scale}, distance="CHEBYCHEV").outputs[0]
    elif kind == "marble":
        factor = graph.noise(vector, scale, 2.0)
    else:
        inputs = {"Vector": vector, "Scale": scale * 0.3, "Distortion": 1.5, "Detail": 0.0}
        node = graph.add("TexWave", inputs, wave_type=kind.upper())
        if kind == "rings":
            node.rings_direction = "SPHERICAL"
        factor = node.outputs["Fac"]
    low, high = (0.35, 0.65) if kind == "marble" else (0.0, 0.9)
    steps = np.linspace(low, high, len(palette))
    color = graph.ramp(factor, [(float(s), c) for s, c in zip(steps, palette, strict=True)], steps=True)
    graph.surface(graph.add("BsdfPrincipled", {"Base Color": color, "Roughness": 0.9}).outputs[0])
    return material


def assorted(name: str, palette: tuple[Color, ...], *, roughness: float = 0.5) -> Any:
    """Give each piece of a mesh its own colour from a palette: books, bottles, tiles."""
    material, graph = _new(name)
    steps = np.linspace(0, 1, len(palette), endpoint=False)
    color = graph.ramp(
        graph.island(), [(float(s), c) for s, c in zip(steps, palette, strict=True)], steps=True
    )
    graph.surface(graph.add("BsdfPrincipled", {"Base Color": color, "Roughness": roughness}).outputs[0])
    return material


def leaf(name: str, dark: Color, light: Color, *, gloss: float = 0.15) -> Any:
    """Leaves or blades, each in its own shade; light shines through them."""
    material, graph = _new(name)
    color = graph.mix(graph.island(), dark, light)
    front = graph.add("BsdfDiffuse", {"Color": color}).outputs[0]
    through = graph.add("BsdfTranslucent", {"Color": color}).outputs[0]
    matt = graph.add("MixShader", {0: 0.4, 1: front, 2: through}).outputs[0]
    shine = graph.add("BsdfGlossy", {"Color": (0.6, 0.6, 0.6), "Roughness": 0.35}).outputs[0]
    weight = graph.math("MULTIPLY", graph.add("LayerWeight", {0: 0.3}).outputs["Fresnel"], gloss)
    graph.surface(graph.add("MixShader", {0: weight, 1: matt, 2: shine}).outputs[0])
    return material


def cloth_screen(name: str, color: Color, through: float = 0.5) -> Any:
    """Thin cloth that light shines through: curtains, lamp shades."""
    material, graph = _new(name)
    front = graph.add("BsdfDiffuse", {"Color": color}).outputs[0]
    back = graph.add("BsdfTranslucent", {"Color": color}).outputs[0]
    graph.surface(graph.add("MixShader", {0: through, 1: front, 2: back}).outputs[0])
    return material


def pane(name: str = "Pane") -> Any:
    """Thin window glass: lets light straight through, so that sun and sky are sampled, and mirrors some."""
    material, graph = _new(name)
    clear = graph.add("BsdfTransparent", {"Color": (0.93, 0.95, 0.94)}).outputs[0]
    mirror = graph.add("BsdfGlossy", {"Color": (1.0, 1.0, 1.0), "Roughness": 0.0}).outputs[0]
    fresnel = graph.add("Fresnel", {"IOR": 1.45}).outputs[0]
    graph.surface(graph.add("MixShader", {0: fresnel, 1: clear, 2: mirror}).outputs[0])
    return material


def water(name: str, color: Color, *, wave_m: float, scale: float) -> Any:
    """Open water: a mirror broken by ripples over a dark body."""
    material, graph = _new(name)
    vector = graph.vector_math("MULTIPLY", graph.coordinates(), (1.0, 1.6, 1.0))
    inputs = {
        "Base Color": color,
        "Roughness": 0.06,
        "IOR": 1.33,
        "Normal": graph.bump(graph.noise(vector, scale, 3.0), wave_m),
    }
    graph.surface(graph.add("BsdfPrincipled", inputs).outputs[0])
    return material


def wet_asphalt(name: str, wetness: float) -> Any:
    """Street after rain: coarse dark asphalt, damp, with puddles over a share `wetness` of it."""
    material, graph = _new(name)
    vector = graph.coordinates()
    grit = graph.noise(vector, 90.0, 2.0)
    pools = graph.noise(vector, 0.45, 3.0)
    edge = 0.32 + 0.3 * wetness
    dry = graph.rescale(pools, (edge - 0.04, edge + 0.06), (0.0, 1.0))
    inputs = {
        "Base Color": graph.mix(
            dry, (0.012, 0.012, 0.013), graph.mix(grit, (0.02, 0.02, 0.021), (0.07, 0.07, 0.068))
        ),
        "Roughness": graph.math("MULTIPLY_ADD", dry, 0.32),
        "Normal": graph.bump(graph.math("MULTIPLY", grit, dry), 0.006),
    }
    inputs["Roughness"].node.inputs[2].default_value = 0.035
    graph.surface(graph.add("BsdfPrincipled", inputs).outputs[0])
    return material


def emitter(name: str, radiance: Color, *, sampled: bool = False) -> Any:
    """Even glow of a given radiance; not `sampled` if a lamp in its place does the lighting."""
    material, graph = _new(name)
    graph.surface(graph.add("Emission", {"Color": radiance, "Strength": 1.0}).outputs[0])
    material.cycles.emission_sampling = "AUTO" if sampled else "NONE"
    return material


def lit_windows(
    name: str, colors: tuple[Color, ...], radiance: tuple[float, float], pattern: float, *, sampled: bool
) -> Any:
    """Windows with light behind them, each of its own colour and brightness (log-uniform radiance).

    They are uneven as the room behind is, in patches of about 1/`pattern` metres. `sampled` is for few and
    bright ones; hundreds that barely light anything are left to the paths that hit them.
    """
    material, graph = _new(name)
    island = graph.island()
    steps = np.linspace(0, 1, len(colors), endpoint=False)
    color = graph.ramp(
        graph.math("FRACT", graph.math("MULTIPLY", island, 7.31)),
        [(float(s), c) for s, c in zip(steps, colors, strict=True)],
        steps=True,
    )
    level = graph.math("POWER", radiance[1] / radiance[0], island)
    room = graph.rescale(graph.noise(graph.coordinates(), pattern, 1.0), (0.35, 0.65), (0.25, 1.0))
    strength = graph.math("MULTIPLY", graph.math("MULTIPLY", level, radiance[0]), room)
    graph.surface(graph.add("Emission", {"Color": color, "Strength": strength}).outputs[0])
    material.cycles.emission_sampling = "AUTO" if sampled else "NONE"
    return material
