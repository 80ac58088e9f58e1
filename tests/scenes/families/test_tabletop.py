# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
from shutil import copy

import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.blender.session import open_empty_scene, studio_light_world
from hdrbatch.scenes.families.tabletop import build_lit_by


def test_a_users_panorama_is_taken_for_radiance_and_a_shipped_one_is_scaled(tmp_path):
    own = copy(studio_light_world("city"), tmp_path / "city.exr")
    scales = []
    for path in (tmp_path / "city.exr", studio_light_world("city")):
        open_empty_scene()
        scales.append(build_lit_by(path, 0).facts["panorama_scale"])
    assert own.exists()
    assert scales == [1.0, 8.5]
