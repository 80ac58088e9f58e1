import pytest

from hdrbatch.errors import UserError
from hdrbatch.kinds import Kind
from hdrbatch.plan.sweep_plan import estimated_training, plan_sweep, select_variants
from hdrbatch.specs.sweep_spec import SweepSpec
from hdrbatch.specs.variant import InputSpec, NetworkSpec, TrainingSpec, VariantSpec
from hdrbatch.storage.receipts import TaskRef

DATASET = TaskRef(Kind.INDEX_DATASET, "tiny", "0" * 64)


def spec(seeds=1, groups=None, **base):
    return SweepSpec.model_validate(
        {
            "sweep": "s",
            "dataset": "tiny",
            "seeds": seeds,
            "base": base,
            "variants": {"narrow": {"network.width": 8}, "wide": {"network.width": 16}, "plain": {}},
            "groups": groups or {},
        }
    )


GROUPS = {
    "shallow": {"lists": {"network.depth": (1, 2)}},
    "same": {"variants": {"new": {"network.depth": 3}, "default": {}}},
}


def refs(sweep, dataset=DATASET):
    plan = plan_sweep(sweep, dataset, sweep.resolved())
    return {task.id: task.ref for task in plan.tasks()}


def comparison(sweep, pattern="*"):
    return plan_sweep(sweep, DATASET, select_variants(sweep, [pattern])).stages[1].tasks[0].payload


def test_a_sweep_trains_every_variant_and_then_compares():
    kinds = [task.kind for task in plan_sweep(spec(), DATASET, spec().resolved()).tasks()]
    assert kinds == ["train_variant"] * 3 + ["compare_variants"]


def test_another_dataset_trains_everything_again():
    other = refs(spec(), TaskRef(Kind.INDEX_DATASET, "tiny", "1" * 64))
    assert all(other[name] != ref for name, ref in refs(spec()).items())


def test_a_key_that_a_variant_overrides_leaves_it_alone():
    before, after = refs(spec()), refs(spec(network={"width": 32}))
    assert before["s/narrow"] == after["s/narrow"]
    assert before["s/plain"] != after["s/plain"]


def test_another_seed_more_trains_nothing_again():
    before, after = refs(spec(seeds=2)), refs(spec(seeds=3))
    assert all(after[name] == ref for name, ref in before.items() if name != "s")


def test_the_comparison_is_told_groups_in_their_order_and_repeats():
    told = comparison(spec(seeds=2, groups=GROUPS))
    assert told["groups"] == {
        "shallow": ["shallow-depth-1", "shallow-depth-2"],
        # Whose default is `plain`, of no group: trained once.
        "same": ["same-new", "plain"],
    }
    assert told["repeats"] == {f"{name}-seed1": name for name in told["variants"] if "-seed1" not in name}
    assert told["variants"][:2] == ["narrow", "narrow-seed1"]


def test_the_comparison_is_told_only_of_variants_that_are_there():
    sweep = spec(seeds=2, groups=GROUPS)
    told = comparison(sweep, "shallow-depth-1")
    assert told["groups"] == {"shallow": ["shallow-depth-1"]}
    assert told["repeats"] == {"shallow-depth-1-seed1": "shallow-depth-1"}
    alone = {"narrow-seed1": sweep.resolved()["narrow-seed1"]}
    assert plan_sweep(sweep, DATASET, alone).stages[1].tasks[0].payload["repeats"] == {}


def test_variants_are_chosen_by_pattern():
    assert list(select_variants(spec(), ["*a*"])) == ["narrow", "plain"]
    with pytest.raises(UserError, match="--only big.*: no variant matches: there are narrow, wide, plain"):
        select_variants(spec(), ["big*"])


def test_several_patterns_take_all_that_one_of_them_matches_and_each_must_match_something():
    assert list(select_variants(spec(), ["plain", "nar*", "plain"])) == ["narrow", "plain"]
    for patterns in (["big*", "plain"], ["plain", "big*"]):
        with pytest.raises(UserError, match="--only big.*: no variant matches"):
            select_variants(spec(), patterns)


def test_groups_are_chosen_by_pattern_with_variants_that_stand_under_another_name():
    sweep = spec(groups=GROUPS)
    assert list(select_variants(sweep, ["s[ah]*e"])) == ["plain", "same-new"]
    assert list(select_variants(sweep, ["same-default"])) == ["plain"]
    with pytest.raises(UserError, match="there are the groups shallow, same; --dry-run lists the variants"):
        select_variants(sweep, ["big*"])


def test_a_variant_is_chosen_with_all_its_seeds():
    sweep = spec(seeds=3)
    assert list(select_variants(sweep, ["wide"])) == ["wide", "wide-seed1", "wide-seed2"]
    assert list(select_variants(sweep, ["wide-seed2"])) == ["wide-seed2"]


def test_a_training_is_expected_to_take_longer_for_more_width_steps_and_photographs():
    def cpu_s(width=16, steps=10_000, ev=(0.0,)):
        network, training = NetworkSpec(width=width), TrainingSpec(steps=steps)
        variant = VariantSpec(network=network, training=training, inputs=InputSpec(ev=ev))
        return estimated_training(variant).cpu_s

    assert 3 * cpu_s() < cpu_s(width=32) < 4 * cpu_s()
    assert cpu_s(steps=20_000) == pytest.approx(2 * cpu_s(), rel=0.1)
    assert cpu_s() < cpu_s(ev=(-2.0, 0.0, 2.0)) < 2 * cpu_s()
