# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
from math import pi

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.blender.rendering import render_image
from hdrbatch.blender.sampling import RenderSettings
from hdrbatch.blender.session import open_empty_scene
from hdrbatch.scenes.kit.camera import add_camera
from hdrbatch.scenes.kit.lights import (
    CD_M2,
    LUMEN,
    add_bulb,
    add_night_sky,
    add_sky,
    luminance_of,
    sun_irradiance,
    temperature_color,
)
from hdrbatch.scenes.kit.materials import plain
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


def test_a_night_sky_is_faint_and_nowhere_zero(tmp_path):
    open_empty_scene()
    add_night_sky(0.01, (1e-4, 5e-5, 2e-5))
    add_camera((0, 0, 0), (0, 0.001, 1), 24.0)
    sky = render_image(SETTINGS, 1, tmp_path) @ REC709
    assert sky[16, 16] == pytest.approx(0.01 * CD_M2, rel=0.02)
    assert sky.min() > 0


def test_haze_takes_from_the_sun_and_gives_to_the_sky(tmp_path):
    means = []
    for haze in (0.0, 0.5):
        open_empty_scene()
        add_sky(30.0, 0.0, haze=haze)
        add_camera((0, 0, 0), (0, -1, 1), 24.0)
        means.append((render_image(SETTINGS, 1, tmp_path) @ REC709).mean())
    gained = 0.5 * luminance_of(sun_irradiance(30.0)) * 0.5 * 0.6 / pi
    assert means[1] - means[0] == pytest.approx(gained, rel=1e-3)


def test_the_sun_reddens_and_fades_towards_the_horizon():
    high, low = sun_irradiance(60.0), sun_irradiance(3.0)
    assert luminance_of(low) < luminance_of(high)
    assert low[2] / low[0] < high[2] / high[0]


def test_a_black_body_of_2856_k_has_the_colour_of_illuminant_a_and_luminance_1():
    # x 0.44757, y 0.40745 in linear Rec.709
    color = temperature_color(2856.0)
    np.testing.assert_allclose(color, (1.845, 0.826, 0.233), atol=0.01)
    assert luminance_of(color) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("kelvin", [2222.0, 4000.0])
def test_the_pieces_of_the_black_body_curve_meet(kelvin):
    below, above = temperature_color(kelvin - 0.5), temperature_color(kelvin + 0.5)
    np.testing.assert_allclose(below, above, atol=0.02)
