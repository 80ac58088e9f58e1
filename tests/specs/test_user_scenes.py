import json

import pytest
from pydantic import ValidationError

from hdrbatch.specs.render_job import ScenesSpec
from hdrbatch.specs.user_scenes import INVENTORY, UserScenes


def blends(folder, **entries):
    for name, cameras in entries.items():
        (folder / f"{name}.blend").write_bytes(b"BLENDER")
        entries[name] = {"num_bytes": 7, "cameras": cameras, "problems": []}
    inventory = {f"{name}.blend": entry for name, entry in entries.items()}
    (folder / INVENTORY).write_text(json.dumps(inventory))
    return inventory


def refused(folder):
    with pytest.raises(ValidationError) as caught:
        UserScenes(folder=str(folder))
    return str(caught.value)


def test_every_camera_of_every_file_is_a_scene(tmp_path):
    blends(tmp_path, kitchen=["Left", "Right"], Attic=["Camera"])
    scenes = UserScenes(folder=str(tmp_path), split="test").scenes()
    assert [(scene.id, scene.own.camera, scene.split) for scene in scenes] == [
        ("blend-attic-0001", "Camera", "test"),
        ("blend-kitchen-0001", "Left", "test"),
        ("blend-kitchen-0002", "Right", "test"),
    ]


def test_a_panorama_lights_as_many_scenes_as_are_asked_for(tmp_path):
    (tmp_path / "A b.hdr").touch()
    (tmp_path / "c.EXR").touch()
    scenes = UserScenes(folder=str(tmp_path), views=2, first_seed=5).scenes()
    assert [scene.id for scene in scenes] == [
        "tabletop-a_b-0005",
        "tabletop-a_b-0006",
        "tabletop-c-0005",
        "tabletop-c-0006",
    ]


def test_own_scenes_come_after_the_catalogue_s_and_stand_still(tmp_path):
    (tmp_path / "town.hdr").touch()
    spec = ScenesSpec(
        train=("street:1",), test=("street:2",), moving=1.0, own=(UserScenes(folder=str(tmp_path)),)
    )
    assert [scene.id for scene in spec.catalogue()] == ["street-0001", "tabletop-town-0001", "street-0002"]
    assert {scene.motion for scene in spec.catalogue()} == {"still"}


def test_a_missing_folder_is_rejected(tmp_path):
    assert "there is no folder" in refused(tmp_path / "none")


def test_a_folder_without_scenes_or_with_both_kinds_is_rejected(tmp_path):
    assert "neither .blend files and panoramas" in refused(tmp_path)
    (tmp_path / "a.hdr").touch()
    (tmp_path / "b.blend").touch()
    assert "both .blend files and panoramas" in refused(tmp_path)


def test_two_files_of_one_name_are_rejected(tmp_path):
    (tmp_path / "a b.hdr").touch()
    (tmp_path / "a-b.hdr").touch()
    assert "two files would be called 'a_b'" in refused(tmp_path)


def test_files_must_have_been_inspected_in_their_current_state(tmp_path):
    (tmp_path / "a.blend").write_bytes(b"BLENDER")
    assert f"run hdrbatch scenes inspect {tmp_path}" in refused(tmp_path)
    blends(tmp_path, a=["Camera"])
    assert UserScenes(folder=str(tmp_path)).scenes()
    (tmp_path / "a.blend").write_bytes(b"BLENDER, longer")
    assert "is new or has changed since it was inspected" in refused(tmp_path)
    (tmp_path / INVENTORY).write_text("{")
    assert "is damaged" in refused(tmp_path)


def test_problems_found_by_blender_are_reported(tmp_path):
    inventory = blends(tmp_path, a=["Camera"])
    inventory["a.blend"]["problems"] = ["missing texture(s): //wood.png"]
    (tmp_path / INVENTORY).write_text(json.dumps(inventory))
    assert "missing texture(s): //wood.png; fix the file" in refused(tmp_path)


@pytest.mark.parametrize("content", ["[]", '{"a.blend": {}}', '{"a.blend": 3}'])
def test_an_inventory_of_another_shape_is_damaged(content, tmp_path):
    blends(tmp_path, a=["Camera"])
    (tmp_path / INVENTORY).write_text(content)
    assert "is damaged; run hdrbatch scenes inspect" in refused(tmp_path)


def test_a_file_that_could_not_be_packed_is_reported_not_ignored(tmp_path):
    inventory = blends(tmp_path, a=["Camera"])
    inventory["b.blend"] = {"num_bytes": 7, "cameras": [], "problems": ["missing texture(s)"]}
    (tmp_path / INVENTORY).write_text(json.dumps(inventory))
    assert "b.blend could not be packed: missing texture(s)" in refused(tmp_path)


def test_a_broken_link_is_rejected(tmp_path):
    (tmp_path / "a.hdr").symlink_to(tmp_path / "gone.hdr")
    assert "is not a file (perhaps a broken link)" in refused(tmp_path)


def test_one_file_does_not_make_scenes_of_both_splits(tmp_path):
    (tmp_path / "town.hdr").touch()
    own = tuple(
        UserScenes(folder=str(tmp_path), split=split, first_seed=seed)
        for split, seed in (("train", 1), ("test", 9))
    )
    with pytest.raises(ValidationError, match=r"town.hdr is used in both splits"):
        ScenesSpec(train=(), test=(), own=own)
