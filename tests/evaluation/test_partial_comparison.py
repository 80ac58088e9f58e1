import pytest

from hdrbatch.evaluation.partial_comparison import compare_trained
from hdrbatch.kinds import Kind
from hdrbatch.plan.sweep_payloads import CompareVariants
from hdrbatch.plan.task import Estimate
from hdrbatch.records.comparison import ComparisonRecord
from hdrbatch.storage import keys
from hdrbatch.storage.receipts import TaskRef, withdraw_receipts
from tests.report.conftest import Shop

VARIANTS = ("ldr", "candidates")


@pytest.fixture
def sweep(tmp_path):
    """A store with a finished sweep, and the task that compares its variants."""
    shop = Shop(tmp_path)
    shop.add_dataset("local", num_train=1, num_test=2)
    shop.add_sweep("local", "local")
    work = CompareVariants("local", "local", VARIANTS, {"inputs": VARIANTS}, {})
    needs = tuple(TaskRef(Kind.TRAIN_VARIANT, f"local/{name}", "d" * 64) for name in VARIANTS)
    return shop, work.task(Estimate(1, 1), needs)


def test_all_variants_give_the_rows_of_the_whole_comparison(sweep):
    shop, task = sweep
    partial, missing = compare_trained(shop.store, task)
    whole = ComparisonRecord.model_validate_json(shop.store.get_bytes(keys.comparison("local")))
    assert partial.rows == whole.rows
    assert missing == ()


def test_a_variant_that_failed_leaves_out_itself_alone(sweep):
    shop, task = sweep
    withdraw_receipts(shop.store, Kind.TRAIN_VARIANT, "local/ldr")
    partial, missing = compare_trained(shop.store, task)
    assert {row.variant for row in partial.rows} == {"candidates"}
    assert partial.groups == {"inputs": ("candidates",)}
    assert missing == ("ldr",)


def test_scores_that_cannot_be_read_are_missing(sweep):
    shop, task = sweep
    shop.store.put_bytes(keys.evaluation("local", "candidates"), b"{}")
    partial, missing = compare_trained(shop.store, task)
    assert {row.variant for row in partial.rows} == {"ldr"}
    assert missing == ("candidates",)


def test_nothing_trained_is_no_comparison(sweep):
    shop, task = sweep
    for name in VARIANTS:
        withdraw_receipts(shop.store, Kind.TRAIN_VARIANT, f"local/{name}")
    assert compare_trained(shop.store, task) == (None, VARIANTS)
