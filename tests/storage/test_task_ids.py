import pytest

from hdrbatch.kinds import Kind
from hdrbatch.storage.task_ids import TaskName, VariantName, exposure_id, owner_of, scene_id


def test_ids_begin_with_what_they_belong_to():
    assert exposure_id("set", "street-0001", -1.5) == "set/street-0001/ev-1.5"
    assert {owner_of(one) for one in ("set", scene_id("set", "a"), exposure_id("set", "a", 0.0))} == {"set"}


@pytest.mark.parametrize("name", [VariantName("s", "one"), VariantName("s", "a/b")])
def test_a_variant_s_name_reads_back(name):
    assert VariantName.parse(str(name)) == name


@pytest.mark.parametrize("text", ["", "s", "s/", "/one"])
def test_half_a_variant_s_name_is_refused(text):
    with pytest.raises(ValueError, match="write SWEEP/VARIANT"):
        VariantName.parse(text)


def test_a_task_s_name_reads_back_and_an_unknown_kind_is_refused():
    name = TaskName(Kind.ASSEMBLE_SCENE, "set/street-0001")
    assert TaskName.parse(str(name)) == name
    for text in ("paint/set", "assemble_scene", "assemble_scene/"):
        with pytest.raises(ValueError, match="write KIND/ID, with one of the kinds render_exposure, "):
            TaskName.parse(text)
