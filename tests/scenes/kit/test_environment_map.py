# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.blender.rendering import render_image
from hdrbatch.blender.sampling import RenderSettings
from hdrbatch.blender.session import open_empty_scene, studio_light_world
from hdrbatch.imaging.statistics import luminance
from hdrbatch.scenes.kit.camera import add_camera
from hdrbatch.scenes.kit.environment_map import add_panorama, brightest_deg


def test_the_brightest_spot_of_a_turned_panorama_is_where_it_was_asked_for(tmp_path):
    open_empty_scene()
    path = studio_light_world("sunrise")
    azimuth, elevation = brightest_deg(path)
    add_panorama(path, 90.0 - azimuth)
    add_camera((0, 0, 0), (0, 1, np.tan(np.radians(elevation))), 18.0)
    seen = luminance(render_image(RenderSettings(48, 36, num_threads=2), 4, tmp_path))
    row, column = np.unravel_index(np.argmax(seen), seen.shape)
    assert abs(row - 17.5) < 4
    assert abs(column - 23.5) < 4
