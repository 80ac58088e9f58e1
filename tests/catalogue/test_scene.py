import pytest

from hdrbatch.catalogue.scene import FAMILIES, numbered_scenes, scene_from_text, select
from hdrbatch.errors import UserError
from hdrbatch.specs.render_job import ScenesSpec

CATALOGUE = ScenesSpec().catalogue()


def test_ids_are_unique_and_the_same_every_time():
    ids = [scene.id for scene in CATALOGUE]
    assert len(set(ids)) == len(ids) == 406
    assert ids == [scene.id for scene in ScenesSpec().catalogue()]


def test_every_family_is_in_both_splits_with_other_seeds():
    for family in FAMILIES:
        seeds = {
            split: {scene.seed for scene in CATALOGUE if (scene.family, scene.split) == (family, split)}
            for split in ("train", "test")
        }
        assert seeds["train"]
        assert seeds["test"]
        assert seeds["train"].isdisjoint(seeds["test"])


def test_more_scenes_do_not_change_those_that_there_were():
    few = numbered_scenes(FAMILIES, 5, 1, "train")
    assert numbered_scenes(FAMILIES, 9, 1, "train")[:5] == few


@pytest.mark.parametrize(
    ("wanted", "count"), [("all", 406), ("train", 331), ("test", 75), ("10", 10), ("9999", 406)]
)
def test_scenes_are_selected_by_split_and_number(wanted, count):
    assert len(select(CATALOGUE, wanted)) == count


@pytest.mark.parametrize("number", range(2, 12))
def test_a_small_number_still_trains_and_tests(number):
    chosen = select(CATALOGUE, str(number))
    assert len(chosen) == number
    assert {scene.split for scene in chosen} == {"train", "test"}


def test_scenes_are_selected_by_id():
    assert [scene.id for scene in select(CATALOGUE, "street-0002,interior-0001")] == [
        "interior-0001",
        "street-0002",
    ]


@pytest.mark.parametrize("wanted", ["0", "interior-77777", "everything", ""])
def test_a_selection_of_nothing_is_refused_with_what_is_valid(wanted):
    with pytest.raises(UserError, match="--scenes.*(use all, train, test, a number)"):
        select(CATALOGUE, wanted)


@pytest.mark.parametrize("text", ["castle:1", "interior", "interior:", "interior:-1", "interior:x"])
def test_a_scene_is_written_as_family_and_seed(text):
    with pytest.raises(ValueError, match="scene"):
        scene_from_text(text, "train")
