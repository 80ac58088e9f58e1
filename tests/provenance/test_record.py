"""The guard: sources that differ from the recorded ones are noticed, named, and decided about."""

import shutil
from pathlib import Path

import pytest

from hdrbatch.provenance.versions import RECORD
from tests.versions.comparing import differences, products_to_compare
from tests.versions.products import Product
from tests.versions.record import (
    Decision,
    Record,
    RecordError,
    changed_kinds,
    closures_of,
    decide,
    renewed,
    told,
)

ROOT = Path(__file__).parents[2] / "hdrbatch"
CLOSURES = {
    "model": {"m": "1", "n": "1"},
    "train_variant": {"m": "1", "t": "1"},
    "merge": {"x": "1"},
    "family/garage": {"g": "1"},
    "family/street": {"s": "1"},
}
VERSIONS = {"model": 3, "train_variant": 4, "merge": 2, "family/garage": 1, "family/street": 1}


def test_the_sources_behind_every_result_are_the_recorded_ones():
    changes = told(Record.from_text((ROOT / "provenance" / RECORD).read_text()), closures_of(ROOT))
    assert not changes, changes


@pytest.fixture
def copied(tmp_path):
    """A copy of the package, and the record of its sources."""
    root = tmp_path / "hdrbatch"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns("__pycache__"))
    closures = closures_of(root)
    return root, Record.of(dict.fromkeys(closures, 1), closures)


@pytest.mark.parametrize(
    ("module", "kinds"),
    [
        ("learning/coarse.py", {"reconstruct", "train_variant"}),
        ("photographs/alignment.py", {"reconstruct", "merge"}),
        ("scenes/families/street.py", {"family/street"}),
        ("blender/cycles.py", {"render_exposure", "assemble_scene"}),
        ("export/linear.py", {"export/linear-exr"}),
        ("cli/app.py", set()),
        ("storage/s3.py", set()),
    ],
)
def test_a_changed_algorithm_is_noticed_for_what_it_decides(copied, module, kinds):
    root, record = copied
    with (root / module).open("a") as file:
        file.write("\nANOTHER_CONSTANT = 1\n")
    changed = closures_of(root)
    assert set(changed_kinds(record, changed)) == kinds
    name = "hdrbatch." + module.removesuffix(".py").replace("/", ".")
    for kind in kinds:
        assert f"{kind} (since version 1): {name}" in told(record, changed)
        assert "make versions OTHER=" in told(record, changed)
    if not kinds:
        assert told(record, changed) == ""


def test_a_reworded_docstring_is_no_change(copied):
    root, record = copied
    path = root / "imaging/sensor.py"
    path.write_text(path.read_text().replace('"""', '"""In other words: ', 1) + "\n# A comment.\n")
    assert changed_kinds(record, closures_of(root)) == []


def test_a_record_is_read_as_it_was_written():
    record = Record.of(VERSIONS, CLOSURES)
    assert Record.from_text(record.to_text()) == record
    assert record.modules == {"m": "1", "n": "1", "t": "1", "x": "1", "g": "1", "s": "1"}


def changed(*modules):
    return {
        kind: {module: "2" if module in modules else digest for module, digest in closure.items()}
        for kind, closure in CLOSURES.items()
    }


def decided(closures, same=(), other=()):
    return decide(Record.of(VERSIONS, CLOSURES), closures, same, other)


def test_versions_of_other_results_rise_and_those_of_the_same_results_stay():
    closures = changed("x", "g")
    decision = decided(closures, same=["family/*"], other=["merge"])
    assert decision == Decision(frozenset({"family/garage"}), frozenset({"merge"}))
    record = renewed(Record.of(VERSIONS, CLOSURES), closures, decision)
    assert record.versions == {**VERSIONS, "merge": 3}
    assert changed_kinds(record, closures) == []


def test_a_kind_rises_with_what_its_results_contain():
    assert decided(changed("n"), other=["model"]).other == {"model", "train_variant"}


def test_all_are_those_that_changed_and_are_not_named_otherwise():
    assert decided(changed("m", "x"), ["all"], ["merge"]).same == {"model", "train_variant"}
    assert decided(changed("m", "x"), ["merge"], ["all"]).other == {"model", "train_variant"}
    assert decided(changed(), ["all"]) == Decision(frozenset(), frozenset())


def test_a_new_kind_begins_at_1_and_one_that_went_is_forgotten():
    closures = {"merge": {"x": "1"}, "family/castle": {"c": "1"}}
    record = renewed(Record.of(VERSIONS, CLOSURES), closures, decided(closures))
    assert record.versions == {"merge": 2, "family/castle": 1}


@pytest.mark.parametrize(
    ("same", "other", "message"),
    [
        (["merge"], [], "family/garage: changed too: name each in SAME or in OTHER"),
        (["merge"], ["merge"], "merge is named as the same and as other"),
        (["marge"], [], "there is no kind 'marge': there are model, train_variant"),
    ],
)
def test_what_cannot_be_recorded_is_refused(same, other, message):
    with pytest.raises(RecordError, match=message):
        decided(changed("x", "g"), same, other)


def test_products_are_compared_unless_they_are_redone_anyway():
    def product(*kinds):
        return Product(kinds, lambda folder: iter(()))

    products = {
        "street": product("render_exposure", "family/street"),
        "garage": product("render_exposure", "family/garage"),
        "merge": product("merge"),
    }
    same = Decision(frozenset({"render_exposure"}), frozenset({"family/garage"}))
    assert set(products_to_compare(same, products)) == {"street"}
    redone = Decision(frozenset({"family/street"}), frozenset({"render_exposure"}))
    assert products_to_compare(redone, products) == {}


def test_a_part_that_differs_is_named_and_a_product_without_a_counterpart_too():
    before = {"merge": {"a.exr": "1", "b.exr": "1"}, "index": {"c": "1"}}
    assert differences(before, before) == []
    assert differences(before, {"merge": {"a.exr": "1", "b.exr": "2"}}) == ["merge: b.exr"]
    assert differences(before, {"index": {"c": "1", "d": "1"}}) == ["index: d"]
    assert differences(before, {"new": {}}) == ["new: the recorded sources make no such product"]
