import pytest

from hdrbatch.errors import UserError
from hdrbatch.plan.sweep import plan_sweep, select_variants
from hdrbatch.specs.sweep import SweepSpec
from hdrbatch.storage.receipts import TaskRef

DATASET = TaskRef("index_dataset", "tiny", "0" * 64)


def spec(**base):
    return SweepSpec.model_validate(
        {
            "sweep": "s",
            "dataset": "tiny",
            "base": base,
            "variants": {"narrow": {"network.width": 8}, "wide": {"network.width": 16}, "plain": {}},
        }
    )


def refs(sweep, dataset=DATASET):
    plan = plan_sweep(sweep, dataset, sweep.resolved())
    return {task.id: task.ref for task in plan.tasks()}


def test_a_sweep_trains_every_variant_and_then_compares():
    kinds = [task.kind for task in plan_sweep(spec(), DATASET, spec().resolved()).tasks()]
    assert kinds == ["train_variant"] * 3 + ["compare_variants"]


def test_another_dataset_trains_everything_again():
    other = refs(spec(), TaskRef("index_dataset", "tiny", "1" * 64))
    assert all(other[name] != ref for name, ref in refs(spec()).items())


def test_a_key_that_a_variant_overrides_leaves_it_alone():
    before, after = refs(spec()), refs(spec(network={"width": 32}))
    assert before["s/narrow"] == after["s/narrow"]
    assert before["s/plain"] != after["s/plain"]


def test_variants_are_chosen_by_pattern():
    assert list(select_variants(spec(), "*a*")) == ["narrow", "plain"]
    with pytest.raises(UserError, match="--only big.*: no variant matches: there are narrow, wide, plain"):
        select_variants(spec(), "big*")
