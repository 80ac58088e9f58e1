import pytest

from hdrbatch.catalogue.family import FAMILIES
from hdrbatch.catalogue.scene import Scene
from hdrbatch.catalogue.selection import numbered_scenes, select, set_moving
from hdrbatch.errors import UserError
from hdrbatch.specs.render_job import ScenesSpec

CATALOGUE = ScenesSpec().catalogue()


def test_every_family_is_in_both_splits_with_other_seeds():
    for family in FAMILIES:
        seeds = {
            split: {scene.seed for scene in CATALOGUE if (scene.family, scene.split) == (family, split)}
            for split in ("train", "test")
        }
        assert seeds["train"]
        assert seeds["test"]
        assert seeds["train"].isdisjoint(seeds["test"])


def test_more_scenes_do_not_change_the_first_ones():
    few = numbered_scenes(tuple(FAMILIES), 5, 1, "train")
    assert numbered_scenes(tuple(FAMILIES), 9, 1, "train")[:5] == few


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
def test_an_empty_selection_is_rejected_with_what_is_valid(wanted):
    with pytest.raises(UserError, match="--scenes.*(use all, train, test, a number)"):
        select(CATALOGUE, wanted)


def test_a_rejected_seed_is_replaced_by_the_next_of_its_family_and_nothing_else_changes():
    before = numbered_scenes(("street", "water"), 6, 1, "train")
    after = numbered_scenes(("street", "water"), 6, 1, "train", {("water", 2)})
    assert [scene.id for scene in before if scene not in after] == ["water-0002"]
    assert [scene.id for scene in after if scene not in before] == ["water-0004"]


def test_a_larger_share_keeps_those_that_moved_and_how():
    scenes = [Scene("street", seed, "train") for seed in range(200)]
    few = {set_moving(scene, 0.2) for scene in scenes if set_moving(scene, 0.2).moving}
    many = {set_moving(scene, 0.5) for scene in scenes}
    assert few <= many


def test_about_the_given_share_of_scenes_moves_in_every_way():
    moving = [scene.motion for scene in CATALOGUE if scene.moving]
    assert len(moving) == pytest.approx(0.25 * 406, rel=0.2)
    assert {kind: moving.count(kind) > 15 for kind in ("objects", "shake", "both")} == dict.fromkeys(
        ("objects", "shake", "both"), True
    )
    assert not any(scene.moving for scene in ScenesSpec(moving=0.0).catalogue())
    assert all(scene.moving for scene in ScenesSpec(moving=1.0).catalogue())
