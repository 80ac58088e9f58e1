# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
from shutil import copy

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.blender.rendering import render_image
from hdrbatch.blender.sampling import RenderSettings
from hdrbatch.blender.session import open_empty_scene, studio_light_world
from hdrbatch.imaging.statistics import luminance
from hdrbatch.scenes.families.tabletop import _brightest_deg, build_lit_by
from hdrbatch.scenes.kit.camera import add_camera
from hdrbatch.scenes.kit.lights import add_panel, add_panorama
from hdrbatch.scenes.kit.materials import plain
from hdrbatch.scenes.kit.shapes import Place, rectangles


def test_the_brightest_spot_of_a_turned_panorama_is_where_it_was_asked_for(tmp_path):
    open_empty_scene()
    path = studio_light_world("sunrise")
    azimuth, elevation = _brightest_deg(path)
    add_panorama(path, 90.0 - azimuth)
    add_camera((0, 0, 0), (0, 1, np.tan(np.radians(elevation))), 18.0)
    seen = luminance(render_image(RenderSettings(48, 36, num_threads=2), 4, tmp_path))
    row, column = np.unravel_index(np.argmax(seen), seen.shape)
    assert abs(row - 17.5) < 4
    assert abs(column - 23.5) < 4


def test_a_users_panorama_is_taken_for_radiance_and_a_shipped_one_is_scaled(tmp_path):
    own = copy(studio_light_world("city"), tmp_path / "city.exr")
    scales = []
    for path in (tmp_path / "city.exr", studio_light_world("city")):
        open_empty_scene()
        scales.append(build_lit_by(path, 0).facts["panorama_scale"])
    assert own.exists()
    assert scales == [1.0, 8.5]


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
