# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
"""A .blend file that somebody made: its cameras, its textures, its scripts, its own render settings."""

import subprocess
import sys

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.blender.output import output_to
from hdrbatch.blender.rendering import render_image
from hdrbatch.blender.sampling import RenderSettings
from hdrbatch.catalogue.scene import Scene, UserFile
from hdrbatch.errors import UserError
from hdrbatch.imaging.exr import write_exr
from hdrbatch.scenes.blendfile import external_files_of_open_file, open_blend, problems_of_open_file
from hdrbatch.scenes.build import open_scene
from tests.scenes.made_blend import MAKE

SETTINGS = RenderSettings(32, 24, num_threads=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("blends")
    subprocess.run([sys.executable, "-c", MAKE, folder], check=True, stdout=subprocess.DEVNULL)
    (folder / "ran").unlink(missing_ok=True)
    return folder


@pytest.fixture
def quiet(tmp_path):
    with output_to(tmp_path / "blender.log"):
        yield


def test_each_camera_gives_its_picture_under_our_settings_and_nothing_in_the_file_runs(
    folder, quiet, tmp_path
):
    pictures = []
    for number, camera in ((1, "Front"), (2, "Side")):
        description = open_blend(folder / "plain.blend", camera, number)
        assert description.facts["camera"] == camera
        pictures.append(render_image(SETTINGS, 4, tmp_path))
    assert pictures[0].shape == (24, 32, 3)
    assert not np.allclose(*pictures, rtol=0.1)
    # The world's grey is 0.05 whatever film exposure the file has.
    assert np.median(pictures[1]) == pytest.approx(0.0509, rel=0.05)
    assert not (folder / "ran").exists()


def test_a_scene_of_the_catalogue_opens_its_file(folder, quiet):
    scene = Scene("blend", 2, "train", own=UserFile(str(folder / "plain.blend"), "plain", "Side"))
    assert open_scene(scene).facts["camera"] == "Side"
    assert bpy.context.scene.camera.name == "Side"


def test_a_camera_that_is_not_there_is_refused_with_those_that_are(folder, quiet):
    with pytest.raises(UserError, match=r"plain.blend has no camera 'Top'; there are Front, Side"):
        open_blend(folder / "plain.blend", "Top", 1)


def test_a_missing_texture_is_named(folder, quiet):
    open_blend(folder / "textured.blend", "Front", 1)
    assert problems_of_open_file() == []
    (folder / "wood.png").rename(folder / "elsewhere.png")
    try:
        with pytest.raises(
            UserError, match=r"textured.blend: missing texture\(s\) or other file\(s\): //wood.png"
        ):
            open_blend(folder / "textured.blend", "Front", 1)
    finally:
        (folder / "elsewhere.png").rename(folder / "wood.png")


def test_a_file_that_is_none_is_refused(tmp_path, quiet):
    (tmp_path / "broken.blend").write_bytes(b"no blend file")
    with pytest.raises(UserError, match=r"broken.blend cannot be opened by Blender"):
        open_blend(tmp_path / "broken.blend", "Camera", 1)


@pytest.mark.parametrize(
    ("size", "value", "said"),
    [((40, 30), 1.0, "is 40x30"), ((16, 8), np.nan, "not finite numbers"), ((16, 8), 0.0, "no light at all")],
)
def test_a_picture_that_is_no_panorama_is_refused(size, value, said, tmp_path, quiet):
    write_exr(tmp_path / "town.exr", np.full((size[1], size[0], 3), value, np.float32))
    scene = Scene("tabletop", 1, "train", own=UserFile(str(tmp_path / "town.exr"), "town"))
    with pytest.raises(UserError, match=f"panorama town: .*{said}"):
        open_scene(scene)
    (tmp_path / "town.exr").write_bytes(b"no picture")
    with pytest.raises(UserError, match=r"panorama town: it is not a readable OpenEXR file"):
        open_scene(scene)


def test_a_volume_and_a_lamp_profile_that_are_missing_are_named(folder, quiet, tmp_path):
    open_blend(folder / "plain.blend", "Front", 1)
    bpy.data.volumes.new("smoke").filepath = "//smoke.vdb"
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("smoke", bpy.data.volumes["smoke"]))
    light = next(iter(bpy.data.lights))
    light.use_nodes = True
    node = light.node_tree.nodes.new("ShaderNodeTexIES")
    node.mode, node.filepath = "EXTERNAL", "//lamp.ies"
    assert external_files_of_open_file() == ["//lamp.ies", "//smoke.vdb"]
    assert problems_of_open_file() == ["missing texture(s) or other file(s): //lamp.ies, //smoke.vdb"]
