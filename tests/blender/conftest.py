"""Small scenes whose radiance is known."""

import pytest


@pytest.fixture
def furnace():
    """Open a scene in which radiance is 0.25, 0.5, 2 everywhere: a camera under an even sky."""
    pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")
    from hdrbatch.blender.session import open_empty_scene
    from hdrbatch.scenes.kit.camera import add_camera

    scene = open_empty_scene()
    add_even_sky((0.25, 0.5, 2.0))
    add_camera((0, 0, 2), (0, 1, 2), 35.0)
    return scene


def add_even_sky(color):
    import bpy

    from hdrbatch.scenes.kit.shader import ShaderGraph

    bpy.context.scene.world = bpy.data.worlds.new("Even")
    ShaderGraph(bpy.context.scene.world).background(color)
