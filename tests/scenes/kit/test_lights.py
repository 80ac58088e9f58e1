# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
from math import pi

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.blender.rendering import render_image
from hdrbatch.blender.sampling import RenderSettings
from hdrbatch.blender.session import open_empty_scene
from hdrbatch.imaging.statistics import luminance
from hdrbatch.scenes.kit.camera import add_camera
from hdrbatch.scenes.kit.lights import add_bulb, add_panel
from hdrbatch.scenes.kit.materials import plain
from hdrbatch.scenes.kit.photometry import LUMEN
from hdrbatch.scenes.kit.shapes import Place, rectangles

SETTINGS = RenderSettings(32, 32, num_threads=2)
REC709 = np.array([0.2126, 0.7152, 0.0722])


def test_a_bulb_lights_a_wall_with_its_lumens_and_is_seen_with_its_luminance(tmp_path):
    open_empty_scene()
    matt = plain("Matt", (0.5, 0.5, 0.5), 1.0)
    matt.node_tree.nodes["Principled BSDF"].inputs["Specular IOR Level"].default_value = 0.0
    corners = [(-9, 2, -9), (9, 2, -9), (9, 2, 9), (-9, 2, 9)]
    rectangles(Place(0, 0), [corners], matt)
    add_bulb(Place(0, 0, -0.1), 0.1, 800.0, 3000.0)
    # Close to the wall, beside the bulb, at the point nearest to it.
    add_camera((0.0, 1.0, 0.0), (0.0, 2.0, 0.0), 200.0)
    wall = render_image(SETTINGS, 16, tmp_path) @ REC709
    assert wall.mean() == pytest.approx(800 * LUMEN / (4 * pi * 2**2) * 0.5 / pi, rel=0.02)
    add_camera((0.0, -3.0, 0.0), (0.0, 0.0, 0.0), 1000.0)
    bulb = render_image(SETTINGS, 1, tmp_path) @ REC709
    assert bulb[16, 16] == pytest.approx(800 * LUMEN / (4 * pi**2 * 0.1**2), rel=1e-3)


def test_a_panel_is_mirrored_with_the_radiance_with_which_it_is_seen(tmp_path):
    open_empty_scene()
    add_panel((0, 0, 2), (0, 0, 0), (2.0, 1.0), 683.0, 6500.0)
    mirror = plain("Mirror", (1.0, 1.0, 1.0), 0.0, metallic=1.0)
    rectangles(Place(0, 0), [[(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)]], mirror)
    levels = []
    for target in ((0, 0, 2), (0, 0, 0)):
        add_camera((0, -0.02, 1), target, 200.0)
        picture = render_image(RenderSettings(8, 6, num_threads=2), 16, tmp_path)
        levels.append(luminance(picture).mean())
    # One watt over two square metres, in all directions ahead.
    assert levels == pytest.approx([1 / (2 * np.pi)] * 2, rel=0.02)
