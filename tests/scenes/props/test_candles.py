# ruff: noqa: E402 - what needs bpy is imported once it is known to be there

import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.blender.session import open_empty_scene
from hdrbatch.scenes.kit.photometry import LUMEN, luminance_of
from hdrbatch.scenes.kit.shapes import Place
from hdrbatch.scenes.props.candles import FLAME_M, flame


def test_the_flame_of_a_candle_has_about_ten_thousand_candela_per_square_metre():
    open_empty_scene()
    flame(Place(0.0, 0.0), 12.0)
    nodes = bpy.data.materials["Candle flame 12.0 lm"].node_tree.nodes
    mix = next(node for node in nodes if node.bl_idname == "ShaderNodeMix")
    brightest = luminance_of(tuple(mix.inputs[7].default_value)[:3]) / LUMEN
    assert 7000 < brightest < 16000
    assert FLAME_M[1] < 0.04
