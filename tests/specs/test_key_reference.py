from hdrbatch.specs.key_reference import key_reference, spec_reference, variant_keys
from hdrbatch.specs.sweep_spec import GroupSpec, SweepSpec


def test_every_key_is_described_with_its_default_and_its_values():
    reference = {entry.key: entry for entry in key_reference()}
    assert tuple(reference) == variant_keys()
    assert all(entry.default and entry.values for entry in reference.values())


def test_the_values_of_a_key_are_described_in_words():
    values = {entry.key: entry.values for entry in key_reference()}
    assert values["network.fusion"] == "stacked, attention"
    assert values["network.masks"] == "true, false"
    assert values["training.fraction"] == "number > 0, <= 1"
    assert values["inputs.ev"] == "list of 1 to 9 numbers"
    assert values["camera.jpeg_quality"] == "list of 2 numbers or null"
    assert values["inputs.response"].startswith("a response curve")
    assert values["inputs.response"].endswith("or known, calibrated")
    assert values["camera.response"].endswith("emor:FILE:c1,c2,...) or varied")


def test_a_default_is_shown_as_it_is_written_in_a_sweep():
    defaults = {entry.key: entry.default for entry in key_reference()}
    assert defaults["inputs.ev"] == "[0]"
    assert defaults["camera.jpeg_quality"] == "null"
    assert defaults["network.masks"] == "true"


def test_the_keys_of_a_sweep_file_and_of_a_group_are_described_too():
    sweep = {entry.key: entry for entry in spec_reference(SweepSpec)}
    assert list(sweep) == ["sweep", "dataset", "seeds", "base", "variants", "groups"]
    assert [entry.default for entry in sweep.values()] == ["required", "required", "1", "{...}", "{}", "{}"]
    assert sweep["dataset"].values == "a name of a-z, 0-9, - and _"
    group = spec_reference(GroupSpec)
    assert [entry.key for entry in group] == ["set", "variants", "lists", "grid"]
    assert all(entry.description for entry in (*sweep.values(), *group))
