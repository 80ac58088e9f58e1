"""Shader graphs in few words: nodes added by type, inputs given by name, sockets linked where given."""

from collections.abc import Mapping, Sequence
from typing import Any

import bpy

Color = tuple[float, float, float]
"""Scene-linear Rec.709."""


class ShaderGraph:
    """The node tree of a material or a world, emptied."""

    def __init__(self, owner: Any) -> None:
        owner.use_nodes = True
        self._tree = owner.node_tree
        self._tree.nodes.clear()

    def add(self, kind: str, inputs: Mapping[Any, Any] | None = None, **properties: Any) -> Any:
        """Add a node and give it inputs and properties.

        Parameters
        ----------
        kind : str
            Blender's name of the node type without its prefix: `TexNoise` for `ShaderNodeTexNoise`.
        inputs : mapping
            Input name (str) or index (int) to a value, or to a socket to link from; a colour has three
            values.
        **properties
            Properties of the node, such as `operation="MULTIPLY"`.

        Returns
        -------
        bpy.types.ShaderNode
        """
        node = self._tree.nodes.new(f"ShaderNode{kind}")
        for name, value in properties.items():
            setattr(node, name, value)
        for key, value in (inputs or {}).items():
            socket = node.inputs[key]
            if isinstance(value, bpy.types.NodeSocket):
                self._tree.links.new(value, socket)
            elif socket.type == "RGBA":
                socket.default_value = (*value, 1.0)
            else:
                socket.default_value = value
        return node

    def math(self, operation: str, a: Any, b: Any = 0.0, *, clamp: bool = False) -> Any:
        """Socket with `a operation b`."""
        return self.add("Math", {0: a, 1: b}, operation=operation, use_clamp=clamp).outputs[0]

    def vector_math(self, operation: str, a: Any, b: Any = (0.0, 0.0, 0.0)) -> Any:
        """Socket with `a operation b`; a number for `DOT_PRODUCT` and `LENGTH`, else a vector."""
        node = self.add("VectorMath", {0: a, 1: b}, operation=operation)
        return node.outputs["Value" if operation in ("DOT_PRODUCT", "LENGTH") else "Vector"]

    def rescale(self, value: Any, source: tuple[float, float], target: tuple[float, float]) -> Any:
        """Socket with a value taken from one range to another, clamped to it."""
        inputs = {0: value, 1: source[0], 2: source[1], 3: target[0], 4: target[1]}
        return self.add("MapRange", inputs, clamp=True).outputs[0]

    def mix(self, factor: Any, a: Any, b: Any) -> Any:
        """Socket with the colour between `a` (factor 0) and `b` (factor 1)."""
        # The node has inputs A and B once per data type: 6 and 7 are those of colours.
        node = self.add("Mix", {0: factor}, data_type="RGBA")
        for index, value in ((6, a), (7, b)):
            if isinstance(value, bpy.types.NodeSocket):
                self._tree.links.new(value, node.inputs[index])
            else:
                node.inputs[index].default_value = (*value, 1.0)
        return node.outputs[2]

    def ramp(self, factor: Any, stops: Sequence[tuple[float, Color]], *, steps: bool = False) -> Any:
        """Socket with the colour at a factor among stops, blended or in steps."""
        node = self.add("ValToRGB", {0: factor})
        ramp = node.color_ramp
        ramp.interpolation = "CONSTANT" if steps else "LINEAR"
        while len(ramp.elements) < len(stops):
            ramp.elements.new(1.0)
        for element, (position, color) in zip(ramp.elements, stops, strict=True):
            element.position = position
            element.color = (*color, 1.0)
        return node.outputs[0]

    def coordinates(self, kind: str = "Object") -> Any:
        """Socket with texture coordinates; those of the object are metres from its origin."""
        return self.add("TexCoord").outputs[kind]

    def island(self) -> Any:
        """Socket with a random number in [0, 1] for each connected piece of a mesh."""
        return self.add("NewGeometry").outputs["Random Per Island"]

    def noise(self, vector: Any, scale: float, detail: float = 3.0, roughness: float = 0.55) -> Any:
        """Socket with fractal noise, about 0.5."""
        inputs = {"Vector": vector, "Scale": scale, "Detail": detail, "Roughness": roughness}
        return self.add("TexNoise", inputs).outputs[0]

    def bump(self, height: Any, depth_m: float, strength: float = 1.0) -> Any:
        """Socket with the normal of a surface that is raised by height (0 to 1) times a depth."""
        inputs = {"Height": height, "Distance": depth_m, "Strength": strength}
        return self.add("Bump", inputs).outputs[0]

    def surface(self, shader: Any) -> None:
        """Make a shader the surface of the material."""
        self.add("OutputMaterial", {"Surface": shader})

    def background(self, color: Any, strength: float = 1.0) -> None:
        """Make a colour the radiance of the world."""
        shader = self.add("Background", {"Color": color, "Strength": strength}).outputs[0]
        self.add("OutputWorld", {"Surface": shader})
