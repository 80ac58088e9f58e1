import pytest

from hdrbatch.errors import SpecError
from hdrbatch.specs.load import load_yaml
from hdrbatch.specs.sweep_spec import SweepSpec
from hdrbatch.specs.variant import VariantSpec

SWEEP = """\
sweep: tiny
dataset: tiny
base:
  network: {width: 8, depth: 2}
variants:
  one: {}
  three:
    inputs.mode: candidates
    inputs.ev: [-2, 0, 2]
"""

GROUPS = """\
sweep: tiny
dataset: tiny
seeds: 1
groups:
  small:
    set: {network.depth: 2}
    variants:
      default: {}
    lists:
      training.fraction: [0.5, 0.25]
      network.width: [32]
    grid:
      network.dropout: [0.1, 0.3]
      network.dropout_at: [decoder, everywhere]
"""


def load(tmp_path, text):
    path = tmp_path / "sweep.yaml"
    path.write_text(text)
    return load_yaml(path, SweepSpec)


def refusal(tmp_path, text):
    with pytest.raises(SpecError) as refused:
        load(tmp_path, text)
    return str(refused.value)


def test_a_variant_overrides_only_what_it_names(tmp_path):
    variants = load(tmp_path, SWEEP).resolved()
    assert variants["one"].network == variants["three"].network
    assert variants["one"].inputs.mode == "both"
    assert variants["three"].inputs.ev == (-2.0, 0.0, 2.0)


def test_a_group_has_named_variants_then_lists_one_key_at_a_time_then_every_combination_of_its_grid(tmp_path):
    trainings = load(tmp_path, GROUPS).trainings
    assert trainings.groups == {
        "small": (
            "small-default",
            "small-fraction-0_5",
            "small-fraction-0_25",
            "small-width-32",
            "small-dropout-0_1-at-decoder",
            "small-dropout-0_1-at-everywhere",
            "small-dropout-0_3-at-decoder",
            "small-dropout-0_3-at-everywhere",
        )
    }
    width, dropped = trainings.variants["small-width-32"], trainings.variants["small-dropout-0_3-at-decoder"]
    assert (width.network.width, width.training.fraction) == (32, 1.0)
    assert (dropped.network.dropout, dropped.network.dropout_at) == (0.3, "decoder")


def test_a_groups_set_holds_for_all_its_variants_and_a_variant_can_override_it(tmp_path):
    variants = load(
        tmp_path, GROUPS.replace("default: {}", "default:\n      deep: {network.depth: 3}")
    ).resolved()
    assert variants.pop("small-deep").network.depth == 3
    assert {spec.network.depth for spec in variants.values()} == {2}


def test_values_of_a_key_that_is_a_list_are_lists_in_a_list(tmp_path):
    text = GROUPS.replace("network.width: [32]", "inputs.ev: [[-2, 0, 2], [1]]")
    variants = load(tmp_path, text).resolved()
    assert variants["small-ev-m2-0-2"].inputs.ev == (-2.0, 0.0, 2.0)
    assert variants["small-ev-1"].inputs.ev == (1.0,)


def test_every_variant_is_trained_with_as_many_seeds_as_the_sweep_says(tmp_path):
    text = SWEEP.replace("dataset: tiny\n", "dataset: tiny\nseeds: 3\n") + "    training.seed: 7\n"
    trainings = load(tmp_path, text).trainings
    assert {name: spec.training.seed for name, spec in trainings.variants.items()} == {
        "one": 0,
        "one-seed1": 1,
        "one-seed2": 2,
        "three": 7,
        "three-seed1": 8,
        "three-seed2": 9,
    }
    assert trainings.repeats == {
        "one-seed1": "one",
        "one-seed2": "one",
        "three-seed1": "three",
        "three-seed2": "three",
    }


def test_variants_with_the_same_settings_are_trained_once_and_stand_in_both_groups(tmp_path):
    text = GROUPS + "  again:\n    variants: {other: {}, same: {network.depth: 2}}\n"
    trainings = load(tmp_path, text).trainings
    assert trainings.aliases == {"again-same": "small-default"}
    assert trainings.groups["again"] == ("again-other", "small-default")
    assert "again-same" not in trainings.variants


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{network.dropout_at: decoder}", "{network.dropout_at: everywhere}"),
        ("{inputs.ev: [-2, 0, 2]}", "{inputs.ev: [2, 0, -2]}"),
        ("{training.schedule: cosine}", "{training.schedule: cosine, training.decay_factor: 0.5}"),
    ],
)
def test_settings_without_effect_make_no_other_variant(tmp_path, first, second):
    text = f"sweep: s\ndataset: d\nvariants:\n  a: {first}\n  b: {second}\n"
    assert load(tmp_path, text).trainings.aliases == {"b": "a"}


def test_a_setting_that_has_an_effect_makes_another_variant(tmp_path):
    text = "sweep: s\ndataset: d\nvariants: {a: {network.dropout: 0.1}, b: {network.dropout_at: decoder}}\n"
    assert load(tmp_path, text).trainings.aliases == {}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "inputs.mode: cand",
            "inputs.mod: cand",
            "sweep.yaml:8: variants.three.inputs.mod: variant three: there is no key 'inputs.mod'; did you",
        ),
        ("inputs.mode: cand", "width: cand", "there is no key 'width'; did you mean 'network.width'?"),
        ("inputs.mode: cand", "zzz: cand", "there is no key 'zzz'; use one of inputs.mode, inputs.ev, "),
        (
            "[-2, 0, 2]",
            "[0, 0]",
            "sweep.yaml:7: variants.three: variant three: inputs.ev: an EV appears twice",
        ),
        (
            "[-2, 0, 2]",
            "0",
            "sweep.yaml:9: variants.three.inputs.ev: 0 inputs.ev is itself a list; write [0]",
        ),
        ("width: 8", "width: 0", "base.network.width: 0 not valid"),
        (
            "[-2, 0, 2]",
            "[]",
            "three.inputs.ev: () inputs.ev has 0 exposures; give one to 9, such as [0] or [-2, 0, 2]",
        ),
        (
            "[-2, 0, 2]",
            "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]",
            "inputs.ev has 10 exposures; give one to 9, such as [0] or [-2, 0, 2]",
        ),
        (
            "inputs.ev: [-2, 0, 2]",
            "camera.jpeg_quality: 90",
            "camera.jpeg_quality: 90 expected two whole numbers from 1 to 100, the lower one first; write [",
        ),
        (
            "inputs.ev: [-2, 0, 2]",
            "training.clipped_share: 0.1",
            "clipped_share: 0.1 expected two numbers between 0 and 1, the lower one first; write [0.02, 0.3]",
        ),
        (
            "  network: {width: 8, depth: 2}",
            "  camera: {jpeg_quality: 90}",
            "sweep.yaml:4: base.camera.jpeg_quality: 90 expected two whole numbers from 1 to 100",
        ),
        ("  network: {width: 8, depth: 2}", "  inputs: {ev: []}", "base.inputs.ev: () inputs.ev has 0 expos"),
        (
            "inputs.ev: [-2, 0, 2]",
            "training.crop: 3",
            "variant three: training.crop: 3 is too small for network.depth: 2, the number of times that",
        ),
        (
            "inputs.ev: [-2, 0, 2]",
            "training.crop: 5000",
            "three.training.crop: 5000 not valid: it should be less than or equal to 4096",
        ),
        (
            "inputs.ev: [-2, 0, 2]",
            "training.batch: 1000000",
            "three.training.batch: 1000000 not valid: it should be less than or equal to 4096",
        ),
        (
            "  one: {}\n",
            "  one: {network.depth: 40}\n",
            "variants.one.network.depth: 40 not valid: it should be less than or equal to 6 (variant one)",
        ),
        (
            "  one: {}\n",
            "  one: {inputs.brackets: any, network.fusion: stacked}\n",
            "sweep.yaml:6: variants.one: variant one: inputs.brackets: any needs network.fusion: attention",
        ),
    ],
)
def test_a_bad_variant_is_rejected_with_its_line_and_what_is_valid(tmp_path, old, new, expected):
    assert old in SWEEP
    assert expected in refusal(tmp_path, SWEEP.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "network.depth: 2",
            "network.dept: 2",
            "sweep.yaml:6: groups.small.set.network.dept: variant small-de",
        ),
        (
            "[0.5, 0.25]",
            "[0.5, 2]",
            "sweep.yaml:10: groups.small.lists.training.fraction: 2 not valid: it should be less than or",
        ),
        ("[32]", "32", "groups.small.lists.network.width: 32 expected a list of values, such as [32]"),
        ("[32]", "[]", "groups.small.lists.network.width: () expected a list of values, such as [...]"),
        (
            "network.width: [32]",
            "inputs.ev: [-2, 0]",
            "groups.small.lists.inputs.ev: -2 inputs.ev is itself a list; write [-2], in lists and grid",
        ),
        (
            "[0.5, 0.25]",
            "[0.5, 0.5]",
            "group small: the name 'small-fraction-0_5' is used for two variants; write it under variants",
        ),
        (
            "  small:",
            f"  {'small' * 11}:",
            f"group {'small' * 11}: the variant's name '{'small' * 11}-fraction-0_5' has 68 characters",
        ),
        ("seeds: 1", "seeds: 0", "seeds: 0 not valid: it should be greater than 0"),
        (
            "    set: {network.depth: 2}",
            "    sett: {network.depth: 2}",
            "sweep.yaml:6: groups.small.sett: unknown key: did you mean 'set'?",
        ),
        (
            "    set: {network.depth: 2}",
            "    what: {network.depth: 2}",
            "groups.small.what: unknown key: use one of set, variants, lists, grid",
        ),
    ],
)
def test_a_bad_group_is_rejected_with_its_line_and_what_is_valid(tmp_path, old, new, expected):
    assert old in GROUPS
    assert expected in refusal(tmp_path, GROUPS.replace(old, new))


def test_a_mistake_in_a_groups_set_is_reported_once(tmp_path):
    assert refusal(tmp_path, GROUPS.replace("network.depth: 2", "network.depth: 9")).count("9 not valid") == 1


def test_the_name_of_a_repeat_cannot_be_that_of_a_variant(tmp_path):
    text = SWEEP.replace("dataset: tiny\n", "dataset: tiny\nseeds: 2\n") + "  one-seed1: {}\n"
    assert "the name 'one-seed1' is used for two variants" in refusal(tmp_path, text)


@pytest.mark.parametrize("nothing", ["", "variants: {}\n"])
def test_a_sweep_without_variants_is_rejected(tmp_path, nothing):
    assert "a sweep needs variants, or groups of them" in refusal(
        tmp_path, "sweep: s\ndataset: d\n" + nothing
    )


def test_a_group_without_variants_is_rejected(tmp_path):
    text = "sweep: s\ndataset: d\ngroups:\n  empty:\n    set: {network.width: 8}\n"
    assert "sweep.yaml:4: groups.empty: a group needs variants, lists or a grid" in refusal(tmp_path, text)


def test_seeds_beside_a_list_of_seeds_must_not_train_the_same_twice(tmp_path):
    text = GROUPS.replace("seeds: 1", "seeds: 2").replace("set: {network.depth: 2}", "set: {}")
    refused = refusal(tmp_path, text.replace("training.fraction: [0.5, 0.25]", "training.seed: [0, 1]"))
    assert "sweep.yaml:10: groups.small.lists.training.seed: small-default-seed1 and small-seed-1 " in refused
    assert "would be the same training run, with training.seed 1; remove seeds, or the values of" in refused
    apart = load(tmp_path, text.replace("training.fraction: [0.5, 0.25]", "training.seed: [10, 20]"))
    seeds = {name: spec.training.seed for name, spec in apart.resolved().items() if "small-seed-" in name}
    assert sorted(seeds.values()) == [10, 11, 20, 21]


def test_a_variant_survives_its_json_form(tmp_path):
    settings = "{inputs.ev: [-2, 0], camera.jpeg_quality: [80, 98], training.clipped_share: [0.1, 0.2]}"
    text = f"sweep: s\ndataset: d\nvariants: {{v: {settings}, w: {{camera.jpeg_quality: null}}}}\n"
    for spec in load(tmp_path, text).resolved().values():
        assert VariantSpec.model_validate_json(spec.model_dump_json()) == spec
