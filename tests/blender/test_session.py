# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
import os

import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.blender.session import (
    blender_version,
    num_available_threads,
    open_empty_scene,
    set_threads,
    studio_light_world,
)
from hdrbatch.errors import UserError
from hdrbatch.imaging.exr import read_exr


def test_an_empty_scene_has_nothing_of_what_was_open():
    bpy.data.objects.new("left over", None)
    scene = open_empty_scene()
    assert len(bpy.data.objects) == 0
    assert scene.camera is None
    assert scene.world is None


def test_threads_follow_the_cores_that_the_process_may_use():
    scene = open_empty_scene()
    assert set_threads(scene) == len(os.sched_getaffinity(0)) == num_available_threads()
    assert set_threads(scene, 3) == 3
    assert (scene.render.threads_mode, scene.render.threads) == ("FIXED", 3)


def test_a_panorama_that_ships_with_blender_is_found_by_its_name():
    radiance = read_exr(studio_light_world("sunset"))
    assert radiance.shape == (512, 1024, 3)
    assert radiance.max() > 100


def test_an_unknown_panorama_is_refused_with_the_valid_names():
    with pytest.raises(UserError, match=r"no panorama 'moon'; valid names: city, courtyard, .*sunset"):
        studio_light_world("moon")


def test_the_version_names_release_and_commit():
    assert blender_version().startswith(bpy.app.version_string + " (")
