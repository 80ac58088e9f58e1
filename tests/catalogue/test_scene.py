import pytest

from hdrbatch.catalogue.scene import Scene, scene_from_text
from hdrbatch.specs.render_job import ScenesSpec

CATALOGUE = ScenesSpec().catalogue()


def test_ids_are_unique_and_the_same_every_time():
    ids = [scene.id for scene in CATALOGUE]
    assert len(set(ids)) == len(ids) == 406
    assert ids == [scene.id for scene in ScenesSpec().catalogue()]


@pytest.mark.parametrize("text", ["castle:1", "interior", "interior:", "interior:-1", "interior:x"])
def test_a_scene_is_written_as_family_and_seed(text):
    with pytest.raises(ValueError, match="scene"):
        scene_from_text(text, "train")


def test_a_named_scene_is_still_or_states_its_motion():
    assert scene_from_text("street:7", "train").motion == "still"
    assert scene_from_text("street:7:both", "test") == Scene("street", 7, "test", motion="both")
    with pytest.raises(ValueError, match="unknown motion 'fast'; use still, objects, shake, both"):
        scene_from_text("street:7:fast", "train")
