from importlib.util import find_spec
from pathlib import Path

import pytest

from hdrbatch.catalogue.family import CAPTURED, FAMILIES, find_family
from hdrbatch.errors import UserError


def test_the_order_of_the_families_decides_which_scenes_exist_and_stays():
    assert list(FAMILIES) == [
        "interior",
        "outdoor",
        "street",
        "lamplight",
        "candle",
        "corridor",
        "garage",
        "stage",
        "avenue",
        "forest",
        "water",
        "still_life",
        "tabletop",
        "window",
    ]


def test_every_module_of_a_family_has_its_record_and_every_record_its_module():
    found = find_spec("hdrbatch.scenes.families")
    (folder,) = found.submodule_search_locations
    modules = {f"hdrbatch.scenes.families.{file.stem}" for file in Path(folder).glob("[!_]*.py")}
    assert {family.module for family in (*FAMILIES.values(), CAPTURED)} == modules


def test_a_family_is_found_by_its_name_also_captured_views():
    assert find_family("street") is FAMILIES["street"]
    assert find_family("view") is CAPTURED
    assert "view" not in FAMILIES


@pytest.mark.parametrize("name", ["moon", "blend", ""])
def test_an_unknown_family_is_rejected_with_the_valid_names(name):
    with pytest.raises(UserError, match=f"no scene family {name!r}; valid families: interior, outdoor, str"):
        find_family(name)
