"""The guard: sources that differ from the recorded ones are noticed, named, and decided about."""

import shutil
from pathlib import Path

import pytest

from hdrbatch.provenance.versions import RECORD
from tests.versions import __main__ as command
from tests.versions.comparing import differences
from tests.versions.coverage import products_to_compare, refuse_untested
from tests.versions.products import UNTESTED, Product
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


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the package, and the record of its sources."""
    root = tmp_path_factory.mktemp("copy") / "hdrbatch"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns("__pycache__"))
    closures = closures_of(root)
    return root, Record.of(dict.fromkeys(closures, 1), closures)


@pytest.fixture
def copied(copy):
    """The copy, whose modules a test may change."""
    root, _ = copy
    before = {path: path.read_bytes() for path in root.rglob("*.py")}
    yield copy
    for path, content in before.items():
        if path.read_bytes() != content:
            path.write_bytes(content)


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


def product(*kinds):
    return Product(kinds, lambda folder: iter(()))


PRODUCTS = {
    "street": product("render_exposure", "family/street"),
    "garage": product("render_exposure", "family/garage"),
    "assembly": product("assemble_scene"),
    "index": product("index_dataset", "assemble_scene"),
    "training": product("train_variant", "model", "index_dataset", "assemble_scene"),
    "models": product("model"),
    "merge": product("merge"),
}


def compared(same, other):
    return set(products_to_compare(Decision(frozenset(same), frozenset(other)), PRODUCTS))


@pytest.mark.parametrize(
    ("same", "other", "names"),
    [
        (["render_exposure"], [], {"street", "garage"}),
        (["render_exposure"], ["family/garage"], {"street"}),
        (["model"], ["assemble_scene"], {"models"}),
        (["model", "merge"], ["assemble_scene"], {"models", "merge"}),
        (["train_variant"], ["merge"], {"training"}),
        ([], ["merge"], set()),
    ],
)
def test_golden_outputs_are_compared_unless_they_pass_through_other_results(same, other, names):
    assert compared(same, other) == names


def test_what_has_no_golden_output_left_is_not_recorded_as_the_same():
    with pytest.raises(RecordError) as raised:
        compared(["train_variant", "index_dataset", "model"], ["assemble_scene", "merge"])
    assert str(raised.value).splitlines() == [
        "no golden output is left to show that these results are the same:",
        "  index_dataset: all of its pass through assemble_scene",
        "  train_variant: all of its pass through assemble_scene",
        "  Commit what changes assemble_scene first, by itself, recorded with OTHER=assemble_scene.",
        "  Then record the rest with SAME: it is compared with that commit.",
        "  If the same modules have changed for both, this cannot be split: then they are others too,",
        "  OTHER=assemble_scene,index_dataset,train_variant.",
    ]


def test_a_kind_of_which_each_golden_output_passes_through_another_is_not_recorded_as_the_same():
    with pytest.raises(
        RecordError, match="render_exposure: all of its pass through family/garage, family/street"
    ):
        compared(["render_exposure"], ["family/garage", "family/street"])


def test_families_need_no_golden_output_if_rendering_changes_because_they_are_rendered_again():
    assert compared(["family/street"], ["render_exposure"]) == set()
    assert compared(["family/street", "merge"], ["render_exposure"]) == {"merge"}


UNTESTED_MODULES = {"g": "it needs a driver"}
ENGINE_CLOSURES = {
    "render_exposure": {"g": "1", "r": "1"},
    "family/garage": {"g": "1"},
    "merge": {"x": "1"},
}


def refuse(*modules, same=(), other=(), accepted=()):
    record = Record.of(dict.fromkeys(ENGINE_CLOSURES, 1), ENGINE_CLOSURES)
    changed = {
        kind: {module: "2" if module in modules else digest for module, digest in closure.items()}
        for kind, closure in ENGINE_CLOSURES.items()
    }
    decision = Decision(frozenset(same), frozenset(other))
    refuse_untested(record, changed, decision, untested=UNTESTED_MODULES, accepted=accepted)


def test_a_changed_module_that_no_golden_output_runs_is_not_called_the_same_unless_it_is_named():
    with pytest.raises(RecordError) as raised:
        refuse("g", "r", "x", same=["render_exposure", "merge"])
    assert str(raised.value).splitlines() == [
        "no golden output runs some of the changed modules:",
        "  g: it needs a driver",
        "  So none shows whether these results are the same: render_exposure.",
        "  Name them in OTHER, as OTHER=render_exposure, or compare their results yourself: if they are the",
        "  same to the bit, add UNTESTED=g",
    ]
    refuse("g", "r", "x", same=["render_exposure", "merge"], accepted=["g"])


@pytest.mark.parametrize(
    ("modules", "same", "other"),
    [
        (["g"], ["merge"], ["render_exposure"]),
        (["g"], ["family/garage"], ["render_exposure"]),
        (["r", "x"], ["render_exposure", "merge"], []),
    ],
)
def test_a_module_that_no_golden_output_runs_counts_only_if_it_changed_and_is_not_redone(
    modules, same, other
):
    refuse(*modules, same=same, other=other)


def test_a_change_of_eevee_is_refused_unless_it_is_named(copied, monkeypatch, capsys):
    root, record = copied
    path = root / "provenance" / RECORD
    path.write_text(record.to_text())
    with (root / "blender/eevee.py").open("a") as file:
        file.write("\nANOTHER_CONSTANT = 1\n")
    monkeypatch.setattr(command, "ROOT", root.parent)
    compared = []
    monkeypatch.setattr(
        command, "_check_sameness", lambda record, renewal, products: compared.extend(products)
    )

    assert command.main(["--same", "all"]) == 1
    assert (
        "nothing is recorded: no golden output runs some of the changed modules:" in capsys.readouterr().err
    )
    assert Record.from_text(path.read_text()) == record
    assert command.main(["--same", "all", "--untested", "hdrbatch.blender.eevee"]) == 0
    assert "render_exposure: the same results, still version 1" in capsys.readouterr().out
    assert {"scenes of street", "assembly"} <= set(compared)
    path.write_text(record.to_text())
    assert command.main(["--same", "family/*", "--other", "render_exposure,assemble_scene"]) == 0
    assert Record.from_text(path.read_text()).versions["render_exposure"] == 2


def test_only_modules_that_no_golden_output_runs_can_be_excused_from_comparison():
    with pytest.raises(RecordError, match="UNTESTED=r: this can only be one of g"):
        refuse("r", same=["render_exposure"], accepted=["r"])


def test_the_modules_that_no_golden_output_runs_decide_results():
    deciding = {module for closure in closures_of(ROOT).values() for module in closure}
    assert set(UNTESTED) <= deciding
    assert "hdrbatch.blender.eevee" in UNTESTED


def test_a_part_that_differs_is_named_and_a_product_without_a_counterpart_too():
    before = {"merge": {"a.exr": "1", "b.exr": "1"}, "index": {"c": "1"}}
    assert differences(before, before) == []
    assert differences(before, {"merge": {"a.exr": "1", "b.exr": "2"}}) == ["merge: b.exr"]
    assert differences(before, {"index": {"c": "1", "d": "1"}}) == ["index: d"]
    assert differences(before, {"new": {}}) == ["new: the recorded sources make no such product"]
