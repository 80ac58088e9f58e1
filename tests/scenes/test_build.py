# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.blender.rendering import render_image
from hdrbatch.blender.sampling import RenderSettings
from hdrbatch.catalogue.family import FAMILIES
from hdrbatch.errors import UserError
from hdrbatch.scenes.build import build_scene
from hdrbatch.scenes.kit.seeds import part_rng

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
    subprocess.run(
        [sys.executable, "-c", ELSEWHERE, family, str(tmp_path)], check=True, cwd=root, timeout=120
    )
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


def test_every_part_of_every_scene_has_a_random_stream_of_its_own():
    streams = {
        part_rng(family, seed, part).random()
        for family in ("interior", "street")
        for seed in (0, 1, 11)
        for part in ("camera", "1camera", "sun")
    }
    assert len(streams) == 2 * 3 * 3
    assert part_rng("street", 0, "sun").random() == part_rng("street", 0, "sun").random()
