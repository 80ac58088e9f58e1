# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from mathutils import Vector

from hdrbatch.blender.rendering import render_image
from hdrbatch.blender.sampling import RenderSettings
from hdrbatch.catalogue.family import FAMILIES
from hdrbatch.errors import UserError
from hdrbatch.imaging.statistics import dynamic_range_stops, luminance
from hdrbatch.scenes.build import build_scene

MIN_STOPS = 11.0
ELSEWHERE = """
import sys
from pathlib import Path
import numpy as np
from hdrbatch.blender.rendering import render_image
from hdrbatch.blender.sampling import RenderSettings
from hdrbatch.scenes.build import build_scene
family, folder = sys.argv[1], Path(sys.argv[2])
build_scene(family, 5)
np.save(folder / "radiance.npy", render_image(RenderSettings(32, 24, num_threads=1), 2, folder))
"""


@pytest.mark.parametrize(("family", "tree"), [("garage", True), ("corridor", False), ("view", True)])
def test_lights_are_picked_by_the_light_tree_where_the_family_says_so(family, tree):
    build_scene(family, 1)
    assert bpy.context.scene.cycles.use_light_tree is tree


@pytest.mark.parametrize("family", FAMILIES)
def test_a_seed_gives_the_same_pixels_in_another_process_with_other_threads(family, tmp_path):
    build_scene(family, 5)
    here = render_image(RenderSettings(32, 24, num_threads=2), 2, tmp_path)
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", ELSEWHERE, family, str(tmp_path)], check=True, cwd=root)
    np.testing.assert_array_equal(np.load(tmp_path / "radiance.npy"), here)


@pytest.mark.parametrize("family", FAMILIES)
def test_two_seeds_give_two_scenes(family):
    first, second = build_scene(family, 0), build_scene(family, 1)
    assert first.camera_rotation != second.camera_rotation
    assert first.facts != second.facts


def test_the_description_is_plain_json_and_tells_the_camera_that_is_in_the_scene():
    description = build_scene("outdoor", 2)
    camera = bpy.context.scene.camera
    plain = json.loads(json.dumps(description.to_json()))
    assert (plain["family"], plain["seed"]) == ("outdoor", 2)
    assert plain["focal_length_mm"] == pytest.approx(camera.data.lens)
    assert plain["camera_location"] == pytest.approx(list(camera.location))
    assert plain["camera_rotation"] == pytest.approx(list(camera.rotation_euler))
    assert 3 <= plain["facts"]["sun_elevation_deg"] <= 17


def test_an_unknown_family_is_refused_with_the_valid_names():
    with pytest.raises(UserError, match=r"no scene family 'moon'; valid families: interior, outdoor, street"):
        build_scene("moon", 0)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_range_is_high_and_no_part_of_the_picture_is_without_light(family, tmp_path):
    build_scene(family, 4)
    radiance = render_image(RenderSettings(40, 30, num_threads=2), 96, tmp_path)
    assert dynamic_range_stops(radiance) > MIN_STOPS
    assert np.mean(luminance(radiance) == 0) < 0.002


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("seed", [0, 3])
def test_the_camera_is_in_the_open_and_looks_at_more_than_one_thing(family, seed):
    build_scene(family, seed)
    camera = bpy.context.scene.camera
    corners = [Vector(c) for c in camera.data.view_frame()]
    right, up = corners[0] - corners[3], corners[3] - corners[2]
    directions = [
        camera.matrix_basis.to_3x3() @ (corners[2] + right * x + up * y).normalized()
        for x in (0.1, 0.37, 0.63, 0.9)
        for y in (0.1, 0.5, 0.9)
    ]
    distances = [ray_hits(d) or 1000.0 for d in directions]
    assert min(distances) > 0.25
    assert max(distances) > 1.5 * min(distances)


def ray_hits(direction):
    """Distance to what a ray from the camera meets; None is the sky."""
    scene = bpy.context.scene
    start = scene.camera.location
    hit, point, *_ = scene.ray_cast(bpy.context.evaluated_depsgraph_get(), start, direction)
    return (point - start).length if hit else None
